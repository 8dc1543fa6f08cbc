"""A visit by ear alone: three buttons in, captured speech out, the phone before the camera."""

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardware.bench import Devices, NoIndicator
from hardware.devices import Button
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedButtons, SimulatedVoice
from hardware.simulated_camera import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.commands.speaking import Events, guide_visitors
from pos.config import KioskSection, Settings, TerminalSection
from pos.folders import SWITCH_FOLDER_NAME
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store

WAIT_S_MAX = 60.0

SITE = """
reference = "FJORD"
name = {{ nb = "Fjordtoppen", en = "Fjord Summit", fi = "Vuonohuippu" }}
time_zone = "{zone}"
[hours]
{days}
[entry]
every = 60
capacity = 10
[[ticket]]
reference = "ADULT"
name = {{ nb = "Voksen", en = "Adult", fi = "Aikuinen" }}
price = "199.00"
vat = "low"
valid = "entry"
[[ticket]]
reference = "CHILD"
name = {{ nb = "Barn", en = "Child", fi = "Lapsi" }}
price = "99.50"
vat = "low"
valid = "entry"
"""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def site(folder: Path) -> Path:
    """A site where it is about noon, whenever the test runs."""
    ahead = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{'-' if ahead > 0 else '+'}{abs(ahead)}"
    days = "\n".join(f'{day} = "08:00-20:00"' for day in DAYS)
    path = folder / "site.toml"
    path.write_text(SITE.format(zone=zone, days=days))
    return path


class Visitor:
    """Ears, a thumb and a phone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.voice, self.buttons = SimulatedVoice(), SimulatedButtons()
        self.camera, self.printer = SimulatedCamera(), SimulatedPrinter()
        self.settings = Settings(
            terminal=TerminalSection(language="nb"), kiosk=KioskSection(site=str(site(folder)))
        )
        self.state = folder / "state"
        self.state.mkdir()
        self.out = io.StringIO()
        self._heard = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        devices = Devices(
            SteadyCamera(self.camera),
            NoIndicator(),
            self.printer,
            self.buttons,
            voice=self.voice,
        )
        guide_visitors(self.settings, self.state, devices, Events(), self._ending, self.out)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(WAIT_S_MAX)
        assert not self._thread.is_alive()

    def hears(self, *parts: str, code: str = "") -> str:
        """Wait for the next sentence in which all `parts` are; in this language, if one is named."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while time.monotonic() < ends_s:
            said = self.voice.said
            for place in range(self._heard, len(said)):
                language, text = said[place]
                if all(part in text for part in parts) and code in ("", language):
                    self._heard = place + 1
                    return text
            time.sleep(0.02)
        raise AssertionError(f"{parts} not heard in {self.voice.said[self._heard :]}")

    def press(self, button: Button) -> None:
        """Press one of the three."""
        self.buttons.press(button)

    def choose(self, wanted: str, then: str) -> str:
        """Press next until the place is a choice that begins so, then choose; what is heard."""
        for _ in range(40):
            before = len(self.voice.said)
            at = self._place()
            if at.startswith(wanted):
                self.press(Button.PAY)
                return self.hears(then)
            self.press(Button.CANCEL)
            self._until(lambda before=before: len(self.voice.said) > before)
        raise AssertionError(f"{wanted} is not offered: {self.voice.said[-20:]}")

    def _place(self) -> str:
        """The choice that was said last."""
        found = [m for _, text in self.voice.said if (m := re.search(r"\d+\D+\d+: (.+)", text))]
        return found[-1][1] if found else ""

    def _until(self, happened: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened():
            assert time.monotonic() < ends_s, self.voice.said[-10:]
            time.sleep(0.02)

    def begins(self) -> None:
        """Press until the kiosk is ready to sell."""
        self._until(lambda: self.press(Button.CANCEL) or self.voice.said)
        self.hears("Velkommen", "Fjordtoppen", code="nb")
        self._until(lambda: any("English. Press 2" in text for _, text in self.voice.said))

    def holds_up(self, wallet: str) -> None:
        """A fresh code on the phone, before the camera."""
        with Store.open(f"sqlite:///{self.state / SWITCH_FOLDER_NAME / 'switch.db'}") as store:
            self.camera.hold_up(open_scheme(store).customers.new_code(wallet))


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[Visitor]:
    """Somebody before a speaking kiosk."""
    with Visitor(tmp_path) as made:
        yield made


def test_a_whole_purchase_in_finnish_by_voice_alone(visitor: Visitor) -> None:
    """Language, tickets, entry time, review, payment, outcome: each is heard, and chosen with two
    of the three buttons; the code on the phone is read by the camera."""
    visitor.begins()
    visitor.choose("Suomi", "Valitse liput")
    visitor.choose("Yksi lisää: Aikuinen", "1 Aikuinen. Yhteensä 199 Norjan kruunua")
    visitor.choose("Yksi lisää: Lapsi", "298,50 Norjan kruunua")
    visitor.choose("Seuraava", "Valitse")
    print(visitor.voice.said)


def test_debug(visitor):
    visitor.begins()
    visitor.choose("English", "Choose your tickets")
    print(visitor.voice.said)
    assert 0
