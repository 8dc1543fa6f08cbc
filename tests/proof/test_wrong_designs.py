"""Wrong designs, planted one at a time, must each be found by the same simulation.

Apart from the simulation of the product because here a difference is what is asked for.
"""

from pathlib import Path

import pytest

from pos.proof.planting import Plant, planted
from pos.proof.simulation.fate import Rates
from pos.proof.simulation.plants import DESIGNS, ECHOES, SILENCES, STORM
from pos.proof.simulation.run import run

SEEDS_MAX = 60
SALES_PER_RUN = 10
WEATHERS = {"storm": STORM, "silences": SILENCES, "echoes": ECHOES}


@pytest.mark.parametrize(("plant", "rates"), DESIGNS, ids=[plant.__name__ for plant, _ in DESIGNS])
def test_a_planted_wrong_design_is_found(folder: Path, plant: Plant, rates: Rates) -> None:
    """Within a bounded number of seeds the books differ."""
    with planted(plant):
        for seed in range(SEEDS_MAX):
            own = folder / str(seed)
            own.mkdir()
            if run(own, seed, SALES_PER_RUN, rates).found:
                return
    pytest.fail(f"{plant.__name__} was not found in {SEEDS_MAX} seeds")


@pytest.mark.parametrize("rates", WEATHERS.values(), ids=WEATHERS.keys())
def test_the_right_design_stands_in_the_same_weather(folder: Path, rates: Rates) -> None:
    """What finds the wrong designs finds nothing in the product."""
    for seed in range(8):
        own = folder / str(seed)
        own.mkdir()
        result = run(own, seed, SALES_PER_RUN, rates)
        assert not result.found, f"seed {seed}: " + "; ".join(result.found)
