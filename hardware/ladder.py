"""A camera that mends itself: when its device stalls, a ladder of ever stronger remedies.

Apart from the drivers because each would have to repeat it, and from the scan loop, which is
told of a fault only when the ladder has no rung left: then it reports, waits, and opens again.
"""

import logging
import time
from collections import deque
from collections.abc import Callable

from hardware.devices import Adjustable, Camera, Controls, DeviceError, Frame, Restartable, Stalled

FRAME_DEADLINE_S = 1.0  # fifteen frames of a slow camera
RESTART_DEADLINE_S = 1.5  # a stream that was just started takes longer to its first frame
OPEN_DEADLINE_S = 3.0  # and a webcam that was just opened takes seconds
STILL_FOR_S = 5.0
STILL_STEP_PX = 16
CLIMBS_MAX = 3
CLIMBS_WITHIN_S = 60.0

_log = logging.getLogger(__name__)


class SteadyCamera:
    """A Camera around another one. Rungs: restart the stream, reopen the device, then the fault.

    A picture that stands still to the last bit counts as a stall too: a live sensor has noise.
    A device that needs the ladder more than three times a minute is reported at once.
    """

    def __init__(self, camera: Camera, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._camera = camera
        self._clock = clock
        self._sample: bytes = b""
        self._moved_at_s = 0.0
        self._climbs: deque[float] = deque(maxlen=CLIMBS_MAX)
        self._just_opened = False

    @property
    def device(self) -> Camera:
        """The camera inside."""
        return self._camera

    def open(self) -> None:
        """As `Camera.open`."""
        self._camera.open()
        self._sample = b""
        self._just_opened = True

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`, but the first frame after opening may take three seconds, and a stall
        takes a rung's deadline more for every rung that is tried.

        The frame deadline of the ladder applies where it is the shorter one.
        """
        patience_s = OPEN_DEADLINE_S if self._just_opened else min(deadline_s, FRAME_DEADLINE_S)
        self._just_opened = False
        try:
            return self._moving(self._camera.frame(patience_s))
        except Stalled as stall:
            now_s = self._clock()
            if len(self._climbs) == CLIMBS_MAX and now_s - self._climbs[0] < CLIMBS_WITHIN_S:
                raise
            self._climbs.append(now_s)
            return self._climb(stall)

    def close(self) -> None:
        """As `Camera.close`."""
        self._camera.close()

    @property
    def lens_range(self) -> tuple[float, float] | None:
        """As `Adjustable.lens_range`."""
        return self._camera.lens_range if isinstance(self._camera, Adjustable) else None

    def adjust(self, controls: Controls) -> None:
        """As `Adjustable.adjust`; nothing where the device inside cannot be adjusted."""
        if isinstance(self._camera, Adjustable):
            self._camera.adjust(controls)

    def _climb(self, stall: Stalled) -> Frame:
        rungs = [("reopening the device", self._reopen, OPEN_DEADLINE_S)]
        if isinstance(self._camera, Restartable):
            rungs.insert(0, ("restarting the stream", self._camera.restart, RESTART_DEADLINE_S))
        for name, remedy, patience_s in rungs:
            _log.warning("the camera stalled: %s", name)
            try:
                remedy()
                frame = self._camera.frame(patience_s)
            except DeviceError:  # the stall itself tells the cause best
                continue
            if isinstance(stall, _StandsStill) and _sample(frame) == self._sample:
                continue
            self._sample = b""
            return self._moving(frame)
        raise stall

    def _reopen(self) -> None:
        self._camera.close()
        self._camera.open()

    def _moving(self, frame: Frame) -> Frame:
        """The frame, unless the picture has stood still for too long."""
        sample = _sample(frame)
        now_s = self._clock()
        # A covered or a dazzled lens shows one level everywhere, and that is no stall.
        if sample != self._sample or sample.count(sample[:1]) == len(sample):
            self._sample, self._moved_at_s = sample, now_s
        elif now_s - self._moved_at_s > STILL_FOR_S:
            raise _StandsStill
        return frame


class _StandsStill(Stalled):
    def __init__(self) -> None:
        super().__init__("The camera's picture stands still: unplug it and plug it in again.")


def _sample(frame: Frame) -> bytes:
    sample: bytes = frame.luma[::STILL_STEP_PX, ::STILL_STEP_PX].tobytes()
    return sample
