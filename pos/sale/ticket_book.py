"""The tickets of the journal: which were issued for a payment, and which of them are void.

Apart from the tickets, whose form a gate shares, because only the till knows what was given back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos.errors import IllegalMove
from pos.sale.order import Order
from pos.sale.payment import Payment
from pos.sale.refund import Refund, RefundState
from pos.sale.return_line import counted
from pos.sale.ticket import Ticket, TicketsIssued, places_of

if TYPE_CHECKING:
    from pos.sale.history import History


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


def void_serials(history: "History", since: float) -> frozenset[str]:
    """The serials of all void tickets whose time was not over before `since` (Unix seconds)."""
    return frozenset(
        ticket.serial
        for request_id, refunds in history.given_back().items()
        for ticket in void_of(history, request_id, refunds)
        if ticket.ends_at >= since
    )


def void_of(history: "History", request_id: str, refunds: Sequence[Refund]) -> tuple[Ticket, ...]:
    """The tickets of a payment that admit nobody any more; none where it has no tickets."""
    issued = history.ticket_book.issued.get(request_id)
    if issued is None:
        return ()
    payment = history.payments[request_id]
    return tuple(void_among(issued, history.order_book.placed[payment.sale_id], payment, refunds))
