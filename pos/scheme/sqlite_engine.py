"""SQLite as the switch's database: its settings, its locks, and who may write when.

Apart from the store so that everything particular to SQLite stands here alone.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from pos.errors import SettingsError

BUSY_TIMEOUT_MS = 10_000
WRITES = "switch_writes"  # the execution option of a transaction that will write


def sqlite_engine(url: URL, *, durable: bool) -> Engine:
    """Connections to the file of `url`, or to a database in memory. Raises SettingsError."""
    if url.query:
        raise SettingsError(
            "A SQLite database takes no options; give --database like sqlite:///switch.db."
        )
    in_memory = is_in_memory(url)
    if not in_memory:
        _make_folder(Path(str(url.database)).parent)
    arguments: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = create_engine(
        url.set(drivername="sqlite"),
        hide_parameters=True,  # errors are logged, and rows hold what concerns nobody
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        **arguments,
    )
    _settle(engine, durable=durable and not in_memory)
    return engine


def is_in_memory(url: URL) -> bool:
    """Whether `url` is of a database that lives and dies with its one connection."""
    return url.database in (None, "", ":memory:")


def unusable(path: object, reason: object) -> SettingsError:
    """What a person is told of a file that cannot be the switch's database."""
    return SettingsError(
        f"The switch's database {path} cannot be used ({reason}); check the path and its "
        "permissions, or name another with --database."
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error.strerror) from None


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
        writes = connection.get_execution_options().get(WRITES, False)
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
