"""The receipt on the screen, its code, and giving goods back by keyboard, numpad and touch."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from pos.commands.pictures import RECENT, TODAY, VIEWS
from pos.language import Language
from pos.paper import SignedTexts
from pos.sale.carried import taken_apart
from pos.sale.input import CallHelp, GiveBack, OpenDrawer, Reprint, SeekReceipt, ShowReceipt
from pos.sale.merchant import Merchant, Role, Store, Terminal
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.payment import Payment, Scenario, State
from pos.sale.receipt import Receipt
from pos.sale.return_line import ReturnLine
from pos.sale.secret import Secret
from pos.sale.view import Papers
from pos.screens.pin import PinScreen
from pos.screens.qr import QrCode
from pos.screens.receipt import ReceiptScreen
from pos.screens.refund import RefundScreen
from pos.screens.review import ReviewScreen
from pos.seal import Seal, is_true

pytestmark = pytest.mark.anyio

READY, PAID = VIEWS["ready"], VIEWS["paid"]
SMALL, LARGE = (80, 24), (120, 40)
TERMINAL = Terminal(
    "T01", Merchant("M-1", "Kaffebaren Oslo", "5814"), Store("S", "Kaffebaren Oslo"), "NOK",
    Role.TILL,
)  # fmt: skip
ORDER = Order(
    "s1", "NOK", (Line("Rømmegrøt", 4_000, 2, 1500, product="r"), Line("Kaffe", 4_900, 1, 1500))
)
SALE = RECENT[0]
PAYMENT = Payment(
    SALE.request_id, "s1", ORDER.total(), Scenario.PAYMENT_CODE, TODAY, state=State.PAID,
    payment_id="20260301987654321", wallet="Vipps",
)  # fmt: skip
RECEIPT = Receipt(17, PAYMENT, ORDER)
PAPERS = Papers(TERMINAL, RECEIPT)


def words_on(seen: Any, pilot: Any) -> str:
    """What stands on the screen, with blanks that may be searched for."""
    return str(seen(pilot.app)).replace("\N{NO-BREAK SPACE}", " ")


async def test_the_receipt_of_the_sale_just_paid_is_a_key_away(till: Any, seen: Any) -> None:
    """The same lines as on paper; P prints, Escape goes back to the outcome."""
    papers = replace(PAPERS, receipt=replace(RECEIPT, payment=replace(PAYMENT, request_id="a0")))
    async with till.screen(replace(PAID, papers=papers)).run_test(size=SMALL) as pilot:
        await pilot.press("f11")
        assert isinstance(pilot.app.screen, ReceiptScreen)
        told = words_on(seen, pilot)
        for said in ("SALES RECEIPT", "Rømmegrøt", "2 x 40.00", "80.00", "129.00 NOK", "T01-17"):
            assert said in told
        await pilot.press("p", "escape")
        assert not isinstance(pilot.app.screen, ReceiptScreen)
    assert till.asked == [Reprint("a0")]


async def test_an_earlier_receipt_is_asked_for_and_shown_when_it_comes(
    till: Any, seen: Any
) -> None:
    """V on a paid sale of the list; the receipt stands there once the till has found it."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "v")
        assert ShowReceipt(SALE.request_id) in till.inputs
        assert "Rømmegrøt" not in words_on(seen, pilot)
        pilot.app.show(replace(READY, papers=replace(PAPERS, receipt=replace(RECEIPT, copy=True))))
        await pilot.pause()
        told = words_on(seen, pilot)
        assert "Rømmegrøt" in told
        assert "COPY" in told
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ReviewScreen)
    assert till.inputs[-1] == ShowReceipt("")


@pytest.mark.parametrize("size", [(120, 40), (100, 30), (160, 60)])
async def test_a_code_that_fits_holds_a_receipt_that_is_true(
    till: Any, size: tuple[int, int], tmp_path: Path
) -> None:
    """The longest text that the screen has room for, in a code that is not cut."""
    seal = Seal(tmp_path)
    texts = SignedTexts(seal, TERMINAL, Language("en", UTC)).texts(RECEIPT)
    papers = replace(PAPERS, carried=texts)
    view = replace(READY, papers=papers)
    async with till.screen(view).run_test(size=size) as pilot:
        await pilot.press("f5", "v")
        await pilot.pause()
        code = pilot.app.screen.query_one(QrCode)
        if not code.display:
            assert size == (100, 30), "only the smallest has no room"
            return
        assert code.region.height <= size[1]
        assert code.region.width <= size[0] - 44
    for text in texts:
        carried = taken_apart(text)
        assert carried is not None
        assert is_true(carried, seal.public)


async def test_where_there_is_no_room_the_screen_says_what_to_do(
    till: Any, seen: Any, tmp_path: Path
) -> None:
    """A code is never shown cut off."""
    texts = SignedTexts(Seal(tmp_path), TERMINAL, Language("en", UTC)).texts(RECEIPT)
    view = replace(READY, papers=replace(PAPERS, carried=texts))
    async with till.screen(view).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "v")
        await pilot.pause()
        assert "This screen has no room" in words_on(seen, pilot)


async def refunding(pilot: Any, view: Any) -> None:
    """Open the refund of the newest sale, whose goods are known."""
    await pilot.press("f5", "r")
    pilot.app.show(view)
    await pilot.pause()
    assert isinstance(pilot.app.screen, RefundScreen)


VIEW = replace(READY, papers=PAPERS)

BY_LINE = [
    ("plus enter", (ReturnLine(0, 1),)),
    ("plus plus enter", (ReturnLine(0, 2),)),
    ("plus plus plus enter", ()),  # past what was sold: none again
    ("plus minus enter", ()),
    ("down plus enter", (ReturnLine(1, 1),)),
    ("asterisk plus enter", (ReturnLine(1, 1),)),
    ("plus asterisk plus enter", (ReturnLine(0, 1), ReturnLine(1, 1))),
    ("space down right enter", (ReturnLine(0, 1), ReturnLine(1, 1))),
    ("plus minus minus minus enter", ()),
]


@pytest.mark.parametrize(("keys", "lines"), BY_LINE)
async def test_goods_are_given_back_by_keyboard_or_numpad(
    till: Any, keys: str, lines: tuple[ReturnLine, ...]
) -> None:
    """Plus and minus say how many, arrows or the star which line; nothing means all."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, VIEW)
        await pilot.press(*keys.split())
    assert till.asked == [GiveBack(SALE.request_id, "", lines)]


async def test_goods_are_given_back_by_touch(till: Any, seen: Any) -> None:
    """A touch on a line takes one of it back, and the sum is what it was sold for."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, VIEW)
        await pilot.click("#refund-lines", offset=(4, 0))
        await pilot.pause()
        assert "1/2  Rømmegrøt" in words_on(seen, pilot)
        await pilot.click("#refund-do")
    assert till.asked == [GiveBack(SALE.request_id, "", (ReturnLine(0, 1),))]


async def test_goods_that_came_back_before_are_not_offered(till: Any, seen: Any) -> None:
    """Of two, one came back: one is left."""
    before = replace(RECEIPT, before=(ReturnLine(0, 1),))
    view = replace(READY, papers=replace(PAPERS, receipt=before))
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, view)
        assert "0/1  Rømmegrøt" in words_on(seen, pilot)
        await pilot.press("plus", "plus", "plus", "enter")
    assert till.asked == [GiveBack(SALE.request_id, "", (ReturnLine(0, 1),))]


async def test_an_amount_takes_the_place_of_goods(till: Any) -> None:
    """What is typed last counts."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, VIEW)
        await pilot.press("plus", "2", "0", "enter")
    assert till.asked == [GiveBack(SALE.request_id, "20")]


async def test_a_large_refund_asks_for_a_pin(till: Any, seen: Any) -> None:
    """Above the limit, and only then; the digits are never on the screen; Escape gives nothing."""
    view = replace(READY, papers=replace(PAPERS, pin_above=5_000))
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, view)
        await pilot.press("4", "0", "enter")
        assert till.asked == [GiveBack(SALE.request_id, "40")]
        till.inputs.clear()
        await pilot.press("r")
        pilot.app.show(view)
        await pilot.press("6", "0", "enter")
        assert isinstance(pilot.app.screen, PinScreen)
        await pilot.press("7", "3", "9", "1", "escape")
        assert till.asked == []
        await pilot.press("enter", "7", "3", "9", "1")
        assert "7391" not in words_on(seen, pilot)
        await pilot.press("enter")
    assert till.asked == [GiveBack(SALE.request_id, "60", (), Secret("7391"))]


async def test_a_scanned_receipt_opens_its_refund(till: Any) -> None:
    """From the list, or from the free desk; the same receipt may be held up again later."""
    found = replace(READY, papers=replace(PAPERS, found=SALE))
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        pilot.app.show(found)
        await pilot.pause()
        assert isinstance(pilot.app.screen, RefundScreen)
        pilot.app.show(replace(found, notice=None))
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("escape")
        assert ShowReceipt("") in till.inputs
        pilot.app.show(READY)
        pilot.app.show(found)
        await pilot.pause()
        assert isinstance(pilot.app.screen, RefundScreen)


async def test_the_camera_looks_for_receipts_while_the_list_is_open(till: Any) -> None:
    """And not longer."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "escape")
    assert till.inputs == [SeekReceipt(wanted=True), SeekReceipt(wanted=False)]


async def test_drawer_and_help_are_keys(till: Any, seen: Any) -> None:
    """D opens the drawer, the question mark calls, and the call stands on the screen."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("d", "question_mark")
        assert till.inputs == [OpenDrawer(), CallHelp()]
        pilot.app.show(replace(READY, papers=Papers(help_wanted=True)))
        await pilot.pause()
        assert "Somebody called for help" in words_on(seen, pilot)


async def test_a_button_beside_the_screen_is_a_key_of_it(till: Any) -> None:
    """From a thread of its own, Enter and Escape reach whatever screen is up."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5")
        assert pilot.app.press("escape")
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1


async def test_money_without_goods_has_no_lines_to_give_back(till: Any, seen: Any) -> None:
    """A sale that was keyed as an amount is given back by amount alone."""
    keyed = Receipt(1, replace(PAYMENT, amount=Amount(12_900, "NOK")))
    view = replace(READY, papers=replace(PAPERS, receipt=keyed))
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await refunding(pilot, view)
        assert not pilot.app.screen.query_one("#refund-lines").display
        await pilot.press("plus", "enter")
    assert till.asked == [GiveBack(SALE.request_id, "")]
