"""The scan loop: frames in, each code once out, for ever, whatever the camera does.

Apart from the cameras and the decoder because this is where time is: what was seen since when,
what must be read twice, and how long to wait before a broken camera is opened again.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from hardware.devices import Camera, DeviceError, Frame, Luma, Symbol, Symbology
from hardware.in_view import CodesInView
from hardware.sight import Sight

FRAME_DEADLINE_S = 2.0
REOPEN_DELAYS_S = (0.5, 1.0, 2.0, 5.0)
AGREE_FRAMES = 5  # a product code counts when read again within so many frames
SEEN_MAX = 256

_log = logging.getLogger(__name__)
_Key = tuple[Symbology, str]
# Kinds whose single read may be a misread that looks right: each must be read in two frames.
_TWICE = frozenset({Symbology.EAN_13, Symbology.EAN_8, Symbology.UPC_A, Symbology.MICRO_QR})


class SymbolReader(Protocol):
    """What the loop needs of a decoder."""

    def read(self, luma: Luma) -> list[Symbol]:
        """The codes in one frame."""


class Scanner:
    """Runs in one thread: `run` until `stop`. Starts disarmed: frames are taken, not decoded.

    `found` is called once per code, again only after it has left the view or after an arming;
    `trouble` with a sentence when the camera fails or shows nothing, and with None when it gives
    pictures again; `looked` with every frame while armed and the codes read in it. All are called
    from the thread of `run`.
    """

    def __init__(
        self,
        camera: Camera,
        decoder: SymbolReader,
        found: Callable[[Symbol], None],
        trouble: Callable[[str | None], None],
        *,
        looked: Callable[[Frame, Sequence[Symbol]], None] | None = None,
        frame_deadline_s: float = FRAME_DEADLINE_S,
        reopen_delays_s: Sequence[float] = REOPEN_DELAYS_S,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """`clock` must be the one that stamps the camera's frames.

        `wait` passes the seconds before a camera is opened again; by default `stop` cuts it short.
        """
        self._camera = camera
        self._decoder = decoder
        self._found = found
        self._trouble = trouble
        self._looked = looked
        self._frame_deadline_s = frame_deadline_s
        self._reopen_delays_s = tuple(reopen_delays_s)
        self._clock = clock
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._lock = threading.Lock()
        self._armed_at_s: float | None = None
        self._arming = 0
        self._in_view = CodesInView()
        self._sight = Sight()
        self._read_at: dict[_Key, int] = {}
        self._frames = 0
        self._said: str | None = None

    def arm(self) -> None:
        """Report codes in frames taken from now on, also those reported before."""
        with self._lock:
            self._in_view.clear()
        self.resume()

    def resume(self) -> None:
        """Report codes from now on, but none that was reported and has not left the view since."""
        with self._lock:
            self._armed_at_s = self._clock()
            self._arming += 1
            self._read_at.clear()

    def disarm(self) -> None:
        """Report nothing until armed again; a code being decoded right now is dropped."""
        with self._lock:
            self._armed_at_s = None
            self._arming += 1

    def stop(self) -> None:
        """Make `run` return, at the latest one frame deadline from now."""
        self._stopping.set()

    def run(self) -> None:
        """Scan until stopped. A failing camera is closed and opened again, for ever, ever later."""
        failures = 0
        while not self._stopping.is_set():
            before = self._frames
            try:
                self._camera.open()
                while not self._stopping.is_set():
                    frame = self._camera.frame(self._frame_deadline_s)
                    self._frames += 1
                    self._say(self._fault(frame))
                    self._look(frame)
            except DeviceError as fault:
                self._say(str(fault))
            except Exception:  # nothing that a driver raises may end the loop
                _log.exception("the camera driver failed")
                self._say("The camera failed: unplug it and plug it in again.")
            finally:
                self._close()
            failures = 1 if self._frames > before else failures + 1
            self._wait(self._delay_s(failures))

    def _fault(self, frame: Frame) -> str | None:
        try:
            return self._sight.fault(frame)
        except Exception:  # a picture that cannot be judged is no fault of the camera
            _log.exception("a frame could not be judged")
            return None

    def _delay_s(self, failures: int) -> float:
        return self._reopen_delays_s[min(failures, len(self._reopen_delays_s)) - 1]

    def _look(self, frame: Frame) -> None:
        with self._lock:
            armed_at_s, arming = self._armed_at_s, self._arming
        if armed_at_s is None or frame.taken_at_s < armed_at_s:
            return
        try:
            symbols = self._decoder.read(frame.luma)
        except Exception:  # a frame that no reader can bear is one frame lost
            _log.exception("a frame could not be decoded")
            return
        with self._lock:
            self._in_view.look(frame.taken_at_s)
        for symbol in symbols:
            self._weigh(symbol, arming)
        if self._looked is not None:
            try:
                self._looked(frame, symbols)
            except Exception:  # whoever watches stops no reading
                _log.exception("a frame could not be watched")

    def _weigh(self, symbol: Symbol, arming: int) -> None:
        """Report the code unless it was, or must be read once more, or came too late."""
        key = (symbol.symbology, symbol.text)
        with self._lock:
            if arming != self._arming:
                return
            # By its text: a wallet shows the same digits as bars and as a QR code.
            if self._in_view.again(symbol.text):
                return
            if symbol.symbology in _TWICE and not self._agrees(key):
                return
            self._in_view.add(symbol.text)
        try:
            self._found(symbol)
        except Exception:  # the receiver's fault; the next code must still be read
            _log.exception("a scanned code was not received")

    def _agrees(self, key: _Key) -> bool:
        """True when this product code was read a few frames ago too."""
        last = self._read_at.get(key)
        if len(self._read_at) >= SEEN_MAX:
            self._read_at.clear()
        self._read_at[key] = self._frames
        return last is not None and 0 < self._frames - last <= AGREE_FRAMES

    def _say(self, sentence: str | None) -> None:
        """Tell of a change only: the same sentence is not said twice."""
        if sentence == self._said:
            return
        self._said = sentence
        try:
            self._trouble(sentence)
        except Exception:
            _log.exception("the camera's state was not received")

    def _close(self) -> None:
        try:
            self._camera.close()
        except Exception:  # a broken driver may fail in closing too
            _log.exception("the camera did not close")
