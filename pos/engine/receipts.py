"""Receipts on their way to the printer: begun in the journal, printed, or owed until they are.

Apart from the loop because paper never decides about money, and a printer answers in its own time.
"""

import math
import queue
from contextlib import suppress

from pos.engine.parts import Parts, Writer
from pos.engine.tickets import Tickets
from pos.sale.input import Input, PrinterSays
from pos.sale.issuing import receipt_of
from pos.sale.printing import DrawerOpened, ReceiptBegun, ReceiptPrinted, ReceiptUnprinted
from pos.sale.receipt import Receipt
from pos.sale.view import Notice, notice

# A printer in trouble is looked at again so often; then every minute.
LOOK_AGAIN_S = (3.0, 5.0, 10.0, 20.0, 60.0)
# A till that ends waits so long for its printer.
FINISH_S = 5.0
FINISH_LOOK_S = 0.2


class Receipts:
    """What is printed, where there is a printer. `trouble` is why nothing is, or None."""

    def __init__(self, parts: Parts, writer: Writer, tickets: Tickets) -> None:
        self._parts = parts
        self._tickets = tickets
        self._writer = writer
        self._printing: set[str] = set()
        self._looks = 0
        self._look_at_s = math.inf
        self.trouble: Notice | None = None

    @property
    def busy(self) -> bool:
        """Whether the printer has a receipt and did not answer yet."""
        return bool(self._printing)

    @property
    def due_s(self) -> float:
        """The monotonic second at which a printer in trouble is looked at again."""
        return self._look_at_s

    def start(self) -> None:
        """Take up what an earlier process owed: what it began, and what it died before."""
        printing = self._writer.history.printing
        if printing.latest and printing.latest not in printing.numbers:
            self.of(printing.latest)
        self._print_owed()

    def of(self, document_id: str) -> None:
        """Print the receipt of a payment that is paid or of a refund that is final.

        Not of what comes back from the switch: its customer had a receipt and is gone.
        """
        history = self._writer.history
        if self._parts.paper is None or history.gap is not None:
            return
        printing = history.printing
        copy = printing.may_be_on_paper(document_id)
        receipt = self._tickets.on(receipt_of(history, document_id, copy=copy))
        if receipt is None or not self._begin(receipt):
            return
        waiting = (
            document_id not in printing.printed
            and next(printing.owed(), document_id) != document_id
        )
        if self.trouble is not None and waiting:
            # Behind those that wait already, so that they come out in the order of the sales.
            self._writer.write(ReceiptUnprinted(document_id, receipt.number))
            self._look_at_s = min(self._look_at_s, self._parts.clock.monotonic())
            return
        self._printing.add(document_id)
        self._parts.paper.print(receipt)

    def again(self, document_id: str) -> Notice:
        """Print it as a copy, once, or at last where it was not printed; what to say of it."""
        printing = self._writer.history.printing
        if self._parts.paper is None:
            return notice("printer.none")
        if receipt_of(self._writer.history, document_id) is None:
            return notice("receipt.unknown")
        if document_id in self._printing:
            return notice("receipt.printing")
        if printing.may_be_on_paper(document_id) and not printing.copy_left(document_id):
            return notice("receipt.copied")
        self.of(document_id)
        return notice("receipt.printing")

    def open_drawer(self) -> Notice | None:
        """Open the drawer without a sale, which is counted; what to say, or None."""
        if self._parts.paper is None:
            return notice("printer.none")
        if self._writer.write(DrawerOpened(self._parts.clock.wall())):
            self._parts.paper.open_drawer()
        return None

    def heard(self, said: PrinterSays) -> None:
        """The printer took a document, or could not, or is looked at."""
        self._printing.discard(said.document_id)
        number = self._writer.history.printing.numbers.get(said.document_id, 0)
        if said.fault:
            self.trouble = _trouble(said)
            wait_s = LOOK_AGAIN_S[min(self._looks, len(LOOK_AGAIN_S) - 1)]
            self._looks += 1
            self._look_at_s = self._parts.clock.monotonic() + wait_s
            if said.document_id and not said.sent:
                self._writer.write(ReceiptUnprinted(said.document_id, number))
            return
        self.trouble = None
        self._looks, self._look_at_s = 0, math.inf
        if said.document_id:
            self._writer.write(ReceiptPrinted(said.document_id, number))
        self._print_owed()

    def finish(self, inbox: "queue.Queue[Input | None]") -> None:
        """Hear the printer out before the till ends: what is printed unheard would be owed."""
        ends_s = self._parts.clock.monotonic() + FINISH_S
        while self._printing and self._parts.clock.monotonic() < ends_s:
            with suppress(queue.Empty):
                said = inbox.get(timeout=FINISH_LOOK_S)
                if isinstance(said, PrinterSays):
                    self.heard(said)

    def look(self) -> None:
        """Ask the printer whether it is well again; it answers with `heard`."""
        self._look_at_s = math.inf
        if self._parts.paper is not None:
            self._parts.paper.look()

    def _begin(self, receipt: Receipt) -> bool:
        """Write down that bytes are about to leave; whether they may."""
        begun = ReceiptBegun(receipt.document_id, receipt.number, copy=receipt.copy)
        return self._writer.write(begun)

    def _print_owed(self) -> None:
        """The oldest that is owed; the printer's answer brings the next."""
        owed = next(self._writer.history.printing.owed(), "")
        if owed and not self._printing:
            self.of(owed)


def _trouble(said: PrinterSays) -> Notice:
    """The fault in the words of the till, or in the printer's own where it knows better."""
    if said.fault in ("paper_out", "cover_open", "stuck", "busy"):
        return notice(f"printer.{said.fault}")
    return notice("printer.trouble", sentence=said.sentence)
