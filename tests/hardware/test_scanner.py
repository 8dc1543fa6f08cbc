"""The scan loop: each code once, only while armed, and on through every fault of a camera.

Time is played: the camera's waits move the clock and set off what happens next, so that minutes
of scanning take no time and end the same way on any machine.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from hardware.decoder import Decoder
from hardware.devices import DeviceError, Frame, Luma, Symbol, Symbology
from hardware.scanner import REOPEN_DELAYS_S, Scanner
from hardware.simulated import SimulatedCamera

CODE = "251001020123456789012345"
OTHER = "288483094882517044"


class Clock:
    """Seconds that pass only by waiting; `at` says what happens then."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self._plan: list[tuple[float, Callable[[], None]]] = []

    def at(self, second: float, act: Callable[[], None]) -> None:
        """Do this so many seconds after the start."""
        self._plan.append((100.0 + second, act))
        self._plan.sort(key=lambda entry: entry[0])

    def __call__(self) -> float:
        """The seconds so far."""
        return self.now_s

    def wait(self, seconds: float) -> None:
        """Pass the time, at least a little, and do what falls into it."""
        self.now_s += max(seconds, 0.001)
        while self._plan and self._plan[0][0] <= self.now_s:
            self._plan.pop(0)[1]()


@dataclass
class Stage:
    """A scanner before a simulated camera, and what it reported when."""

    clock: Clock = field(default_factory=Clock)
    found: list[str] = field(default_factory=list)
    troubles: list[str | None] = field(default_factory=list)
    trouble_at_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.camera = SimulatedCamera(random.Random(3), clock=self.clock, wait=self.clock.wait)
        self.scanner = self.scanner_of(self.camera, Decoder())

    def scanner_of(self, camera: object, decoder: object) -> Scanner:
        """A scanner of any camera and reader on this stage's clock."""
        return Scanner(
            camera,  # type: ignore[arg-type]
            decoder,  # type: ignore[arg-type]
            lambda symbol: self.found.append(symbol.text),
            self._trouble,
            clock=self.clock,
            wait=self.clock.wait,
        )

    def play(self, seconds: float) -> None:
        """Run the scanner for so long."""
        self.clock.at(seconds, self.scanner.stop)
        self.scanner.run()

    def _trouble(self, sentence: str | None) -> None:
        self.troubles.append(sentence)
        self.trouble_at_s.append(self.clock.now_s - 100.0)


@pytest.fixture
def stage() -> Stage:
    """A fresh stage."""
    return Stage()


def test_a_code_is_reported_once_however_long_it_is_held(stage: Stage) -> None:
    """Thirty frames of one phone are one code; the next phone is the next."""
    stage.scanner.arm()
    stage.clock.at(0.5, lambda: stage.camera.hold_up(CODE))
    stage.clock.at(2.5, lambda: stage.camera.hold_up(OTHER, Symbology.CODE_128))
    stage.play(4)
    assert stage.found == [CODE, OTHER]
    assert stage.troubles == []


def test_the_same_digits_as_bars_and_as_qr_are_one_code(stage: Stage) -> None:
    """A wallet that turns from QR to bars shows the same code again."""
    stage.scanner.arm()
    stage.camera.hold_up(CODE)
    stage.clock.at(1, lambda: stage.camera.hold_up(CODE, Symbology.CODE_128))
    stage.play(2)
    assert stage.found == [CODE]


def test_arming_again_reports_the_code_again(stage: Stage) -> None:
    """Each arming is a new sale: what was seen before is forgotten."""
    stage.camera.hold_up(CODE)
    stage.clock.at(1, stage.scanner.arm)
    stage.clock.at(2, stage.scanner.disarm)
    stage.clock.at(3, stage.scanner.arm)
    stage.play(4)
    assert stage.found == [CODE, CODE]


def test_nothing_is_decoded_while_disarmed(stage: Stage) -> None:
    """A disarmed scanner takes frames and looks at none."""
    looks: list[Luma] = []

    class Watched(Decoder):
        """The decoder, with a note of each look."""

        def read(self, luma: Luma) -> list[Symbol]:
            """Note the look."""
            looks.append(luma)
            return super().read(luma)

    stage.scanner = stage.scanner_of(stage.camera, Watched())
    stage.camera.hold_up(CODE)
    stage.play(2)
    assert looks == []
    assert stage.found == []


def test_frames_from_before_the_arming_are_dropped(stage: Stage) -> None:
    """A code that was taken away before the arming is not read from an older frame."""

    class Late:
        """A camera whose frames are two seconds old when they arrive."""

        def open(self) -> None:
            """Nothing to open."""

        def frame(self, deadline_s: float) -> Frame:
            """The next frame, late."""
            frame = camera.frame(deadline_s)
            return Frame(frame.luma, frame.taken_at_s - 2.0, frame.number)

        def close(self) -> None:
            """Nothing to close."""

    camera = stage.camera
    camera.open()
    camera.hold_up(CODE)
    stage.scanner = stage.scanner_of(Late(), Decoder())
    stage.scanner.arm()
    stage.clock.at(1.5, camera.take_away)
    stage.play(5)
    assert stage.found == []


def test_a_code_decoded_while_disarming_is_dropped(stage: Stage) -> None:
    """Disarming counts from that moment, also for a frame that is being decoded."""

    class Disarming:
        """A reader during whose work the till disarms the scanner."""

        def read(self, luma: Luma) -> list[Symbol]:
            """A code, too late."""
            stage.scanner.disarm()
            return [Symbol(CODE, Symbology.QR)]

    stage.scanner = stage.scanner_of(stage.camera, Disarming())
    stage.scanner.arm()
    stage.play(1)
    assert stage.found == []


def test_a_frozen_camera_is_reported_and_opened_again(stage: Stage) -> None:
    """No frame within the deadline is said in a sentence; when frames come again, that too."""
    stage.scanner.arm()
    stage.clock.at(1, stage.camera.freeze)
    stage.clock.at(8, stage.camera.recover)
    stage.clock.at(12, lambda: stage.camera.hold_up(CODE))
    stage.play(20)
    assert [bool(sentence) for sentence in stage.troubles] == [True, False]
    assert "no picture for 2 s" in str(stage.troubles[0])
    assert stage.trouble_at_s[0] < 1 + 2 + 0.2
    assert stage.found == [CODE]


def test_an_unplugged_camera_is_tried_ever_later(stage: Stage) -> None:
    """Opening is tried again after growing pauses with a limit, and said once."""
    tries: list[float] = []

    class Watched(SimulatedCamera):
        """The simulated camera, with a note of each opening."""

        def open(self) -> None:
            """Note the time."""
            tries.append(stage.clock.now_s - 100.0)
            super().open()

    stage.camera = Watched(random.Random(3), clock=stage.clock, wait=stage.clock.wait)
    stage.scanner = stage.scanner_of(stage.camera, Decoder())
    stage.scanner.arm()
    stage.clock.at(0.5, stage.camera.drop_out)
    stage.clock.at(30, stage.camera.recover)
    stage.clock.at(36, lambda: stage.camera.hold_up(CODE))
    stage.play(40)
    pauses = [later - sooner for sooner, later in pairwise(tries[1:])]
    assert pauses[:3] == pytest.approx(REOPEN_DELAYS_S[1:4], abs=0.01)
    assert all(pause <= REOPEN_DELAYS_S[-1] + 0.01 for pause in pauses)
    assert [bool(sentence) for sentence in stage.troubles] == [True, False]
    assert stage.found == [CODE]


def test_a_covered_lens_is_no_fault(stage: Stage) -> None:
    """Black frames hold no code and stop nothing."""
    stage.scanner.arm()
    stage.camera.hold_up(CODE)
    stage.camera.go_black()
    stage.clock.at(3, stage.camera.recover)
    stage.clock.at(2.9, lambda: stage.found.append("still dark"))
    stage.play(5)
    assert stage.found == ["still dark", CODE]
    assert stage.troubles == []


def test_any_exception_of_a_driver_is_survived(stage: Stage) -> None:
    """A driver that raises what it should not is closed, reported and opened again."""

    class Broken:
        """Fails in its own way in opening, in reading and in closing."""

        def __init__(self) -> None:
            self.opened = 0

        def open(self) -> None:
            """Fails the first time."""
            self.opened += 1
            if self.opened == 1:
                raise ValueError("first")

        def frame(self, deadline_s: float) -> Frame:
            """Fails the second time, then works."""
            if self.opened == 2:
                raise ZeroDivisionError
            return camera.frame(deadline_s)

        def close(self) -> None:
            """Always fails."""
            raise OSError("cannot close")

    camera = stage.camera
    camera.open()
    camera.hold_up(CODE)
    stage.scanner = stage.scanner_of(Broken(), Decoder())
    stage.scanner.arm()
    stage.play(5)
    assert stage.found == [CODE]
    assert [bool(sentence) for sentence in stage.troubles] == [True, False]


def test_a_receiver_that_fails_does_not_end_the_scanning(stage: Stage) -> None:
    """An exception of the one who is told of a code is logged, and the next code is told."""
    heard: list[str] = []

    def receive(symbol: Symbol) -> None:
        heard.append(symbol.text)
        raise RuntimeError("the till is busy")

    stage.scanner = Scanner(
        stage.camera,
        Decoder(),
        receive,
        lambda sentence: None,
        clock=stage.clock,
        wait=stage.clock.wait,
    )
    stage.scanner.arm()
    stage.camera.hold_up(CODE)
    stage.clock.at(1, lambda: stage.camera.hold_up(OTHER))
    stage.play(2)
    assert heard == [CODE, OTHER]


def test_stop_ends_a_scanner_that_waits_for_its_camera() -> None:
    """In real time: a scanner whose camera is unplugged ends when told to, not after its pause."""
    camera = SimulatedCamera()
    camera.drop_out()
    waiting = threading.Event()
    scanner = Scanner(
        camera,
        Decoder(),
        lambda symbol: None,
        lambda sentence: waiting.set(),
        reopen_delays_s=(3600.0,),
    )
    thread = threading.Thread(target=scanner.run)
    thread.start()
    assert waiting.wait(30)
    scanner.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_the_camera_is_closed_in_the_end(stage: Stage) -> None:
    """After `run` the camera gives no frames until it is opened again."""
    stage.play(1)
    with pytest.raises(DeviceError, match="not open"):
        stage.camera.frame(1.0)
