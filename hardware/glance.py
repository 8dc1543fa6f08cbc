"""What a person sees of the camera: a few pictures a second, small and grey, and the aim.

Apart from the aim because here are the limits: how often, how small, and that a code which was
read is painted over, so that no screen ever shows a code that pays.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hardware.aim import Aim, Aimer
from hardware.devices import Frame, Luma, Symbol

GLANCES_PER_S_MAX = 10.0
WIDTH_PX, HEIGHT_PX = 64, 36
FILLED_LEVEL = 96


@dataclass(frozen=True, slots=True)
class Glance:
    """One moment: the aim, and grey levels of `width` x `height` pixels, row by row.

    `outline` is the box around the aim's, in pixels of this small picture. `levels` is empty,
    and the size 0, where no picture is wanted.
    """

    aim: Aim
    width: int = 0
    height: int = 0
    levels: bytes = field(default=b"", repr=False)
    outline: tuple[tuple[int, int], ...] = ()


class Watcher:
    """For the scan loop's `looked`: tells a Glance at most ten times a second, a read at once."""

    def __init__(
        self,
        tell: Callable[[Glance], object],
        *,
        pictures: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._pictures = pictures
        self._clock = clock
        self._aimer = Aimer()
        self._due_s = 0.0

    def __call__(self, frame: Frame, symbols: Sequence[Symbol]) -> None:
        """A frame was looked at, and these codes were read in it."""
        now_s = self._clock()
        if now_s < self._due_s and not symbols:
            return
        self._due_s = now_s + 1 / GLANCES_PER_S_MAX
        aim = self._aimer.look(frame.luma, symbols)
        if not self._pictures:
            self._tell(Glance(aim))
            return
        height, width = frame.luma.shape
        outline = _boxed(
            [
                (
                    _within(x * WIDTH_PX // width, WIDTH_PX),
                    _within(y * HEIGHT_PX // height, HEIGHT_PX),
                )
                for x, y in aim.outline
            ]
        )
        levels = reduced(frame.luma, outline if aim.read else ())
        self._tell(Glance(aim, WIDTH_PX, HEIGHT_PX, levels, outline))


def reduced(luma: Luma, filled: Sequence[tuple[int, int]] = ()) -> bytes:
    """The frame as 64 x 36 means of its pixels, with the box around `filled` painted over."""
    import numpy as np

    height, width = luma.shape
    if height >= HEIGHT_PX and width >= WIDTH_PX:
        # Some forty pixels are plenty for a mean of four hundred.
        down, across = height // HEIGHT_PX, width // WIDTH_PX
        cut = luma[: down * HEIGHT_PX, : across * WIDTH_PX]
        blocks = cut.reshape(HEIGHT_PX, down, WIDTH_PX, across)
        small = blocks[:, :: max(1, down // 6), :, :: max(1, across // 6)].mean((1, 3))
    else:
        rows = np.arange(HEIGHT_PX) * height // HEIGHT_PX
        columns = np.arange(WIDTH_PX) * width // WIDTH_PX
        small = luma[rows][:, columns]
    levels = np.ascontiguousarray(small, dtype=np.uint8)
    if filled:
        xs, ys = [x for x, _ in filled], [y for _, y in filled]
        levels = levels.copy()
        levels[min(ys) : max(ys) + 1, min(xs) : max(xs) + 1] = FILLED_LEVEL
    return levels.tobytes()


def _boxed(points: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The box around the points: in so few pixels a slanted line is a staircase."""
    if not points:
        return ()
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _within(value: int, size: int) -> int:
    return min(max(value, 0), size - 1)
