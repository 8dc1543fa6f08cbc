"""The gate of the power cuts: the real journal on a recorded disk, cut after every single call.

Apart from the model of the medium, and from the gate of the lying cards: here a sync that was
promised was done, and so nothing that the journal acknowledged may be missing.
"""

import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pos import journal
from pos.errors import PosError, WrongUse
from pos.journal import Disk, Journal
from pos.proof.disk import Files, Op, TapedDisk, killed
from pos.proof.gate import Pace, Planted, Progress, Result, Violation
from pos.proof.planting import Plant, Planting, planted
from pos.proof.powercut import Image, Medium
from pos.proof.workers import Workers
from pos.sale.history import Entry
from pos.sale.incident import Started
from pos.sale.money import Amount
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Declined,
    Opened,
    Paid,
    ReversalDone,
    Scenario,
    StopReason,
    WindowClosed,
)
from pos.sale.printing import ReceiptBegun, ReceiptPrinted
from pos.sale.refund import RefundAsked, Refunded

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile
JOURNAL = "journal.db"
TORN_PER_CALL = 6
PROCESS_COUNT_MAX = 3
STORY_COUNT_MAX = 4
SEEDS_PER_BUG_MAX = 20
VIOLATIONS_SHOWN_MAX = 20
APPEND_EVERY = 7
IMAGES_PER_S = 820


@dataclass(frozen=True, slots=True)
class Told:
    """What the journal had acknowledged when the power went: the last entry and its hash."""

    seq: int = 0
    head: bytes = journal.GENESIS


@dataclass(frozen=True, slots=True)
class Cuts:
    """What one seed came to: how many different images, and what was found by which token."""

    tried: int
    found: tuple[Violation, ...]


class PowerCuts:
    """See Gate."""

    name, number, title = "power-cuts", "G3", "Power cuts under the real journal"
    share, beside = 0.045, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: the planted bugs first, then seed after seed."""
        began_s, pace = time.monotonic(), Pace(budget_s, IMAGES_PER_S)
        tried = 0
        violations: list[Violation] = []
        with Workers() as workers:
            bugs = list(workers.spread(_hunt, range(len(BUGS)), float("inf")))
            for cuts in workers.spread(cut, itertools.count(seed), began_s + budget_s):
                tried += cuts.tried
                violations += cuts.found
                progress(used := pace.used(tried), f"{tried:,} images")
                if used >= 1.0:
                    break
        return Result(
            tried,
            "images",
            time.monotonic() - began_s,
            tuple(violations[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
            "cut after every call; any sector of 512 or 4096 bytes, and any name, may be missing",
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed, a call and a variant."""
        seed, at, variant = _numbers(token)
        return [each.found for each in cut(seed, (at, variant)).found]


def cut(seed: int, only: tuple[int, int] | None = None, plant: Plant | None = None) -> Cuts:
    """Every image of one seed's history, or the `only` one at a call and with a variant.

    A planted bug is at work while the history is written, and gone when its images are judged.
    """
    with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place()) as name:
        folder = Path(name)
        start = _first_image(seed, folder)
        with planted(plant):
            tape = record(seed, folder, start)
        found: list[Violation] = []
        seen: set[tuple[int, int]] = set()
        for at, variant, image, told in _moments(seed, tape, start):
            key = (hash(tuple(sorted(image.items()))), told.seq)
            if key in seen or only not in (None, (at, variant)):
                continue
            seen.add(key)
            append = len(seen) % APPEND_EVERY == 0
            fault = judged(image, told, folder / "image", append=append)
            if fault:
                found.append(Violation(f"{seed}:{at}:{variant}", fault))
        return Cuts(len(seen), tuple(found))


def record(seed: int, folder: Path, start: Image) -> list[Op]:
    """What one till did to its disk: sales and refunds, tidied, ended and killed now and then."""
    chance = random.Random(f"story {seed}")
    files = Files(start)
    for number in range(chance.randint(1, PROCESS_COUNT_MAX)):
        book = Journal(folder / JOURNAL, TapedDisk(files))
        for entry in _day(chance, f"{seed}-{number}"):
            if book.append(entry):
                files.tape.append(Op("told", "", book.seq, book.head))
            if chance.random() < 0.1:
                book.tidy()
        if chance.random() < 0.5:
            with killed(files):
                book.close()
        else:
            book.close()
    return files.tape


def _first_image(seed: int, folder: Path) -> Image:
    """No file at all; for every other seed, what an earlier power cut left behind."""
    if seed % 2 == 0:
        return {}
    chance = random.Random(f"first {seed}")
    tape = record(-seed, folder, {})
    medium = Medium({})
    for op in tape[: chance.randint(len(tape) // 2, len(tape))]:
        medium.play(op)
    return chance.choice(list(medium.images(chance, TORN_PER_CALL)))


def _moments(seed: int, tape: list[Op], start: Image) -> Iterator[tuple[int, int, Image, Told]]:
    """Each call's number, each variant's, the image, and what was acknowledged by then."""
    medium, told = Medium(start), Told()
    for at, op in enumerate(tape):
        if op.kind == "told":
            told = Told(op.offset, op.data)
            continue
        medium.play(op)
        chance = random.Random(f"cut {seed} {at}")
        for variant, image in enumerate(medium.images(chance, TORN_PER_CALL)):
            yield at, variant, image, told


def judged(image: Image, told: Told, folder: Path, *, append: bool) -> str:
    """What is wrong with an image, or nothing: opened by the product, on the product's own disk."""
    try:
        with opened(image, folder) as book:
            if book.seq < told.seq:
                return f"P11: {told.seq} entries were acknowledged, {book.seq} are left"
            if not book.holds(told.seq, told.head):
                return f"P11: entry {told.seq} is another one than was acknowledged"
            if append:
                book.append(Started("after the cut", 0.0))
                count = len(list(journal.rows(folder / JOURNAL)))
                if count != book.seq:
                    return f"P11: after one more entry {count} are read, {book.seq} were written"
    except PosError as fault:
        return f"P11: the image does not open: {str(fault).replace(str(folder), '')}"
    return ""


def opened(image: Image, folder: Path) -> Journal:
    """The product's journal on an image, written out as files. Raises JournalError."""
    folder.mkdir(exist_ok=True)
    for name in (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-shm", f"{JOURNAL}-journal"):
        path = folder / name
        if name in image:
            path.write_bytes(image[name])
        else:
            path.unlink(missing_ok=True)
    return Journal(folder / JOURNAL)


def place() -> Path | None:
    """Where thousands of images are written: in memory, where the machine has such a folder."""
    return MEMORY if MEMORY.is_dir() else None


def _day(chance: random.Random, prefix: str) -> Iterator[Entry]:
    """What one process writes: its start, then payments and refunds that end in every way."""
    yield Started("proof", 1.0)
    for number in range(chance.randint(1, STORY_COUNT_MAX)):
        yield from _story(chance, f"{prefix}-{number}")


def _story(chance: random.Random, name: str) -> Iterator[Entry]:
    price = Amount(chance.randint(1, 10**6), "NOK")
    code = f"{chance.getrandbits(128):032x}"
    yield Opened(name, f"s-{name}", price, Scenario.PAYMENT_CODE, 1000.0, code)
    end = chance.randrange(5)
    if end == 0:
        yield Declined(name, "USER_BALANCE_NOT_ENOUGH")
    elif end == 1:
        yield CancelAsked(name, StopReason.TIMEOUT)
        if chance.random() < 0.5:
            yield CancelDone(name)
    elif end == 2:
        yield CancelAsked(name, StopReason.OPERATOR)
        yield WindowClosed(name, f"v-{name}")
        yield ReversalDone(name)
    else:
        yield Paid(name, f"p-{name}", price, "Vipps", "2026-03-01T12:00:01+01:00")
        yield ReceiptBegun(name, 1, copy=False)
        yield ReceiptPrinted(name, 1)
        if end == 3:
            yield RefundAsked(f"f-{name}", name, price, 2000.0)
            yield Refunded(f"f-{name}", f"q-{name}")


# Wrong lines, each of which loses what was acknowledged.


def wal_synced_now_and_then(planting: Planting) -> None:
    """synchronous=NORMAL, as most programs with a write-ahead log have it."""
    _with_pragma(planting, "PRAGMA synchronous=EXTRA", "PRAGMA synchronous=NORMAL")


def nothing_synced(planting: Planting) -> None:
    """synchronous=OFF: fast, and whole as long as only the process dies."""
    _with_pragma(planting, "PRAGMA synchronous=EXTRA", "PRAGMA synchronous=OFF")


def two_entries_in_one_transaction(planting: Planting) -> None:
    """Every other entry is acknowledged before it is committed."""
    right = Journal.append

    def append(self: Journal, entry: Entry) -> bool:
        connection = self._connection
        if not connection.in_transaction:
            connection.execute("BEGIN")
            return right(self, entry)
        done = right(self, entry)
        connection.execute("COMMIT")
        return done

    planting.attribute(Journal, "append", append)


def tidied_without_a_sync(planting: Planting) -> None:
    """The log is emptied before what it held is surely in the file."""
    right = Journal.tidy

    def tidy(self: Journal) -> None:
        self._connection.execute("PRAGMA synchronous=OFF").fetchall()
        right(self)
        self._connection.execute("PRAGMA synchronous=EXTRA").fetchall()

    planting.attribute(Journal, "tidy", tidy)


def _with_pragma(planting: Planting, right: str, wrong: str) -> None:
    pragmas = tuple(wrong if each == right else each for each in Disk.pragmas)
    planting.attribute(Disk, "pragmas", pragmas)


BUGS: tuple[Plant, ...] = (
    wal_synced_now_and_then,
    nothing_synced,
    two_entries_in_one_transaction,
    tidied_without_a_sync,
)


def _hunt(number: int) -> Planted:
    """After how many images this planted bug shows."""
    began_s, tried = time.monotonic(), 0
    bug = BUGS[number].__name__
    for seed in range(SEEDS_PER_BUG_MAX):
        cuts = cut(seed, plant=BUGS[number])
        tried += cuts.tried
        if cuts.found:
            return Planted(bug, tried, time.monotonic() - began_s, cuts.found[0].found)
    return Planted(bug, None, time.monotonic() - began_s)


def _numbers(token: str) -> tuple[int, int, int]:
    parts = token.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise WrongUse(f"{token!r} is no image of the power cuts; copy it from the table.")
    return int(parts[0]), int(parts[1]), int(parts[2])
