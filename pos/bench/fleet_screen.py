"""`pos fleet` as a process with a terminal of its own, whose drawing is read as it comes.

Apart from the measuring because a program whose terminal nobody reads stands still.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

ROWS, COLUMNS = 40, 132


class FleetScreen:
    """`pos fleet` with these options, until `close`. `drawn` is all that it has drawn."""

    def __init__(self, options: Sequence[str], more: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pos", "fleet", *options],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", **more},
            start_new_session=True,
        )
        os.close(slave)
        self.drawn = bytearray()
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the terminal ends when the program has let go of it
            while part := os.read(self._master, 65_536):
                self.drawn += part

    def press(self, keys: str) -> None:
        """Type them."""
        with suppress(OSError):
            os.write(self._master, keys.encode())

    def close(self) -> None:
        """End it."""
        self._child.kill()
        self._child.wait()
        self._reader.join()
        os.close(self._master)
