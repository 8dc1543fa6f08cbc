"""Buttons on GPIO pins: pay, cancel, help and remove, each between its pin and ground.

Apart from the lights because a button speaks and a lamp is spoken to. gpiozero debounces and calls
from a thread of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hardware.devices import Button, DeviceError
from hardware.pins import gpio

BOUNCE_S = 0.05
HOLD_S = 1.5


@dataclass(frozen=True, slots=True)
class ButtonPins:
    """GPIO numbers (BCM). None where there is no such button."""

    pay: int | None = 5
    cancel: int | None = 6
    help: int | None = 13
    remove: int | None = 26


class GpioButtons:
    """Buttons that pull their pin to ground; the Pi's own resistor holds it up.

    The button for help is two: let go within `hold_s` it is HELP, held longer it is LANGUAGE.
    Raises DeviceError when gpiozero is absent or a pin cannot be had.
    """

    def __init__(self, pins: ButtonPins, hold_s: float = HOLD_S) -> None:
        gpiozero = gpio()
        self._buttons: dict[Button, Any] = {}
        self._pressed: Callable[[Button], object] | None = None
        self._long = False
        numbers = {
            Button.PAY: pins.pay,
            Button.CANCEL: pins.cancel,
            Button.HELP: pins.help,
            Button.REMOVE: pins.remove,
        }
        try:
            for button, number in numbers.items():
                if number is not None:
                    made = gpiozero.Button(number, bounce_time=BOUNCE_S, hold_time=hold_s)
                    self._buttons[button] = made
                    if button is Button.HELP:
                        made.when_held, made.when_released = self._hold, self._let_go
                    else:
                        made.when_pressed = partial(self._tell, button)
        except (gpiozero.GPIOZeroError, OSError) as error:
            self.close()
            raise DeviceError(
                f"The buttons cannot be opened ({error}): check the pin numbers, and that this"
                " user is in the group gpio."
            ) from error

    def listen(self, pressed: Callable[[Button], object]) -> None:
        """As `Buttons.listen`."""
        self._pressed = pressed

    def held(self, button: Button) -> bool:
        """As `Buttons.held`."""
        made = self._buttons.get(button)
        return made is not None and bool(made.is_pressed)

    def close(self) -> None:
        """As `Buttons.close`."""
        self._pressed = None
        for made in self._buttons.values():
            made.close()
        self._buttons = {}

    def _hold(self) -> None:
        self._long = True
        self._tell(Button.LANGUAGE)

    def _let_go(self) -> None:
        if not self._long:
            self._tell(Button.HELP)
        self._long = False

    def _tell(self, button: Button) -> None:
        if self._pressed is not None:
            self._pressed(button)
