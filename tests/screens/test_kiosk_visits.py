"""Visitors at the kiosk: whole purchases in their languages, limits, time-outs, and no way out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pos.sale.view import Stage, Verdict
from tests.screens.visited import Visited, visited

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kiosk(tmp_path: Path) -> AsyncIterator[Visited]:
    """A kiosk on an 80x24 screen, its engine at work."""
    with visited(tmp_path) as made:
        async with made.app.run_test(size=(80, 24)) as pilot:
            made.pilot = pilot
            await made.settle()
            yield made


async def choose(kiosk: Visited, language: str, *more: str) -> None:
    """From the start to the sum: this language, these tickets, the first time of entry."""
    await kiosk.walk(f"language:{language}", *more, "on")
    assert kiosk.view.box_office is not None
    await kiosk.touch(f"entry:{kiosk.view.box_office.entries[0].starts_at}")
    assert kiosk.step == "review"


async def test_a_purchase_in_chinese_by_the_code_on_the_screen(kiosk: Visited) -> None:
    """Every word of every step is Chinese; the lines, the time and the sum are in the journal."""
    await choose(kiosk, "zh", "more:ADULT", "more:ADULT", "more:CHILD")
    assert {"您的门票", "付款", "2 × 成人票", "1 × 儿童票（5–15岁）"} <= kiosk.said()
    await kiosk.touch("pay")
    assert (kiosk.view.stage, kiosk.step) == (Stage.SHOWING, "paying")
    assert {"请用应用扫描此码", "或将应用的付款码对准摄像头"} <= kiosk.said()
    kiosk.pays_shown("alipay")
    await kiosk.wait(4)
    assert kiosk.view.verdict is Verdict.PAID
    assert "谢谢！请取走门票和收据。" in kiosk.said()
    (payment,) = kiosk.shop.engine.history.payments.values()
    order = kiosk.shop.engine.history.order_book.placed[payment.sale_id]
    assert [(line.product, line.quantity, line.persons) for line in order.lines] == [
        ("ADULT", 2, 1),
        ("CHILD", 1, 1),
    ]
    assert kiosk.view.box_office is not None
    assert order.entry_at == kiosk.view.box_office.entries[0].starts_at
    assert order.day == kiosk.view.box_office.day.isoformat()
    assert kiosk.taken() == (49_700, 49_700)


async def test_a_purchase_in_finnish_by_the_code_on_the_phone(kiosk: Visited) -> None:
    """The camera reads the phone while our code is shown: one payment, and Finnish words."""
    await choose(kiosk, "fi", "more:FAMILY")
    await kiosk.touch("pay")
    assert {"Skannaa koodi sovelluksella", "Peruuta", "Apua"} <= kiosk.said()
    kiosk.shop.scan(kiosk.shop.code(wallet="epassi"))
    await kiosk.wait(6)
    assert kiosk.view.verdict is Verdict.PAID
    assert kiosk.view.wallet == "ePassi"
    assert "Kiitos! Ota liput ja kuitti." in kiosk.said()
    assert kiosk.taken() == (49_900, 49_900)


async def test_the_start_comes_five_seconds_after_the_outcome(kiosk: Visited) -> None:
    """By itself, with a countdown, unless more time is asked for; and nothing stays."""
    start = kiosk.said()
    await choose(kiosk, "zh", "more:ADULT")
    await kiosk.touch("pay")
    kiosk.shop.scan(kiosk.shop.code(wallet="alipay"))
    await kiosk.wait(3)
    assert kiosk.step == "outcome"
    await kiosk.touch("time")
    await kiosk.wait(25)
    assert kiosk.step == "outcome"
    await kiosk.wait(15)
    assert kiosk.step == "start"
    assert (kiosk.view.stage, kiosk.view.order, kiosk.view.notice) == (Stage.READY, None, None)
    assert kiosk.said() == start


async def test_a_visitor_who_walks_away_is_warned_and_forgotten(kiosk: Visited) -> None:
    """The warning comes a quarter of a minute before, and a touch ends it."""
    await kiosk.walk("language:en", "more:ADULT")
    await kiosk.wait(50)
    assert any("Are you still there?" in each for each in kiosk.said())
    await kiosk.touch("time")
    await kiosk.wait(30)
    assert kiosk.step == "tickets"
    await kiosk.wait(40)
    assert kiosk.step == "start"
    assert kiosk.view.order is None
    kinds = kiosk.shop.kinds()
    assert "OrderDropped" in kinds
    assert "Opened" not in kinds


async def test_nobody_scans_and_the_code_is_cancelled(kiosk: Visited) -> None:
    """The payment is closed for sure before the start comes back."""
    await choose(kiosk, "en", "more:ADULT")
    await kiosk.touch("pay")
    await kiosk.wait(125)
    assert kiosk.view.verdict is Verdict.CANCELLED
    await kiosk.wait(25)
    assert (kiosk.step, kiosk.view.stage) == ("start", Stage.READY)
    assert kiosk.taken() == (0, 0)


async def test_a_limit_is_said_and_holds(kiosk: Visited) -> None:
    """The fourth family ticket cannot be had, and the screen says how many can."""
    await kiosk.walk("language:en", *["more:FAMILY"] * 4)
    assert kiosk.view.order is not None
    assert kiosk.view.order.lines[0].quantity == 3
    assert "At most 3 of this ticket in one purchase." in kiosk.said()


async def test_without_a_link_nobody_chooses_anything(kiosk: Visited) -> None:
    """It is said in all languages before a ticket is chosen, and goes away by itself."""
    start = kiosk.said()
    switch = kiosk.shop.line

    def lost(_body: bytes, _through: object) -> bytes:
        from pos.switch.exchange import NotSentError

        raise NotSentError("NO_CONNECTION")

    for api in ("inquiryPayment", "witness"):
        switch.plan(api, *[lost] * 40)
    await kiosk.wait(70)
    assert any("Maksaminen ei onnistu" in each for each in kiosk.said())
    assert not [each for each in kiosk.said() if each == "Suomi"]
    switch.plans.clear()
    await kiosk.wait(65)
    assert kiosk.said() == start


@pytest.mark.parametrize("keyboard", [False, True])
async def test_there_is_no_way_out(tmp_path: Path, *, keyboard: bool) -> None:
    """No key closes it, opens a palette or lets text be taken; without leave none does anything."""
    with visited(tmp_path, keyboard=keyboard) as kiosk:
        async with kiosk.app.run_test(size=(80, 24)) as pilot:
            kiosk.pilot = pilot
            await kiosk.settle()
            keys = "ctrl+c ctrl+q ctrl+p ctrl+z ctrl+d tab f1 f5 f10 f12 escape"
            await pilot.press(*keys.split())
            assert kiosk.app.is_running
            assert len(kiosk.app.screen_stack) == 1
            assert kiosk.step == "start"
            await pilot.press("1")
            assert kiosk.step == ("tickets" if keyboard else "start")
