"""A visit by ear alone: three buttons in, captured speech out, the phone before the camera."""

import io
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hardware.bench import Devices, NoIndicator
from hardware.devices import Button
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedButtons, SimulatedVoice
from hardware.simulated_camera import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.commands.speaking import Events, guide_visitors
from pos.config import KioskSection, Settings, TerminalSection
from pos.demo.totals import totals
from pos.embedded import CLIENT_ID
from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import read
from pos.sale.payment import State
from pos.scheme.partners import Behaviour
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
        """Wait for the next sentence with all `parts` in it; in this language, if one is named."""
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
        self.choose_quietly(wanted)
        return self.hears(then)

    def choose_quietly(self, wanted: str) -> None:
        """The same, where nothing is said of it."""
        for _ in range(40):
            before = len(self.voice.said)
            if self._place().startswith(wanted):
                self._heard = before
                self.press(Button.PAY)
                return
            self.press(Button.CANCEL)
            self.until(partial(self._spoke_after, before))
        raise AssertionError(f"{wanted} is not offered: {self.voice.said[-20:]}")

    def _place(self) -> str:
        """The choice that was said last."""
        found = [m for _, text in self.voice.said if (m := re.search(r"\d+\D+\d+: (.+)", text))]
        return found[-1][1] if found else ""

    def _spoke_after(self, count: int) -> bool:
        return len(self.voice.said) > count

    def until(self, happened: Callable[[], object]) -> None:
        """Wait until it has."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened():
            assert time.monotonic() < ends_s, self.voice.said[-10:]
            time.sleep(0.02)

    def begins(self) -> None:
        """Press until the kiosk is ready to sell."""
        self.until(lambda: self.press(Button.CANCEL) or self.voice.said)
        self.hears("Velkommen", "Fjordtoppen", code="nb")
        self.until(lambda: any("English. Press 2" in text for _, text in self.voice.said))

    def holds_up(self, wallet: str, behaves: Behaviour = Behaviour.PAYS) -> None:
        """A fresh code on the phone, before the camera."""
        with Store.open(f"sqlite:///{self.state / SWITCH_FOLDER_NAME / 'switch.db'}") as store:
            code = open_scheme(store).customers.new_code(wallet, behaviour=behaves)
        self.camera.hold_up(code)


def paid_once(visitor: Visitor, minor: int, language: str) -> None:
    """One payment, of this sum, on both sides; a printed slip; nothing left of the visitor."""
    history = read(visitor.state / JOURNAL_NAME)
    paid = [each for each in history.payments.values() if each.state is State.PAID]
    assert [each.amount.value for each in paid] == [minor]
    assert not history.open_payments()
    visitor.until(lambda: len(visitor.printer.receipts) == 1)
    before = len(visitor.voice.said)
    visitor.press(Button.CANCEL)
    visitor.hears("Velkommen", code="nb")
    visitor.until(
        lambda: any("English. Press 2" in text for _, text in visitor.voice.said[before:])
    )
    assert all(code != language for code, _ in visitor.voice.said[before:] if language != "en")


def books_agree(visitor: Visitor) -> bool:
    """Charges = sales; for when the kiosk has let go of both books."""
    return totals(visitor.state, CLIENT_ID, "NOK").equal


def test_a_whole_purchase_in_finnish_by_voice_alone(tmp_path: Path) -> None:
    """Language, tickets, entry time, review, payment, outcome: each is heard, and chosen with two
    of the three buttons; the code on the phone is read by the camera."""
    with Visitor(tmp_path) as visitor:
        visitor.begins()
        visitor.choose("Suomi", "Valitse liput")
        visitor.choose("Yksi lisää: Aikuinen", "1 Aikuinen. Yhteensä 199 Norjan kruunua")
        visitor.choose("Yksi lisää: Lapsi", "298,50 Norjan kruunua")
        visitor.choose("Jatka", "Valitse sisäänpääsyaika")
        told = visitor.choose("", "Lippusi")
        assert "1 Aikuinen. 1 Lapsi" in told
        assert "Yhteensä 298,50 Norjan kruunua" in told
        visitor.choose("Maksa", "Näytä sovelluksen maksukoodi kameralle")
        visitor.holds_up("epassi")
        told = visitor.hears("Maksettu: 298,50 Norjan kruunua. Kiitos! Ota liput ja kuitti.")
        visitor.until(lambda: visitor.voice.said[-1][1].count("numero") or "numero" in told)
        visitor.camera.take_away()
        visitor.choose_quietly("Valmis")
        paid_once(visitor, 29_850, "fi")
    assert books_agree(visitor)
    assert visitor.out.getvalue() == ""  # no terminal, no lines: a log keeps nothing of visitors
    codes = [text for _, text in visitor.voice.said if re.search(r"28\d{10}", text)]
    assert codes == []


def test_a_whole_purchase_in_english_with_a_no_and_a_change_of_mind(tmp_path: Path) -> None:
    """The third button goes back; a wallet that says no is told with its reason, and another code
    pays, in the wallet's own language too; help is called from the list."""
    with Visitor(tmp_path) as visitor:
        visitor.begins()
        visitor.choose("English", "Choose your tickets")
        visitor.choose("Help", "Help is called")
        visitor.choose("One more: Adult", "Total 199 Norwegian kroner")
        visitor.choose("Next", "Choose your entry time")
        visitor.press(Button.HELP)
        visitor.hears("Choose your tickets")
        visitor.choose("Next", "Choose your entry time")
        visitor.choose("", "Your tickets")
        visitor.choose("Pay", "Hold your app's payment code to the camera")
        visitor.holds_up("vipps", Behaviour.NO_MONEY)
        visitor.hears("Not paid: 199 Norwegian kroner", code="en")
        visitor.camera.take_away()
        visitor.choose("Try again", "Your tickets")
        visitor.choose("Pay", "Hold your app's payment code to the camera")
        visitor.holds_up("alipay")
        visitor.hears("Paid: 199 Norwegian kroner. Thank you!", code="en")
        visitor.hears("已付", code="zh")
        visitor.camera.take_away()
        visitor.choose_quietly("Done")
        paid_once(visitor, 19_900, "en")
    assert books_agree(visitor)
