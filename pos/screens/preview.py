"""The camera's picture in a few cells of half blocks, the code in it outlined.

Apart from the panel that holds it because it is drawing: ten times a second at most, in greys
and two colours, and as small as the room is.
"""

import os
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from pos.sale.glimpse import Glimpse
from pos.screens.palette import PAID_LIT, SEEN_LIT

GREYS = 16  # as many as can be told apart, and few enough styles
_READ, _SEEN = -1, -2


class Preview(Widget):
    """Shows the last Glimpse that has a picture; takes no room before there is one."""

    COVERED_FROM_AFAR = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._glimpse: Glimpse | None = None
        self._pixels: list[list[int]] = []
        # The bare console has no half blocks in its fonts: there a cell is one pixel.
        self._halves = os.environ.get("TERM") != "linux"

    def show(self, glimpse: Glimpse | None) -> None:
        """Show what the camera sees; None to forget it."""
        picture = glimpse if glimpse is not None and glimpse.levels else None
        if picture is self._glimpse:
            return
        self._glimpse = picture
        self._pixels = []
        self.set_class(picture is not None, "-seen")
        self.refresh()

    def on_resize(self) -> None:
        """Another size needs other pixels."""
        self._pixels = []

    def render_line(self, y: int) -> Strip:
        """One row of cells: two rows of pixels."""
        if self._glimpse is None or not self.size.area:
            return Strip.blank(self.size.width)
        rows = self.size.height * (2 if self._halves else 1)
        if not self._pixels:
            self._pixels = drawn(self._glimpse, self.size.width, rows)
        if not self._halves:
            whole = [Segment(" ", _style(grey, grey)) for grey in self._pixels[y]]
            return Strip(whole, self.size.width)
        upper, lower = self._pixels[2 * y], self._pixels[2 * y + 1]
        return Strip(
            [Segment("▀", _style(above, below)) for above, below in zip(upper, lower, strict=True)],
            self.size.width,
        )


def drawn(glimpse: Glimpse, columns: int, rows: int) -> list[list[int]]:
    """The picture as `rows` lists of `columns` grey numbers, with the outline drawn in."""
    width, height = glimpse.width, glimpse.height
    greys = [
        [
            glimpse.levels[(y * height // rows) * width + x * width // columns] * GREYS // 256
            for x in range(columns)
        ]
        for y in range(rows)
    ]
    if glimpse.outline:
        _outline(greys, glimpse, _READ if glimpse.read else _SEEN)
    return greys


def _outline(greys: list[list[int]], glimpse: Glimpse, colour: int) -> None:
    """Draw the box around the outline, along the last pixels that show something of it."""
    xs, ys = [x for x, _ in glimpse.outline], [y for _, y in glimpse.outline]
    columns = _showing(min(xs), max(xs), glimpse.width, len(greys[0]))
    rows = _showing(min(ys), max(ys), glimpse.height, len(greys))
    for x in columns:
        greys[rows[0]][x] = greys[rows[-1]][x] = colour
    for y in rows:
        greys[y][columns[0]] = greys[y][columns[-1]] = colour


def _showing(first: int, last: int, size: int, count: int) -> list[int]:
    """Which of `count` pixels are taken from `first` to `last` of a picture of `size`."""
    taken = [place for place in range(count) if first <= place * size // count <= last]
    return taken or [min(first * count // size, count - 1)]


@lru_cache(maxsize=(GREYS + 2) ** 2)
def _style(above: int, below: int) -> Style:
    return Style(color=_colour(above), bgcolor=_colour(below))


def _colour(grey: int) -> str:
    if grey < 0:
        return PAID_LIT if grey == _READ else SEEN_LIT
    level = grey * 255 // (GREYS - 1)
    return f"#{level:02x}{level:02x}{level:02x}"
