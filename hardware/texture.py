"""Where in a frame a code may be, told by its texture: parallel edges, or edges in all directions.

Apart from the readers because it reads nothing: it costs less than any of them, and lets the
costly ones look at a hundredth of the frame, or not at all.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardware.devices import Luma

CELL_PX = 3  # of the view: gradients are summed up in cells of this size
WINDOW_CELLS = 5  # and judged over so many: several bars or modules wide
COHERENCE_MIN = 0.5  # 1 is edges of one direction, 0 of all directions alike
CROWDED_MIN = 0.5  # of the cells around have an edge: a code does, the rim of a thing does not
ENERGY_MIN = 800.0
ABOVE_QUIET = 3.0  # times the energy of the quietest fifth of the frame, which is noise
BARS_LENGTH_MIN_PX, BARS_HEIGHT_MIN_PX = 40, 6
BARS_ASPECT_MIN = 0.5
READ_HEIGHT_MIN = 0.12  # of the length: what was read in a single row is higher than that
SQUARE_SIDE_MIN_PX = 24
SQUARE_MARGIN = 0.2
PATCHES_MAX = 3


@dataclass(frozen=True, slots=True)
class Bars:
    """Where bars are, in pixels of the view that was searched; `angle` runs across the bars."""

    x: float
    y: float
    angle: float
    length: float
    height: float


@dataclass(frozen=True, slots=True)
class Square:
    """Where a two-dimensional code may be, as an upright box with room for its quiet zone."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Texture:
    """What was found, the likeliest first, at most three of a kind."""

    bars: tuple[Bars, ...]
    squares: tuple[Square, ...]


def analyse(luma: Luma, cv2: Any) -> Texture:
    """The places of luma rows, uint8 (height, width), that are worth a closer look.

    The structure tensor of Bigun and Granlund (1987): where its eigenvalues are far apart the
    gradients have one direction, as bars have; where they are near each other, all directions.
    """
    height, width = luma.shape
    size = (width // CELL_PX, height // CELL_PX)
    if min(size) < WINDOW_CELLS:
        return Texture((), ())
    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=3)
    window = (WINDOW_CELLS, WINDOW_CELLS)
    cells = [  # a product at a time: memory that is not asked for anew costs nothing
        cv2.resize(cv2.multiply(one, other), size, interpolation=cv2.INTER_AREA)
        for one, other in ((across, across), (down, down), (across, down))
    ]
    sharp = cells[0] + cells[1]
    quiet = ENERGY_MIN + ABOVE_QUIET * float(np.percentile(sharp, 20))
    crowded = cv2.blur((sharp > quiet).astype(np.float32), window) > CROWDED_MIN
    xx, yy, xy = (cv2.blur(product, window) for product in cells)
    energy = xx + yy
    parallel = np.hypot(xx - yy, 2 * xy) > COHERENCE_MIN * (energy + ENERGY_MIN)
    return Texture(
        _bars(crowded & parallel, energy, (xx, yy, xy), cv2),
        _squares(crowded & ~parallel, energy, cv2),
    )


def bars_between(luma: Luma, corners: tuple[tuple[int, int], ...], cv2: Any) -> Bars | None:
    """The bars that a reader found between `corners`, pixels of luma rows, uint8.

    Readers tell where they read, often a single row, and list the corners in orders of their own;
    which way the bars lie, the gradients tell. None when nothing is there.
    """
    xs, ys = (np.array(column, dtype=float) for column in zip(*corners, strict=True))
    left, top = int(max(0, xs.min() - CELL_PX)), int(max(0, ys.min() - CELL_PX))
    part = luma[top : int(ys.max()) + CELL_PX + 1, left : int(xs.max()) + CELL_PX + 1]
    if min(part.shape) < 3:
        return None
    across = cv2.Sobel(part, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(part, cv2.CV_32F, 0, 1, ksize=3)
    turn = 2 * float((across * down).sum()), float((across * across - down * down).sum())
    angle = 0.5 * math.atan2(*turn)
    along = xs * math.cos(angle) + ys * math.sin(angle)
    beside = ys * math.cos(angle) - xs * math.sin(angle)
    length = float(np.ptp(along))
    if length < BARS_HEIGHT_MIN_PX:
        return None
    height = max(float(np.ptp(beside)), READ_HEIGHT_MIN * length)
    return Bars(float(xs.mean()), float(ys.mean()), angle, length, height)


def _bars(parallel: Any, energy: Any, tensor: tuple[Any, Any, Any], cv2: Any) -> tuple[Bars, ...]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(parallel.astype(np.uint8))
    found = []
    large = stats[:, cv2.CC_STAT_AREA] * CELL_PX**2 >= BARS_LENGTH_MIN_PX * BARS_HEIGHT_MIN_PX
    for label in np.flatnonzero(large[1:]) + 1:
        left, top, width, height, _ = (int(value) for value in stats[label])
        box = (slice(top, top + height), slice(left, left + width))
        inside = labels[box] == label
        patch = _oriented(inside, (left, top), *(part[box] for part in tensor))
        if patch is not None:
            found.append((float(energy[box][inside].sum()), patch))
    found.sort(key=lambda entry: -entry[0])
    return tuple(patch for _, patch in found[:PATCHES_MAX])


def _oriented(inside: Any, corner: tuple[int, int], xx: Any, yy: Any, xy: Any) -> Bars | None:
    """The oriented box of a connected place, or None when it is too small or a single edge."""
    turn = 2 * float(xy[inside].sum()), float((xx - yy)[inside].sum())
    angle = 0.5 * math.atan2(*turn)
    c, s = math.cos(angle), math.sin(angle)
    rows, columns = np.nonzero(inside)
    along = columns * c + rows * s
    beside = rows * c - columns * s
    first, last = np.percentile(along, (0.5, 99.5))
    low, high = np.percentile(beside, (2, 98))
    length, height = float(last - first + 1) * CELL_PX, float(high - low + 1) * CELL_PX
    short = length < BARS_LENGTH_MIN_PX or height < BARS_HEIGHT_MIN_PX
    if short or length < BARS_ASPECT_MIN * height:
        return None
    u, v = (first + last) / 2, (low + high) / 2
    x, y = u * c - v * s + corner[0] + 0.5, u * s + v * c + corner[1] + 0.5
    return Bars(float(x) * CELL_PX, float(y) * CELL_PX, angle, length, height)


def _squares(lively: Any, energy: Any, cv2: Any) -> tuple[Square, ...]:
    mask = cv2.morphologyEx(lively.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    found = []
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].min(axis=1) * CELL_PX
    for label in np.flatnonzero(sides[1:] >= SQUARE_SIDE_MIN_PX) + 1:
        left, top, width, height, _ = (int(value) for value in stats[label])
        margin = int(SQUARE_MARGIN * max(width, height)) + 2
        square = Square(
            max(0, left - margin) * CELL_PX,
            max(0, top - margin) * CELL_PX,
            (left + width + margin) * CELL_PX,
            (top + height + margin) * CELL_PX,
        )
        box = energy[top : top + height, left : left + width]
        found.append((float(box.sum()), square))
    found.sort(key=lambda entry: -entry[0])
    return tuple(square for _, square in found[:PATCHES_MAX])
