"""Buttons on GPIO pins: pay, cancel and help, each between its pin and ground.

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


@dataclass(frozen=True, slots=True)
class ButtonPins:
    """GPIO numbers (BCM). None where there is no such button."""

    pay: int | None = 5
    cancel: int | None = 6
    help: int | None = 13


class GpioButtons:
    """Buttons that pull their pin to ground; the Pi's own resistor holds it up.

    Raises DeviceError when gpiozero is absent or a pin cannot be had.
    """

    def __init__(self, pins: ButtonPins) -> None:
        gpiozero = gpio()
        self._buttons: list[Any] = []
        self._pressed: Callable[[Button], object] | None = None
        numbers = {Button.PAY: pins.pay, Button.CANCEL: pins.cancel, Button.HELP: pins.help}
        try:
            for button, number in numbers.items():
                if number is not None:
                    made = gpiozero.Button(number, bounce_time=BOUNCE_S)
                    made.when_pressed = partial(self._tell, button)
                    self._buttons.append(made)
        except (gpiozero.GPIOZeroError, OSError) as error:
            self.close()
            raise DeviceError(
                f"The buttons cannot be opened ({error}): check the pin numbers, and that this"
                " user is in the group gpio."
            ) from error

    def listen(self, pressed: Callable[[Button], object]) -> None:
        """As `Buttons.listen`."""
        self._pressed = pressed

    def close(self) -> None:
        """As `Buttons.close`."""
        self._pressed = None
        for made in self._buttons:
            made.close()
        self._buttons = []

    def _tell(self, button: Button) -> None:
        if self._pressed is not None:
            self._pressed(button)
