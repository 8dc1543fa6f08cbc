"""Charts drawn in letters: columns over the hours of a day, bars for each wallet.

Apart, and pure, because a chart is text that a test can read, and every terminal can show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pos.screens.widths import spread

_LEVELS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Value:
    """One column or bar: what it stands for, how large it is, and what is said of it."""

    label: str
    value: int
    told: str = ""


def columns(values: Sequence[Value], width: int, height: int) -> list[str]:
    """Lines of a column chart with its labels below, at most `width` wide; none for no values.

    The highest column is `height` lines high, in eighths of a line. What is below zero is drawn
    as nothing. Labels have two letters; where there is little room every other one is left out.
    """
    if not values or width < 2 * len(values):
        return []
    step = 3 if 3 * len(values) <= width else 2
    most = max(1, *(each.value for each in values))
    heights = [round(max(0, each.value) * height * 8 / most) for each in values]
    lines = []
    for line in range(height - 1, -1, -1):
        marks = [_LEVELS[min(8, max(0, eighths - 8 * line))] for eighths in heights]
        lines.append("".join((mark * (step - 1)).ljust(step) for mark in marks).rstrip())
    every = 1 if step == 3 else 2
    labels = "".join(
        each.label[:2].rjust(2).ljust(step * every)
        for place, each in enumerate(values)
        if place % every == 0
    )
    lines.append(labels.rstrip())
    return lines


def bars(values: Sequence[Value], width: int) -> list[str]:
    """Two lines for each value: its label with what is said of it, and its bar."""
    most = max((each.value for each in values), default=0)
    lines = []
    for each in values:
        eighths = round(max(0, each.value) * width * 8 / most) if most > 0 else 0
        whole, part = divmod(eighths, 8)
        lines.append(spread(each.label, each.told, width))
        lines.append("█" * whole + (_EIGHTHS[part] if part else ""))
    return lines
