"""The order on the screen: by keyboard alone, by numpad alone and by touch alone."""

from dataclasses import replace
from typing import Any

import pytest
from textual.events import Key

from pos.commands.pictures import FREE, ORDER, VIEWS
from pos.sale.input import (
    AddAmount,
    AddProduct,
    Charge,
    Drop,
    Input,
    MoreOf,
    Next,
    Park,
    Presenting,
    Recall,
    Scanned,
    SeekReceipt,
    SetDiscount,
    SetQuantity,
    Stop,
    Tip,
)
from pos.sale.secret import Secret
from pos.sale.view import Action, Stage, View, notice
from pos.screens.rows import Rows

pytestmark = pytest.mark.anyio

READY, OPEN, PARKED, TIPPING = (VIEWS[name] for name in ("ready", "order", "parked", "tipping"))
SMALL = (80, 24)
ONE = replace(OPEN, order=ORDER.corrected_to(3, None).corrected_to(2, None).corrected_to(1, None))

CUSTOMER, MERCHANT = Presenting.CUSTOMER, Presenting.MERCHANT
# What a numpad has: ten digits, a decimal mark, Enter, and the four signs.
NUMPAD = {*"0123456789", "comma", "enter", "plus", "minus", "asterisk", "slash"}

KEYBOARD: list[tuple[View, str, list[Input]]] = [
    (OPEN, "enter", [Charge("", CUSTOMER)]),
    (OPEN, "f2", [Charge("", MERCHANT)]),
    (OPEN, "4 5 plus", [AddAmount("45")]),
    (OPEN, "4 5 enter enter", [AddAmount("45"), Charge("", CUSTOMER)]),
    (READY, "1 2 plus", [AddAmount("12")]),
    (OPEN, "plus plus", [MoreOf(3, 1), MoreOf(3, 1)]),
    (OPEN, "up up minus", [MoreOf(1, -1)]),
    (OPEN, "1 2 asterisk", [SetQuantity(3, 12)]),
    (OPEN, "asterisk 7 enter", [SetQuantity(3, 7)]),
    (OPEN, "up delete", [SetQuantity(2, 0)]),
    (OPEN, "9 delete delete", [SetQuantity(3, 0)]),
    (OPEN, "f8", [Drop()]),
    (OPEN, "f6 1 0 % enter", [SetDiscount("10%", 3)]),
    (OPEN, "f6 5 comma 5 plus", [SetDiscount("5,5", None)]),
    (OPEN, "f6 5 escape", []),
    (OPEN, "f7 B o r d space 4 enter", [Park("Bord 4")]),
    (PARKED, "f7 down enter", [Recall("p2")]),
    (PARKED, "f7 escape", []),
    (READY, "f3 v a f enter", [AddProduct("M5")]),
    (READY, "f3 down down enter enter", [AddProduct("K3"), AddProduct("K3")]),
    (READY, "f3 tab tab enter", [AddProduct("D1")]),
    (READY, "f3 z z z enter escape", []),
    (READY, "4 0 0 6 3 8 1 3 3 3 9 3 1 enter", [Scanned(Secret("4006381333931"), "EAN13")]),
    (OPEN, "9 6 3 8 5 0 7 4 enter", [Scanned(Secret("96385074"), "EAN8")]),
    (replace(OPEN, products=type(OPEN.products)()), "f3 enter", [Charge("", CUSTOMER)]),
    (TIPPING, "enter", [Tip("")]),
    (TIPPING, "1 0 % enter", [Tip("10%")]),
    (TIPPING, "2 0 enter", [Tip("20")]),
    (TIPPING, "escape", [Stop("a0")]),
]  # fmt: skip

BY_NUMPAD: list[tuple[View, str, list[Input]]] = [
    (READY, "4 5 enter", [Charge("45", CUSTOMER)]),
    (OPEN, "enter", [Charge("", CUSTOMER)]),
    (READY, "4 5 comma 5 plus", [AddAmount("45,5")]),
    (OPEN, "plus minus", [MoreOf(3, 1), MoreOf(3, -1)]),
    (OPEN, "3 asterisk", [SetQuantity(3, 3)]),
    (OPEN, "slash 2", [Charge("", MERCHANT)]),
    (READY, "slash 3 plus enter slash", [AddProduct("K2")]),
    (READY, "1 0 slash", []),
    (READY, "2 0 0 0 slash enter slash", [AddProduct("K1")]),
    (READY, "slash 3 asterisk asterisk enter slash", [AddProduct("D1")]),
    (OPEN, "slash 8 1 0 asterisk enter", [SetDiscount("10%", 3)]),
    (OPEN, "slash 8 5 plus", [SetDiscount("5", None)]),
    (OPEN, "slash 9", [SetQuantity(3, 0)]),
    (OPEN, "slash 1 0 4 enter", [Park("4")]),
    (OPEN, "slash 1 2 2 minus", [MoreOf(1, -1)]),
    (OPEN, "slash 1 2 plus plus enter plus 5 asterisk", [MoreOf(2, 1), SetQuantity(2, 5)]),
    (PARKED, "slash 5 plus enter", [Recall("p2")]),
    (OPEN, "slash slash enter", [Charge("", CUSTOMER)]),
    (TIPPING, "1 0 asterisk enter", [Tip("10%")]),
    (TIPPING, "slash 1", [Stop("a0")]),
    (VIEWS["scanning"], "slash 1", [Stop("a0")]),
    (VIEWS["paying"], "slash enter", [Stop("a0")]),
    (VIEWS["stopping"], "slash 1", [Next()]),
    (VIEWS["paid"], "enter", [Next()]),
]  # fmt: skip


async def free(pilot: Any, till: Any, view: View) -> None:
    """The desk with this View on it, and nothing typed or laid over."""
    while len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")
    pilot.app.show(READY)
    await pilot.press("escape")
    pilot.app.show(view)
    await pilot.pause()
    till.inputs.clear()


async def try_keys(till: Any, table: list[tuple[View, str, list[Input]]]) -> None:
    """Press each row of the table, and look what the till was given."""
    async with till.screen(READY, "nb").run_test(size=SMALL) as pilot:
        for view, keys, given in table:
            await free(pilot, till, view)
            await pilot.press(*(("percent_sign" if key == "%" else key) for key in keys.split()))
            await pilot.pause()
            assert till.inputs == given, keys


async def test_the_keyboard_does_everything(till: Any) -> None:
    """Each key, or each few, is exactly this Input."""
    await try_keys(till, KEYBOARD)


async def test_the_numpad_does_everything(till: Any) -> None:
    """With nothing but its seventeen keys; the menu leads to what has none of its own."""
    assert {key for _, keys, _ in BY_NUMPAD for key in keys.split()} <= NUMPAD
    await try_keys(till, BY_NUMPAD)


async def touched(pilot: Any, *places: str | tuple[str, int]) -> None:
    """Touch these: a selector, or a list and the line of it."""
    for each in places:
        if isinstance(each, str):
            assert await pilot.click(each), each
        else:
            assert await pilot.click(each[0], offset=(5, each[1])), each
        await pilot.pause()


BY_TOUCH: list[tuple[View, list[str | tuple[str, int]], list[Input]]] = [
    (OPEN, ["#ready-scan"], [Charge("", CUSTOMER)]),
    (OPEN, ["#ready-show"], [Charge("", MERCHANT)]),
    (OPEN, [("#basket-lines", 1), "#ready-minus", "#ready-plus"], [MoreOf(1, -1), MoreOf(1, 1)]),
    (READY, ["#ready-products", ("#products-rows", 2)], [AddProduct("K2")]),
    (READY, ["#ready-products", ("#products-categories", 2), ("#products-rows", 4)],
     [AddProduct("D3")]),
    (READY, ["#ready-products", "#products-turn", "#products-add", "#products-back", "#ready-scan"],
     [AddProduct("K1"), Charge("", CUSTOMER)]),
    (OPEN, ["#ready-menu", ("#pick-rows", 1)], [Charge("", MERCHANT)]),
    (OPEN, ["#ready-menu", "#pick-back", "#ready-scan"], [Charge("", CUSTOMER)]),
    (OPEN, ["#ready-times", "#ask-right .pad-key", ".ask-way"], [SetQuantity(3, 7)]),
    (OPEN, ["#ready-menu", ("#pick-rows", 7), "#ask-right .pad-key", "#ask-percent", ".ask-way"],
     [SetDiscount("7%", 3)]),
    (OPEN, ["#ready-menu", ("#pick-rows", 9), ".ask-way"], [Park("")]),
    (OPEN, ["#ready-menu", ("#pick-rows", 10)], [Drop()]),
    (OPEN, ["#ready-menu", ("#pick-rows", 11), ("#pick-rows", 0), "#ready-plus"], [MoreOf(0, 1)]),
    (PARKED, ["#ready-menu", ("#pick-rows", 4), ("#pick-rows", 0)], [Recall("p1")]),
    (TIPPING, [".tip-part"], [Tip("5%")]),
    (TIPPING, ["#tip-right .pad-key", "#tip-percent", "#tip-do"], [Tip("7%")]),
    (TIPPING, ["#tip-do"], [Tip("")]),
    (TIPPING, ["#tip-stop"], [Stop("a0")]),
]  # fmt: skip


async def test_touch_does_everything(till: Any) -> None:
    """Without any key of a keyboard."""
    async with till.screen(READY, "nb").run_test(size=SMALL) as pilot:
        for view, places, given in BY_TOUCH:
            await free(pilot, till, view)
            await touched(pilot, *places)
            assert till.inputs == given, places


async def test_the_newest_line_is_the_chosen_one(till: Any, seen: Any) -> None:
    """And a line that went leaves the choice in place."""
    async with till.screen(ONE, "nb").run_test(size=SMALL) as pilot:
        lines = pilot.app.screen.query_one("#basket-lines", Rows)
        assert lines.place == 0
        pilot.app.show(OPEN)
        await pilot.pause()
        assert lines.place == 3
        await pilot.press("up")
        pilot.app.show(replace(OPEN, order=ORDER.corrected_to(0, None)))
        await pilot.pause()
        assert lines.place == 2
        assert "▸  1 × Pils" in seen(pilot.app)


async def test_what_changes_in_place_moves_nothing(till: Any) -> None:
    """Another line, another count, a digit: the screen is not laid out anew, which takes long."""
    more = replace(OPEN, order=ORDER.corrected_to(3, replace(ORDER.lines[3], quantity=2)))
    async with till.screen(OPEN, "nb").run_test(size=SMALL) as pilot:
        laid_out: list[Any] = []
        screen = pilot.app.screen
        await pilot.press("7")
        screen.screen_layout_refresh_signal.subscribe(screen, laid_out.append)
        for view in (OPEN, more, OPEN):
            pilot.app.show(view)
            await pilot.pause()
        await pilot.press("up", "up", "down", "7", "backspace")
        await pilot.pause()
        assert laid_out == []
        pilot.app.show(replace(OPEN, notice=notice("order.age", age=18)))
        await pilot.pause()
        assert laid_out


async def test_the_order_says_what_it_comes_to(till: Any, seen: Any) -> None:
    """Lines, discount, VAT of the chosen line, in the words of the language."""
    async with till.screen(OPEN, "fi").run_test(size=SMALL) as pilot:
        text = seen(pilot.app)
        for said in ("2 × Kaffe", "84,00", "6 tuotetta", "(10\N{NO-BREAK SPACE}%)", "ALV 25"):
            assert said in text, said


async def test_what_cannot_be_done_is_not_offered(till: Any, seen: Any) -> None:
    """Without products no list of them; without an order no discount; nothing while stopped."""
    bare = replace(READY, products=type(READY.products)(), actions=FREE - {Action.ORDER})
    async with till.screen(bare).run_test(size=SMALL) as pilot:
        await pilot.press("f3", "f6", "f7", "f8", "plus", "minus", "delete", "5", "plus")
        assert (till.inputs, len(pilot.app.screen_stack)) == ([], 1)
        await pilot.press("f9")
        assert "Discount" not in seen(pilot.app)
        await pilot.press("escape")
        pilot.app.show(VIEWS["stopped"])
        await pilot.pause()
        await pilot.press("f9")
        assert "Scan" not in seen(pilot.app)
        assert "Close" in seen(pilot.app)


async def test_what_is_laid_over_makes_way_for_an_outcome(till: Any) -> None:
    """No outcome is missed behind a list."""
    for key in ("f9", "f6", "f3", "f7"):
        async with till.screen(OPEN).run_test(size=SMALL) as pilot:
            await pilot.press(key)
            assert len(pilot.app.screen_stack) == 2
            pilot.app.show(VIEWS["paid"])
            await pilot.pause()
            assert len(pilot.app.screen_stack) == 1


async def test_a_busy_till_is_told_over_the_products_too(till: Any, seen: Any) -> None:
    """What was not taken is not added in silence."""
    till.takes = False
    async with till.screen(OPEN).run_test(size=SMALL) as pilot:
        await pilot.press("f3", "enter")
        assert "press again" in seen(pilot.app)
        pilot.app.show(replace(OPEN, notice=notice("order.age", age=18)))
        await pilot.pause()
        assert "proof of age" in seen(pilot.app)
        await pilot.press("escape", "f8")
        assert "press again" in seen(pilot.app)


async def test_the_theme_is_changed_by_a_key(till: Any) -> None:
    """Dark, light, high contrast, and dark again."""
    async with till.screen(OPEN).run_test(size=SMALL) as pilot:
        worn = []
        for _ in range(3):
            await pilot.press("f12")
            await pilot.pause()
            worn.append(pilot.app.theme)
    assert worn == ["samkassa-light", "samkassa-contrast", "samkassa-dark"]


async def test_an_unpaid_order_is_gone_back_to(till: Any, seen: Any) -> None:
    """After a decline Enter brings the order back, and the footer says so."""
    declined = replace(VIEWS["declined"], order=ORDER)
    async with till.screen(declined).run_test(size=SMALL) as pilot:
        assert "back to the order" in seen(pilot.app)
        await pilot.press("enter")
        assert till.inputs == [Next()]
        assert pilot.app.shown.stage is Stage.OUTCOME


async def test_keys_faster_than_the_screen_go_where_they_were_meant(till: Any) -> None:
    """What is typed for a question is never charged at the desk behind it, nor the other way."""
    bursts: list[tuple[View, str, list[Input]]] = [
        (OPEN, "f6 1 0 plus", [SetDiscount("10", None)]),
        (OPEN, "f9 escape 5 plus", [AddAmount("5")]),
        (OPEN, "f3 k a f enter escape enter", [AddProduct("K1"), Charge("", CUSTOMER)]),
        (
            OPEN,
            "f5 escape escape enter",
            [SeekReceipt(wanted=True), SeekReceipt(wanted=False), Charge("", CUSTOMER)],
        ),
    ]
    async with till.screen(OPEN, "nb").run_test(size=SMALL) as pilot:
        for view, keys, given in bursts:
            await free(pilot, till, view)
            for key in keys.split():
                pilot.app.post_message(Key(key, key if len(key) == 1 else None))
            for _ in range(6):
                await pilot.pause()
            assert till.inputs == given, keys
