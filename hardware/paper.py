"""Print lines set on paper: wrapping, flush right, and the letters that a printer has.

Apart from the printers so that the paper of a real one and of a simulated one is the same.
"""

import re
import unicodedata

from hardware.devices import Align, PrintLine

CODE_PAGE = "CP858"  # Nordic letters and the euro sign in one page, ESC t 19
COLUMNS_MIN = 16
ROWS_MAX = 100  # of one line: longer text is cut, paper is not endless

# Letters of font A in a row, by the width of the roll in millimetres. Printers of 80 mm have 42
# or 48: the smaller number fits both.
COLUMNS_OF_ROLL = {58: 32, 80: 42}

_SPELLED = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
        "…": "...", "•": "*", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE",
        "š": "s", "Š": "S", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ŋ": "n", "Ŋ": "N", "ŧ": "t",
        "Ŧ": "T", "ẞ": "SS", "\t": " ", "\u3000": " ",
    }
)  # fmt: skip

# The ideographs that the font of `hardware.lettering` may have, and the signs that go with them.
_DRAWN = re.compile("[\u3001-\u303f\u3041-\u30ff\u4e00-\u9fff\uff01-\uff60\uffe0-\uffe6]")
_PIECES = re.compile(rf"\s+|{_DRAWN.pattern}|(?:(?!{_DRAWN.pattern})\S)+")


def printable(text: str) -> str:
    """`text` in letters that can be put on paper, and nothing that a printer would obey.

    Control characters are dropped, so that no text can cut, open a drawer or change the code
    page. Letters that code page 858 lacks lose their accent; Chinese is kept, to be drawn; what
    has no such form becomes "?".
    """
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED)
    return "".join(_letter(character) for character in spelled)


def typed(text: str) -> bool:
    """Whether every letter is one of code page 858; else the row has to be drawn."""
    return all(_has(character) for character in text)


def cells(text: str) -> int:
    """The columns that `text` takes: two for an ideograph, one for any other letter."""
    return len(text) + len(_DRAWN.findall(text))


def _letter(character: str) -> str:
    if unicodedata.category(character).startswith("C"):
        return ""
    if _has(character) or _DRAWN.match(character):
        return character
    plain = unicodedata.normalize("NFKD", character)
    kept = "".join(c for c in plain if not unicodedata.combining(c) and _has(c))
    return kept or "?"


def _has(character: str) -> bool:
    try:
        # Below the space and at 7F the page holds pictures whose bytes are commands.
        return character.encode(CODE_PAGE) >= b" " and character != "\x7f"
    except UnicodeEncodeError:
        return False


def set_line(line: PrintLine, columns: int) -> list[str]:
    """The rows of characters that `line` takes on paper `columns` wide, each padded to the width.

    A big line has half the columns, because its letters are twice as wide. The QR code of a line
    is not among its rows.
    """
    width = max(COLUMNS_MIN // 2, columns // 2 if line.big else columns)
    if line.rule:
        return ["-" * width]
    text, right = printable(line.text), _cut(printable(line.right), width)
    if not text and not right and line.qr:
        return []
    room = width - cells(right) - 1 if right else width
    if room < width // 3:  # too little beside it: the right part gets a row of its own
        beside = " " * (width - cells(right)) + right
        return [*_wrapped(text, width, line.align), beside]
    rows = _wrapped(text, room, line.align if not right else Align.LEFT)
    filled = [_padded(row, width) for row in rows[:-1]]
    return [
        *filled,
        _padded(rows[-1].rstrip() if right else rows[-1], width - cells(right)) + right,
    ]


def _padded(row: str, width: int) -> str:
    return row + " " * (width - cells(row))


def _cut(text: str, width: int) -> str:
    """As much of the beginning as fits."""
    text = text[:width]
    while cells(text) > width:
        text = text[:-1]
    return text


def _wrapped(text: str, width: int, align: Align) -> list[str]:
    """At least one row; the indent of the first is kept."""
    rows = _broken(text, width)[:ROWS_MAX]
    if align is Align.CENTER:
        rows = [" " * ((width - cells(row)) // 2) + row for row in map(str.strip, rows)]
    return [_padded(row, width) for row in rows]


def _broken(text: str, width: int) -> list[str]:
    """Rows of at most `width` columns, broken at blanks and between ideographs."""
    rows: list[str] = []
    row = ""
    for piece in _PIECES.findall(text):
        if cells(row) + cells(piece) <= width:
            row += "" if piece.isspace() and rows and not row else piece
            continue
        if row.strip():
            rows.append(row.rstrip())
        row = ""
        if piece.isspace():
            continue
        # Only words are longer than a row, and their letters are one column wide.
        whole = len(piece) // width * width if cells(piece) > width else 0
        rows += [piece[at : at + width] for at in range(0, whole, width)]
        row = piece[whole:]
    return [*rows, row.rstrip()] if row.strip() or not rows else rows
