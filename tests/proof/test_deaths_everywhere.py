"""The till dies at every single step of a few sales, one step at a time.

Apart from the simulation by chance because here no step is left out: before and after each
journal entry, and before and after each request.
"""

from pathlib import Path

import pytest

from pos.proof.simulation.fate import NONE
from pos.proof.simulation.run import run

# Paid at once, by a shown code, after a PIN, with a refund; declined; cancelled three ways.
STORIES = (2, 3, 5, 8, 9, 10, 13, 14)
SALES = 1
STEPS_MAX = 60


@pytest.mark.parametrize("story", STORIES)
def test_a_death_at_any_step_leaves_nothing_lost_and_nothing_doubled(
    folder: Path, story: int
) -> None:
    """For each step: die there, start again, come to rest; the three books agree."""
    whole = folder / "whole"
    whole.mkdir()
    steps = run(whole, story, SALES, NONE).till_step_count
    assert 6 < steps <= STEPS_MAX
    for step in range(1, steps + 1):
        own = folder / str(step)
        own.mkdir()
        result = run(own, story, SALES, NONE, till_dies_at=step)
        assert not result.found, f"story {story}, step {step}: " + "; ".join(result.found)
        assert result.till_death_count == 1
