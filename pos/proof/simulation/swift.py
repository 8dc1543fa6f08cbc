"""The switch's database in memory, with the product's own SQL and nothing between it and SQLite.

Apart because it is about speed alone. The rules of the switch build their statements with
SQLAlchemy, and SQLAlchemy compiles them here too; only its engine, pool and result objects, which
take most of the time of a statement, are replaced by the few lines that the rules need of them.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sqlalchemy
from sqlalchemy import Connection, Engine, Select, create_engine
from sqlalchemy.engine import Dialect

from pos.errors import SettingsError
from pos.proof.simulation.rows import Answer
from pos.proof.simulation.statement import Statement, expanded, filled, prepare, row_of
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store


@cache
def _engine() -> Engine:
    """An engine that has seen a real connection, so that it knows what this SQLite can do."""
    if not sqlalchemy.__version__.startswith(KNOWN):
        raise SettingsError(
            f"The simulation knows SQLAlchemy {KNOWN}x from the inside, and this is "
            f"{sqlalchemy.__version__}; install that version to prove with."
        )
    engine = create_engine("sqlite://")
    with engine.connect():
        pass
    engine.dispose()
    return engine


@cache
def _dialect() -> Dialect:
    return _engine().dialect


KNOWN = "2.1."
_KEPT = "_kept_by_the_proof"
_cache: dict[Any, Any] = {}
_prepared: dict[int, Statement] = {}


class SwiftConnection:
    """As much of a SQLAlchemy connection as the rules of the switch use."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.dialect = _dialect()
        self.changed = True  # whether there is a way back to where the transaction began

    def execute(
        self,
        statement: Any,
        given: dict[str, Any] | list[dict[str, Any]] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Run one statement, with the values given beside it, or once for each list of them."""
        if not self.changed and not (isinstance(statement, Select)):
            self.changed = True
            self.raw.execute("SAVEPOINT step")
        if isinstance(given, list):
            known, extracted = self._compiled(statement, given[0], many=True)
            rows = [filled(known, extracted, row) for row in given]
            return Answer([], self.raw.executemany(known.text, rows).rowcount, (), tuple)
        known, extracted = self._compiled(statement, given or {}, many=False)
        values: Sequence[Any]
        if known.expands:
            text, values = expanded(known, extracted, given)
        elif known.pick is not None and given:
            text, values = known.text, known.pick(given)
        else:
            text, values = known.text, filled(known, extracted, given)
        cursor = self.raw.execute(text, values)
        if known.names:
            return Answer(cursor.fetchall(), cursor.rowcount, known.names, known.make)
        if cursor.description is None:
            return Answer([], cursor.rowcount, (), tuple)
        # Of a statement that was given as text, only its answer tells the columns.
        names = tuple(column[0] for column in cursor.description)
        return Answer(cursor.fetchall(), cursor.rowcount, names, row_of(names)._make)

    def _compiled(
        self, statement: Any, given: Mapping[str, Any], *, many: bool
    ) -> tuple[Statement, Any]:
        """What SQLAlchemy makes of a statement; kept with it, for one that is used again."""
        kept = statement.__dict__.get(_KEPT)
        if kept is not None and kept[0] is many and kept[1] == given.keys():
            return kept[2], kept[3]
        compiled, extracted, *_ = statement._compile_w_cache(
            self.dialect,
            compiled_cache=_cache,
            column_keys=sorted(given),
            for_executemany=many,
            schema_translate_map=None,
        )
        known = _prepared.get(id(compiled))
        if known is None:
            known = _prepared[id(compiled)] = prepare(compiled)
        statement.__dict__[_KEPT] = many, dict.fromkeys(given).keys(), known, extracted
        return known, extracted


class SwiftStore(Store):
    """A store in memory, for one thread; it begins as a switch that has just been set up.

    All that it ever holds is one transaction, which `close` takes back: so the next one can go on
    with the same connection, and SQLite need not prepare its statements again.
    """

    def __init__(self) -> None:
        engine = _engine()
        super().__init__(engine, engine, one_connection=True)
        self.raw = _idle.pop() if _idle else _connected()
        self.raw.execute("BEGIN IMMEDIATE")
        self._closed = False
        self._fresh = True  # taking all back leaves a fresh switch
        self._swift = SwiftConnection(self.raw)
        self._connection = cast(Connection, self._swift)
        self._lent = nullcontext(self._connection)

    def write(self) -> AbstractContextManager[Connection]:  # type: ignore[override]
        """See Store."""
        return Writing(self._swift, None)

    def read(self) -> AbstractContextManager[Connection]:  # type: ignore[override]
        """See Store. Nobody writes meanwhile, so no transaction is needed to see one state."""
        return self._lent

    def survey(self) -> AbstractContextManager[Connection]:  # type: ignore[override]
        """See Store."""
        return self._lent

    def kept(self) -> bytes:
        """All that it holds now, to be put back."""
        raw: Any = self.raw
        self.raw.execute("COMMIT")
        copy: bytes = raw.serialize()
        self.raw.execute("BEGIN IMMEDIATE")
        self._fresh = False
        return copy

    def put_back(self, kept: bytes) -> None:
        """Hold what was `kept`, and nothing else."""
        raw: Any = self.raw
        self.raw.execute("ROLLBACK")
        raw.deserialize(kept)
        self.raw.execute("PRAGMA foreign_keys = ON")
        self.raw.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Forget everything; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self.raw.execute("ROLLBACK")
        if self._fresh:
            _idle.append(self.raw)
        else:
            self.raw.close()


@dataclass(slots=True)
class Writing:
    """One transaction of the switch; `step` is called before it and after it.

    SQLite need not know of it before it changes something.
    """

    swift: SwiftConnection
    step: Callable[[], None] | None

    def __enter__(self) -> Connection:
        if self.step is not None:
            self.step()
        self.swift.changed = False
        return cast(Connection, self.swift)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.swift.changed:
            if kind is not None:
                self.swift.raw.execute("ROLLBACK TO step")
            self.swift.raw.execute("RELEASE step")
        self.swift.changed = True
        if kind is None and self.step is not None:
            self.step()


_idle: list[sqlite3.Connection] = []


def _connected() -> sqlite3.Connection:
    raw = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
    with closing(sqlite3.connect(":memory:")) as made:
        made.deserialize(_template())
        made.backup(raw)
    raw.execute("PRAGMA foreign_keys = ON")
    return raw


@cache
def _template() -> bytes:
    """The database of a fresh switch with its customers, made by the product itself."""
    with Store.open("sqlite://", durable=False) as store:
        with open_scheme(store), store.read() as connection:
            raw: Any = connection.connection.dbapi_connection
            made: bytes = raw.serialize()
        return made
