"""The tickets of the journal: which were issued for a payment, and which of them are void.

Apart from the tickets, whose form a gate shares, because only the till knows what was given back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pos.errors import IllegalMove
from pos.sale.order import Order
from pos.sale.payment import Payment
from pos.sale.refund import Refund, RefundState
from pos.sale.return_line import counted
from pos.sale.ticket import Ticket, TicketsIssued, places_of


@dataclass(slots=True)
class TicketBook:
    """`issued` by the request id of the payment, in the order of its lines."""

    issued: dict[str, TicketsIssued] = field(default_factory=dict)

    def check(self, entry: TicketsIssued) -> None:
        """Raises IllegalMove for a second issue."""
        if entry.request_id in self.issued:
            raise IllegalMove(f"The tickets of {entry.request_id} are issued already.")

    def take(self, entry: TicketsIssued) -> None:
        """Take it in. Raises IllegalMove, having changed nothing."""
        self.check(entry)
        self.issued[entry.request_id] = entry


def void_among(
    issued: TicketsIssued, order: Order, payment: Payment, refunds: Sequence[Refund]
) -> Iterator[Ticket]:
    """Which tickets of a payment admit nobody any more, because they were given back or are
    about to be: all where nothing of the payment is left, else of each line the last as many as
    came back of it. Money that is given back without its goods takes no ticket."""
    wanted = [each for each in refunds if each.state is not RefundState.REFUSED]
    left = payment.amount.value - sum(each.amount.value for each in wanted)
    returned = counted(line for each in wanted for line in each.lines)
    pairs = list(zip(issued.tickets, places_of(order), strict=True))
    for ticket, place in reversed(pairs):
        if left <= 0 or returned[place] > 0:
            returned[place] -= 1
            yield ticket


def void_serials(
    book: TicketBook,
    payments: Mapping[str, Payment],
    orders: Mapping[str, Order],
    refunds: Mapping[str, Sequence[Refund]],
    since: float,
) -> frozenset[str]:
    """The serials of all void tickets whose time was not over before `since` (Unix seconds).

    `refunds` are by the request id of the payment that they are of.
    """
    return frozenset(
        ticket.serial
        for request_id, given_back in refunds.items()
        if (issued := book.issued.get(request_id)) is not None
        for ticket in void_among(
            issued, orders[payments[request_id].sale_id], payments[request_id], given_back
        )
        if ticket.ends_at >= since
    )
