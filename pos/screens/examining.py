"""What is found of one part of the till, as a screen shows it.

Apart from the screen so that whoever has the till examined need not load it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """One part: its mark, its name, what was found and what to do about it, or "".

    `grave` is whether nothing should be sold before it is put right.
    """

    mark: str
    part: str
    found: str
    remedy: str = ""
    grave: bool = False


Examine = Callable[[], Iterator[Found]]
