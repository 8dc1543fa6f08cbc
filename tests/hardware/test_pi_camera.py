"""The Raspberry Pi camera, against a stand-in for picamera2, which exists on a Pi only.

The stand-in keeps what picamera2 0.3.38 promises: its signatures, its padded YUV420 rows, the
TimeoutError of a request that waits too long, and that a waiting request blocks the stop.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hardware.bench import DeviceSpec, open_devices
from hardware.devices import DeviceError
from hardware.pi_camera import PiCamera, pi_camera_present

STRIDE_PX = 1344


class Board:
    """What is connected to the Pi, and what was asked of it."""

    def __init__(self) -> None:
        self.cameras = 1
        self.busy = False
        self.silent = False
        self.held_requests = 0
        self.waiting_jobs = 0
        self.running = False
        self.opened = 0
        self.configuration: dict[str, Any] = {}
        self.controls: dict[str, Any] = {
            "AeFlickerMode": (0, 1, 0),
            "AeConstraintMode": (0, 3, 0),
            "AfMode": (0, 2, 0),
        }


class StandInCamera:
    """picamera2.Picamera2, as far as a till needs it. `board` is set by a subclass."""

    board: Board

    def __init__(self, camera_num: int = 0) -> None:
        if self.board.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.board.opened += 1
        self.camera_controls = self.board.controls

    @classmethod
    def global_camera_info(cls) -> list[dict[str, object]]:
        """What is connected."""
        return [{"Num": number} for number in range(cls.board.cameras)]

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        """What was asked for."""
        return wanted

    def configure(self, configuration: dict[str, Any]) -> None:
        """Keep the configuration."""
        self.board.configuration = configuration

    def start(self) -> None:
        """Begin to run."""
        self.board.running = True

    @contextmanager
    def captured_request(self, wait: float | None = None) -> Iterator[object]:
        """A request that is given back in the end, or TimeoutError."""
        if self.board.silent:
            self.board.waiting_jobs += 1
            raise TimeoutError
        self.board.held_requests += 1
        yield object()
        self.board.held_requests -= 1

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


class StandInArray:
    """picamera2.MappedArray: padded rows, and gone after the block."""

    def __init__(self, request: object, stream: str, write: bool = True) -> None:
        assert stream == "lores"
        assert not write
        self.array = np.zeros((720 * 3 // 2, STRIDE_PX), np.uint8)
        self.array[:720, :1280] = np.arange(1280) % 200

    def __enter__(self) -> "StandInArray":
        return self

    def __exit__(self, *args: object) -> None:
        self.array[:] = 255  # the buffer belongs to the camera again


def stand_in(board: Board) -> tuple[ModuleType, ModuleType]:
    """Modules named picamera2 and libcamera for this board."""
    picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    camera = type("Picamera2", (StandInCamera,), {"board": board})
    picamera2.Picamera2, picamera2.MappedArray = camera, StandInArray  # type: ignore[attr-defined]
    libcamera.controls = SimpleNamespace(  # type: ignore[attr-defined]
        AeFlickerModeEnum=SimpleNamespace(Manual="manual"),
        AeConstraintModeEnum=SimpleNamespace(Highlight="highlight"),
        AfModeEnum=SimpleNamespace(Continuous="continuous"),
        AfSpeedEnum=SimpleNamespace(Fast="fast"),
        AfRangeEnum=SimpleNamespace(Macro="macro"),
    )
    return picamera2, libcamera


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """A Pi with one camera."""
    board = Board()
    picamera2, libcamera = stand_in(board)
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    return board


def test_without_picamera2_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without the library the sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "picamera2", None)
    assert not pi_camera_present()
    with pytest.raises(DeviceError, match="sudo apt install python3-picamera2"):
        PiCamera().open()


def test_frames_are_luma_without_padding(board: Board) -> None:
    """The Y plane comes as 720 rows of 1280, a copy, and the buffer is given back at once."""
    camera = PiCamera()
    camera.open()
    first, second = camera.frame(1.0), camera.frame(1.0)
    assert first.luma.shape == (720, 1280)
    assert first.luma[700].tolist() == [x % 200 for x in range(1280)]
    assert board.held_requests == 0
    assert second.number == first.number + 1
    camera.close()
    camera.close()
    assert (board.running, board.opened) == (False, 0)


def test_exposure_and_focus_suit_a_shop(board: Board) -> None:
    """No bands under 50 Hz lamps, highlights kept, continuous autofocus; fresh frames only."""
    camera = PiCamera()
    camera.open()
    controls = board.configuration["controls"]
    assert controls["AeFlickerMode"] == "manual"
    assert controls["AeFlickerPeriod"] == 10_000
    assert controls["AeConstraintMode"] == "highlight"
    assert controls["AfMode"] == "continuous"
    assert board.configuration["lores"] == {"size": (1280, 720), "format": "YUV420"}
    assert board.configuration["queue"] is False
    camera.close()


def test_a_fixed_focus_camera_is_asked_for_no_autofocus(board: Board) -> None:
    """Controls that a camera does not have are left alone."""
    board.controls = {}
    camera = PiCamera()
    camera.open()
    assert set(board.configuration["controls"]) == {"FrameDurationLimits"}
    camera.close()


def test_a_silent_camera_fails_by_the_deadline_and_closes(board: Board) -> None:
    """No frame in time is a sentence, and the request left waiting does not block the closing."""
    camera = PiCamera()
    camera.open()
    board.silent = True
    with pytest.raises(DeviceError, match="no picture for 2 s: check its ribbon cable"):
        camera.frame(2.0)
    camera.close()
    assert not board.running


def test_no_camera_and_a_busy_camera_are_told(board: Board) -> None:
    """A missing ribbon cable and another program have each their sentence."""
    board.cameras = 0
    with pytest.raises(DeviceError, match="No Raspberry Pi camera"):
        PiCamera().open()
    board.cameras, board.busy = 1, True
    with pytest.raises(DeviceError, match="stop other programs"):
        PiCamera().open()


def test_a_closed_camera_gives_no_frames(board: Board) -> None:
    """Asking before opening is a fault with a name."""
    with pytest.raises(DeviceError, match="not open"):
        PiCamera().frame(1.0)


def test_auto_takes_the_pi_camera(board: Board) -> None:
    """Where picamera2 lists a camera, the till uses it without being told."""
    assert pi_camera_present()
    assert isinstance(open_devices(DeviceSpec(camera="auto")).camera, PiCamera)
