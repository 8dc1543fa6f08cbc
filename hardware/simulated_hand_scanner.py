"""A hand scanner without hardware: `scan` is the pull of its trigger.

Apart from the other simulated devices because it sends texts and knows no picture.
"""

import queue
import threading

from hardware.devices import DeviceError

TEXTS_MAX = 16


class SimulatedHandScanner:
    """A TextSource into which a text is handed; fails when told to. Any thread may call it."""

    def __init__(self) -> None:
        self._texts: queue.Queue[str | None] = queue.Queue(TEXTS_MAX)
        self._plugged_in = threading.Event()
        self._plugged_in.set()

    def scan(self, text: str) -> None:
        """Read a code that says `text`. Raises queue.Full when nobody takes what was read."""
        self._texts.put_nowait(text)

    @property
    def waiting(self) -> int:
        """How many texts were not taken yet."""
        return self._texts.qsize()

    def unplug(self) -> None:
        """Fail at once, in opening too."""
        self._plugged_in.clear()
        self._texts.put(None)

    def plug_in(self) -> None:
        """Undo `unplug`."""
        self._plugged_in.set()

    def open(self) -> None:
        """As `TextSource.open`."""
        self._require_plugged_in()

    def read(self, deadline_s: float) -> str | None:
        """As `TextSource.read`."""
        try:
            text = self._texts.get(timeout=deadline_s)
        except queue.Empty:
            text = None
        self._require_plugged_in()
        return text

    def close(self) -> None:
        """As `TextSource.close`."""

    def _require_plugged_in(self) -> None:
        if not self._plugged_in.is_set():
            raise DeviceError("The simulated hand scanner is unplugged: plug it in again.")
