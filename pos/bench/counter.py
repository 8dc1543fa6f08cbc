"""The counter till as a process: time to its first screen, and its resident memory.

Apart because it starts the real command in a pseudo-terminal and watches it from outside.
"""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil

from pos.bench.measure import Figure, Figures

START_COUNT = 5
START_LIMIT_S = 1.5
MEMORY_LIMIT_MB = 150.0
SETTLE_S = 8.0
PATIENCE_S = 30.0
DRAWN_S = 2.0
QUIET_S = 0.08
ROWS, COLUMNS = 40, 120
# The merchant's name is on the first screen and in nothing that the terminal prints before it.
FIRST_SCREEN = b"Fjord"
SETTINGS = """
[devices]
camera = "simulated"
printer = "simulated"
"""


class CounterProcess:
    """`pos counter` in a pseudo-terminal of its own."""

    def __init__(self, state: Path, settings: str = SETTINGS) -> None:
        (state / "terminal.toml").write_text(settings)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._began_s = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pos", "counter", "--state", str(state)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def seconds_to_first_screen(self) -> float:
        """Seconds from the start of the process to its first screen."""
        seen = b""
        while FIRST_SCREEN not in seen:
            ready, _, _ = select.select([self._master], [], [], PATIENCE_S)
            if not ready:
                raise TimeoutError(f"No screen within {PATIENCE_S} s.")
            seen += os.read(self._master, 65_536)
        return time.perf_counter() - self._began_s

    def seconds_to_redraw(self, keys: bytes) -> float:
        """Seconds from these keys to the last byte of what they draw; 0 when they draw nothing.

        The last byte is the one that nothing follows for QUIET_S.
        """
        began_s = last_s = time.perf_counter()
        os.write(self._master, keys)
        wait_s = DRAWN_S
        while select.select([self._master], [], [], wait_s)[0]:
            os.read(self._master, 65_536)
            last_s = time.perf_counter()
            wait_s = QUIET_S
        return last_s - began_s

    def memory_mb(self) -> tuple[float, float]:
        """Resident megabytes of the till, and of the switch that it started, after a while."""
        ends_s = time.monotonic() + SETTLE_S
        while (left_s := ends_s - time.monotonic()) > 0:
            if select.select([self._master], [], [], left_s)[0]:
                os.read(self._master, 65_536)  # a screen that nobody reads would block
        till = psutil.Process(self._process.pid)
        children = sum(child.memory_info().rss for child in till.children(recursive=True))
        return till.memory_info().rss / 1e6, children / 1e6

    def close(self) -> None:
        """End it as its window being closed would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


def measure(folder: Path) -> Figures:
    """Median seconds to the first screen, then resident memory with camera and switch at work."""
    starts_s: list[float] = []
    memory = (0.0, 0.0)
    for number in range(START_COUNT):
        state = folder / f"counter-{number}"
        state.mkdir(mode=0o700)
        counter = CounterProcess(state)
        try:
            starts_s.append(counter.seconds_to_first_screen())
            if number == START_COUNT - 1:
                memory = counter.memory_mb()
        finally:
            counter.close()
    detail = f"({START_COUNT} starts, slowest {max(starts_s):.2f} s)"
    median_s = statistics.median(starts_s)
    yield Figure(
        "pos counter to first screen, median",
        median_s,
        "s",
        START_LIMIT_S,
        at_least=False,
        detail=detail,
    )
    beside = f"(its switch, a process of its own: {memory[1]:.0f} MB)"
    yield Figure(
        "resident memory of the counter till",
        memory[0],
        "MB",
        MEMORY_LIMIT_MB,
        at_least=False,
        detail=beside,
    )
