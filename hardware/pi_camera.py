"""The Raspberry Pi's own camera, through picamera2.

Apart from the other cameras because picamera2 exists on a Pi only, comes from apt, and hands
out buffers that must go back at once.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from hardware.devices import AUTOMATIC, Controls, DeviceError, Frame, Stalled
from hardware.patience import Patience

WIDTH_PX, HEIGHT_PX = 1280, 720  # the width a multiple of 64, as the Pi's image processor likes it
MAINS_PERIOD_US = 10_000  # lamps on 50 Hz mains flicker 100 times a second
FRAME_DURATIONS_US = (33_333, 66_666)  # 15 to 30 frames a second
DRIVER_DEADLINE_S = 10.0
BUFFERS = 4

_log = logging.getLogger(__name__)


class PiCamera:
    """A Camera on picamera2: the luma plane of the low-resolution stream, 1280 x 720.

    picamera2 allows no low-resolution stream larger than the main one, so `main` has that same
    size; nothing reads it, and as YUV420 it is the smallest that there can be. The preview on
    the screen is made from the luma. `controls` are those of a calibrated mount.
    """

    def __init__(
        self,
        number: int = 0,
        controls: Controls = AUTOMATIC,
        driver_deadline_s: float = DRIVER_DEADLINE_S,
    ) -> None:
        self._camera_number = number
        self._controls = controls
        self._driver = Patience("The Raspberry Pi camera")
        self._deadline_s = driver_deadline_s
        self._camera: Any = None
        self._number = 0

    def open(self) -> None:
        """As `Camera.open`; within ten seconds, also where the driver hangs."""
        self.close()
        self._driving(self._open)

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`. The buffer goes back to the camera before this returns."""
        if self._camera is None:
            raise DeviceError("The camera is not open.")
        picamera2 = _picamera2()
        asked_at_s = time.monotonic()  # a frame counts as old rather than as too new
        try:
            with self._camera.captured_request(wait=deadline_s) as request:
                with picamera2.MappedArray(request, "lores", write=False) as mapped:
                    # Rows of Y come first, padded to the stride; U and V follow below.
                    luma = mapped.array[:HEIGHT_PX, :WIDTH_PX].copy()
                told = _told(request.get_metadata())
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()  # else the waiting job would block the stop
            raise Stalled(
                f"The Raspberry Pi camera has sent no picture for {deadline_s:g} s:"
                " check its ribbon cable."
            ) from error
        except (RuntimeError, OSError) as error:
            raise DeviceError("The Raspberry Pi camera failed: check its ribbon cable.") from error
        self._number += 1
        return Frame(luma, asked_at_s, self._number, told)

    def restart(self) -> None:
        """As `Restartable.restart`."""
        if self._camera is None:
            raise DeviceError("The camera is not open.")
        self._driving(self._restart)

    @property
    def lens_range(self) -> tuple[float, float] | None:
        """As `Adjustable.lens_range`."""
        offered = self._camera.camera_controls if self._camera is not None else {}
        if "LensPosition" not in offered:
            return None
        nearest_last = offered["LensPosition"]
        return float(nearest_last[0]), float(nearest_last[1])

    def adjust(self, controls: Controls) -> None:
        """As `Adjustable.adjust`; kept when the camera is opened again."""
        self._controls = controls
        if self._camera is not None:
            self._camera.set_controls(_pi_controls(self._camera.camera_controls, controls))

    def close(self) -> None:
        """As `Camera.close`."""
        if self._camera is None:
            return
        try:
            self._driver.call(self._close, self._deadline_s)
        except (DeviceError, RuntimeError, OSError):
            _log.warning("the Raspberry Pi camera did not close cleanly")

    def _open(self) -> None:
        picamera2 = _picamera2()
        if len(picamera2.Picamera2.global_camera_info()) <= self._camera_number:
            raise DeviceError(
                "No Raspberry Pi camera is found: switch off and check its ribbon cable."
            )
        camera = self._camera = picamera2.Picamera2(self._camera_number)
        stream = {"size": (WIDTH_PX, HEIGHT_PX), "format": "YUV420"}
        camera.configure(
            camera.create_video_configuration(
                main=dict(stream),
                lores=dict(stream),
                buffer_count=BUFFERS,
                queue=False,  # only frames from after the request matter
                display=None,
                encode=None,
                controls=_pi_controls(camera.camera_controls, self._controls),
            )
        )
        camera.start()

    def _restart(self) -> None:
        self._camera.stop()
        # What was set while it ran goes with the stop; a start takes what was set since.
        self._camera.set_controls(_pi_controls(self._camera.camera_controls, self._controls))
        self._camera.start()

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.stop()
            camera.close()

    def _driving(self, work: Any) -> None:
        try:
            self._driver.call(work, self._deadline_s)
        except (RuntimeError, OSError, IndexError) as error:
            self.close()
            raise DeviceError(
                "The Raspberry Pi camera does not start: stop other programs that use it,"
                " or check its ribbon cable."
            ) from error


def pi_camera_present() -> bool:
    """True where picamera2 can be imported and lists a camera."""
    try:
        return bool(_picamera2().Picamera2.global_camera_info())
    except (DeviceError, RuntimeError, OSError):
        return False


def _pi_controls(offered: Mapping[str, Any], wanted: Controls) -> dict[str, Any]:
    """What is set of the controls that are offered, by libcamera's names.

    Automatic: no bands under 50 Hz lamps, highlights kept, and focus in the near range only.
    """
    import libcamera

    kinds = libcamera.controls
    chosen: dict[str, Any] = {"FrameDurationLimits": FRAME_DURATIONS_US}
    if "AeFlickerMode" in offered:  # the Pi knows Off and Manual only
        chosen["AeFlickerMode"] = kinds.AeFlickerModeEnum.Manual
        chosen["AeFlickerPeriod"] = MAINS_PERIOD_US
    if "AeConstraintMode" in offered:  # a bright phone in a dim shop burns out otherwise
        chosen["AeConstraintMode"] = kinds.AeConstraintModeEnum.Highlight
    if "AeExposureMode" in offered:  # a hand moves: rather gain than a long exposure
        chosen["AeExposureMode"] = kinds.AeExposureModeEnum.Short
    if "ExposureTime" in offered:
        chosen["ExposureTime"] = wanted.exposure_us or 0  # 0 is automatic
    if "AnalogueGain" in offered:
        chosen["AnalogueGain"] = wanted.gain or 0.0
    if "AfMode" in offered:  # Camera Module 3 only
        if wanted.lens_position is None:
            chosen["AfMode"] = kinds.AfModeEnum.Continuous
            chosen["AfSpeed"] = kinds.AfSpeedEnum.Fast
            chosen["AfRange"] = kinds.AfRangeEnum.Macro
        else:
            chosen["AfMode"] = kinds.AfModeEnum.Manual
            chosen["LensPosition"] = wanted.lens_position
    return chosen


def _told(metadata: Mapping[str, Any]) -> Controls:
    lens, exposure_us, gain = (
        metadata.get(name) for name in ("LensPosition", "ExposureTime", "AnalogueGain")
    )
    return Controls(
        None if lens is None else float(lens),
        None if exposure_us is None else int(exposure_us),
        None if gain is None else float(gain),
    )


def _picamera2() -> Any:
    try:
        import picamera2
    except ImportError as error:
        raise DeviceError(
            "picamera2 is not installed: sudo apt install python3-picamera2"
        ) from error
    return picamera2
