"""The target page, what a mounted camera is told about itself, and its calibration."""

import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import segno
from PIL import Image

from hardware.aim import Hint
from hardware.calibration import EXPOSURES_US, Calibrator
from hardware.decoder import Decoder
from hardware.devices import AUTOMATIC, Controls, DeviceError, Frame, Luma
from hardware.examination import Condition, Examination
from hardware.ladder import SteadyCamera
from hardware.simulated_camera import FOCUS_AT_FULL_SCALE, SimulatedCamera
from hardware.target import (
    DOTS_A_MM,
    MODULES,
    SIDE_MM,
    TEXT,
    distance_mm,
    draw_target,
    save_target,
    side_px,
)

pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

VIEW_DEGREES = 66.0
PAGE = draw_target()


def photographed(away_mm: float, change: Callable[[Luma], Luma] | None = None) -> Luma:
    """The target page as a camera of 66 degrees sees it from so far away, uint8 (720, 1280)."""
    focal_px = 640 / math.tan(math.radians(VIEW_DEGREES / 2))
    scale = focal_px / away_mm / DOTS_A_MM
    size = (round(PAGE.width * scale), round(PAGE.height * scale))
    small = PAGE.resize(size, Image.Resampling.LANCZOS)
    scene = Image.new("L", (1280, 720), 70)
    # The code's middle, 130 mm down the page, in the middle of the frame.
    small = small.point([level * 4 // 5 for level in range(256)])  # a white page, well exposed
    scene.paste(small, (640 - size[0] // 2, 360 - round(130 * DOTS_A_MM * scale)))
    luma = np.asarray(scene).astype(np.int16)
    luma = luma + np.random.default_rng(2).normal(0, 3, luma.shape).astype(np.int16)
    frame = np.clip(luma, 0, 255).astype(np.uint8)
    return change(frame) if change else frame


def test_the_page_shows_a_code_of_the_size_that_it_says() -> None:
    """Printed at 100 %, the code is 40 mm wide; it reads as the target."""
    assert segno.make_qr(TEXT, error="m", version=2).symbol_size(border=0)[0] == MODULES
    (symbol,) = Decoder().read_thoroughly(np.asarray(PAGE))
    assert symbol.text == TEXT
    assert side_px(symbol.corners) / DOTS_A_MM == pytest.approx(SIDE_MM, rel=0.02)


@pytest.mark.parametrize("name", ["target.pdf", "target.png"])
def test_the_page_is_written_as_its_name_ends(tmp_path: Path, name: str) -> None:
    """A PDF to print, a picture to show."""
    save_target(tmp_path / name)
    start = (tmp_path / name).read_bytes()[:5]
    assert start == (b"%PDF-" if name.endswith("pdf") else b"\x89PNG\r")
    with pytest.raises(DeviceError, match=r"end with \.pdf or \.png"):
        save_target(tmp_path / "target.doc")


@pytest.mark.parametrize("away_mm", [100, 150, 220, 350])
def test_the_distance_is_that_of_the_target(away_mm: int) -> None:
    """By the code's size and the camera's field of view, within a twentieth."""
    (symbol,) = Decoder().read_thoroughly(photographed(away_mm))
    told = distance_mm(side_px(symbol.corners), 1280, VIEW_DEGREES)
    assert told == pytest.approx(away_mm, rel=0.05)


def examined(frames: list[Luma], *, fps: float = 15.0) -> Condition | None:
    """What is said after these frames."""
    examination, decoder = Examination(VIEW_DEGREES), Decoder()
    for number, luma in enumerate(frames):
        frame = Frame(luma, 50 + number / fps, number, Controls(6.0, 8000, 2.0))
        examination.take(frame, decoder.read(luma))
    return examination.condition()


def test_a_good_mount_reads_everything_and_says_how() -> None:
    """Rate, focus, light, exposure and distance of a target that lies well."""
    condition = examined([photographed(160)] * 30)
    assert condition is not None
    assert condition.frames_per_s == pytest.approx(15.0)
    assert condition.read_rate == 1.0
    assert condition.hint is None
    assert condition.sharpness > 0.2
    assert condition.controls == Controls(6.0, 8000, 2.0)
    assert condition.distance_mm == pytest.approx(160, rel=0.05)
    assert condition.best_distance_mm == pytest.approx(160, abs=20)


def test_a_blurred_mount_reads_nothing_and_says_why() -> None:
    """Out of focus, the rate is 0 and the word is there."""

    def defocused(luma: Luma) -> Luma:
        kernel = np.ones(25) / 25
        rows = np.apply_along_axis(np.convolve, 1, luma.astype(np.float32), kernel, "same")
        both = np.apply_along_axis(np.convolve, 0, rows, kernel, "same")
        return np.asarray(both, dtype=np.uint8)

    condition = examined([photographed(160, defocused)] * 5)
    assert condition is not None
    assert condition.read_rate == 0.0
    assert condition.hint is Hint.BLURRED
    assert condition.sharpness < 0.13


def test_an_empty_desk_has_no_rate() -> None:
    """Where no code is in view there is nothing to be read; one frame alone tells nothing."""
    desk = np.random.default_rng(1).normal(60, 3, (720, 1280)).astype(np.uint8)
    condition = examined([desk] * 5)
    assert condition is not None
    assert condition.read_rate is None
    assert condition.distance_mm is None
    assert examined([desk]) is None


def test_the_best_distance_is_where_most_is_read() -> None:
    """Of a walk away from the camera, the middle of the distances at which all is read; where
    only every other picture is, is not among them."""

    def scratched(luma: Luma) -> Luma:
        """The corners can be seen, the code not be read."""
        spoilt = luma.copy()
        spoilt[345:375, 600:680] = 90
        spoilt[320:400, 625:655] = 90
        return spoilt

    near = [photographed(60)] * 6
    good = [photographed(away) for away in (120, 140, 160) for _ in range(6)]
    far = [photographed(160)] * 3 + [photographed(900)] * 8
    half = [
        photographed(away, change) for away in (220, 240, 260, 280, 300, 320)
        for change in (None, scratched) * 3
    ]  # fmt: skip
    condition = examined([*near, *good, *half, *far])
    assert condition is not None
    assert condition.best_distance_mm in range(100, 181)


class Mounted:
    """A simulated camera over the target, on a clock that passes only by its waits."""

    def __init__(self, text: str = TEXT) -> None:
        self.now_s = 10.0
        self.inside = SimulatedCamera(random.Random(7), clock=lambda: self.now_s, wait=self.wait)
        if text:
            self.inside.hold_up(text)
        self.camera = SteadyCamera(self.inside, clock=lambda: self.now_s)
        self.camera.open()
        self.said: list[str] = []

    def wait(self, seconds: float) -> None:
        """Pass the time."""
        self.now_s += max(seconds, 0.001)

    def calibrator(self) -> Calibrator:
        """For this camera."""
        return Calibrator(self.camera, VIEW_DEGREES, self.said.append, look_for_frames=30)


def test_the_calibration_finds_the_lens_and_the_exposure() -> None:
    """The lens comes to stand where the target is sharp, the exposure is short and suffices."""
    mounted = Mounted()
    found = mounted.calibrator().run()
    pose = mounted.inside.pose
    assert pose is not None
    assert found.controls.lens_position == pytest.approx(FOCUS_AT_FULL_SCALE * pose.scale, abs=1.0)
    assert found.controls.exposure_us in EXPOSURES_US
    assert found.controls.gain is None
    assert found.read_rate == 1.0
    frame = mounted.camera.frame(1.0)
    assert frame.controls == found.controls
    assert [symbol.text for symbol in Decoder().read(frame.luma)] == [TEXT]
    assert len(mounted.said) == 4


def test_without_the_target_nothing_is_calibrated() -> None:
    """Another code is not the target; the sentence says how to get it, the lens stays automatic."""
    for text in ("", "251001020123456789012345"):
        mounted = Mounted(text)
        with pytest.raises(DeviceError, match="print it with pos camera --target"):
            mounted.calibrator().run()
        assert mounted.camera.frame(1.0).controls == AUTOMATIC


def test_a_camera_that_cannot_be_set_keeps_its_own_ways(tmp_path: Path) -> None:
    """A fixed lens and no exposure to set: said, and nothing is stored."""

    class Fixed:
        """A webcam over the target."""

        def open(self) -> None:
            """Nothing to open."""

        def frame(self, deadline_s: float) -> Frame:
            """Always the same."""
            return Frame(photographed(160), 1.0, 1)

        def close(self) -> None:
            """Nothing to close."""

    said: list[str] = []
    found = Calibrator(Fixed(), VIEW_DEGREES, said.append).run()
    assert found.controls == AUTOMATIC
    assert found.distance_mm == pytest.approx(160, rel=0.05)
    assert any("lens of this camera is fixed" in sentence for sentence in said)
