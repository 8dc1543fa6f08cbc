"""A customer's phone that shows a code: as a clean picture, and as a camera would see it.

Apart from the simulated camera because a clean picture is also what `--image` saves, and because
a photograph needs no camera, clock or thread: the same seed gives the same picture.
"""

import importlib
import math
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hardware.devices import DeviceError, Luma, Symbology

if TYPE_CHECKING:
    from PIL import Image

FRAME_WIDTH_PX, FRAME_HEIGHT_PX = 1280, 720
PHONE_WIDTH_PX, PHONE_HEIGHT_PX = 640, 1240
BEZEL_PX = 22
SCREEN_WIDTH_PX = PHONE_WIDTH_PX - 2 * BEZEL_PX
CODE_CENTRE_Y_PX = 520  # of the phone: where wallets place the code
QR_SIDE_MAX_PX = 500
BARS_HEIGHT_PX = 190
QUIET_MODULES = 12
QR_QUIET_MODULES = 4
LENS_PX = 1500.0  # focal length: a normal lens at reading distance
_CLASS = {
    Symbology.CODE_128: "code128",
    Symbology.EAN_13: "ean13",
    Symbology.EAN_8: "ean8",
    Symbology.UPC_A: "upca",
}


@dataclass(frozen=True, slots=True)
class Pose:
    """How a hand holds the phone. Offsets in pixels of the frame, angles in degrees."""

    x_px: float
    y_px: float
    scale: float
    roll: float
    pitch: float
    yaw: float

    def shaken(self, rng: random.Random) -> "Pose":
        """The same hand a frame later."""
        return Pose(
            self.x_px + rng.gauss(0, 3),
            self.y_px + rng.gauss(0, 3),
            self.scale * (1 + rng.gauss(0, 0.004)),
            self.roll + rng.gauss(0, 0.5),
            self.pitch + rng.gauss(0, 0.5),
            self.yaw + rng.gauss(0, 0.5),
        )


def held(symbology: Symbology, rng: random.Random) -> Pose:
    """A pose as customers hold a phone: bars a little nearer to the camera than a QR code."""
    near = (0.62, 0.82) if symbology is Symbology.QR else (0.92, 1.08)
    return Pose(
        rng.uniform(-90, 90),
        rng.uniform(-40, 40),
        rng.uniform(*near),
        rng.uniform(-12, 12),
        rng.uniform(-16, 16),
        rng.uniform(-16, 16),
    )


def draw_phone(text: str, symbology: Symbology = Symbology.QR, title: str = "") -> "Image.Image":
    """A phone that shows `text` as a code, upright and sharp: RGB, 640 x 1240 pixels.

    `title` is the name above the code. The text itself is never written out: it may be worth
    money. Raises DeviceError when the text does not fit the symbology or the screen.
    """
    from PIL import Image, ImageDraw, ImageFont

    phone = Image.new("RGB", (PHONE_WIDTH_PX, PHONE_HEIGHT_PX), (236, 238, 242))
    draw = ImageDraw.Draw(phone)
    draw.rounded_rectangle((0, 0, PHONE_WIDTH_PX - 1, PHONE_HEIGHT_PX - 1), 60, (28, 29, 33))
    screen = (BEZEL_PX, BEZEL_PX, PHONE_WIDTH_PX - BEZEL_PX, PHONE_HEIGHT_PX - BEZEL_PX)
    draw.rounded_rectangle(screen, 44, (255, 255, 255))
    draw.rounded_rectangle((250, 44, 390, 62), 9, (28, 29, 33))
    if title:
        font = ImageFont.load_default(44)
        draw.text((PHONE_WIDTH_PX / 2, 150), title, (20, 24, 40), font=font, anchor="mm")
    code = _draw_qr(text) if symbology is Symbology.QR else _draw_bars(text, symbology)
    left = (PHONE_WIDTH_PX - code.width) // 2
    phone.paste(code.convert("RGB"), (left, CODE_CENTRE_Y_PX - code.height // 2))
    draw.rounded_rectangle((120, 900, 520, 980), 40, (226, 230, 240))
    draw.rounded_rectangle((180, 1020, 460, 1050), 15, (238, 240, 245))
    return phone


def draw_picture(picture: Luma) -> "Image.Image":
    """A phone whose screen shows `picture`, uint8 (height, width), as large as it fits: mode L."""
    from PIL import Image

    shown = Image.fromarray(picture)
    shown.thumbnail((SCREEN_WIDTH_PX, 2 * (CODE_CENTRE_Y_PX - 2 * BEZEL_PX)))
    phone = Image.new("L", (PHONE_WIDTH_PX, PHONE_HEIGHT_PX), 255)
    left, top = (PHONE_WIDTH_PX - shown.width) // 2, CODE_CENTRE_Y_PX - shown.height // 2
    phone.paste(shown, (left, top))
    return phone


def photograph(
    text: str, symbology: Symbology = Symbology.QR, seed: int = 0, number: int = 0
) -> Luma:
    """A camera's view of a phone that shows `text`: uint8 (720, 1280), the same for a seed.

    The `number`th frame of the same hand: perspective, blur, glare, noise, a bright screen on a
    dim desk. Raises DeviceError as `draw_phone`.
    """
    rng = random.Random(seed)  # noqa: S311
    pose = held(symbology, rng)
    phone = draw_phone(text, symbology).convert("L")
    frame_rng = random.Random(f"{seed}/{number}")  # noqa: S311
    return expose(phone, pose.shaken(frame_rng), frame_rng)


def expose(phone: "Image.Image | None", pose: Pose | None, rng: random.Random) -> Luma:
    """One exposure, uint8 (720, 1280), of the desk and of `phone` (mode L) where it is held."""
    import numpy as np

    scene = _desk().copy()
    if phone is not None and pose is not None:
        _place(scene, phone, pose, rng)
    field = _noise()
    top = rng.randrange(field.shape[0] - FRAME_HEIGHT_PX + 1)
    left = rng.randrange(field.shape[1] - FRAME_WIDTH_PX + 1)
    scene += field[top : top + FRAME_HEIGHT_PX, left : left + FRAME_WIDTH_PX]
    return np.clip(scene, 0, 255).astype(np.uint8)


def modules(text: str, symbology: Symbology, *, error: str = "m") -> list[list[int]]:
    """The code's modules, 1 where dark, without its quiet zone; a bar code has a single row.

    `error` is a QR code's correction level: "l", "m", "q" or "h". Raises DeviceError when the
    text does not fit the symbology.
    """
    return _qr_modules(text, error) if symbology is Symbology.QR else [_bars(text, symbology)]


def _qr_modules(text: str, error: str) -> list[list[int]]:
    import segno

    try:
        code = segno.make_qr(text, error=error)
    except segno.DataOverflowError as fault:
        raise DeviceError("The text is too long for a QR code.") from fault
    return [list(row) for row in code.matrix]


def _bars(text: str, symbology: Symbology) -> list[int]:
    barcode: Any = importlib.import_module("barcode")  # comes with python-escpos, untyped

    try:
        code = barcode.get_barcode_class(_CLASS[symbology])(text)
        row = code.build()[0]
    except (barcode.errors.BarcodeError, ValueError, KeyError) as error:
        raise DeviceError(f"The text cannot be shown as {symbology.value}.") from error
    if code.get_fullcode() != text:  # it would have put another check digit
        raise DeviceError(f"The check digit of the {symbology.value} is wrong.")
    return [int(module == "1") for module in row]


def _draw_qr(text: str) -> "Image.Image":
    from PIL import Image

    dark = modules(text, Symbology.QR)
    side = len(dark) + 2 * QR_QUIET_MODULES
    if 2 * side > SCREEN_WIDTH_PX:
        raise DeviceError("The text is too long for a QR code on a phone.")
    blank, edge = b"\xff" * side, b"\xff" * QR_QUIET_MODULES
    rows = [edge + bytes(255 * (1 - module) for module in row) + edge for row in dark]
    rows = [blank] * QR_QUIET_MODULES + rows + [blank] * QR_QUIET_MODULES
    image = Image.frombytes("L", (side, side), b"".join(rows))
    pixels = side * max(2, QR_SIDE_MAX_PX // side)
    return image.resize((pixels, pixels), Image.Resampling.NEAREST)


def _draw_bars(text: str, symbology: Symbology) -> "Image.Image":
    from PIL import Image

    quiet = b"\xff" * QUIET_MODULES
    row = quiet + bytes(255 * (1 - module) for module in _bars(text, symbology)) + quiet
    pixels = SCREEN_WIDTH_PX // len(row)
    if pixels < 2:
        raise DeviceError(f"The text is too long for {symbology.value} on a phone.")
    image = Image.frombytes("L", (len(row), 1), row)
    return image.resize((len(row) * pixels, BARS_HEIGHT_PX), Image.Resampling.NEAREST)


def _place(scene: Any, phone: "Image.Image", pose: Pose, rng: random.Random) -> None:
    """Draw the phone into the scene, an int16 array of frame size, through the lens."""
    import numpy as np
    from PIL import Image

    perspective, bilinear = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
    corners = [_through_lens(pose, x, y) for x, y in _outline(phone)]
    left = max(0, math.floor(min(x for x, _ in corners)) - 4)
    top = max(0, math.floor(min(y for _, y in corners)) - 4)
    right = min(FRAME_WIDTH_PX, math.ceil(max(x for x, _ in corners)) + 4)
    bottom = min(FRAME_HEIGHT_PX, math.ceil(max(y for _, y in corners)) + 4)
    if right <= left or bottom <= top:
        return
    back = _backwards([(x - left, y - top) for x, y in corners], _outline(phone))
    luma, cover = (
        np.asarray(
            drawing.transform((right - left, bottom - top), perspective, back, bilinear),
            dtype=np.float32,
        )
        for drawing in (phone, _body())
    )
    part = scene[top:bottom, left:right]
    lit = luma * rng.uniform(0.82, 1.0) + _glare(luma.shape, rng)
    part[:] = _blurred(part + (lit - part) * (cover / 255), rng.uniform(0.5, 1.1))


def _blurred(luma: Any, sigma_px: float) -> Any:
    """Slight defocus: two passes of three taps a side, whose variances add up to sigma squared."""
    side = sigma_px**2 / 4
    for _ in range(2):
        luma[:, 1:-1] += side * (luma[:, 2:] - 2 * luma[:, 1:-1] + luma[:, :-2])
        luma[1:-1] += side * (luma[2:] - 2 * luma[1:-1] + luma[:-2])
    return luma


def _glare(shape: tuple[int, ...], rng: random.Random) -> Any:
    """A lamp mirrored in the glass: a soft bright spot somewhere on the phone."""
    import numpy as np

    height, width = shape
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    radius = rng.uniform(60, 140)
    across = np.exp(-(((np.arange(width) - x) / radius) ** 2))
    down = np.exp(-(((np.arange(height) - y) / radius) ** 2))
    return (rng.uniform(20, 90) * np.outer(down, across)).astype(np.float32)


def _outline(phone: "Image.Image") -> list[tuple[float, float]]:
    return [(0, 0), (phone.width, 0), (phone.width, phone.height), (0, phone.height)]


def _through_lens(pose: Pose, x: float, y: float) -> tuple[float, float]:
    """Where a point of the phone falls in the frame: turned about its code, then projected."""
    roll, pitch, yaw = (math.radians(angle) for angle in (pose.roll, pose.pitch, pose.yaw))
    x, y = (x - PHONE_WIDTH_PX / 2) * pose.scale, (y - CODE_CENTRE_Y_PX) * pose.scale
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    y, depth = y * math.cos(pitch), y * math.sin(pitch)
    x, depth = x * math.cos(yaw) + depth * math.sin(yaw), depth * math.cos(yaw) - x * math.sin(yaw)
    near = LENS_PX / (LENS_PX + depth)
    return (
        FRAME_WIDTH_PX / 2 + pose.x_px + x * near,
        FRAME_HEIGHT_PX / 2 + pose.y_px + y * near,
    )


def _backwards(
    seen: list[tuple[float, float]], drawn: list[tuple[float, float]]
) -> tuple[float, ...]:
    """The eight coefficients that take a point of the frame back to one of the drawing."""
    import numpy as np

    rows, values = [], []
    for (x, y), (u, v) in zip(seen, drawn, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)).tolist())


@lru_cache(maxsize=1)
def _body() -> "Image.Image":
    """Where the phone covers the desk."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (PHONE_WIDTH_PX, PHONE_HEIGHT_PX), 0)
    box = (0, 0, PHONE_WIDTH_PX - 1, PHONE_HEIGHT_PX - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 60, 255)
    return mask


@lru_cache(maxsize=1)
def _desk() -> Any:
    """A dim desk with a lamp at one side, int16 (720, 1280)."""
    import numpy as np

    across = np.linspace(70, 30, FRAME_WIDTH_PX)
    grain = 4 * np.sin(np.arange(FRAME_HEIGHT_PX)[:, None] / 23 + across[None, :] / 9)
    return (across[None, :] + grain).astype(np.int16)


@lru_cache(maxsize=1)
def _noise() -> Any:
    """Sensor noise of 4 grey levels on a field larger than the frame, int16."""
    import numpy as np

    rng = np.random.default_rng(11)
    return rng.normal(0, 4, (FRAME_HEIGHT_PX + 64, FRAME_WIDTH_PX + 64)).astype(np.int16)
