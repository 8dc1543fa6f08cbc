"""The gate of the failing disk: one error at every single call, passing or for good.

Apart from the power cuts because here the process lives on: it has to notice, to sell nothing
more, to bring what is open to an end, and to say why. After the next start the three books agree.
"""

import errno
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pos.errors import JournalError, PosError, WrongUse
from pos.journal import Journal
from pos.proof.disk import Files, Op, TapedDisk, killed
from pos.proof.disk_plants import BUGS
from pos.proof.gate import Pace, Planted, Progress, Result, Violation
from pos.proof.planting import planted
from pos.proof.power import JOURNAL, place
from pos.proof.stall import Stall
from pos.proof.workers import Workers

VIOLATIONS_SHOWN_MAX = 20
ERRORS_PER_S = 20
_ANY = frozenset({"read", "write", "cut", "sync", "sync_folder", "open", "lock", "make", "remove",
                  "stat"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to fail: which calls, with what, once or from then on, and with half of it done."""

    name: str
    calls: frozenset[str]
    number: int = errno.EIO
    lasting: bool = False
    torn: bool = False


KINDS = (
    Kind("eio", _ANY),
    Kind("eio-lasting", _ANY, lasting=True),
    Kind("full-lasting", frozenset({"write", "make"}), errno.ENOSPC, lasting=True),
    Kind("torn", frozenset({"write"}), torn=True),
    Kind("full", frozenset({"write", "make"}), errno.ENOSPC),
    Kind("torn-lasting", frozenset({"write"}), lasting=True, torn=True),
)


class Failing:
    """Counts the calls of one kind, and fails at the chosen one. `at` 0 only counts."""

    def __init__(self, files: Files, kind: Kind, at: int) -> None:
        self._files = files
        self._kind = kind
        self._at = at
        self.count = self.fired = 0
        files.before = self.before

    def begin(self) -> None:
        """Fail at the next call."""
        self._at = self.count + 1

    def before(self, op: Op) -> None:
        """See Files."""
        if op.kind not in self._kind.calls:
            return
        self.count += 1
        due = self.count >= self._at if self._kind.lasting else self.count == self._at
        if not self._at or not due:
            return
        self.fired += 1
        if self._kind.torn:
            self._files.apply(op._replace(data=op.data[: len(op.data) // 2]))
        raise OSError(self._kind.number, "the disk fails, as it was told to")


@dataclass(frozen=True, slots=True)
class Tried:
    """One error: how often it struck, whether the till halted over it, and what was wrong."""

    token: str
    fired: int
    halted: bool
    found: tuple[str, ...]


class DiskErrors:
    """See Gate."""

    name, number, title = "disk-errors", "G4", "Errors at every call to the disk"
    share, beside = 0.09, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: every call of the story, one kind of error after the other."""
        began_s, pace = time.monotonic(), Pace(budget_s, ERRORS_PER_S)
        tried = halted = swept = 0
        violations: list[Violation] = []
        tasks = [(seed, kind, at) for kind in KINDS for at in range(1, _count(seed, kind) + 1)]
        with Workers() as workers:
            bugs = list(workers.spread(_hunt, range(len(BUGS)), float("inf")))
            until_s = began_s + budget_s
            for done in workers.spread(_attempt, itertools.chain(tasks, _others(seed)), until_s):
                tried += done.fired > 0
                swept += 1
                halted += done.halted
                violations += [Violation(done.token, each) for each in done.found]
                progress(used := pace.used(tried), f"{tried:,} errors")
                if used >= 1.0:
                    break
        whole = "every call" if swept >= len(tasks) else f"{swept} of {len(tasks)} calls"
        return Result(
            tried,
            "errors",
            time.monotonic() - began_s,
            tuple(violations[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
            f"{whole} in turn; {halted:,} times the till halted and said why",
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed, a kind of error and a call."""
        parts = token.split(":")
        kinds = {kind.name: kind for kind in KINDS}
        if (
            len(parts) != 3
            or parts[1] not in kinds
            or not (parts[0].isdecimal() and parts[2].isdecimal())
        ):
            raise WrongUse(f"{token!r} is no error of the disk; copy it from the table.")
        return attempt(int(parts[0]), kinds[parts[1]], int(parts[2])).found


def _others(seed: int) -> Iterator[tuple[int, Kind, int]]:
    """When every call had its turn: other stories, anywhere in them."""
    chance = random.Random(seed)
    for other in itertools.count(seed + 1):
        kind = chance.choice(KINDS)
        yield other, kind, chance.randint(1, 60)


def _attempt(task: tuple[int, Kind, int]) -> Tried:
    return attempt(*task)


def attempt(seed: int, kind: Kind, at: int) -> Tried:
    """One story with one error in it, then a start on a disk that is well again."""
    with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place()) as name:
        folder = Path(name)
        stall, files = Stall(seed, folder), Files()
        failing = Failing(files, kind, at)
        try:
            told, found = _worked(stall, files, folder, seed)
            files.before = lambda _op: None
            found += _next_start(stall, files, folder, told.seq, told.head)
        finally:
            stall.close()
        return Tried(f"{seed}:{kind.name}:{at}", failing.fired, told.halted, tuple(found))


@dataclass(frozen=True, slots=True)
class _Told:
    """What the journal had acknowledged when the process ended."""

    seq: int = 0
    head: bytes = bytes(32)
    halted: bool = False


def _worked(stall: Stall, files: Files, folder: Path, seed: int) -> tuple[_Told, list[str]]:
    """The story on the failing disk, to the end of its process; what was wrong with it."""
    try:
        book = Journal(folder / JOURNAL, TapedDisk(files))
    except JournalError:
        return _Told(halted=True), []  # nothing was started, and a sentence says why
    stall.start(book)
    for step in _steps(stall, seed):
        step()
    at_rest = stall.settle()
    found = _misdeeds(stall, book, at_rest=at_rest)
    with killed(files):
        book.close()
    return _Told(book.seq, book.head, stall.engine.view().stopped is not None), found


def _steps(stall: Stall, seed: int) -> list[Callable[[], None]]:
    """What happens in the shop; the first is always the same, the rest in any order."""

    def tidy() -> None:
        stall.now_s += 60.0
        stall.engine.work()

    steps: list[Callable[[], None]] = [
        stall.give_back, lambda: stall.give_back("1.00"), stall.show_and_stop, tidy,
        lambda: stall.sell("pin"), lambda: stall.sell("declines"), lambda: stall.sell("silent"),
    ]  # fmt: skip
    random.Random(f"steps {seed}").shuffle(steps)
    return [stall.sell, *steps, stall.sell]


def _misdeeds(stall: Stall, book: Journal, *, at_rest: bool) -> list[str]:
    """What a till may not do while its disk fails, nor leave undone."""
    found = [
        f"F4: {each.reference} was asked for after the disk had failed"
        for each in stall.sent
        if each.halted and each.api == "pay"
    ]
    stopped = stall.engine.view().stopped
    if book.poisoned is not None and stopped is None:
        found.append("F4: the journal is poisoned, and the till does not say why it stands still")
    if stopped is not None and not dict(stopped.values).get("sentence"):
        found.append("F4: the till stands still and gives no reason")
    unsure = stall.engine.unsure
    left = [each.request_id for each in book.history.open_payments()]
    left += [each.refund_id for each in book.history.open_refunds()]
    if not at_rest and set(left) - unsure:
        found.append(f"F4: left open by the till whose disk failed: {sorted(set(left) - unsure)}")
    return found


def _next_start(stall: Stall, files: Files, folder: Path, seq: int, head: bytes) -> list[str]:
    """The next process, on a disk that works: everything acknowledged is there, all is settled."""
    try:
        book = Journal(folder / JOURNAL, TapedDisk(files))
    except PosError as fault:
        return [f"P11: the journal does not open any more: {fault}"]
    found = [] if book.holds(seq, head) else [f"P11: entry {seq}, acknowledged, is not there"]
    history = book.history
    reversals = {each.reversal_id for each in history.payments.values()}
    for each in stall.sent:
        known: set[str] = set(history.payments)
        if each.api == "refund":
            known = set(history.refunds) | reversals
        if each.api in ("pay", "refund") and each.reference not in known:
            found.append(f"P1: {each.api} {each.reference} was sent and is not written down")
    stall.start(book)
    if not stall.settle():
        found.append("Q1: the next start does not come to rest")
    book.close()
    image = folder / "image.db"
    image.write_bytes(bytes(files.contents[JOURNAL]))
    return found + stall.faults(image)


def _count(seed: int, kind: Kind) -> int:
    """How many calls of this kind the story makes on a disk that works."""
    with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place()) as name:
        stall, files = Stall(seed, Path(name)), Files()
        counting = Failing(files, kind, 0)
        try:
            _worked(stall, files, Path(name), seed)
        finally:
            stall.close()
        return counting.count


def _hunt(number: int) -> Planted:
    """After how many errors this planted bug shows."""
    bug, began_s = BUGS[number].__name__, time.monotonic()
    tasks = [(kind, at) for kind in KINDS[:2] for at in range(1, _count(0, kind) + 1)]
    for tried, (kind, at) in enumerate(tasks, 1):
        with planted(BUGS[number]):
            found = attempt(0, kind, at).found
        if found:
            return Planted(bug, tried, time.monotonic() - began_s, found[0])
    return Planted(bug, None, time.monotonic() - began_s)
