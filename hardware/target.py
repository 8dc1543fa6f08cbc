"""The page that a camera is set up with: a code of known size, and how far away it is seen.

Apart from the calibration because the page is also a picture for a printer or a phone.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.devices import DeviceError

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

SIDE_MM = 40.0  # of the code, without its margin: as a wallet shows it on a phone
TEXT = "samkassa:target:40"
MODULES = 25  # version 2
DOTS_A_MM = 300 / 25.4
PAGE_MM = (210, 297)  # A4
RULER_MM = 100
_WORDS = (
    "Samkassa camera target",
    "Print at 100 %: the code is 40 mm wide, the ruler 100 mm long.",
    "Lay or hold it where customers hold their phones, code towards the camera,",
    "then run:  pos camera   or:  pos camera --calibrate",
)


def draw_target() -> "Image.Image":
    """The page, A4 at 300 dots an inch, mode L."""
    import segno
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("L", (_dots(PAGE_MM[0]), _dots(PAGE_MM[1])), 255)
    draw = ImageDraw.Draw(page)
    for row, words in enumerate(_WORDS):
        font = ImageFont.load_default(72 if row == 0 else 44)
        draw.text((_dots(PAGE_MM[0] / 2), _dots(30 + 10 * row)), words, 0, font, anchor="mm")
    code = segno.make_qr(TEXT, error="m", version=2)
    rows = [bytes(255 * (1 - dark) for dark in row) for row in code.matrix_iter(border=0)]
    drawn = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    side = _dots(SIDE_MM)
    left, top = (page.width - side) // 2, _dots(110)
    page.paste(drawn.resize((side, side), Image.Resampling.NEAREST), (left, top))
    _draw_ruler(draw, _dots((PAGE_MM[0] - RULER_MM) / 2), _dots(190))
    return page


def save_target(file: Path) -> None:
    """Write the page as PDF or a picture, as the file's name ends. Raises DeviceError."""
    try:
        draw_target().save(file, resolution=300.0, dpi=(300, 300))
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"{file} cannot be written: name a folder that exists and end with .pdf or .png."
        ) from error


def distance_mm(side_px: float, width_px: int, field_of_view: float) -> float:
    """How far away the target is whose code is `side_px` wide in a frame of `width_px`.

    `field_of_view` is the camera's, from side to side, in degrees.
    """
    focal_px = width_px / 2 / math.tan(math.radians(field_of_view) / 2)
    return focal_px * SIDE_MM / side_px


def side_px(corners: Sequence[tuple[int, int]]) -> float:
    """The mean length of the four sides."""
    return sum(
        math.dist(corner, corners[number - 1]) for number, corner in enumerate(corners)
    ) / len(corners)


def _draw_ruler(draw: "ImageDraw.ImageDraw", left: int, top: int) -> None:
    draw.line((left, top, left + _dots(RULER_MM), top), 0, 4)
    for millimetre in range(0, RULER_MM + 1, 10):
        x = left + _dots(millimetre)
        draw.line((x, top, x, top + _dots(4)), 0, 4)


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS_A_MM)
