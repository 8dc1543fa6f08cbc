"""Receipts and slips on their way to the printer: begun in the journal, printed, or in trouble.

Apart from the loop because paper never decides about money, and a printer answers in its own time.
"""

from pos.engine.parts import Parts, Writer
from pos.sale.history import ReceiptBegun, ReceiptPrinted
from pos.sale.input import PrinterSays
from pos.sale.payment import Payment
from pos.sale.refund import Refund
from pos.sale.view import Notice, notice


class Receipts:
    """What is printed, where there is a printer. `trouble` is why nothing is, or None."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self.trouble: Notice | None = None

    def of_payment(self, payment: Payment) -> None:
        """The receipt of a paid payment."""
        number = self._next_number(payment.request_id)
        if self._parts.paper is not None and number is not None:
            self._parts.paper.receipt(payment, number)

    def of_refund(self, refund: Refund) -> None:
        """The slip of a refund that is final."""
        number = self._next_number(refund.refund_id)
        if self._parts.paper is not None and number is not None:
            payment = self._writer.history.payments[refund.request_id]
            self._parts.paper.refund_slip(refund, payment, number)

    def heard(self, said: PrinterSays) -> None:
        """The printer took a document, or could not."""
        if said.fault:
            self.trouble = notice("printer.trouble", sentence=said.fault)
            return
        self.trouble = None
        number = self._writer.history.receipts.get(said.document_id, 0)
        self._writer.write(ReceiptPrinted(said.document_id, number))

    def _next_number(self, document_id: str) -> int | None:
        """Write down that a receipt is begun; its number, or None when none may be printed.

        None either for what comes back from the switch: its customer had a receipt and is gone.
        """
        if self._parts.paper is None or self._writer.history.gap is not None:
            return None
        number = self._writer.history.books.number_of(document_id)
        begun = ReceiptBegun(document_id, number, copy=False)
        return number if self._writer.write(begun) else None
