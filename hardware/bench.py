"""Opens the devices that a terminal is given: real or simulated, drivers imported when wanted.

Apart from the devices because only here are all of them known by name, and from the till because
a workbench program needs the same devices without a till.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hardware.devices import (
    AUTOMATIC,
    Camera,
    Controls,
    DeviceError,
    Indicator,
    ReceiptPrinter,
    Signal,
)
from hardware.hand_scanner import TextSource
from hardware.ladder import SteadyCamera


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """Which devices to use.

    `camera`: "none", "auto", "simulated", "simulated:TEXT" (a phone that shows TEXT), "pi",
    "usb:0", the path of a device or video file, or the URL of a stream. `indicator`: "none",
    "simulated" or "gpio", with its pins (BCM numbers,
    no buzzer below 0). `printer`: "none", "simulated", "usb:04b8:0e15", "serial:/dev/ttyUSB0",
    "network:HOST:PORT" or "file:PATH", with `printer_columns` letters a row. `hand_scanner`:
    "none", "simulated", "auto" for any barcode scanner that plays a keyboard, "keyboard:NAME" by a
    part of its name or by its path, or "serial:/dev/ttyACM0". `controls`: the calibrated mount.
    """

    camera: str = "auto"
    indicator: str = "none"
    printer: str = "none"
    printer_columns: int = 42
    red_pin: int = 17
    green_pin: int = 27
    blue_pin: int = 22
    buzzer_pin: int = 18
    hand_scanner: str = "none"
    controls: Controls = AUTOMATIC


@dataclass(frozen=True, slots=True)
class Devices:
    """What was opened. None means absent.

    Camera and hand scanner are not started yet: what reads from them does that.
    """

    camera: Camera | None
    indicator: Indicator
    printer: ReceiptPrinter | None
    hand_scanner: TextSource | None = None

    def close(self) -> None:
        """Close all of them; may be called twice."""
        if self.hand_scanner is not None:
            self.hand_scanner.close()
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
    camera = _camera(spec.camera, spec.controls)
    hand_scanner = _hand_scanner(spec.hand_scanner)
    printer = _printer(spec)
    try:
        indicator = _indicator(spec)
    except DeviceError:
        if printer is not None:
            printer.close()
        raise
    return Devices(camera, indicator, printer, hand_scanner)


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
    if spec.indicator == "gpio":
        from hardware.indicator import LampIndicator, LampPins

        buzzer = spec.buzzer_pin if spec.buzzer_pin >= 0 else None
        return LampIndicator(LampPins(spec.red_pin, spec.green_pin, spec.blue_pin, buzzer))
    raise DeviceError(
        f'"{spec.indicator}" is not an indicator: write "gpio", "simulated" or "none".'
    )


def _printer(spec: DeviceSpec) -> ReceiptPrinter | None:
    if spec.printer == "none":
        return None
    if spec.printer == "simulated":
        from hardware.simulated import SimulatedPrinter

        return SimulatedPrinter(spec.printer_columns)
    from hardware.printer import EscposPrinter

    return EscposPrinter(spec.printer, spec.printer_columns)
