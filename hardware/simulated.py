"""Devices without hardware: a camera before which phones are held, a lamp and a printer of paper.

They ship with the product: the demonstration sells with them and tests use them as they are.
They keep the protocols of the real ones, with the same threads, and fail when told to.
"""

import io
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hardware.devices import DeviceError, PrintLine, Signal
from hardware.paper import set_line
from hardware.simulated_camera import SimulatedCamera
from hardware.spool import Done, Spool

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["SimulatedCamera", "SimulatedIndicator", "SimulatedPrinter", "draw_paper"]

SIGNALS_MAX = 1000
RECEIPTS_MAX = 100
COLUMNS = 42
CELL_WIDTH_PX, CELL_HEIGHT_PX = 12, 24


class SimulatedIndicator:
    """An Indicator that remembers the last 1000 signals and when each began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signals: deque[tuple[float, Signal]] = deque(maxlen=SIGNALS_MAX)

    @property
    def signals(self) -> tuple[tuple[float, Signal], ...]:
        """What was shown, oldest first: (seconds by the clock, signal)."""
        return tuple(self._signals)

    @property
    def now(self) -> Signal:
        """What is shown at present."""
        return self._signals[-1][1] if self._signals else Signal.OFF

    def show(self, signal: Signal) -> None:
        """As `Indicator.show`."""
        self._signals.append((self._clock(), signal))

    def close(self) -> None:
        """As `Indicator.close`."""
        if self.now is not Signal.OFF:
            self.show(Signal.OFF)


class SimulatedPrinter:
    """A ReceiptPrinter onto paper that can be read and drawn; keeps the last 100 documents."""

    def __init__(self, columns: int = COLUMNS) -> None:
        self._columns = columns
        self._lock = threading.Lock()
        self._documents: deque[tuple[PrintLine, ...]] = deque(maxlen=RECEIPTS_MAX)
        self._fault: str | None = None
        self._spool = Spool("printer", self._print)

    @property
    def receipts(self) -> tuple[str, ...]:
        """The text of every document printed, oldest first; a QR code stands as [QR]."""
        with self._lock:
            documents = tuple(self._documents)
        return tuple("\n".join(self._rows(document)) for document in documents)

    def fail(self, sentence: str | None) -> None:
        """Answer every document with this sentence from now on; None to print again."""
        with self._lock:
            self._fault = sentence

    def submit(self, lines: Sequence[PrintLine], done: Done) -> None:
        """As `ReceiptPrinter.submit`; raises DeviceError once closed."""
        self._spool.submit(lines, done)

    def close(self) -> None:
        """As `ReceiptPrinter.close`."""
        self._spool.close()

    def draw(self, number: int = -1) -> "Image.Image":
        """The document at index `number` of `receipts` as it looks on paper, mode L.

        Raises IndexError when there is none.
        """
        with self._lock:
            document = self._documents[number]
        return draw_paper(document, self._columns)

    def _print(self, lines: Sequence[PrintLine]) -> None:
        with self._lock:
            if self._fault is not None:
                raise DeviceError(self._fault)
            self._documents.append(tuple(lines))

    def _rows(self, document: Sequence[PrintLine]) -> list[str]:
        rows: list[str] = []
        for line in document:
            rows += [row.rstrip() for row in set_line(line, self._columns)]
            if line.qr:
                rows.append("[QR]".center(self._columns).rstrip())
        return rows


def draw_paper(document: Sequence[PrintLine], columns: int = COLUMNS) -> "Image.Image":
    """The document as black on white, mode L, 12 x 24 pixels a character, with a margin.

    The same rows as on a real printer, in a font that the dependencies bring along.
    """
    from PIL import Image, ImageDraw

    from hardware.printer import qr_raster

    strips: list[Image.Image] = []
    for line in document:
        size = 2 if line.big else 1
        for row in set_line(line, columns):
            strips.append(_row_strip(row, size, columns, bold=line.bold))
        if line.qr:
            strips.append(qr_raster(line.qr).convert("L"))
    margin = 2 * CELL_WIDTH_PX
    width = columns * CELL_WIDTH_PX + 2 * margin
    paper = Image.new("L", (width, sum(s.height for s in strips) + 2 * margin), 250)
    top = margin
    for strip in strips:
        paper.paste(strip, ((width - strip.width) // 2, top))
        top += strip.height
    ImageDraw.Draw(paper).rectangle((0, 0, width - 1, paper.height - 1), outline=200)
    return paper


def _row_strip(row: str, size: int, columns: int, *, bold: bool) -> "Image.Image":
    """One row of characters, each in the middle of its cell."""
    from PIL import Image, ImageDraw

    width, height = CELL_WIDTH_PX * size, CELL_HEIGHT_PX * size
    strip = Image.new("L", (columns * CELL_WIDTH_PX, height), 250)
    draw = ImageDraw.Draw(strip)
    font = _font(20 * size)
    for column, character in enumerate(row):
        at = (column * width + width / 2, height * 0.75)
        draw.text(at, character, 20, font=font, anchor="ms", stroke_width=0.5 * size if bold else 0)
    return strip


@lru_cache(maxsize=2)
def _font(size_px: int) -> Any:
    """DejaVu Sans Mono, which python-barcode brings along: Pillow's own has no Nordic letters."""
    from PIL import ImageFont

    file = resources.files("barcode") / "fonts" / "DejaVuSansMono.ttf"
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), size_px)
