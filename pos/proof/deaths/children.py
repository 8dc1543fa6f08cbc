"""The gate's side of the nest: start a process, wait for its end, kill it.

Apart from the nest, whose single thread may not meet the many of the gate.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pos.proof.deaths.nest import Order

KILLED = -signal.SIGKILL
READY_S_MAX = 60.0
END_S_MAX = 20.0


class Child:
    """One process: a till's, or a switch's. `out` is the file of what it says."""

    def __init__(self, nest: "Nest", number: int, out: Path) -> None:
        self._nest = nest
        self._number = number
        self._ended = threading.Event()
        self.out = out
        self.status: int | None = None

    def wait(self, seconds_max: float) -> int | None:
        """The exit code, or the negative number of the signal that ended it; None if it lives."""
        self._ended.wait(seconds_max)
        return self.status

    def kill(self) -> int | None:
        """SIGKILL, if it still lives, and wait for its end."""
        if self.status is None:
            self._nest.send(Order(self._number))
        return self.wait(END_S_MAX)

    def ended(self, status: int) -> None:
        """For the nest's reader: it ended so."""
        self.status = status
        self._ended.set()


class Nest:
    """A parent of processes, in a process of its own. `command` is what starts it in another
    place, such as `unshare -n`. Use as a context manager; at its end all children are dead.
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*command, sys.executable, "-m", "pos.proof.deaths.nest"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # No setting of this machine's own till or switch reaches those that die here.
            env={name: value for name, value in os.environ.items() if name[:4] != "POS_"},
        )
        self._lock = threading.Lock()
        self._children: dict[int, Child] = {}
        self._count = 0
        self._ready = threading.Event()
        self.kill_count = 0  # deaths by SIGKILL
        self._reader = threading.Thread(target=self._read, name="nest", daemon=True)
        self._reader.start()
        if not self._ready.wait(READY_S_MAX):
            self._end()
            raise RuntimeError("The parent of the processes to be killed did not start.")

    @property
    def process_id(self) -> int:
        """Of the parent itself."""
        return self._process.pid

    def start(self, args: Sequence[str], out: Path, moment: str = "", bug: str = "") -> Child:
        """`pos ARGS` as a child; see Order."""
        with self._lock:
            self._count += 1
            child = Child(self, self._count, out)
            self._children[self._count] = child
            number = self._count
        self.send(Order(number, tuple(args), str(out), moment, bug))
        return child

    def send(self, order: Order) -> None:
        """Hand an order over."""
        with self._lock:
            assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
            self._process.stdin.write(order.line())
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in self._process.stdout:
            if not line.startswith(b"{"):
                self._ready.set()
                continue
            told = json.loads(line)
            with self._lock:
                child = self._children.pop(told["number"])
                self.kill_count += told["status"] == KILLED
            child.ended(told["status"])

    def _end(self) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.close()
        try:
            self._process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_S_MAX)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
