"""Half a day at a till, played key by key on the real screens: `python day.py TILL SWITCH PART`.

Apart from the test because it is a process of its own, which the test lets die in the middle of a
sale. What it saw is written to `seen-PART.json` in the till's folder.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual.pilot import Pilot

from hardware.bench import Devices, NoIndicator
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.config import FILE_NAME, load
from pos.embedded import caller_of
from pos.language import Language
from pos.sale.input import Scanned
from pos.sale.mode import COUNTER
from pos.sale.secret import Secret
from pos.sale.view import LinkState, Stage, Verdict, View
from pos.scheme.customers import Customers
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.screens.app import PosApp
from pos.terminal import Station

WAIT_S_MAX = 60.0
COFFEE, BUN = "2000000000015", "2000000000084"
# The wallets by turns, and how each sale of a round is rung up and paid.
WALLETS = ("vipps", "epassi", "alipay")
ROUND = (
    "keyed", "products", "shown", "keyed", "discounted", "declined", "several",
    "keyed", "parked", "cancelled",
)  # fmt: skip


@dataclass
class Till:
    """A cashier's hands and eyes. `seen` counts what the screen said of each sale."""

    pilot: Pilot[None]
    app: PosApp
    station: Station
    customers: Customers
    printer: SimulatedPrinter
    camera: SimulatedCamera
    seen: Counter[str] = field(default_factory=Counter)

    async def until(self, happened: Callable[[View], bool]) -> View:
        """Wait until the screen shows it."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened(self.app.shown):
            if time.monotonic() > ends_s:
                raise AssertionError(f"not seen: {self.app.shown}")
            await asyncio.sleep(0.005)
        return self.app.shown

    async def press(self, *keys: str) -> None:
        """One key after the other."""
        await self.pilot.press(*keys)

    def scan(self, text: str, symbology: str = "QR") -> None:
        """Hold something under the hand scanner."""
        assert self.station.put(Scanned(Secret(text), symbology))

    async def product(self, gtin: str) -> None:
        """Scan a product, and wait for it on the order."""
        before = self.app.shown.order
        self.scan(gtin, "EAN13")
        await self.until(lambda view: view.order is not None and view.order != before)

    async def pay(
        self, wallet: str, behaviour: Behaviour = Behaviour.PAYS, *, phone: bool = False
    ) -> View:
        """Take the code of a customer, by hand scanner or off a phone, and see how it ends."""
        await self.press("enter")
        await self.until(lambda view: view.stage is Stage.SCANNING)
        code = self.customers.new_code(wallet, "Rich", behaviour)
        if phone:
            self.camera.hold_up(code)
        else:
            self.scan(code)
        view = await self.ended()
        self.camera.take_away()
        return view

    async def ended(self) -> View:
        """How the sale ended; then the desk is free."""
        view = await self.until(lambda each: each.stage is Stage.OUTCOME)
        self.seen[str(view.verdict)] += 1
        await self.press("enter")
        await self.until(lambda each: each.stage is Stage.READY)
        return view

    async def sell(self, kind: str, number: int) -> None:
        """One sale of this kind."""
        wallet = WALLETS[number % len(WALLETS)]
        match kind:
            case "keyed":
                await self.press(*str(11 + number % 88), ",", "5", "0")
                behaviour = Behaviour.ANSWER_LOST if number % 50 == 10 else Behaviour.PAYS
                await self.pay(wallet, behaviour, phone=number % 25 == 3)
            case "products":
                await self.product(COFFEE)
                await self.product(BUN)
                await self.pay(wallet)
            case "several":
                await self.press(*BUN, "enter")
                await self.until(lambda view: view.order is not None)
                await self.press("plus", "plus")
                await self.until(lambda v: v.order is not None and v.order.lines[0].quantity == 3)
                await self.pay(wallet)
            case "discounted":
                await self.product(COFFEE)
                await self.product(BUN)
                await self.press("f6", "1", "0", "percent_sign", "plus")
                await self.until(lambda v: v.order is not None and v.order.taken_off > 0)
                await self.pay(wallet)
            case "parked":
                await self.product(COFFEE)
                await self.press("f7", "4", "enter")
                await self.until(lambda view: bool(view.parked))
                await self.press("f7", "1")
                await self.until(lambda view: view.order is not None)
                await self.pay(wallet)
            case "declined":
                await self.press("9")
                await self.pay(wallet, Behaviour.DECLINES)
            case "shown":
                await self.show_code(wallet, 20 + number % 50)
            case "cancelled":
                await self.press("8", "f2")
                await self.until(lambda view: view.stage is Stage.SHOWING)
                await self.press("escape")
                await self.ended()

    async def show_code(self, wallet: str, kroner: int) -> None:
        """A code of ours, which the customer scans and approves."""
        await self.press(*str(kroner), "f2")
        view = await self.until(lambda each: each.stage is Stage.SHOWING)
        offer = self.customers.scan(view.order_code, wallet, "Rich")
        self.customers.approve(wallet, offer.payment_id)
        await self.ended()

    async def give_back(self, *typed: str) -> None:
        """Of the newest sale: what is typed, or all of it."""
        before = self.app.shown.recent[0].refunded
        await self.press("f5", "r")
        await self.pilot.pause()
        await self.press(*typed, "enter")
        await self.until(lambda v: v.recent[0].refunded > before and not v.recent[0].refund_open)
        await self.press("escape")
        self.seen["refund"] += 1


@asynccontextmanager
async def opened(folder: Path, switch: Path) -> AsyncIterator[Till]:
    """The till in `folder` with its screen, on a printer that keeps what it prints."""
    settings = load(folder / FILE_NAME)
    assert settings.switch is not None
    printer = SimulatedPrinter()
    camera = SimulatedCamera()
    devices = Devices(camera, NoIndicator(), printer)
    parties, named = settings.parties(), settings.switch
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    with (
        Store.open(f"sqlite:///{switch}") as store,
        Station(settings, folder, COUNTER, devices) as station,
    ):
        app = PosApp(
            station.put,
            Language(settings.terminal.language),
            first,
            opened=lambda app: station.start(lambda: caller_of(named), app.show),
        )
        async with app.run_test(size=(80, 24)) as pilot:
            yield Till(pilot, app, station, open_scheme(store).customers, printer, camera)


async def morning(till: Till) -> None:
    """Kari opens and sells; the power fails while a customer is asked."""
    await till.until(lambda view: view.office.log_in_needed and view.link is LinkState.UP)
    await till.press("1", "enter", "4", "0", "7", "1", "enter")
    await till.until(lambda view: view.office.present is not None)
    await till.press("enter")
    await till.until(lambda view: view.office.shift_open)
    for number in range(70):
        await till.sell(ROUND[number % len(ROUND)], number)
        if number in (4, 21, 33, 51):
            await till.give_back(*(("1", "0") if number % 2 else ()))
    await till.press("7", "7", "enter")
    await till.until(lambda view: view.stage is Stage.SCANNING)
    till.scan(till.customers.new_code("vipps", "Rich", Behaviour.SILENT))
    await till.until(lambda view: view.stage is Stage.PAYING)


async def evening(till: Till, badge: str) -> None:
    """Ola comes by her badge, trains, sells, runs out of paper, gives back and closes."""
    await till.until(lambda view: view.office.log_in_needed and view.link is LinkState.UP)
    till.scan(badge)
    await till.until(lambda view: view.office.present is not None)
    assert till.app.shown.office.shift_open, "the shift goes on after a power cut"
    await till.press("f10", "5")
    await till.until(lambda view: view.office.training)
    await till.press("5", "0", "f2")
    assert (await till.ended()).verdict is Verdict.TRAINED
    await till.press("f10", "5")
    await till.until(lambda view: not view.office.training)
    for number in range(70, 150):
        if number == 90:
            till.printer.run_out_of_paper()
        if number == 100:
            await till.until(lambda view: view.printer is not None)
            till.printer.put_in_paper()
        await till.sell(ROUND[number % len(ROUND)], number)
        if number in (77, 81, 94, 107, 121, 148):
            await till.give_back(*(("1", "0") if number % 2 else ()))
    await till.until(lambda view: view.printer is None and not view.unfinished)
    await till.press("f10", "2")
    await till.pilot.pause()
    await till.press("1")
    await till.until(lambda view: view.office.report is not None)


async def play(folder: Path, switch: Path, part: str) -> None:
    """One half of the day."""
    async with opened(folder, switch) as till:
        if part == "morning":
            await morning(till)
        else:
            await evening(till, (folder / "badge.txt").read_text())
        told = {"seen": till.seen, "receipts": list(till.printer.receipts)}
        (folder / f"seen-{part}.json").write_text(json.dumps(told))
        if part == "morning":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
