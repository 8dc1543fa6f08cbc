"""The synthetic phone set: phones and products before a till's camera, ever harder to read.

Five levels of difficulty, the same pictures for the same seed on every machine, so that readers
can be compared on pictures that nobody has to photograph, keep or be given. Apart from the
simulated camera, whose phones are meant to be read: these are meant to find where reading ends.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hardware import phone_page
from hardware.devices import DeviceError, Luma, Symbology
from hardware.views import load_opencv

FRAME_WIDTH_PX, FRAME_HEIGHT_PX = 1280, 720
LENS_PX = 1300.0
LEVELS = (1, 2, 3, 4, 5)
_FINE = 2  # drawn so many times finer than the sensor, then averaged, as a sensor does
_MARGIN_PX = 12


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, uint8 (720, 1280), and the codes that are in it: reading any one is a hit."""

    level: int
    seed: int
    kind: str
    luma: Luma = field(repr=False)
    codes: tuple[tuple[str, Symbology], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Level:
    """How bad it gets. Blur and motion are in modules of the code, noise in grey levels."""

    qr_module_px: tuple[float, float]
    bar_module_px: tuple[float, float]
    tilt_deg: float
    roll_deg: float
    defocus: float
    motion: float
    noise: float
    contrast: tuple[float, float]
    mishap: float  # the chance of each of glare, moire, bands, bloom, a finger, inverse colours


_LEVELS = {
    1: _Level((5, 8), (3, 4.5), 8, 5, 0.15, 0.0, 2, (150, 230), 0.0),
    2: _Level((3.5, 6), (2.2, 3.5), 15, 12, 0.25, 0.3, 4, (110, 220), 0.1),
    3: _Level((2.5, 6), (1.7, 3.2), 25, 25, 0.4, 0.7, 8, (80, 220), 0.2),
    4: _Level((2.2, 6), (1.4, 3.0), 35, 180, 0.55, 1.1, 12, (60, 220), 0.3),
    5: _Level((2.0, 6), (1.2, 2.8), 42, 180, 0.7, 1.5, 18, (45, 220), 0.4),
}


def shots(level: int, count: int, first_seed: int = 0) -> Iterator[Shot]:
    """`count` pictures of a level, 1 to 5. Raises DeviceError where OpenCV cannot be loaded."""
    for seed in range(first_seed, first_seed + count):
        yield shot(level, seed)


def shot(level: int, seed: int) -> Shot:
    """The picture of a level, 1 to 5, and a seed. Raises DeviceError where OpenCV is missing."""
    import numpy as np

    cv2 = _opencv()
    rng = np.random.default_rng((level, seed))
    hard = _LEVELS[level]
    page = phone_page.draw(rng, cv2, inverse=rng.random() < hard.mishap / 4)
    low, high = hard.qr_module_px if page.is_qr else hard.bar_module_px
    module_px = float(rng.uniform(low, high))
    camera = _aimed(page, hard, module_px, rng)
    scene = _desk(rng, cv2)
    _lay(scene, page.luma, camera, cv2)
    if rng.random() < hard.mishap:
        _cover_with_finger(scene, page, camera, rng, cv2)
    scene = cv2.resize(scene, (FRAME_WIDTH_PX, FRAME_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    scene = _through_optics(scene, page, camera, hard, module_px, rng, cv2)
    return Shot(level, seed, page.kind, _developed(scene, hard, rng, cv2), page.codes)


def background(seed: int) -> Luma:
    """A clutter without a code, uint8 (720, 1280). Raises DeviceError as `shot`."""
    import numpy as np

    cv2 = _opencv()
    rng = np.random.default_rng((0, seed))
    scene = _desk(rng, cv2)
    scene = cv2.resize(scene, (FRAME_WIDTH_PX, FRAME_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return _developed(scene, _LEVELS[2], rng, cv2)


def _opencv() -> Any:
    cv2 = load_opencv()
    if cv2 is None:
        raise DeviceError(
            "The synthetic pictures need OpenCV: apt install libgl1 libglib2.0-0, and try again."
        )
    return cv2


def _aimed(page: phone_page.Page, hard: _Level, module_px: float, rng: Any) -> Any:
    """The homography (3, 3) from pixels of the page to fine pixels, the code within the frame."""
    import numpy as np

    roll, pitch, yaw = (
        math.radians(rng.uniform(-most, most))
        for most in (hard.roll_deg, hard.tilt_deg, hard.tilt_deg)
    )
    if rng.random() < 0.5 and hard.roll_deg > 90:  # most people hold it upright all the same
        roll /= 8
    turn = _rotation(roll, pitch, yaw)
    x, y = page.code_centre
    size = module_px / page.module_px
    to_centre = np.array([[size, 0, -x * size], [0, size, -y * size], [0, 0, 1]])
    flat = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, LENS_PX]])
    lens = np.array([[LENS_PX, 0, 0], [0, LENS_PX, 0], [0, 0, 1]])
    plane = lens @ flat @ to_centre
    spot = _seen(plane, np.array(page.code_corners))
    across, down = np.ptp(spot[:, 0]), np.ptp(spot[:, 1])
    room_x = FRAME_WIDTH_PX - 2 * _MARGIN_PX - across
    room_y = FRAME_HEIGHT_PX - 2 * _MARGIN_PX - down
    if room_x < 0 or room_y < 0:  # too near: held further away until all of the code is seen
        fits = min(FRAME_WIDTH_PX / across, FRAME_HEIGHT_PX / down) * 0.9
        return _aimed(page, hard, module_px * fits, rng)
    left = _MARGIN_PX + room_x * rng.beta(2, 2) - spot[:, 0].min()
    top = _MARGIN_PX + room_y * rng.beta(2, 2) - spot[:, 1].min()
    move = np.array([[_FINE, 0, left * _FINE], [0, _FINE, top * _FINE], [0, 0, 1]])
    return move @ plane


def _rotation(roll: float, pitch: float, yaw: float) -> Any:
    import numpy as np

    c, s = math.cos(roll), math.sin(roll)
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    c, s = math.cos(pitch), math.sin(pitch)
    about_x = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = math.cos(yaw), math.sin(yaw)
    about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return about_y @ about_x @ about_z


def _seen(plane: Any, points: Any) -> Any:
    """Where points (n, 2) of the page fall."""
    import numpy as np

    seen = np.column_stack([points, np.ones(len(points))]) @ plane.T
    return seen[:, :2] / seen[:, 2:]


def _desk(rng: Any, cv2: Any) -> Any:
    """A cluttered background in fine pixels, float32."""
    import numpy as np

    height, width = FRAME_HEIGHT_PX * _FINE, FRAME_WIDTH_PX * _FINE
    coarse = rng.uniform(15, 120, (5, 8)).astype(np.float32)
    scene = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(2, 9))):
        middle = rng.uniform(0, (width, height))
        polygon = (middle + rng.normal(0, 220 * _FINE, (int(rng.integers(3, 6)), 2))).astype(int)
        cv2.fillPoly(scene, [polygon], float(rng.uniform(5, 170)))
    return scene


def _lay(scene: Any, luma: Any, camera: Any, cv2: Any) -> None:
    """Put the page into the scene."""
    size = (scene.shape[1], scene.shape[0])
    cover = cv2.warpPerspective(luma * 0 + 1, camera, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(luma, camera, size, flags=cv2.INTER_AREA)
    scene *= 1 - cover
    scene += seen * cover


def _cover_with_finger(scene: Any, page: phone_page.Page, camera: Any, rng: Any, cv2: Any) -> None:
    """A thumb over an edge of the code, more often harmless than not."""
    corners = _seen(camera, page.code_points())
    edge = int(rng.integers(4))
    along = rng.uniform(0.1, 0.9)
    spot = corners[edge] * along + corners[(edge + 1) % 4] * (1 - along)
    spot += (spot - corners.mean(axis=0)) * rng.uniform(0, 0.35)
    size = float(rng.uniform(15, 34)) * _FINE
    axes = (int(size), int(size * 0.75))
    middle = (int(spot[0]), int(spot[1]))
    cv2.ellipse(scene, middle, axes, float(rng.uniform(0, 180)), 0, 360,
                float(rng.uniform(60, 150)), -1)  # fmt: skip


def _through_optics(
    scene: Any, page: phone_page.Page, camera: Any, hard: _Level, module_px: float, rng: Any,
    cv2: Any,
) -> Any:  # fmt: skip
    """Glass, lens and hand: moire, bands, glare, bloom, defocus and motion."""
    import numpy as np

    down, across = np.mgrid[0:FRAME_HEIGHT_PX, 0:FRAME_WIDTH_PX].astype(np.float32)
    if rng.random() < hard.mishap:  # the screen's grid against the sensor's
        angle, period = rng.uniform(0, math.pi), rng.uniform(3, 14)
        wave = np.sin((across * math.cos(angle) + down * math.sin(angle)) * 2 * math.pi / period)
        scene = scene * (1 + rng.uniform(0.05, 0.2) * wave)
    if rng.random() < hard.mishap:  # a dimmed screen flickers while the rows are read out
        wave = np.sin(down * 2 * math.pi / rng.uniform(40, 160) + rng.uniform(0, 6))
        scene = scene * (1 - rng.uniform(0.1, 0.4) * (wave > rng.uniform(-0.5, 0.5)))
    if rng.random() < hard.mishap:
        centre = _seen(camera, page.code_points()).mean(axis=0) / _FINE
        x, y = centre + rng.normal(0, 70, 2)
        radius = rng.uniform(25, 90)
        scene = scene + rng.uniform(60, 260) * np.exp(
            -(((across - x) ** 2 + (down - y) ** 2) / radius**2)
        )
    sigma = abs(rng.normal(0, hard.defocus)) * module_px
    if sigma > 0.2:
        scene = cv2.GaussianBlur(scene, (0, 0), float(sigma))
    scene = _moved(scene, abs(rng.normal(0, hard.motion)) * module_px, rng, cv2)
    if rng.random() < hard.mishap:
        halo = cv2.GaussianBlur(np.maximum(scene - 120, 0), (0, 0), 18)
        scene = scene + rng.uniform(0.2, 0.9) * halo
    return scene


def _moved(scene: Any, length_px: float, rng: Any, cv2: Any) -> Any:
    """The hand moved in a straight line while the picture was taken."""
    import numpy as np

    if length_px < 1:
        return scene
    side = 2 * math.ceil(length_px / 2) + 3
    kernel = np.zeros((side, side), np.float32)
    angle = rng.uniform(0, math.pi)
    for step in np.linspace(-length_px / 2, length_px / 2, 8 * side):
        x, y = side // 2 + step * math.cos(angle), side // 2 + step * math.sin(angle)
        left, top = int(x), int(y)
        for column, part_x in ((left, 1 - x + left), (left + 1, x - left)):
            for row, part_y in ((top, 1 - y + top), (top + 1, y - top)):
                kernel[row, column] += part_x * part_y
    return cv2.filter2D(scene, -1, kernel / kernel.sum())


def _developed(scene: Any, hard: _Level, rng: Any, cv2: Any) -> Luma:
    """Exposure, sensor noise and, as often as not, the camera's JPEG."""
    import numpy as np

    low, high = hard.contrast
    gain = float(rng.uniform(low, high)) / 235
    black = float(rng.uniform(4, 30))
    noise = abs(rng.normal(hard.noise, hard.noise / 3))
    scene = scene * gain + black
    grain = rng.standard_normal(scene.shape, dtype=np.float32)
    scene = scene + grain * noise * np.sqrt(0.4 + np.clip(scene, 0, 255) / 255)
    luma = np.clip(scene, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(55, 92))
        _, coded = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, quality])
        luma = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    return luma
