"""Who was let in here, and what was heard of elsewhere: durable before the light turns green.

Apart from the deciding because it is the one thing that a power cut must not take back: a ticket
that was admitted is used, whatever happens to the gate in the next moment. Moments are Unix
seconds.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw

from pos.errors import JournalUnwritable
from pos.journal.disk import PRAGMAS, Disk, locked

BOOK_NAME = "gate.db"
APPLICATION_ID = 0x534B4731  # "SKG1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS admitted (
    serial TEXT PRIMARY KEY, at REAL NOT NULL, persons INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS elsewhere (
    serial TEXT NOT NULL, gate TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (serial, gate)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS list (
    signer TEXT PRIMARY KEY, made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked (
    serial TEXT NOT NULL, signer TEXT NOT NULL, PRIMARY KEY (serial, signer)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One admission: which ticket, when, for how many."""

    serial: str
    at: float
    persons: int


class Book:
    """The gate's book in `folder`, for one process. Use as a context manager.

    Raises JournalBusy where another gate has it, JournalUnwritable where the disk fails.
    """

    def __init__(self, folder: Path) -> None:
        path, disk = folder / BOOK_NAME, Disk()
        self._lock = locked(disk, path.with_suffix(".lock"))
        try:
            disk.make(path)
            self._connection = disk.connect(path)
            for pragma in PRAGMAS:
                self._connection.execute(pragma).fetchall()
            self._connection.execute("PRAGMA wal_autocheckpoint=500").fetchall()
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}").fetchall()
            self._connection.execute(_SCHEMA)
            disk.sync_folder(folder)
        except (apsw.Error, OSError) as fault:
            os.close(self._lock)
            raise _unwritable(path, fault) from fault
        self._path = path

    def admit(self, entry: Entry) -> bool:
        """Enter it, durably; False where the ticket was used here before, and nothing changes."""
        try:
            self._connection.execute(
                "INSERT OR IGNORE INTO admitted VALUES (?, ?, ?)",
                (entry.serial, entry.at, entry.persons),
            )
            return bool(self._connection.changes())
        except apsw.Error as fault:
            raise _unwritable(self._path, fault) from fault

    def used(self, serial: str) -> tuple[str, float] | None:
        """Where ("" for here) and when the ticket was used first, as far as is known here."""
        here = self._connection.execute("SELECT '', at FROM admitted WHERE serial = ?", (serial,))
        query = "SELECT gate, at FROM elsewhere WHERE serial = ? ORDER BY at LIMIT 1"
        found = here.fetchone() or self._connection.execute(query, (serial,)).fetchone()
        return None if found is None else (str(found[0]), float(found[1]))

    def revoked(self, serial: str) -> bool:
        """Whether a list that is held says that it was given back."""
        query = "SELECT 1 FROM revoked WHERE serial = ?"
        return self._connection.execute(query, (serial,)).fetchone() is not None

    def since(self, at: float) -> list[Entry]:
        """What was admitted here from then on, oldest first."""
        query = "SELECT serial, at, persons FROM admitted WHERE at >= ? ORDER BY at, serial"
        return [Entry(*row) for row in self._connection.execute(query, (at,))]

    def learn(self, gate: str, entries: Iterable[Entry]) -> list[str]:
        """Take down what another gate admitted; serials that are news and were admitted here too:
        they were copied, and both gates let them in while apart."""
        twice = []
        try:
            with self._connection:
                for entry in entries:
                    self._connection.execute(
                        "INSERT OR IGNORE INTO elsewhere VALUES (?, ?, ?)",
                        (entry.serial, gate, entry.at),
                    )
                    query = "SELECT 1 FROM admitted WHERE serial = ?"
                    here = (entry.serial,)
                    if self._connection.changes() and self._connection.execute(query, here).get:
                        twice.append(entry.serial)
        except apsw.Error as fault:
            raise _unwritable(self._path, fault) from fault
        return twice

    def hold(self, signer: str, made_at: int, serials: Iterable[str]) -> bool:
        """Let this list of `signer` stand; False where one is held that was made no earlier."""
        held = self.made_at(signer)
        if held is not None and held >= made_at:
            return False
        try:
            with self._connection:
                self._connection.execute("DELETE FROM revoked WHERE signer = ?", (signer,))
                self._connection.executemany(
                    "INSERT INTO revoked VALUES (?, ?)", ((each, signer) for each in serials)
                )
                self._connection.execute(
                    "INSERT OR REPLACE INTO list VALUES (?, ?)", (signer, made_at)
                )
        except apsw.Error as fault:
            raise _unwritable(self._path, fault) from fault
        return True

    def made_at(self, signer: str = "") -> int | None:
        """When the list of this signer was made, or the oldest that is held; None for none."""
        query = "SELECT min(made_at) FROM list WHERE ? IN ('', signer)"
        found = self._connection.execute(query, (signer,)).get
        return None if found is None else int(found)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unwritable(path: Path, fault: Exception) -> JournalUnwritable:
    return JournalUnwritable(
        f"The gate's book {path} cannot be written ({fault}); nobody is let in before the disk "
        "is seen to."
    )
