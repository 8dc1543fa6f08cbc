"""The simulated shops: every crash point of many schedules, in every weather, without a difference.

Apart from the planted wrong designs so that a difference here is a fault of the product.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pos.proof.simulation.fate import NONE, WEATHERS, Fate, Rates
from pos.proof.simulation.gate import _tell
from pos.proof.simulation.run import History, run
from pos.proof.simulation.world import World
from pos.proof.workers import Workers
from pos.scheme import progress

CLOSING_WINDOW_MS = 8_000
SEEDS_PER_WEATHER = range(8)
ENDS = ("PAID", "DECLINED", "CANCELLED")


def told(seed: int, rates: Rates | None = None, tellings_max: int = 40) -> History:
    """One story in all its tellings; a difference fails the test and names the seed."""
    history = run(seed, rates, tellings_max=tellings_max)
    assert not history.found, f"seed {seed}: " + "; ".join(history.found)
    return history


@pytest.mark.parametrize("weather", WEATHERS)
def test_till_switch_and_wallets_agree_after_every_fault(weather: str) -> None:
    """Requests lost, late, doubled, deaths of both at every step: no difference in any weather."""
    tallies = Counter[str]()
    for seed in SEEDS_PER_WEATHER:
        tallies += told(seed, WEATHERS[weather]).tallies
    assert sum(tallies[each] for each in ENDS) > 30
    assert tallies["PAID"] * tallies["CANCELLED"] > 0
    # A simulation in which nothing went wrong would prove nothing.
    assert tallies["till deaths"] > 20
    assert tallies["switch deaths"] > 10
    assert (tallies["faults"] > 100) is (weather != "fair")


def test_a_story_is_told_once_for_each_step_at_which_somebody_can_die() -> None:
    """Without chance faults, each telling but the first has its one planned death."""
    for seed in range(10):
        tallies = told(seed, NONE, tellings_max=1_000).tallies
        deaths = tallies["till deaths"] + tallies["switch deaths"]
        # The first telling has none, and a telling after a death may be shorter than the first.
        assert deaths > 6 or tallies["PAID"] + tallies["DECLINED"] + tallies["CANCELLED"] == 0


def test_a_cancel_that_comes_too_late_becomes_a_full_refund(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a switch that stops cancelling soon after a payment, sales end REVERSED, in balance."""
    monkeypatch.setattr(progress, "cancel_window_end_ms", lambda paid: paid + CLOSING_WINDOW_MS)
    tallies = sum((told(seed, Rates()).tallies for seed in range(300, 312)), Counter[str]())
    assert tallies["REVERSED"] > 0


def test_on_a_good_day_everybody_who_pays_has_paid() -> None:
    """Without a fault or a death nobody's sale is lost, and every slip comes out."""
    tallies = sum((told(seed, NONE, 1).tallies for seed in range(60)), Counter[str]())
    assert tallies["till deaths"] == tallies["switch deaths"] == tallies["faults"] == 0
    assert tallies["PAID"] > 20
    assert tallies["REFUNDED"] > 0
    assert tallies["slips"] == tallies["PAID"] + tallies["REFUNDED"]


def test_a_seed_is_one_history() -> None:
    """The same seed leads to the same journals, entry by entry; another seed to others."""
    for seed in (5, 7):  # a card that lies, and ordinary weather
        traces = [told(each).trace for each in (seed, seed, seed + 1)]
        assert traces[0] == traces[1] != traces[2]


def test_a_card_that_forgets_costs_nobody_money_and_no_sale_twice() -> None:
    """Tills whose journals lose acknowledged entries are put right by what the switch remembers."""
    tallies = Counter[str]()
    for seed in range(40, 60):
        tallies += told(seed, WEATHERS["lying card"]).tallies
    assert tallies["forgotten"] > 20
    assert tallies["PAID"] > 10


def test_a_card_that_forgets_in_the_evening_leaves_nothing_open() -> None:
    """Reversals that were forgotten, and requests that came late behind them, are found again."""
    evening = replace(WEATHERS["lying card"], evening=0.5, outage=0.06, request_late=0.15)
    tallies = sum((told(seed, evening, 25).tallies for seed in range(400, 416)), Counter[str]())
    assert tallies["forgotten"] * tallies["REVERSED"] > 0


def test_a_story_goes_in_a_worker_as_it_goes_here() -> None:
    """What makes the workers quick, records without their guard among it, changes nothing told."""
    with Workers(1) as workers:
        (told_there,) = workers.spread(_tell, [28], float("inf"))
    for history in told_there:
        assert history.lifecycle_count
        assert run(history.seed).trace == history.trace


def test_goods_of_a_sale_that_a_card_forgot_cannot_be_brought_back() -> None:
    """Between two visits of one customer the till may die, and its card forget the sale."""
    fate = Fate(3, NONE)
    with TemporaryDirectory() as folder:
        world = World(Path(folder), fate)
        try:
            assert [till.pieces_of("forgotten") for till in world.tills] == [(), ()]
        finally:
            world.close()
