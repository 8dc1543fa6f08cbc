"""Lights and buzzer: patterns step by step on gpiozero's own simulated pins."""

import threading
from collections.abc import Callable, Iterator
from itertools import combinations

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.devices import DeviceError, Signal
from hardware.indicator import PATTERNS, LampIndicator, LampPins, Lamps, Step

PINS = LampPins(red=17, green=27, blue=22, buzzer=18)
NUMBERS = (17, 27, 22, 18)


@pytest.fixture(params=[MockPWMPin, gpiozero.pins.mock.MockPin], ids=["dimmed", "on or off"])
def factory(request: pytest.FixtureRequest) -> Iterator[MockFactory]:
    """Simulated pins, with and without dimming."""
    before = gpiozero.Device.pin_factory
    made = gpiozero.Device.pin_factory = MockFactory(pin_class=request.param)
    yield made
    made.reset()
    gpiozero.Device.pin_factory = before


def levels(factory: MockFactory) -> tuple[float, ...]:
    """The state of red, green, blue and buzzer."""
    return tuple(float(factory.pin(number).state) for number in NUMBERS)


def expected(factory: MockFactory, step: Step) -> tuple[float, ...]:
    """What the pins show in a step: dimmed where the pin can, else on for any light."""
    dims = factory.pin_class is MockPWMPin
    return (*((c if dims else float(c > 0)) for c in step.rgb), float(step.tone))


@pytest.mark.parametrize("signal", Signal)
def test_every_pattern_is_played_step_by_step(signal: Signal, factory: MockFactory) -> None:
    """The pins follow the pattern, the pauses are its seconds, and its loop comes round."""
    lamps = Lamps(PINS)
    lamps.play(signal)
    pattern = PATTERNS[signal]
    steps = [*pattern.intro, *pattern.loop, *pattern.loop]
    for number, step in enumerate(steps):
        pause_s = lamps.advance()
        assert levels(factory) == pytest.approx(expected(factory, step))
        is_last = not pattern.loop and not pattern.whole and number == len(steps) - 1
        assert pause_s == (None if is_last else step.seconds)
    lamps.close()


def test_a_pattern_without_a_loop_stays(factory: MockFactory) -> None:
    """A steady light asks for no further step."""
    lamps = Lamps(PINS)
    lamps.play(Signal.READY)
    assert lamps.advance() is None
    shown = levels(factory)
    assert lamps.advance() is None
    assert levels(factory) == shown
    lamps.close()


def test_a_new_signal_takes_over_in_the_middle(factory: MockFactory) -> None:
    """The rest of the old pattern is not played."""
    lamps = Lamps(PINS)
    lamps.play(Signal.DECLINED)
    lamps.advance()
    lamps.play(Signal.OFF)
    lamps.advance()
    assert levels(factory) == (0, 0, 0, 0)
    lamps.close()


def test_signals_differ_without_colour() -> None:
    """Rhythm or sound tells any two signals apart for somebody who sees no colour."""

    def rhythm(signal: Signal) -> object:
        pattern = PATTERNS[signal]
        return [
            [(step.seconds, max(step.rgb), step.tone) for step in part]
            for part in (pattern.intro, pattern.loop)
        ]

    for one, other in combinations(Signal, 2):
        assert rhythm(one) != rhythm(other), f"{one} and {other}"


def test_outcomes_differ_in_sound() -> None:
    """Paid and declined are told apart with closed eyes: one long tone against three short."""
    tones = {
        signal: [step.seconds for step in PATTERNS[signal].intro if step.tone]
        for signal in (Signal.PAID, Signal.DECLINED)
    }
    assert len(tones[Signal.PAID]) == 1
    assert len(tones[Signal.DECLINED]) == 3
    assert min(tones[Signal.PAID]) > 2 * max(tones[Signal.DECLINED])


@pytest.mark.parametrize("signal", Signal)
def test_no_pattern_spins(signal: Signal) -> None:
    """Every step that is followed by another lasts at least a tenth of a second."""
    pattern = PATTERNS[signal]
    steps = [*pattern.intro, *pattern.loop] if pattern.loop else pattern.intro[:-1]
    assert all(step.seconds >= 0.1 for step in steps)


def test_a_read_is_heard_though_the_sale_goes_on_at_once(factory: MockFactory) -> None:
    """The tone of a read is played to its end; what came meanwhile follows, and only the last."""
    lamps = Lamps(PINS)
    assert lamps.play(Signal.READ)
    lamps.advance()
    assert not lamps.play(Signal.BUSY)
    assert not lamps.play(Signal.DECLINED)
    assert levels(factory)[3] == 1
    lamps.advance()
    assert levels(factory)[3] == 0
    lamps.advance()
    assert levels(factory) == (1, 0, 0, 1)  # the first step of DECLINED
    lamps.close()


def test_what_became_of_a_read_is_seen_after_it(factory: MockFactory) -> None:
    """A product's own signal waits for the tone of its read, and what stands goes on after both."""
    lamps = Lamps(PINS)
    lamps.play(Signal.READ)
    lamps.advance()
    for signal in (Signal.READY, Signal.REMOVED, Signal.SCAN, Signal.ATTENTION):
        lamps.play(signal)
    shown = []
    for _ in range(20):
        lamps.advance()
        shown.append(levels(factory))
    removed = [expected(factory, step) for step in PATTERNS[Signal.REMOVED].intro]
    assert shown[1:5] == removed  # after the dark of the read
    assert shown[5] == expected(factory, PATTERNS[Signal.ATTENTION].loop[0])
    lamps.close()


def test_a_signal_that_ends_by_itself_holds_up_no_later_one(factory: MockFactory) -> None:
    """Played whole, with nothing waiting behind it, the lamp is free for what comes later."""
    lamps = Lamps(PINS)
    lamps.play(Signal.ADDED)
    while lamps.advance() is not None:
        pass
    assert lamps.play(Signal.READ)
    lamps.advance()
    assert levels(factory)[3] == 1
    lamps.close()


MOMENTS = [signal for signal, pattern in PATTERNS.items() if pattern.whole]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("before", [Signal.SCAN, Signal.PAID, Signal.READY, None])
def test_after_a_moment_the_lamp_shows_what_it_showed_before(
    factory: MockFactory, before: Signal | None, moment: Signal
) -> None:
    """A code that is none of ours leaves a paid sale's light as it was, without its sound again;
    where nothing was shown all is dark and silent."""
    lamps = Lamps(PINS)
    if before is not None:
        lamps.play(before)
        lamps.advance()
    lamps.play(moment)
    for _ in PATTERNS[moment].intro:
        assert lamps.advance() is not None
    after = lamps.advance()
    stands = PATTERNS[before or Signal.OFF]
    step = stands.loop[0] if stands.loop else stands.intro[-1]
    assert levels(factory) == expected(factory, step)
    assert levels(factory)[3] == 0
    assert after == (step.seconds if stands.loop else None)
    lamps.close()


def test_an_indicator_plays_a_read_whole(factory: MockFactory) -> None:
    """In real time: the buzzer sounds for its tenth of a second before the next signal shows."""
    indicator = LampIndicator(PINS)
    indicator.show(Signal.READ)
    indicator.show(Signal.PAID)
    for _ in range(500):
        green = [float(state.state) for state in factory.pin(27).states]
        if green.count(1.0) >= 2:  # once as a part of the read's colour, once as PAID
            break
        threading.Event().wait(0.01)
    indicator.close()
    tones = [(state.timestamp, float(state.state)) for state in factory.pin(18).states]
    begins = next(number for number, (_, level) in enumerate(tones) if level)
    assert tones[begins + 1][0] >= 0.09  # the timestamps of a mock pin are since its last change


def test_an_indicator_shows_and_goes_dark(factory: MockFactory) -> None:
    """What was shown before closing reached the pins; afterwards they are dark, the thread gone."""
    before = set(threading.enumerate())
    indicator = LampIndicator(PINS)
    indicator.show(Signal.PAID)
    indicator.close()
    indicator.close()
    indicator.show(Signal.PAID)
    assert 1 in [float(state.state) for state in factory.pin(27).states]
    assert levels(factory) == (0, 0, 0, 0)
    assert set(threading.enumerate()) == before


def test_a_flood_of_signals_blocks_nobody(factory: MockFactory) -> None:
    """A thousand signals at once are taken, and the last one counts."""
    indicator = LampIndicator(PINS)
    for _ in range(500):
        indicator.show(Signal.BUSY)
        indicator.show(Signal.OFF)
    indicator.close()
    assert levels(factory) == (0, 0, 0, 0)


def test_a_buzzer_may_be_absent(factory: MockFactory) -> None:
    """Lights alone work."""
    lamps = Lamps(LampPins(buzzer=None))
    lamps.play(Signal.PAID)
    lamps.advance()
    assert levels(factory)[1] == 1
    lamps.close()


def test_a_pin_used_twice_is_told(factory: MockFactory) -> None:
    """Two lamps on one pin are refused with a remedy, and the pins are given back."""
    with pytest.raises(DeviceError, match="check the pin numbers"):
        Lamps(LampPins(red=17, green=17))
    Lamps(PINS).close()


def test_three_leds_tell_the_same_signals(factory: MockFactory) -> None:
    """A red, a green and a yellow lamp, none of them blue: paid is green alone, attention red and
    yellow, and the rhythm stays what it is with one lamp of three colours."""
    shown = {}
    for signal in Signal:
        lamps = Lamps(LampPins(red=17, green=27, yellow=22, buzzer=18))
        lamps.play(signal)
        lamps.advance()
        shown[signal] = tuple(level > 0 for level in levels(factory))
        lamps.close()
    assert shown[Signal.PAID] == (False, True, False, True)
    assert shown[Signal.DECLINED] == (True, False, False, True)
    assert shown[Signal.ATTENTION] == (True, False, True, True)
    assert shown[Signal.SCAN] == shown[Signal.BUSY] == (False, False, True, False)
    assert shown[Signal.OFF] == (False, False, False, False)


def test_an_indicator_keeps_the_time_of_its_pattern(factory: MockFactory) -> None:
    """Played by its own thread, declined sounds three times, with pauses as long as the pattern's:
    gpiozero's pins note when each change came."""
    indicator = LampIndicator(PINS)
    buzzer = factory.pin(18)
    indicator.show(Signal.DECLINED)
    wait_until(lambda: len(buzzer.states) >= 7)
    indicator.close()
    changes = buzzer.states[1:7]
    assert [bool(each.state) for each in changes] == [True, False] * 3
    steps = PATTERNS[Signal.DECLINED].intro
    for change, step in zip(changes[1:], steps, strict=False):
        assert change.timestamp >= step.seconds * 0.9, "no pause is cut short"


def wait_until(reached: Callable[[], bool]) -> None:
    """Look every few milliseconds, at most half a minute."""
    for _ in range(6_000):
        if reached():
            return
        threading.Event().wait(0.005)
    raise AssertionError("waited in vain")
