"""The engine's paper: receipts in the shop's language on a printer, and as texts with a signature.

Apart from the terminal, which joins it to the engine, because here the lines of a sale become the
lines of a printer's library.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from hardware.devices import (
    Align,
    DeviceError,
    PrinterFault,
    PrintLine,
    ReceiptPrinter,
    Unprinted,
)
from pos.language import Language
from pos.sale.carried import Carried, unsigned_of
from pos.sale.input import Input, PrinterSays
from pos.sale.merchant import Terminal
from pos.sale.receipt import Receipt
from pos.sale.receipt_lines import lines_of
from pos.sale.report import Report
from pos.sale.report_lines import report_lines
from pos.sale.slip import SlipLine
from pos.sale.ticket_lines import ticket_lines
from pos.seal import Seal, is_true

# An answer that is lost would leave a receipt owed that was printed, so it waits for its place.
TELL_AGAIN_S = 0.1
TELL_AGAIN_COUNT_MAX = 100

Done = Callable[[Unprinted | None], None]


@dataclass(frozen=True, slots=True)
class Slips:
    """See pos.engine.Paper. `put` hands the printer's answers in; it may be full for a moment."""

    printer: ReceiptPrinter
    terminal: Terminal
    words: Language
    put: Callable[[Input], bool]

    def print(self, receipt: Receipt) -> None:
        """See pos.engine.Paper."""
        told = lines_of(receipt, self.terminal, self.words)
        torn_off = ticket_lines(receipt.tickets, self.words)
        lines = [print_line(line) for line in (*told, *torn_off)]
        self._ask(receipt.document_id, lambda done: self.printer.submit(lines, done))

    def report(self, report: Report) -> None:
        """See pos.engine.Paper."""
        lines = [print_line(line) for line in report_lines(report, self.terminal, self.words)]
        self._ask("", lambda done: self.printer.submit(lines, done))

    def look(self) -> None:
        """See pos.engine.Paper."""
        self._ask("", self.printer.look)

    def open_drawer(self) -> None:
        """See pos.engine.Paper."""
        self._ask("", self.printer.open_drawer)

    def _ask(self, document_id: str, ask: Callable[[Done], None]) -> None:
        """Have the printer do something, and its answer handed in."""

        def done(told: Unprinted | None) -> None:
            for _ in range(TELL_AGAIN_COUNT_MAX):
                if self.put(_said(document_id, told)):
                    return
                threading.Event().wait(TELL_AGAIN_S)

        try:
            ask(done)
        except DeviceError as fault:  # it takes no more work; this is the caller's own thread
            self.put(_said(document_id, Unprinted(PrinterFault.FAILED, str(fault))))


def _said(document_id: str, told: Unprinted | None) -> PrinterSays:
    if told is None:
        return PrinterSays(document_id)
    return PrinterSays(document_id, str(told.fault), told.sentence, told.sent)


@dataclass(frozen=True, slots=True)
class SignedTexts:
    """See pos.engine.Carrier."""

    seal: Seal
    terminal: Terminal
    words: Language

    def texts(self, receipt: Receipt) -> tuple[str, ...]:
        """See pos.engine.Carrier."""
        unsigned = unsigned_of(receipt, self.terminal, self.words)
        return tuple(self.seal.sealed(text) for text in unsigned)

    def is_ours(self, carried: Carried) -> bool:
        """See pos.engine.Carrier."""
        return carried.till == self.terminal.reference and is_true(carried, self.seal.public)


def print_line(line: SlipLine) -> PrintLine:
    """The same line as the printer's library names it."""
    return PrintLine(
        line.text,
        line.right,
        bold=line.strong,
        big=line.big,
        align=Align.CENTER if line.center else Align.LEFT,
        qr=line.qr or None,
        rule=line.rule,
    )
