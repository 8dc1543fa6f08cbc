"""Devices without hardware: a camera before which phones are held, a lamp and a printer of paper.

They ship with the product: the demonstration sells with them and tests use them as they are.
They keep the protocols of the real ones, with the same threads, and fail when told to.
"""

import io
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hardware.devices import DeviceError, Frame, PrintLine, Signal, Symbology
from hardware.paper import set_line
from hardware.phone import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, Pose, draw_phone, expose, held
from hardware.spool import Done, Spool

if TYPE_CHECKING:
    from PIL import Image

FRAMES_PER_S = 15.0
SIGNALS_MAX = 1000
RECEIPTS_MAX = 100
COLUMNS = 42
CELL_WIDTH_PX, CELL_HEIGHT_PX = 12, 24


class _Fault(Enum):
    NONE = "none"
    FROZEN = "frozen"
    DROPPED_OUT = "dropped out"
    BLACK = "black"


class SimulatedCamera:
    """A Camera over a desk: `hold_up` a code and it is seen as a photographed phone.

    Frames are 1280 x 720 luma, 15 a second by `clock` and `wait` (seconds). The same `rng` gives
    the same hands. Everything but `open`, `frame` and `close` may be called from any thread.
    """

    def __init__(
        self,
        rng: random.Random | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rng = rng or random.Random(1)  # noqa: S311
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._phone: Image.Image | None = None
        self._pose: Pose | None = None
        self._fault = _Fault.NONE
        self._is_open = False
        self._due_s = 0.0
        self._number = 0

    def hold_up(self, text: str, symbology: Symbology = Symbology.QR) -> None:
        """Hold a phone that shows `text` before the camera, in place of any other.

        Raises DeviceError when the text does not fit the symbology.
        """
        phone = draw_phone(text, symbology).convert("L")
        with self._lock:
            self._phone, self._pose = phone, held(symbology, self._rng)

    def take_away(self) -> None:
        """Leave the desk empty."""
        with self._lock:
            self._phone = self._pose = None

    def freeze(self) -> None:
        """Send no more frames: every `frame` waits out its deadline and fails."""
        self._break(_Fault.FROZEN)

    def drop_out(self) -> None:
        """Fail at once, in opening too, as after the cable was pulled."""
        self._break(_Fault.DROPPED_OUT)

    def go_black(self) -> None:
        """Send black frames, as with the lens covered."""
        self._break(_Fault.BLACK)

    def recover(self) -> None:
        """Undo `freeze`, `drop_out` and `go_black`."""
        self._break(_Fault.NONE)

    def open(self) -> None:
        """As `Camera.open`."""
        self._require_connected()
        self._is_open = True
        self._due_s = self._clock()

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`."""
        if not self._is_open:
            raise DeviceError("The simulated camera is not open.")
        self._require_connected()
        with self._lock:
            frozen = self._fault is _Fault.FROZEN
        if frozen:
            self._wait(deadline_s)
            raise DeviceError(f"The simulated camera has sent no picture for {deadline_s:g} s.")
        pause_s = min(self._due_s - self._clock(), deadline_s)
        if pause_s > 0:
            self._wait(pause_s)
        taken_at_s = self._clock()
        self._due_s = max(taken_at_s, self._due_s + 1 / FRAMES_PER_S)
        return self._expose(taken_at_s)

    def close(self) -> None:
        """As `Camera.close`."""
        self._is_open = False

    def _expose(self, taken_at_s: float) -> Frame:
        with self._lock:
            phone, pose, fault = self._phone, self._pose, self._fault
            hand = random.Random(self._rng.random())  # noqa: S311
        self._number += 1
        if fault is _Fault.BLACK:
            import numpy as np

            luma = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX), np.uint8)
        else:
            luma = expose(phone, pose.shaken(hand) if pose else None, hand)
        return Frame(luma, taken_at_s, self._number)

    def _break(self, fault: _Fault) -> None:
        with self._lock:
            self._fault = fault

    def _require_connected(self) -> None:
        with self._lock:
            if self._fault is _Fault.DROPPED_OUT:
                raise DeviceError("The simulated camera is unplugged: plug it in again.")


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

    def look(self, done: Done) -> None:
        """As `ReceiptPrinter.look`; raises DeviceError once closed."""
        self._spool.submit((), done)

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
            if lines:
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
