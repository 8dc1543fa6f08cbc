"""The Switch protocol: all that the engine asks of a switch.

Apart from the client that speaks it over the wire because this is the seam: the engine knows only
the protocol, and a simulator may stand in for everything behind it.
"""

from collections.abc import Callable
from typing import Protocol

from pos.sale.arrival import Answer as ArrivalAnswer
from pos.sale.capability import Capability, NoOffering
from pos.sale.payment import Event, Payment
from pos.sale.refund import Refund, RefundEvent
from pos.sale.secret import Secret
from pos.sale.testimony import Claim, Testimony, Unheard
from pos.sale.view import LinkState


class Switch(Protocol):
    """What the engine asks of a switch. No method raises: no answer is an answer."""

    link: LinkState
    setup_fault: str

    def pay(self, payment: Payment, code: Secret | None) -> Event:
        """Ask for the money, once; `code` is the customer's, or None when we show ours."""

    def inquire(self, payment: Payment) -> Event:
        """What became of it?"""

    def cancel(self, payment: Payment) -> Event:
        """Undo it, whatever became of it."""

    def reverse(self, payment: Payment) -> Event:
        """Refund it in full under its `reversal_id`."""

    def refund(self, refund: Refund, payment: Payment, *, first: bool) -> RefundEvent:
        """Give back; `first` when this id was never sent before."""

    def inquire_refund(self, refund: Refund) -> RefundEvent:
        """What became of it?"""

    def look(self, request_id: str, wall_s: float) -> ArrivalAnswer:
        """Is there a payment by the static code under this id? In `LOOK_S_MAX` seconds."""

    def probe(self) -> None:
        """Ask about a payment that never was, to learn about link, keys and caller id."""

    def testify(self, claim: Claim | None, before: int = 0) -> Testimony | Unheard:
        """What it remembers of this till; a `claim` to be the till comes first.

        Of its acts those with numbers below `before`; none when that is 0.
        """

    def bear(self, session: str, reached: Callable[[], tuple[int, str]]) -> None:
        """From now on tell, with all that may move money, how far the journal has come."""

    def wallets(self, currency: str, wall_s: float) -> tuple[Capability, ...] | NoOffering:
        """What each wallet can do now with a price in this currency; in `LOOK_S_MAX` seconds."""

    def close(self) -> None:
        """Drop the connection."""
