"""What a helper gets of the screen: all but codes, pictures and PINs; and no key of a PIN."""

import re
from typing import Any

import pytest

from pos.commands.pictures import OFFICE_VIEWS, VIEWS
from pos.sale.glimpse import Glimpse
from pos.screens.mirror import Typed, drawn
from pos.screens.pin import PinScreen
from pos.screens.preview import Preview

pytestmark = pytest.mark.anyio

SIZE = (100, 30)


def text(app: Any) -> list[str]:
    """The rows, without their colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in drawn(app)]


async def test_a_mirror_is_the_screen_row_by_row(till: Any, seen: Any) -> None:
    """As many rows and columns, the same letters, with the screens that shine through."""
    app = till.screen(VIEWS["ready"])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "\n".join(text(app)) == seen(app)
        await pilot.press("f9")
        await pilot.pause()
        assert len(text(app)) == SIZE[1]
        assert any("Last sales" in row for row in text(app))


async def test_the_picture_of_the_camera_is_covered(till: Any) -> None:
    """It shows the customer's code, large enough to be read."""
    app = till.screen(VIEWS["scanning"])
    levels = bytes(range(240)) * 160
    async with app.run_test(size=(140, 44)) as pilot:
        app.glimpse(Glimpse(width=240, height=160, levels=levels))
        await pilot.pause()
        preview = app.screen.query_one(Preview)
        assert preview.region.area
        for row in text(app)[preview.region.y : preview.region.bottom]:
            assert set(row[preview.region.x : preview.region.right]) == {"▒"}


async def test_a_pin_is_neither_seen_nor_typed_from_afar(till: Any) -> None:
    """Not even how long it is, nor which key was touched; the shop types it as ever."""
    app = till.screen(OFFICE_VIEWS["staff"])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PinScreen)
        before = text(app)
        await pilot.press("9", "0")
        await pilot.pause()
        assert text(app) == before
        app.post_message(Typed(b"7214\r"))
        await pilot.pause()
        assert till.inputs == []
        await pilot.press("7", "2", "1", "4", "enter")
        assert len(till.inputs) == 1


async def test_keys_from_afar_are_keys_where_no_pin_is_asked_for(till: Any) -> None:
    """Letters, function keys and a lone Escape, as a terminal sends them."""
    app = till.screen(VIEWS["ready"])
    async with app.run_test(size=SIZE) as pilot:
        for sent in (b"45,50", b"\x1bOQ"):
            app.post_message(Typed(sent))
        await pilot.pause(0.2)
        assert [type(each).__name__ for each in till.asked] == ["Charge"]
        assert till.asked[0].typed == "45,50"
