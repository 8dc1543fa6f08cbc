"""Simulated devices worked by words, a line for each thing that a customer does at the desk.

Apart from the devices because a shell, a pipe and a test all need hands: they press, hold up and
take away, and read what the lamps show and the voice says.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from hardware.bench import Devices
from hardware.devices import Button, DeviceError, Symbology
from hardware.in_view import LEFT_AFTER_S
from hardware.ladder import SteadyCamera
from hardware.pictures import open_picture
from hardware.simulated import SimulatedButtons, SimulatedCamera, SimulatedIndicator, SimulatedVoice
from hardware.simulated_printer import SimulatedPrinter

WORDS = """\
  pay, cancel, help   press that button
  language            hold the button for help
  hold, release       hold the remove button down, let go of it
  show TEXT           hold a code with this text before the camera: a product, or a payment code
  picture FILE        hold up this picture
  away                hold up nothing"""

_BARS = {8: Symbology.EAN_8, 13: Symbology.EAN_13}
_BUTTONS = {
    "pay": Button.PAY,
    "cancel": Button.CANCEL,
    "help": Button.HELP,
    "language": Button.LANGUAGE,
}


class SimulatedDesk:
    """Hands at the simulated ones of `devices`; the real ones are left alone.

    `tell` is given a line for each signal of the lamps and each sentence of the voice, and what
    is printed.
    """

    def __init__(self, devices: Devices, tell: Callable[[str], object]) -> None:
        camera = devices.camera
        inner = camera.device if isinstance(camera, SteadyCamera) else camera
        self._camera = inner if isinstance(inner, SimulatedCamera) else None
        buttons = devices.buttons
        self._buttons = buttons if isinstance(buttons, SimulatedButtons) else None
        self._shown = ""
        if isinstance(devices.indicator, SimulatedIndicator):
            devices.indicator.listen(lambda signal: tell(f"light: {signal}"))
        if isinstance(devices.voice, SimulatedVoice):
            devices.voice.listen(lambda language, text: tell(f"voice {language}: {text}"))
        if isinstance(devices.printer, SimulatedPrinter):
            devices.printer.listen(lambda text: tell(f"paper:\n{text}"))

    @property
    def simulated(self) -> bool:
        """Whether there is anything that words can work."""
        return self._camera is not None or self._buttons is not None

    def obey(self, line: str) -> bool:
        """Do what the line says; False for words that mean nothing. Raises DeviceError."""
        word, _, text = line.strip().partition(" ")
        match word:
            case "show" if text and self._camera is not None:
                self.show(text.strip())
            case "picture" if text and self._camera is not None:
                self._camera.hold_up_picture(open_picture(Path(text.strip())))
                self._shown = ""
            case "away" if self._camera is not None:
                self._camera.take_away()
                self._shown = ""
            case "hold" if self._buttons is not None:
                self._buttons.hold(Button.REMOVE)
            case "release" if self._buttons is not None:
                self._buttons.let_go(Button.REMOVE)
            case _ if word in _BUTTONS and self._buttons is not None:
                self._buttons.press(_BUTTONS[word])
            case _:
                return not word
        return True

    def show(self, text: str) -> None:
        """Hold up a code; one that is held up already is taken away for a moment before."""
        if self._camera is None:
            raise DeviceError("There is no simulated camera to hold a code before.")
        if text == self._shown:
            self._camera.take_away()
            threading.Event().wait(LEFT_AFTER_S + 1.0)
        symbology = _BARS.get(len(text), Symbology.QR) if text.isdecimal() else Symbology.QR
        self._camera.hold_up(text, symbology)
        self._shown = text
