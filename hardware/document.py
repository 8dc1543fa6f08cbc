"""The ESC/POS bytes of a document: text in one code page, what that lacks as dots, QR codes.

Apart from the printers because these bytes are the same for a real one and for a simulated one.
python-escpos writes the commands; this module decides what may be sent.
"""

from collections.abc import Sequence
from typing import Any

from hardware.devices import DeviceError, PrintLine
from hardware.lettering import CELL_WIDTH_DOTS, qr_image, row_image
from hardware.paper import CODE_PAGE, COLUMNS_OF_ROLL, set_line, typed

COLUMNS = COLUMNS_OF_ROLL[80]
QR_DOTS_MAX = 320  # fits 58 mm paper, 384 dots wide, with a margin
BAND_DOTS = 240  # the buffers of small printers hold no taller picture
DRAWER_PIN = 2  # of the socket: the first drawer

_KANJI_OFF = b"\x1c."  # some printers start in Kanji mode and eat Nordic letters


def document(lines: Sequence[PrintLine], columns: int = COLUMNS) -> bytes:
    """The bytes of one document, cut at its end. Letters are those of code page 858; a row with
    others is drawn.

    Raises DeviceError when python-escpos is absent.
    """
    printer = _new()
    printer.hw("INIT")
    printer._raw(_KANJI_OFF)
    printer.magic.force_encoding(CODE_PAGE)
    for line in lines:
        # Rows are padded to the width already; only a QR code is placed by the printer.
        printer.set_with_default(bold=line.bold, double_width=line.big, double_height=line.big)
        for row in set_line(line, columns):
            if typed(row):
                printer.text(row.rstrip() + "\n")
            else:
                width = columns // 2 if line.big else columns
                _draw(printer, row_image(row, width, big=line.big, bold=line.bold))
        if line.qr:
            printer.set(align="center")
            _draw(printer, qr_image(line.qr, min(QR_DOTS_MAX, columns * CELL_WIDTH_DOTS)))
            printer.set(align="left")
    printer.cut()
    return bytes(printer.output)


def drawer_pulse() -> bytes:
    """The bytes that open the drawer at the printer's socket, ESC p.

    Raises DeviceError when python-escpos is absent.
    """
    printer = _new()
    printer.cashdraw(DRAWER_PIN)
    return bytes(printer.output)


def _new() -> Any:
    try:
        from escpos.printer import Dummy
    except ImportError as error:
        raise DeviceError("python-escpos is not installed: pip install python-escpos") from error
    # Any profile with a paper width will do: without one python-escpos prints on our screen.
    return Dummy(profile="TM-T20II")


def _draw(printer: Any, image: Any) -> None:
    # Black or white by a threshold: scattered dots would make a letter hard to read.
    sharp = image.point(lambda dot: 255 * (dot > 127)).convert("1")
    printer.image(sharp, impl="bitImageRaster", fragment_height=BAND_DOTS)
