"""The loop of a hand scanner: whole texts in, codes out, for ever, whatever the device does.

Apart from the camera's loop because there is no picture: the device decodes by itself and tells
a text at a time, each because somebody pulled its trigger.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from stdnum import ean

from hardware.devices import DeviceError, Symbol, Symbology

READ_DEADLINE_S = 0.5  # how long `stop` may take
REOPEN_DELAYS_S = (0.5, 1.0, 2.0, 5.0)
# Kinds of code by the identifier that a scanner may be set to send first (ISO/IEC 15424).
_IDENTIFIED = {
    "]Q": Symbology.QR,
    "]C": Symbology.CODE_128,
    "]E0": Symbology.EAN_13,
    "]E4": Symbology.EAN_8,
}
_PRODUCT_LENGTH = {8: Symbology.EAN_8, 12: Symbology.UPC_A, 13: Symbology.EAN_13}

_log = logging.getLogger(__name__)


class TextSource(Protocol):
    """A device that sends whole texts. Every method may block up to the deadline given to it."""

    def open(self) -> None:
        """Start the device. Raises DeviceError naming the remedy."""

    def read(self, deadline_s: float) -> str | None:
        """The next text, or None when none has come within `deadline_s` seconds.

        Raises DeviceError when the device is gone.
        """

    def close(self) -> None:
        """Give the device back; may be called twice."""


class HandScanner:
    """Runs in one thread: `run` until `stop`. Starts disarmed: what is read then is dropped.

    `found` is called for every text that comes while armed; `trouble` with a sentence when the
    device fails and with None when it is well again. Both are called from the thread of `run`.
    """

    def __init__(
        self,
        source: TextSource,
        found: Callable[[Symbol], None],
        trouble: Callable[[str | None], None],
        *,
        reopen_delays_s: Sequence[float] = REOPEN_DELAYS_S,
    ) -> None:
        self._source = source
        self._found = found
        self._trouble = trouble
        self._reopen_delays_s = tuple(reopen_delays_s)
        self._armed = threading.Event()
        self._stopping = threading.Event()
        self._said: str | None = None

    def arm(self) -> None:
        """Report what is read from now on."""
        self._armed.set()

    def resume(self) -> None:
        """The same: a trigger that is pulled again means the code again."""
        self.arm()

    def disarm(self) -> None:
        """Drop what is read until armed again."""
        self._armed.clear()

    def stop(self) -> None:
        """Make `run` return, at the latest half a second from now."""
        self._stopping.set()

    def run(self) -> None:
        """Read until stopped. A device that fails is opened again, for ever, ever later."""
        failures = 0
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                self._source.open()
                self._say(None)
                self._read_on()
            except DeviceError as fault:
                self._say(str(fault))
            except Exception:  # nothing that a driver raises may end the loop
                _log.exception("the hand scanner's driver failed")
                self._say("The hand scanner failed: unplug it and plug it in again.")
            finally:
                self._close()
            lasted = time.monotonic() - began_s > self._reopen_delays_s[-1]
            failures = 1 if lasted else failures + 1
            self._stopping.wait(
                self._reopen_delays_s[min(failures, len(self._reopen_delays_s)) - 1]
            )

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            text = self._source.read(READ_DEADLINE_S)
            if text and self._armed.is_set():
                try:
                    self._found(symbol_of(text))
                except Exception:  # the receiver's fault; the next code must still be read
                    _log.exception("a scanned code was not received")

    def _say(self, sentence: str | None) -> None:
        """Tell of a change only: the same sentence is not said twice."""
        if sentence == self._said:
            return
        self._said = sentence
        try:
            self._trouble(sentence)
        except Exception:
            _log.exception("the hand scanner's state was not received")

    def _close(self) -> None:
        try:
            self._source.close()
        except Exception:  # a broken driver may fail in closing too
            _log.exception("the hand scanner did not close")


def symbol_of(text: str) -> Symbol:
    """The text as a code, of the kind that its identifier tells or its check digit lets suppose."""
    for identifier, kind in _IDENTIFIED.items():
        if text.startswith(identifier):
            return Symbol(text[3:], kind)
    kind = _PRODUCT_LENGTH.get(len(text), Symbology.UNKNOWN)
    if kind is not Symbology.UNKNOWN and text.isascii() and text.isdigit() and ean.is_valid(text):
        return Symbol(text, kind)
    return Symbol(text, Symbology.UNKNOWN)
