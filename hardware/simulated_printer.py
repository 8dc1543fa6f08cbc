"""A receipt printer without hardware: the real driver at the end of a simulated wire.

It ships with the product, as the other simulated devices do. Apart from them because behind its
wire everything is the real thing: the same thread, the same bytes, the same questions about paper.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hardware.devices import PrintLine
from hardware.document import COLUMNS
from hardware.paper import set_line
from hardware.printer import EscposPrinter
from hardware.roll import Roll
from hardware.wires import NothingTaken, Wire

if TYPE_CHECKING:
    from PIL import Image

RECEIPTS_MAX = 200


class _SimulatedWire:
    """A printer's end of a wire. Its fields may be set from any thread."""

    answers = True

    def __init__(self) -> None:
        self.plugged = True
        self.paper = True
        self.cover_open = False
        self.stuck_after: int | None = None
        self.taken: deque[bytes] = deque(maxlen=RECEIPTS_MAX)
        self.pulses = 0
        self._answer = b""

    @contextmanager
    def open(self) -> Iterator[Wire]:
        """What the driver calls for each document."""
        if not self.plugged:
            raise OSError(19, "No such device")
        yield self

    def write(self, data: bytes) -> None:
        """See Wire. A printer without paper takes nothing but questions and drawer pulses."""
        if data.startswith(b"\x10\x04"):
            self._answer = bytes([self._status(data[2])])
        elif data.startswith(b"\x1bp"):
            self.pulses += 1
        elif not data:
            return
        elif self.stuck_after is not None:
            raise TimeoutError if self.stuck_after else NothingTaken
        elif not self.paper or self.cover_open:
            raise NothingTaken
        else:
            self.taken.append(data)

    def read(self, wait_s: float) -> bytes:
        """See Wire."""
        del wait_s
        answer, self._answer = self._answer, b""
        return answer

    def _status(self, question: int) -> int:
        fixed = 0x12
        if question == 2:
            return fixed | self.cover_open * 0x04 | (not self.paper) * 0x20
        return fixed | (not self.paper) * 0x60


class SimulatedPrinter(EscposPrinter):
    """A ReceiptPrinter whose paper can be read and drawn; keeps the last 200 documents."""

    def __init__(self, columns: int = COLUMNS) -> None:
        self._wire = _SimulatedWire()
        self._lock = threading.Lock()
        self._documents: deque[tuple[PrintLine, ...]] = deque(maxlen=RECEIPTS_MAX)
        self._printed: Callable[[str], object] | None = None
        super().__init__(self._wire.open, columns)

    def listen(self, printed: Callable[[str], object]) -> None:
        """Call `printed` with the text of every document from now on."""
        self._printed = printed

    @property
    def receipts(self) -> tuple[str, ...]:
        """The text of every document printed, oldest first; a QR code stands as [QR]."""
        with self._lock:
            documents = tuple(self._documents)
        return tuple("\n".join(self._rows(document)) for document in documents)

    @property
    def documents(self) -> tuple[bytes, ...]:
        """The bytes of every document printed, oldest first."""
        return tuple(self._wire.taken)

    @property
    def drawer_pulses(self) -> int:
        """How often the drawer was opened."""
        return self._wire.pulses

    def run_out_of_paper(self) -> None:
        """Print nothing until there is a new roll."""
        self._wire.paper = False

    def put_in_paper(self) -> None:
        """A new roll."""
        self._wire.paper = True

    def open_cover(self) -> None:
        """Print nothing until it is closed."""
        self._wire.cover_open = True

    def close_cover(self) -> None:
        """The cover is closed again."""
        self._wire.cover_open = False

    def unplug(self) -> None:
        """Be out of reach until plugged in again."""
        self._wire.plugged = False

    def plug_in(self) -> None:
        """Be there again."""
        self._wire.plugged = True

    def jam(self, after_bytes: int = 0) -> None:
        """Take no document to its end; with `after_bytes`, a part of it."""
        self._wire.stuck_after = after_bytes

    def clear_jam(self) -> None:
        """Print again."""
        self._wire.stuck_after = None

    def draw(self, number: int = -1) -> "Image.Image":
        """The document at index `number` of `documents` as it looks on paper, mode L.

        Drawn from the bytes alone. Raises IndexError when there is none.
        """
        roll = Roll(self._columns)
        roll.take(self._wire.taken[number])
        return roll.drawn()

    def _print(self, lines: Sequence[PrintLine]) -> None:
        super()._print(lines)
        with self._lock:
            self._documents.append(tuple(lines))
        if self._printed is not None:
            self._printed("\n".join(self._rows(lines)))

    def _rows(self, document: Sequence[PrintLine]) -> list[str]:
        rows: list[str] = []
        for line in document:
            rows += [row.rstrip() for row in set_line(line, self._columns)]
            if line.qr:
                rows.append("[QR]".center(self._columns).rstrip())
        return rows
