"""Bar codes found by their texture, straightened, and averaged along the bars into one line.

A bar code says the same thing all along its height. Readers look at single rows of pixels, as noisy
as the sensor; the average of fifty rows, taken along the bars however they lie, is seven times
quieter, and quiet enough for a blur to be undone. Apart from the other views because those
prepare a whole frame and know nothing of what is in it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardware.devices import Luma
from hardware.texture import Bars
from hardware.views import View

QUIET_SHARE = 0.14  # of the length, added at both ends: the texture ends within the last bars
FINER = 2.0
ROWS_MAX = 64
ROW_PX_MAX = 8  # rows that are further apart tell no more
GLIMPSE_ROWS = 6
COLUMNS_MAX = 2600
HEIGHT_SHARE = 0.7  # the middle of the bars, clear of digits below
SHEARS = tuple(np.linspace(-0.6, 0.6, 17).tolist())
ROWS_DRAWN = 12
FFT_STEP = 256


@dataclass(frozen=True, slots=True)
class Strip:
    """Bars straightened: rows, float32 (height, width), and the map (2, 3) back to the frame."""

    rows: Any
    to_frame: Any

    def lines(self) -> list[Any]:
        """The average of all rows, then those of the upper, middle and lower third."""
        thirds = np.array_split(self.rows, 3) if len(self.rows) >= 6 else []
        return [part.mean(axis=0) for part in (self.rows, *thirds)]


def glimpse(bars: Bars, searched: View, frame: Luma, cv2: Any) -> Strip:
    """A few rows through the middle of `bars`, taken from the frame, uint8 (height, width)."""
    return _strip(bars, searched, frame, cv2, (0.0,), GLIMPSE_ROWS)


def straighten(bars: Bars, searched: View, frame: Luma, cv2: Any) -> Strip:
    """The whole of `bars`, taken from the frame and turned upright however they lean."""
    return _strip(bars, searched, frame, cv2, SHEARS, ROWS_MAX)


def _strip(
    bars: Bars, searched: View, frame: Luma, cv2: Any, shears: Sequence[float], rows_max: int
) -> Strip:
    scale = float(searched.to_frame[0, 0])
    length = bars.length * scale * (1 + 2 * QUIET_SHARE)
    height = max(2.0, min(bars.height * scale * HEIGHT_SHARE, rows_max * ROW_PX_MAX))
    columns = int(min(COLUMNS_MAX, length * FINER))
    count = int(max(2, min(rows_max, height)))
    x, y = (float(value) for value in searched.to_frame @ (bars.x, bars.y, 1.0))
    step_x, step_y = length / columns, height / count
    c, s = math.cos(bars.angle), math.sin(bars.angle)

    def sheared(shear: float, columns: int, count: int, step_x: float, step_y: float) -> Any:
        """The map to the frame; `shear` is what the bars lean by, columns a row as in the frame."""
        ahead = np.array([c * step_x, s * step_x])
        below = np.array([-s + c * shear, c + s * shear]) * step_y
        corner = np.array([x, y]) - ahead * columns / 2 - below * count / 2
        return np.column_stack([ahead, below, corner])

    flags = cv2.WARP_INVERSE_MAP
    best, most = shears[0], -1.0
    coarse = (max(20, columns // 2), max(2, count // 2))
    for shear in shears if len(shears) > 1 else ():
        to_frame = sheared(shear, *coarse, length / coarse[0], height / coarse[1])
        rows = cv2.warpAffine(frame, to_frame, coarse, flags=flags | cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        line = cv2.reduce(rows, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
        contrast = float(np.square(np.diff(line)).sum())
        if contrast > most:
            best, most = shear, contrast
    to_frame = sheared(best, columns, count, step_x, step_y)
    rows = cv2.warpAffine(frame, to_frame, (columns, count), flags=flags | cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return Strip(rows.astype(np.float32), to_frame)


def drawn(line: Any, strip: Strip, cv2: Any) -> View:
    """A line as a picture of bars: light and shade evened out, contrast full."""
    width = 2 * (len(line) // 24) + 1
    row = line[None, :].astype(np.float32)
    kernel = np.ones((1, width), np.uint8)
    low = cv2.blur(cv2.erode(row, kernel), (width, 1))
    high = cv2.blur(cv2.dilate(row, kernel), (width, 1))
    span = np.maximum(high - low, 0.25 * max(1.0, float((high - low).max())))
    even = np.clip((row - low) / span, 0, 1) * 255
    luma = np.repeat(even.astype(np.uint8), ROWS_DRAWN, axis=0)
    to_frame = strip.to_frame.copy()
    share = len(strip.rows) / ROWS_DRAWN
    to_frame[:, 1] *= share
    return View(np.ascontiguousarray(luma), to_frame)


def deblurred(line: Any) -> Iterator[Any]:
    """The line as it was before defocus (Gaussian) or motion (a box), of several extents.

    Wiener's filter: the blur's spectrum inverted where it stands above the noise.
    """
    count = len(line)
    # Mirrored, so that there is no seam where the period closes, and to a length quickly done.
    padded = np.pad(line, (0, -(-2 * count // FFT_STEP) * FFT_STEP - count), mode="symmetric")
    spectrum = np.fft.rfft(padded)
    frequency = np.fft.rfftfreq(len(padded))
    for sigma in (1.5, 2.5, 3.5):
        blur = np.exp(-2 * (math.pi * sigma * frequency) ** 2)
        yield np.fft.irfft(spectrum * blur / (blur**2 + 0.01), len(padded))[:count]
    for extent in (4.0, 7.0):
        blur = np.sinc(extent * frequency)
        yield np.fft.irfft(spectrum * blur / (blur**2 + 0.03), len(padded))[:count]
