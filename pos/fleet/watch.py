"""The office's end: hears every terminal, keeps the roll, and sends what is pushed or forgotten.

Apart from the roll because here are a line, a thread that is not ours, and a lock.
"""

import secrets
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pos.errors import PosError
from pos.fleet.line import Broker, Line, Manners
from pos.fleet.roll import Roll, Seen
from pos.fleet.topics import EVERYTHING, PRESENCE, REPORT, SETTINGS, Letter, topic

JOIN_S = 15.0
SETTLED_S = 0.4  # nothing has come for so long: what lay in the broker is here
SETTLE_S_MAX = 30.0


class NoBroker(PosError):
    """The broker cannot be reached, or lets nobody in."""


class Watch:
    """Use as a context manager. Its methods may be called from any thread.

    `changed` is called, in a thread of paho's, when anything came.
    """

    def __init__(self, broker: Broker, changed: Callable[[], object] = lambda: None) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._roll = Roll()
        self._heard_s = time.monotonic()
        self._joined_once = threading.Event()
        self._line = Line(
            broker,
            f"samkassa-fleet-{secrets.token_hex(4)}",
            subscribe=EVERYTHING,
            joined=self._joined,
            heard=self._heard,
            manners=Manners(again_s=(1, 2)),
        )

    @property
    def trouble(self) -> str:
        """Why the broker tells nothing, or empty while it does."""
        if self._line.there and not self._line.refusal:
            return ""
        return self._line.refusal or "it was not reached yet"

    @property
    def revision(self) -> int:
        """Counts what came."""
        return self._roll.revision

    @property
    def unreadable(self) -> int:
        """How many messages no terminal of any version sends."""
        return self._roll.unreadable

    def seen(self) -> list[Seen]:
        """Every terminal as it is now."""
        with self._lock:
            return self._roll.seen(time.monotonic())

    def settle(self) -> None:
        """Wait until what lay in the broker is here. Raises NoBroker."""
        began_s = time.monotonic()
        while not self._joined_once.wait(0.05):
            if self._line.refusal or time.monotonic() - began_s > JOIN_S:
                raise NoBroker(
                    f"The broker tells nothing: {self.trouble}; check its address, the CA file, the"
                    " user and the password file."
                )
        while time.monotonic() - self._heard_s < SETTLED_S:
            time.sleep(0.05)
            if time.monotonic() - began_s > SETTLE_S_MAX:
                break  # a fleet that never falls silent is shown as it is

    def push(self, name: str, sealed: bytes) -> None:
        """Leave settings for a terminal in the broker."""
        self._send(topic(name, SETTINGS), sealed)

    def forget(self, name: str) -> None:
        """Take a terminal that is no more out of the broker."""
        for kind in (REPORT, PRESENCE, SETTINGS):
            self._send(topic(name, kind), b"")

    def _send(self, place: str, payload: bytes) -> None:
        if not self._line.there:
            raise NoBroker(f"The broker is gone: {self.trouble}; try again.")
        self._line.send(Letter(place, payload))

    def _joined(self) -> None:
        self._heard_s = time.monotonic()
        self._joined_once.set()
        self._changed()

    def _heard(self, letter: Letter) -> None:
        with self._lock:
            self._roll.take(letter, time.monotonic())
        self._heard_s = time.monotonic()
        self._changed()

    def __enter__(self) -> Self:
        self._line.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
