"""The model walked by Spin, and its wrong designs, as `pos prove` does it.

Apart from the other gates because it needs Spin and a C compiler, and is skipped without them.
"""

import os
import re
from importlib import resources

import pytest

from pos.errors import WrongUse
from pos.proof import model
from pos.proof.model import WORLDS, WRONG_DESIGNS, Bounds, Model, missing_tools, walk, workshop
from pos.sale.payment import State

TEXT = resources.files("pos.proof").joinpath("till.pml").read_text("utf-8")

needs_spin = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools())


def test_every_wrong_design_of_the_model_is_tried() -> None:
    """A design that is written but not listed would never have to be caught."""
    switches = set(re.findall(r"#ifdef ([A-Z_]+)", TEXT)) - {"UNREACHED"}
    assert switches == set(WRONG_DESIGNS)


def test_the_model_has_the_states_of_the_payment() -> None:
    """Each state of the table stands in the model, with the finals after the open ones."""
    numbers = {name: int(n) for name, n in re.findall(r"#define ([A-Z]+) (\d)\b", TEXT)}
    assert all(state.name in numbers for state in State)
    assert all((numbers[state.name] <= numbers["REVERSING"]) == state.open for state in State)


@needs_spin
def test_a_small_world_holds_and_is_walked_whole() -> None:
    """One payment and two workers: thousands of states, no broken assertion."""
    with workshop() as folder:
        done = walk(folder, Bounds(1, 2), 60.0)
    assert not done.broken
    assert done.states > 1_000


@needs_spin
@pytest.mark.parametrize("design", ["NOT_FOUND_IS_A_NO", "NO_TOMBSTONE", "UNREACHED=REVERSED"])
def test_a_wrong_design_breaks_a_promise(design: str) -> None:
    """Of those that the gate plants three, one of them an end that nobody would come to."""
    with workshop() as folder:
        assert walk(folder, WORLDS[0], 60.0, design).broken


@needs_spin
@pytest.mark.skipif(not os.environ.get("PROOF_WHOLE"), reason="pos prove does it at every commit")
@pytest.mark.timeout(400)  # two dozen compilations, on a machine that does other things as well
def test_the_gate_walks_every_state_and_catches_every_wrong_design() -> None:
    """The whole gate with the least of time: the smallest world, and all that is planted.

    With PROOF_WHOLE=1, for `pos prove --minutes 2` does the very same at every commit.
    """
    result = Model().run(0.0, 0, lambda _used, _done: None)
    assert result.well, result
    assert result.tried > 300_000
    assert len(result.planted) == len(WRONG_DESIGNS) + len(model.ENDS)


@needs_spin
def test_a_world_is_walked_again_by_its_token() -> None:
    """And a token that names none is refused."""
    assert Model().replay("1-1") == []
    with pytest.raises(WrongUse):
        Model().replay("9-9")


def test_without_spin_the_gate_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Skipped with a reason, not passed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result = Model().run(1.0, 0, lambda _used, _done: None)
    assert "spin" in result.skipped
    assert result.tried == 0
