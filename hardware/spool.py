"""Jobs waiting for a printer, and the one thread that does them.

Apart from the printers because every one of them, real or simulated, must keep the same promise:
submitting never blocks, and each job is answered exactly once, from one thread.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable

from hardware.devices import DeviceError, PrinterFault, PrintError, Unprinted

WAITING_MAX = 8
ANSWERS_MAX = 64
CLOSE_WAIT_S = 3.0

Done = Callable[[Unprinted | None], None]
Job = Callable[[], None]
_log = logging.getLogger(__name__)

_TOO_MANY = Unprinted(
    PrinterFault.BUSY, "Not printed, too many receipts are waiting: look after the printer."
)


class Spool:
    """A bounded queue of jobs done one after the other.

    A job may block up to its own deadline, and raises DeviceError with the sentence to tell.
    """

    def __init__(self, name: str) -> None:
        self._jobs: deque[tuple[Job | None, Done]] = deque()
        self._wake = threading.Condition()
        self._closed = False
        # A daemon, because a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job. With eight waiting, it is answered with a fault and not done.

        Raises DeviceError once closed, or when the printer's thread has not answered for long.
        """
        with self._wake:
            if self._closed:
                raise DeviceError("The printer is closed: start the terminal again.")
            if len(self._jobs) >= ANSWERS_MAX:
                raise DeviceError("The printer does not answer: switch it off and on.")
            waiting = sum(1 for kept, _ in self._jobs if kept is not None)
            self._jobs.append((job if waiting < WAITING_MAX else None, done))
            self._wake.notify()

    def close(self) -> None:
        """Do what is queued within three seconds, answer the rest as not printed."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(CLOSE_WAIT_S)
        if self._thread.is_alive():
            with self._wake:  # what the thread has not yet begun is answered, not printed
                self._jobs = deque((None, done) for _, done in self._jobs)

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                job, done = self._jobs.popleft()
            self._answer(done, _TOO_MANY if job is None else self._do(job))

    def _do(self, job: Job) -> Unprinted | None:
        try:
            job()
        except PrintError as fault:
            return Unprinted(fault.fault, str(fault), fault.sent)
        except DeviceError as fault:
            return Unprinted(PrinterFault.FAILED, str(fault))
        except Exception:  # a driver may raise anything, and the next receipt must still print
            _log.exception("the printer driver failed")
            sentence = "The printer driver failed: switch the printer off and on."
            return Unprinted(PrinterFault.FAILED, sentence, sent=True)
        return None

    def _answer(self, done: Done, told: Unprinted | None) -> None:
        try:
            done(told)
        except Exception:  # a caller's fault must not stop the printer
            _log.exception("the answer to a print job failed")
