"""The gate of the lying card: syncs that were promised and never done, and the witness that tells.

Apart from the power cuts because here entries that were acknowledged are gone, as no software of
the till can prevent. What it can do is notice: the image is broken and says so, or it is whole
and the switch remembers more. Then nothing is sold before all that the switch remembers is back
and settled.
"""

import itertools
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pos import journal
from pos.engine.witnessed import Witnessed
from pos.errors import JournalError, WrongUse
from pos.journal import Journal
from pos.proof.disk import Files, TapedDisk, killed
from pos.proof.gate import Planted, Progress, Result, Violation
from pos.proof.planting import Plant, Planting, planted
from pos.proof.power import JOURNAL, opened, place
from pos.proof.powercut import Image, Medium
from pos.proof.stall import Stall
from pos.proof.workers import Workers
from pos.sale.payment import Opened
from pos.sale.refund import RefundAsked
from pos.sale.testimony import Testimony

STEP_COUNT_MAX = 8
LIES_PER_STORY = 12
TORN_PER_LIE = 2
SEEDS_PER_BUG_MAX = 12
VIOLATIONS_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Lies:
    """What one seed came to: images that lack something acknowledged, how they gave themselves
    away, and what was wrong by token."""

    bad: int
    loud: int
    witnessed: int
    found: tuple[Violation, ...]


class LyingCards:
    """See Gate."""

    name, number, title = "lying-cards", "G3b", "Cards that only say they synced"
    share, beside = 0.01, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: the planted bugs first, then seed after seed."""
        began_s = time.monotonic()
        tried = loud = witnessed = 0
        violations: list[Violation] = []
        with Workers() as workers:
            bugs = list(workers.spread(_hunt, range(len(BUGS)), float("inf")))
            for lies in workers.spread(lie, itertools.count(seed), began_s + budget_s):
                tried, loud = tried + lies.bad, loud + lies.loud
                witnessed += lies.witnessed
                violations += lies.found
                progress((time.monotonic() - began_s) / budget_s, f"{tried:,} images")
        quiet = tried - loud - witnessed
        return Result(
            tried,
            "images",
            time.monotonic() - began_s,
            tuple(violations[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
            f"{loud:,} do not open, {witnessed:,} are told by the witness, {quiet:,} lack only "
            "what it was not told of yet and agree again after asking",
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed and the number of an image."""
        seed, _, number = token.partition(":")
        if not seed.isdecimal() or not number.isdecimal():
            raise WrongUse(f"{token!r} is no image of a lying card; copy it from the table.")
        return [each.found for each in lie(int(seed), int(number)).found]


def lie(seed: int, only: int | None = None) -> Lies:
    """One story, cut off at its end on a card that has lied since some moment of it.

    Of the different images that lack something, or of the `only` one, what became.
    """
    chance = random.Random(f"lie {seed}")
    with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place()) as name:
        folder = Path(name)
        stall, files = Stall(seed, folder), Files()
        try:
            told = _story(stall, files, folder, chance)
            images = _images(files, chance)
            kept, bad, loud, witnessed = stall.kept(), 0, 0, 0
            found: list[Violation] = []
            for number, image in enumerate(images):
                stall.back_to(kept)
                judged = _judged(stall, image, told, folder / "image")
                if judged is None or only not in (None, number):
                    continue
                bad += 1
                loud += judged.loud
                witnessed += judged.witnessed
                found += [Violation(f"{seed}:{number}", each) for each in judged.found]
        finally:
            stall.close()
    return Lies(bad, loud, witnessed, tuple(found))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of one image that lacks something."""

    loud: bool = False
    witnessed: bool = False
    found: tuple[str, ...] = ()


def _story(stall: Stall, files: Files, folder: Path, chance: random.Random) -> tuple[int, bytes]:
    """A few sales, refunds and restarts, then the power goes; what was acknowledged by then."""
    book = Journal(folder / JOURNAL, TapedDisk(files))
    stall.start(book)
    for _ in range(chance.randint(1, STEP_COUNT_MAX)):
        what = chance.randrange(8)
        if what == 0:
            stall.give_back(chance.choice(["", "1.00"]))
        elif what == 1:
            stall.show_and_stop()
        elif what == 2:
            stall.now_s += 60.0
            stall.engine.work()  # the log is folded, and the witness told
        elif what == 3:
            book.close()
            book = Journal(folder / JOURNAL, TapedDisk(files))
            stall.start(book)
        else:
            stall.sell(chance.choice(["pays", "pays", "pin", "declines", "silent"]))
    told = book.seq, book.head
    with killed(files):
        book.close()
    return told


def _images(files: Files, chance: random.Random) -> list[Image]:
    """What may be left, each kind once, when the card has lied from one of several calls on."""
    syncs = [at for at, op in enumerate(files.tape) if op.kind in ("sync", "sync_folder")]
    images: dict[int, Image] = {0: {}}  # a card that was changed, or whose folder is gone
    for since in sorted(chance.sample(syncs, min(LIES_PER_STORY, len(syncs)))):
        medium = Medium({})
        for at, op in enumerate(files.tape):
            medium.play(op, lying=at >= since)
        for image in medium.images(chance, TORN_PER_LIE):
            images.setdefault(hash(tuple(sorted(image.items()))), image)
    return list(images.values())


def _judged(stall: Stall, image: Image, told: tuple[int, bytes], folder: Path) -> _Judged | None:
    """What the product makes of an image; None when nothing is missing from it."""
    try:
        book = opened(image, folder)
    except JournalError:
        return _Judged(loud=True)
    with book:
        if book.holds(*told):
            return None
        behind = not book.holds(*stall.mark())
        sent = len(stall.sent)
        stall.start(book)
        if stall.engine.catching_up:
            stall.sell()  # a cashier who does not read what the screen says
        found = [] if stall.settle() else ["Q1: the till does not come to rest"]
        found += _sold_too_early(stall, book, sent)
        rows = list(journal.rows(folder / JOURNAL))
        if behind and "Gap" not in {row.kind for row in rows}:
            found.append("P11: entries that the witness knows are gone, and nothing was said")
        stall.sell()
        stall.shown_paid.clear()  # what was shown before the card forgot is judged by the books
        found += stall.faults(folder / JOURNAL, slips=False)
    return _Judged(witnessed=behind, found=tuple(found))


def _sold_too_early(stall: Stall, book: Journal, sent: int) -> list[str]:
    """Payments that were asked for, and receipts that were printed, while the gap was open."""
    closed, gap = 0, 0
    found: list[str] = []
    opened_in_gap: set[str] = set()
    for row in journal.rows(book.path):
        gap = row.seq if row.kind == "Gap" else gap
        closed = row.seq if row.kind == "GapClosed" else closed
        if row.kind == "Opened" and gap > closed:
            opened_in_gap.add(row.body["request_id"])
        if row.kind == "ReceiptBegun" and gap > closed:
            found.append(f"P13: a second original for {row.body['document_id']}")
    asked = [each.reference for each in stall.sent[sent:] if each.api == "pay"]
    found += [f"F3: {each} was sold while entries were missing" for each in asked
              if each in opened_in_gap]  # fmt: skip
    return found


# Wrong lines: what a till without a memory outside itself overlooks.


def witness_not_compared(planting: Planting) -> None:
    """A journal that is whole counts as complete."""
    planting.attribute(Witnessed, "_agrees", lambda _self, _said: True)


def empty_file_taken_for_a_new_till(planting: Planting) -> None:
    """A till whose journal begins now has no past."""
    right = Witnessed._agrees

    def agrees(self: Witnessed, said: Testimony) -> bool:
        return self._parts.journal.seq <= 1 or right(self, said)

    planting.attribute(Witnessed, "_agrees", agrees)


def gap_noted_and_nothing_fetched(planting: Planting) -> None:
    """The alarm is raised, and the till sells on without what it lost."""
    right = Witnessed._import

    def nothing(self: Witnessed, missing: list[Opened | RefundAsked]) -> None:
        del missing
        right(self, [])

    planting.attribute(Witnessed, "_import", nothing)


def refunds_forgotten(planting: Planting) -> None:
    """Only payments are fetched."""
    right = Witnessed._import

    def payments(self: Witnessed, missing: list[Opened | RefundAsked]) -> None:
        right(self, [each for each in missing if isinstance(each, Opened)])

    planting.attribute(Witnessed, "_import", payments)


def selling_goes_on(planting: Planting) -> None:
    """What was lost is fetched, while the till goes on selling."""
    planting.attribute(Witnessed, "unfit", lambda _self: None)


BUGS: tuple[Plant, ...] = (
    witness_not_compared,
    empty_file_taken_for_a_new_till,
    gap_noted_and_nothing_fetched,
    refunds_forgotten,
    selling_goes_on,
)


def _hunt(number: int) -> Planted:
    """After how many images this planted bug shows."""
    bug, began_s, tried = BUGS[number].__name__, time.monotonic(), 0
    for seed in range(SEEDS_PER_BUG_MAX):
        with planted(BUGS[number]):
            lies = lie(seed)
        tried += lies.bad
        if lies.found:
            return Planted(bug, tried, time.monotonic() - began_s, lies.found[0].found)
    return Planted(bug, None, time.monotonic() - began_s)
