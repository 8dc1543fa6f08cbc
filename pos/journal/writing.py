"""The open journal of one till, and how everybody else reads it.

Apart from the disk under it and the chain in it: here one process appends, and what it was told
is durable, or it is told that it may not be.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw

from pos.errors import JournalError, JournalUnwritable
from pos.journal.chain import GENESIS, Row, chained, verified
from pos.journal.disk import Disk, locked, opened, plainly, reading
from pos.sale.history import Entry, History
from pos.sale.record import encode

FREE_BYTES_MIN = 64 * 1024 * 1024
WAL_BYTES_MAX = 4 * 1024 * 1024

_DISK = Disk()
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Journal:
    """The open journal of one terminal, for the one process that writes it.

    `history` is the fold of everything written; only `append` changes it. Use as a context
    manager or call `close`. After any failed append the journal is `poisoned`: nothing more is
    written in this process, because a failed commit means "unknown", not "not written".
    """

    def __init__(self, path: Path, disk: Disk = _DISK) -> None:
        self.path = path
        self.history = History()
        self.poisoned: JournalError | None = None
        self._disk = disk
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = locked(disk, path.with_suffix(".lock"))
        try:
            self._connection = opened(disk, path)
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
        try:
            for row in verified(self._connection):
                row.fold_into(self.history)
                seq, head = row.seq, row.hash
        except (apsw.Error, OSError) as fault:
            raise JournalUnwritable(
                f"The journal {self.path} cannot be read ({plainly(fault)}); check the disk."
            ) from fault
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
        body = _CANONICAL.encode(fields)
        seq = self.seq + 1
        head = chained(self.head, seq, kind, body)
        try:
            # One statement is a transaction by itself.
            self._connection.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", (seq, kind, body, self.head, head)
            )
        except (apsw.Error, OSError) as fault:
            self.poisoned = JournalUnwritable(
                f"The journal {self.path} could not be written ({plainly(fault)}); free space "
                "or replace the disk, then start the till again."
            )
            raise self.poisoned from fault
        self.history.apply(entry)
        self.seq, self.head = seq, head
        return True

    def holds(self, seq: int, head: bytes) -> bool:
        """Whether entry `seq` is there with this hash; entry 0 is what is before the first.

        Raises JournalUnwritable when the disk cannot say.
        """
        if seq == 0:
            return head == GENESIS
        try:
            found = self._connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).get
        except (apsw.Error, OSError) as fault:
            raise JournalUnwritable(
                f"The journal {self.path} cannot be read ({plainly(fault)}); check the disk."
            ) from fault
        return bool(found == head)

    def check_room(self) -> None:
        """Raise JournalUnwritable when the disk is too full to promise a whole sale."""
        try:
            free_bytes = self._disk.free_bytes(self.path.parent)
        except OSError as fault:
            raise JournalUnwritable(
                f"The disk of {self.path} does not answer ({fault.strerror}); check it, then "
                "start the till again."
            ) from fault
        if free_bytes < FREE_BYTES_MIN:
            raise JournalUnwritable(
                f"Less than {FREE_BYTES_MIN // 2**20} MiB is free for {self.path}; "
                "free space, then sell again."
            )

    def tidy(self) -> None:
        """Fold the write-ahead log into the file; called when nothing is open, or it is large.

        Raises JournalUnwritable when the disk refused, after which the journal is poisoned.
        """
        if self.poisoned is not None:
            return
        try:
            with suppress(apsw.BusyError):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (apsw.Error, OSError) as fault:
            self.poisoned = JournalUnwritable(
                f"The journal {self.path} could not be tidied ({plainly(fault)}); replace the "
                "disk, then start the till again."
            )
            raise self.poisoned from fault

    def large(self) -> bool:
        """Whether the write-ahead log has grown past its limit."""
        try:
            size_bytes = self.path.with_name(self.path.name + "-wal").stat().st_size
        except OSError:  # not there, or not to be seen: the next append says why
            return False
        return size_bytes > WAL_BYTES_MAX

    def close(self) -> None:
        """Close the file and give up the lock; may be called twice."""
        if self._lock >= 0:
            # What is written down needs no closing: a disk that fails here has lost nothing.
            with suppress(apsw.Error, OSError):
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
    connection = reading(path)
    try:
        yield from verified(connection)
    finally:
        connection.close()


def read(path: Path) -> History:
    """The fold of the journal at `path`, read only."""
    history = History()
    for row in rows(path):
        row.fold_into(history)
    return history
