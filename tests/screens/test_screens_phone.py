"""The demo's phone: what its buttons ask of the wallet, and what it shows of the answers."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pos.commands.pictures import VIEWS
from pos.screens.customer import (
    HeldUp,
    PendingPayment,
    PhoneRefusal,
    PhoneResult,
    WalletChoice,
)
from pos.screens.phone import PhonePanel

pytestmark = pytest.mark.anyio

WIDE = (120, 36)
KARI = WalletChoice("Vipps", "Kari", "2500.00 NOK", "#ff5b24")
WEI = WalletChoice("Alipay", "Wei", "3000.00 CNY", "#1677ff")


@dataclass
class Hand:
    """A Phone that keeps what it was asked; `threads` are the names it was asked from."""

    asked: list[Any] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    waiting: PendingPayment | None = None
    ended: PhoneResult | None = None
    refusal: PhoneRefusal | None = None

    def _note(self, *asked: Any) -> None:
        self.threads.add(threading.current_thread().name)
        self.asked.append(asked if len(asked) > 1 else asked[0])

    def wallets(self) -> tuple[WalletChoice, ...]:
        """See Phone."""
        self._note("wallets")
        spent = self.ended is not None and self.ended.paid
        return (replace(KARI, balance="2371.00 NOK") if spent else KARI), WEI

    def hold_up(self, choice: WalletChoice) -> HeldUp | PhoneRefusal:
        """See Phone."""
        self._note("hold_up", choice)
        return self.refusal or HeldUp("281000020000000000000000")

    def put_away(self) -> None:
        """See Phone."""
        self._note("put_away")

    def scan(self, order_code: str, choice: WalletChoice) -> PendingPayment | PhoneRefusal:
        """See Phone."""
        self._note("scan", order_code, choice)
        self.waiting = PendingPayment("Kaffebaren", "129.00 NOK", "87.98 CNY")
        return self.refusal or self.waiting

    def pending(self) -> PendingPayment | None:
        """See Phone."""
        return self.waiting

    def approve(self) -> None:
        """See Phone."""
        self._note("approve")
        self.waiting, self.ended = None, PhoneResult(True, "Kaffebaren", "87.98 CNY")

    def decline(self) -> None:
        """See Phone."""
        self._note("decline")
        self.waiting = None

    def last_result(self) -> PhoneResult | None:
        """See Phone."""
        return self.ended


WAIT_ROUNDS_MAX = 400


async def settle(pilot: Any) -> None:
    """Until every call of the phone was answered and drawn."""
    for _ in range(WAIT_ROUNDS_MAX):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        if not pilot.app.screen.query_one(PhonePanel).calling:
            return
    raise TimeoutError("The phone is still calling.")


async def test_a_code_is_held_up_and_put_away_once_read(till: Any, seen: Any) -> None:
    """The chosen customer's code is asked for, and leaves the camera when the till has read it."""
    hand = Hand()
    async with till.screen(VIEWS["scanning"], phone=hand).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Kari" in seen(pilot.app)
        await pilot.press("w")
        await settle(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert hand.asked[-1] == ("hold_up", WEI)
        assert "Put it away" in seen(pilot.app)
        pilot.app.show(VIEWS["paying"])
        await settle(pilot)
        assert hand.asked[-1] == "put_away"
        assert "Hold up the code" in seen(pilot.app)
    assert till.inputs == []
    assert threading.main_thread().name not in hand.threads


async def test_the_tills_code_is_scanned_and_approved(till: Any, seen: Any) -> None:
    """The phone reads what the till shows, asks its owner, and tells the charge in home money."""
    hand = Hand()
    async with till.screen(VIEWS["showing"], phone=hand).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.click("#phone-scan")
        await settle(pilot)
        assert hand.asked[-1] == ("scan", VIEWS["showing"].order_code, KARI)
        assert "87.98 CNY" in seen(pilot.app)
        await pilot.press("y")
        await settle(pilot)
        assert hand.asked[-2:] == ["approve", "wallets"]
        assert "√ Paid" in seen(pilot.app)
        assert "2371.00 NOK" in seen(pilot.app)
    assert till.inputs == []


async def test_a_payment_is_declined(till: Any, seen: Any) -> None:
    """N refuses what is pending, and the phone is free again."""
    hand = Hand()
    async with till.screen(VIEWS["showing"], phone=hand).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("t")
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert hand.asked[-1] == "decline"
        assert "Other wallet" in seen(pilot.app)


async def test_a_refusal_is_told_in_the_wallets_words(till: Any, seen: Any) -> None:
    """What the wallet cannot do is a sentence on the phone, and no code is held up."""
    hand = Hand(refusal=PhoneRefusal("This code has run out."))
    async with till.screen(VIEWS["showing"], phone=hand).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert "This code has run out." in seen(pilot.app)
        assert "Put it away" not in seen(pilot.app)


async def test_without_a_code_on_the_till_nothing_is_scanned(till: Any, seen: Any) -> None:
    """The phone says that there is nothing to scan."""
    hand = Hand()
    async with till.screen(VIEWS["ready"], phone=hand).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("t")
        await settle(pilot)
        assert "shows no code" in seen(pilot.app)
        assert hand.asked == ["wallets"]


async def test_on_a_narrow_screen_the_phone_is_turned_to(till: Any, seen: Any) -> None:
    """P lays the phone over the till; a touch, or an outcome, takes it away again."""
    async with till.screen(VIEWS["ready"], phone=Hand()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Kari" not in seen(pilot.app)
        await pilot.press("p")
        await settle(pilot)
        assert "Kari" in seen(pilot.app)
        assert "Amount" not in seen(pilot.app)
        await pilot.click("#phone-ear")
        await settle(pilot)
        assert "Amount" in seen(pilot.app)
        await pilot.press("p")
        pilot.app.show(VIEWS["paid"])
        await settle(pilot)
        assert "customer charged" in seen(pilot.app)
