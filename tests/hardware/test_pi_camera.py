"""The Raspberry Pi camera, against a stand-in for picamera2, which exists on a Pi only.

What is asked of it is asserted to the value, and the stand-in itself is held to the signatures
that the pinned version publishes. What only a Pi can show, a picture, is not proven here.
"""

import importlib.util
import inspect
import json
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from hardware.bench import DeviceSpec, open_devices
from hardware.devices import Adjustable, Controls, DeviceError, Restartable, Stalled
from hardware.ladder import SteadyCamera
from hardware.pi_camera import PiCamera, pi_camera_present
from tests.hardware import pi_board
from tests.hardware.pi_board import KINDS, Board
from tests.hardware.published import GOLDEN

PUBLISHED = json.loads(GOLDEN.read_text())
CLASSES = {
    "Picamera2": pi_board.Picamera2,
    "MappedArray": pi_board.MappedArray,
    "CompletedRequest": pi_board.Request,
}


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """A Pi with one Camera Module 3."""
    board = Board()
    for name, module in pi_board.modules(board).items():
        monkeypatch.setitem(sys.modules, name, module)
    return board


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name != "rules"])
def test_the_stand_in_has_the_published_signatures(name: str) -> None:
    """Every parameter, default and kind of method is as picamera2 0.3.38 publishes it."""
    class_name, method = name.split(".")
    ours: Any = inspect.getattr_static(CLASSES[class_name], method)
    published = PUBLISHED[name]
    decorators = {kind for kind in (property, staticmethod) if isinstance(ours, kind)}
    assert {kind.__name__ for kind in decorators} == set(published["decorators"]) & {
        "property", "staticmethod",
    }  # fmt: skip
    called = ours.fget if isinstance(ours, property) else getattr(ours, "__func__", ours)
    given = inspect.signature(called, follow_wrapped=True).parameters
    assert list(given) == published["parameters"]
    for parameter, default in published["defaults"].items():
        if default != "libcamera.Transform()":  # an object of the library's own
            assert repr(given[parameter].default) == default


def test_the_rule_that_shapes_the_streams_is_published() -> None:
    """picamera2 itself refuses a lores stream larger than main, and one that is not YUV."""
    assert len(PUBLISHED["rules"]) == 2


@pytest.mark.skipif(
    importlib.util.find_spec("picamera2") is None, reason="picamera2 exists on a Pi only"
)
def test_the_installed_picamera2_is_the_one_that_was_read() -> None:
    """On a Pi: whoever moves to another version remakes the golden file."""
    assert f"picamera2-{version('picamera2')}" == Path(GOLDEN).stem


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
    first, *_, last = [camera.frame(1.0) for _ in range(10)]
    assert first.luma.shape == (720, 1280)
    assert first.luma[700].tolist() == [x % 200 for x in range(1280)]
    assert board.held_requests == 0
    assert last.number == first.number + 9
    camera.close()
    camera.close()
    assert (board.running, board.opened) == (False, 0)


def test_a_frame_tells_how_it_was_taken(board: Board) -> None:
    """Exposure, gain and lens position of the very frame come with it."""
    camera = PiCamera()
    camera.open()
    assert camera.frame(1.0).controls == Controls(6.25, 8000, 2.5)
    board.metadata = {}
    assert camera.frame(1.0).controls == Controls()
    camera.close()


def test_the_streams_are_as_small_as_picamera2_allows(board: Board) -> None:
    """Luma comes from lores as YUV420; main, which nothing reads, is no larger and as lean."""
    camera = PiCamera()
    camera.open()
    asked = board.configuration
    assert (asked["lores"]["size"], asked["lores"]["format"]) == ((1280, 720), "YUV420")
    assert (asked["main"]["size"], asked["main"]["format"]) == ((1280, 720), "YUV420")
    assert (asked["buffer_count"], asked["queue"]) == (4, False)
    assert (asked["display"], asked["encode"]) == (None, None)
    camera.close()


def test_exposure_and_focus_suit_a_shop(board: Board) -> None:
    """No bands under 50 Hz lamps, short exposures, highlights kept, focus in the near range."""
    camera = PiCamera()
    camera.open()
    assert board.configuration["controls"] == {
        "FrameDurationLimits": (33_333, 66_666),
        "AeFlickerMode": KINDS.AeFlickerModeEnum.Manual,
        "AeFlickerPeriod": 10_000,
        "AeConstraintMode": KINDS.AeConstraintModeEnum.Highlight,
        "AeExposureMode": KINDS.AeExposureModeEnum.Short,
        "ExposureTime": 0,
        "AnalogueGain": 0.0,
        "AfMode": KINDS.AfModeEnum.Continuous,
        "AfSpeed": KINDS.AfSpeedEnum.Fast,
        "AfRange": KINDS.AfRangeEnum.Macro,
    }
    camera.close()


def test_a_calibrated_mount_is_set_from_the_start(board: Board) -> None:
    """A stored lens position ends the autofocus; a stored exposure is fixed."""
    camera = PiCamera(controls=Controls(6.5, 5000, 3.0))
    camera.open()
    asked = board.configuration["controls"]
    assert (asked["AfMode"], asked["LensPosition"]) == (KINDS.AfModeEnum.Manual, 6.5)
    assert (asked["ExposureTime"], asked["AnalogueGain"]) == (5000, 3.0)
    assert "AfRange" not in asked
    camera.close()


def test_the_lens_can_be_moved_while_it_runs(board: Board) -> None:
    """An adjustment goes to the running camera, and stays when it is opened again."""
    camera = PiCamera()
    assert isinstance(camera, Adjustable)
    assert isinstance(camera, Restartable)
    camera.open()
    assert camera.lens_range == (0.0, 32.0)
    camera.adjust(Controls(lens_position=9.0))
    assert board.set["LensPosition"] == 9.0
    assert board.set["ExposureTime"] == 0
    camera.open()
    assert board.configuration["controls"]["LensPosition"] == 9.0
    camera.close()


def test_a_fixed_focus_camera_is_asked_for_no_autofocus(board: Board) -> None:
    """Controls that a camera does not have are left alone."""
    board.controls = {"FrameDurationLimits": (1, 2, 1)}
    camera = PiCamera(controls=Controls(6.5, 5000, 3.0))
    camera.open()
    assert set(board.configuration["controls"]) == {"FrameDurationLimits"}
    assert camera.lens_range is None
    camera.close()


def test_a_silent_camera_fails_by_the_deadline_and_closes(board: Board) -> None:
    """No frame in time is a stall, and the request left waiting does not block the closing."""
    camera = PiCamera()
    camera.open()
    board.silent = True
    with pytest.raises(Stalled, match="no picture for 2 s: check its ribbon cable"):
        camera.frame(2.0)
    camera.close()
    assert not board.running


def test_a_restart_brings_a_stalled_stream_back(board: Board) -> None:
    """The ladder's first rung: the same camera, its stream stopped and started."""
    camera = SteadyCamera(PiCamera())
    camera.open()
    camera.frame(1.0)
    board.silent = board.silent_until_restart = True
    assert camera.frame(1.0).luma.shape == (720, 1280)
    assert (board.starts, board.opened) == (2, 1)
    camera.close()


def test_a_driver_that_hangs_breaks_no_deadline(board: Board) -> None:
    """Opening that never returns is a sentence, said again at once, and no second thread."""
    board.hangs.clear()
    camera = PiCamera(driver_deadline_s=0.05)
    with pytest.raises(DeviceError, match="has not answered for"):
        camera.open()
    with pytest.raises(DeviceError, match="does not answer: switch the terminal off and on"):
        camera.open()
    (stuck,) = (thread for thread in threading.enumerate() if thread.name == "driver")
    board.hangs.set()
    stuck.join(60)
    camera.open()
    assert camera.frame(1.0).luma.shape == (720, 1280)
    camera.close()


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
    """Where picamera2 lists a camera, the till uses it without being told, on the ladder."""
    assert pi_camera_present()
    camera = open_devices(DeviceSpec(camera="auto", controls=Controls(7.0))).camera
    assert isinstance(camera, SteadyCamera)
    assert isinstance(camera.device, PiCamera)
    camera.open()
    assert board.configuration["controls"]["LensPosition"] == 7.0
    camera.close()
