"""One run: so many sales under one seed, brought to rest and checked.

Apart from the world so that a caller sees one function and one result.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pos import journal
from pos.proof.checker import differences, read_books
from pos.proof.simulation.fate import Rates
from pos.proof.simulation.line import Sent
from pos.proof.simulation.people import People
from pos.proof.simulation.world import World

ATTEMPTS_PER_SALE_MAX = 10


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed led to. `found` is empty when all books agree."""

    seed: int
    found: tuple[str, ...]
    states: Counter[str]
    refunds: Counter[str]
    fault_count: int
    till_death_count: int
    switch_death_count: int
    till_step_count: int
    trace: str


def run(
    folder: Path, seed: int, sales: int, rates: Rates | None = None, *, till_dies_at: int = 0
) -> Result:
    """Open `sales` payments in a shop of its own in `folder`, then compare the three truths."""
    world = World(folder, seed, rates or Rates(), till_dies_at=till_dies_at)
    try:
        people = People(world)
        for _ in range(ATTEMPTS_PER_SALE_MAX * sales):
            if world.opened_count() >= sales:
                break
            people.sell()
        world.to_rest()
    finally:
        world.close()
    return _judged(world, people.codes)


def _judged(world: World, codes: list[str]) -> Result:
    fate = world.fate
    history = journal.read(world.journal_path)
    believed = {each: str(payment.state) for each, payment in history.payments.items()}
    refunds = {each: str(refund.state) for each, refund in history.refunds.items()}
    books = read_books(world.journal_path, world.switch_path)
    found = [*world.trouble, *differences(books, believed, refunds)]
    found += [f"{s.reference}: {s.api} left unwritten" for s in world.line.sent if not s.journaled]
    found += [
        f"{each}: shown as PAID, is {believed[each]}"
        for each in world.shown_paid
        if believed[each] != "PAID"
    ]
    found += _repeated(world.line.sent)
    found += _spilled(world.folder, codes)
    return Result(
        fate.seed,
        tuple(found),
        Counter(believed.values()),
        Counter(refunds.values()),
        world.line.fault_count,
        fate.till_death_count,
        fate.switch_death_count,
        fate.till_step_count,
        _trace(world.journal_path),
    )


def _trace(path: Path) -> str:
    """A digest of everything in the journal but the fingerprints, whose keys are no seed's."""
    digest = hashlib.sha256()
    for row in journal.rows(path):
        body = {name: value for name, value in row.body.items() if name != "fingerprint"}
        digest.update(f"{row.kind} {body}\n".encode())
    return digest.hexdigest()


def _spilled(folder: Path, codes: list[str]) -> list[str]:
    """Files of till and switch in which a customer's code stands."""
    kept = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return [f"{name}: holds a code" for name, raw in kept.items() for code in set(codes)
            if code.encode() in raw]  # fmt: skip


def _repeated(sent: list[Sent]) -> list[str]:
    """Payments that the till itself asked for more than once: the code is used only once."""
    counts = Counter(each.reference for each in sent if each.api == "pay")
    return [f"{each}: asked for {count} times" for each, count in counts.items() if count > 1]
