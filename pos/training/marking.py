"""What a trainee did well, as the till's journal and the switch's book tell it.

Apart, and pure, so that no key counts for anything: whoever finds a better way to the right end
gets the points for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pos.sale.history import History
from pos.sale.payment import Payment, State, StopReason
from pos.sale.refund import RefundState
from pos.training.plan import Customer, Mishap

# What is looked at, by what went wrong; a point each. A name is the end of two keys of language.
POINTS: dict[Mishap, tuple[str, ...]] = {
    Mishap.NONE: ("paid",),
    Mishap.LATE: ("paid", "waited", "once"),
    Mishap.PAPER_OUT: ("paid", "receipt"),
    Mishap.TORN: ("paid", "copy"),
    Mishap.SECOND_SCAN: ("paid", "once"),
    Mishap.REFUND: ("paid", "returned"),
    Mishap.WALKS_AWAY: ("untaken", "stopped"),
    Mishap.DECLINED: ("paid_after_no",),
    Mishap.LINK_DOWN: ("reached",),
    Mishap.WRONG_AMOUNT: ("corrected", "once"),
    Mishap.CLAIMS: ("unbelieved", "once"),
}


@dataclass(frozen=True, slots=True)
class Charged:
    """A payment that the switch charged: minor units, and whether that still `stands`."""

    value: int
    stands: bool


# By request id; of payments that were never charged there is none.
Charges = Mapping[str, Charged]


@dataclass(frozen=True, slots=True)
class Mark:
    """One point, won or lost."""

    customer: Customer
    name: str
    won: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the two books tell of one customer. `charges` are only those of her payments."""

    customer: Customer
    payments: tuple[Payment, ...]
    charges: Charges
    given_back: int
    printed: bool
    copied: bool

    @property
    def paid(self) -> bool:
        """Exactly one payment of the right amount, and both books say so."""
        paid = [each for each in self.payments if each.state is State.PAID]
        if len(paid) != 1 or paid[0].amount != self.customer.amount:
            return False
        charged = self.charges.get(paid[0].request_id)
        return charged == Charged(self.customer.amount.value, stands=True)

    @property
    def once(self) -> bool:
        """Nobody was charged twice, not even for a while."""
        return len(self.charges) <= 1


def evidence_of(
    customer: Customer, request_ids: Sequence[str], history: History, charges: Charges
) -> Evidence:
    """What the books tell of the payments that were begun for `customer`."""
    payments = tuple(history.payments[each] for each in request_ids)
    given_back = sum(
        refund.amount.value
        for each in request_ids
        for refund in history.refunds_of(each)
        if refund.state is RefundState.REFUNDED
    )
    printing = history.printing
    paid = [each.request_id for each in payments if each.state is State.PAID]
    return Evidence(
        customer,
        payments,
        {each: charges[each] for each in request_ids if each in charges},
        given_back,
        printed=bool(paid) and all(each in printing.printed for each in paid),
        copied=any(not printing.copy_left(each) for each in paid),
    )


def marks_of(found: Evidence) -> tuple[Mark, ...]:
    """Every point of this customer."""
    customer = found.customer
    return tuple(Mark(customer, name, _won(name, found)) for name in POINTS[customer.mishap])


def _won(name: str, found: Evidence) -> bool:
    match name:
        case "once":
            return found.once and bool(found.payments)
        case "waited":
            return found.paid and len(found.payments) == 1
        case "receipt":
            return found.printed
        case "copy":
            return found.copied
        case "returned":
            return found.given_back == found.customer.amount.value
        case "untaken":
            return not found.charges and bool(found.payments)
        case "stopped":
            stops = {each.stop_reason for each in found.payments}
            return not found.charges and stops == {StopReason.OPERATOR}
    # "paid" under the name of what stood in its way.
    return found.paid


def score(marks: Sequence[Mark]) -> tuple[int, int]:
    """Points won, and points that there were."""
    return sum(each.won for each in marks), len(marks)
