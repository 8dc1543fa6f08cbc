"""The gate of the fuzzing: a process per family of parsers, and one per planted bug.

Apart from the child process so that a parser that crashes, hangs or eats memory is a line of the
table.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pos.errors import PosError, WrongUse
from pos.proof.fuzzing.child import FAULT_EXIT, guided
from pos.proof.fuzzing.corpus import ALL, INPUT_BYTES_MAX, fault_of, lay_out
from pos.proof.fuzzing.plants import PLANTS
from pos.proof.gate import Planted, Progress, Result, Violation
from pos.proof.planting import planted

SECONDS_MIN = 2
PLANT_S_MAX = 60
START_S_MAX = 120.0  # an engine on a busy machine, before its first input and after its last

_COUNT = re.compile(r"stat::number_of_executed_units: *(\d+)")
_TOKEN = re.compile(r"([a-z]+):([0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Fed:
    """What one process did. `input` is what was at fault, None when nothing was."""

    count: int
    seconds: float
    input: bytes | None = None
    ended: str = ""


class EngineFailed(PosError):
    """A process of fuzzing did not work, so nothing is known."""


class Fuzzing:
    """The gate. See `pos.proof.gate`."""

    name = "fuzz"
    number = "G8"
    title = "Fuzzing of every parser"
    share, beside = 0.01, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """Feed every family, two processes at a time, and find every planted bug."""
        began_s = time.monotonic()
        at_once = len(os.sched_getaffinity(0))
        each_s = max(SECONDS_MIN, int(0.8 * budget_s * at_once / len(ALL)))
        with ThreadPoolExecutor(at_once) as pool:
            plants = {name: pool.submit(run_child, bug.family, PLANT_S_MAX, seed, name)
                      for name, bug in PLANTS.items()}  # fmt: skip
            families = {name: pool.submit(run_child, name, each_s, seed) for name in ALL}
            caught = tuple(_planted(name, fed.result()) for name, fed in plants.items())
            fed, violations = 0, []
            for done, (family, future) in enumerate(families.items(), 1):
                found = future.result()
                fed += found.count
                violations += _violations(family, found)
                progress(done / len(families), f"{fed:,} inputs")
        seconds = time.monotonic() - began_s
        how = "guided by coverage" if guided() else "by chance alone: atheris is not installed"
        count = sum(len(parsers) for parsers in ALL.values())
        note = f"{count} parsers, {how}, {int(fed / each_s / len(ALL)):,} inputs a second"
        return Result(fed, "inputs", seconds, tuple(violations), caught, note)

    def replay(self, token: str) -> Sequence[str]:
        """Feed one input again."""
        match = _TOKEN.fullmatch(token)
        if match is None or len(match[2]) % 2:
            raise WrongUse(f"{token[:40]!r} is no input; write it like codes:0031.")
        found = fault_of(match[1], bytes.fromhex(match[2]))
        return [f"fuzz: {found}"] if found else []


def run_child(family: str, seconds: int, seed: int, plant: str = "") -> Fed:
    """One process until its time is over or a fault is found. Raises EngineFailed."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="samkassa-fuzz-") as name:
        folder = Path(name)
        lay_out(family, folder / "corpus")
        told = folder / "told"
        command = [sys.executable, "-m", "pos.proof.fuzzing.child", family, name, str(seconds)]
        with told.open("wb") as out:
            try:
                code = subprocess.run(  # noqa: S603 - this program itself
                    [*command, str(seed), *([plant] if plant else [])],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    timeout=seconds + START_S_MAX, check=False,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                code = -1
        text = told.read_text("utf-8", "replace")
        count = _COUNT.search(text)
        left = [path for path in folder.iterdir() if path.name not in ("corpus", "told")]
        fed = int(count[1]) if count else 0
        seconds_used = time.monotonic() - began_s
        if left:
            kind = left[0].name.partition("-")[0]
            return Fed(fed, seconds_used, left[0].read_bytes(), kind)
        if code != 0 or not fed:
            raise EngineFailed(f"Fuzzing {family} ended by itself ({code}): {text[-300:]}.")
        return Fed(fed, seconds_used)


def _planted(name: str, fed: Fed) -> Planted:
    bug = PLANTS[name]
    if fed.input is None:
        return Planted(bug.bug, None, fed.seconds)
    with planted(bug.plant):
        found = fault_of(bug.family, fed.input)
    return Planted(bug.bug, fed.count or 1, fed.seconds, found or fed.ended)


def _violations(family: str, fed: Fed) -> list[Violation]:
    if fed.input is None:
        return []
    found = fault_of(family, fed.input) if fed.ended == "crash" else f"{fed.ended} of an input"
    token = f"{family}:{fed.input[:INPUT_BYTES_MAX].hex()}"
    return [Violation(token, f"fuzz: {found or 'a fault that does not come again'}")]


__all__ = ["FAULT_EXIT", "EngineFailed", "Fed", "Fuzzing", "run_child"]
