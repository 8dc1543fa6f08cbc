"""How many persons each entry time has, folded from the journal.

Apart from the history, which keeps payments and knows nothing of entrances, and from the box
office, which is given the numbers. An open payment holds its places until its outcome is known.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos.sale.box_office import persons_in
from pos.sale.order import Order
from pos.sale.payment import State
from pos.sale.refund import RefundState

if TYPE_CHECKING:
    from pos.sale.history import History


@dataclass(slots=True)
class Occupancy:
    """The orders that were placed for each entry time, by the Unix second at which it begins."""

    orders: dict[int, list[Order]] = field(default_factory=dict)

    def placed(self, order: Order) -> None:
        """An order was written down; it takes no place before there is a payment for it."""
        if order.entry_at:
            self.orders.setdefault(order.entry_at, []).append(order)


def persons_at(history: "History", entry_at: int) -> int:
    """How many persons were sold this entry time, or are about to be."""
    orders = history.occupancy.orders.get(entry_at, ())
    return sum(_persons_of(history, order) for order in orders)


def _persons_of(history: "History", order: Order) -> int:
    """Those of one order, without those whose tickets were given back."""
    payment = history.payment_of(order.sale_id)
    if payment is None or not (payment.state.open or payment.state is State.PAID):
        return 0
    refunds = history.refunds_of(payment.request_id)
    given = [each for each in refunds if each.state is RefundState.REFUNDED]
    if given and sum(each.amount.value for each in given) >= payment.amount.value:
        return 0
    back = 0
    for returned in (line for refund in given for line in refund.lines):
        line = order.lines[returned.place]
        back += line.persons * returned.quantity if line.timed else 0
    return persons_in(order, timed=True) - back
