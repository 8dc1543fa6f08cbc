"""A program on a pseudo-terminal: keys in, and everything that it draws kept.

Apart from the shop because a terminal has to be read all the time, by a thread of its own.
"""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

ROWS, COLUMNS = 40, 132
POLL_S = 0.05


class Screen:
    """`command` with a terminal of its own, until `close`. `drawn` is all that it has drawn."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.child = subprocess.Popen(  # noqa: S603 - this program itself
            command, stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.drawn = bytearray()
        self._reader = threading.Thread(target=self._read, name="terminal")
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the terminal ends when the program has let go of it
            while part := os.read(self._master, 65_536):
                self.drawn += part

    def press(self, keys: str) -> None:
        """Type `keys`, each by itself, as a hand would."""
        with suppress(OSError):
            os.write(self._master, keys.encode())

    def pressed(self, keys: str, happened: Callable[[], bool], wait_s_max: float) -> bool:
        """Press the same keys until they have had their effect: they do nothing before their time.

        Whether they had it, before the program ended and within `wait_s_max`.
        """
        ends_s = time.monotonic() + wait_s_max
        while not happened():
            if time.monotonic() > ends_s or self.child.poll() is not None:
                return False
            self.press(keys)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(10 * POLL_S)
        return True

    def close(self) -> None:
        """End it, whatever it is doing."""
        self.child.kill()
        self.child.wait()
        self._reader.join()
        os.close(self._master)
