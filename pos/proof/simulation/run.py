"""One seed: a story told once for every step at which somebody can die in it, and checked.

Apart from the world so that a caller sees one function and one result. The dice of a story fall
the same each time until the death, so the tellings are all crash points of one schedule.
"""

import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pos.proof.simulation.evening import ended
from pos.proof.simulation.fate import NONE, WEATHERS, Fate, Plan, Rates
from pos.proof.simulation.judging import judged
from pos.proof.simulation.people import People
from pos.proof.simulation.world import World

SALES_PER_SHOP = 12
TELLINGS_MAX = 120
SHOPS_PER_SEED_MAX = 1_000
EVENING_EVERY = 4 * SHOPS_PER_SEED_MAX  # in the first shop of every fourth seed
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile


@dataclass(slots=True)
class History:
    """What one seed led to. `found` is empty when all books agree."""

    seed: int
    weather: str
    found: list[str] = field(default_factory=list)
    lifecycle_count: int = 0
    tallies: Counter[str] = field(default_factory=Counter)
    trace: str = ""


def run(seed: int, rates: Rates | None = None, *, tellings_max: int = TELLINGS_MAX) -> History:
    """The story of `seed`, without a planned death, then with one at each of its steps.

    Without `rates` the seed picks the weather. A life-cycle is one payment written down.
    """
    names = list(WEATHERS)
    weather = names[seed % len(names)] if rates is None else "given"
    history = History(seed, weather)
    digest = hashlib.sha256()
    plans = _Plans(tellings_max)
    shop = 0
    while plans.left and not history.found:
        fate = Fate(seed * SHOPS_PER_SEED_MAX + shop, rates or WEATHERS.get(weather, NONE))
        world = World(_folder(), fate)
        try:
            people = People(world)
            for plan in plans.upcoming(SALES_PER_SHOP):
                fate.begin(seed, Plan())
                people.make_ready()
                fate.begin(seed, plan)
                people.sell()
                plans.learn(fate, world.opened_count)
            world.to_rest()
            history.found += judged(world, people.codes)
            if fate.seed % EVENING_EVERY == 0 and not history.found:
                history.found += ended(world, _folder() / "settled")
            digest.update(_trace(world))
            history.lifecycle_count += world.opened_count
            history.tallies += _tally(world)
        finally:
            world.close()
        shop += 1
    history.trace = digest.hexdigest()
    return history


class _Plans:
    """No death; then a death of the till at each step of that telling, then of the switch."""

    def __init__(self, count_max: int) -> None:
        self._made = [Plan()]
        self._told_count = 0
        self._count_max = count_max

    @property
    def left(self) -> bool:
        """Whether the story is still to be told."""
        return self._told_count < len(self._made)

    def upcoming(self, count: int) -> Iterator[Plan]:
        """The next plans, at most `count`."""
        for _ in range(count):
            if not self.left:
                return
            self._told_count += 1
            yield self._made[self._told_count - 1]

    def learn(self, fate: Fate, opened_count: int) -> None:
        """After the first telling it is known how many steps there are to die at.

        A story in which nothing was sold is told once.
        """
        if len(self._made) > 1 or self._told_count > 1 or not opened_count:
            return
        plans = [Plan(till_dies_at=k) for k in range(1, fate.till_step_count + 1)]
        plans += [Plan(switch_dies_at=k) for k in range(1, fate.switch_step_count + 1)]
        if len(plans) >= self._count_max:
            plans = random.Random(fate.seed).sample(plans, self._count_max - 1)
        self._made += plans


@cache
def _folder() -> Path:
    """A place for the tills' keys, in memory where the machine has one; gone with the process."""
    keep = tempfile.TemporaryDirectory(
        prefix="samkassa-proof-", dir=MEMORY if MEMORY.is_dir() else None
    )
    _kept.append(keep)
    return Path(keep.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _tally(world: World) -> Counter[str]:
    fate = world.fate
    counts: Counter[str] = Counter()
    for till in world.tills:
        history = till.journal.history
        counts.update(str(each.state) for each in history.payments.values())
        counts.update(str(each.state) for each in history.refunds.values())
        counts["slips"] += len(till.slips)
        counts["forgotten"] += till.disk.forgotten_count
    counts["faults"] = fate.fault_count
    counts["till deaths"] = fate.till_death_count
    counts["switch deaths"] = fate.switch_death_count
    return counts


def _trace(world: World) -> bytes:
    """Everything in the journals but the fingerprints, whose keys are no seed's, and the hashes."""
    digest = hashlib.sha256()
    for till in world.tills:
        for kind, body in till.disk.connection.execute("SELECT kind, body FROM journal"):
            # A Gap names a hash, and a hash depends on the fingerprints.
            secret = '"head":"' if kind == "Gap" else '"fingerprint":"'
            head, _, tail = body.partition(secret)
            rest = tail.partition('"')[2]
            digest.update(f"{kind} {head}{rest}\n".encode())
    return digest.digest()
