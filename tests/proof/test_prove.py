"""`pos prove` as it is typed: its table, its exit code, and its refusal of what it does not know.

Apart from the tests of the simulation because here the command itself is what is tested.
"""

import json

from click.testing import CliRunner

from pos.commands.prove import prove
from pos.errors import Refused, WrongUse
from pos.proof.planting import planted
from pos.proof.simulation.plants import unacknowledged_cancel
from pos.proof.simulation.run import run


def test_a_short_proof_finds_nothing_but_what_was_planted() -> None:
    """A fraction of a minute with the simulation alone: no violation, every planted bug caught."""
    ran = CliRunner().invoke(
        prove, ["--minutes", "0.1", "--gate", "simulation", "--seed", "1", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout.splitlines()[-1])
    (gate,) = told["gates"]
    assert told["seed"] == 1
    assert gate["violations"] == []
    assert gate["tried"] > 0
    assert all(bug["caught_after"] for bug in gate["planted"])


def test_a_violation_is_shown_again_by_its_token_and_a_sound_history_has_none() -> None:
    """`--replay` runs one seed: exit 1 with the broken promise when there is one, 0 otherwise."""
    with planted(unacknowledged_cancel):
        seed = next(each for each in range(60) if run(each, tellings_max=40).found)
        broken = CliRunner().invoke(prove, ["--replay", f"G2:{seed}"])
    assert isinstance(broken.exception, Refused)
    assert "is CANCELLED" in broken.output or "says CANCELLED" in broken.output
    sound = CliRunner().invoke(prove, ["--replay", f"simulation:{seed}"])
    assert sound.exit_code == 0, sound.output


def test_a_token_that_is_no_seed_is_refused() -> None:
    """Wrong use, not an empty history."""
    ran = CliRunner().invoke(prove, ["--replay", "simulation:yesterday"])
    assert isinstance(ran.exception, WrongUse)


def test_a_gate_that_is_not_there_is_named_with_those_that_are() -> None:
    """Wrong use says what could have been typed."""
    ran = CliRunner().invoke(prove, ["--gate", "magic"])
    assert isinstance(ran.exception, WrongUse)
    assert "simulation" in str(ran.exception)
