"""The devices without hardware: what they show, how they fail, and that chance repeats."""

import random

import numpy as np
import pytest

from hardware.decoder import Decoder
from hardware.devices import Button, DeviceError, Signal, Symbology
from hardware.phone import draw_phone, photograph
from hardware.simulated import SimulatedButtons, SimulatedCamera, SimulatedIndicator

CODE = "251001020123456789012345"


class Clock:
    """Seconds that pass by waiting."""

    def __init__(self) -> None:
        self.now_s = 5.0

    def __call__(self) -> float:
        """The seconds so far."""
        return self.now_s

    def wait(self, seconds: float) -> None:
        """Pass the time."""
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def camera(clock: Clock) -> SimulatedCamera:
    """An open camera over an empty desk."""
    camera = SimulatedCamera(random.Random(8), clock=clock, wait=clock.wait)
    camera.open()
    return camera


def read(camera: SimulatedCamera) -> list[str]:
    """The texts in the next frame."""
    return [symbol.text for symbol in Decoder().read(camera.frame(1.0).luma)]


def test_a_phone_is_seen_while_it_is_held_up(camera: SimulatedCamera) -> None:
    """The desk is empty, then shows the code, then the next one, then is empty again."""
    assert read(camera) == []
    camera.hold_up(CODE)
    assert read(camera) == [CODE]
    camera.hold_up("7038010009457", Symbology.EAN_13)
    assert read(camera) == ["7038010009457"]
    camera.take_away()
    assert read(camera) == []


def test_frames_come_fifteen_a_second_as_luma(camera: SimulatedCamera, clock: Clock) -> None:
    """Frames are 1280 x 720 rows of brightness, numbered, stamped with the camera's clock."""
    frames = [camera.frame(1.0) for _ in range(31)]
    assert frames[-1].taken_at_s - frames[0].taken_at_s == pytest.approx(2.0)
    assert [frame.number for frame in frames] == list(range(1, 32))
    assert all(frame.luma.shape == (720, 1280) for frame in frames)
    assert all(frame.luma.dtype == np.uint8 for frame in frames)
    assert frames[-1].taken_at_s == clock.now_s


def test_a_hand_trembles_between_frames(camera: SimulatedCamera) -> None:
    """Two frames of one phone differ in more than noise."""
    camera.hold_up(CODE)
    first, second = (camera.frame(1.0).luma.astype(int) for _ in range(2))
    assert abs(first - second).max() > 60


def test_a_frozen_camera_waits_out_the_deadline(camera: SimulatedCamera, clock: Clock) -> None:
    """A frozen camera takes the whole deadline and fails, until it recovers."""
    camera.freeze()
    before_s = clock.now_s
    with pytest.raises(DeviceError, match=r"no picture for 1\.5 s"):
        camera.frame(1.5)
    assert clock.now_s == pytest.approx(before_s + 1.5)
    camera.recover()
    camera.frame(1.5)


def test_an_unplugged_camera_fails_at_once(camera: SimulatedCamera, clock: Clock) -> None:
    """Frames and opening fail without waiting, until it is plugged in again."""
    camera.drop_out()
    before_s = clock.now_s
    with pytest.raises(DeviceError, match="unplugged"):
        camera.frame(1.0)
    camera.close()
    with pytest.raises(DeviceError, match="plug it in"):
        camera.open()
    assert clock.now_s == before_s
    camera.recover()
    camera.open()
    camera.frame(1.0)


def test_a_black_picture_is_a_picture(camera: SimulatedCamera) -> None:
    """A covered lens gives frames of nothing."""
    camera.hold_up(CODE)
    camera.go_black()
    assert camera.frame(1.0).luma.max() == 0
    camera.recover()
    assert read(camera) == [CODE]


def test_a_photograph_repeats_with_its_seed() -> None:
    """The same seed is the same picture; another seed or frame is another one."""
    one = photograph(CODE, seed=4)
    assert np.array_equal(one, photograph(CODE, seed=4))
    assert not np.array_equal(one, photograph(CODE, seed=5))
    assert not np.array_equal(one, photograph(CODE, seed=4, number=1))


def test_a_photographed_phone_is_bright_on_a_dim_desk() -> None:
    """The screen stands out as a phone does in a shop, and the desk is noisy, not flat."""
    picture = photograph(CODE, seed=4)
    assert np.median(picture[:, :60]) < 90
    assert np.percentile(picture, 99) > 200
    assert 2 < picture[:50, :50].std() < 12


@pytest.mark.parametrize(
    ("text", "symbology", "sentence"),
    [
        ("7038010009458", Symbology.EAN_13, "check digit"),
        ("12345", Symbology.EAN_13, "cannot be shown"),
        ("abc", Symbology.EAN_8, "cannot be shown"),
        ("kaffe på språk", Symbology.CODE_128, "cannot be shown"),
        ("9" * 200, Symbology.CODE_128, "too long"),
        ("x" * 2900, Symbology.QR, "too long"),
        ("x" * 3000, Symbology.QR, "too long"),
    ],
)
def test_what_cannot_be_shown_is_refused(text: str, symbology: Symbology, sentence: str) -> None:
    """A text that does not fit its symbology or the screen is told, not drawn as another."""
    with pytest.raises(DeviceError, match=sentence):
        draw_phone(text, symbology)


def test_a_refusal_does_not_show_the_code() -> None:
    """A payment code is worth money: no sentence repeats it."""
    with pytest.raises(DeviceError) as refused:
        draw_phone(CODE, Symbology.EAN_13)
    assert CODE not in str(refused.value)


def test_an_indicator_remembers_what_it_showed(clock: Clock) -> None:
    """Signals are kept with the time at which each began; closing goes dark once."""
    indicator = SimulatedIndicator(clock)
    assert indicator.now is Signal.OFF
    indicator.show(Signal.SCAN)
    clock.wait(2.0)
    indicator.show(Signal.PAID)
    assert indicator.now is Signal.PAID
    indicator.close()
    indicator.close()
    assert indicator.signals == ((5.0, Signal.SCAN), (7.0, Signal.PAID), (7.0, Signal.OFF))


def test_a_press_reaches_whoever_listens_and_nobody_else() -> None:
    """Before anybody listens, and after closing, a press is lost and harmless."""
    buttons, heard = SimulatedButtons(), []
    buttons.press(Button.PAY)
    buttons.listen(heard.append)
    buttons.press(Button.HELP)
    buttons.close()
    buttons.press(Button.CANCEL)
    assert heard == [Button.HELP]
