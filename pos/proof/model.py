"""The gate of the model: Spin walks every state of `till.pml`, and of each wrong design in it.

Apart from the simulators because this one is complete: within its bounds (payments of one sale,
workers of the switch) no history is left out, while messages may be lost, doubled and reordered
without any bound, and everything may die between any two steps, as often as it likes. What it
walks is a model beside the code, so it proves the design, and the other gates the lines.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pos.errors import PosError, WrongUse
from pos.proof.gate import Planted, Progress, Result, Violation

MEMORY_MIB_MAX = 2_000
DEPTH_MAX = 1_000_000
TOOL_S_MAX = 120.0
WALK_S_MAX = 600.0

WRONG_DESIGNS = (
    "CANCELLED_UNACKNOWLEDGED", "CANCEL_ACKNOWLEDGED_EARLY", "CANCEL_TWICE_GIVES_TWICE",
    "CHARGE_TWICE_TAKES_TWICE", "JOURNAL_IN_MEMORY", "LATE_CANCEL_IS_CANCELLED",
    "LATE_SUCCESS_WINS", "NEXT_WHILE_CANCELLING", "NOT_FOUND_IS_A_NO", "NO_TOMBSTONE",
    "REFUND_TWICE_GIVES_TWICE", "REVERSED_UNACKNOWLEDGED", "SENT_BEFORE_WRITTEN",
    "SETTLING_OVERRULES_CANCEL", "SILENCE_IS_NOT_SENT", "SILENT_WALLET_IS_A_NO",
    "THE_CALL_WENT_WELL_SO_PAID",
)  # fmt: skip
ENDS = ("PAID", "DECLINED", "CANCELLED", "REVERSED")

_STATES = re.compile(r"^ *(\d+) states, stored", re.MULTILINE)
_DEPTH = re.compile(r"depth reached (\d+)")
_ERRORS = re.compile(r"errors: (\d+)")
_BROKEN = re.compile(r"assertion violated (.+?) \(at depth")
_UNFINISHED = re.compile(r"Search not completed|max search depth too small|out of memory")
_TOKEN = re.compile(r"([1-3])-([1-4])")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a world is walked: payments tried for one sale, and workers of the switch."""

    attempts: int
    workers: int
    needs_s: float = 0.0  # begun only with so much time left

    @property
    def token(self) -> str:
        """What the gate's `replay` needs."""
        return f"{self.attempts}-{self.workers}"


WORLDS = (Bounds(2, 2), Bounds(1, 4, 30.0), Bounds(2, 3, 300.0))


@dataclass(frozen=True, slots=True)
class Walk:
    """What one search found; `broken` is the assertion that failed, as Spin prints it."""

    states: int
    depth: int
    seconds: float
    broken: str = ""


class ModelFailed(PosError):
    """Spin, the compiler or the search did not work, so nothing is known."""


class TooSlow(ModelFailed):
    """A search did not end in its time."""


class Model:
    """The gate. See `pos.proof.gate`."""

    name = "model"
    number = "G1"
    title = "Model of till, switch, wallet"
    share, beside = 0.045, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """Walk the worlds that fit into the budget, and find every wrong design.

        The smallest world is always walked whole; `seed` has no part in it.
        """
        began_s = time.monotonic()
        if why := missing_tools():
            return Result(0, "states", 0.0, skipped=why)
        planted = []
        with workshop() as folder:
            for end in ENDS:
                planted.append(_found(folder, f"UNREACHED={end}", f"nobody is ever {end}"))
            for count, design in enumerate(WRONG_DESIGNS, 1):
                planted.append(_found(folder, design, design.lower().replace("_", " ")))
                progress(0.5 * count / len(WRONG_DESIGNS), f"{count} wrong designs")
            walks = list(_walks(folder, began_s + budget_s))
        progress(1.0, f"{sum(each.states for _, each in walks):,} states")
        return Result(
            tried=sum(each.states for _, each in walks),
            unit="states",
            seconds=time.monotonic() - began_s,
            violations=tuple(
                Violation(world.token, f"model: {each.broken}")
                for world, each in walks
                if each.broken
            ),
            planted=tuple(planted),
            note="every state of " + "; ".join(_told(world, each) for world, each in walks),
        )

    def replay(self, token: str) -> Sequence[str]:
        """Walk one world again."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise WrongUse(f"{token!r} is no world of the model; write it like 2-2.")
        if why := missing_tools():
            raise WrongUse(f"The model cannot be walked here: {why}.")
        with workshop() as folder:
            done = walk(folder, Bounds(int(match[1]), int(match[2])), WALK_S_MAX)
        return [f"model: {done.broken}"] if done.broken else []


def missing_tools() -> str:
    """Why the model cannot be walked on this machine, or nothing."""
    if shutil.which("spin") is None:
        return "spin is not installed (Debian: apt-get install spin)"
    if shutil.which("gcc") is None:
        return "there is no C compiler (Debian: apt-get install gcc)"
    return ""


def _walks(folder: Path, until_s: float) -> Iterator[tuple[Bounds, Walk]]:
    """The smallest world however long it takes, and the larger ones that end in time."""
    for world in WORLDS:
        left_s = until_s - time.monotonic() if world.needs_s else WALK_S_MAX
        if left_s < world.needs_s:
            return
        try:
            yield world, walk(folder, world, left_s)
        except TooSlow:
            if world is WORLDS[0]:
                raise
            return


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder with the model in it, for what Spin and the compiler make of it."""
    text = resources.files("pos.proof").joinpath("till.pml").read_text("utf-8")
    with tempfile.TemporaryDirectory(prefix="samkassa-model-") as name:
        folder = Path(name)
        (folder / "till.pml").write_text(text, "utf-8")
        yield folder


def walk(folder: Path, bounds: Bounds, seconds_max: float, *defines: str) -> Walk:
    """Search every state until one breaks an assertion. Raises ModelFailed."""
    began_s = time.monotonic()
    sizes = [f"-DATTEMPTS={bounds.attempts}", f"-DWORKERS={bounds.workers}"]
    _tool(folder, "spin", "-a", *sizes, *(f"-D{each}" for each in defines), "till.pml")
    # A wrong design is found sooner than the compiler could make the search faster. COLLAPSE
    # keeps states whole, only smaller; nothing here loses any.
    options = ["-O0" if defines else "-O1", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB_MAX}"]
    _tool(folder, "gcc", *options, "-o", "pan", "pan.c")
    search = ["./pan", "-E", f"-m{DEPTH_MAX}", "-w22"]
    told = _tool(folder, *search, seconds_max=seconds_max)
    states, depth, errors = (each.search(told) for each in (_STATES, _DEPTH, _ERRORS))
    broken = _BROKEN.search(told)
    whole = broken is not None or not _UNFINISHED.search(told)
    if not (states and depth and errors and whole) or (broken is None) != (errors[1] == "0"):
        raise ModelFailed(f"The search of the model did not end: {told[-300:]}.")
    seconds = time.monotonic() - began_s
    return Walk(int(states[1]), int(depth[1]), seconds, broken[1] if broken else "")


def _found(folder: Path, define: str, bug: str) -> Planted:
    done = walk(folder, WORLDS[0], TOOL_S_MAX, define)
    return Planted(bug, done.states if done.broken else None, done.seconds, done.broken)


def _told(bounds: Bounds, done: Walk) -> str:
    return (
        f"{bounds.attempts} payments and {bounds.workers} workers "
        f"({done.states:,} states, {done.depth:,} deep, {done.seconds:.0f} s)"
    )


def _tool(folder: Path, name: str, *args: str, seconds_max: float = TOOL_S_MAX) -> str:
    """What a tool says. Spin and the search end well even when an assertion fails."""
    try:
        done = subprocess.run(  # noqa: S603 - found on this machine's own path, no input of others
            [name, *args],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds_max,
            check=True,
        )
    except subprocess.TimeoutExpired as fault:
        raise TooSlow(f"{name} did not end in {seconds_max:.0f} s; give more --minutes.") from fault
    except (OSError, subprocess.SubprocessError) as fault:
        raise ModelFailed(f"{name} did not work on the model ({fault}).") from fault
    return done.stdout
