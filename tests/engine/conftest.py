"""One till, its switch and its customers in this process, where every answer may go wrong.

The product's engine on the product's journal, before the product's rules and witness; the line is
where a request or an answer is lost, refused or altered, once, as a test plans it. Time passes
when a test says so. Apart from the tests because each of them tells one story with it.
"""

import errno
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import apsw
import pytest

from pos.engine import Clock, Engine, Parts
from pos.fingerprint import Fingerprints
from pos.journal import Journal
from pos.journal.writing import WAL_BYTES_MAX
from pos.proof.disk import Files, Op, TapedDisk
from pos.proof.simulation.fate import DAY, NONE, Fate
from pos.proof.simulation.switch import MortalSwitch
from pos.sale.input import Charge, Next, Presenting, Scanned
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.mode import COUNTER
from pos.sale.receipt import Receipt
from pos.sale.report import Report
from pos.sale.secret import Secret
from pos.sale.view import Notice, View
from pos.scheme.partners import Behaviour
from pos.switch.client import WireSwitch
from pos.switch.exchange import Exchange
from tests.engine.line import Faults, Line

CLIENT = "till-1"
TERMINAL = Terminal("T01", Merchant("M-1", "Fjord Kafe", "5814"), Store("OSL-1", "Oslo S"), "NOK")
OPENS_S = DAY + 10 * 3600.0  # Unix seconds; what is paid now may be cancelled for hours
TURN_COUNT_MAX = 200


class Shop:
    """The till of one test. `start` it, and again for a new process on the same journal."""

    def __init__(self, folder: Path) -> None:
        self.fate = Fate(1, NONE)
        self.fate.epoch_s = OPENS_S
        self.switch = MortalSwitch(self.fate)
        self.line = Line(self.fate, self._deliver)
        self.files = Files()
        self.views: list[View] = []
        self.eye: list[str] = []
        self.slips: list[tuple[str, int]] = []
        self.paper = _Paper(self.slips)
        self.client = CLIENT
        self.engine: Engine
        self.book: Journal
        self.folder = folder
        self._jump_s = 0.0
        self._parts: Parts

    def start(self, **changes: Any) -> None:
        """A new process of the till; `changes` are to its Parts."""
        self.open(**changes)
        self.engine.start()

    def open(self, **changes: Any) -> None:
        """The same, before it has done anything."""
        self.leave()
        self._disk = _Disk(self.files)
        self.book = Journal(self.folder / "journal.db", self._disk)
        self._parts = Parts(
            self.book,
            WireSwitch(cast(Exchange, self.line), TERMINAL),
            Fingerprints(self.folder),
            TERMINAL,
            COUNTER,
            eye=_Eye(self.eye),
            paper=self.paper,
            clock=Clock(lambda: self.fate.now_s, self.wall_s),
            new_id=lambda: f"{self.fate.names.getrandbits(128):032x}",
        )
        self.engine = Engine(replace(self._parts, **changes), self.views.append)

    def leave(self) -> None:
        """The till's process ends."""
        if hasattr(self, "book"):
            self.book.close()

    def copied(self) -> dict[str, bytes]:
        """What lies on the till's disk."""
        return {name: bytes(raw) for name, raw in self.files.contents.items()}

    def put_back(self, copy: dict[str, bytes]) -> None:
        """The till starts on an older copy of its disk."""
        self.leave()
        self.files = Files(copy)
        self.start()

    def wall_s(self) -> float:
        """Unix seconds by the till's clock."""
        return self.fate.epoch_s + self.fate.now_s + self._jump_s

    def jump_clock(self, seconds: float) -> None:
        """Set the till's wall clock forward or back."""
        self._jump_s += seconds

    @property
    def view(self) -> View:
        """What is shown."""
        return self.views[-1]

    def code(self, behaves: str = "pays", wallet: str = "vipps") -> str:
        """A fresh payment code."""
        return self.switch.scheme.customers.new_code(wallet, behaviour=Behaviour(behaves))

    def scan(self, code: str) -> None:
        """The camera reads a code."""
        self.engine.handle(Scanned(Secret(code), "QR"))

    def charge(self, behaves: str = "pays", typed: str = "129") -> str:
        """A sale by a fresh code, as far as the first answer; its request id."""
        self.engine.handle(Charge(typed, Presenting.CUSTOMER))
        self.scan(self.code(behaves))
        return self.view.request_id

    def show(self, typed: str = "129") -> str:
        """A sale by a code of ours, as far as the first answer; its request id."""
        self.engine.handle(Charge(typed, Presenting.MERCHANT))
        return self.view.request_id

    def paid(self, typed: str = "129") -> str:
        """A sale that is paid and off the desk; its request id."""
        request_id = self.charge(typed=typed)
        self.engine.handle(Next())
        return request_id

    def work(self) -> float:
        """Do the most overdue thing; seconds until the next."""
        return self.engine.work()

    def go_on(self, seconds: float = 0.0) -> None:
        """Let time pass, working whenever something is due, at least once."""
        until_s = self.fate.now_s + seconds
        for _ in range(TURN_COUNT_MAX):
            wait_s = self.engine.work()
            if wait_s <= 0.0:
                continue
            if self.fate.now_s >= until_s:
                return
            self.fate.pass_time(min(wait_s, until_s - self.fate.now_s))
        raise AssertionError("The till does not come to rest.")

    def kinds(self, since: int = 0) -> list[str]:
        """The kinds of the entries after number `since`; orders have tests of their own."""
        return [kind for kind, _ in self.entries(since)]

    def entries(self, since: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """Kind and fields of the entries after number `since`, without those of orders."""
        return [each for each in self.all_entries(since) if each[0] != "OrderPlaced"]

    def all_entries(self, since: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """Kind and fields of the entries after number `since`."""
        query = "SELECT kind, body FROM journal WHERE seq > ? ORDER BY seq"
        found = self._disk.connection.execute(query, (since,))
        return [(kind, json.loads(body)) for kind, body in found]

    def grow_log(self) -> None:
        """The journal's log is larger than it may be: it is folded at the next chance."""
        with (self.folder / "journal.db-wal").open("wb") as file:
            file.truncate(WAL_BYTES_MAX + 1)

    def break_disk(self, *kinds: str) -> None:
        """From now on calls of these kinds fail, as those of a dying disk do."""

        def fail(op: Op) -> None:
            if op.kind in kinds:
                raise OSError(errno.EIO, "Input/output error")

        self.files.before = fail

    def forget_statements(self, begin: str) -> None:
        """From now on SQLite gives up the statements that begin so."""
        self._disk.connection.exec_trace = lambda _cursor, sql, _named: not sql.startswith(begin)

    def mend_disk(self) -> None:
        """It works again."""
        self.files.before = lambda _op: None

    def close(self) -> None:
        """Forget everything."""
        self.mend_disk()
        self.leave()
        self.switch.close()
        assert self.switch.trouble == []

    def _deliver(self, api: str, body: bytes, mark: str) -> bytes | None:
        return self.switch.answer(self.client, api, body, mark)


class _Disk(TapedDisk):
    """The disk in memory; whoever asks reads past the journal what lies on it."""

    connection: apsw.Connection

    def connect(self, path: Path) -> apsw.Connection:
        """See Disk."""
        self.connection = super().connect(path)
        return self.connection


@dataclass
class _Eye:
    """A camera that nothing is held before: what it was told is kept."""

    told: list[str]

    def arm(self) -> None:
        """See pos.engine.Eye."""
        self.told.append("arm")

    def resume(self) -> None:
        """See pos.engine.Eye."""
        self.told.append("resume")

    def disarm(self) -> None:
        """See pos.engine.Eye."""
        self.told.append("disarm")


@dataclass
class _Paper:
    """A printer that says nothing by itself: a test says what it says."""

    slips: list[tuple[str, int]]
    receipts: list[Receipt] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    look_count: int = 0
    drawer_count: int = 0

    def print(self, receipt: Receipt) -> None:
        """See Paper."""
        self.receipts.append(receipt)
        self.slips.append((receipt.document_id, receipt.number))

    def report(self, report: Report) -> None:
        """See Paper."""
        self.reports.append(report)

    def look(self) -> None:
        """See Paper."""
        self.look_count += 1

    def open_drawer(self) -> None:
        """See Paper."""
        self.drawer_count += 1


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose till has not been started."""
    made = Shop(tmp_path)
    yield made
    made.close()


@pytest.fixture
def till(shop: Shop) -> Shop:
    """A shop whose till is at work."""
    shop.start()
    return shop


@pytest.fixture
def faults(shop: Shop) -> Faults:
    """What may go wrong on its line."""
    return Faults(shop.fate)


def said(notice: Notice | None) -> tuple[str, dict[str, str], bool]:
    """A notice's key, values and gravity."""
    assert notice is not None
    return notice.key, dict(notice.values), notice.grave
