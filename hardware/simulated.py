"""Devices without hardware: a camera before which phones are held, a lamp, and buttons.

They ship with the product: the demonstration sells with them and tests use them as they are.
They keep the protocols of the real ones, with the same threads, and fail when told to.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from hardware.devices import Button, DeviceError, Frame, Signal, Symbology
from hardware.phone import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, Pose, draw_phone, expose, held

if TYPE_CHECKING:
    from PIL import Image

FRAMES_PER_S = 15.0
SIGNALS_MAX = 1000


class _Fault(Enum):
    NONE = "none"
    FROZEN = "frozen"
    DROPPED_OUT = "dropped out"
    BLACK = "black"


class SimulatedCamera:
    """A Camera over a desk: `hold_up` a code and it is seen as a photographed phone.

    Frames are 1280 x 720 luma, 15 a second by `clock` and `wait` (seconds). The same `rng` gives
    the same hands. Everything but `open`, `frame` and `close` may be called from any thread.
    """

    def __init__(
        self,
        rng: random.Random | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rng = rng or random.Random(1)  # noqa: S311
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._phone: Image.Image | None = None
        self._pose: Pose | None = None
        self._fault = _Fault.NONE
        self._is_open = False
        self._due_s = 0.0
        self._number = 0

    def hold_up(self, text: str, symbology: Symbology = Symbology.QR) -> None:
        """Hold a phone that shows `text` before the camera, in place of any other.

        Raises DeviceError when the text does not fit the symbology.
        """
        phone = draw_phone(text, symbology).convert("L")
        with self._lock:
            self._phone, self._pose = phone, held(symbology, self._rng)

    def take_away(self) -> None:
        """Leave the desk empty."""
        with self._lock:
            self._phone = self._pose = None

    def freeze(self) -> None:
        """Send no more frames: every `frame` waits out its deadline and fails."""
        self._break(_Fault.FROZEN)

    def drop_out(self) -> None:
        """Fail at once, in opening too, as after the cable was pulled."""
        self._break(_Fault.DROPPED_OUT)

    def go_black(self) -> None:
        """Send black frames, as with the lens covered."""
        self._break(_Fault.BLACK)

    def recover(self) -> None:
        """Undo `freeze`, `drop_out` and `go_black`."""
        self._break(_Fault.NONE)

    def open(self) -> None:
        """As `Camera.open`."""
        self._require_connected()
        self._is_open = True
        self._due_s = self._clock()

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`."""
        if not self._is_open:
            raise DeviceError("The simulated camera is not open.")
        self._require_connected()
        with self._lock:
            frozen = self._fault is _Fault.FROZEN
        if frozen:
            self._wait(deadline_s)
            raise DeviceError(f"The simulated camera has sent no picture for {deadline_s:g} s.")
        pause_s = min(self._due_s - self._clock(), deadline_s)
        if pause_s > 0:
            self._wait(pause_s)
        taken_at_s = self._clock()
        self._due_s = max(taken_at_s, self._due_s + 1 / FRAMES_PER_S)
        return self._expose(taken_at_s)

    def close(self) -> None:
        """As `Camera.close`."""
        self._is_open = False

    def _expose(self, taken_at_s: float) -> Frame:
        with self._lock:
            phone, pose, fault = self._phone, self._pose, self._fault
            hand = random.Random(self._rng.random())  # noqa: S311
        self._number += 1
        if fault is _Fault.BLACK:
            import numpy as np

            luma = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX), np.uint8)
        else:
            luma = expose(phone, pose.shaken(hand) if pose else None, hand)
        return Frame(luma, taken_at_s, self._number)

    def _break(self, fault: _Fault) -> None:
        with self._lock:
            self._fault = fault

    def _require_connected(self) -> None:
        with self._lock:
            if self._fault is _Fault.DROPPED_OUT:
                raise DeviceError("The simulated camera is unplugged: plug it in again.")


class SimulatedIndicator:
    """An Indicator that remembers the last 1000 signals and when each began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signals: deque[tuple[float, Signal]] = deque(maxlen=SIGNALS_MAX)

    @property
    def signals(self) -> tuple[tuple[float, Signal], ...]:
        """What was shown, oldest first: (seconds by the clock, signal)."""
        return tuple(self._signals)

    @property
    def now(self) -> Signal:
        """What is shown at present."""
        return self._signals[-1][1] if self._signals else Signal.OFF

    def show(self, signal: Signal) -> None:
        """As `Indicator.show`."""
        self._signals.append((self._clock(), signal))

    def close(self) -> None:
        """As `Indicator.close`."""
        if self.now is not Signal.OFF:
            self.show(Signal.OFF)


class SimulatedButtons:
    """Buttons that are pressed by calling `press`."""

    def __init__(self) -> None:
        self._pressed: Callable[[Button], object] | None = None

    def listen(self, pressed: Callable[[Button], object]) -> None:
        """As `Buttons.listen`."""
        self._pressed = pressed

    def press(self, button: Button) -> None:
        """Press and let go; nothing happens while nobody listens."""
        if self._pressed is not None:
            self._pressed(button)

    def close(self) -> None:
        """As `Buttons.close`."""
        self._pressed = None
