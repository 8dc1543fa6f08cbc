"""A kiosk on its real screen, engine and journal, before the shipped switch, in one process.

Apart from the tests because each of them sends visitors through it. Time passes when a test says
so, for the screen and for the engine; touches and keys come in where the terminal's driver would
bring them in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from pos.sale.input import Input
from pos.sale.mode import KIOSK
from pos.sale.payment import State
from pos.sale.view import View
from pos.scheme.statement import statement
from pos.screens.kiosk.app import KioskApp
from pos.screens.panels import Key, Words
from pos.screens.qr import QrForm
from pos.shelf import SiteShelf
from tests.engine.conftest import Shop

SITE = Path(str(files("pos.demo") / "site.toml"))
STEP_S, SHORT_S = 0.5, 20.0
LONG_STEP_S = 4.0


class Visited:
    """One kiosk. `shop` is its engine, switch and line; `app` its screen."""

    def __init__(self, folder: Path, site: Path = SITE, *, keyboard: bool = False) -> None:
        self.shop = Shop(folder)
        self.folder, self._site = folder, site
        self.start()
        self.app = KioskApp(
            self.put,
            "en",
            self.shop.view,
            keyboard=keyboard,
            qr_form=QrForm.HALF,
            clock=lambda: self.shop.fate.now_s,
            wall=self.shop.wall_s,
        )
        self.pilot: Pilot[None]
        self.badge = ""

    def start(self, **changes: Any) -> None:
        """A new process of the till, on the same journal."""
        shelf = SiteShelf(self._site, self.folder, "NOK", "en")
        self.shop.start(mode=KIOSK, shelf=shelf, **changes)

    def put(self, given: Input) -> bool:
        """What the screen tells the engine; and at once what the engine shows."""
        self.shop.engine.handle(given)
        self.show()
        return True

    def show(self) -> None:
        """Let the screen have the engine's latest View."""
        self.app.show(self.shop.view)

    @property
    def view(self) -> View:
        """What the engine shows."""
        return self.shop.view

    @property
    def step(self) -> str:
        """Where the visitor stands."""
        return str(self.app.visitors.step)

    async def settle(self) -> None:
        """Until the screen has drawn all that it was told."""
        self.show()
        await self.pilot.pause()

    async def touch(self, action: str) -> None:
        """Touch the thing on the screen that has this action. Fails where there is none."""
        await self.settle()
        (key,) = [each for each in self.shown(Key) if each.action == action]
        region = key.region
        self.finger(region.x + region.width // 2, region.y + region.height // 2)
        await self.settle()

    async def walk(self, *actions: str) -> None:
        """Touch one thing after another."""
        for action in actions:
            await self.touch(action)

    def finger(self, x: int, y: int) -> None:
        """A finger on this cell, as the terminal tells it."""
        for kind in (events.MouseDown, events.MouseUp):
            self.app.post_message(
                kind(
                    None, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y
                )
            )

    async def wait(self, seconds: float) -> None:
        """Let time pass for the engine and the screen."""
        self.pass_time(seconds)
        await self.settle()

    def pass_time(self, seconds: float) -> None:
        """The same, with nothing drawn."""
        until_s = self.shop.fate.now_s + seconds
        step_s = STEP_S if seconds <= SHORT_S else LONG_STEP_S
        while self.shop.fate.now_s < until_s:
            self.shop.go_on(min(step_s, until_s - self.shop.fate.now_s))
            self.app.visitors.tick()

    def shown(self, kind: type[Any]) -> list[Any]:
        """The widgets of this kind that are in sight."""
        screen = self.app.screen
        return [
            each
            for each in screen.query(kind)
            if each.region.area and all(over.display for over in each.ancestors_with_self)
        ]

    def said(self) -> set[str]:
        """All words in sight, things to touch included, without the time."""
        words = {line for each in self.shown(Words) for line in each.text.split("\n") if line}
        return words | {each.label for each in self.shown(Key) if each.action != "clock"}

    def pays_shown(self, wallet: str = "alipay") -> None:
        """A customer scans the code on the screen and approves."""
        customers = self.shop.switch.scheme.customers
        customers.scan(self.view.order_code, wallet)
        waiting = customers.waiting(wallet)
        customers.approve(wallet, waiting[-1].payment_id)

    def taken(self) -> tuple[int, int]:
        """What the switch took for the shop, and what the journal says was sold, in minor units.

        AssertionError where a customer is out of money for what is not sold, or got it free.
        """
        history, book = self.shop.engine.history, statement(self.shop.switch.store)
        sold = {
            each.request_id: each.amount.value
            for each in history.payments.values()
            if each.state is State.PAID
        }
        truth = self.shop.switch.truth
        out = {each for each in history.payments if truth(self.shop.client, each).net}
        assert out == set(sold)
        refunded = {each["payment_id"] for each in book["refunds"] if each["state"] == "SUCCEEDED"}
        took = [
            each["amount"]["value"]
            for each in book["payments"]
            if each["state"] == "SUCCEEDED" and each["payment_id"] not in refunded
        ]
        return sum(took), sum(sold.values())


@contextmanager
def visited(folder: Path, **more: Any) -> Iterator[Visited]:
    """A kiosk until the end of the `with`; nothing of the switch may have gone wrong."""
    made = Visited(folder, **more)
    try:
        yield made
    finally:
        made.shop.close()
