"""The gate of the simulation: seeds one after the other, and the planted bugs in the same run.

Apart from the simulation itself so that a test may run one history without any of this.
"""

import gc
import itertools
import time
from collections import Counter
from collections.abc import Sequence

from pos.errors import WrongUse
from pos.proof.gate import Planted, Progress, Result, Violation
from pos.proof.planting import planted
from pos.proof.simulation.run import History, run
from pos.proof.simulation.switch_plants import BUGS
from pos.proof.simulation.thawing import thaw
from pos.proof.workers import Workers

SEEDS_PER_TASK = 4
SEEDS_PER_BUG_MAX = 120
TELLINGS_PER_BUG_MAX = 40
VIOLATIONS_SHOWN_MAX = 20
NICENESS = 15
UNSWEPT_MAX = 20_000  # objects, until a worker looks for those that only know each other
ABOUT_MONEY = ("P7", "P2", "P5", "P6")
STATES = ("PAID", "DECLINED", "CANCELLED", "REVERSED", "REFUNDED", "REFUSED")


class Simulation:
    """See Gate."""

    name, number, title = "simulation", "G2", "Simulated shops with deaths and faults"
    share, beside = 0.25, True

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: first every planted bug, which takes seconds, then the product."""
        began_s = time.monotonic()
        tried, tallies = 0, Counter[str]()
        violations: list[Violation] = []
        with Workers(niceness=NICENESS) as workers:
            bugs = []
            for bug in workers.spread(_hunt, range(len(BUGS)), float("inf")):
                bugs.append(bug)
                used = (time.monotonic() - began_s) / budget_s
                progress(used, f"{len(bugs)} of {len(BUGS)} planted bugs tried")
            firsts = itertools.count(seed, SEEDS_PER_TASK)
            told_s = time.monotonic()  # the product has the whole time; the bugs took theirs
            for histories in workers.spread(_tell, firsts, told_s + budget_s):
                for history in histories:
                    tried += history.lifecycle_count
                    tallies += history.tallies
                    violations += _violations(history)
                progress((time.monotonic() - told_s) / budget_s, f"{tried:,} life-cycles")
        return Result(
            tried,
            "life-cycles",
            time.monotonic() - began_s,
            tuple(violations[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
            _note(tallies),
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed."""
        if not token.isdecimal():
            raise WrongUse(f"{token!r} is no seed of the simulation; copy it from the table.")
        return run(int(token)).found


def _violations(history: History) -> list[Violation]:
    return [Violation(str(history.seed), each) for each in history.found]


def _tell(first: int) -> list[History]:
    """A few seeds, so that handing them over costs nothing to speak of."""
    if gc.get_threshold()[0] != UNSWEPT_MAX:
        thaw()
        # What is loaded by now stays; of what a shop makes, nearly all is gone at its end.
        gc.collect()
        gc.freeze()
        gc.set_threshold(UNSWEPT_MAX)
    return [run(seed) for seed in range(first, first + SEEDS_PER_TASK)]


def _hunt(number: int) -> Planted:
    """The first seed at which this planted bug shows."""
    bug = BUGS[number]
    began_s, tried = time.monotonic(), 0
    with planted(bug.plant):
        for seed in range(SEEDS_PER_BUG_MAX):
            history = run(seed, bug.rates, tellings_max=TELLINGS_PER_BUG_MAX)
            tried += history.lifecycle_count
            if history.found:
                by = min(history.found, key=_gravity)
                return Planted(bug.name, max(tried, 1), time.monotonic() - began_s, by)
    return Planted(bug.name, None, time.monotonic() - began_s)


def _gravity(found: str) -> int:
    """Of several promises that one bug breaks, those about money are named first."""
    promise = found.partition(":")[0]
    return ABOUT_MONEY.index(promise) if promise in ABOUT_MONEY else len(ABOUT_MONEY)


def _note(tallies: Counter[str]) -> str:
    ends = ", ".join(f"{tallies[state]:,} {state}" for state in STATES if tallies[state])
    return (
        f"{ends or 'nothing ended'}; {tallies['till deaths']:,} deaths of a till, "
        f"{tallies['switch deaths']:,} of the switch, {tallies['faults']:,} faults of lines, "
        f"{tallies['forgotten']:,} entries forgotten by cards, {tallies['slips']:,} slips"
    )
