"""Wrong designs, planted one at a time, must each be found by the same simulation.

A few of them here; with PROOF_WHOLE=1 all, as `pos prove --minutes 2` finds them at every commit.
Apart from the simulation of the product because here a difference is what is asked for.
"""

import os
import re

import pytest

from pos.proof.planting import Planting, planted
from pos.proof.simulation.run import run
from pos.proof.simulation.switch_plants import BUGS, Bug
from pos.sale import payment as life
from pos.sale.payment import CancelAsked, State

SEEDS_MAX = 120
TELLINGS_MAX = 40
NAMED = re.compile(r"[PQF]\d+: ")
TRIED = BUGS if os.environ.get("PROOF_WHOLE") else BUGS[::6]


@pytest.mark.parametrize("bug", TRIED, ids=[bug.name for bug in TRIED])
def test_a_planted_wrong_design_is_found(bug: Bug) -> None:
    """Within a bounded number of seeds a promise is broken, and the one broken is named."""
    with planted(bug.plant):
        for seed in range(SEEDS_MAX):
            found = run(seed, bug.rates, tellings_max=TELLINGS_MAX).found
            if found:
                assert all(NAMED.match(each) for each in found)
                return
    pytest.fail(f"{bug.name} was not found in {SEEDS_MAX} seeds")


def test_nothing_planted_is_left_behind() -> None:
    """What a plant replaced is back afterwards, also when the run failed."""
    move = (State.INTENT, CancelAsked)
    before = life.MOVES[move]

    def plant(planting: Planting) -> None:
        planting.item(life.MOVES, move, State.CANCELLED)
        planting.attribute(life, "_moved", None)

    with planted(plant):
        assert life.MOVES[move] is State.CANCELLED
    with pytest.raises(ZeroDivisionError), planted(plant):
        raise ZeroDivisionError
    assert life.MOVES[move] is before
    assert callable(life._moved)
