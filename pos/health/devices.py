"""What is plugged in, tried for a moment: the camera's pictures, the printer's word, the lamps.

Apart from the till, which opens them for itself: while one sells they are its own, and what it
says of them on its screen counts.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from hardware.bench import DeviceSpec, open_devices
from hardware.decoder import Decoder
from hardware.devices import Camera, DeviceError, Indicator, ReceiptPrinter, Signal, Unprinted
from pos.config import Settings
from pos.health.diagnosis import Diagnosis, Standing
from pos.language import Language
from pos.terminal import device_spec

FRAME_COUNT = 10
FRAME_DEADLINE_S = 5.0
PRINTER_WAIT_S = 15.0
VOICE_WAIT_S = 15.0
DARK_LEVEL, BRIGHT_LEVEL = 16, 240  # mean grey level, of 255
LAMP_S = 0.6
PIXELS_A_MODULE = 4
_TRIAL = "samkassa"


def codes() -> Diagnosis:
    """Whether a code that was just drawn is read."""
    try:
        import numpy as np
        import segno

        modules = segno.make_qr(_TRIAL).matrix_iter(scale=PIXELS_A_MODULE, border=4)
        luma = np.array([[255 * (not dark) for dark in row] for row in modules], np.uint8)
        decoder = Decoder()
        symbols = decoder.read_thoroughly(luma)
    except DeviceError as fault:
        return Diagnosis("codes", Standing.FAULT, "nothing reads codes", str(fault))
    except ImportError:
        remedy = "Install Samkassa again: numpy does not fit this machine."
        return Diagnosis("codes", Standing.FAULT, "nothing reads codes", remedy)
    if [symbol.text for symbol in symbols] != [_TRIAL]:
        remedy = "Install Samkassa again: a library that reads codes does not fit this machine."
        return Diagnosis("codes", Standing.FAULT, "a code that was drawn is not read", remedy)
    if decoder.missing:
        return Diagnosis("codes", Standing.POOR, "read", "; ".join(decoder.missing))
    return Diagnosis("codes", Standing.GOOD, "read by every reader")


def diagnose_devices(settings: Settings, keeper: int | None) -> Iterator[Diagnosis]:
    """Camera, printer, lights, and a voice where there is one.

    `keeper` is the process of the till that has them, or None.
    """
    spec = device_spec(settings)
    language = settings.terminal.language
    without = DeviceSpec("none", controls=spec.controls, pins=spec.pins)
    for part, named, alone, examine in (
        ("camera", spec.camera, replace(without, camera=spec.camera), _camera),
        (
            "printer",
            spec.printer,
            replace(
                without,
                printer=spec.printer,
                printer_columns=spec.printer_columns,
                paper_mm=spec.paper_mm,
            ),
            _printer,
        ),
        ("lights", spec.indicator, replace(without, indicator=spec.indicator), _lights),
        ("voice", spec.voice, replace(without, voice=spec.voice), partial(_voice, language)),
    ):
        if part == "voice" and named == "none":
            continue  # few tills have one
        if named == "none":
            yield Diagnosis(part, Standing.ABSENT, "none is set up in terminal.toml")
        elif keeper is not None:
            found = f"in use by the till (process {keeper}), which tells its own troubles"
            yield Diagnosis(part, Standing.UNKNOWN, found)
        else:
            yield _tried(part, alone, examine)


def _tried(
    part: str, alone: DeviceSpec, examine: Callable[[DeviceSpec], Diagnosis | None]
) -> Diagnosis:
    try:
        diagnosis = examine(alone)
    except DeviceError as fault:
        found, _, remedy = str(fault).partition(": ")
        return Diagnosis(part, Standing.FAULT, found, remedy[:1].upper() + remedy[1:])
    except ImportError as fault:
        remedy = "Install Samkassa again: this library does not fit this machine."
        return Diagnosis(part, Standing.FAULT, f"{fault.name or 'a library'} is broken", remedy)
    if diagnosis is None:
        remedy = "Plug one in, or type amounts and show codes without it."
        return Diagnosis(part, Standing.ABSENT, "none is found on this machine", remedy)
    return diagnosis


def _camera(spec: DeviceSpec) -> Diagnosis | None:
    camera = open_devices(spec).camera
    if camera is None:
        return None
    try:
        return _pictures(camera)
    finally:
        camera.close()


def _pictures(camera: Camera) -> Diagnosis:
    camera.open()
    began_s = time.monotonic()
    frames = [camera.frame(FRAME_DEADLINE_S) for _ in range(FRAME_COUNT)]
    rate = FRAME_COUNT / max(time.monotonic() - began_s, 1e-6)
    height, width = frames[-1].luma.shape
    level = float(frames[-1].luma.mean())
    found = f"{width} x {height}, {rate:.0f} pictures a second, brightness {level / 2.55:.0f} %"
    if level < DARK_LEVEL:
        remedy = "Take off the lens cap, or give the counter more light."
        return Diagnosis("camera", Standing.POOR, f"{found}: dark", remedy)
    if level > BRIGHT_LEVEL:
        remedy = "Turn the camera away from the window or lamp."
        return Diagnosis("camera", Standing.POOR, f"{found}: blinded", remedy)
    return Diagnosis("camera", Standing.GOOD, found)


def _printer(spec: DeviceSpec) -> Diagnosis | None:
    printer = open_devices(spec).printer
    if printer is None:
        return None
    try:
        return _word_of(printer, spec.printer)
    finally:
        printer.close()


def _word_of(printer: ReceiptPrinter, address: str) -> Diagnosis:
    heard = threading.Event()
    said: list[Unprinted | None] = []

    def done(fault: Unprinted | None) -> None:
        said.append(fault)
        heard.set()

    printer.look(done)
    if not heard.wait(PRINTER_WAIT_S):
        raise DeviceError(f"{address} does not answer: switch it off and on.")
    if said[0] is not None:
        raise DeviceError(said[0].sentence)
    return Diagnosis("printer", Standing.GOOD, f"{address} takes receipts")


def _voice(language: str, spec: DeviceSpec) -> Diagnosis | None:
    voice = open_devices(spec).voice
    if voice is None:
        return None
    try:
        voice.say(Language(language).say("checkout.help_called"), language)
        ends_s = time.monotonic() + VOICE_WAIT_S
        while voice.speaking and time.monotonic() < ends_s:
            threading.Event().wait(0.05)
        if voice.trouble is not None:
            found, _, remedy = voice.trouble.rpartition(": ")
            return Diagnosis("voice", Standing.POOR, found, remedy[:1].upper() + remedy[1:])
    finally:
        voice.close()
    return Diagnosis("voice", Standing.GOOD, "said that somebody has been called: heard it?")


def _lights(spec: DeviceSpec) -> Diagnosis | None:
    indicator: Indicator = open_devices(spec).indicator
    try:
        indicator.show(Signal.SCAN)
        threading.Event().wait(LAMP_S)  # long enough to be seen
        indicator.show(Signal.PAID)
        threading.Event().wait(LAMP_S)
    finally:
        indicator.close()
    return Diagnosis("lights", Standing.GOOD, "white, then green with a beep: did you see them?")
