"""The scheme's customers, who can come only once the switch has made its books.

Apart because the demo's phone and a training day's customers both wait for them.
"""

import threading
from pathlib import Path

from pos.embedded import EmbeddedSwitch
from pos.folders import SWITCH_FOLDER_NAME
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.store import Store
from pos.switch.exchange import Caller

READY_S_MAX = 20.0


class LateScheme:
    """The scheme's customers, as soon as the switch has made its books."""

    def __init__(self, state: Path, embedded: EmbeddedSwitch) -> None:
        self._state = state
        self._embedded = embedded
        self._up = threading.Event()
        self._scheme: SimulatedScheme | None = None
        self.store: Store | None = None

    def connect(self) -> Caller:
        """Start the switch, then let the phone in."""
        caller = self._embedded.connect()
        path = (self._state / SWITCH_FOLDER_NAME / "switch.db").resolve()
        self.store = Store.open(f"sqlite:///{path}")
        self._scheme = open_scheme(self.store)
        self._up.set()
        return caller

    def ready(self) -> SimulatedScheme:
        """Wait for it, at most twenty seconds."""
        self._up.wait(READY_S_MAX)
        if self._scheme is None:
            raise TimeoutError("The switch did not come up.")
        return self._scheme
