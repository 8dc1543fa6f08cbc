"""The ladder that mends a stalled camera, and the pictures that show nothing.

Time is played: the simulated camera's waits move the clock.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from hardware.devices import Controls, DeviceError, Frame, Luma, Stalled
from hardware.ladder import (
    CLIMBS_MAX,
    FRAME_DEADLINE_S,
    OPEN_DEADLINE_S,
    RESTART_DEADLINE_S,
    STILL_FOR_S,
    SteadyCamera,
)
from hardware.phone import photograph
from hardware.sight import LASTS_S, Sight
from hardware.simulated_camera import Cure, SimulatedCamera


@dataclass
class Stand:
    """A simulated camera on the ladder, with a clock that passes only by its waits."""

    now_s: float = 100.0
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        stand = self

        class Watched(SimulatedCamera):
            """The simulated camera, with a note of each remedy."""

            def open(self) -> None:
                stand.done.append("open")
                super().open()

            def restart(self) -> None:
                stand.done.append("restart")
                super().restart()

        self.inside = Watched(random.Random(3), clock=lambda: self.now_s, wait=self.wait)
        self.camera = SteadyCamera(self.inside, clock=lambda: self.now_s)
        self.camera.open()
        self.done.clear()

    def wait(self, seconds: float) -> None:
        """Pass the time."""
        self.now_s += max(seconds, 0.001)


@pytest.fixture
def stand() -> Stand:
    """A camera that works."""
    return Stand()


def test_a_working_camera_is_left_alone(stand: Stand) -> None:
    """Frames pass as they are."""
    numbers = [stand.camera.frame(2.0).number for _ in range(30)]
    assert numbers == list(range(1, 31))
    assert stand.done == []


@pytest.mark.parametrize(
    ("cure", "rungs"),
    [(Cure.RESTART, ["restart"]), (Cure.REOPENING, ["restart", "open"])],
)
@pytest.mark.parametrize("fault", [SimulatedCamera.freeze, SimulatedCamera.stand_still])
def test_the_weakest_remedy_that_helps_is_the_last(
    stand: Stand, fault: Callable[[SimulatedCamera, Cure], None], cure: Cure, rungs: list[str]
) -> None:
    """A stream that stops or repeats one picture is restarted, then its device is reopened."""
    stand.camera.frame(2.0)
    fault(stand.inside, cure)
    began_s = stand.now_s
    while not stand.done:
        frame = stand.camera.frame(2.0)
    assert stand.done == rungs
    assert frame.luma.shape == (720, 1280)
    stall_s = FRAME_DEADLINE_S if fault is SimulatedCamera.freeze else STILL_FOR_S + 0.2
    assert stand.now_s - began_s <= stall_s + RESTART_DEADLINE_S + OPEN_DEADLINE_S
    later = stand.camera.frame(2.0)
    assert (later.luma != frame.luma).any()


def test_where_nothing_helps_the_fault_is_told(stand: Stand) -> None:
    """With no rung left the stall is raised, within the sum of the deadlines."""
    stand.camera.frame(2.0)
    stand.inside.freeze()
    began_s = stand.now_s
    with pytest.raises(Stalled, match="has sent no picture for 1 s"):
        stand.camera.frame(2.0)
    assert stand.done == ["restart", "open"]
    limit_s = FRAME_DEADLINE_S + RESTART_DEADLINE_S + OPEN_DEADLINE_S
    assert stand.now_s - began_s <= limit_s + 0.1


def test_a_camera_that_was_just_opened_may_take_its_time(stand: Stand) -> None:
    """The first frame is waited for as long as a webcam takes to warm up, and then no more."""
    asked: list[float] = []
    frame = stand.inside.frame

    def slow(deadline_s: float) -> Frame:
        asked.append(deadline_s)
        return frame(deadline_s)

    stand.inside.frame = slow  # type: ignore[method-assign]
    for _ in range(3):
        stand.camera.frame(2.0)
    assert asked == [OPEN_DEADLINE_S, FRAME_DEADLINE_S, FRAME_DEADLINE_S]


def test_an_unplugged_camera_is_told_at_once(stand: Stand) -> None:
    """The ladder is for stalls: a device that is gone is nothing to restart."""
    stand.inside.drop_out()
    with pytest.raises(DeviceError, match="unplugged"):
        stand.camera.frame(2.0)
    assert stand.done == []


def test_a_camera_that_stalls_again_and_again_is_told(stand: Stand) -> None:
    """Three mendings a minute are enough; a minute later the ladder may be climbed again."""
    for _ in range(CLIMBS_MAX):
        stand.inside.freeze(Cure.RESTART)
        stand.camera.frame(2.0)
    stand.inside.freeze(Cure.RESTART)
    with pytest.raises(Stalled):
        stand.camera.frame(2.0)
    assert stand.done == ["restart"] * CLIMBS_MAX
    stand.wait(60)
    stand.camera.frame(2.0)
    assert stand.done == ["restart"] * (CLIMBS_MAX + 1)


def test_a_black_picture_is_no_stall(stand: Stand) -> None:
    """A covered lens may give the same black for ever; that is for a person, not for a restart."""
    stand.inside.go_black()
    for _ in range(150):
        stand.camera.frame(2.0)
    assert stand.done == []


def test_the_ladder_passes_adjustments_on(stand: Stand) -> None:
    """Lens and exposure reach the camera inside."""
    assert stand.camera.lens_range == stand.inside.lens_range
    stand.camera.adjust(Controls(lens_position=4.0))
    assert stand.camera.frame(2.0).controls.lens_position == 4.0


def noise(shape: tuple[int, int]) -> Luma:
    """Snow, as from a loose cable."""
    return np.random.default_rng(5).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    ("luma", "sentence"),
    [
        (np.zeros((720, 1280), np.uint8), "sees only black: uncover its lens"),
        (np.full((720, 1280), 255, np.uint8), "sees only white: turn it away"),
        (noise((720, 1280)), "only noise: check its cable"),
        (np.full((120, 160), 90, np.uint8), "160 x 120 are too small"),
    ],
    ids=["black", "white", "noise", "tiny"],
)
def test_pictures_that_show_nothing_are_told_when_they_last(luma: Luma, sentence: str) -> None:
    """Each has its sentence, after five seconds; one good picture ends it."""
    sight = Sight()
    told = [sight.fault(Frame(luma, 10 + number / 15, number)) for number in range(90)]
    first = next(number for number, said in enumerate(told) if said)
    assert LASTS_S <= first / 15 <= LASTS_S + 0.1
    assert sentence in str(told[-1])
    assert sight.fault(Frame(photograph("2510010201234567"), 17.0, 91)) is None
    assert sight.fault(Frame(luma, 17.1, 92)) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_picture_of_anything_is_good(seed: int) -> None:
    """A phone on a desk, also dim, bright or through much noise, has no fault."""
    luma = photograph("2510010201234567", seed=seed).astype(np.int16)
    grain = np.random.default_rng(seed).normal(0, 25, luma.shape)
    for picture in (luma, luma // 6, np.minimum(luma * 2, 255), np.clip(luma + grain, 0, 255)):
        sight = Sight()
        frame = picture.astype(np.uint8)
        told = [sight.fault(Frame(frame, 0.5 * number, number)) for number in range(20)]
        assert told == [None] * 20
