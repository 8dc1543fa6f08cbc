"""What the switch asks of a wallet, and how a simulated customer behaves.

Apart from the simulated wallet so that a connector to a real one has a protocol to keep, and
the rules of the switch know nothing of simulation.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pos.errors import PosError
from pos.sale.money import Amount
from pos.switch.wire import PayRequest


class PartnerUnreachable(PosError):
    """The wallet did not answer; whether it acted is not known. Ask again later."""


class RefundRefused(PosError):
    """The wallet will not pay this refund, now or later; `code` is the API's result code."""

    def __init__(self, code: str) -> None:
        super().__init__("The wallet refuses the refund.")
        self.code = code


class Answer(StrEnum):
    """What a wallet says of a charge. PAID and DECLINED are final until a reversal."""

    PAID = "paid"
    PENDING = "pending"
    DECLINED = "declined"


class Behaviour(StrEnum):
    """What the customer of a payment code does, or what befalls the answer to the till."""

    PAYS = "pays"
    PIN = "pin"  # approves in the app, or after a few inquiries
    DECLINES = "declines"
    DAWDLES = "dawdles"  # pays after many inquiries
    SILENT = "silent"  # never answers
    NO_MONEY = "no-money"
    ANSWER_LOST = "answer-lost"
    ANSWER_LATE = "answer-late"
    ANSWER_DOUBLED = "answer-doubled"
    BAD_SIGNATURE = "bad-signature"


@dataclass(frozen=True, slots=True)
class Charge:
    """Take `value` smallest units of the wallet's currency from the customer who showed `code`.

    Until `expires_at_ms`. `request` is the merchant's own, for a partner that passes it on.
    """

    payment_id: str
    code: str = field(repr=False)
    value: int
    merchant_name: str
    request: PayRequest | None = field(default=None, repr=False)
    expires_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Abroad:
    """What another switch charged its customer: `amount`, at the quote that it names, if any."""

    amount: Amount
    quote_id: str | None = None
    price: str | None = None  # of one unit of the merchant's currency, in decimals


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` is the API's result code: why a charge was declined, or SUCCESS and the like.

    A partner that was told the merchant's price says in `price` which one was paid there, and in
    `abroad` what its customer was charged, where that is something else.
    """

    answer: Answer
    code: str
    price: Amount | None = None
    abroad: Abroad | None = None


PAID = Outcome(Answer.PAID, "SUCCESS")
PENDING = Outcome(Answer.PENDING, "PAYMENT_IN_PROCESS")


def declined(code: str) -> Outcome:
    """Surely not charged, and never will be under this payment id."""
    return Outcome(Answer.DECLINED, code)


class Partner(Protocol):
    """A wallet. Every method is idempotent by its ids and may raise PartnerUnreachable."""

    @property
    def name(self) -> str:
        """The wallet's name here, such as `vipps`."""

    @property
    def psp_name(self) -> str:
        """The wallet's name on the wire, such as `Vipps`."""

    @property
    def currency(self) -> str:
        """The currency its customers hold; "" when it converts from any by itself."""

    def holder(self, code: str) -> str | None:
        """Who shows this payment code; None when the wallet does not tell, or does not know."""

    def charge(self, charge: Charge) -> Outcome:
        """Charge once, however often it is asked."""

    def status(self, payment_id: str) -> Outcome | None:
        """What became of a charge; None when it was never asked for."""

    def close(self, payment_id: str) -> Outcome:
        """Refuse the charge from now on unless it is paid already, and say which it is."""

    def reverse(self, payment_id: str) -> bool:
        """Refuse the charge from now on, and give back what was taken; whether any was."""

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """Give back `value` smallest units of a paid charge. May raise RefundRefused."""


class Absent:
    """A partner that is in the table no more: what it had under way waits until it is back."""

    currency = ""

    def __init__(self, name: str) -> None:
        self.name = self.psp_name = name

    def holder(self, code: str) -> str | None:
        """See Partner."""
        raise self._unreachable()

    def charge(self, charge: Charge) -> Outcome:
        """See Partner."""
        raise self._unreachable()

    def status(self, payment_id: str) -> Outcome | None:
        """See Partner."""
        raise self._unreachable()

    def close(self, payment_id: str) -> Outcome:
        """See Partner."""
        raise self._unreachable()

    def reverse(self, payment_id: str) -> bool:
        """See Partner."""
        raise self._unreachable()

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """See Partner."""
        raise self._unreachable()

    def _unreachable(self) -> PartnerUnreachable:
        return PartnerUnreachable(f"The partner {self.name} is not in the table; add it again.")


class Circle(dict[str, Partner]):
    """The partners by name; `in` for those that take part, `[]` also for one that did."""

    def __missing__(self, name: str) -> Partner:
        return Absent(name)
