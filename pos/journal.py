"""The durable record of account: append an entry and move the payment, or neither.

Apart because one file, one connection and one writer are what make "written down" mean
something: every append is one synced transaction of an append-only, hash-chained table.

The settings are those of a store that must survive power cuts on a card: `synchronous=EXTRA`
before `journal_mode=WAL` (the other order can bring a deleted set-up journal back), no
automatic checkpoint inside a sale, no memory map. Locking stays normal so that readers are
welcome while a till sells; one writing process at a time is held by a lock file, and the
SQLite that apsw bundles is free of the WAL-reset race that exclusive locking would side-step.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw

from pos.errors import JournalBusy, JournalDamaged, JournalError, JournalUnwritable
from pos.sale.history import Entry, History
from pos.sale.record import decode, encode

APPLICATION_ID = 0x534B4A31  # "SKJ1"
SCHEMA_VERSION = 1
GENESIS = bytes(32)
FREE_BYTES_MIN = 64 * 1024 * 1024
WAL_BYTES_MAX = 4 * 1024 * 1024

_DOMAIN = b"pos-journal-1"

_SCHEMA = """
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


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal as it lies on the disk. `hash` is 32 bytes."""

    seq: int
    kind: str
    body: dict[str, Any]
    hash: bytes

    def entry(self) -> Entry:
        """The entry that was written. Raises JournalDamaged when this version cannot read it."""
        return decode(self.kind, self.body)


def chained(previous: bytes, seq: int, kind: str, body: str) -> bytes:
    """SHA-256 over domain, previous hash, length and canonical text of one row; 32 bytes."""
    canonical = json.dumps([seq, kind, body], ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.sha256(
        _DOMAIN + previous + len(canonical).to_bytes(8, "big") + canonical
    ).digest()


class Journal:
    """The open journal of one terminal, for the one process that writes it.

    `history` is the fold of everything written; only `append` changes it. Use as a context
    manager or call `close`. After any failed append the journal is `poisoned`: nothing more is
    written in this process, because a failed commit means "unknown", not "not written".
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = History()
        self.poisoned: JournalError | None = None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(path.with_suffix(".lock"))
        try:
            self._connection = _opened(path)
        except BaseException:
            os.close(self._lock)
            raise
        try:
            self.seq, self.head = self._load()
        except BaseException:
            self.close()
            raise

    def _load(self) -> tuple[int, bytes]:
        seq, head = 0, GENESIS
        for row in _verified(self._connection):
            self.history.apply(row.entry())
            seq, head = row.seq, row.hash
        return seq, head

    def append(self, entry: Entry) -> bool:
        """Make `entry` durable and move the history, or do neither; False when it changes nothing.

        Raises IllegalMove with nothing written; raises JournalUnwritable when the disk refused,
        after which the journal is poisoned.
        """
        if self.poisoned is not None:
            raise self.poisoned
        if not self.history.would_change(entry):
            return False
        kind, fields = encode(entry)
        body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        seq = self.seq + 1
        head = chained(self.head, seq, kind, body)
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", (seq, kind, body, self.head, head)
                )
        except (apsw.Error, OSError) as fault:
            self.poisoned = JournalUnwritable(
                f"The journal {self.path} could not be written ({_plainly(fault)}); free space "
                "or replace the disk, then start the till again."
            )
            raise self.poisoned from fault
        self.history.apply(entry)
        self.seq, self.head = seq, head
        return True

    def check_room(self) -> None:
        """Raise JournalUnwritable when the disk is too full to promise a whole sale."""
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < FREE_BYTES_MIN:
            raise JournalUnwritable(
                f"Less than {FREE_BYTES_MIN // 2**20} MiB is free for {self.path}; "
                "free space, then sell again."
            )

    def tidy(self) -> None:
        """Fold the write-ahead log into the file; called when nothing is open, or it is large."""
        if self.poisoned is None:
            with suppress(apsw.BusyError):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def large(self) -> bool:
        """Whether the write-ahead log has grown past its limit."""
        wal = self.path.with_name(self.path.name + "-wal")
        return wal.exists() and wal.stat().st_size > WAL_BYTES_MAX

    def close(self) -> None:
        """Close the file and give up the lock; may be called twice."""
        if self._lock >= 0:
            self._connection.close()
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def rows(path: Path) -> Iterator[Row]:
    """Every row, checked against the chain, without writing or locking out the till.

    Raises JournalDamaged naming the first entry that is not what was written.
    """
    if not path.exists():
        raise JournalError(f"There is no journal at {path}; name the folder with --state.")
    connection = _reading(path)
    try:
        yield from _verified(connection)
    finally:
        connection.close()


def read(path: Path) -> History:
    """The fold of the journal at `path`, read only."""
    history = History()
    for row in rows(path):
        history.apply(row.entry())
    return history


def _locked(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise JournalUnwritable(
            f"The journal's lock {path} cannot be made ({fault.strerror}); check the disk and "
            "the rights of its folder."
        ) from fault
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise JournalBusy(
            "Another Samkassa process is using this journal; close it, or name another folder "
            "with --state."
        ) from None
    return descriptor


def _opened(path: Path) -> apsw.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = apsw.Connection(str(path))
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except apsw.NotADBError as fault:
        raise JournalDamaged(_not_a_journal(path)) from fault
    except (apsw.Error, OSError) as fault:
        raise JournalUnwritable(
            f"The journal {path} cannot be opened ({_plainly(fault)}); check the disk."
        ) from fault
    return connection


def _prepare(connection: apsw.Connection, path: Path) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma).fetchall()
    if _blank(connection):
        with connection:
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        _sync_folder(path.parent)
    elif _identity(connection) != (APPLICATION_ID, SCHEMA_VERSION):
        raise JournalDamaged(_not_a_journal(path))


def _identity(connection: apsw.Connection) -> tuple[int, int]:
    return connection.pragma("application_id"), connection.pragma("user_version")


def _blank(connection: apsw.Connection) -> bool:
    """Whether its maker has not come to write the first thing, or died before it."""
    held = connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    return not held and _identity(connection) == (0, 0)


def _reading(path: Path) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.execute("PRAGMA query_only=ON").fetchall()
        connection.set_busy_timeout(2000)
    except apsw.Error as fault:
        raise JournalDamaged(_not_a_journal(path)) from fault
    return connection


def _verified(connection: apsw.Connection) -> Iterator[Row]:
    previous, expected = GENESIS, 1
    try:
        if _blank(connection):
            return
        stored = connection.execute("SELECT seq, kind, body, prev, hash FROM journal ORDER BY seq")
        for seq, kind, body, prev, found in stored:
            if seq != expected:
                raise JournalDamaged(_changed(expected, "is missing"))
            if prev != previous or found != chained(previous, seq, kind, body):
                raise JournalDamaged(_changed(seq, "is not what was written"))
            yield Row(seq, kind, json.loads(body), found)
            previous, expected = found, seq + 1
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError) as fault:
        raise JournalDamaged(_changed(expected, "cannot be read")) from fault


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed(seq: int, how: str) -> str:
    return (
        f"Entry {seq} of the journal {how}, so nothing may be sold on it; keep the file, call "
        "your service partner, and start with a new --state folder."
    )


def _not_a_journal(path: Path) -> str:
    return f"{path} is not a journal of this version; keep it, and name another --state folder."


def _plainly(fault: Exception) -> str:
    return str(fault).split("\n", 1)[0] or type(fault).__name__
