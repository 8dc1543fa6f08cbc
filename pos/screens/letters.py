"""Letters, digits and symbols as large as the screen allows, drawn from blocks.

Apart because an amount and an outcome must be read from two metres away, and a terminal has one
size of type. Pixels are drawn two to a cell with the lower half block, so they are square.
"""

from dataclasses import dataclass
from typing import TypeAlias

# Rows of booleans, all of the same length.
Bitmap: TypeAlias = tuple[tuple[bool, ...], ...]

# One line of cells in two parts: what is said, and what only stands after it.
Halves: TypeAlias = tuple[str, str]

# One letter: its rows from the top, "/" between them, "#" for ink.
_TALL = {
    "0": ".###./#...#/#...#/#...#/#...#/#...#/.###.",
    "1": "..#../.##../..#../..#../..#../..#../.###.",
    "2": ".###./#...#/....#/...#./..#../.#.../#####",
    "3": "####./....#/....#/.###./....#/....#/####.",
    "4": "...#./..##./.#.#./#..#./#####/...#./...#.",
    "5": "#####/#..../####./....#/....#/#...#/.###.",
    "6": ".###./#..../#..../####./#...#/#...#/.###.",
    "7": "#####/....#/....#/...#./..#../..#../..#..",
    "8": ".###./#...#/#...#/.###./#...#/#...#/.###.",
    "9": ".###./#...#/#...#/.####/....#/....#/.###.",
    ".": "./././././#/#",
    ",": "../../../../../.#/#.",
    " ": ".../.../.../.../.../.../...",
    "-": "...../...../...../.###./...../...../.....",
    "A": ".###./#...#/#...#/#####/#...#/#...#/#...#",
    "B": "####./#...#/#...#/####./#...#/#...#/####.",
    "C": ".####/#..../#..../#..../#..../#..../.####",
    "D": "####./#...#/#...#/#...#/#...#/#...#/####.",
    "E": "#####/#..../#..../####./#..../#..../#####",
    "F": "#####/#..../#..../####./#..../#..../#....",
    "G": ".####/#..../#..../#..##/#...#/#...#/.####",
    "H": "#...#/#...#/#...#/#####/#...#/#...#/#...#",
    "I": "###/.#./.#./.#./.#./.#./###",
    "J": "..###/....#/....#/....#/....#/#...#/.###.",
    "K": "#...#/#..#./#.#../##.../#.#../#..#./#...#",
    "L": "#..../#..../#..../#..../#..../#..../#####",
    "M": "#...#/##.##/#.#.#/#.#.#/#...#/#...#/#...#",
    "N": "#...#/##..#/##..#/#.#.#/#..##/#..##/#...#",
    "O": ".###./#...#/#...#/#...#/#...#/#...#/.###.",
    "P": "####./#...#/#...#/####./#..../#..../#....",
    "R": "####./#...#/#...#/####./#.#../#..#./#...#",
    "S": ".####/#..../#..../.###./....#/....#/####.",
    "T": "#####/..#../..#../..#../..#../..#../..#..",
    "U": "#...#/#...#/#...#/#...#/#...#/#...#/.###.",
    "V": "#...#/#...#/#...#/#...#/#...#/.#.#./..#..",
    "W": "#...#/#...#/#...#/#.#.#/#.#.#/##.##/#...#",
    "Y": "#...#/#...#/.#.#./..#../..#../..#../..#..",
    "Å": "..#../...../.###./#...#/#####/#...#/#...#",
    "Ä": ".#.#./...../.###./#...#/#####/#...#/#...#",
    "Ö": ".#.#./...../.###./#...#/#...#/#...#/.###.",
    "Ø": ".####/#..##/#.#.#/#.#.#/#.#.#/##..#/####.",
    "Æ": ".####/#.#../#.#../#####/#.#../#.#../#.###",
}  # fmt: skip

_SMALL = {
    "0": "###/#.#/#.#/#.#/###",
    "1": ".#./##./.#./.#./###",
    "2": "###/..#/###/#../###",
    "3": "###/..#/.##/..#/###",
    "4": "#.#/#.#/###/..#/..#",
    "5": "###/#../###/..#/###",
    "6": "###/#../###/#.#/###",
    "7": "###/..#/..#/.#./.#.",
    "8": "###/#.#/###/#.#/###",
    "9": "###/#.#/###/..#/###",
    ".": "././././#",
    ",": "../../../.#/#.",
    " ": "../../../../..",
    "-": "../../##/../..",
}  # fmt: skip

_HAN = {
    "已": (
        "#########../........#../........#../#.......#../#########../#........../"
        "#........../#........../#.........#/#.........#/.#########."
    ),
    "付": (
        "..#.....#../..#.....#../.#......#../.#.########/##......#../#.#..#..#../"
        "..#...#.#../..#...#.#../..#.....#../..#.....#../..#...###.."
    ),
    "未": (
        ".....#...../.....#...../.#########./.....#...../.....#...../###########/"
        "....###..../...#.#.#.../..#..#..#../##...#...##/.....#....."
    ),
    "取": (
        "######...../.#..#.#####/.#..#.#...#/.####.#...#/.#..#..#.#./.#..#..#.#./"
        ".####...#../.#..#...#../.#.###.#.#./###.#.#...#/....##....#"
    ),
    "消": (
        "#...#..#..#/.#...#.#.#./.......#.../#...#######/.#..#.....#/....#######/"
        "....#.....#/..#.#######/.#..#.....#/.#..#.....#/#...#...###"
    ),
    "知": (
        ".#........./.####.#####/#.#...#...#/..#...#...#/#####.#...#/..#...#...#/"
        "..#...#...#/.#.#..#...#/.#..#.#####/#.....#...#/..........."
    ),
    "演": (
        "##....#..../.#########./...#.....#./....#####../##..#####../...#..#..#./"
        "...#######./.#.#..#..#./.#.#######./#...#..##../..##.....#."
    ),
    "习": (
        ".#########./.........#./..##.....#./...##....#./.........#./......##.#./"
        "...###..##./###.....#../........#../......###../..........."
    ),
}

_SHAPES = {
    "tick": (
        "...........##/..........###/.........###./........###../##.....###.../###...###..../"
        ".###.###...../..#####....../...###......./....#......../"
    ),
    "cross": (
        "##.......##/###.....###/.###...###./..###.###../...#####.../....###..../"
        "...#####.../..###.###../.###...###./###.....###/##.......##/"
    ),
    "bar": (
        "...#####.../.#########./###########/###########/##.......##/##.......##/"
        "##.......##/###########/###########/.#########./...#####.../"
    ),
    "glass": (
        "###########/###########/.##.....##./..##...##../...##.##.../....###..../"
        "...##.##.../..##.#.##../.##.###.##./###########/###########/"
    ),
    "hand": (
        "....###..../...#####.../...##.##.../..##...##../..##.#.##../.##..#..##./"
        ".##..#..##./##.......##/##...#...##/###########/###########/"
    ),
}


def _bitmap(rows: str) -> Bitmap:
    return tuple(tuple(mark == "#" for mark in row) for row in rows.rstrip("/").split("/"))


@dataclass(frozen=True, slots=True)
class Face:
    """A set of letters of one height in pixels; `gap` empty columns stand between two."""

    letters: dict[str, Bitmap]
    height: int
    gap: int = 1

    def has(self, text: str) -> bool:
        """Whether every character can be drawn."""
        return all(mark in self.letters for mark in text)

    def draw(self, text: str) -> Bitmap:
        """The text as pixels; call it only when `has(text)`."""
        rows: list[list[bool]] = [[] for _ in range(self.height)]
        for place, mark in enumerate(text):
            for row, pixels in zip(rows, self.letters[mark], strict=True):
                row.extend([False] * (self.gap if place else 0))
                row.extend(pixels)
        return tuple(map(tuple, rows))


TALL = Face({mark: _bitmap(rows) for mark, rows in _TALL.items()}, 7)
# Only the words for an outcome: a Chinese letter takes eleven pixels each way.
HAN = Face({mark: _bitmap(rows) for mark, rows in _HAN.items()}, 11, gap=3)
SMALL = Face({mark: _bitmap(rows) for mark, rows in _SMALL.items()}, 5)


def shape(name: str) -> Bitmap:
    """The pixels of `tick`, `cross`, `bar`, `glass` or `hand`. Raises KeyError for another."""
    return _bitmap(_SHAPES[name])


def doubled(pixels: Bitmap) -> Bitmap:
    """The same picture twice as wide and high."""
    wide = [tuple(pixel for pixel in row for _ in range(2)) for row in pixels]
    return tuple(row for row in wide for _ in range(2))


def cells(pixels: Bitmap) -> list[str]:
    """Lines of block characters, two pixel rows to a line, the ink hanging from the bottom."""
    rows = list(pixels)
    if len(rows) % 2:
        rows.insert(0, (False,) * len(rows[0]))
    # A space that no layout trims, or a letter's open right side would be lost.
    empty = "\N{NO-BREAK SPACE}"
    marks = {(False, False): empty, (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return [
        "".join(marks[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def fitted(text: str, columns: int, lines: int, bright: int | None = None) -> list[Halves]:
    """`text` in the largest letters that `columns` x `lines` cells hold, line by line.

    Each line is cut after the first `bright` characters (all of them by default), so that the
    rest can be dimmed. Falls back to plain type, spaced out where there is room.
    """
    # Spaces between groups of digits come in several kinds; here they are all one gap.
    drawn = "".join(" " if mark.isspace() else mark for mark in text)
    first = drawn[:bright]
    for face, scale in ((TALL, 2), (HAN, 1), (TALL, 1), (SMALL, 1)):
        if not face.has(drawn):
            continue
        pixels = face.draw(drawn)
        if scale == 2:
            pixels = doubled(pixels)
        if len(pixels[0]) <= columns and (len(pixels) + 1) // 2 <= lines:
            cut = len(face.draw(first)[0]) * scale
            return [(line[:cut], line[cut:]) for line in cells(pixels)]
    if len(drawn) * 4 <= columns:
        drawn, first = " ".join(drawn), " ".join(first)
    return [(first, drawn[len(first) :])]
