"""The protocols that every device keeps, real or simulated, and the values they exchange.

Apart from the drivers so that the till can name a device without importing its library.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

# Luma rows, uint8, shape (height, width), C order or a view of rows with a longer stride.
# `Any` because importing numpy here would load it into every headless module.
Luma: TypeAlias = Any


class DeviceError(Exception):
    """A device cannot be opened or has stopped working; the message names the remedy."""


class Symbology(StrEnum):
    """Kinds of code that a till reads."""

    QR = "QR"
    CODE_128 = "Code128"
    EAN_13 = "EAN13"
    EAN_8 = "EAN8"
    UPC_A = "UPCA"


@dataclass(frozen=True, slots=True)
class Symbol:
    """One code read from a frame. `corners` are (x, y) in pixels of the frame, clockwise.

    The text may be a bearer secret, so it is left out of the repr.
    """

    text: str = field(repr=False)
    symbology: Symbology
    corners: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera: luma rows, and when it was taken (monotonic seconds)."""

    luma: Luma = field(repr=False)
    taken_at_s: float
    number: int


class Camera(Protocol):
    """A source of frames. Every method may block up to the deadline given to it."""

    def open(self) -> None:
        """Start the device. Raises DeviceError naming the remedy."""

    def frame(self, deadline_s: float) -> Frame:
        """The newest frame within `deadline_s` seconds. Raises DeviceError when none comes."""

    def close(self) -> None:
        """Stop the device; may be called twice."""


class Signal(StrEnum):
    """What lights and buzzer say. Each differs in rhythm and sound, never by colour alone."""

    OFF = "off"
    READY = "ready"
    SCAN = "scan"
    BUSY = "busy"
    PAID = "paid"
    DECLINED = "declined"
    ATTENTION = "attention"
    ARRIVED = "arrived"  # money came without a sale; dim again by itself


class Indicator(Protocol):
    """Lights and a buzzer."""

    def show(self, signal: Signal) -> None:
        """Change to `signal`; returns at once. Never raises: a broken lamp stops no sale."""

    def close(self) -> None:
        """Switch everything off; may be called twice."""


class Align(StrEnum):
    """Where a printed line stands."""

    LEFT = "left"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class PrintLine:
    """One line of paper: text with style, or a QR code, or a rule across the paper.

    `right` is printed flush right on the same line.
    """

    text: str = ""
    right: str = ""
    bold: bool = False
    big: bool = False
    align: Align = Align.LEFT
    qr: str | None = None
    rule: bool = False


class ReceiptPrinter(Protocol):
    """A receipt printer with its own owner thread."""

    def submit(self, lines: Sequence[PrintLine], done: Callable[[str | None], None]) -> None:
        """Queue a document and return at once.

        `done` is called exactly once, from the printer's own thread: with None when the bytes
        were taken, or with one sentence naming the fault and its remedy.
        """

    def look(self, done: Callable[[str | None], None]) -> None:
        """Ask whether the printer could print now, and print nothing; answered as `submit`."""

    def close(self) -> None:
        """Finish or drop what is queued within a few seconds; may be called twice."""
