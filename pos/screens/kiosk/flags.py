"""The flags of the six languages, drawn from half blocks, two pixels to a cell.

Apart because it is drawing, not layout. A flag stands for a language only where no words can, so
each one stands with the language's own name under it.
"""

from collections.abc import Callable

from textual.content import Content

WIDTH_PX, HEIGHT_PX = 16, 8  # 16 columns, 4 lines

_RED, _WHITE, _BLUE = "#ba0c2f", "#ffffff", "#00205b"
_FLAGS = {
    "nb": (_RED, _WHITE, _BLUE),
    "da": ("#c8102e", "", _WHITE),
    "sv": ("#006aa7", "", "#fecc02"),
    "fi": (_WHITE, "", "#002f6c"),
}
# A large star and four small ones.
_STARS = {
    (2, 1), (1, 2), (2, 2), (3, 2), (2, 3), (1, 3), (3, 3), (6, 0), (7, 2), (7, 4), (6, 5),
}  # fmt: skip

Picture = tuple[tuple[str, ...], ...]


def pixels(code: str) -> Picture:
    """The colours of the flag of this language, row by row. Raises KeyError for another."""
    if code == "en":
        return _drawn(_union)
    if code == "zh":
        return _drawn(lambda x, y: "#ffde00" if (x, y) in _STARS else "#de2910")
    ground, border, cross = _FLAGS[code]
    return _drawn(lambda x, y: _nordic(x, y, ground, border, cross))


def drawn(code: str) -> list[Content]:
    """The same as lines of cells."""
    rows = pixels(code)
    return [
        Content.assemble(
            *(("▀", f"{upper} on {lower}") for upper, lower in zip(above, below, strict=True))
        )
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]


def _drawn(colour_at: Callable[[int, int], str]) -> Picture:
    return tuple(tuple(colour_at(x, y) for x in range(WIDTH_PX)) for y in range(HEIGHT_PX))


def _nordic(x: int, y: int, ground: str, border: str, cross: str) -> str:
    """A cross whose upright stands nearer the mast."""
    if x in (5, 6) or y in (3, 4):
        return cross
    if border and (x in (4, 7) or y in (2, 5)):
        return border
    return ground


def _union(x: int, y: int) -> str:
    if x in (7, 8) or y in (3, 4):
        return "#c8102e"
    if x in (6, 9) or y in (2, 5):
        return _WHITE
    slant = y * (WIDTH_PX - 1) / (HEIGHT_PX - 1)
    if min(abs(x - slant), abs(WIDTH_PX - 1 - x - slant)) < 1:
        return _WHITE
    return "#012169"
