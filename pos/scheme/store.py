"""The switch's database: opening it safely, and its kinds of transaction.

Apart from tables and rules so that these need not know which database it is. SQLite serves one
machine; PostgreSQL any number of switch processes on any number of machines.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any, Self

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from pos.errors import SettingsError
from pos.scheme import postgresql_engine, sqlite_engine
from pos.scheme.express import Statement
from pos.scheme.schema import bring_up, migrate
from pos.scheme.sqlite_engine import WRITES

_SQLITE = "sqlite"
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Store:
    """A database of the switch; several threads and several processes may share it."""

    def __init__(self, engine: Engine, single: Engine, *, one_connection: bool) -> None:
        self._engine = engine
        self._single = single  # whose connections hold one statement each
        self._one_connection = one_connection
        self._is_sqlite = engine.dialect.name == _SQLITE
        self._reading = engine if self._is_sqlite else engine.execution_options(**_SNAPSHOT)
        # SQLite has one writer at a time. Waiting for it here is fair and wakes at once; SQLite's
        # own wait polls and can starve a thread.
        self._turn = threading.Lock() if self._is_sqlite else nullcontext()

    @classmethod
    def open(cls, url: str = "sqlite://", *, durable: bool = True) -> Self:
        """Open the database at `url`, and make its tables if it is empty.

        `sqlite:////var/lib/pos/switch.db`, `postgresql://user:password@host/switch`, or `sqlite://`
        alone: in memory, for one process. With `durable=False` a power cut may lose or break it:
        for simulations. Raises SettingsError, also for tables of another version.
        """
        parsed = _parsed(url)
        engine = _engine(parsed, durable=durable)
        is_sqlite = engine.dialect.name == _SQLITE
        single = engine if is_sqlite else postgresql_engine.single_engine(parsed, durable=durable)
        store = cls(engine, single, one_connection=_in_memory(parsed))
        try:
            with store.write() as connection:
                bring_up(connection)
            if durable and not store._is_sqlite:
                postgresql_engine.check_durable(engine)
        except DBAPIError as error:
            store.close()
            raise _unusable(parsed, error) from None
        except SettingsError:
            store.close()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write; all of it or nothing.

        On SQLite nobody else writes meanwhile. On PostgreSQL others do: what is read in order to
        be judged must be locked first, and each statement sees what was committed before it.
        """
        with (
            self._turn,
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database, and changes nothing."""
        if self._one_connection:
            with self.write() as connection:
                yield connection
            return
        with self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """One statement that may write, and is a transaction by itself.

        It spares PostgreSQL the asking for a beginning and an end. On SQLite, where asking costs
        nothing, it is as `write`, so what is one statement there may be several here.
        """
        if self._is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with self._single.connect() as connection:
            yield connection

    def glance(self, statement: Statement, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row that one reading statement finds among all that is committed by now."""
        with self.read() if self._is_sqlite else self._single.connect() as connection:
            return statement.row(connection, named)

    @contextmanager
    def survey(self) -> Iterator[Connection]:
        """As `read`, without a time limit: for reports over all that is kept."""
        with self.read() as connection:
            if not self._is_sqlite:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection

    def close(self) -> None:
        """Close every connection; may be called twice."""
        self._engine.dispose()
        self._single.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def insert_new(connection: Connection, table: Table, **columns: Any) -> bool:
    """Insert a row unless one with a key of its own is there; whether it was inserted.

    Waits for another transaction that is inserting the same; whoever gets False can read it back.
    """
    statement = _inserting(table, connection.dialect.name)
    done = connection.execute(statement, columns, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


@cache
def _inserting(table: Table, dialect: str) -> Insert:
    """Put together once for each table."""
    if dialect == _SQLITE:
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def migrate_database(url: str) -> tuple[str | None, str]:
    """Bring the tables at `url` to this version; the version before and the one after.

    Raises SettingsError.
    """
    parsed = _parsed(url)
    engine = _engine(parsed, durable=True).execution_options(**{WRITES: True})
    try:
        return migrate(engine)
    except DBAPIError as error:
        raise _unusable(parsed, error) from None
    finally:
        engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None  # not shown: what was meant as a URL may hold a password
    if parsed is None or parsed.get_backend_name() not in (_SQLITE, "postgresql"):
        raise SettingsError(
            "--database takes the URL of a SQLite or PostgreSQL database; write it like "
            "sqlite:///switch.db or postgresql://user:password@host/switch."
        )
    return parsed


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == _SQLITE and sqlite_engine.is_in_memory(url)


def _engine(url: URL, *, durable: bool) -> Engine:
    if url.get_backend_name() == _SQLITE:
        return sqlite_engine.sqlite_engine(url, durable=durable)
    return postgresql_engine.postgresql_engine(url, durable=durable)


def _unusable(url: URL, error: DBAPIError) -> SettingsError:
    if url.get_backend_name() == _SQLITE:
        return sqlite_engine.unusable(url.database, error.orig)
    return postgresql_engine.unusable(url, error)
