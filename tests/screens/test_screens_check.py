"""What `pos check` finds, on the till's own screen: line by line, while the till goes on."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pos.commands.pictures import OFFICE_VIEWS
from pos.sale.view import Stage, Verdict
from pos.screens.app import PosApp
from pos.screens.examining import Found

READY = OFFICE_VIEWS["office"]
pytestmark = pytest.mark.anyio

LINES = [
    Found("ok", "disk", "12 GiB free"),
    Found("!", "temperature", "77 °C, warm", "Give the till more air, or a heat sink."),
    Found("FAULT", "journal", "Entry 7 is \x1b[31mmissing", "Keep the file.", grave=True),
]


async def opened(pilot: Any, app: PosApp, seen: Callable[[PosApp], str]) -> None:
    """By the office's menu, by word."""
    await pilot.press("f10", *"check", "enter")
    await pilot.pause()
    assert "Check the till" in seen(app)


async def test_the_lines_come_one_by_one_and_the_sum_at_the_end(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Each part as soon as it is known, its remedy under it, nothing that moves the cursor."""
    more = threading.Semaphore(0)

    def examine() -> Iterator[Found]:
        for line in LINES:
            assert more.acquire(timeout=30)
            yield line

    app = till.screen(READY, examine=examine)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app, seen)
        assert "Looking at every part" in seen(app)
        more.release()
        await pilot.pause(0.3)
        assert "12 GiB free" in seen(app)
        assert "77 °C" not in seen(app)
        more.release(2)
        await app.workers.wait_for_complete()
        await pilot.pause()
        shown = seen(app)
        assert "Give the till more air" in shown
        assert "Entry 7 is [31mmissing" in shown
        assert "Faults: 1. To look after: 1." in shown
        await pilot.press("escape")
        assert app.screen.id != "check"


async def test_it_makes_way_for_an_outcome_and_is_not_offered_where_nobody_examines(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """Money comes first; and a screen without a till behind it has nothing to check."""
    app = till.screen(READY, examine=lambda: iter(LINES))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app, seen)
        app.show(replace(READY, stage=Stage.OUTCOME, verdict=Verdict.PAID))
        await pilot.pause()
        assert app.screen.id != "check"
    app = till.screen(READY)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f10")
        await pilot.pause()
        assert "Check the till" not in seen(app)
