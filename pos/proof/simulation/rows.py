"""What a statement of the switch answers: no more of SQLAlchemy's results than is read of them.

Apart from the connection because it knows neither SQL nor SQLite.
"""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

Row = tuple[Any, ...]


class Answer:
    """What came back, all of it, read the ways in which the rules read it."""

    __slots__ = ("_make", "_names", "_rows", "rowcount")

    def __init__(
        self, rows: list[Row], rowcount: int, names: tuple[str, ...], make: Callable[[Row], Any]
    ) -> None:
        self._rows = rows
        self._names = names
        self._make = make
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def all(self) -> list[Any]:
        """Every row, with its columns as attributes."""
        make = self._make
        return [make(row) for row in self._rows]

    def first(self) -> Any:
        """The first row, or None."""
        return self._make(self._rows[0]) if self._rows else None

    def one_or_none(self) -> Any:
        """The only row, or None."""
        if len(self._rows) > 1:
            raise LookupError("More than one row was found.")
        return self.first()

    def one(self) -> Any:
        """The only row."""
        if len(self._rows) != 1:
            raise LookupError(f"{len(self._rows)} rows were found instead of one.")
        return self.first()

    def scalar(self) -> Any:
        """The first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        self.one()
        return self._rows[0][0]

    def scalars(self) -> "Answer":
        """The first column of every row."""
        return Answer(self._rows, self.rowcount, (), itemgetter(0))

    def mappings(self) -> "Answer":
        """Every row as a mapping by column."""
        names = self._names
        return Answer(
            self._rows,
            self.rowcount,
            names,
            lambda row: dict(zip(names, row, strict=True)),
        )
