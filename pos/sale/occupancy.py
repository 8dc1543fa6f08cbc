"""How many persons each entry time has, folded from the journal.

Apart from the history, which keeps payments and knows nothing of entrances, and from the box
office, which is given the numbers. An open payment holds its places until its outcome is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pos.sale.box_office import persons_in
from pos.sale.order import Order
from pos.sale.payment import Payment, State
from pos.sale.refund import Refund, RefundState


@dataclass(slots=True)
class Occupancy:
    """The fold. `payments` are request ids by sale id: of two payments of one sale the later one
    counts, for the earlier was closed before it was made."""

    orders: dict[int, dict[str, Order]] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)

    def placed(self, order: Order) -> None:
        """An order was written down; it takes no place before there is a payment for it."""
        if order.entry_at:
            self.orders.setdefault(order.entry_at, {})[order.sale_id] = order

    def paying(self, payment: Payment) -> None:
        """A payment of a sale was written down."""
        self.payments[payment.sale_id] = payment.request_id

    def persons_at(
        self,
        entry_at: int,
        payments: Mapping[str, Payment],
        refunds_of: Callable[[str], list[Refund]],
    ) -> int:
        """How many persons the entry time that begins at this Unix second has."""
        return sum(
            persons_of(order, payments.get(request_id), refunds_of(request_id))
            for sale_id, order in self.orders.get(entry_at, {}).items()
            if (request_id := self.payments.get(sale_id)) is not None
        )


def persons_of(order: Order, payment: Payment | None, refunds: list[Refund]) -> int:
    """How many persons with an entry time this order still brings."""
    if payment is None or not (payment.state.open or payment.state is State.PAID):
        return 0
    given = [each for each in refunds if each.state is RefundState.REFUNDED]
    if given and sum(each.amount.value for each in given) >= payment.amount.value:
        return 0
    back = 0
    for returned in (line for refund in given for line in refund.lines):
        line = order.lines[returned.place]
        back += line.persons * returned.quantity if line.timed else 0
    return persons_in(order, timed=True) - back
