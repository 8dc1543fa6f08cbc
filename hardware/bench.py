"""Opens the devices that a terminal is given: real or simulated, drivers imported when wanted.

Apart from the devices because only here are all of them known by name, and from the till because
a workbench program needs the same devices without a till.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hardware.devices import (
    AUTOMATIC,
    Buttons,
    Camera,
    Controls,
    DeviceError,
    Indicator,
    ReceiptPrinter,
    Signal,
    Voice,
)
from hardware.hand_scanner import TextSource
from hardware.ladder import SteadyCamera
from hardware.paper import COLUMNS_OF_ROLL


@dataclass(frozen=True, slots=True)
class Pins:
    """GPIO numbers (BCM), below 0 where there is none. `blue` is for an RGB LED, `yellow` for
    three LEDs."""

    red: int = 17
    green: int = 27
    blue: int = 22
    yellow: int = 22
    buzzer: int = 18
    pay: int = 5
    cancel: int = 6
    help: int = 13
    remove: int = 26


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """Which devices to use.

    `camera`: "none", "auto", "simulated", "simulated:TEXT" (a phone that shows TEXT), "pi",
    "usb:0", the path of a device or video file, or the URL of a stream. `indicator`: "none",
    "simulated", "rgb" (one LED of three colours) or "leds" (a red, a green and a yellow one).
    `buttons`: "none", "simulated" or "gpio". `printer`: "none", "simulated", "usb:04b8:0e15",
    "serial:/dev/ttyUSB0", "network:HOST:PORT" or "file:PATH", on a roll `paper_mm` wide (58 or
    80) with `printer_columns` letters a row, 0 for what fits every printer of that width.
    `hand_scanner`: "none", "simulated", "auto" for any barcode scanner that plays a keyboard,
    "keyboard:NAME" by a part of its name or by its path, or "serial:/dev/ttyACM0". `controls`: the
    calibrated mount. `voice`: "none", "simulated", "espeak" through the system's own sound device,
    or "espeak:plughw:1,0" through that one of ALSA.
    """

    camera: str = "auto"
    indicator: str = "none"
    buttons: str = "none"
    printer: str = "none"
    paper_mm: int = 80
    printer_columns: int = 0
    pins: Pins = Pins()
    hand_scanner: str = "none"
    controls: Controls = AUTOMATIC
    voice: str = "none"

    @property
    def columns(self) -> int:
        """Letters of a row on paper."""
        return self.printer_columns or COLUMNS_OF_ROLL[self.paper_mm]


@dataclass(frozen=True, slots=True)
class Devices:
    """What was opened. None means absent.

    Camera and hand scanner are not started yet: what reads from them does that.
    """

    camera: Camera | None
    indicator: Indicator
    printer: ReceiptPrinter | None
    buttons: Buttons | None = None
    hand_scanner: TextSource | None = None
    voice: Voice | None = None

    def close(self) -> None:
        """Close all of them; may be called twice."""
        if self.voice is not None:
            self.voice.close()
        if self.hand_scanner is not None:
            self.hand_scanner.close()
        if self.buttons is not None:
            self.buttons.close()
        if self.camera is not None:
            self.camera.close()
        if self.printer is not None:
            self.printer.close()
        self.indicator.close()


class NoIndicator:
    """An Indicator where there is none: a till with a screen needs no lamp."""

    def show(self, signal: Signal) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


def open_devices(spec: DeviceSpec) -> Devices:
    """The devices that `spec` names. Raises DeviceError with the remedy, leaving none open."""
    with ExitStack() as opened:
        camera = _camera(spec.camera, spec.controls)
        hand_scanner = _hand_scanner(spec.hand_scanner)
        printer = _printer(spec)
        if printer is not None:
            opened.callback(printer.close)
        indicator = _indicator(spec)
        opened.callback(indicator.close)
        buttons = _buttons(spec)
        if buttons is not None:
            opened.callback(buttons.close)
        voice = _voice(spec.voice)
        opened.pop_all()
    return Devices(camera, indicator, printer, buttons, hand_scanner, voice)


def _camera(name: str, controls: Controls) -> Camera | None:
    """The camera, on the ladder that mends it; a video file ends and is not mended."""
    if name == "none":
        return None
    device = _device(name, controls)
    if device is None or Path(name).is_file():
        return device
    return SteadyCamera(device)


def _device(name: str, controls: Controls) -> Camera | None:
    kind, _, text = name.partition(":")
    if kind == "simulated":
        from hardware.simulated import SimulatedCamera

        simulated = SimulatedCamera(controls=controls)
        if text:
            simulated.hold_up(text)
        return simulated
    from hardware.camera import VideoCamera
    from hardware.pi_camera import PiCamera, pi_camera_present

    if name == "auto":
        if pi_camera_present():
            return PiCamera(controls=controls)
        there = Path("/dev/video0").exists()
        return VideoCamera("/dev/video0", controls=controls) if there else None
    if name == "pi":
        return PiCamera(controls=controls)
    if match := re.fullmatch(r"usb:(\d{1,3})", name):
        return VideoCamera(int(match[1]), controls=controls)
    if "/" in name or Path(name).suffix:
        return VideoCamera(name, controls=controls)
    raise DeviceError(
        f'"{name}" is not a camera: write "auto", "pi", "usb:0", "simulated", "none", a video'
        " file or the address of a stream."
    )


def _hand_scanner(name: str) -> TextSource | None:
    if name == "none":
        return None
    if name == "simulated":
        from hardware.simulated_hand_scanner import SimulatedHandScanner

        return SimulatedHandScanner()
    kind, _, rest = name.partition(":")
    if name == "auto" or (kind == "keyboard" and rest):
        from hardware.wedge import KeyboardWedge

        return KeyboardWedge(rest or name)
    if kind == "serial" and rest:
        from hardware.serial_scanner import SerialScanner

        return SerialScanner(rest)
    raise DeviceError(
        f'"{name}" is not a hand scanner: write "auto", "keyboard:NAME", "serial:/dev/ttyACM0",'
        ' "simulated" or "none".'
    )


def _indicator(spec: DeviceSpec) -> Indicator:
    if spec.indicator == "none":
        return NoIndicator()
    if spec.indicator == "simulated":
        from hardware.simulated import SimulatedIndicator

        return SimulatedIndicator()
    if spec.indicator in ("rgb", "leds"):
        from hardware.indicator import LampIndicator, LampPins

        pins = spec.pins
        yellow = pins.yellow if spec.indicator == "leds" else None
        return LampIndicator(LampPins(pins.red, pins.green, pins.blue, _pin(pins.buzzer), yellow))
    raise DeviceError(
        f'"{spec.indicator}" is not an indicator: write "rgb", "leds", "simulated" or "none".'
    )


def _buttons(spec: DeviceSpec) -> Buttons | None:
    if spec.buttons == "none":
        return None
    if spec.buttons == "simulated":
        from hardware.simulated import SimulatedButtons

        return SimulatedButtons()
    if spec.buttons == "gpio":
        from hardware.buttons import ButtonPins, GpioButtons

        pins = spec.pins
        return GpioButtons(
            ButtonPins(_pin(pins.pay), _pin(pins.cancel), _pin(pins.help), _pin(pins.remove))
        )
    raise DeviceError(f'"{spec.buttons}" are no buttons: write "gpio", "simulated" or "none".')


def _voice(name: str) -> Voice | None:
    if name == "none":
        return None
    if name == "simulated":
        from hardware.simulated import SimulatedVoice

        return SimulatedVoice()
    kind, _, device = name.partition(":")
    if kind == "espeak":
        from hardware.voice import EspeakVoice

        return EspeakVoice(device)
    raise DeviceError(
        f'"{name}" is not a voice: write "espeak", "espeak:plughw:1,0", "simulated" or "none".'
    )


def _pin(number: int) -> int | None:
    return number if number >= 0 else None


def _printer(spec: DeviceSpec) -> ReceiptPrinter | None:
    if spec.printer == "none":
        return None
    if spec.printer == "simulated":
        from hardware.simulated_printer import SimulatedPrinter

        return SimulatedPrinter(spec.columns)
    from hardware.printer import EscposPrinter

    return EscposPrinter.at(spec.printer, spec.columns)
