"""The scan loop: each code once, only while armed, and on through every fault of a camera.

Time is played: the camera's waits move the clock and set off what happens next, so that minutes
of scanning take no time and end the same way on any machine.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.decoder import Decoder
from hardware.devices import DeviceError, Frame, Luma, Symbol, Symbology
from hardware.in_view import CODES_MAX, LEFT_AFTER_LOOKS, LEFT_AFTER_S, CodesInView
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


class Reader:
    """A decoder that sees one product after the other, whatever the picture."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = iter(texts)

    def read(self, luma: Luma) -> list[Symbol]:
        """The next product, while there is one."""
        return [Symbol(text, Symbology.EAN_8) for text in islice(self._texts, 1)]


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


def test_a_second_product_of_the_same_kind_counts(stage: Stage) -> None:
    """When the first was taken away before; one that is held, or shakes, is one."""
    bottle = "4006381333931"
    stage.scanner.arm()
    for second in (0.5, 5.0):
        stage.clock.at(second, lambda: stage.camera.hold_up(bottle, Symbology.EAN_13))
        stage.clock.at(second + 1.0, stage.camera.take_away)
        stage.clock.at(second + 1.5, lambda: stage.camera.hold_up(bottle, Symbology.EAN_13))
        stage.clock.at(second + 2.5, stage.camera.take_away)
    stage.play(9)
    assert stage.found == [bottle, bottle]


def test_a_long_order_of_different_products_is_read_to_its_end() -> None:
    """However many kinds there are, the scanner does not stop listening."""
    stage = Stage()
    shown = [f"{number:07}" for number in range(CODES_MAX + 40)]
    reader = Reader([each for each in shown for _ in range(3)])
    stage.scanner = stage.scanner_of(stage.camera, reader)
    stage.scanner.arm()
    stage.play(len(shown) * 3 / 10)
    assert len(set(stage.found)) > CODES_MAX


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


def test_a_code_that_left_the_view_and_comes_back_is_told_again(stage: Stage) -> None:
    """Within one sale: a second look at the same phone is a second answer; a hand that shakes the
    code out of a frame or two is not."""
    stage.scanner.arm()
    stage.clock.at(0.5, lambda: stage.camera.hold_up(CODE))
    stage.clock.at(2.0, stage.camera.take_away)
    stage.clock.at(2.8, lambda: stage.camera.hold_up(CODE))  # a moment is no leaving
    stage.clock.at(4.0, stage.camera.take_away)
    stage.clock.at(7.0, lambda: stage.camera.hold_up(CODE))
    stage.play(8)
    assert stage.found == [CODE, CODE]


def test_a_different_code_is_never_held_back(stage: Stage) -> None:
    """Phones that follow each other without a pause are each told, also back and forth."""
    stage.scanner.arm()
    texts = [CODE, OTHER, "251001020123456789099999"]
    for number, text in enumerate(texts):
        stage.clock.at(0.2 + 0.4 * number, lambda text=text: stage.camera.hold_up(text))
    stage.play(2)
    assert stage.found == texts


def test_a_camera_that_stalls_lets_no_code_leave(stage: Stage) -> None:
    """No picture for seconds says nothing of what is still held up."""
    stage.scanner.arm()
    stage.camera.hold_up(CODE)
    stage.clock.at(1, stage.camera.freeze)
    stage.clock.at(6, stage.camera.recover)
    stage.play(12)
    assert stage.found == [CODE]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.01, 0.4), st.booleans()), max_size=80)
)
def test_a_code_in_view_is_told_once(frames: list[tuple[str, float, bool]]) -> None:
    """For any flicker of codes: told when it is new or was gone for a second and a half, and in
    ten looks; and never while it was read less than that ago."""
    view, now_s, look = CodesInView(), 0.0, 0
    last: dict[str, tuple[float, int]] = {}
    for text, pause_s, there in frames:
        now_s, look = now_s + pause_s, look + 1
        view.look(now_s)
        if not there:
            continue
        again = view.again(text)
        if not again:
            view.add(text)
        seen_s, seen_look = last.get(text, (-9e9, -(10**9)))
        left = now_s - seen_s >= LEFT_AFTER_S and look - seen_look >= LEFT_AFTER_LOOKS
        assert again is not left
        last[text] = (now_s, look)


def test_a_view_full_of_codes_tells_no_more() -> None:
    """What no shop has in view at once is not news but noise."""
    view = CodesInView()
    for number in range(CODES_MAX):
        assert not view.again(str(number))
        view.add(str(number))
    assert view.again("one more")


def test_whoever_watches_sees_armed_frames_and_stops_nothing(stage: Stage) -> None:
    """`looked` gets every frame that was decoded, with its codes, and may fail."""
    seen: list[int] = []

    def looked(frame: Frame, symbols: Sequence[Symbol]) -> None:
        seen.append(len(symbols))
        raise RuntimeError("the screen is gone")

    scanner = Scanner(
        stage.camera,
        Decoder(),
        lambda symbol: stage.found.append(symbol.text),
        lambda sentence: None,
        looked=looked,
        clock=stage.clock,
        wait=stage.clock.wait,
    )
    stage.clock.at(1, scanner.arm)
    stage.clock.at(2, lambda: stage.camera.hold_up(CODE))
    stage.clock.at(3, scanner.stop)
    scanner.run()
    assert stage.found == [CODE]
    assert 25 <= len(seen) <= 32
    assert seen[0] == 0
    assert seen[-1] == 1


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
    """Black frames hold no code and stop nothing; for some seconds they are not even told."""
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


def test_a_scanner_that_resumes_does_not_report_what_is_still_held(stage: Stage) -> None:
    """The phone that has just paid is no new code, however long the payment took; once it has
    left the view it is one, and after an arming anyway."""
    stage.scanner.arm()
    stage.clock.at(0.5, lambda: stage.camera.hold_up(CODE))
    stage.clock.at(2.0, stage.scanner.disarm)
    stage.clock.at(12.0, stage.scanner.resume)
    stage.clock.at(15.0, lambda: stage.found.append("resumed"))
    stage.clock.at(15.0, stage.camera.take_away)
    stage.clock.at(18.0, lambda: stage.camera.hold_up(CODE))
    stage.clock.at(20.0, lambda: stage.found.append("held again"))
    stage.clock.at(20.0, stage.scanner.arm)
    stage.play(22)
    assert stage.found == [CODE, "resumed", CODE, "held again", CODE]
