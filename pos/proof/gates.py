"""The gates of the proof, in the order in which they run.

Apart so that a new gate is one line here, and the command need not change.
"""

from pos.errors import WrongUse
from pos.proof.database.gate import DatabaseKilled
from pos.proof.deaths.gate import RealDeaths
from pos.proof.disk_errors import DiskErrors
from pos.proof.fuzzing.gate import Fuzzing
from pos.proof.gate import Gate
from pos.proof.lying import LyingCards
from pos.proof.model import Model
from pos.proof.power import PowerCuts
from pos.proof.secrecy.gate import Secrecy
from pos.proof.simulation.gate import Simulation

GATES: tuple[Gate, ...] = (
    Model(),
    Simulation(),
    PowerCuts(),
    RealDeaths(),
    DatabaseKilled(),
    LyingCards(),
    DiskErrors(),
    Fuzzing(),
    Secrecy(),
)


def chosen(names: tuple[str, ...]) -> tuple[Gate, ...]:
    """The gates of these names or numbers (all without any), in order. Raises WrongUse."""
    for name in names:
        gate_of(name)
    wanted = {name.casefold() for name in names}
    return tuple(
        gate for gate in GATES if not wanted or {gate.name, gate.number.casefold()} & wanted
    )


def gate_of(name: str) -> Gate:
    """The gate of this name or number. Raises WrongUse."""
    for gate in GATES:
        if name.casefold() in (gate.name, gate.number.casefold()):
            return gate
    known = ", ".join(gate.name for gate in GATES)
    raise WrongUse(f"There is no gate {name!r}; the proof has {known}.")
