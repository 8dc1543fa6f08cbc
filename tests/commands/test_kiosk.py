"""The kiosk with everything real but the hands: screen, camera pictures, threads, sockets, paper.

A switch in a process of its own, the terminal's own threads, a simulated camera before which phones
are held, a simulated printer whose paper is read.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from driving.tills import Till
from textual.pilot import Pilot

from hardware.bench import Devices, NoIndicator
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.commands.kiosk import with_site
from pos.config import FILE_NAME, load
from pos.embedded import caller_of
from pos.sale.mode import KIOSK
from pos.sale.view import Stage, Verdict, View
from pos.screens.kiosk.app import KioskApp
from pos.screens.qr import QrForm
from pos.terminal import Station

pytestmark = pytest.mark.anyio

WAIT_S_MAX = 60.0
EXCEPTION = re.compile(r"\[\[exception\]\]\nday = .+\nhours = .+\n")


def site(folder: Path) -> Path:
    """The site that is shipped, but where it is about noon of a day like any other, whenever the
    test runs."""
    ahead = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{'-' if ahead > 0 else '+'}{abs(ahead)}"
    text = (files("pos.demo") / "site.toml").read_text("utf-8")
    text = EXCEPTION.sub("", text).replace("Europe/Oslo", zone)
    path = folder / "site.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def anyio_backend() -> str:
    """Textual runs on asyncio alone."""
    return "asyncio"


class Kiosk:
    """One kiosk at work, and what stands around it."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.camera, self.printer = SimulatedCamera(), SimulatedPrinter()
        settings = load(till.folder / FILE_NAME)
        named = settings.kiosk.model_copy(update={"site": str(site(till.folder))})
        settings = with_site(settings.model_copy(update={"kiosk": named}), till.folder)
        devices = Devices(SteadyCamera(self.camera), NoIndicator(), self.printer)
        self.station = Station(settings, till.folder, KIOSK, devices)
        switch = settings.switch
        assert switch is not None
        parties = settings.parties()
        self.pilot: Pilot[None]
        self.app = KioskApp(
            self.station.put,
            "nb",
            View(Stage.READY, parties.currency, parties.merchant.name),
            qr_form=QrForm.HALF,
            opened=lambda app: self.station.start(lambda: caller_of(switch), app.show),
        )

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for it, a minute at most."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not holds():
            assert time.monotonic() < ends_s, self.app.shown
            await asyncio.sleep(0.05)

    async def touch(self, selector: str) -> None:
        """Touch what is there, once it is."""
        await self.until(lambda: self.app.screen.query_one(selector).region.area)
        await self.pilot.click(selector)
        await self.pilot.pause()


@pytest.fixture
async def kiosk(till: Till) -> AsyncIterator[Kiosk]:
    """On a touch panel, its link up."""
    made = Kiosk(till)
    with made.station:
        async with made.app.run_test(size=(100, 30)) as pilot:
            made.pilot = pilot
            yield made


async def buy(kiosk: Kiosk, language: str) -> None:
    """From the flag to our code on the screen: one adult, the first time of entry."""
    await kiosk.touch(f"#flag-{language}")
    await kiosk.touch("#ticket-0 .ticket-more")
    await kiosk.until(lambda: kiosk.app.shown.order is not None)
    await kiosk.touch("#foot-on")
    await kiosk.touch("#entry-0")
    await kiosk.until(lambda: kiosk.app.shown.order and kiosk.app.shown.order.entry_at)
    await kiosk.touch("#foot-pay")
    await kiosk.until(lambda: kiosk.app.shown.stage is Stage.SHOWING)


@pytest.mark.parametrize(
    ("language", "wallet", "scans", "said"),
    [("zh", "alipay", True, "谢谢"), ("fi", "epassi", False, "Kiitos")],
)
async def test_a_whole_purchase(
    kiosk: Kiosk, language: str, wallet: str, *, scans: bool, said: str
) -> None:
    """In Chinese by the phone before the camera, in Finnish by our code; paper for both."""
    await buy(kiosk, language)
    if scans:
        kiosk.camera.hold_up(kiosk.till.switch.new_code(wallet=wallet))
    else:
        with kiosk.till.switch.customers() as customers:
            customers.scan(kiosk.app.shown.order_code, wallet)
            (waiting,) = customers.waiting(wallet)
            customers.approve(wallet, waiting.payment_id)
    await kiosk.until(lambda: kiosk.app.shown.verdict is Verdict.PAID)
    await kiosk.pilot.pause()
    assert said in kiosk.app.screen.query_one("#end-say").text  # type: ignore[attr-defined]
    kiosk.camera.take_away()
    await kiosk.until(lambda: len(kiosk.printer.receipts) == 1)
    await kiosk.until(lambda: kiosk.app.visitors.step == "start")
    await kiosk.until(lambda: kiosk.app.shown.order is None)
    kiosk.station.stop()
    assert kiosk.till.states().count("PAID") == 1
    assert kiosk.till.differences() == []
