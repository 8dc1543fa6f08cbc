"""Gates run in two lanes: one that computes all the time, beside those that mostly wait.

Apart from the command so that the tests and the command run the same, and apart from the gates,
which need not know of each other. The simulation takes what the others, who wait for processes,
disks and servers, leave of the processors; its processes are niced, so that it disturbs none.
"""

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pos.proof.gate import Gate, Result

# Called with a gate, the share of its time that is used, and what was done; by several threads.
Tell = Callable[[Gate, float, str], None]
Found = list[tuple[Gate, Result]]


class _GivenUp(Exception):
    """Somebody wants no result any more."""


def run_gates(gates: Sequence[Gate], budget_s: float, seed: int, tell: Tell) -> Found:
    """Every gate's result, in the order given, after about `budget_s` in all.

    A gate that fails by an exception of its own has a result that says so.
    """
    weights = sum(gate.share for gate in gates)
    beside = [gate for gate in gates if gate.beside]
    others = [gate for gate in gates if not gate.beside]
    given_up = threading.Event()

    def run(lane: Sequence[Gate]) -> Found:
        found = []
        for gate in lane:
            of_budget = 1.0 if gate.beside else gate.share / weights
            found.append((gate, _run(gate, of_budget * budget_s, seed, tell, given_up)))
        return found

    with ThreadPoolExecutor(1, "proof") as pool:
        try:
            running = pool.submit(run, beside)
            found = dict(run(others))
            found |= dict(running.result())
        finally:
            given_up.set()  # Ctrl+C ends both lanes at their next word
    return [(gate, found[gate]) for gate in gates]


def _run(gate: Gate, budget_s: float, seed: int, tell: Tell, given_up: threading.Event) -> Result:
    began_s = time.monotonic()

    def progress(used: float, done: str) -> None:
        if given_up.is_set():
            raise _GivenUp
        tell(gate, used, done)

    try:
        return gate.run(budget_s, seed, progress)
    except _GivenUp:
        raise
    except Exception as fault:
        # The others are worth having all the same; where it failed stands on standard error.
        traceback.print_exc()
        seconds = time.monotonic() - began_s
        return Result(0, "", seconds, fault=f"{type(fault).__name__}: {fault}".splitlines()[0])
