"""How a code is held before the camera, in one word: too far, too near, blurred, dark, glared.

Apart from the decoder, which only says what it read: this looks at the frames in which nothing
was read, a few times a second, and tells the hand what to do about it.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from hardware.devices import Luma, Symbol
from hardware.whereabouts import (
    BRIGHT_LEVEL,
    Box,
    bright_of,
    finders_of,
    patch_of,
    thinned,
)

Point = tuple[int, int]

VIEW_PX = 640  # the longer side of what is measured
DARK_LEVEL_MAX = 56  # of the brightest fiftieth: no screen is lit, or it is dimmed
GLARE_LEVEL = 250
GLARE_OF_BRIGHT_MIN = 0.6  # of what is bright: a shown code is half dark
GLARE_OF_FRAME_MIN = 0.04
SHARPNESS_MIN = 0.13
# An edge smeared over a module and a half: with less, the finder patterns still show the module.
SHARPNESS_BY_MODULE_MIN = 0.7
MODULE_PX_MIN = 2.0  # in the frame; decoders want two to three
FAR_SIDE_MAX = 0.3  # of the frame's height: a larger sharp code would show its finder patterns
NEAR_SIDE_MIN = 0.92
CODE_MODULES_MIN = 21  # the smallest QR code, without its margin
FINDER_MODULES = 7
AGREE_OF = 5  # looks of which most must say the same, so that the word does not flicker
AGREE_MIN = 3
# What keeps its place for so many looks is a thing of the shop: no hand is that still.
FURNITURE_LOOKS = 80
FURNITURE_PX = 16
FURNITURE_MAX = 8


class Hint(StrEnum):
    """What keeps the code from being read."""

    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    GLARE = "glare"


@dataclass(frozen=True, slots=True)
class Aim:
    """One look at a frame. `outline` are corners in pixels of the frame, of a code that was read
    or of where one seems to be; empty where there is none. `read` tells the two apart.

    `sharpness` is 0 (no edge) to about 1; `module_px` the size of a module where finder patterns
    show it, else 0; `brightness` the mean level, 0 to 255.
    """

    hint: Hint | None = None
    outline: tuple[Point, ...] = ()
    read: bool = False
    sharpness: float = 0.0
    module_px: float = 0.0
    brightness: float = 0.0


class Aimer:
    """Looks at frames one after the other. Gives no hints where OpenCV is not installed."""

    def __init__(self) -> None:
        # Imported here: it brings numpy, which no headless module may load by being imported.
        from hardware.views import load_opencv

        self._cv2 = load_opencv()
        self._said: deque[Hint | None] = deque(maxlen=AGREE_OF)
        self._furniture: deque[tuple[Point, ...]] = deque(maxlen=FURNITURE_MAX)
        self._place: tuple[Point, ...] = ()
        self._stays = 0

    def look(self, luma: Luma, symbols: Sequence[Symbol]) -> Aim:
        """The aim of one frame, uint8 (height, width), in which `symbols` were read."""
        aim = measure(luma, symbols, self._cv2)
        if aim.read:
            self._said.clear()
            return aim
        if self._is_furniture(aim.outline):
            aim = Aim(brightness=aim.brightness)
        self._said.append(aim.hint)
        hint, count = Counter(self._said).most_common(1)[0]
        steady = hint if count >= AGREE_MIN else None
        return replace(aim, hint=steady)

    def _is_furniture(self, outline: tuple[Point, ...]) -> bool:
        """Whether what looks like a code has always been there, as a keyboard or a poster."""
        if not outline:
            return False
        if any(_same_place(outline, each) for each in self._furniture):
            return True
        self._stays = self._stays + 1 if _same_place(outline, self._place) else 0
        if not self._stays:
            self._place = outline
        if self._stays < FURNITURE_LOOKS:
            return False
        self._furniture.append(outline)
        return True


def _same_place(one: tuple[Point, ...], other: tuple[Point, ...]) -> bool:
    return len(one) == len(other) and all(
        abs(x - u) <= FURNITURE_PX and abs(y - v) <= FURNITURE_PX
        for (x, y), (u, v) in zip(one, other, strict=True)
    )


def measure(luma: Luma, symbols: Sequence[Symbol], cv2: Any | None) -> Aim:
    """The aim of one frame by itself. `cv2` is OpenCV, or None where it is absent."""
    ratio = max(1.0, max(luma.shape) / VIEW_PX)
    if cv2 is None:
        step = int(ratio)
        small = luma[::step, ::step]
        return _aim_of_read(symbols, 0.0, float(small.mean()))
    size = (round(luma.shape[1] / ratio), round(luma.shape[0] / ratio))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if ratio > 1 else luma
    brightness = float(small.mean())
    if symbols and symbols[0].corners:
        read = _box([(round(x / ratio), round(y / ratio)) for x, y in symbols[0].corners])
        return _aim_of_read(symbols, sharpness_of(_cut(small, read), cv2), brightness)
    finders = finders_of(small, cv2)
    patterned = _box_of(finders) if len(finders) >= 2 else patch_of(thinned(luma, small), cv2)
    box = patterned or bright_of(small, cv2)
    if patterned is None and _is_dazzled(small):
        return Aim(Hint.GLARE, brightness=brightness)
    if box is None:
        dark = level_of(small, 98) <= DARK_LEVEL_MAX
        return Aim(Hint.TOO_DARK if dark else None, brightness=brightness)
    sharpness = sharpness_of(_cut(small, box), cv2)
    module_px = _module_px(finders)
    hint = _hint(small, box, sharpness, module_px, module_px * ratio)
    left, top, right, bottom = (round(side * ratio) for side in box)
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Aim(
        hint,
        outline,
        sharpness=sharpness,
        module_px=module_px * ratio,
        brightness=brightness,
    )


def _aim_of_read(symbols: Sequence[Symbol], sharpness: float, brightness: float) -> Aim:
    outline = symbols[0].corners if symbols else ()
    return Aim(outline=outline, read=bool(symbols), sharpness=sharpness, brightness=brightness)


def _hint(
    small: Luma, box: Box, sharpness: float, module_px: float, module_in_frame_px: float
) -> Hint | None:
    """The first of the words that fits; None when the code looks as it should."""
    left, top, right, bottom = box
    height, width = small.shape
    if level_of(_cut(small, box), 98) <= DARK_LEVEL_MAX:
        return Hint.TOO_DARK
    side = max(right - left, bottom - top, module_px * CODE_MODULES_MIN)
    touches = (left <= 1) + (top <= 1) + (right >= width - 1) + (bottom >= height - 1)
    if module_px and side >= NEAR_SIDE_MIN * height:
        return Hint.TOO_NEAR
    if sharpness < (SHARPNESS_BY_MODULE_MIN / module_px if module_px else SHARPNESS_MIN):
        # The halo of a lamp in the glass is as soft as a code out of focus.
        return Hint.GLARE if not module_px and _is_dazzled(small) else Hint.BLURRED
    if touches >= 2 and side >= NEAR_SIDE_MIN * height:
        return Hint.TOO_NEAR
    if module_px and module_in_frame_px < MODULE_PX_MIN:
        return Hint.TOO_FAR
    if not module_px and side <= FAR_SIDE_MAX * height:
        return Hint.TOO_FAR
    return None


def level_of(luma: Luma, percent: float) -> float:
    """The level that `percent` of the pixels do not exceed."""
    import numpy as np

    return float(np.percentile(luma, percent))


def _is_dazzled(small: Luma) -> bool:
    """Whether most of what is bright is as bright as can be: a lamp in the glass, or no dark
    module left."""
    bright = float((small >= BRIGHT_LEVEL).mean())
    full = float((small >= GLARE_LEVEL).mean())
    return full >= GLARE_OF_FRAME_MIN and full >= GLARE_OF_BRIGHT_MIN * bright


def sharpness_of(code: Luma, cv2: Any) -> float:
    """The steepest steps between neighbours, against the contrast that there is: 0 to 1.

    A module's edge within one pixel gives 1, one that is smeared over ten pixels 0.1.
    """
    import numpy as np

    if min(code.shape) < 8:
        return 0.0
    low, high = np.percentile(code, (5, 95))
    smooth = cv2.blur(code, (3, 3)).astype(np.int16)  # noise has steep steps too
    steps = np.abs(smooth[:, 2:] - smooth[:, :-2]).ravel()
    steepest = float(np.percentile(steps, 95)) / 2
    return min(1.0, steepest / max(24.0, float(high - low)))


def _module_px(finders: list[Box]) -> float:
    if not finders:
        return 0.0
    sides = sorted((right - left + bottom - top) / 2 for left, top, right, bottom in finders)
    return sides[len(sides) // 2] / FINDER_MODULES


def _box(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _box_of(boxes: Sequence[Box]) -> Box:
    return _box([point for box in boxes for point in ((box[0], box[1]), (box[2], box[3]))])


def _cut(small: Luma, box: Box) -> Luma:
    left, top, right, bottom = box
    return small[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
