"""The gate of the simulation: seeds one after the other, and the planted bugs in the same run.

Apart from the simulation itself so that a test may run one history without any of this.
"""

import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pos.errors import WrongUse
from pos.proof.gate import Planted, Progress, Result, Violation
from pos.proof.planting import planted
from pos.proof.simulation.plants import DESIGNS
from pos.proof.simulation.run import Result as History
from pos.proof.simulation.run import run
from pos.proof.workers import Workers

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile
SALES_PER_SHOP = 20
SEEDS_PER_BUG_MAX = 60
VIOLATIONS_SHOWN_MAX = 20


class Simulation:
    """See Gate."""

    name, number, title = "simulation", "G2", "Simulated shops with deaths and faults"
    share = 0.45

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: first every planted bug, then the product for the rest of the time."""
        began_s = time.monotonic()
        tried, violations = 0, []
        states: Counter[str] = Counter()
        with Workers() as workers:
            bugs = []
            for bug in workers.spread(_hunt, range(len(DESIGNS)), float("inf")):
                bugs.append(bug)
                progress((time.monotonic() - began_s) / budget_s, f"{len(bugs)} bugs planted")
            for history in workers.spread(_tell, itertools.count(seed), began_s + budget_s):
                tried += history.states.total()
                states += history.states
                violations += [Violation(str(history.seed), each) for each in history.found]
                used = (time.monotonic() - began_s) / budget_s
                progress(used, f"{tried:,} life-cycles")
        return Result(
            tried,
            "life-cycles",
            time.monotonic() - began_s,
            tuple(violations[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed."""
        if not token.isdecimal():
            raise WrongUse(f"{token!r} is no seed of the simulation; copy it from the table.")
        return _tell(int(token)).found


def _tell(seed: int) -> History:
    """One shop, in memory where the machine has a place for it."""
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place) as name:
        return run(Path(name), seed, SALES_PER_SHOP)


def _hunt(number: int) -> Planted:
    """The first seed at which this planted bug shows."""
    plant, rates = DESIGNS[number]
    began_s, tried = time.monotonic(), 0
    place = MEMORY if MEMORY.is_dir() else None
    with planted(plant):
        for seed in range(SEEDS_PER_BUG_MAX):
            with tempfile.TemporaryDirectory(prefix="samkassa-proof-", dir=place) as name:
                history = run(Path(name), seed, SALES_PER_SHOP // 2, rates)
            tried += history.states.total()
            if history.found:
                found = history.found[0]
                return Planted(plant.__name__, tried, time.monotonic() - began_s, found)
    return Planted(plant.__name__, None, time.monotonic() - began_s)
