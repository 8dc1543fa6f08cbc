"""What is to happen to one till: the sale, the faults of its line, where its processes die.

Apart from the telling because a schedule is data: all of it comes from a seed.
"""

import random
from dataclasses import dataclass

from pos.proof.deaths.line import FAULTS

CANDIDATES = 4  # of which the nastiest is told
REQUESTS_MAX = 6
# A till's first moments are of its start; from then on it is about money, to about the last.
START_MOMENTS, LAST_MOMENT, LAST_OF_RECOVERY = 11, 26, 18
DIES_STARTING, DIES_AGAIN_STARTING, DIES_AGAIN = 0.15, 0.5, 0.9
RECOVERY_DEATHS_MAX = 8

STORIES = {"scan": 5, "refund": 3, "show": 2, "twins": 1}
BEHAVIOURS = {
    "pays": 10, "pin": 3, "declines": 2, "silent": 1, "dawdles": 1, "answer-lost": 2,
    "answer-doubled": 1, "bad-signature": 1,
}  # fmt: skip
WALLETS = ("vipps", "epassi", "alipay")
# How dangerous a fault is: what leaves the till in doubt, or makes the truth come later.
_WEIGHT = {"late": 4, "lost before": 3, "lost after": 3, "doubled": 2, "held": 3, "forged": 2}


@dataclass(frozen=True, slots=True)
class Schedule:
    """One till's story. Each process of the till, first the one that sells or gives back, then
    each recovery, dies at its moment in `deaths` (see pos.proof.dying); "" for never.
    """

    seed: int
    story: str
    wallet: str
    behaves: str
    amount: str
    faults: tuple[str, ...]
    deaths: tuple[str, ...]
    prints: bool

    @property
    def nastiness(self) -> int:
        """How much can go wrong in it."""
        faults = sum(_WEIGHT.get(fault, 1) for fault in self.faults if fault)
        return faults + 2 * sum(bool(moment) for moment in self.deaths)


def schedule(seed: int) -> Schedule:
    """The nastiest of a few that the seed leads to."""
    chance = random.Random(f"death {seed}")
    return max((_drawn(seed, chance) for _ in range(CANDIDATES)), key=lambda each: each.nastiness)


def _drawn(seed: int, chance: random.Random) -> Schedule:
    story = chance.choices(list(STORIES), list(STORIES.values()))[0]
    count = chance.randrange(REQUESTS_MAX)
    faults = tuple(chance.choice(("", *FAULTS)) for _ in range(count))
    deaths = [_moment(chance, DIES_STARTING, LAST_MOMENT)]
    while len(deaths) <= RECOVERY_DEATHS_MAX and chance.random() < DIES_AGAIN:
        deaths.append(_moment(chance, DIES_AGAIN_STARTING, LAST_OF_RECOVERY))
    return Schedule(
        seed,
        story,
        chance.choice(WALLETS),
        chance.choices(list(BEHAVIOURS), list(BEHAVIOURS.values()))[0],
        f"{chance.randint(1, 99)}.{chance.randint(0, 9)}0",
        faults,
        tuple(deaths),
        chance.random() < 0.5,
    )


def _moment(chance: random.Random, starting: float, last: int) -> str:
    """A moment at which a process dies, by its number."""
    if chance.random() < starting:
        return f"any#{chance.randint(1, START_MOMENTS)}"
    return f"any#{chance.randint(START_MOMENTS + 1, last)}"
