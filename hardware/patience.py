"""Calls into a driver that may block for ever, each with a deadline.

Apart from the cameras because a thread stuck in a driver can be neither ended nor waited for:
what can be done is to go on without it, and to let nobody call that driver until it returns.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from hardware.devices import DeviceError

T = TypeVar("T")


class Patience:
    """One call at a time into a driver that `name` calls in sentences."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._call: threading.Thread | None = None

    @property
    def stuck(self) -> bool:
        """True while a call that was given up has not returned."""
        return self._call is not None and self._call.is_alive()

    def call(self, work: Callable[[], T], deadline_s: float) -> T:
        """What `work` returns or raises, within `deadline_s` seconds.

        Raises DeviceError when it does not come back in time, and at once while an earlier call
        has not come back.
        """
        if self.stuck:
            raise DeviceError(f"{self._name} does not answer: switch the terminal off and on.")
        results: list[T] = []
        faults: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as fault:  # handed on to the caller
                faults.append(fault)

        # A daemon: a driver stuck in the kernel must not keep the program from ending.
        self._call = threading.Thread(target=run, name="driver", daemon=True)
        self._call.start()
        self._call.join(deadline_s)
        if self._call.is_alive():
            raise DeviceError(f"{self._name} has not answered for {deadline_s:g} s.")
        if faults:
            raise faults[0]
        return results[0]
