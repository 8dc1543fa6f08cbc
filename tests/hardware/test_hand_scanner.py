"""Hand scanners: one that plays a keyboard, one on a serial line, and the loop around them.

The keyboard is read by the real evdev, from a pipe that carries the kernel's own event records:
only the two questions that are asked of a device by ioctl are answered by the test. Where the
kernel lets a keyboard be made (uinput), the same is done with a real one.
"""

import errno
import os
import pty
import struct
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.devices import DeviceError, Symbol, Symbology
from hardware.hand_scanner import HandScanner, symbol_of
from hardware.keystrokes import LETTERS, TEXT_LENGTH_MAX, Keystrokes
from hardware.serial_scanner import SerialScanner
from hardware.simulated_hand_scanner import SimulatedHandScanner
from hardware.wedge import KeyboardWedge

CODE = "251001020123456789012345"
KEY = {pair[shift]: (code, bool(shift)) for code, pair in LETTERS.items() for shift in (1, 0)}
SHIFT, ENTER, F1 = 42, 28, 59
EV_SYN, EV_KEY, SYN_DROPPED = 0, 1, 3
UINPUT = Path("/dev/uinput")

evdev = pytest.importorskip("evdev", reason="evdev is not installed")


def typed(text: str, end: int | None = ENTER) -> list[tuple[int, int]]:
    """(key, value) as a scanner types `text`: each key down and up, Shift around capitals."""
    keys: list[tuple[int, int]] = []
    for letter in text:
        code, shifted = KEY[letter]
        keys += [(SHIFT, 1)] if shifted else []
        keys += [(code, 1), (code, 0)]
        keys += [(SHIFT, 0)] if shifted else []
    return keys + ([(end, 1), (end, 0)] if end is not None else [])


@given(st.text(alphabet=sorted(KEY), min_size=1, max_size=60))
def test_any_text_of_a_keyboard_comes_through(text: str) -> None:
    """What is typed is what is read, letter by letter, capitals and signs too."""
    keys = Keystrokes()
    told = [keys.press(code, value) for code, value in typed(text)]
    assert [each for each in told if each is not None] == [text]
    assert not keys.begun


def test_half_a_code_never_passes_for_a_whole_one() -> None:
    """A key without a letter, lost events and an endless text spoil what has begun, once."""
    for spoil in (
        lambda keys: keys.press(F1, 1),
        lambda keys: keys.lost(),
        lambda keys: [keys.press(*KEY_1) for _ in range(TEXT_LENGTH_MAX + 1)],
    ):
        keys = Keystrokes()
        for code, value in typed("25100", end=None):
            keys.press(code, value)
        spoil(keys)
        assert [keys.press(*each) for each in typed("1020")] == [None] * len(typed("1020"))
        told = [keys.press(*each) for each in typed(CODE)]
        assert [each for each in told if each] == [CODE]


KEY_1 = (2, 1)


def test_a_key_that_repeats_is_one_key_and_a_silence_ends_a_text() -> None:
    """The kernel's repeat events are no second digit; a scanner without Enter is understood."""
    keys = Keystrokes()
    for code, value in [*KEYS_12_HELD]:
        keys.press(code, value)
    assert keys.begun
    assert keys.silence() == "12"
    assert keys.silence() is None


KEYS_12_HELD = ((2, 1), (2, 2), (2, 2), (2, 0), (3, 1), (3, 0))


class Pipe:
    """A device file that carries the kernel's `struct input_event`."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR)
        self.grabbed = 0

    def send(self, *events: tuple[int, int, int]) -> None:
        """(type, code, value) each, with a time, and the end of the packet."""
        for kind, code, value in (*events, (EV_SYN, 0, 0)):
            os.write(self._end, struct.pack("llHHi", 1, 2, kind, code, value))

    def type(self, text: str, end: int | None = ENTER) -> None:
        """As a scanner types it."""
        for key, value in typed(text, end):
            self.send((EV_KEY, key, value))

    def close(self) -> None:
        """The cable is pulled."""
        os.close(self._end)


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    """A scanner that plays a keyboard at `event7`; the ioctls of evdev's C part are answered."""
    pipe = Pipe(tmp_path / "event7")
    keys = {EV_KEY: [ENTER, 2, 3]}
    answers: dict[str, Callable[..., Any]] = {
        "ioctl_devinfo": lambda fd: (3, 1, 2, 3, "Honeywell Scanner", "usb-1", ""),
        "ioctl_EVIOCGVERSION": lambda fd: 0x10001,
        "ioctl_EVIOCGEFFECTS": lambda fd: 0,
        "ioctl_capabilities": lambda fd: keys,
        "ioctl_EVIOCGRAB": lambda fd, on: setattr(pipe, "grabbed", pipe.grabbed + on),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(f"evdev.device._input.{name}", answer)
    monkeypatch.setattr("evdev.list_devices", lambda: [str(tmp_path / "event7")])
    yield pipe
    pipe.close()


@pytest.mark.parametrize("name", ["auto", "honeywell", "path"])
def test_a_keyboard_scanner_is_found_grabbed_and_read(
    pipe: Pipe, tmp_path: Path, name: str
) -> None:
    """By its kind, a part of its name or its path; its keys belong to the till alone."""
    wedge = KeyboardWedge(str(tmp_path / "event7") if name == "path" else name)
    wedge.open()
    assert pipe.grabbed == 1
    pipe.type(CODE)
    pipe.type("https://qr.vipps.no/28/2/01/031/4790000000?v=1")
    assert wedge.read(5.0) == CODE
    assert wedge.read(5.0) == "https://qr.vipps.no/28/2/01/031/4790000000?v=1"
    assert wedge.read(0.01) is None
    wedge.close()
    wedge.close()
    with pytest.raises(DeviceError, match="not open"):
        wedge.read(0.01)


def test_a_scanner_that_sends_no_enter_is_read_by_its_silence(pipe: Pipe) -> None:
    """The text ends when no key comes any more."""
    wedge = KeyboardWedge("auto")
    wedge.open()
    pipe.type(CODE, end=None)
    assert wedge.read(5.0) == CODE
    wedge.close()


def test_events_that_the_kernel_dropped_spoil_the_code(pipe: Pipe) -> None:
    """After SYN_DROPPED a code may lack digits, so it is none."""
    wedge = KeyboardWedge("auto")
    wedge.open()
    pipe.type("2510010", end=None)
    pipe.send((EV_SYN, SYN_DROPPED, 0))
    pipe.type("89012345")
    pipe.type(CODE)
    assert wedge.read(5.0) == CODE
    wedge.close()


def test_a_keyboard_for_people_is_never_taken(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a scanner the cashier's keyboard stays the cashier's."""
    people = (3, 1, 2, 3, "Logitech USB Keyboard", "usb-1", "")
    monkeypatch.setattr("evdev.device._input.ioctl_devinfo", lambda fd: people)
    with pytest.raises(DeviceError, match="no keyboard that is a barcode scanner: plug"):
        KeyboardWedge("auto").open()
    with pytest.raises(DeviceError, match='no keyboard named "Zebra"'):
        KeyboardWedge("Zebra").open()
    assert pipe.grabbed == 0


@pytest.mark.parametrize(
    ("answer", "fault", "sentence"),
    [
        ("ioctl_devinfo", PermissionError(), "add this user to the group input"),
        ("ioctl_devinfo", OSError(), "cannot be opened: unplug it"),
        ("ioctl_EVIOCGRAB", OSError(errno.EBUSY, ""), "held by another program"),
    ],
)
def test_a_scanner_that_cannot_be_had_is_told(
    pipe: Pipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    fault: OSError,
    sentence: str,
) -> None:
    """No right, no device, or another program's: each has its sentence."""

    def refuse(*given: object) -> object:
        raise fault

    monkeypatch.setattr(f"evdev.device._input.{answer}", refuse)
    with pytest.raises(DeviceError, match=sentence):
        KeyboardWedge(str(tmp_path / "event7")).open()
    with pytest.raises(DeviceError, match=r"There is no hand scanner .*: plug it in"):
        KeyboardWedge(str(tmp_path / "event8")).open()


def test_an_unplugged_scanner_is_told(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says ENODEV, the till says what to do."""

    def gone(fd: int) -> list[tuple[int, ...]]:
        raise OSError(errno.ENODEV, "No such device")

    wedge = KeyboardWedge("auto")
    wedge.open()
    pipe.type("1")
    monkeypatch.setattr("evdev.eventio._input.device_read_many", gone)
    with pytest.raises(DeviceError, match="was unplugged: plug it in again"):
        wedge.read(5.0)
    wedge.close()


def test_without_evdev_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the library is told how to get it."""
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(DeviceError, match="sudo apt install python3-evdev"):
        KeyboardWedge().open()


@pytest.mark.skipif(not os.access(UINPUT, os.W_OK), reason="this kernel makes no keyboards")
def test_a_keyboard_of_the_kernels_is_grabbed_and_read() -> None:
    """With a real input device: nobody else sees the keys, and a second grab is refused."""
    with evdev.UInput(name="Test Barcode Scanner") as keyboard:
        wedge = KeyboardWedge(keyboard.device.path)
        wedge.open()
        with pytest.raises(DeviceError, match="held by another program"):
            KeyboardWedge(keyboard.device.path).open()
        for key, value in typed(CODE):
            keyboard.write(EV_KEY, key, value)
            keyboard.syn()
        assert wedge.read(5.0) == CODE
        wedge.close()


@contextmanager
def line() -> Iterator[tuple[int, str]]:
    """A serial line: the scanner's end, and the port's name at the till's."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    for end in (ours, theirs):
        try:
            os.close(end)
        except OSError:  # the test pulled the cable
            continue


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b""])
def test_a_serial_scanner_is_read_whatever_ends_its_codes(end: bytes) -> None:
    """CR, LF, both, Tab, or nothing but silence; two codes in a row are two."""
    with line() as (ours, name):
        scanner = SerialScanner(name)
        scanner.open()
        for text in (CODE, "7038010055706"):
            os.write(ours, text.encode() + end)
            assert scanner.read(5.0) == text
        assert scanner.read(0.01) is None
        scanner.close()
        scanner.close()


def test_damage_on_a_serial_line_is_no_code() -> None:
    """Bytes that are no text and texts without an end are dropped; the next code is read."""
    with line() as (ours, name):
        scanner = SerialScanner(name)
        scanner.open()
        os.write(ours, b"25\xff\xfe99\r")
        assert scanner.read(5.0) is None
        endless = b"9" * (TEXT_LENGTH_MAX + 1) + b"\r" + CODE.encode() + b"\r"
        writer = threading.Thread(target=os.write, args=(ours, endless))
        writer.start()
        assert scanner.read(5.0) is None
        assert scanner.read(5.0) == CODE
        writer.join(30)
        scanner.close()


def test_a_serial_port_that_is_not_there_is_told() -> None:
    """The sentence names the port and what to check."""
    with pytest.raises(DeviceError, match="/dev/ttyACM97 cannot be opened: plug it in"):
        SerialScanner("/dev/ttyACM97").open()
    with pytest.raises(DeviceError, match="not open"):
        SerialScanner("/dev/ttyACM97").read(0.01)


@pytest.mark.parametrize(
    ("text", "told", "kind"),
    [
        (CODE, CODE, Symbology.UNKNOWN),
        ("]Q1" + CODE, CODE, Symbology.QR),
        ("]C1" + CODE, CODE, Symbology.CODE_128),
        ("]E07038010055706", "7038010055706", Symbology.EAN_13),
        ("]E496385074", "96385074", Symbology.EAN_8),
        ("7038010055705", "7038010055705", Symbology.UNKNOWN),
        ("4006381333931", "4006381333931", Symbology.EAN_13),
        ("96385074", "96385074", Symbology.EAN_8),
        ("036000291452", "036000291452", Symbology.UPC_A),
        ("036000291453", "036000291453", Symbology.UNKNOWN),
        ("]", "]", Symbology.UNKNOWN),
    ],
)
def test_the_kind_of_a_code_is_told_or_supposed(text: str, told: str, kind: Symbology) -> None:
    """By the scanner's own identifier (ISO/IEC 15424), else by a product's check digit."""
    symbol = symbol_of(text)
    assert (symbol.text, symbol.symbology) == (told, kind)


class Counter:
    """A hand scanner in its thread, and what it reported."""

    def __init__(self) -> None:
        self.source = SimulatedHandScanner()
        self.found: list[str] = []
        self.troubles: list[str | None] = []
        self.heard = threading.Condition()
        self.scanner = HandScanner(
            self.source, self._take, self._trouble, reopen_delays_s=(0.01, 0.02)
        )
        self.thread = threading.Thread(target=self.scanner.run)
        self.thread.start()

    def wait_for(self, what: Callable[[], object]) -> None:
        """Until `what` holds."""
        with self.heard:
            assert self.heard.wait_for(what, 30)

    def _take(self, symbol: Symbol) -> None:
        with self.heard:
            self.found.append(symbol.text)
            self.heard.notify_all()
        if symbol.text == "burst":
            raise RuntimeError("the till is busy")

    def _trouble(self, sentence: str | None) -> None:
        with self.heard:
            self.troubles.append(sentence)
            self.heard.notify_all()


@pytest.fixture
def counter() -> Iterator[Counter]:
    """A hand scanner that works, not armed."""
    counter = Counter()
    yield counter
    counter.scanner.stop()
    counter.thread.join(30)
    assert not counter.thread.is_alive()


def test_only_what_is_read_while_armed_is_told(counter: Counter) -> None:
    """A trigger pulled too early sells nothing; the same code twice in one sale is told twice."""
    counter.source.scan("early")
    counter.source.scan("early too")
    while counter.source.waiting:
        threading.Event().wait(0.005)
    counter.scanner.arm()
    counter.source.scan(CODE)
    counter.source.scan(CODE)
    counter.wait_for(lambda: len(counter.found) == 2)
    assert counter.found == [CODE, CODE]
    assert counter.troubles == []


def test_an_unplugged_scanner_is_told_and_taken_up_again(counter: Counter) -> None:
    """Said once, tried for ever, and well again when it is back; a fault of the till's too."""
    counter.scanner.arm()
    counter.source.unplug()
    counter.wait_for(lambda: len(counter.troubles) == 1)
    assert "unplugged: plug it in again" in str(counter.troubles[0])
    counter.source.plug_in()
    counter.wait_for(lambda: len(counter.troubles) == 2)
    assert counter.troubles[1] is None
    counter.source.scan("burst")
    counter.source.scan(CODE)
    counter.wait_for(lambda: len(counter.found) == 2)
    assert counter.found == ["burst", CODE]
