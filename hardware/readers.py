"""zxing-cpp and ZBar behind one shape: a view in, symbols in pixels of the frame out.

Apart from the decoder so that what is asked of each library, and what is thrown away of its
answers before anybody sees them, stands beside its import.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from hardware.devices import REFUSED, DeviceError, Symbol, Symbology
from hardware.parts import is_part
from hardware.views import View

MICRO_QR_LENGTH_MIN = 3  # the smallest kind only detects errors, and appears as a ghost
UNDAMAGED = 0.8  # of a QR code's error correction unused, as zxing-cpp tells it
CODE_128_LENGTH_MIN = 3  # below that there are more ghosts than codes
UPC_A_LENGTH = 12
_QR_WITHOUT_ECI = "]Q1"
_MATRIX_KINDS = frozenset({Symbology.QR, *REFUSED})

# zxing-cpp is asked for QR codes of the one model in use, and tells of them by their family.
ALL = ("QRCodeModel2", "Code128", "EAN13", "EAN8", "UPCA")
BARS = ALL[1:]
MATRIX = ALL[:1]
MATRIX_AND_MICRO = (*MATRIX, "MicroQRCode")
_ZXING_TOLD = {
    "QRCode": Symbology.QR,
    "QRCodeModel2": Symbology.QR,
    "MicroQRCode": Symbology.MICRO_QR,
    "Code128": Symbology.CODE_128,
    "EAN13": Symbology.EAN_13,
    "EAN8": Symbology.EAN_8,
    "UPCA": Symbology.UPC_A,
}
_ZBAR_NAME = {
    "QRCODE": Symbology.QR,
    "CODE128": Symbology.CODE_128,
    "EAN13": Symbology.EAN_13,
    "EAN8": Symbology.EAN_8,
}


class Reader(Protocol):
    """A library that finds codes in a view."""

    def read(self, view: View) -> list[Symbol]:
        """Every code of our five kinds in `view`, corners in pixels of the frame."""


class Zxing:
    """zxing-cpp, restricted to our kinds. `quick` leaves out turned, inverted and shrunk codes.

    `asked` is `ALL`, `BARS`, `MATRIX` or `MATRIX_AND_MICRO`.
    """

    def __init__(self, asked: tuple[str, ...] = ALL, *, quick: bool = False) -> None:
        try:
            import zxingcpp
        except ImportError as error:
            raise DeviceError(
                "The code reader zxing-cpp is not installed: pip install zxing-cpp"
            ) from error
        kinds = zxingcpp.BarcodeFormat
        self._library = zxingcpp
        self._symbology = {getattr(kinds, name): kind for name, kind in _ZXING_TOLD.items()}
        self._options: dict[str, Any] = {
            "formats": tuple(getattr(kinds, name) for name in asked),
            "text_mode": zxingcpp.TextMode.Plain,
            "try_rotate": not quick,
            "try_invert": not quick,
            "try_downscale": not quick,
        }

    def read(self, view: View) -> list[Symbol]:
        """As `Reader.read`."""
        found = []
        for code in self._library.read_barcodes(view.luma, **self._options):
            at = code.position
            points = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
            kind = self._symbology.get(code.format)
            if kind is Symbology.QR and _part(code, view, points):
                kind = Symbology.QR_PART
            if kind is not None:
                corners = tuple(view.corner(point.x, point.y) for point in points)
                found.append(_told(_text(code, kind), kind, corners))
        return list(_credible(found))


class Zbar:
    """ZBar through pyzbar, restricted to our kinds: the second opinion, best on small views."""

    def __init__(self, *, bars_only: bool = False) -> None:
        """Raises ImportError when pyzbar or the libzbar that it needs is absent."""
        from pyzbar import pyzbar

        self._library = pyzbar
        names = list(_ZBAR_NAME)[1:] if bars_only else list(_ZBAR_NAME)
        self._kinds = [pyzbar.ZBarSymbol[name] for name in names]

    def read(self, view: View) -> list[Symbol]:
        """As `Reader.read`. A text that is not UTF-8 was guessed wrongly and is left out."""
        height, width = view.luma.shape
        found = []
        try:
            codes = self._library.decode((view.luma.tobytes(), width, height), symbols=self._kinds)
        except ValueError:  # pyzbar cannot name what it found: a part of a structured append
            return []
        for code in codes:
            try:
                text = code.data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            corners = tuple(view.corner(point.x, point.y) for point in code.polygon)
            found.append(_told(text, _ZBAR_NAME[code.type], corners))
        return list(_credible(found))


def zbar(*, bars_only: bool = False) -> Zbar | None:
    """ZBar, or None when it is not installed."""
    try:
        return Zbar(bars_only=bars_only)
    except ImportError:
        return None


def _text(code: Any, kind: Symbology) -> str:
    """The text of a code read by zxing-cpp, which takes plain Nordic letters for Japanese.

    A QR code that names no character set holds UTF-8 by custom, else Latin-1 (ISO/IEC 18004).
    """
    text: str = code.text
    if kind not in _MATRIX_KINDS or text.isascii() or code.symbology_identifier != _QR_WITHOUT_ECI:
        return text
    raw = bytes(code.bytes)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _part(code: Any, view: View, points: Sequence[Any]) -> bool:
    """Whether a whole QR code says that it is a part of a text."""
    told: dict[str, Any] = code.extra
    try:
        version, mask = int(told["Version"]), int(told["DataMask"])
        if float(told["UEC"]) < UNDAMAGED:  # its corner may be what was damaged
            return False
    except (KeyError, ValueError, TypeError):
        return False
    return is_part(view.luma, [(point.x, point.y) for point in points], version, mask)


def _told(text: str, kind: Symbology, corners: tuple[tuple[int, int], ...]) -> Symbol:
    """A UPC-A is an EAN-13 that begins with 0 and either name may come: always 12 digits here."""
    if kind is Symbology.EAN_13 and text.startswith("0"):
        return Symbol(text[1:], Symbology.UPC_A, corners)
    if kind is Symbology.UPC_A:
        return Symbol(text[-UPC_A_LENGTH:], kind, corners)
    return Symbol(text, kind, corners)


def _credible(symbols: list[Symbol]) -> Iterator[Symbol]:
    length_min = {Symbology.CODE_128: CODE_128_LENGTH_MIN, Symbology.MICRO_QR: MICRO_QR_LENGTH_MIN}
    for symbol in symbols:
        if len(symbol.text) >= length_min.get(symbol.symbology, 1):
            yield symbol
