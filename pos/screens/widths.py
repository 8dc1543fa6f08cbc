"""Text in cells of the screen: a Chinese letter takes two, and a line must not outgrow its room.

Apart because Python counts letters, and a terminal counts cells.
"""

from rich.cells import cell_len, set_cell_size


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at either end of `width` cells; what has no room ends in an ellipsis."""
    room = width - cell_len(right) - (1 if right else 0)
    if cell_len(left) > room:
        left = set_cell_size(left, max(0, room - 1)).rstrip() + "…"
    return set_cell_size(left, room) + (f" {right}" if right else "")


def centred(text: str, width: int) -> str:
    """`text` in the middle of `width` cells."""
    return " " * max(0, (width - cell_len(text)) // 2) + text
