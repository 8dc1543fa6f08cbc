"""Glimpse: what the camera sees at this moment, small and grey, for a person who aims.

Apart from the View because it comes many times a second, says nothing of money, and a front end
may leave it out.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Glimpse:
    """`levels` are `width` x `height` grey levels, row by row; empty where no picture is wanted.

    `outline` are the corners, in pixels of this picture, of a code that was `read` or that seems
    to be there. `hint` is what keeps it from being read, a word of `screen.aim_*`, or "".
    """

    width: int = 0
    height: int = 0
    levels: bytes = field(default=b"", repr=False)
    outline: tuple[tuple[int, int], ...] = ()
    read: bool = False
    hint: str = ""
