"""Opening devices by name: what is built, what is loaded, and what is refused."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hardware.bench import DeviceSpec, NoIndicator, Pins, open_devices
from hardware.buttons import GpioButtons
from hardware.camera import VideoCamera
from hardware.devices import DeviceError, Signal
from hardware.indicator import LampIndicator
from hardware.ladder import SteadyCamera
from hardware.pi_camera import PiCamera
from hardware.printer import EscposPrinter
from hardware.serial_scanner import SerialScanner
from hardware.simulated import SimulatedButtons, SimulatedCamera, SimulatedIndicator
from hardware.simulated_hand_scanner import SimulatedHandScanner
from hardware.simulated_printer import SimulatedPrinter
from hardware.wedge import KeyboardWedge


def test_none_is_no_device() -> None:
    """A till without devices has a silent indicator and neither camera nor printer."""
    devices = open_devices(DeviceSpec(camera="none", indicator="none", printer="none"))
    assert devices.camera is None
    assert devices.printer is None
    assert isinstance(devices.indicator, NoIndicator)
    devices.indicator.show(Signal.PAID)
    devices.close()


def test_simulated_devices_are_opened_and_closed() -> None:
    """All simulated devices; closing twice leaves no thread."""
    before = set(threading.enumerate())
    devices = open_devices(DeviceSpec("simulated", "simulated", "simulated", "simulated"))
    assert isinstance(devices.buttons, SimulatedButtons)
    assert isinstance(devices.camera, SteadyCamera)
    assert isinstance(devices.camera.device, SimulatedCamera)
    assert isinstance(devices.indicator, SimulatedIndicator)
    assert isinstance(devices.printer, SimulatedPrinter)
    devices.close()
    devices.close()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pi", PiCamera),
        ("usb:0", VideoCamera),
        ("/dev/video2", VideoCamera),
        ("clip.mp4", VideoCamera),
        ("rtsp://camera.example/1", VideoCamera),
    ],
)
def test_cameras_by_name(name: str, kind: type) -> None:
    """Each form of a camera's name gives its driver, on the ladder that mends it; nothing is
    started before the scanner does."""
    devices = open_devices(DeviceSpec(camera=name))
    assert isinstance(devices.camera, SteadyCamera)
    assert isinstance(devices.camera.device, kind)
    devices.close()


def test_a_video_file_stands_on_no_ladder(tmp_path: Path) -> None:
    """A recording ends, and its end is no fault to be mended by playing it again."""
    clip = tmp_path / "clip.mp4"
    clip.touch()
    devices = open_devices(DeviceSpec(camera=str(clip)))
    assert isinstance(devices.camera, VideoCamera)
    devices.close()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("simulated", SimulatedHandScanner),
        ("auto", KeyboardWedge),
        ("keyboard:Honeywell", KeyboardWedge),
        ("keyboard:/dev/input/by-id/usb-scanner-event-kbd", KeyboardWedge),
        ("serial:/dev/ttyACM0", SerialScanner),
    ],
)
def test_hand_scanners_by_name(name: str, kind: type) -> None:
    """Each form of a hand scanner's name gives its driver; nothing is opened yet."""
    devices = open_devices(DeviceSpec("none", hand_scanner=name))
    assert isinstance(devices.hand_scanner, kind)
    devices.close()


def test_auto_finds_no_camera_where_there_is_none() -> None:
    """Without a Pi camera and without /dev/video0 there is none, and the till runs all the same."""
    if Path("/dev/video0").exists() or "picamera2" in sys.modules:
        pytest.skip("this machine has a camera")
    assert open_devices(DeviceSpec(camera="auto")).camera is None


@pytest.mark.parametrize("kind", ["rgb", "leds"])
def test_real_indicator_buttons_and_printer_by_name(kind: str, tmp_path: Path) -> None:
    """Lamps and buttons on GPIO and a printer at an address."""
    pins = Pins(buzzer=-1, help=-1)
    spec = DeviceSpec("none", kind, "gpio", f"file:{tmp_path / 'paper'}", pins=pins)
    devices = open_devices(spec)
    assert isinstance(devices.indicator, LampIndicator)
    assert isinstance(devices.buttons, GpioButtons)
    assert isinstance(devices.printer, EscposPrinter)
    devices.close()


@pytest.mark.parametrize(("mm", "columns", "letters"), [(58, 0, 32), (80, 0, 42), (80, 48, 48)])
def test_the_roll_says_how_many_letters_stand_in_a_row(mm: int, columns: int, letters: int) -> None:
    """What fits every printer of that width, or what the shop says its printer has."""
    assert DeviceSpec(paper_mm=mm, printer_columns=columns).columns == letters


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (DeviceSpec(camera="webcam"), '"webcam" is not a camera: write'),
        (DeviceSpec(camera=""), "is not a camera"),
        (DeviceSpec(camera="usb:x"), "is not a camera"),
        (DeviceSpec(camera="none", indicator="led"), '"led" is not an indicator: write'),
        (DeviceSpec(camera="none", buttons="usb"), '"usb" are no buttons: write'),
        (DeviceSpec("none", hand_scanner="gun"), '"gun" is not a hand scanner: write'),
        (DeviceSpec("none", hand_scanner="serial:"), "is not a hand scanner"),
        (DeviceSpec(camera="none", printer="epson"), '"epson" is not a printer: write'),
    ],
)
def test_wrong_names_are_refused(spec: DeviceSpec, sentence: str) -> None:
    """A name that is none of ours is refused with those that are."""
    with pytest.raises(DeviceError, match=sentence):
        open_devices(spec)


def test_a_fault_leaves_no_device_open() -> None:
    """Where one device cannot be had, the others are closed again."""
    before = set(threading.enumerate())
    with pytest.raises(DeviceError):
        open_devices(DeviceSpec("simulated", "led", "none", "simulated"))
    with pytest.raises(DeviceError):
        open_devices(DeviceSpec("none", "rgb", pins=Pins(red=5, green=5)))
    with pytest.raises(DeviceError):
        open_devices(DeviceSpec("none", "rgb", "gpio", pins=Pins(red=5, pay=5)))
    assert set(threading.enumerate()) == before


def test_importing_the_bench_loads_no_driver() -> None:
    """The names of devices cost nothing: no library of a driver is loaded until it is wanted."""
    program = (
        "import sys, hardware.bench, hardware.devices, hardware.decoder, hardware.scanner,"
        " hardware.camera, hardware.pi_camera, hardware.indicator, hardware.printer,"
        " hardware.simulated, hardware.simulated_printer, hardware.buttons, hardware.wires,"
        " hardware.pictures\n"
        "heavy = {'numpy', 'cv2', 'pyzbar', 'zxingcpp', 'gpiozero', 'escpos', 'PIL', 'segno',"
        " 'picamera2', 'serial', 'usb'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
