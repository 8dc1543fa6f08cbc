"""Parsers fed with what no honest writer writes, and the fuzzing that feeds them.

Apart from the parsers' own tests because here only three things count: which errors come out,
how soon, and whether what is accepted survives being written again.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import WrongUse
from pos.proof.fuzzing.child import changed
from pos.proof.fuzzing.corpus import ALL, addressed, fault_of, inputs
from pos.proof.fuzzing.gate import Fuzzing, run_child
from pos.proof.fuzzing.plants import PLANTS
from pos.proof.planting import planted

FAMILIES = list(ALL)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kept_input_is_taken_or_refused_as_documented(family: str) -> None:
    """The whole corpus, and each parser has something in it."""
    assert [fault_of(family, data) for data in inputs(family)] == [""] * len(inputs(family))
    spoken_to = {data[0] for data in inputs(family)}
    assert len(spoken_to) == len(ALL[family])


@pytest.mark.parametrize("family", FAMILIES)
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_taken_or_refused_as_documented(family: str, data: st.DataObject) -> None:
    """Bytes of chance, and kept inputs with changes."""
    parser = data.draw(st.sampled_from(list(ALL[family])))
    raw = addressed(family, parser, data.draw(st.binary(max_size=600)))
    assert fault_of(family, raw) == ""
    chance = data.draw(st.randoms(use_true_random=False))
    kept = data.draw(st.sampled_from(inputs(family)))
    assert fault_of(family, changed(kept, list(inputs(family)), chance)) == ""


@pytest.mark.parametrize("plant", list(PLANTS))
def test_a_planted_bug_is_found_and_can_be_shown_again(plant: str) -> None:
    """The engine finds it, the input is kept, and the same input shows it again and only there."""
    bug = PLANTS[plant]
    fed = run_child(bug.family, 60, 1, plant)
    assert fed.input is not None
    with planted(bug.plant):
        assert fault_of(bug.family, fed.input)
    assert fault_of(bug.family, fed.input) == ""
    assert Fuzzing().replay(f"{bug.family}:{fed.input.hex()}") == []


def test_a_token_that_is_no_input_is_refused() -> None:
    """Named, not crashed on."""
    for token in ("", "codes:0", "codes:xx", "nobody:00"):
        with pytest.raises(WrongUse):
            Fuzzing().replay(token)
