"""The journal's file on a disk: locked, made, opened with the settings that survive power cuts.

Apart from the entries so that everything that a disk can refuse stands in one place, and so that
the proof can put a disk of its own, which records or fails, under the very same journal.

`synchronous=EXTRA` comes before `journal_mode=WAL` (the other order can bring a deleted set-up
journal back), there is no automatic checkpoint inside a sale and no memory map. Locking stays
normal so that readers are welcome while a till sells; one writing process at a time is held by a
lock file, and the SQLite that apsw bundles is free of the WAL-reset race that exclusive locking
would side-step.
"""

import fcntl
import os
from pathlib import Path

import apsw

from pos.errors import JournalBusy, JournalDamaged, JournalUnwritable

APPLICATION_ID = 0x534B4A31  # "SKJ1"
SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER journal_is_final_update BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_final_delete BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
"""

# Pragmas in the order that matters; a benchmark opens bare SQLite with the same ones.
PRAGMAS = (
    "PRAGMA page_size=4096",
    "PRAGMA auto_vacuum=NONE",
    "PRAGMA synchronous=EXTRA",
    "PRAGMA journal_mode=WAL",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA mmap_size=0",
    "PRAGMA temp_store=MEMORY",
)


class Disk:
    """What the journal asks of the operating system beside SQLite's own reads and writes.

    Each may raise OSError, and `connect` apsw.Error; the journal says what that means.
    """

    pragmas: tuple[str, ...] = PRAGMAS

    def make(self, path: Path) -> None:
        """An empty file for this user alone, unless there is one."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def lock(self, path: Path) -> int:
        """A descriptor that holds the lock file. Raises BlockingIOError when another has it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def connect(self, path: Path) -> apsw.Connection:
        """The one connection, without any settings yet."""
        return apsw.Connection(str(path))

    def sync_folder(self, folder: Path) -> None:
        """Make the names in `folder` durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self, folder: Path) -> int:
        """What may still be written there."""
        state = os.statvfs(folder)
        return state.f_bavail * state.f_frsize


def locked(disk: Disk, path: Path) -> int:
    """The descriptor of the lock. Raises JournalBusy or JournalUnwritable."""
    try:
        return disk.lock(path)
    except BlockingIOError:
        raise JournalBusy(
            "Another Samkassa process is using this journal; close it, or name another folder "
            "with --state."
        ) from None
    except OSError as fault:
        raise JournalUnwritable(
            f"The journal's lock {path} cannot be made ({fault.strerror}); check the disk and "
            "the rights of its folder."
        ) from fault


def opened(disk: Disk, path: Path) -> apsw.Connection:
    """The journal open for writing, with its table. Raises JournalDamaged or -Unwritable."""
    try:
        disk.make(path)
        connection = disk.connect(path)
        try:
            _prepare(disk, connection, path)
        except BaseException:
            connection.close()
            raise
    except apsw.NotADBError as fault:
        raise JournalDamaged(_not_a_journal(path)) from fault
    except (apsw.Error, OSError) as fault:
        raise JournalUnwritable(
            f"The journal {path} cannot be opened ({plainly(fault)}); check the disk."
        ) from fault
    return connection


def reading(path: Path) -> apsw.Connection:
    """The journal open for reading, beside the till that writes it. Raises JournalDamaged."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.execute("PRAGMA query_only=ON").fetchall()
        connection.set_busy_timeout(2000)
    except apsw.Error as fault:
        raise JournalDamaged(_not_a_journal(path)) from fault
    return connection


def is_blank(connection: apsw.Connection) -> bool:
    """Whether its maker has not come to write the first thing, or died before it."""
    held = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    return not held and _identity(connection) == (0, 0)


def plainly(fault: Exception) -> str:
    """The first line of what SQLite or the system says."""
    return str(fault).partition("\n")[0] or type(fault).__name__


def _prepare(disk: Disk, connection: apsw.Connection, path: Path) -> None:
    for pragma in disk.pragmas:
        connection.execute(pragma).fetchall()
    if is_blank(connection):
        with connection:
            connection.execute(SCHEMA)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        disk.sync_folder(path.parent)
    elif _identity(connection) != (APPLICATION_ID, SCHEMA_VERSION):
        raise JournalDamaged(_not_a_journal(path))


def _identity(connection: apsw.Connection) -> tuple[int, int]:
    return connection.pragma("application_id"), connection.pragma("user_version")


def _not_a_journal(path: Path) -> str:
    return f"{path} is not a journal of this version; keep it, and name another --state folder."
