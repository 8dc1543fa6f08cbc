"""Work that goes on beside the answering: a thread that does what there is to do, then rests.

Apart from what is done so that all of it starts, stops and survives a fault in the same way.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

log = logging.getLogger(__name__)

PAUSE_S = 1.0
# After a fault, so that a database that is away is not asked without end.
PAUSE_AFTER_FAULT_S = 5.0
AT_A_STRETCH_MAX = 1_000
STOP_S_MAX = 15.0


class Worker:
    """A thread that calls `act` for as long as it returns True, and then pauses.

    Both pauses are seconds. `stop` waits until the `act` under way is done.
    """

    def __init__(
        self,
        name: str,
        act: Callable[[], bool],
        pause_s: float = PAUSE_S,
        pause_after_fault_s: float = PAUSE_AFTER_FAULT_S,
    ) -> None:
        self._name = name
        self._act = act
        self._pause_s = pause_s
        self._pause_after_fault_s = pause_after_fault_s
        self._told_to_stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Begin no further piece of work; returns at once."""
        self._told_to_stop.set()

    def stop(self) -> None:
        """The same, and wait for the piece of work under way; may be called twice."""
        self.tell_to_stop()
        self._thread.join(STOP_S_MAX)

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._told_to_stop.is_set():
            pause_s = self._pause_s
            try:
                for _ in range(AT_A_STRETCH_MAX):
                    if self._told_to_stop.is_set() or not self._act():
                        break
            except Exception:
                log.exception("%s failed, and goes on in a moment", self._name)
                pause_s = self._pause_after_fault_s
            self._told_to_stop.wait(pause_s)


@contextmanager
def working(*workers: Worker) -> Iterator[None]:
    """Stop all `workers` at the end, beside each other."""
    with ExitStack() as stack:
        for worker in workers:
            stack.callback(worker.stop)
        for worker in workers:
            stack.callback(worker.tell_to_stop)
        yield
