"""Two thousand sales with everything that can fail, and the three truths compared at the end.

Apart from the planted wrong designs so that a difference here is a fault of the product.
"""

from collections import Counter
from pathlib import Path

import pytest

from pos.proof.simulation.fate import NONE
from pos.proof.simulation.run import Result, run
from pos.scheme import progress

SALES_PER_RUN = 20
RUNS_PER_TEST = 10
TESTS = 10  # 2,000 sales in all
CLOSING_WINDOW_MS = 8_000


def shop(folder: Path, seed: int) -> Result:
    """One run in a folder of its own; a difference fails the test and names the seed."""
    own = folder / str(seed)
    own.mkdir()
    result = run(own, seed, SALES_PER_RUN)
    assert not result.found, f"seed {seed}: " + "; ".join(result.found)
    return result


@pytest.mark.parametrize("part", range(TESTS))
def test_till_switch_and_wallets_agree_after_every_fault(folder: Path, part: int) -> None:
    """Requests and answers lost, late, doubled and forged, deaths of both: no difference."""
    seeds = range(part * RUNS_PER_TEST, (part + 1) * RUNS_PER_TEST)
    results = [shop(folder, seed) for seed in seeds]
    states: Counter[str] = sum((each.states for each in results), Counter())
    assert states.total() >= SALES_PER_RUN * RUNS_PER_TEST
    assert min(states[each] for each in ("PAID", "DECLINED", "CANCELLED")) > 0
    # A simulation in which nothing went wrong would prove nothing.
    assert sum(each.fault_count for each in results) > 200
    assert sum(each.till_death_count for each in results) > 20
    assert sum(each.switch_death_count for each in results) > 2


def test_a_cancel_that_comes_too_late_becomes_a_full_refund(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a switch that stops cancelling soon after a payment, sales end REVERSED, in balance."""
    monkeypatch.setattr(progress, "cancel_window_end_ms", lambda paid: paid + CLOSING_WINDOW_MS)
    states: Counter[str] = sum((shop(folder, seed).states for seed in range(300, 312)), Counter())
    assert states["REVERSED"] > 0


def test_without_faults_everybody_who_pays_has_paid(folder: Path) -> None:
    """On a good line nothing is lost, nobody dies, and the sums are equal."""
    result = run(folder, 1, 40, NONE)
    assert result.found == ()
    assert (result.fault_count, result.till_death_count, result.switch_death_count) == (0, 0, 0)
    assert result.states["PAID"] > 15
    assert result.refunds["REFUNDED"] > 0


def test_a_seed_is_one_history(folder: Path) -> None:
    """The same seed leads to the same journal, entry by entry; another seed to another."""
    traces = []
    for name, seed in (("first", 7), ("second", 7), ("third", 8)):
        (folder / name).mkdir()
        traces.append(run(folder / name, seed, 10).trace)
    assert traces[0] == traces[1] != traces[2]
