"""The journal, the store and the wallets of the product, made mortal.

Apart from the world because each is the product's own class with nothing changed but that it
may die, or fall silent, before and after each thing it does, and that its disk is memory.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import Connection

from pos.errors import JournalDamaged
from pos.journal import GENESIS, Disk, Journal, Row, chained
from pos.proof.planting import Planting, planted
from pos.proof.simulation.fate import Fate
from pos.proof.simulation.swift import SwiftStore, Writing
from pos.sale.history import Entry
from pos.scheme.partners import Charge, Outcome, PartnerUnreachable
from pos.scheme.wallet import SimulatedWallet

_PATH = Path("journal.db")
_STORED = "SELECT seq, kind, body, prev, hash FROM journal ORDER BY seq"


class ReadRow(Row):
    """A row that is made an entry once, however often it is read."""

    __slots__ = ("_made",)
    _made: Entry

    def entry(self) -> Entry:
        """As the product's."""
        if not hasattr(self, "_made"):
            object.__setattr__(self, "_made", super().entry())  # it is frozen
        return self._made


class MemoryDisk(Disk):
    """A disk that is memory: it keeps what is written through deaths, and is gone at the end."""

    pragmas = ()  # what they protect from cannot happen here

    def __init__(self) -> None:
        self.forgotten_count = 0
        self._seen: list[tuple[Any, ...]] = []  # what lay there, and below what was read of it
        self._verified: list[Row] = []
        self.connection = apsw.Connection(":memory:")
        self.connection.deserialize("main", _template())

    def make(self, path: Path) -> None:
        """It is there."""

    def lock(self, path: Path) -> int:
        """Nobody else can have it."""
        return -1

    def connect(self, path: Path) -> apsw.Connection:
        """The same for every till that starts on this disk."""
        return self.connection

    def forget(self, count: int) -> None:
        """Lose the newest `count` rows: they were acknowledged, and never left the card's memory.

        What refuses to remove rows is in the file, so it is put aside for as long as that takes.
        """
        self.forgotten_count += count
        find = "SELECT sql FROM sqlite_schema WHERE name = 'journal_is_final_delete'"
        ((guard,),) = self.connection.execute(find).fetchall()
        self.connection.execute("DROP TRIGGER journal_is_final_delete")
        self.connection.execute(
            "DELETE FROM journal WHERE seq > (SELECT max(seq) FROM journal) - ?", (count,)
        )
        self.connection.execute(str(guard))

    def verified(self, connection: apsw.Connection) -> Iterator[Row]:
        """As pos.journal.chain.verified."""
        stored: list[Any] = connection.execute(_STORED).fetchall()
        same = len(self._seen)
        while stored[:same] != self._seen[:same]:
            same -= 1
        del self._seen[same:], self._verified[same:]
        head = self._verified[-1].hash if self._verified else GENESIS
        for count, (seq, kind, body, prev, found) in enumerate(stored[same:], same + 1):
            if (seq, prev, found) != (count, head, chained(head, seq, kind, body)):
                raise JournalDamaged(f"Entry {count} is not what was written.")
            self._seen.append((seq, kind, body, prev, found))
            self._verified.append(ReadRow(seq, kind, json.loads(body), found))
            head = found
        return iter(self._verified)

    def sync_folder(self, folder: Path) -> None:
        """There is no folder."""

    def free_bytes(self, folder: Path) -> int:
        """Enough; a full disk is for another gate."""
        return 2**40


class MortalJournal(Journal):
    """The journal of a till that may die before and after every entry.

    `noted` hears of every entry that is written down.
    """

    def __init__(
        self, disk: MemoryDisk, step: Callable[[], None], noted: Callable[[Entry], None]
    ) -> None:
        self._memory = disk
        super().__init__(_PATH, disk)
        self._step = step
        self._noted = noted

    def _load(self) -> tuple[int, bytes]:
        """As the product's; but what was read and verified once, on a disk that nobody else can
        touch, is not once more while it is the same to the last byte."""

        def plant(planting: Planting) -> None:
            planting.attribute(sys.modules[Journal.__module__], "verified", self._memory.verified)

        with planted(plant):
            return super()._load()

    def large(self) -> bool:
        """Memory has no write-ahead log."""
        return False

    def append(self, entry: Entry) -> bool:
        """As the product's, between two chances to die."""
        self._step()
        written = super().append(entry)
        if written:
            self._noted(entry)
            self._step()
        return written


@cache
def _template() -> bytes:
    """A journal into which nothing is written yet, as the product makes it."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "journal.db"
        Journal(path).close()
        made = apsw.Connection(str(path))
        made.pragma("journal_mode", "delete")  # memory has no write-ahead log
        whole = made.serialize("main")
        made.close()
    return whole


class MortalStore(SwiftStore):
    """The store of a switch that may die before and after every transaction."""

    step: Callable[[], None] | None = None

    def write(self) -> AbstractContextManager[Connection]:  # type: ignore[override]
        """As the product's, between two chances to die."""
        return Writing(self._swift, self.step)


@dataclass(frozen=True, slots=True)
class FarWallet:
    """A wallet behind a line that may fail before or after the wallet has acted."""

    wallet: SimulatedWallet
    fate: Fate

    @property
    def name(self) -> str:
        """The wallet's."""
        return self.wallet.name

    @property
    def psp_name(self) -> str:
        """The wallet's."""
        return self.wallet.psp_name

    @property
    def currency(self) -> str:
        """The wallet's."""
        return self.wallet.currency

    def holder(self, code: str) -> str | None:
        """See Partner."""
        with self._line():
            return self.wallet.holder(code)

    def charge(self, charge: Charge) -> Outcome:
        """See Partner."""
        with self._line():
            return self.wallet.charge(charge)

    def status(self, payment_id: str) -> Outcome | None:
        """See Partner."""
        with self._line():
            return self.wallet.status(payment_id)

    def close(self, payment_id: str) -> Outcome:
        """See Partner."""
        with self._line():
            return self.wallet.close(payment_id)

    def reverse(self, payment_id: str) -> bool:
        """See Partner."""
        with self._line():
            return self.wallet.reverse(payment_id)

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """See Partner."""
        with self._line():
            self.wallet.refund(refund_id, payment_id, value)

    @contextmanager
    def _line(self) -> Iterator[None]:
        if self.fate.strikes(self.fate.rates.wallet_unreachable):
            raise PartnerUnreachable("The request was lost.")
        yield
        if self.fate.strikes(self.fate.rates.wallet_unreachable):
            raise PartnerUnreachable("The answer was lost.")
