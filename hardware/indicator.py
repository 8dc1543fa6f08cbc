"""Lights and a buzzer on GPIO pins: a signal becomes a pattern of colour and sound in time.

Patterns are data, so that they can be read, compared and drawn; gpiozero only sets values.
Apart from the till because lamps know nothing of sales.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hardware.devices import DeviceError, Signal
from hardware.pins import gpio

Rgb = tuple[float, float, float]
CLOSE_WAIT_S = 2.0
WAITING_MAX = 16
AFTER_MAX = 4

_log = logging.getLogger(__name__)

DARK: Rgb = (0.0, 0.0, 0.0)
DIM: Rgb = (0.2, 0.2, 0.2)
WHITE: Rgb = (1.0, 1.0, 1.0)
BLUE: Rgb = (0.0, 0.2, 1.0)
GREEN: Rgb = (0.0, 1.0, 0.0)
RED: Rgb = (1.0, 0.0, 0.0)
CYAN: Rgb = (0.0, 1.0, 1.0)
AMBER: Rgb = (1.0, 0.5, 0.0)


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of a pattern: for `seconds`, this colour (0 to 1 each) and the buzzer or not."""

    seconds: float
    rgb: Rgb
    tone: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """`intro` once, then `loop` for ever. An empty loop holds the last step of the intro.

    `whole`: of a moment. It is played to its end, whatever comes meanwhile; then the lamp shows
    what it showed before, or what came.
    """

    intro: tuple[Step, ...]
    loop: tuple[Step, ...] = ()
    whole: bool = False


_SCAN = (Step(1.0, WHITE), Step(1.0, DARK))

# What came without a sale: short, long, short, five slow lights, and dim as before.
_ARRIVED = (
    Step(0.1, GREEN, tone=True),
    Step(0.1, DARK),
    Step(0.3, GREEN, tone=True),
    Step(0.1, DARK),
    Step(0.1, GREEN, tone=True),
    *(Step(0.5, DARK), Step(0.7, GREEN)) * 5,
    Step(0.0, DIM),
)

# At a turnstile the next one is behind: each is short, and the lamp waits again by itself.
_LONG, _GAP = 0.4, Step(0.1, DARK)
_USED = (Step(0.1, RED, tone=True), _GAP, Step(0.1, RED, tone=True), Step(0.5, RED))
_UNTIMELY = (Step(_LONG, AMBER, tone=True), _GAP, Step(0.1, AMBER, tone=True), Step(0.5, AMBER))
_REJECTED = (Step(_LONG, RED, tone=True), _GAP, Step(_LONG, RED, tone=True), Step(0.5, RED))

# No two share a rhythm: steady, slow, fast, double, long against short; each outcome has its sound.
PATTERNS: Mapping[Signal, Pattern] = MappingProxyType(
    {
        Signal.OFF: Pattern((Step(0.0, DARK),)),
        Signal.READY: Pattern((Step(0.0, DIM),)),
        Signal.SCAN: Pattern((), _SCAN),
        # What follows a read comes within milliseconds: unless it waited, nobody would hear it.
        Signal.READ: Pattern((Step(0.1, CYAN, tone=True), Step(0.1, DARK)), whole=True),
        Signal.BUSY: Pattern((), (Step(0.2, BLUE), Step(0.2, DARK))),
        Signal.PAID: Pattern((Step(0.4, GREEN, tone=True),), (Step(2.0, GREEN), Step(0.2, DARK))),
        Signal.DECLINED: Pattern(
            (
                Step(0.15, RED, tone=True),
                Step(0.15, DARK),
                Step(0.15, RED, tone=True),
                Step(0.15, DARK),
                Step(0.15, RED, tone=True),
                Step(0.15, DARK),
            ),
            (Step(0.5, RED), Step(0.5, DARK)),
        ),
        # What follows a beep of the scanner: a light, two tones, a long tone.
        Signal.ADDED: Pattern((Step(0.4, GREEN),), whole=True),
        Signal.REMOVED: Pattern(
            (
                Step(0.1, WHITE, tone=True),
                Step(0.1, DARK),
                Step(0.1, WHITE, tone=True),
                Step(0.1, DARK),
            ),
            whole=True,
        ),
        Signal.REFUSED: Pattern((Step(0.7, RED, tone=True),), whole=True),
        Signal.ATTENTION: Pattern(
            (),
            (
                Step(0.1, AMBER, tone=True),
                Step(0.1, DARK),
                Step(0.1, AMBER, tone=True),
                Step(1.7, DARK),
            ),
        ),
        Signal.ARRIVED: Pattern(_ARRIVED),
        Signal.ADMITTED: Pattern((Step(0.1, GREEN, tone=True), Step(0.8, GREEN)), _SCAN),
        Signal.USED: Pattern(_USED, _SCAN),
        Signal.UNTIMELY: Pattern(_UNTIMELY, _SCAN),
        Signal.REJECTED: Pattern(_REJECTED, _SCAN),
    }
)


# Three lamps in place of one that mixes: red, green and yellow, each alone or two together.
_ON_THREE: Mapping[Rgb, Rgb] = MappingProxyType(
    {
        DARK: (0.0, 0.0, 0.0),
        DIM: (0.0, 0.0, 0.2),
        WHITE: (0.0, 0.0, 1.0),
        BLUE: (0.0, 0.0, 1.0),  # as white in colour, but fast where that is slow
        CYAN: (0.0, 1.0, 1.0),
        GREEN: (0.0, 1.0, 0.0),
        RED: (1.0, 0.0, 0.0),
        AMBER: (1.0, 0.0, 1.0),
    }
)


@dataclass(frozen=True, slots=True)
class LampPins:
    """GPIO numbers (BCM): one RGB LED, or with `yellow` three LEDs of which none is blue.

    The buzzer may be absent.
    """

    red: int = 17
    green: int = 27
    blue: int = 22
    buzzer: int | None = 18
    yellow: int | None = None
    active_high: bool = True


class Lamps:
    """The pins, and the pattern that they play step by step. Knows no clock and no thread."""

    def __init__(self, pins: LampPins) -> None:
        """Raises DeviceError when gpiozero is absent or a pin cannot be had."""
        gpiozero = gpio()
        self._lamps: list[Any] = []
        self._buzzer: Any | None = None
        self._steps: list[Step] = []
        self._loop: tuple[Step, ...] = ()
        self._three = pins.yellow is not None
        third = pins.blue if pins.yellow is None else pins.yellow
        self._whole = False
        self._standing: Pattern | None = None
        self._after: deque[Signal] = deque(maxlen=AFTER_MAX)
        try:
            for pin in (pins.red, pins.green, third):
                self._lamps.append(_lamp(gpiozero, pin, active_high=pins.active_high))
            if pins.buzzer is not None:
                self._buzzer = gpiozero.DigitalOutputDevice(pins.buzzer)
        except (gpiozero.GPIOZeroError, OSError) as error:
            self.close()
            raise DeviceError(
                f"The lights cannot be opened ({error}): check the pin numbers, and that this"
                " user is in the group gpio."
            ) from error

    def play(self, signal: Signal) -> bool:
        """Begin the pattern of `signal`; its first step is shown by the next `advance`.

        False where an intro is being played whole: then it begins by itself after that.
        """
        if self._whole:
            # Of those that are not played whole themselves only the newest would be seen.
            if self._after and not PATTERNS[self._after[-1]].whole:
                self._after.pop()
            self._after.append(signal)
            return False
        pattern = PATTERNS[signal]
        self._steps, self._loop, self._whole = list(pattern.intro), pattern.loop, pattern.whole
        if not pattern.whole:
            self._standing = pattern
        return True

    def advance(self) -> float | None:
        """Show the next step. Returns the seconds until the one after it, None for no more."""
        if not self._steps:
            was_whole, self._whole = self._whole, False
            if self._after:
                self.play(self._after.popleft())
            elif was_whole:
                self._go_back()
        if not self._steps:
            self._steps = list(self._loop)
        if not self._steps:
            return None
        step = self._steps.pop(0)
        self._set(step)
        if self._steps or self._loop or self._whole:
            return step.seconds
        return None

    def _go_back(self) -> None:
        """On with what stood before the moment, without the sound that it began with."""
        standing = self._standing or PATTERNS[Signal.OFF]
        self._loop = standing.loop
        self._steps = [] if standing.loop else list(standing.intro[-1:])

    def close(self) -> None:
        """Everything dark and silent, and the pins given back; may be called twice."""
        for device in (*self._lamps, *([self._buzzer] if self._buzzer else [])):
            device.off()
            device.close()
        self._lamps, self._buzzer = [], None

    def _set(self, step: Step) -> None:
        levels = _ON_THREE[step.rgb] if self._three else step.rgb
        for lamp, level in zip(self._lamps, levels, strict=False):
            lamp.value = level
        if self._buzzer is not None:
            self._buzzer.value = step.tone


class LampIndicator:
    """An Indicator on GPIO pins: one thread owns the lamps and plays the newest signal."""

    def __init__(self, pins: LampPins | None = None) -> None:
        self._lamps = Lamps(pins or LampPins())
        self._inbox: queue.Queue[Signal | None] = queue.Queue(WAITING_MAX)
        # No daemon: the lamps must be switched off before the program ends.
        self._thread = threading.Thread(target=self._own, name="lights")
        self._thread.start()

    def show(self, signal: Signal) -> None:
        """As `Indicator.show`. When lamps lag behind, the oldest waiting signal is dropped."""
        self._put(signal)

    def close(self) -> None:
        """As `Indicator.close`."""
        if self._thread.is_alive():
            self._put(None)
            self._thread.join(CLOSE_WAIT_S)

    def _put(self, signal: Signal | None) -> None:
        for _ in range(WAITING_MAX):
            try:
                self._inbox.put_nowait(signal)
            except queue.Full:
                self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            self._inbox.get_nowait()
        except queue.Empty:
            return

    def _own(self) -> None:
        due_s: float | None = None
        try:
            while True:
                pause_s = None if due_s is None else max(0.0, due_s - time.monotonic())
                try:
                    signal = self._inbox.get(timeout=pause_s)
                except queue.Empty:
                    pass
                else:
                    if signal is None:
                        return
                    if not self._lamps.play(signal):
                        continue
                step_s = self._lamps.advance()
                due_s = None if step_s is None else time.monotonic() + step_s
        except Exception:  # a broken lamp stops no sale
            _log.exception("the lights failed")
        finally:
            self._lamps.close()


def _lamp(gpiozero: Any, pin: int, *, active_high: bool) -> Any:
    """A dimmed LED where the pin can do it, else one that is on or off."""
    try:
        return gpiozero.PWMLED(pin, active_high=active_high)
    except gpiozero.PinPWMUnsupported:
        return gpiozero.LED(pin, active_high=active_high)
