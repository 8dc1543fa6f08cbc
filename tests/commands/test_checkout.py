"""`pos checkout`: whole purchases through camera pictures, pins and captured speech."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from driving import shell
from driving.counter import Counter
from driving.tills import SwitchProcess, Till
from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.bench import Devices, open_devices
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedCamera, SimulatedVoice
from hardware.simulated_printer import SimulatedPrinter
from pos.commands.checkout import serve
from pos.config import load
from pos.language import catalogue
from pos.pulse import Pulse
from pos.terminal import device_spec

pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")

WAIT_S_MAX = 60.0
PAY, CANCEL, HELP, REMOVE, GREEN, BUZZER = 5, 6, 13, 26, 27, 18
COFFEE, BUN, PIE = "4006381333931", "96385074", "4012345678901"
BEER, UNKNOWN = "7038010009457", "5901234123457"
CATALOGUE = f"""\
reference;name;price;vat;gtin;age_limit
K1;Kaffe;45,00;standard;{COFFEE};
B1;Bolle;39,50;reduced;{BUN};
T1;Pai;39,50;reduced;{PIE};
P1;Pils;98,00;standard;{BEER};18
"""


def furnish(till: Till, **devices: str) -> None:
    """A checkout's settings, in Norwegian, with a catalogue."""
    named = {"camera": "simulated", "printer": "simulated", "voice": "simulated"} | devices
    till.settle_in(till.switch.url, **named)
    (till.folder / "products.csv").write_text(CATALOGUE, encoding="utf-8")
    settings = till.folder / "terminal.toml"
    more = '[order]\ncatalogue = "products.csv"\n[terminal]\nlanguage = "nb"\n'
    settings.write_text(settings.read_text() + more)


@dataclass
class Checkout:
    """A checkout at work in this process: what stands before it, and what it says."""

    devices: Devices
    factory: MockFactory
    heard: int = 0

    @property
    def camera(self) -> SimulatedCamera:
        """Before it codes are held."""
        assert isinstance(self.devices.camera, SteadyCamera)
        assert isinstance(self.devices.camera.device, SimulatedCamera)
        return self.devices.camera.device

    @property
    def said(self) -> list[tuple[str, str]]:
        """Everything that was said."""
        assert isinstance(self.devices.voice, SimulatedVoice)
        return list(self.devices.voice.said)

    def press(self, pin: int) -> None:
        """A finger on a button, and off again."""
        self.factory.pin(pin).drive_low()
        self.factory.pin(pin).drive_high()

    def hears(self, part: str) -> str:
        """Wait for a sentence with `part` after those that were heard already."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while time.monotonic() < ends_s:
            for number, (_, text) in enumerate(self.said[self.heard :], self.heard + 1):
                if part in text:
                    self.heard = number
                    return text
            threading.Event().wait(0.02)
        raise AssertionError(f"never said {part!r}: {self.said}")


@contextmanager
def at_work(till: Till) -> Iterator[Checkout]:
    """The checkout of these settings, on simulated pins, until the end of the `with`."""
    before = gpiozero.Device.pin_factory
    factory = gpiozero.Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    settings = load(till.folder / "terminal.toml")
    devices, ending, faults = open_devices(device_spec(settings)), threading.Event(), []

    def work() -> None:
        try:
            serve(settings, till.folder, devices, ending, Pulse("engine", "desk"))
        except Exception as fault:  # told below, where somebody sees it
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield Checkout(devices, factory)
    finally:
        ending.set()
        thread.join(WAIT_S_MAX)
        factory.reset()
        gpiozero.Device.pin_factory = before
    assert faults == []


def sounds(factory: MockFactory, pin: int) -> int:
    """How often a pin went on."""
    return sum(bool(each.state) for each in factory.pin(pin).states)


def test_a_whole_purchase_without_a_screen(till: Till, switch: SwitchProcess) -> None:
    """Products, one of them unknown, one taken off again, pay, a phone, paid: by pictures before
    the camera, pins, and speech in the language of the shop and of the wallet."""
    furnish(till, indicator="rgb", buttons="gpio")
    with at_work(till) as desk:
        desk.hears("Hold varene foran kameraet")
        desk.press(PAY)
        desk.hears(catalogue("nb")["checkout.nothing"])
        desk.camera.hold_up(COFFEE, _kind(COFFEE))
        desk.hears("Kaffe, 45 norske kroner. Til sammen 45 norske kroner.")
        desk.camera.hold_up(BUN, _kind(BUN))
        desk.hears("Bolle, 39,50 norske kroner. Til sammen 84,50 norske kroner.")
        desk.camera.hold_up(UNKNOWN, _kind(UNKNOWN))
        desk.hears(catalogue("nb")["checkout.unknown"])
        desk.factory.pin(REMOVE).drive_low()
        desk.camera.hold_up(BUN, _kind(BUN))
        desk.hears("Bolle er tatt bort. Til sammen 45 norske kroner.")
        desk.factory.pin(REMOVE).drive_high()
        desk.camera.hold_up(PIE, _kind(PIE))
        desk.hears("Pai, 39,50 norske kroner. Til sammen 84,50 norske kroner.")
        desk.camera.take_away()
        desk.press(PAY)
        desk.hears("84,50 norske kroner å betale.")
        beeps = sounds(desk.factory, BUZZER)
        desk.camera.hold_up(switch.new_code(wallet="alipay"))
        assert desk.hears("支付成功") == "支付成功：84点五零挪威克朗。谢谢。 请取走小票。"
        assert desk.hears("Betalt") == "Betalt: 84,50 norske kroner. Takk. Ta kvitteringen."
        printer = desk.devices.printer
        assert isinstance(printer, SimulatedPrinter)
        _until(lambda: bool(printer.receipts))
        assert "84,50" in printer.receipts[0]
        _until(lambda: bool(desk.factory.pin(GREEN).state))
        _until(lambda: sounds(desk.factory, BUZZER) > beeps)
    assert till.states() == ["PAID"]
    assert [row["amount"] for row in till.booked()] == [{"value": 8450, "currency": "NOK"}]
    assert till.differences() == []


def in_a_shop(till: Till, switch: SwitchProcess, folder: Path) -> Till:
    """A counter beside this checkout, and what each needs to know of the other."""
    counter = switch.new_till(folder / "counter", f"{till.client_id}-counter")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert shell.run("shop-key", str(till.folder / "shop.key")).code == 0
    shutil.copy(till.folder / "shop.key", counter.folder)
    for each, more in (
        (till, f'[shop]\nkey = "shop.key"\ncounters = ["{address}"]\n'),
        (
            counter,
            f'[shop]\nkey = "shop.key"\nlisten = "{address}"\n[terminal]\nreference = "T02"\n',
        ),
    ):
        settings = each.folder / "terminal.toml"
        settings.write_text(settings.read_text() + more)
    return counter


@pytest.mark.usefixtures("pseudo_terminals")
def test_a_cashier_approves_goods_for_adults_from_the_counter(
    till: Till, switch: SwitchProcess, tmp_path: Path
) -> None:
    """Over a real socket, from the counter's own screen: refused, the goods go; approved, they are
    paid. Both journals say who wanted what, and what became of it."""
    furnish(till, indicator="rgb", buttons="gpio")
    counter = in_a_shop(till, switch, tmp_path)
    with Counter("--state", str(counter.folder)) as screen, at_work(till) as desk:
        desk.hears("Hold varene")
        desk.camera.hold_up(COFFEE, _kind(COFFEE))
        desk.hears("Kaffe")
        desk.camera.hold_up(BEER, _kind(BEER))
        assert "fra 18 år" in desk.hears("Pils, 98 norske kroner")
        desk.camera.take_away()
        desk.press(PAY)
        desk.hears(catalogue("nb")["age.wait"])
        screen.press_until("h2", lambda: len(helped(till, "HelpAnswered")) == 1)
        desk.hears(catalogue("nb")["checkout.age_denied"])
        desk.camera.hold_up(BEER, _kind(BEER))
        desk.hears("Pils, 98 norske kroner. Til sammen 143 norske kroner.")
        screen.press_until("h1", lambda: len(helped(till, "HelpAnswered")) == 2)
        desk.hears(catalogue("nb")["checkout.age_proven"])
        desk.camera.take_away()
        desk.press(PAY)
        desk.hears("143 norske kroner å betale.")
        desk.camera.hold_up(switch.new_code())
        desk.hears("Betalt: 143 norske kroner.")
    assert till.states() == ["PAID"]
    assert till.differences() == []
    for journal in (till, counter):
        asked, answered = helped(journal, "HelpAsked"), helped(journal, "HelpAnswered")
        assert [(each["terminal"], each["text"], each["age"]) for each in asked] == [
            ("T01", "Pils", 18), ("T01", "Pils", 18),
        ]  # fmt: skip
        assert [(each["terminal"], each["approved"]) for each in answered] == [
            ("T02", False), ("T02", True),
        ]  # fmt: skip
    assert helped(till, "HelpAnswered") == helped(counter, "HelpAnswered")


@pytest.mark.usefixtures("pseudo_terminals")
def test_a_checkout_that_dies_while_it_waits_for_the_staff_is_no_longer_answered(
    till: Till, switch: SwitchProcess, tmp_path: Path
) -> None:
    """Killed with a request open: the next run wants nothing, and the counter forgets it by that;
    the customer begins anew, is approved, and pays once."""
    furnish(till, indicator="simulated", buttons="simulated")
    counter = in_a_shop(till, switch, tmp_path)
    with Counter("--state", str(counter.folder)) as screen:
        first = Typed(till.folder)
        first.tells("Hold varene")
        first.type(f"show {BEER}")
        first.tells("light: attention")
        _until(lambda: len(helped(counter, "HelpAsked")) == 1)
        first.kill()
        second = Typed(till.folder)
        second.tells("Hold varene")
        _until(lambda: len(helped(counter, "HelpEnded")) == 1)
        assert helped(till, "HelpAnswered") == helped(counter, "HelpAnswered") == []
        second.type(f"show {BEER}")
        second.tells("light: attention")
        screen.press_until("h1", lambda: len(helped(till, "HelpAnswered")) == 1)
        second.type("pay", f"show {switch.new_code()}")
        second.tells("light: paid")
        assert second.end() == 0
    assert till.states() == ["PAID"]
    assert till.differences() == []


def helped(till: Till, kind: str) -> list[dict[str, Any]]:
    """The bodies of the entries of this kind."""
    return [entry["body"] for entry in till.journal() if entry["kind"] == kind]


def _kind(text: str) -> Any:
    from hardware.devices import Symbology

    return Symbology.EAN_13 if len(text) == 13 else Symbology.EAN_8


def _until(true: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + WAIT_S_MAX
    while not true():
        assert time.monotonic() < ends_s, "it never came"
        threading.Event().wait(0.02)


class Typed:
    """`pos checkout` in a process of its own, worked by words on its standard input."""

    def __init__(self, folder: Path, *args: str, dying_at: str = "") -> None:
        self._child = subprocess.Popen(
            shell.command("checkout", "--state", str(folder), *args, dying_at=dying_at),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=shell.environment(),
        )

    def type(self, *words: str) -> None:
        """What somebody does at the desk."""
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            self._child.stdin.write("".join(f"{word}\n" for word in words))
            self._child.stdin.flush()

    def tells(self, part: str) -> str:
        """The next line with `part`."""
        return shell.line_with(self._child, part)

    def kill(self) -> None:
        """The power is gone."""
        self._child.kill()
        self._close()

    def end(self) -> int:
        """As systemd ends it; the exit code."""
        self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(WAIT_S_MAX)
        finally:
            self._close()

    def _close(self) -> None:
        self._child.wait(WAIT_S_MAX)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()


def test_a_checkout_that_dies_while_it_is_paid_recovers(till: Till, switch: SwitchProcess) -> None:
    """Killed while the customer's wallet has not answered: the next start asks, ends it on both
    sides, and serves the next customer, who hears nothing of it."""
    furnish(till, indicator="simulated", buttons="simulated")
    first = Typed(till.folder)
    first.tells("Hold varene")
    first.type(f"show {COFFEE}")
    first.tells("Kaffe, 45 norske kroner")
    first.type("pay", f"show {switch.new_code('silent')}")
    first.tells("light: busy")
    _until(lambda: till.booked() != [])
    first.kill()
    assert till.states() == ["INTENT"]
    second = Typed(till.folder)
    second.tells("Hold varene")
    _until(lambda: till.states() == ["CANCELLED"])
    second.type(f"show {BUN}")
    second.tells("Bolle, 39,50 norske kroner. Til sammen 39,50 norske kroner.")
    second.type("pay", f"show {switch.new_code()}")
    second.tells("light: paid")
    second.tells("voice nb: Betalt: 39,50")
    assert second.end() == 0
    assert till.states() == ["CANCELLED", "PAID"]
    assert till.differences() == []


def test_a_newcomer_tries_it_without_any_settings(tmp_path: Path) -> None:
    """Everything is simulated, the switch is its own, and a phone is one word away."""
    desk = Typed(tmp_path / "state")
    desk.tells("Hold your products")
    desk.type("dance", "show 2000000000015")
    desk.tells("voice en: Coffee, 42 Norwegian kroner.")
    desk.type("away", "pay")
    desk.tells("42 Norwegian kroner to pay")
    desk.type("phone epassi")
    desk.tells("light: paid")
    assert "Maksettu: 42 Norjan kruunua" in desk.tells("voice fi:")
    assert "Paid: 42 Norwegian kroner" in desk.tells("voice en:")
    assert desk.end() == 0


def test_a_checkout_that_reads_nothing_is_refused_at_the_start(till: Till) -> None:
    """Before anybody stands at it, with the key of the settings."""
    furnish(till, camera="none")
    ran = till.pos("checkout")
    assert ran.code == 2
    assert "devices.camera or devices.hand_scanner" in shell.one_sentence(ran.err)
