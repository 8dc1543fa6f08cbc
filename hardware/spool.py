"""Documents waiting for a printer, and the one thread that hands them over.

Apart from the printers because every one of them, real or simulated, must keep the same promise:
submitting never blocks, and each document is answered exactly once, from one thread.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from hardware.devices import DeviceError, PrintLine

WAITING_MAX = 8
ANSWERS_MAX = 64
CLOSE_WAIT_S = 3.0

Done = Callable[[str | None], None]
_log = logging.getLogger(__name__)


class Spool:
    """A bounded queue of documents written one after the other by `write`.

    `write` may block up to its own deadline and raises DeviceError with the sentence to tell.
    """

    def __init__(self, name: str, write: Callable[[Sequence[PrintLine]], None]) -> None:
        self._write = write
        self._jobs: deque[tuple[Sequence[PrintLine] | None, Done]] = deque()
        self._wake = threading.Condition()
        self._closed = False
        # A daemon, because a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, lines: Sequence[PrintLine], done: Done) -> None:
        """Queue a document. With eight waiting, it is answered with a sentence and not printed.

        Raises DeviceError once closed, or when the printer's thread has not answered for long.
        """
        with self._wake:
            if self._closed:
                raise DeviceError("The printer is closed: start the terminal again.")
            if len(self._jobs) >= ANSWERS_MAX:
                raise DeviceError("The printer does not answer: switch it off and on.")
            waiting = sum(1 for kept, _ in self._jobs if kept is not None)
            self._jobs.append((tuple(lines) if waiting < WAITING_MAX else None, done))
            self._wake.notify()

    def close(self) -> None:
        """Write what is queued within three seconds, answer the rest as not printed."""
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
                lines, done = self._jobs.popleft()
            self._answer(done, self._print(lines))

    def _print(self, lines: Sequence[PrintLine] | None) -> str | None:
        if lines is None:
            return "Not printed, too many receipts are waiting: look after the printer."
        try:
            self._write(lines)
        except DeviceError as fault:
            return str(fault)
        except Exception:  # a driver may raise anything, and the next receipt must still print
            _log.exception("the printer driver failed")
            return "The printer driver failed: switch the printer off and on, then print again."
        return None

    def _answer(self, done: Done, sentence: str | None) -> None:
        try:
            done(sentence)
        except Exception:  # a caller's fault must not stop the printer
            _log.exception("the answer to a print job failed")
