"""Buttons on gpiozero's own simulated pins."""

import threading
from collections.abc import Iterator

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from hardware.buttons import ButtonPins, GpioButtons
from hardware.devices import Button, DeviceError


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    """Simulated pins."""
    before = gpiozero.Device.pin_factory
    made = gpiozero.Device.pin_factory = MockFactory()
    yield made
    made.reset()
    gpiozero.Device.pin_factory = before


def test_each_button_tells_its_name_once_a_press(factory: MockFactory) -> None:
    """A pin pulled to ground is a press; letting go says nothing."""
    buttons, heard = GpioButtons(ButtonPins()), []
    buttons.listen(heard.append)
    for pin in (5, 6, 13, 5):
        factory.pin(pin).drive_low()
        factory.pin(pin).drive_high()
    buttons.close()
    assert heard == [Button.PAY, Button.CANCEL, Button.HELP, Button.PAY]


def test_a_button_held_down_is_one_press(factory: MockFactory) -> None:
    """An elbow on the button pays once."""
    buttons, heard = GpioButtons(ButtonPins()), []
    buttons.listen(heard.append)
    factory.pin(5).drive_low()
    factory.pin(5).drive_low()
    buttons.close()
    assert heard == [Button.PAY]


def test_a_press_before_anybody_listens_is_lost(factory: MockFactory) -> None:
    """A till that is starting up takes no payment from a button."""
    buttons, heard = GpioButtons(ButtonPins()), []
    factory.pin(5).drive_low()
    factory.pin(5).drive_high()
    buttons.listen(heard.append)
    assert heard == []
    buttons.close()


def test_a_button_may_be_absent_and_pins_are_given_back(factory: MockFactory) -> None:
    """One button alone works; after closing its pin is free, and no thread is left."""
    before = set(threading.enumerate())
    GpioButtons(ButtonPins(pay=5, cancel=None, help=None)).close()
    again = GpioButtons(ButtonPins(pay=5, cancel=None, help=None))
    again.close()
    again.close()
    assert set(threading.enumerate()) == before


def test_a_pin_that_is_taken_is_told(factory: MockFactory) -> None:
    """Two buttons on one pin are refused with a remedy, and the first pin is given back."""
    with pytest.raises(DeviceError, match="check the pin numbers"):
        GpioButtons(ButtonPins(pay=5, cancel=5))
    GpioButtons(ButtonPins()).close()


def test_the_button_for_help_held_down_is_another(factory: MockFactory) -> None:
    """Let go at once it calls; held, it changes the language, and letting go then calls nobody."""
    buttons, heard = GpioButtons(ButtonPins(), hold_s=0.05), []
    came = threading.Event()
    buttons.listen(lambda button: (heard.append(button), came.set()))
    factory.pin(13).drive_low()
    assert came.wait(10)
    factory.pin(13).drive_high()
    assert heard == [Button.LANGUAGE]
    factory.pin(13).drive_low()
    factory.pin(13).drive_high()
    buttons.close()
    assert heard == [Button.LANGUAGE, Button.HELP]


def test_what_is_held_can_be_asked(factory: MockFactory) -> None:
    """A code that is read meanwhile is taken off the order; no button, and nothing is held."""
    buttons = GpioButtons(ButtonPins())
    assert not buttons.held(Button.REMOVE)
    factory.pin(26).drive_low()
    assert buttons.held(Button.REMOVE)
    assert not buttons.held(Button.PAY)
    factory.pin(26).drive_high()
    assert not buttons.held(Button.REMOVE)
    buttons.close()
    without = GpioButtons(ButtonPins(remove=None))
    assert not without.held(Button.REMOVE)
    without.close()
