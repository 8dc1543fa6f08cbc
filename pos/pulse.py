"""The till's sign of life to systemd: ready, alive, what it is at, and that it stops.

Apart from the loops that beat because none of them speaks for the others: a till whose screen
draws while its engine hangs does not live. The protocol is sd_notify(3), datagrams to a socket;
without one, as in a shell, nothing is said. Every beat may come from another thread.
"""

import os
import socket
import sys
import syslog
import threading
import time
from collections.abc import Callable

PING_EVERY_S = 1.0
STATUS_CHARACTERS_MAX = 300


def note(sentence: str) -> None:
    """Put a sentence into the system's log too, where systemd started the program on a console.

    There the standard error is the screen, which is wiped when the program ends.
    """
    if os.environ.get("INVOCATION_ID") and sys.stderr is not None and sys.stderr.isatty():
        syslog.openlog("samkassa", syslog.LOG_PID)
        syslog.syslog(syslog.LOG_ERR, _one_line(sentence))


class Pulse:
    """Beats of the named loops, told to the supervisor while all of them beat.

    The first time that all have, the till is ready. From then on each ping needs a new beat of
    every loop. `stopped` takes a loop out that ended by a fault that a person was told of: to
    start again would only hide the sentence. `address` is the supervisor's socket, or "".
    """

    def __init__(
        self,
        *loops: str,
        address: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._loops = set(loops)
        self._missing = set(loops)
        self._clock = clock
        self._lock = threading.Lock()
        self._ready = False
        self._pinged_s = float("-inf")

    @classmethod
    def of_service(cls, *loops: str) -> "Pulse":
        """The pulse of a program that systemd may have started."""
        return cls(*loops, address=os.environ.get("NOTIFY_SOCKET", ""))

    def beat(self, loop: str) -> None:
        """The loop has come round."""
        with self._lock:
            self._missing.discard(loop)
            self._ping()

    def stopped(self, loop: str, sentence: str) -> None:
        """The loop has ended, and why is on the screen."""
        with self._lock:
            self._loops.discard(loop)
            self._missing.discard(loop)
            self._tell(f"STATUS={_one_line(sentence)}")
            self._ping()

    def ending(self) -> None:
        """The program is about to end."""
        self._tell("STOPPING=1")

    def _ping(self) -> None:
        now_s = self._clock()
        if self._missing or now_s - self._pinged_s < PING_EVERY_S:
            return
        said = "WATCHDOG=1" if self._ready else "READY=1\nWATCHDOG=1"
        if self._tell(said):
            self._ready = True
            self._pinged_s = now_s
            self._missing = set(self._loops)

    def _tell(self, message: str) -> bool:
        """Whether somebody listens, or nobody is there to. A till sells all the same."""
        if not self._address:
            return True
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(0)  # a listener that hangs must not hold up a sale
                line.sendto(message.encode(), address)
        except OSError:
            return False
        return True


def _one_line(sentence: str) -> str:
    return " ".join(sentence.split())[:STATUS_CHARACTERS_MAX]
