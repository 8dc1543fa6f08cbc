"""A monkey at the kiosk: whatever is touched, typed, held up or broken, it ends at the start.

`KIOSK_EVENTS=50000` lets it loose for that many things; the tests always run a small form of it.
"""

import os
import random
from pathlib import Path

import pytest
from textual import events

from pos.errors import PosError
from pos.sale.input import CameraSays, PrinterSays, PutInOrder, Scanned
from pos.sale.secret import Secret
from pos.sale.view import Stage, notice
from pos.scheme.partners import Behaviour
from pos.screens.panels import Key
from tests.engine.line import Faults
from tests.screens.visited import Visited, visited

pytestmark = pytest.mark.anyio

EVENTS = int(os.environ.get("KIOSK_EVENTS", "350"))
SIZE = (80, 24)
KEYS = (
    *"1234567890hq+-*/", "enter", "escape", "space", "tab", "shift+tab", "ctrl+c", "ctrl+q",
    "ctrl+p", "ctrl+z", "ctrl+d", "ctrl+backslash", "up", "down", "pagedown", "backspace",
    *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
STRANGE_CODES = (
    ("http://127.0.0.1/s/none", "QR"), ("wxp://f2f0abc", "QR"), ("4006381333931", "EAN13"),
    ("Samkassa badge of nobody", "QR"), ("", "QR"), ("\x1b[2J", "QR"), ("BCD\n001", "QR"),
)  # fmt: skip
APIS = ("pay", "inquiryPayment", "cancelPayment", "witness")
# A monkey that left as often as it went on would seldom come to pay.
LIKED = {"on": 9.0, "pay": 9.0, "entry": 2.0, "over": 0.3, "stop": 0.3, "back": 0.3, "help": 0.3}
WALLETS = ("vipps", "epassi", "alipay")


class Monkey:
    """Does one thing at a time, from a seed."""

    def __init__(self, kiosk: Visited, seed: int) -> None:
        self.kiosk, self.chance = kiosk, random.Random(seed)
        self.codes: list[str] = []
        self.keys: list[Key] = []
        self.restarts = self.sales_seen = 0

    async def look(self) -> None:
        """See what there is to touch, once the screen is drawn; some may be gone by then."""
        await self.kiosk.settle()
        self.keys = self.kiosk.shown(Key)

    async def act(self) -> None:
        """Something, mostly touches."""
        ways = (self.touch, self.press, self.hold_up, self.pay, self.break_line, self.pass_time)
        weights = (62, 5, 8, 9, 1, 15)
        await self.chance.choices(ways, weights)[0]()

    async def touch(self) -> None:
        """Any cell, or, as people do, a thing to touch."""
        if self.chance.random() < 0.2:
            self.kiosk.finger(self.chance.randrange(SIZE[0]), self.chance.randrange(SIZE[1]))
        elif self.keys:
            weights = [LIKED.get(each.action.partition(":")[0], 1.0) for each in self.keys]
            region = self.chance.choices(self.keys, weights)[0].region
            self.kiosk.finger(region.x, region.y)

    async def press(self) -> None:
        """A key of a keyboard."""
        key = self.chance.choice(KEYS)
        self.kiosk.app.post_message(events.Key(key, key if len(key) == 1 else None))

    async def hold_up(self) -> None:
        """A code: of somebody who pays or does not, one used before, or none of ours."""
        shop = self.kiosk.shop
        way = self.chance.random()
        if way < 0.6:
            behaves = self.chance.choice([*Behaviour, *[Behaviour.PAYS] * len(Behaviour)]).value
            self.codes.append(shop.code(behaves, self.chance.choice(WALLETS)))
            shop.scan(self.codes[-1])
        elif way < 0.75 and self.codes:
            shop.scan(self.chance.choice(self.codes))
        else:
            text, symbology = self.chance.choice(STRANGE_CODES)
            shop.engine.handle(Scanned(Secret(text), symbology))

    async def pay(self) -> None:
        """Somebody scans the code on the screen, and approves or declines, or neither."""
        customers, wallet = self.kiosk.shop.switch.scheme.customers, self.chance.choice(WALLETS)
        if self.kiosk.view.order_code:
            try:
                customers.scan(self.kiosk.view.order_code, wallet)
            except PosError:
                return  # it is another's by now, or closed
        for waiting in customers.waiting(wallet):
            answer = self.chance.choice((customers.approve, customers.decline, None))
            if answer is not None:
                try:
                    answer(wallet, waiting.payment_id)
                except PosError:
                    continue  # too late

    async def break_line(self) -> None:
        """Answers are lost, or nothing gets through; a device fails, or is well again."""
        faults, shop = Faults(self.kiosk.shop.fate), self.kiosk.shop
        fault = self.chance.choice((faults.lost, faults.answer_lost, faults.not_sent))
        shop.line.plan(self.chance.choice(APIS), *[fault] * self.chance.randint(1, 4))
        trouble = self.chance.choice((None, notice("camera.trouble", sentence="It fell.")))
        shop.engine.handle(CameraSays(trouble))
        shop.engine.handle(PrinterSays(fault=self.chance.choice(("", "paper_out"))))

    async def pass_time(self) -> None:
        """A moment, or longer than anybody waits; now and then the power fails."""
        self.kiosk.pass_time(self.chance.choice((0.5, 1.0, 2.0, 4.0, 8.0, 20.0, 130.0)))
        if self.chance.random() < 0.01:
            self.restarts += 1
            self.kiosk.start()


async def test_whatever_is_done_it_ends_at_the_start(tmp_path: Path) -> None:
    """No exception, no screen but the visitor's, no word of an earlier visit, charges = sales."""
    with visited(tmp_path, keyboard=True) as kiosk:
        async with kiosk.app.run_test(size=SIZE) as pilot:
            kiosk.pilot = pilot
            await kiosk.settle()
            start, monkey = without_help(kiosk.said()), Monkey(kiosk, 7)
            visits = 0
            for number in range(EVENTS):
                if number % 6 == 0:
                    await monkey.look()
                await monkey.act()
                assert kiosk.app.is_running
                assert len(kiosk.app.screen_stack) == 1
                if number % 350 == 349:
                    await at_the_start(kiosk, start)
                    visits += 1
            sold = [e for e in kiosk.shop.engine.history.payments.values() if e.state == "PAID"]
            for _ in range(60):
                kiosk.shop.go_on(60.0)
            charges, sales = kiosk.taken()
            print(  # noqa: T201 - the figures of a long run
                f"{EVENTS} things done, {visits} times back at the start, "
                f"{len(kiosk.shop.engine.history.payments)} payments, {len(sold)} paid, "
                f"{monkey.restarts} power cuts, charges {charges}, sales {sales}"
            )
            assert charges == sales
            assert sold


async def at_the_start(kiosk: Visited, start: set[str]) -> None:
    """Left alone with a line that works, it is as if nobody had been there."""
    kiosk.shop.line.plans.clear()
    kiosk.shop.engine.handle(CameraSays(None))
    kiosk.shop.engine.handle(PrinterSays())
    if kiosk.view.barred is not None:
        kiosk.shop.engine.handle(PutInOrder())  # eye and paper had failed: the staff has come
    office = kiosk.view.box_office
    if office is not None and not office.sells:
        kiosk.shop.jump_clock(3_600.0)  # past the minutes before midnight, in which none is sold
    await kiosk.wait(200.0)
    if kiosk.view.stage is not Stage.READY or kiosk.step != "start":
        await kiosk.wait(400.0)
    assert (kiosk.step, kiosk.view.stage) == ("start", Stage.READY)
    assert (kiosk.view.order, kiosk.view.order_code, kiosk.view.notice) == (None, "", None)
    assert without_help(kiosk.said()) == start


def without_help(said: set[str]) -> set[str]:
    """Somebody may have called for help: that is no word of theirs."""
    return said - {"Help", "Help is called"}
