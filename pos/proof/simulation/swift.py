"""The switch's database in memory, with the product's own SQL and nothing between it and SQLite.

Apart because it is about speed alone. The rules of the switch build their statements with
SQLAlchemy, and SQLAlchemy compiles them here too; only its engine, pool and result objects, which
take most of the time of a statement, are replaced by the few lines that the rules need of them.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement: its text, and how to fill in and to read.

    `slots` tells for each placeholder where its value stands: at a number among those in the
    statement, or under a name among those given beside it; None when SQLAlchemy must say.
    """

    text: str
    compiled: SQLCompiler
    slots: tuple[int | str, ...] | None
    expands: bool
    names: tuple[str, ...]
    make: Callable[[Row], Any]


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


@cache
def _engine() -> Engine:
    """An engine that has seen a real connection, so that it knows what this SQLite can do."""
    engine = create_engine("sqlite://")
    with engine.connect():
        pass
    engine.dispose()
    return engine


@cache
def _dialect() -> Dialect:
    return _engine().dialect


_KEPT = "_kept_by_the_proof"
_cache: dict[Any, Any] = {}
_prepared: dict[int, Statement] = {}


def _prepare(compiled: SQLCompiler) -> Statement:
    """What is needed each time, worked out once; `compiled` lives in the cache for good."""
    if any((compiled.insert_prefetch, compiled.update_prefetch, compiled._bind_processors)):
        raise NotImplementedError("A statement needs more of SQLAlchemy than stands here.")
    names = tuple(column.keyname for column in compiled._result_columns)
    expands = bool(compiled.post_compile_params)
    make = _row(names)._make
    return Statement(compiled.string, compiled, _slots(compiled), expands, names, make)


@cache
def _row(names: tuple[str, ...]) -> Any:
    """The shape of a row, whose columns are attributes."""
    return namedtuple("Row", names, rename=True)  # type: ignore[misc]


def _slots(compiled: SQLCompiler) -> tuple[int | str, ...] | None:
    """Where the value of each placeholder is found."""
    if compiled.cache_key is None or compiled._cache_key_bind_match is None:
        return None
    same, _ = compiled._cache_key_bind_match
    own = {
        compiled.bind_names[bind]: number
        for number, original in enumerate(compiled.cache_key[1])
        if not original.required
        for bind in same[original]
        if bind in compiled.bind_names
    }
    slots: list[int | str] = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        if name not in own and not bind.required:
            return None
        slots.append(own.get(name, bind.key))
    return tuple(slots)


class SwiftConnection:
    """As much of a SQLAlchemy connection as the rules of the switch use."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.dialect = _dialect()

    def execute(
        self,
        statement: Any,
        given: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Run one statement, with the values given beside it, or once for each list of them."""
        if isinstance(given, Sequence):
            known, extracted = self._compiled(statement, given[0], many=True)
            rows = [_filled(known, extracted, row) for row in given]
            return Answer([], self.raw.executemany(known.text, rows).rowcount, (), tuple)
        known, extracted = self._compiled(statement, given or {}, many=False)
        if known.expands:
            text, values = _expanded(known, extracted, given)
        else:
            text, values = known.text, _filled(known, extracted, given)
        cursor = self.raw.execute(text, values)
        if known.names:
            return Answer(cursor.fetchall(), cursor.rowcount, known.names, known.make)
        if cursor.description is None:
            return Answer([], cursor.rowcount, (), tuple)
        # Of a statement that was given as text, only its answer tells the columns.
        names = tuple(column[0] for column in cursor.description)
        return Answer(cursor.fetchall(), cursor.rowcount, names, _row(names)._make)

    def _compiled(
        self, statement: Any, given: Mapping[str, Any], *, many: bool
    ) -> tuple[Statement, Any]:
        """What SQLAlchemy makes of a statement; kept with it, for one that is used again."""
        kind = (many, given.keys())
        kept = statement.__dict__.get(_KEPT)
        if kept is not None and kept[0] == kind:
            return kept[1], kept[2]
        compiled, extracted, *_ = statement._compile_w_cache(
            self.dialect,
            compiled_cache=_cache,
            column_keys=sorted(given),
            for_executemany=many,
            schema_translate_map=None,
        )
        known = _prepared.get(id(compiled))
        if known is None:
            known = _prepared[id(compiled)] = _prepare(compiled)
        statement.__dict__[_KEPT] = (many, dict.fromkeys(given).keys()), known, extracted
        return known, extracted


def _filled(known: Statement, extracted: Any, given: Mapping[str, Any] | None) -> list[Any]:
    """The values of the placeholders, in order."""
    if known.slots is None:
        values = known.compiled.construct_params(
            cast(Any, given), extracted_parameters=extracted, escape_names=False
        )
        return [values[name] for name in known.compiled.positiontup or ()]
    return [
        extracted[slot].effective_value if isinstance(slot, int) else (given or {})[slot]
        for slot in known.slots
    ]


def _expanded(
    known: Statement, extracted: Any, given: Mapping[str, Any] | None
) -> tuple[str, list[Any]]:
    """Text and values of a statement with a list in it: the text depends on the list's length."""
    compiled = known.compiled
    values = compiled.construct_params(
        cast(Any, given), extracted_parameters=extracted, escape_names=False
    )
    full = compiled._process_parameters_for_postcompile(values)
    values = {**values, **full.additional_parameters}
    return full.statement, [values[name] for name in full.positiontup or ()]


class SwiftStore(Store):
    """A store in memory, for one thread; it begins as a switch that has just been set up."""

    def __init__(self) -> None:
        engine = _engine()
        super().__init__(engine, engine, one_connection=True)
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        self.raw.deserialize(_template())
        self.raw.execute("PRAGMA foreign_keys = ON")
        self.raw.execute("PRAGMA journal_mode = MEMORY")
        self._connection = cast(Connection, SwiftConnection(self.raw))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See Store."""
        self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self.raw.execute("ROLLBACK")
            raise
        self.raw.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See Store. Nobody writes meanwhile, so no transaction is needed to see one state."""
        yield self._connection

    @contextmanager
    def survey(self) -> Iterator[Connection]:
        """See Store."""
        yield self._connection

    def close(self) -> None:
        """See Store."""
        self.raw.close()


@cache
def _template() -> bytes:
    """The database of a fresh switch with its customers, made by the product itself."""
    with Store.open("sqlite://", durable=False) as store:
        with open_scheme(store), store.read() as connection:
            raw: Any = connection.connection.dbapi_connection
            made: bytes = raw.serialize()
        return made
