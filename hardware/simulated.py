"""Devices without hardware: a camera before which phones are held, a lamp, buttons and
a voice.

They ship with the product: the demonstration sells with them and tests use them as they are.
They keep the protocols of the real ones, with the same threads, and fail when told to.
"""

import time
from collections import deque
from collections.abc import Callable

from hardware.devices import Button, Signal
from hardware.simulated_camera import SimulatedCamera

__all__ = ["SimulatedButtons", "SimulatedCamera", "SimulatedIndicator", "SimulatedVoice"]

SIGNALS_MAX = 1000
SENTENCES_MAX = 1000


class SimulatedIndicator:
    """An Indicator that remembers the last 1000 signals and when each began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signals: deque[tuple[float, Signal]] = deque(maxlen=SIGNALS_MAX)
        self._seen: Callable[[Signal], object] | None = None

    @property
    def signals(self) -> tuple[tuple[float, Signal], ...]:
        """What was shown, oldest first: (seconds by the clock, signal)."""
        return tuple(self._signals)

    @property
    def now(self) -> Signal:
        """What is shown at present."""
        return self._signals[-1][1] if self._signals else Signal.OFF

    def listen(self, seen: Callable[[Signal], object]) -> None:
        """Call `seen` with every signal from now on."""
        self._seen = seen

    def show(self, signal: Signal) -> None:
        """As `Indicator.show`."""
        self._signals.append((self._clock(), signal))
        if self._seen is not None:
            self._seen(signal)

    def close(self) -> None:
        """As `Indicator.close`."""
        if self.now is not Signal.OFF:
            self.show(Signal.OFF)


class SimulatedButtons:
    """Buttons that are pressed by calling `press`."""

    def __init__(self) -> None:
        self._pressed: Callable[[Button], object] | None = None
        self._held: set[Button] = set()

    def listen(self, pressed: Callable[[Button], object]) -> None:
        """As `Buttons.listen`."""
        self._pressed = pressed

    def press(self, button: Button) -> None:
        """Press and let go; nothing happens while nobody listens."""
        if self._pressed is not None:
            self._pressed(button)

    def hold(self, button: Button) -> None:
        """Press, and keep it down until `let_go`."""
        self._held.add(button)
        self.press(button)

    def let_go(self, button: Button) -> None:
        """Let go of what is held."""
        self._held.discard(button)

    def held(self, button: Button) -> bool:
        """As `Buttons.held`."""
        return button in self._held

    def close(self) -> None:
        """As `Buttons.close`."""
        self._pressed = None


class SimulatedVoice:
    """A Voice that keeps the last 1000 sentences, and is done with each at once."""

    speaking = False
    trouble = None

    def __init__(self) -> None:
        self._said: deque[tuple[str, str]] = deque(maxlen=SENTENCES_MAX)
        self._heard: Callable[[str, str], object] | None = None

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """What was said, oldest first: (language, sentence)."""
        return tuple(self._said)

    def listen(self, heard: Callable[[str, str], object]) -> None:
        """Call `heard` with the language and the text of every sentence from now on."""
        self._heard = heard

    def say(self, text: str, language: str) -> None:
        """As `Voice.say`."""
        self._said.append((language, text))
        if self._heard is not None:
            self._heard(language, text)

    def hush(self) -> None:
        """As `Voice.hush`: there is never anything to cut short."""

    def close(self) -> None:
        """As `Voice.close`."""
        self._heard = None
