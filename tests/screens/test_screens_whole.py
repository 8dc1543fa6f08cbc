"""No word is cut off: every screen, in every language, at every size that it is made for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from itertools import count
from typing import Any

import pytest
from rich.cells import cell_len
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from pos.commands.pictures import NOW_S, ORDER, VIEWS
from pos.language import CODES, Language
from pos.sale.sign import sign_of
from pos.sale.view import View, notice
from pos.screens.display import DisplayApp
from pos.screens.panels import Key, Words
from pos.screens.qr import QrForm

# Counting lines would cost as much as drawing, and the keys' tests walk the same ones.
pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]

# Every language where room is scarcest; elsewhere those with the longest and the widest words.
CASES = [
    *((code, (80, 24)) for code in CODES),
    *((code, size) for code in ("fi", "zh") for size in ((100, 30), (120, 40))),
]
NAMES = [f"{code}-{columns}x{lines}" for code, (columns, lines) in CASES]
OVERLAYS = {
    "products": ("order", "f3"),
    "menu": ("order", "f9"),
    "discount": ("order", "f6"),
    "park": ("order", "f7"),
    "recall": ("parked", "f7"),
    "quantity": ("order", "asterisk"),
    "last sales": ("ready", "f5"),
    "receipt": ("receipt", "f11"),
    "refund": ("ready", "f5 r"),
    "goods": ("returns", "f5 r plus"),
    "pin": ("approval", "f5 r enter"),
}
# What is written by others than us, scrolls, or may end in an ellipsis by design.
_FREE = {"merchant", "basket-line", "keys", "report-text"}


def cut(screen: Any) -> Iterator[str]:
    """What of the shown texts has no room: outside its parent, or longer than its own lines."""
    whole = Region(0, 0, *screen.app.size)
    for widget in screen.query("Key, Words"):
        if not widget.region.area or widget.id in _FREE:
            continue
        holders = [whole, *(each.region for each in _over(widget))]
        if not all(holder.contains_region(widget.region) for holder in holders):
            yield f"{widget.id} lies outside what holds it"
        for line in _texts(widget):
            lines = _lines_needed(line, widget.content_size.width)
            if lines > widget.content_size.height:
                yield f"{widget.id or widget}: {line!r} needs {lines} lines"


def _over(widget: Widget) -> list[Widget]:
    """What holds the widget on its screen."""
    held = [each for each in widget.ancestors if isinstance(each, Widget)]
    return [each for each in held if each.region.area and not isinstance(each, Screen)]


def _texts(widget: Widget) -> list[str]:
    if isinstance(widget, Key):
        hint = f"\N{NO-BREAK SPACE} {widget.hint}" if widget.hint else ""
        return [widget.label + hint]
    assert isinstance(widget, Words)
    return [widget.text] if "\n" not in widget.text else []


def _lines_needed(text: str, width: int) -> int:
    """Lines that the words of `text` take when none of them is broken, as they are laid out."""
    lines, used = 1, 0
    for word in text.split(" "):
        long = cell_len(word)
        if used and used + 1 + long > width:
            lines, used = lines + 1, 0
        used += long + (1 if used else 0)
        while used > width > 0:  # Chinese is broken between any two letters
            lines, used = lines + 1, used - width
    return lines


@pytest.mark.parametrize(("code", "size"), CASES, ids=NAMES)
async def test_no_word_of_the_till_is_cut(till: Any, code: str, size: tuple[int, int]) -> None:
    """Every stage, and everything that is laid over the desk."""
    async with till.screen(VIEWS["ready"], code).run_test(size=size) as pilot:
        for scene, view in VIEWS.items():
            pilot.app.show(view)
            await pilot.pause()
            assert list(cut(pilot.app.screen)) == [], scene
        for name, (scene, keys) in OVERLAYS.items():
            pilot.app.show(VIEWS[scene])
            await pilot.pause()
            await pilot.press(*keys.split())
            await pilot.pause()
            assert len(pilot.app.screen_stack) == 1 + len(keys.replace("plus", "").split()), name
            assert list(cut(pilot.app.screen)) == [], name
            while len(pilot.app.screen_stack) > 1:
                await pilot.press("escape")


@pytest.mark.parametrize(("code", "size"), CASES, ids=NAMES)
async def test_no_word_of_the_display_is_cut(code: str, size: tuple[int, int]) -> None:
    """Every stage that a customer sees, with an order and without."""
    app = DisplayApp(lambda _: Language(code, UTC), code, qr_form=QrForm.HALF, clock=lambda: NOW_S)
    async with app.run_test(size=size) as pilot:
        for scene, view in VIEWS.items():
            shown: list[View] = [view, replace(view, order=ORDER)]
            for each in shown:
                app.show(sign_of(each, code))
                await pilot.pause()
                assert list(cut(app.screen)) == [], scene


NOTICES = (
    notice("code.used"),
    notice("halt.journal", sentence="The disk is full, " * 6),
    notice("order.no_product", product="1"),
    notice("halt.journal", sentence="The disk is full"),
)


async def test_whatever_is_said_next_has_its_room(till: Any, seen: Any) -> None:
    """A longer text makes room and a shorter one closes up, as if all were laid out anew."""
    said = (NOTICES[number % len(NOTICES)] for number in count())
    async with till.screen(VIEWS["ready"]).run_test(size=(80, 24)) as pilot:
        for scene in ("ready", "order", "paying", "stopping", "declined", "ready"):
            for _ in NOTICES:
                pilot.app.show(replace(VIEWS[scene], notice=next(said)))
                await pilot.pause()
                drawn = seen(pilot.app)
                for widget in pilot.app.screen.query("*"):
                    widget.refresh(layout=True)
                await pilot.pause()
                assert seen(pilot.app) == drawn, scene
