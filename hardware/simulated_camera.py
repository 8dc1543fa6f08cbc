"""A camera without hardware: frames of a desk before which phones are held, and its faults.

Apart from the other simulated devices because it has optics: where its lens stands, what light
it takes, and everything that a real camera does wrong.
"""

import random
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from hardware.devices import AUTOMATIC, Controls, DeviceError, Frame, Luma, Stalled, Symbology
from hardware.phone import (
    FRAME_HEIGHT_PX,
    FRAME_WIDTH_PX,
    Pose,
    draw_phone,
    draw_picture,
    expose,
    held,
)

if TYPE_CHECKING:
    from PIL import Image

FRAMES_PER_S = 15.0
LENS_RANGE = (0.0, 15.0)  # dioptres
FOCUS_AT_FULL_SCALE = 9.0  # dioptres: a phone as large as it was drawn lies 11 cm away
BLUR_PX_A_DIOPTRE = 1.2
EXPOSURE_US = 10_000  # what the automatic takes at this desk


class Cure(Enum):
    """What makes a frozen simulated camera send pictures again."""

    RECOVERY = "recover"  # nothing that a till can do
    RESTART = "restart"
    REOPENING = "reopening"


class _Fault(Enum):
    NONE = "none"
    FROZEN = "frozen"
    STILL = "still"
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
        controls: Controls = AUTOMATIC,
    ) -> None:
        self._rng = rng or random.Random(1)  # noqa: S311
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._phone: Image.Image | None = None
        self._pose: Pose | None = None
        self._fault = _Fault.NONE
        self._cure = Cure.RECOVERY
        self._controls = controls
        self._last: Frame | None = None
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

    def hold_up_picture(self, picture: "Luma", symbology: Symbology = Symbology.QR) -> None:
        """Hold up a phone that shows this picture, uint8 (height, width), where it shows codes."""
        phone = draw_picture(picture)
        with self._lock:
            self._phone, self._pose = phone, held(symbology, self._rng)

    @property
    def pose(self) -> Pose | None:
        """How the phone is held, before the hand shakes; None where there is none."""
        with self._lock:
            return self._pose

    def take_away(self) -> None:
        """Leave the desk empty."""
        with self._lock:
            self._phone = self._pose = None

    def freeze(self, cure: Cure = Cure.RECOVERY) -> None:
        """Send no more frames: every `frame` waits out its deadline and fails, until the cure."""
        self._cure = cure
        self._break(_Fault.FROZEN)

    def stand_still(self, cure: Cure = Cure.RECOVERY) -> None:
        """Send the same picture again and again, as a driver does that has lost its camera."""
        self._cure = cure
        self._break(_Fault.STILL)

    def drop_out(self) -> None:
        """Fail at once, in opening too, as after the cable was pulled."""
        self._break(_Fault.DROPPED_OUT)

    def go_black(self) -> None:
        """Send black frames, as with the lens covered."""
        self._break(_Fault.BLACK)

    def recover(self) -> None:
        """Undo `freeze`, `stand_still`, `drop_out` and `go_black`."""
        self._break(_Fault.NONE)

    def open(self) -> None:
        """As `Camera.open`."""
        self._require_connected()
        self._try(Cure.REOPENING)
        self._is_open = True
        self._due_s = self._clock()

    def restart(self) -> None:
        """As `Restartable.restart`."""
        self._require_connected()
        self._try(Cure.RESTART)

    @property
    def lens_range(self) -> tuple[float, float]:
        """As `Adjustable.lens_range`."""
        return LENS_RANGE

    def adjust(self, controls: Controls) -> None:
        """As `Adjustable.adjust`: a lens set beside the phone blurs, exposure lights."""
        self._controls = controls

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`."""
        if not self._is_open:
            raise DeviceError("The simulated camera is not open.")
        self._require_connected()
        with self._lock:
            frozen = self._fault is _Fault.FROZEN
        if frozen:
            self._wait(deadline_s)
            raise Stalled(f"The simulated camera has sent no picture for {deadline_s:g} s.")
        pause_s = min(self._due_s - self._clock(), deadline_s)
        if pause_s > 0:
            self._wait(pause_s)
        taken_at_s = self._clock()
        self._due_s = max(taken_at_s, self._due_s + 1 / FRAMES_PER_S)
        with self._lock:
            still = self._last if self._fault is _Fault.STILL else None
        frame = self._expose(taken_at_s)
        if still is not None:
            frame = Frame(still.luma, taken_at_s, frame.number, still.controls)
        self._last = frame
        return frame

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
            shaken = pose.shaken(hand) if pose else None
            luma = self._through_lens(expose(phone, shaken, hand), shaken)
        return Frame(luma, taken_at_s, self._number, self._controls)

    def _through_lens(self, luma: Any, pose: Pose | None) -> Any:
        """The picture as lens position and exposure make it; as it is where both are automatic."""
        import numpy as np
        from PIL import Image, ImageFilter

        controls, picture = self._controls, Image.fromarray(luma)
        if controls.lens_position is not None and pose is not None:
            off = abs(controls.lens_position - FOCUS_AT_FULL_SCALE * pose.scale)
            picture = picture.filter(ImageFilter.GaussianBlur(BLUR_PX_A_DIOPTRE * off))
        if controls.exposure_us is not None:
            light = controls.exposure_us / EXPOSURE_US
            picture = picture.point([min(255, round(level * light)) for level in range(256)])
        return np.asarray(picture)

    def _try(self, cure: Cure) -> None:
        with self._lock:
            if self._fault in (_Fault.FROZEN, _Fault.STILL) and self._cure is cure:
                self._fault = _Fault.NONE

    def _break(self, fault: _Fault) -> None:
        with self._lock:
            self._fault = fault

    def _require_connected(self) -> None:
        with self._lock:
            if self._fault is _Fault.DROPPED_OUT:
                raise DeviceError("The simulated camera is unplugged: plug it in again.")
