"""One measured figure beside the limit that it is held against.

Apart so that every measurement prints itself the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`; well when at least, or at most, `limit`."""

    name: str
    value: float
    unit: str
    limit: float
    at_least: bool
    detail: str = ""

    @property
    def well(self) -> bool:
        """Whether the limit is kept."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        """For people."""
        bound = "at least" if self.at_least else "at most"
        verdict = "ok" if self.well else "MISSED"
        text = f"{self.name:<44} {self.value:>9.2f} {self.unit:<5} {bound} {self.limit:g}"
        return f"{text}  {verdict}  {self.detail}".rstrip()


Figures = Iterator[Figure]
