"""Rows of letters, and QR codes, drawn as dots: for scripts that no printer's code page holds.

Apart from the ESC/POS bytes because a simulated printer draws its paper with the same letters.
The font is shipped, so that a receipt looks the same on every machine.
"""

from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hardware.devices import DeviceError
from hardware.paper import cells

if TYPE_CHECKING:
    from PIL import Image

CELL_WIDTH_DOTS, CELL_HEIGHT_DOTS = 12, 24  # font A of ESC/POS
FONT = "NotoSansMonoCJKsc-GB2312.otf"  # a Latin letter is half as wide as an ideograph
PAPER, INK = 255, 0
_BASELINE = 0.8  # of the height of a row

QR_TEXT_LENGTH_MAX = 1000
QR_QUIET_MODULES = 4  # ISO/IEC 18004, 9.1
_QR_DOTS_PER_MODULE_MAX = 8


def row_image(row: str, columns: int, *, big: bool = False, bold: bool = False) -> "Image.Image":
    """One row of letters, each in its cell, black on white, mode L.

    `columns` cells of 12 x 24 dots, of 24 x 48 when `big`. A letter that the font lacks is the
    font's empty box.
    """
    from PIL import Image, ImageDraw

    size = 2 if big else 1
    cell = CELL_WIDTH_DOTS * size
    strip = Image.new("L", (columns * cell, CELL_HEIGHT_DOTS * size), PAPER)
    draw = ImageDraw.Draw(strip)
    font = _font(20 * size)
    left = 0
    for character in row:
        wide = cells(character) * cell
        at = (left + wide / 2, CELL_HEIGHT_DOTS * size * _BASELINE)
        draw.text(at, character, INK, font=font, anchor="ms", stroke_width=0.5 * size * bold)
        left += wide
    return strip


def qr_image(text: str, width_dots: int) -> "Image.Image":
    """A QR code with its quiet zone, at most `width_dots` wide, black on white, mode L.

    Drawn by us, because many printers draw none. Raises DeviceError when the text is too long
    for paper.
    """
    import segno
    from PIL import Image

    if len(text) > QR_TEXT_LENGTH_MAX:
        raise DeviceError("The QR code of the receipt is too long to print.")
    code = segno.make_qr(text, error="m")
    rows = [bytes(row) for row in code.matrix_iter(border=QR_QUIET_MODULES)]
    side = len(rows)
    image = Image.frombytes("L", (side, side), b"".join(rows)).point(lambda dark: 255 - 255 * dark)
    dots = side * max(1, min(_QR_DOTS_PER_MODULE_MAX, width_dots // side))
    return image.resize((dots, dots), Image.Resampling.NEAREST)


@cache
def _font_bytes() -> bytes:
    return (resources.files("hardware") / "fonts" / FONT).read_bytes()


@lru_cache(maxsize=2)
def _font(size_px: int) -> Any:
    import io

    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(_font_bytes()), size_px)
