"""Tells a QR code that holds only a part of a text: structured append (ISO/IEC 18004, clause 8).

Apart from the readers because none of the libraries says so: zxing-cpp gives the part's text as if
it were whole. The first four data bits tell, and they stand in the corner that has no finder.
"""

from typing import Any

import numpy as np

from hardware.devices import Luma

STRUCTURED_APPEND = 0b0011
CONTRAST_MIN = 0.25  # of the code's own span, by which a module must differ from its middle
# (row, column) from the far corner, most significant bit first: clause 7.7.3, upwards in pairs.
_MODE_MODULES = ((1, 1), (1, 2), (2, 1), (2, 2))
_MASKS = (
    lambda i, j: (i + j) % 2,
    lambda i, _: i % 2,
    lambda _, j: j % 3,
    lambda i, j: (i + j) % 3,
    lambda i, j: (i // 2 + j // 3) % 2,
    lambda i, j: i * j % 2 + i * j % 3,
    lambda i, j: (i * j % 2 + i * j % 3) % 2,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2,
)


def is_part(luma: Luma, corners: Any, version: int, mask: int) -> bool:
    """Whether the code in luma rows, uint8, is one of several; False when that is hard to see.

    `corners` are (x, y) of its outline from the top left clockwise, as its finders lie.
    """
    side = 17 + 4 * version
    to_pixel = _homography(side, np.asarray(corners, dtype=float))
    if to_pixel is None or not 0 <= mask < len(_MASKS):
        return False
    light, dark = _levels(luma, to_pixel, side)
    bits = 0
    for up, back in _MODE_MODULES:
        row, column = side - up, side - back
        level = (_level(luma, to_pixel, row, column) - dark) / max(1.0, light - dark)
        if abs(level - 0.5) < CONTRAST_MIN:
            return False
        bits = 2 * bits + int((level < 0.5) != (_MASKS[mask](row, column) == 0))
    return bits == STRUCTURED_APPEND


def _homography(side: int, corners: Any) -> Any | None:
    """The map (3, 3) from modules (column, row) to pixels, or None when there is none."""
    square = ((0, 0), (side, 0), (side, side), (0, side))
    rows, values = [], []
    for (x, y), (u, v) in zip(square, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        eight = np.linalg.solve(np.array(rows, dtype=float), np.array(values))
    except np.linalg.LinAlgError:
        return None
    return np.append(eight, 1.0).reshape(3, 3)


def _level(luma: Luma, to_pixel: Any, row: int, column: int) -> float:
    """The grey at the middle of a module."""
    x, y, depth = to_pixel @ (column + 0.5, row + 0.5, 1.0)
    across = min(max(0, round(float(x / depth))), luma.shape[1] - 1)
    down = min(max(0, round(float(y / depth))), luma.shape[0] - 1)
    return float(luma[down, across])


def _levels(luma: Luma, to_pixel: Any, side: int) -> tuple[float, float]:
    """What light and dark are in this code: its timing pattern alternates between them."""
    row = [_level(luma, to_pixel, 6, column) for column in range(8, side - 8)]
    return float(np.mean(row[1::2])), float(np.mean(row[::2]))
