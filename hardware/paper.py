"""Print lines set on paper: wrapping, flush right, and the letters that a printer has.

Apart from the printers so that the paper of a real one and of a simulated one is the same.
"""

import textwrap
import unicodedata

from hardware.devices import Align, PrintLine

CODE_PAGE = "CP858"  # Nordic letters and the euro sign in one page, ESC t 19
COLUMNS_MIN = 16
ROWS_MAX = 100  # of one line: longer text is cut, paper is not endless

_SPELLED = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
        "…": "...", "•": "*", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE",
        "š": "s", "Š": "S", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ŋ": "n", "Ŋ": "N", "ŧ": "t",
        "Ŧ": "T", "ẞ": "SS", "\t": " ",
    }
)  # fmt: skip


def printable(text: str) -> str:
    """`text` in letters of code page 858 and nothing that a printer would obey.

    Control characters are dropped, so that no text can cut, open a drawer or change the code
    page. Letters that the page lacks lose their accent; what has no such form becomes "?".
    """
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED)
    return "".join(_letter(character) for character in spelled)


def _letter(character: str) -> str:
    if unicodedata.category(character).startswith("C"):
        return ""
    if _has(character):
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
    text, right = printable(line.text), printable(line.right)[:width]
    if not text and not right and line.qr:
        return []
    room = width - len(right) - 1 if right else width
    if room < width // 3:  # too little beside it: the right part gets a row of its own
        return [*_wrapped(text, width, line.align), right.rjust(width)]
    rows = _wrapped(text, room, line.align if not right else Align.LEFT)
    return [*(row.ljust(width) for row in rows[:-1]), f"{rows[-1]:<{width - len(right)}}{right}"]


def _wrapped(text: str, width: int, align: Align) -> list[str]:
    """At least one row; the indent of the first is kept."""
    rows = textwrap.wrap(text, width, drop_whitespace=True, replace_whitespace=False) or [""]
    rows = rows[:ROWS_MAX]
    return [row.center(width) if align is Align.CENTER else row.ljust(width) for row in rows]
