"""A receipt: one paid payment, or one refund, with all that a document of it tells.

Apart from its lines, which are words in some language, because the till decides with these values
which receipt may be printed and a front end only shows it.
"""

from dataclasses import dataclass

from pos.sale.order import Line, Order
from pos.sale.payment import Payment
from pos.sale.refund import Refund
from pos.sale.return_line import ReturnLine, values_of
from pos.sale.returned import Returned
from pos.sale.ticket import ShownTicket
from pos.sale.vat import VatRow


@dataclass(frozen=True, slots=True)
class Receipt:
    """One document: of a paid payment, or of a refund from it.

    `order` is the sale's, or None where the till knows the amount only. Of a refund, `original` is
    the number of the sale's receipt, `before` are the goods that had come back before, and
    `returned` is what it gives back of which rate. `staff` is who served, or empty. `tickets` are
    those of a sale that still admit.
    """

    number: int
    payment: Payment
    order: Order | None = None
    refund: Refund | None = None
    before: tuple[ReturnLine, ...] = ()
    original: int = 0
    returned: Returned | None = None
    staff: str = ""
    copy: bool = False
    tickets: tuple[ShownTicket, ...] = ()

    @property
    def document_id(self) -> str:
        """The payment's request id, or the refund's own."""
        return self.payment.request_id if self.refund is None else self.refund.refund_id


def come_back(receipt: Receipt) -> tuple[tuple[int, Line, int], ...]:
    """Quantity, line and minor units of each line that came back."""
    order, refund = receipt.order, receipt.refund
    if order is None or refund is None:
        return ()
    values = values_of(order, refund.lines, receipt.before)
    return tuple(
        (each.quantity, order.lines[each.place], value)
        for each, value in zip(refund.lines, values, strict=True)
    )


def table_of(receipt: Receipt) -> tuple[VatRow, ...]:
    """The VAT of the document, by rate; none where the till does not know the goods."""
    if receipt.refund is None:
        return receipt.order.vat_table() if receipt.order else ()
    return receipt.returned.vat_table() if receipt.returned else ()
