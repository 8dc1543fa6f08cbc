"""The Raspberry Pi's own camera, through picamera2.

Apart from the other cameras because picamera2 exists on a Pi only, comes from apt, and hands
out buffers that must go back at once.
"""

import logging
import time
from typing import Any

from hardware.devices import DeviceError, Frame

WIDTH_PX, HEIGHT_PX = 1280, 720  # the width a multiple of 64, as the Pi's image processor likes it
MAINS_PERIOD_US = 10_000  # lamps on 50 Hz mains flicker 100 times a second

_log = logging.getLogger(__name__)


class PiCamera:
    """A Camera on picamera2: the luma plane of the low-resolution stream, 1280 x 720."""

    def __init__(self, number: int = 0) -> None:
        self._camera_number = number
        self._camera: Any = None
        self._number = 0

    def open(self) -> None:
        """As `Camera.open`."""
        picamera2 = _picamera2()
        self.close()
        try:
            if len(picamera2.Picamera2.global_camera_info()) <= self._camera_number:
                raise DeviceError(
                    "No Raspberry Pi camera is found: switch off and check its ribbon cable."
                )
            self._camera = picamera2.Picamera2(self._camera_number)
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": (WIDTH_PX, HEIGHT_PX)},
                    lores={"size": (WIDTH_PX, HEIGHT_PX), "format": "YUV420"},
                    buffer_count=4,
                    queue=False,  # only frames from after the request matter
                    controls=_pi_controls(self._camera.camera_controls),
                )
            )
            self._camera.start()
        except (RuntimeError, OSError, IndexError) as error:
            self.close()
            raise DeviceError(
                "The Raspberry Pi camera does not start: stop other programs that use it,"
                " or check its ribbon cable."
            ) from error

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`. The buffer goes back to the camera before this returns."""
        if self._camera is None:
            raise DeviceError("The camera is not open.")
        picamera2 = _picamera2()
        asked_at_s = time.monotonic()  # a frame counts as old rather than as too new
        try:
            with (
                self._camera.captured_request(wait=deadline_s) as request,
                picamera2.MappedArray(request, "lores", write=False) as mapped,
            ):
                # Rows of Y come first, padded to the stride; U and V follow below.
                luma = mapped.array[:HEIGHT_PX, :WIDTH_PX].copy()
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()  # else the waiting job would block the stop
            raise DeviceError(
                f"The Raspberry Pi camera has sent no picture for {deadline_s:g} s:"
                " check its ribbon cable."
            ) from error
        except (RuntimeError, OSError) as error:
            raise DeviceError("The Raspberry Pi camera failed: check its ribbon cable.") from error
        self._number += 1
        return Frame(luma, asked_at_s, self._number)

    def close(self) -> None:
        """As `Camera.close`."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.stop()
            camera.close()
        except (RuntimeError, OSError):
            _log.warning("the Raspberry Pi camera did not close cleanly")


def pi_camera_present() -> bool:
    """True where picamera2 can be imported and lists a camera."""
    try:
        return bool(_picamera2().Picamera2.global_camera_info())
    except (DeviceError, RuntimeError, OSError):
        return False


def _pi_controls(offered: Any) -> dict[str, Any]:
    """Steady exposure under 50 Hz lamps, 15 to 30 frames a second, autofocus where there is one."""
    import libcamera

    wanted: dict[str, Any] = {"FrameDurationLimits": (33_333, 66_666)}
    if "AeFlickerMode" in offered:  # the Pi knows Off and Manual only
        wanted["AeFlickerMode"] = libcamera.controls.AeFlickerModeEnum.Manual
        wanted["AeFlickerPeriod"] = MAINS_PERIOD_US
    if "AeConstraintMode" in offered:  # a bright phone in a dim shop burns out otherwise
        wanted["AeConstraintMode"] = libcamera.controls.AeConstraintModeEnum.Highlight
    if "AfMode" in offered:  # Camera Module 3 only
        wanted["AfMode"] = libcamera.controls.AfModeEnum.Continuous
        wanted["AfSpeed"] = libcamera.controls.AfSpeedEnum.Fast
        wanted["AfRange"] = libcamera.controls.AfRangeEnum.Macro
    return wanted


def _picamera2() -> Any:
    try:
        import picamera2
    except ImportError as error:
        raise DeviceError(
            "picamera2 is not installed: sudo apt install python3-picamera2"
        ) from error
    return picamera2
