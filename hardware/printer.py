"""A receipt printer that understands ESC/POS, and the one thread that owns it.

Apart from the till because paper is never allowed to hold up a sale: nothing here is waited for,
and what a person has to be told when it fails is decided here.
"""

from collections.abc import Sequence

from hardware.devices import DeviceError, PrinterFault, PrintError, PrintLine
from hardware.document import COLUMNS, document, drawer_pulse
from hardware.paper import COLUMNS_MIN
from hardware.spool import Done, Spool
from hardware.wires import NothingTaken, Opening, Wire, opening

WRITE_DEADLINE_S = 10.0
STATUS_WAIT_S = 1.0

_ASKED = (b"\x10\x04\x02", b"\x10\x04\x04")  # DLE EOT: why it is off line, and the roll
# Bits 1 and 4 of each answer are set, 0 and 7 are not.
_FIXED_BITS, _FIXED_VALUE = 0x93, 0x12
_COVER_OPEN, _PAPER_ENDED = 0x04, 0x20  # in the answer to the first
_ROLL_AT_END = 0x60  # in the answer to the second

_SENTENCES = {
    PrinterFault.PAPER_OUT: "The printer is out of paper: put in a new roll.",
    PrinterFault.COVER_OPEN: "The printer's cover is open: close it.",
    PrinterFault.STUCK: "The printer does not take the receipt: look for paper jam, an open lid or"
    " a missing roll.",
}


class EscposPrinter:
    """A ReceiptPrinter on ESC/POS at the end of a wire, which is opened for each document, so that
    the printer may be switched off in between.

    A printer that never answers about its paper is not asked again: unknown is not empty.
    """

    def __init__(self, wires: Opening, columns: int = COLUMNS) -> None:
        self._wires = wires
        self._columns = max(COLUMNS_MIN, columns)
        self._tells = True
        self._spool = Spool("printer")

    @classmethod
    def at(
        cls, address: str, columns: int = COLUMNS, deadline_s: float = WRITE_DEADLINE_S
    ) -> "EscposPrinter":
        """The printer at `address`, as `hardware.wires.opening` spells it; raises DeviceError."""
        return cls(opening(address, deadline_s), columns)

    def submit(self, lines: Sequence[PrintLine], done: Done) -> None:
        """As `ReceiptPrinter.submit`; raises DeviceError once closed."""
        kept = tuple(lines)
        self._spool.submit(lambda: self._print(kept), done)

    def look(self, done: Done) -> None:
        """As `ReceiptPrinter.look`; raises DeviceError once closed."""
        self._spool.submit(lambda: self._send(b""), done)

    def open_drawer(self, done: Done) -> None:
        """As `ReceiptPrinter.open_drawer`; raises DeviceError once closed."""
        self._spool.submit(lambda: self._send(drawer_pulse()), done)

    def close(self) -> None:
        """As `ReceiptPrinter.close`."""
        self._spool.close()

    def _print(self, lines: Sequence[PrintLine]) -> None:
        self._send(document(lines, self._columns), needs_paper=True)

    def _send(self, data: bytes, *, needs_paper: bool = False) -> None:
        """One turn on the wire. Raises DeviceError; a PrintError where the printer is at fault."""
        sent = False
        try:
            with self._wires() as wire:
                if needs_paper or not data:
                    self._require_paper(wire)
                sent = bool(data)
                wire.write(data)
        except NothingTaken as error:
            raise _fault(PrinterFault.STUCK) from error
        except TimeoutError as error:
            raise _fault(PrinterFault.STUCK, sent=sent) from error
        except OSError as error:
            raise PrintError(
                PrinterFault.UNREACHABLE,
                f"The printer cannot be reached ({error.strerror or 'no answer'}): check its"
                " power and cable.",
                sent=sent,
            ) from error
        except PrintError:
            raise
        except DeviceError as error:
            raise PrintError(PrinterFault.UNREACHABLE, str(error), sent=sent) from error

    def _require_paper(self, wire: Wire) -> None:
        """Raises PrintError when the printer says that it cannot print."""
        if not (self._tells and wire.answers):
            return
        for number, question in enumerate(_ASKED):
            wire.write(question)
            answer = wire.read(STATUS_WAIT_S)[:1]
            if not answer:
                self._tells = number > 0
                return
            if answer[0] & _FIXED_BITS == _FIXED_VALUE:
                _judge(number, answer[0])


def _judge(question: int, answer: int) -> None:
    if question == 0 and answer & _COVER_OPEN:
        raise _fault(PrinterFault.COVER_OPEN)
    ended = _PAPER_ENDED if question == 0 else _ROLL_AT_END
    if answer & ended == ended:
        raise _fault(PrinterFault.PAPER_OUT)


def _fault(fault: PrinterFault, *, sent: bool = False) -> PrintError:
    return PrintError(fault, _SENTENCES[fault], sent=sent)
