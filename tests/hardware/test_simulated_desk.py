"""Simulated devices worked by words: what each word does, and what is told of the devices."""

from pathlib import Path

import pytest

from hardware.bench import Devices, DeviceSpec, open_devices
from hardware.decoder import Decoder
from hardware.devices import Button, DeviceError, PrintLine, Signal
from hardware.phone import draw_phone
from hardware.simulated_desk import SimulatedDesk

CODE, GTIN = "281031020000000000004711", "2000000000015"
ALL = DeviceSpec("simulated", "simulated", "simulated", "simulated", voice="simulated")


def seen(devices: Devices) -> list[str]:
    """The texts before the camera now."""
    assert devices.camera is not None
    devices.camera.open()
    return [each.text for each in Decoder().read(devices.camera.frame(2.0).luma)]


def test_codes_and_pictures_are_held_before_the_camera(tmp_path: Path) -> None:
    """A product's bars, a wallet's code, a picture file, and nothing again."""
    devices = open_devices(ALL)
    desk = SimulatedDesk(devices, print)
    picture = tmp_path / "code.png"
    draw_phone(CODE).save(picture)
    for line, expected in (
        (f"show {GTIN}", [GTIN]),
        (f"show {CODE}", [CODE]),
        ("away", []),
        (f"picture {picture}", [CODE]),
    ):
        assert desk.obey(line)
        assert seen(devices) == expected, line
    with pytest.raises(DeviceError, match="no picture file"):
        desk.obey("picture nowhere.png")
    devices.close()


def test_buttons_are_pressed_and_held() -> None:
    """Every word is its button; `hold` stays down until `release`."""
    devices, heard = open_devices(ALL), []
    desk = SimulatedDesk(devices, print)
    assert devices.buttons is not None
    devices.buttons.listen(heard.append)
    for word in ("pay", "cancel", "help", "language", "hold"):
        assert desk.obey(word)
    assert heard == [Button.PAY, Button.CANCEL, Button.HELP, Button.LANGUAGE, Button.REMOVE]
    assert devices.buttons.held(Button.REMOVE)
    assert desk.obey("release")
    assert not devices.buttons.held(Button.REMOVE)
    assert desk.obey("")
    assert not desk.obey("dance")
    devices.close()


def test_what_the_devices_do_is_told_line_by_line() -> None:
    """Lights, voice and paper, as somebody at the desk would see, hear and take them."""
    devices, told = open_devices(ALL), []
    SimulatedDesk(devices, told.append)
    devices.indicator.show(Signal.PAID)
    assert devices.voice is not None
    assert devices.printer is not None
    devices.voice.say("Betalt.", "nb")
    devices.printer.submit([PrintLine("Takk")], told.append)
    devices.printer.close()
    assert told == ["light: paid", "voice nb: Betalt.", "paper:\nTakk", None]
    devices.close()


def test_real_devices_are_left_alone() -> None:
    """Words mean nothing where nothing is simulated."""
    devices = open_devices(DeviceSpec("none"))
    desk = SimulatedDesk(devices, print)
    assert not desk.simulated
    assert not desk.obey("pay")
    assert not desk.obey(f"show {CODE}")
    devices.close()
