"""The back office's screens: who logs in and opens the shift, reports with charts, the journal.

Looks are kept as pictures beside the keys that lead to them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pos.commands.pictures import OFFICE_VIEWS
from pos.commands.pictures import VIEWS as DESK_VIEWS
from pos.language import CODES
from pos.sale.input import (
    CloseShift,
    Find,
    Leave,
    LogIn,
    LogOut,
    MakeReport,
    OpenShift,
    PrintReport,
    ShowShift,
    Train,
    Unlock,
)
from pos.sale.secret import Secret
from pos.sale.view import Stage, notice
from pos.screens.app import PosApp
from pos.screens.chart import Value, bars, columns
from pos.screens.panels import Key

pytestmark = pytest.mark.anyio

VIEWS = DESK_VIEWS | OFFICE_VIEWS
SIZES = ((80, 24), (100, 30), (120, 40))
SMALL = SIZES[0]

LOOKS = [
    *(("staff", (), code, SMALL) for code in ("en", "zh")),
    ("gate", (), "nb", SMALL),
    ("office", ("f10",), "fi", SMALL),
    ("training", (), "en", SMALL),
    *(("report", (), "en", size) for size in SIZES),
    ("report", ("plus",), "sv", SMALL),
    *(("journal", ("f10", "4"), "en", size) for size in SIZES),
    ("staff", (), "da", SIZES[1]),
    ("staff", (), "en", SIZES[2]),
]
NAMES = ["-".join((scene, *keys, code, str(size[0]))) for scene, keys, code, size in LOOKS]


@pytest.mark.parametrize(("scene", "keys", "code", "size"), LOOKS, ids=NAMES)
def test_the_office_looks_as_kept(
    till: Any,
    snap_compare: Any,
    scene: str,
    keys: tuple[str, ...],
    code: str,
    size: tuple[int, int],
) -> None:
    """The screen is the picture that was looked at and kept."""
    assert snap_compare(till.screen(VIEWS[scene], code), terminal_size=size, press=keys)


async def test_somebody_chooses_a_name_and_types_a_pin(till: Any) -> None:
    """By number on a numpad alone; the dots tell nobody which digits."""
    async with till.screen(VIEWS["staff"]).run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter", "9", "0", "7", "2", "1", "4", "enter")
        assert till.inputs == [LogIn("2", Secret("907214"))]


async def test_a_touch_on_a_name_asks_for_its_pin(till: Any) -> None:
    """A finger is enough: name, digits, OK."""
    async with till.screen(VIEWS["staff"]).run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.click("#staff-rows", offset=(8, 0))
        await pilot.pause()
        for digit in ("4", "0", "7", "1"):
            key = next(k for k in pilot.app.screen.query(Key) if k.action == f"pad:{digit}")
            await pilot.click(key)
        await pilot.click("#pin-do")
        assert till.inputs == [LogIn("1", Secret("4071"))]


async def test_nothing_else_is_reached_before_somebody_has_logged_in(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Not by Escape, nor by any key of the counter; a wrong PIN is told."""
    async with till.screen(VIEWS["staff"]).run_test(size=SMALL) as pilot:
        await pilot.press("escape", "f5", "f9", "f2", "f10", "slash")
        assert "Who are you?" in seen(pilot.app)
        assert till.inputs == []
        said = replace(VIEWS["staff"], notice=notice("staff.wrong_pin", left=4))
        pilot.app.show(said)
        await pilot.pause()
        assert "4 tries left" in seen(pilot.app)


async def test_the_shift_is_opened_before_the_counter_is_seen(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Enter opens it, Escape leaves; then the desk is there."""
    async with till.screen(VIEWS["gate"]).run_test(size=SMALL) as pilot:
        await pilot.press("enter", "escape")
        assert till.inputs == [OpenShift(), LogOut()]
        pilot.app.show(VIEWS["office"])
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1
        assert "Amount" in seen(pilot.app)


@pytest.mark.parametrize(
    ("keys", "given"),
    [
        (("1",), MakeReport()),
        (("2", "1"), CloseShift()),
        (("3", "1", "2", "enter"), ShowShift(12)),
        (("5",), Train(on=True)),
        (("6", "1"), Unlock("7")),
        (("7",), LogOut()),
    ],
)
async def test_the_office_is_a_list_to_pick_from(
    till: Any, keys: tuple[str, ...], given: object
) -> None:
    """F10 or the menu leads there; a Z report is asked twice, for it cannot be undone."""
    async with till.screen(VIEWS["office"]).run_test(size=SMALL) as pilot:
        await pilot.press("f10", *keys)
        assert till.inputs == [given]


async def test_closing_can_be_thought_better_of(till: Any) -> None:
    """No is the second choice, and Escape."""
    async with till.screen(VIEWS["office"]).run_test(size=SMALL) as pilot:
        await pilot.press("f10", "2", "2", "f10", "2", "escape")
        assert till.inputs == []


async def test_what_nobody_may_do_is_not_offered(till: Any, seen: Callable[[PosApp], str]) -> None:
    """A cashier sees neither training nor unlocking; a shop without staff no log-out."""
    office = VIEWS["office"].office
    cashier = replace(
        office, duties=frozenset(duty for duty in office.duties if duty in ("sell", "shift"))
    )
    async with till.screen(replace(VIEWS["office"], office=cashier)).run_test(size=SMALL) as pilot:
        await pilot.press("f10")
        shown = seen(pilot.app)
        assert "Close shift" in shown
        assert "training" not in shown
        assert "Unlock" not in shown


async def test_a_report_is_shown_as_soon_as_there_is_one_and_goes_with_its_key(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Print and back are Inputs; the till takes the report away."""
    async with till.screen(VIEWS["office"]).run_test(size=SMALL) as pilot:
        pilot.app.show(VIEWS["report"])
        await pilot.pause()
        assert "X report 1" in seen(pilot.app)
        await pilot.press("p", "escape")
        assert till.inputs == [PrintReport(), Leave()]
        pilot.app.show(VIEWS["office"])
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1


async def test_no_report_hides_how_a_sale_ended(till: Any) -> None:
    """A sale that ends meanwhile is seen at once."""
    report = VIEWS["report"].office
    async with till.screen(VIEWS["report"]).run_test(size=SMALL) as pilot:
        pilot.app.show(replace(VIEWS["paying"], office=report))
        await pilot.pause()
        pilot.app.show(replace(VIEWS["paid"], stage=Stage.OUTCOME, office=report))
        await pilot.pause()
        assert [screen.id for screen in pilot.app.screen_stack if screen.id == "report"] == []


async def test_the_journal_is_searched_as_one_types(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Letters, digits and the keypad; the answer comes from the till."""
    async with till.screen(VIEWS["journal"]).run_test(size=SMALL) as pilot:
        await pilot.press("f10", "4", "k", "a", "backspace", "escape")
        assert till.inputs == [Find(""), Find("k"), Find("ka"), Find("k"), Leave()]
        await pilot.press("f10", "4")
        pilot.app.show(replace(VIEWS["journal"], office=replace(VIEWS["office"].office, found=())))
        await pilot.pause()
        assert "Nothing like this" in seen(pilot.app)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("scene", ["staff", "gate", "report", "journal"])
async def test_no_word_of_the_office_is_cut_off_in_any_language(
    till: Any, seen: Callable[[PosApp], str], code: str, scene: str
) -> None:
    """On the smallest screen every key has room for its name, and no line ends in dots."""
    async with till.screen(VIEWS[scene], code).run_test(size=SMALL) as pilot:
        if scene == "journal":
            await pilot.press("f10", "4")
        for key in pilot.app.screen.query(Key):
            if key.region.width:
                assert key.render().cell_length <= key.content_size.width, key.label
        if scene == "report":
            assert "…" not in seen(pilot.app)


def test_columns_stand_in_proportion_over_their_hours() -> None:
    """The highest is whole, half of it is half, nothing is nothing, and a loss is nothing too."""
    drawn = columns([Value("08", 400), Value("09", 200), Value("10", 0), Value("11", -50)], 12, 2)
    assert drawn == ["██", "██ ██", "08 09 10 11"]
    assert columns([], 30, 5) == []


def test_where_there_is_little_room_columns_are_narrow() -> None:
    """Every other hour is named, and none is left out."""
    drawn = columns([Value(f"{hour:02}", 1) for hour in range(8)], 16, 1)
    assert drawn == ["█ █ █ █ █ █ █ █", "00  02  04  06"]
    assert columns([Value("00", 1)] * 8, 15, 1) == []


def test_bars_are_drawn_in_eighths() -> None:
    """A quarter of ten columns is two and a half."""
    drawn = bars([Value("Vipps", 400, "4.00"), Value("ePassi", 100, "1.00")], 10)
    assert drawn == ["Vipps 4.00", "██████████", "ePas… 1.00", "██▌"]
