"""A Pi with cameras, without a Pi: modules named picamera2 and libcamera that keep their promises.

Its signatures are compared with those that picamera2 0.3.38 publishes; its rules are those that
its source states: padded YUV420 rows, no lores stream larger than main, TimeoutError of a request
that waits too long, a waiting request that blocks the stop, and buffers that are few.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

STRIDE_PX = 1344
MODULE_3 = {
    "AeConstraintMode": (0, 3, 0),
    "AeExposureMode": (0, 3, 0),
    "AeFlickerMode": (0, 1, 0),
    "AeFlickerPeriod": (100, 1_000_000, None),
    "AfMode": (0, 2, 0),
    "AfRange": (0, 2, 0),
    "AfSpeed": (0, 1, 0),
    "AnalogueGain": (1.0, 16.0, 1.0),
    "ExposureTime": (9, 112_000_000, 20_000),
    "FrameDurationLimits": (8_000, 120_000_000, 33_333),
    "LensPosition": (0.0, 32.0, 1.0),
}


class Board:
    """What is connected to the Pi, and what was asked of it."""

    def __init__(self) -> None:
        self.cameras = 1
        self.busy = False
        self.silent = False
        self.silent_until_restart = False
        self.hangs = Event()
        self.hangs.set()  # cleared: the driver does not come back
        self.held_requests = 0
        self.waiting_jobs = 0
        self.running = False
        self.starts = 0
        self.opened = 0
        self.configuration: dict[str, Any] = {}
        self.set: dict[str, Any] = {}
        self.controls: dict[str, Any] = dict(MODULE_3)
        self.metadata: dict[str, Any] = {
            "ExposureTime": 8000, "AnalogueGain": 2.5, "LensPosition": 6.25, "FrameDuration": 40000,
        }  # fmt: skip


class Request:
    """picamera2's CompletedRequest."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def get_metadata(self) -> dict[str, Any]:
        """What the sensor did for this frame."""
        return dict(self.board.metadata)

    def release(self) -> None:
        """The buffer belongs to the camera again."""
        self.board.held_requests -= 1


class Picamera2:
    """picamera2.Picamera2, as far as a till needs it. `board` is set by a subclass."""

    board: Board

    def __init__(
        self, camera_num: int = 0, verbose_console: Any = None, tuning: Any = None,
        allocator: Any = None,
    ) -> None:  # fmt: skip
        self.board.hangs.wait(60)
        if self.board.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.board.opened += 1

    @staticmethod
    def global_camera_info() -> list[dict[str, object]]:
        """What is connected; the subclass knows."""
        raise NotImplementedError

    @property
    def camera_controls(self) -> dict[str, Any]:
        """Names with minimum, maximum and default."""
        return self.board.controls

    def create_video_configuration(
        self, main: Any = {}, lores: Any = None, raw: Any = {}, transform: Any = None,  # noqa: B006
        colour_space: Any = None, buffer_count: int = 6, controls: Any = {}, display: Any = "main",  # noqa: B006
        encode: Any = "main", queue: bool = True, sensor: Any = {}, use_case: str = "video",  # noqa: B006
    ) -> dict[str, Any]:  # fmt: skip
        """What was asked for, with the library's own values where nothing was."""
        main = {"format": "XBGR8888", "size": (1280, 720), "preserve_ar": True} | main
        if lores is not None:
            lores = {"format": "YUV420", "size": main["size"], "preserve_ar": False} | lores
        controls = {"FrameDurationLimits": (33333, 33333)} | controls
        return {
            "main": main, "lores": lores, "buffer_count": buffer_count, "controls": controls,
            "display": display, "encode": encode, "queue": queue,
        }  # fmt: skip

    def configure(self, camera_config: Any = None) -> None:
        """Keep the configuration, or refuse it as the library does."""
        main, lores = camera_config["main"], camera_config["lores"]
        if lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]:
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        if lores["format"] != "YUV420":
            raise RuntimeError("lores stream must be YUV")
        unknown = set(camera_config["controls"]) - set(self.board.controls)
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")
        self.board.configuration = camera_config

    def set_controls(self, controls: Any) -> None:
        """Keep the controls for one of the next frames."""
        for name in controls:
            if name not in self.board.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.board.set = dict(controls)

    def start(self, config: Any = None, show_preview: Any = False) -> None:
        """Begin to run."""
        self.board.running = True
        self.board.starts += 1
        if self.board.silent_until_restart and self.board.starts > 1:
            self.board.silent = False

    @contextmanager
    def captured_request(self, wait: Any = None, flush: Any = None) -> Iterator[Request]:
        """A request that is given back in the end, or TimeoutError."""
        if self.board.silent:
            self.board.waiting_jobs += 1
            raise TimeoutError
        self.board.held_requests += 1
        assert self.board.held_requests <= self.board.configuration["buffer_count"]
        request = Request(self.board)
        try:
            yield request
        finally:
            request.release()

    def cancel_all_and_flush(self) -> None:
        """Forget the jobs that wait."""
        self.board.waiting_jobs = 0

    def stop(self) -> None:
        """Stop, behind whatever job waits."""
        assert self.board.waiting_jobs == 0, "would wait for ever behind the waiting request"
        self.board.running = False

    def close(self) -> None:
        """Give the camera back."""
        self.board.opened -= 1


class MappedArray:
    """picamera2.MappedArray: padded rows, and gone after the block."""

    def __init__(self, request: Any, stream: str, reshape: bool = True, write: bool = True) -> None:
        assert stream in request.board.configuration
        assert reshape
        assert not write
        self._array: Any = None

    @property
    def array(self) -> Any:
        """Rows of Y with their padding, then U and V."""
        return self._array

    def __enter__(self) -> "MappedArray":
        self._array = np.zeros((720 * 3 // 2, STRIDE_PX), np.uint8)
        self._array[:720, :1280] = np.arange(1280) % 200
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, exc_traceback: Any) -> None:
        self._array[:] = 255  # the buffer belongs to the camera again


class _Kinds:
    """libcamera.controls, its enumerations as control_ids_core.yaml has them."""

    AeConstraintModeEnum = Enum("AeConstraintModeEnum", "Normal Highlight Shadows Custom", start=0)
    AeExposureModeEnum = Enum("AeExposureModeEnum", "Normal Short Long Custom", start=0)
    AeFlickerModeEnum = Enum("AeFlickerModeEnum", "Off Manual Auto", start=0)
    AfModeEnum = Enum("AfModeEnum", "Manual Auto Continuous", start=0)
    AfRangeEnum = Enum("AfRangeEnum", "Normal Macro Full", start=0)
    AfSpeedEnum = Enum("AfSpeedEnum", "Normal Fast", start=0)


KINDS = _Kinds


def modules(board: Board) -> dict[str, ModuleType]:
    """Modules named picamera2 and libcamera for this board, by name."""
    info = staticmethod(lambda: [{"Num": number} for number in range(board.cameras)])
    camera = type("Picamera2", (Picamera2,), {"board": board, "global_camera_info": info})
    picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    vars(picamera2).update(Picamera2=camera, MappedArray=MappedArray)
    vars(libcamera).update(controls=KINDS, __version__="0.5", Transform=SimpleNamespace)
    return {"picamera2": picamera2, "libcamera": libcamera}
