"""What a gate of the proof is: one kind of evidence, with a name and a share of the time.

Apart so that the command knows nothing of simulators, power cuts or models: it runs gates and
prints what they found. To add one, write a class with the members of `Gate` in a module of its
own and add an instance to the list in `pos.proof.gates`.

    class PowerCuts:
        name, number, title = "power-cuts", "G3", "Power cuts of the journal"
        share, beside = 0.15, False

        def run(self, budget_s, seed, progress):
            for number in itertools.count():  # the budget decides how many, never which
                ...
                progress(spent_s / budget_s, f"{number} images")
            return Result(tried=number, unit="images", seconds=..., violations=(...))

        def replay(self, token):
            return [every violation that this one history shows]

A gate that has tried enough for its time ends early (`Pace`), and leaves the processors to the
simulation, which never has enough.

The same seed and the same count give the same histories. A gate plants its bugs in the same run
(`Planted`, within its budget) and leaves nothing planted behind. It never prints.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

# Called now and then with the share of the gate's time that is used (0 to 1), and what was done.
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise. `found` names the invariant first, as in `P5: ...`.

    `token` is all that the gate's `replay` needs to show it again: letters, digits, `.`, `-`, `:`.
    """

    token: str
    found: str


@dataclass(frozen=True, slots=True)
class Planted:
    """A wrong design or line, put in on purpose. `caught_after` counts the gate's units until it
    was found, in `seconds`; None when it was not. `by` is the violation that gave it away.
    """

    bug: str
    caught_after: int | None
    seconds: float
    by: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a gate found: `tried` of `unit` (a plural noun) in `seconds`.

    `note` is one line for people: what was covered, or what limits it. `skipped` is why nothing
    could be tried on this machine, or empty; `fault` is the exception by which the gate itself
    failed, or empty.
    """

    tried: int
    unit: str
    seconds: float
    violations: tuple[Violation, ...] = ()
    planted: tuple[Planted, ...] = ()
    note: str = ""
    skipped: str = ""
    fault: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing was found, and everything that was planted."""
        caught = all(each.caught_after is not None for each in self.planted)
        return not (self.violations or self.fault) and caught


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a gate is: its time is used, or it has tried `enough_per_s` for each second of it."""

    budget_s: float
    enough_per_s: float
    began_s: float = field(default_factory=time.monotonic)

    def used(self, tried: int) -> float:
        """The part of the gate that is done; from 1.0 on it ends."""
        used = (time.monotonic() - self.began_s) / self.budget_s
        return max(used, tried / (self.enough_per_s * self.budget_s))


class Gate(Protocol):
    """One kind of evidence. `share` is its weight when the time is divided among the gates."""

    @property
    def name(self) -> str:
        """One word for `--gate` and `--replay`, such as `simulation`."""

    @property
    def number(self) -> str:
        """Its place in the list of gates, such as `G2`."""

    @property
    def title(self) -> str:
        """What it does, for the table."""

    @property
    def share(self) -> float:
        """Its weight when the time is divided; of one beside the others, when it is alone."""

    @property
    def beside(self) -> bool:
        """Whether it runs all the time beside the others, on what they leave of the processors."""

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """Try as much as fits into `budget_s`, from `seed` on."""

    def replay(self, token: str) -> Sequence[str]:
        """Run one history again; every violation found, as sentences. WrongUse for a token that
        is none of this gate's.
        """
