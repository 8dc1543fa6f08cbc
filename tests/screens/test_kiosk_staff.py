"""The staff at a kiosk: a badge or a PIN opens their menu, and it closes by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pos.roster import FILE_NAME as STAFF_FILE_NAME
from pos.roster import Roster
from pos.sale.input import PrinterSays
from pos.sale.staff import Member, StaffRole
from pos.screens.kiosk.staff import StaffMenu, StaffPick
from pos.screens.pin import PinScreen
from tests.screens.visited import Visited, visited

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kiosk(tmp_path: Path) -> AsyncIterator[Visited]:
    """A kiosk that knows Ola, whose PIN is 4071."""
    with visited(tmp_path) as made:
        roster = Roster(tmp_path / STAFF_FILE_NAME)
        roster.add(Member("2", "Ola", StaffRole.CASHIER), "4071")
        made.badge = roster.new_badge("2")
        made.start(staff=Roster(tmp_path / STAFF_FILE_NAME))
        async with made.app.run_test(size=(80, 24)) as pilot:
            made.pilot = pilot
            await made.settle()
            yield made


def on_top(kiosk: Visited) -> type:
    """The kind of the screen on top."""
    return type(kiosk.app.screen)


async def test_a_badge_opens_the_menu_and_time_closes_it(kiosk: Visited) -> None:
    """And whoever was there is logged out by it."""
    kiosk.shop.scan(kiosk.badge)
    await kiosk.settle()
    assert on_top(kiosk) is StaffMenu
    kiosk.shop.go_on(61)
    kiosk.app.screen._tick()  # type: ignore[attr-defined]
    await kiosk.settle()
    assert kiosk.step == "start"
    assert len(kiosk.app.screen_stack) == 1
    assert kiosk.shop.kinds()[-2:] == ["LoggedIn", "LoggedOut"]


async def test_three_touches_on_the_clock_and_a_pin_open_it(kiosk: Visited) -> None:
    """By touch alone: no keyboard is at a kiosk. A wrong PIN opens nothing."""
    await kiosk.walk("clock", "clock")
    assert on_top(kiosk) is not StaffPick
    await kiosk.touch("clock")
    assert on_top(kiosk) is StaffPick
    await kiosk.walk("who:2", "pad:1", "pad:2", "done")
    assert kiosk.view.office.present is None
    await kiosk.walk("clock", "clock", "clock", "who:2")
    assert on_top(kiosk) is PinScreen
    await kiosk.walk("pad:4", "pad:0", "pad:7", "pad:1", "done")
    assert on_top(kiosk) is StaffMenu


async def test_the_staff_takes_it_out_of_order_and_back(kiosk: Visited) -> None:
    """Visitors read it in all languages, also after a restart."""
    start = kiosk.said()
    kiosk.shop.scan(kiosk.badge)
    await kiosk.walk("bar", "out")
    assert "Epäkunnossa. Kysy henkilökunnalta." in kiosk.said()
    kiosk.start(staff=Roster(kiosk.folder / STAFF_FILE_NAME))
    await kiosk.settle()
    assert "暂停服务. 请询问工作人员。" in kiosk.said()
    kiosk.shop.scan(kiosk.badge)
    await kiosk.walk("bar", "out")
    assert kiosk.said() == start


async def test_the_last_receipt_is_printed_again_and_an_x_report_made(kiosk: Visited) -> None:
    """From the menu."""
    await kiosk.walk("language:en", "page", "more:GARDEN", "on", "pay")
    kiosk.shop.scan(kiosk.shop.code())
    await kiosk.wait(3)
    kiosk.shop.engine.handle(PrinterSays(kiosk.view.request_id))
    await kiosk.wait(10)
    assert kiosk.step == "start"
    slips = len(kiosk.shop.slips)
    kiosk.shop.scan(kiosk.badge)
    await kiosk.touch("reprint")
    assert len(kiosk.shop.slips) == slips + 1
    await kiosk.touch("x")
    assert kiosk.view.office.report is not None
    await kiosk.walk("back", "out")
    assert len(kiosk.app.screen_stack) == 1


async def test_only_the_staff_closes_the_kiosk(kiosk: Visited) -> None:
    """By the last key of the menu."""
    kiosk.shop.scan(kiosk.badge)
    await kiosk.touch("quit")
    assert kiosk.app._exit
    assert "LoggedOut" in kiosk.shop.kinds()
