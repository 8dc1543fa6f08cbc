"""The switch's database: opening it safely, and its two kinds of transaction.

Apart from tables and rules so that everything particular to SQLite (settings, locks, who may
write when) stands here alone, and another database can take its place.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from pos.errors import SettingsError
from pos.scheme.tables import metadata

BUSY_TIMEOUT_MS = 10_000
_WRITES = "switch_writes"


class Store:
    """A database of the switch; several threads and several processes may share one file."""

    def __init__(self, engine: Engine, *, one_connection: bool) -> None:
        self._engine = engine
        self._one_connection = one_connection
        # Waiting here is fair and wakes at once; SQLite's own wait polls and can starve a thread.
        self._turn = threading.Lock()

    @classmethod
    def open(cls, url: str = "sqlite://", *, durable: bool = True) -> Self:
        """Open or make the database at `url`, such as `sqlite:////var/lib/pos/switch.db`.

        `sqlite://` alone is a database in memory, for one process. With `durable=False` a power
        cut may lose or break the file: for simulations. Raises SettingsError.
        """
        parsed = _parsed(url)
        in_memory = parsed.database in (None, "", ":memory:")
        if not in_memory:
            _make_folder(Path(str(parsed.database)).parent)
        arguments: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
        engine = create_engine(
            parsed,
            hide_parameters=True,  # errors are logged, and rows hold what concerns nobody
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
            **arguments,
        )
        _settle(engine, durable=durable and not in_memory)
        store = cls(engine, one_connection=in_memory)
        try:
            with store.write() as connection:
                metadata.create_all(connection)
        except DBAPIError as error:
            store.close()
            raise _unusable(parsed.database, error.orig) from None
        return store

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the right to write from its start; all of it or nothing."""
        with (
            self._turn,
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database."""
        if self._one_connection:
            with self.write() as connection:
                yield connection
            return
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection; may be called twice."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            f"--database {url!r} is not a database URL; write it like sqlite:///switch.db."
        ) from None
    if parsed.get_backend_name() != "sqlite" or parsed.query:
        raise SettingsError(
            "The switch keeps its books in SQLite; give --database like sqlite:///switch.db."
        )
    return parsed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error.strerror) from None


def _unusable(path: object, reason: object) -> SettingsError:
    return SettingsError(
        f"The switch's database {path} cannot be used ({reason}); check the path and its "
        "permissions, or name another with --database."
    )


def _settle(engine: Engine, *, durable: bool) -> None:
    """Give every connection its settings, and take the beginning of transactions in hand."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin by itself, and too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # Before journal_mode: the change of mode itself must survive a power cut.
        cursor.execute(f"PRAGMA synchronous = {'EXTRA' if durable else 'OFF'}")
        cursor.execute(f"PRAGMA journal_mode = {_journal_mode() if durable else 'MEMORY'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _journal_mode() -> str:
    """WAL where the linked SQLite is free of the WAL-reset race (https://sqlite.org/wal.html).

    The race needs two connections, and here several threads and processes write. Older versions
    get the rollback journal: slower, and just as safe against power cuts.
    """
    version = sqlite3.sqlite_version_info
    mended = (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )
    return "WAL" if mended else "DELETE"
