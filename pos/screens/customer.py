"""The customer's phone as the demo's side panel sees it: a protocol and its values.

Apart, and without Textual, so that whoever plays the customer need not know the screen and the
screen need not know the scheme. Every method may block for some milliseconds; the panel calls
them from a worker thread, one at a time. Texts are ready to be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WalletChoice:
    """One customer of one wallet. `colour` is `#rrggbb`; `balance` is in the home currency."""

    name: str
    customer: str
    balance: str
    colour: str


@dataclass(frozen=True, slots=True)
class PendingPayment:
    """What the wallet asks its customer to approve. `home_amount` is empty without exchange."""

    merchant: str
    amount: str
    home_amount: str = ""


@dataclass(frozen=True, slots=True)
class PhoneRefusal:
    """The wallet cannot do it; one sentence for the customer."""

    sentence: str


@dataclass(frozen=True, slots=True)
class PhoneResult:
    """How the last payment ended for the customer; `amount` is what the wallet charged."""

    paid: bool
    merchant: str
    amount: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A payment code on the phone's screen, left out of the repr as it is money."""

    text: str = field(repr=False)


class Phone(Protocol):
    """A phone with wallets, in the hand of one customer at a time."""

    def wallets(self) -> Sequence[WalletChoice]:
        """Who may pay, in the order to show."""

    def hold_up(self, choice: WalletChoice) -> HeldUp | PhoneRefusal:
        """Make a fresh payment code and hold it before the till's camera."""

    def put_away(self) -> None:
        """Take the code away from the camera; may be called twice."""

    def scan(self, order_code: str, choice: WalletChoice) -> PendingPayment | PhoneRefusal:
        """Scan the code on the till's screen."""

    def pending(self) -> PendingPayment | None:
        """What waits for this customer's answer."""

    def approve(self) -> None:
        """Pay what is pending; does nothing when nothing is."""

    def decline(self) -> None:
        """Refuse what is pending; does nothing when nothing is."""

    def last_result(self) -> PhoneResult | None:
        """How the latest payment ended, until the next one begins."""
