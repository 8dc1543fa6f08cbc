"""zxing-cpp and ZBar behind one shape: a view in, symbols in pixels of the frame out.

Apart from the decoder so that what is asked of each library, and what is thrown away of its
answers before anybody sees them, stands beside its import.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from hardware.devices import DeviceError, Symbol, Symbology
from hardware.views import View

CODE_128_LENGTH_MIN = 6  # shorter ones appear as ghosts in photographs of QR codes
UPC_A_LENGTH = 12
_QR_WITHOUT_ECI = "]Q1"

_ZXING_NAME = {
    "QRCode": Symbology.QR,
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
    """zxing-cpp, restricted to our kinds. `quick` leaves out turned, inverted and shrunk codes."""

    def __init__(self, *, quick: bool = False, histogram: bool = False) -> None:
        try:
            import zxingcpp
        except ImportError as error:
            raise DeviceError(
                "The code reader zxing-cpp is not installed: pip install zxing-cpp"
            ) from error
        kinds = zxingcpp.BarcodeFormat
        binarizer = zxingcpp.Binarizer
        self._library = zxingcpp
        self._symbology = {getattr(kinds, name): kind for name, kind in _ZXING_NAME.items()}
        self._options: dict[str, Any] = {
            "formats": tuple(self._symbology),
            "text_mode": zxingcpp.TextMode.Plain,
            "binarizer": binarizer.GlobalHistogram if histogram else binarizer.LocalAverage,
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
            if kind is not None:
                corners = tuple(view.corner(point.x, point.y) for point in points)
                found.append(_told(_text(code, kind), kind, corners))
        return list(_credible(found))


class Zbar:
    """ZBar through pyzbar, restricted to our kinds: the second opinion, best on small views."""

    def __init__(self) -> None:
        """Raises ImportError when pyzbar or the libzbar that it needs is absent."""
        from pyzbar import pyzbar

        self._library = pyzbar
        self._kinds = [pyzbar.ZBarSymbol[name] for name in _ZBAR_NAME]

    def read(self, view: View) -> list[Symbol]:
        """As `Reader.read`. A text that is not UTF-8 was guessed wrongly and is left out."""
        height, width = view.luma.shape
        found = []
        for code in self._library.decode((view.luma.tobytes(), width, height), symbols=self._kinds):
            try:
                text = code.data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            corners = tuple(view.corner(point.x, point.y) for point in code.polygon)
            found.append(_told(text, _ZBAR_NAME[code.type], corners))
        return list(_credible(found))


def _text(code: Any, kind: Symbology) -> str:
    """The text of a code read by zxing-cpp, which takes plain Nordic letters for Japanese.

    A QR code that names no character set holds UTF-8 by custom, else Latin-1 (ISO/IEC 18004).
    """
    text: str = code.text
    if kind is not Symbology.QR or text.isascii() or code.symbology_identifier != _QR_WITHOUT_ECI:
        return text
    raw = bytes(code.bytes)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _told(text: str, kind: Symbology, corners: tuple[tuple[int, int], ...]) -> Symbol:
    """A UPC-A is an EAN-13 that begins with 0 and either name may come: always 12 digits here."""
    if kind is Symbology.EAN_13 and text.startswith("0"):
        return Symbol(text[1:], Symbology.UPC_A, corners)
    if kind is Symbology.UPC_A:
        return Symbol(text[-UPC_A_LENGTH:], kind, corners)
    return Symbol(text, kind, corners)


def _credible(symbols: list[Symbol]) -> Iterator[Symbol]:
    for symbol in symbols:
        short = symbol.symbology is Symbology.CODE_128 and len(symbol.text) < CODE_128_LENGTH_MIN
        if symbol.text and not short:
            yield symbol
