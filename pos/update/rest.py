"""Asking the till to begin nothing, for as long as somebody holds the line.

Apart from the till's end of it, `pos.door`: this is the other side, and may be of another release.
"""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos.door import SOCKET_NAME
from pos.errors import PosError
from pos.folders import socket_name

POLL_S = 1.0


class Busy(PosError):
    """The till does not rest in time; `waits_for` is a language key, or empty when it is silent."""

    exit_code = 3

    def __init__(self, waits_for: str) -> None:
        self.waits_for = waits_for
        super().__init__(waits_for)


class NoDoor(PosError):
    """No till of a version that can be asked runs there."""


@contextmanager
def resting(state: Path, wait_s: float) -> Iterator["Line"]:
    """Wait until the till rests, and keep it so until the end of the `with`.

    Raises Busy when it does not within `wait_s`, NoDoor when nobody is there to be asked.
    """
    with socket.socket(socket.AF_UNIX) as found:
        found.settimeout(POLL_S)
        try:
            with socket_name(state / SOCKET_NAME) as name:
                found.connect(name)
            found.sendall(b'{"ask": "rest"}\n')
        except OSError as fault:
            raise NoDoor("No till runs that can be asked to rest.") from fault
        line = Line(found)
        ends_s = time.monotonic() + wait_s
        while not line.rests:
            if time.monotonic() > ends_s:
                raise Busy(line.waits_for)
            line.listen()
        yield line


class Line:
    """What the till last said: whether it `rests`, and if not, what it `waits_for`."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._kept = b""
        self.rests = False
        self.waits_for = ""

    def listen(self) -> None:
        """Take in what was said, a second at most. Raises NoDoor when the till is gone."""
        try:
            part = self._line.recv(65_536)
        except TimeoutError:
            return
        except OSError as fault:
            raise NoDoor("The till closed.") from fault
        if not part:
            raise NoDoor("The till closed.")
        self._kept += part
        while b"\n" in self._kept:
            said, _, self._kept = self._kept.partition(b"\n")
            fields = json.loads(said)
            self.rests, self.waits_for = bool(fields["resting"]), str(fields["waits_for"])
