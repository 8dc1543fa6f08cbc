"""`pos counter` in a terminal of its own: keys in, and everything it draws kept.

Apart from `shell` because a screen needs a pseudo-terminal that is read all the time.
"""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from driving import shell

ROWS, COLUMNS = 40, 132
POLL_S = 0.05
WAIT_S_MAX = 60.0
# Enter, F2, Esc and Ctrl+Q as a terminal sends them.
SCAN, SHOW, STOP, QUIT = "\r", "\x1bOQ", "\x1b", "\x11"


class Counter:
    """A counter till on a screen of its own; killed at the end of the `with` if still alive."""

    def __init__(self, *args: str, dying_at: str = "") -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.child = subprocess.Popen(
            shell.command("counter", *args, dying_at=dying_at),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=shell.environment({"TERM": "xterm-256color"}),
            start_new_session=True,
        )
        os.close(slave)
        self.drawn = bytearray()
        self._reader = threading.Thread(target=self._read, name="terminal")
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the terminal ends when the till has let go of it
            while part := os.read(self._master, 65_536):
                self.drawn += part

    def press(self, keys: str) -> None:
        """Type `keys`, each by itself, as a hand would."""
        with suppress(OSError):
            os.write(self._master, keys.encode())

    def press_until(self, keys: str, happened: Callable[[], bool]) -> None:
        """Press the same key until it has had its effect: it does nothing before its time."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened():
            assert time.monotonic() < ends_s, (
                f"no effect of {keys!r}: {bytes(self.drawn)[-2000:]!r}"
            )
            if self.child.poll() is not None:
                return
            self.press(keys)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(10 * POLL_S)

    def wait(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened, or the till has died."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened() and self.child.poll() is None:
            assert time.monotonic() < ends_s, bytes(self.drawn)[-2000:]
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(POLL_S)

    def ended(self) -> int:
        """The exit code, once the till has ended."""
        return self.child.wait(WAIT_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait()
        self._reader.join(WAIT_S_MAX)
        os.close(self._master)
