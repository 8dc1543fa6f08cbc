"""A training day's customers as the panel beside the till sees them: a protocol and its values.

Apart, and without Textual, as the demo's phone is: whoever plays the customers need not know the
screen. No method blocks.
"""

from dataclasses import dataclass
from typing import Protocol

from pos.sale.view import Notice


@dataclass(frozen=True, slots=True)
class Scene:
    """Who stands there: customer `number` of `count`, what was `said` (oldest first).

    `gone` when she has walked out, `paper` when the printer has a roll, `over` after the last.
    """

    number: int = 0
    count: int = 0
    said: tuple[Notice, ...] = ()
    gone: bool = False
    paper: bool = True
    over: bool = False


class Party(Protocol):
    """The customers of a training day, one at a time."""

    def scene(self) -> Scene:
        """Who stands before the till."""

    def next_customer(self) -> None:
        """The trainee is done with this one."""

    def new_roll(self) -> None:
        """The trainee puts a new roll into the printer."""
