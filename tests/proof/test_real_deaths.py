"""The gate of real deaths: schedules told with real processes, and bugs that it must find.

Apart from the other gates' tests because here processes are forked and killed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.errors import WrongUse
from pos.folders import JOURNAL_NAME
from pos.proof.deaths.children import KILLED, Nest
from pos.proof.deaths.cut import BEHAVIOURS, impossible, tell_cuts
from pos.proof.deaths.gate import PLANTS, RealDeaths, tell_round
from pos.proof.deaths.line import FAULTS
from pos.proof.deaths.schedule import Schedule, schedule
from pos.proof.deaths.shop import Shop
from pos.proof.dumps import journal_file

pytestmark = pytest.mark.timeout(300)  # many processes: a slow machine needs longer


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    """The parent of all processes here."""
    with Nest() as running:
        yield running


def plan(seed: int, *, faults: tuple[str, ...] = (), deaths: tuple[str, ...] = ("",)) -> Schedule:
    """A sale by scanned code, with a receipt."""
    return Schedule(seed, "scan", "vipps", "pays", "9.00", faults, deaths, prints=True)


def test_schedules_from_seeds_end_with_one_truth(nest: Nest) -> None:
    """Tills and switches that die at numbered steps, on bad lines: the three books agree."""
    before = nest.kill_count
    told = tell_round(nest, [schedule(seed) for seed in range(16)])
    assert told.found == []
    assert told.story_count == 16
    assert told.fault_count > 0
    assert nest.kill_count - before > 16


def test_every_fault_of_the_line_is_survived(nest: Nest) -> None:
    """Each of them on the request to pay, and again on what follows it."""
    told = tell_round(nest, [plan(n, faults=(each, each)) for n, each in enumerate(FAULTS)])
    assert told.found == []
    assert told.fault_count >= len(FAULTS)


@pytest.mark.parametrize(
    ("bug", "found", "story"),
    [
        ("not_found_is_no", "Q2", plan(1, faults=("late",))),
        ("silence_is_no", "Q2", plan(2, faults=("lost after",))),
        ("sent_before_written", "P", plan(3, deaths=("pay sent",))),
        ("receipt_before_journal", "P13", plan(4)),
    ],
)
def test_a_planted_bug_is_found(nest: Nest, bug: str, found: str, story: Schedule) -> None:
    """One story each, made for it: without the bug all is well, with it the checker says so."""
    assert tell_round(nest, [story]).found == []
    told = tell_round(nest, [story], f"{PLANTS}:{bug}")
    assert told.found
    assert told.found[0][1].startswith(found)


@pytest.mark.parametrize(
    ("moment", "last"),
    [("Opened before", "OrderPlaced"), ("pay sent", "Opened"), ("Paid after", "Paid")],
)
def test_a_till_dies_at_the_moment_that_was_chosen(
    nest: Nest, moment: str, last: str, folder: Path
) -> None:
    """By SIGKILL, and the journal's last entry is what was written before that moment."""
    with Shop(nest, folder / "shop", 1) as shop:
        till = shop.register("till", f"http://127.0.0.1:{shop.port()}", prints=False)
        code = shop.new_code("vipps", "pays")
        args = ["sell", "--amount", "9.00", "--code", code, "--state", str(till)]
        child = nest.start(args, till / "sell.out", moment)
        assert child.wait(60) == KILLED
        kinds = [line.kind for line in journal_file(till / JOURNAL_NAME)]
    assert kinds[-1] == last


@pytest.mark.skipif(bool(impossible()), reason=impossible())
def test_a_line_that_is_cut_one_way_is_survived() -> None:
    """Requests arrive and answers do not, or the other way round: the books agree in the end."""
    count, found = tell_cuts(1)
    assert found == []
    assert count == 2 * len(BEHAVIOURS)


def test_a_token_that_is_none_is_refused() -> None:
    """A replay wants the seed of a schedule."""
    with pytest.raises(WrongUse, match="seed"):
        RealDeaths().replay("x")
