"""The gate of real deaths: schedules told many at a time, round after round, and checked.

Apart from the stories so that a test may tell one without any of this.
"""

import itertools
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pos.errors import WrongUse
from pos.proof.deaths.children import Nest
from pos.proof.deaths.cut import impossible, tell_cuts
from pos.proof.deaths.haste import TIMES
from pos.proof.deaths.judging import judged
from pos.proof.deaths.schedule import Schedule, schedule
from pos.proof.deaths.shop import Shop
from pos.proof.deaths.story import Teller, Told
from pos.proof.gate import Pace, Planted, Progress, Result, Violation

# A gate with less time plants one bug, by its seed, and cuts no line one way.
SHORT_S = 60.0
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile
AT_ONCE = 16
ROUND = 50
# As many as come of a gate that has its share of ten minutes, and a few more than 2,000.
KILLS_PER_S = 8.8
BUG_ROUND, BUG_ROUNDS_MAX = 12, 16
REPLAYS = 12  # times that one schedule is told again: its moments are the same, its timing is not
VIOLATIONS_SHOWN_MAX = 20
# Planted in the till; they are written down in the simulation, which plants them too.
PLANTS = "pos.proof.simulation.plants"
BUGS = ("not_found_is_no", "silence_is_no", "sent_before_written", "receipt_before_journal")


@dataclass(slots=True)
class Round:
    """What one round of stories in one shop came to; `found` by the seed of the schedule."""

    story_count: int = 0
    fault_count: int = 0
    found: list[tuple[int, str]] = field(default_factory=list)


class RealDeaths:
    """See Gate."""

    name, number, title = "deaths", "G5", "Real processes killed, on real sockets and files"
    share, beside = 0.4, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: first the bugs, then the product for the rest of the time."""
        began_s, pace = time.monotonic(), Pace(budget_s, KILLS_PER_S)
        done = Round()
        with Nest() as nest:
            planted = BUGS if budget_s >= SHORT_S else (BUGS[seed % len(BUGS)],)
            bugs: list[Planted] = []
            for bug in planted:
                progress((time.monotonic() - began_s) / budget_s, f"{len(bugs)} planted bugs tried")
                bugs.append(_hunt(nest, bug, seed))
            for_bugs = nest.kill_count
            seeds = itertools.count(seed)
            while (used := pace.used(nest.kill_count - for_bugs)) < 1.0 or not done.story_count:
                progress(used, f"{nest.kill_count - for_bugs:,} deaths")
                # Where the bugs took all the time, one small round is told all the same.
                late = used >= 1.0
                plans = [schedule(next(seeds)) for _ in range(BUG_ROUND if late else ROUND)]
                until_s = float("inf") if late else began_s + budget_s
                told = tell_round(nest, plans, until_s=until_s)
                done.story_count += told.story_count
                done.fault_count += told.fault_count
                done.found += told.found
            kills = nest.kill_count - for_bugs
        cut = _cut(done, seed) if budget_s >= SHORT_S else "no time to cut a line one way"
        return Result(
            kills,
            "kills",
            time.monotonic() - began_s,
            tuple(Violation(str(at), found) for at, found in done.found[:VIOLATIONS_SHOWN_MAX]),
            tuple(bugs),
            f"{done.story_count:,} schedules with {done.fault_count:,} faults of the line; the "
            f"tills have a {TIMES}th of a till's patience; {cut}",
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is the seed of a schedule."""
        if not token.isdecimal():
            raise WrongUse(f"{token!r} is no seed of a schedule; copy it from the table.")
        found: list[str] = []
        plan = schedule(int(token))
        with Nest() as nest:
            for _ in range(REPLAYS):
                found += [why for _, why in tell_round(nest, [plan]).found]
        return found


def tell_round(
    nest: Nest, plans: Sequence[Schedule], bug: str = "", until_s: float = float("inf")
) -> Round:
    """Tell the schedules in one shop, several at a time and none begun after `until_s`, and judge.

    `bug` is planted in every process of a till, as `module:function`.
    """
    place = MEMORY if MEMORY.is_dir() else None
    done = Round()
    tellings: dict[int, Told] = {}
    with tempfile.TemporaryDirectory(prefix="samkassa-deaths-", dir=place) as name:
        with Shop(nest, Path(name) / "shop", plans[0].seed) as shop:
            teller = Teller(nest, shop, bug)

            def tell(plan: Schedule) -> Told | None:
                return teller.tell(plan) if time.monotonic() < until_s else None

            with ThreadPoolExecutor(AT_ONCE) as pool:
                for plan, told in zip(plans, pool.map(tell, plans), strict=True):
                    if told is not None:
                        tellings[plan.seed] = told
        tills = {name: folder for told in tellings.values() for name, folder in told.tills.items()}
        asked = {name: ids for told in tellings.values() for name, ids in told.asked.items()}
        faults = judged(tills, asked, shop.database)
    for seed, told in tellings.items():
        done.story_count += 1
        done.fault_count += told.fault_count
        done.found += [(seed, why) for why in told.found]
        done.found += [(seed, faults[each]) for each in told.tills if each in faults]
    if "" in faults:
        done.found.append((plans[0].seed, faults[""]))
    return done


def _cut(done: Round, seed: int) -> str:
    """Cut lines one way where the machine allows it; what to say of it."""
    if why_not := impossible():
        return f"no line was cut one way: {why_not}"
    count, found = tell_cuts(seed)
    done.found += [(seed, why) for why in found]
    return f"{count} tills on lines that nftables cut one way"


def _hunt(nest: Nest, bug: str, seed: int) -> Planted:
    """The first round of stories in which this bug shows."""
    began_s, told_count = time.monotonic(), 0
    for number in range(BUG_ROUNDS_MAX):
        first = seed + number * BUG_ROUND
        plans = [schedule(each) for each in range(first, first + BUG_ROUND)]
        told = tell_round(nest, plans, f"{PLANTS}:{bug}")
        told_count += told.story_count
        if told.found:
            at, why = min(told.found)
            return Planted(bug, told_count, time.monotonic() - began_s, f"{why} (schedule {at})")
    return Planted(bug, None, time.monotonic() - began_s)
