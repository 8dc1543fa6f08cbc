"""The protocols that every device keeps, real or simulated, and the values they exchange.

Apart from the drivers so that the till can name a device without importing its library.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

# Luma rows, uint8, shape (height, width), C order or a view of rows with a longer stride.
# `Any` because importing numpy here would load it into every headless module.
Luma: TypeAlias = Any


class DeviceError(Exception):
    """A device cannot be opened or has stopped working; the message names the remedy."""


class Stalled(DeviceError):
    """A camera that is open sends no picture: a restart of its stream may bring it back."""


class Symbology(StrEnum):
    """Kinds of code that a till reads."""

    QR = "QR"
    CODE_128 = "Code128"
    EAN_13 = "EAN13"
    EAN_8 = "EAN8"
    UPC_A = "UPCA"
    MICRO_QR = "MicroQR"
    QR_PART = "QRPart"  # one of several QR codes that hold one text together: structured append
    UNKNOWN = "Unknown"  # a hand scanner need not tell


# Kinds that are read only to be refused with a reason: no wallet shows them.
REFUSED = frozenset({Symbology.MICRO_QR, Symbology.QR_PART})


@dataclass(frozen=True, slots=True)
class Symbol:
    """One code read from a frame. `corners` are (x, y) in pixels of the frame, clockwise.

    The text may be a bearer secret, so it is left out of the repr.
    """

    text: str = field(repr=False)
    symbology: Symbology
    corners: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Controls:
    """How a camera is set, or was set for a frame. None: automatic, or not told.

    `lens_position` is in dioptres (1 / metres), `exposure_us` in microseconds.
    """

    lens_position: float | None = None
    exposure_us: int | None = None
    gain: float | None = None


AUTOMATIC = Controls()


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera: luma rows, when it was taken (monotonic seconds), and how."""

    luma: Luma = field(repr=False)
    taken_at_s: float
    number: int
    controls: Controls = AUTOMATIC


class Camera(Protocol):
    """A source of frames. Every method may block up to the deadline given to it."""

    def open(self) -> None:
        """Start the device. Raises DeviceError naming the remedy."""

    def frame(self, deadline_s: float) -> Frame:
        """The newest frame within `deadline_s` seconds.

        Raises Stalled when none comes, any other DeviceError when the device is gone.
        """

    def close(self) -> None:
        """Stop the device; may be called twice."""


@runtime_checkable
class Restartable(Protocol):
    """A camera whose stream can be stopped and started without giving the device up."""

    def restart(self) -> None:
        """Stop the stream and start it again. Raises DeviceError when it does not start."""


@runtime_checkable
class Adjustable(Protocol):
    """A camera whose lens and exposure can be set while it runs."""

    @property
    def lens_range(self) -> tuple[float, float] | None:
        """The lens positions that can be set, in dioptres; None for a fixed lens."""

    def adjust(self, controls: Controls) -> None:
        """Set what is not None, from one of the next frames on; leave the rest automatic."""


class Signal(StrEnum):
    """What lights and buzzer say. Each differs in rhythm and sound, never by colour alone."""

    OFF = "off"
    READY = "ready"
    SCAN = "scan"
    READ = "read"  # a code was read this moment; then on with what was shown before
    BUSY = "busy"
    PAID = "paid"
    DECLINED = "declined"
    ADDED = "added"  # something was put on the order; of a moment too, as are the next two
    REMOVED = "removed"
    REFUSED = "refused"  # what was read is of no use here
    ATTENTION = "attention"
    ARRIVED = "arrived"  # money came without a sale; dim again by itself
    ADMITTED = "admitted"  # a ticket lets its holder in; these four go on as SCAN does
    USED = "used"  # it did before
    UNTIMELY = "untimely"  # it is for another time
    REJECTED = "rejected"  # it is none that is let in here


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


class PrinterFault(StrEnum):
    """Why a document was not printed."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    STUCK = "stuck"  # it takes no more bytes and does not say why
    UNREACHABLE = "unreachable"
    BUSY = "busy"  # too many documents are waiting
    FAILED = "failed"


class PrintError(DeviceError):
    """A printer did not print. `sent` is whether any of the document may be on paper."""

    def __init__(self, fault: PrinterFault, sentence: str, *, sent: bool = False) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Unprinted:
    """Why something was not printed: for a program, and as a sentence with the remedy.

    `sent` is whether any of it may be on paper all the same.
    """

    fault: PrinterFault
    sentence: str
    sent: bool = False


class ReceiptPrinter(Protocol):
    """A receipt printer with its own owner thread.

    Each `done` is called exactly once, from the printer's own thread: with None when all went
    well, or with the fault. Nothing here waits.
    """

    def submit(self, lines: Sequence[PrintLine], done: Callable[[Unprinted | None], None]) -> None:
        """Queue a document and return at once."""

    def look(self, done: Callable[[Unprinted | None], None]) -> None:
        """Ask whether the printer could print now, and print nothing."""

    def open_drawer(self, done: Callable[[Unprinted | None], None]) -> None:
        """Send the pulse that opens the cash drawer at the printer's socket."""

    def close(self) -> None:
        """Finish or drop what is queued within a few seconds; may be called twice."""


class Button(StrEnum):
    """The buttons of a desk."""

    PAY = "pay"
    CANCEL = "cancel"
    HELP = "help"
    REMOVE = "remove"
    LANGUAGE = "language"  # the button for help, held down


class Buttons(Protocol):
    """Buttons that somebody presses. A press is told from a thread of the buttons' own."""

    def listen(self, pressed: Callable[[Button], object]) -> None:
        """Call `pressed` for every press from now on."""

    def held(self, button: Button) -> bool:
        """Whether it is being held down."""

    def close(self) -> None:
        """Tell of no more presses, and give the pins back; may be called twice."""


class Voice(Protocol):
    """Something that says sentences aloud, one after the other. Nothing here waits or raises."""

    def say(self, text: str, language: str) -> None:
        """Say it after what is being said; when much waits, the oldest of that is dropped.

        `language` is one of en, nb, fi, sv, da and zh.
        """

    def hush(self) -> None:
        """Stop in the middle of the sentence, and forget what waits."""

    @property
    def speaking(self) -> bool:
        """Whether something is being said, or waits to be."""

    @property
    def trouble(self) -> str | None:
        """Why the last sentence was not heard, with the remedy; None when it was."""

    def close(self) -> None:
        """Fall silent within a few seconds; may be called twice."""
