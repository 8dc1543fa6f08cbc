"""At the counter: what other tills want is in sight, and answered by key or by touch."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pos.commands.pictures import VIEWS, WANTED
from pos.sale.assistance import AnswerHelp, Cause, HelpAsked, HelpDesk
from pos.sale.view import notice
from pos.screens.app import PosApp
from pos.screens.help import HelpWanted

pytestmark = pytest.mark.anyio

HELPING = VIEWS["helping"]
SMALL = (80, 24)
ANSWERS = [
    ("h 1", AnswerHelp("h1", approved=True)),
    ("h 2", AnswerHelp("h1", approved=False)),
    ("h down down enter", AnswerHelp("h2", approved=True)),
    ("h 4", AnswerHelp("h2", approved=False)),
]


async def test_each_request_is_answered_by_its_own_key(till: Any) -> None:
    """H opens the list of both answers to each; Esc, or nothing wanted, answers nothing."""
    async with till.screen(HELPING).run_test(size=SMALL) as pilot:
        for keys, given in ANSWERS:
            till.inputs.clear()
            await pilot.press(*keys.split())
            await pilot.pause()
            assert till.asked == [given], keys
        till.inputs.clear()
        await pilot.press("h", "escape")
        pilot.app.show(replace(HELPING, help=HelpDesk()))
        await pilot.pause()
        await pilot.press("h", "1", "escape")
        assert till.asked == []


async def test_a_touch_on_the_line_opens_the_answers(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """What is seen is what is pressed."""
    async with till.screen(HELPING, "nb").run_test(size=SMALL) as pilot:
        assert "S01: Pils 0,4 l, legitimasjon 18 år" in seen(pilot.app)
        assert "og 1 til" in seen(pilot.app)
        await pilot.click(HelpWanted)
        await pilot.pause()
        assert "Godkjenn" in seen(pilot.app)
        assert "Jeg kommer" in seen(pilot.app)


@pytest.mark.parametrize("cause", Cause)
async def test_every_cause_is_told_and_goes_away(
    till: Any, seen: Callable[[PosApp], str], cause: Cause
) -> None:
    """In words, with the till that wants somebody; nothing is left of it when it is over."""
    wanted = HelpAsked("h1", "S[b]07", cause, "[red]Pils", 18, 1.0)
    async with till.screen(VIEWS["scanning"]).run_test(size=SMALL) as pilot:
        pilot.app.show(replace(VIEWS["scanning"], help=HelpDesk(wanted=(wanted,))))
        await pilot.pause()
        assert "S[b]07" in seen(pilot.app), "as it is spelled, never as markup"
        pilot.app.show(VIEWS["scanning"])
        await pilot.pause()
        assert "S[b]07" not in seen(pilot.app)


async def test_a_till_that_has_stopped_still_answers(till: Any) -> None:
    """It sells nothing, but somebody stands at it; the engine says whether it still may."""
    stopped = replace(HELPING, stopped=notice("halt.journal", sentence="x"))
    async with till.screen(stopped).run_test(size=SMALL) as pilot:
        await pilot.press("h", "1")
        await pilot.pause()
        assert till.asked == [AnswerHelp(WANTED[0].help_id, approved=True)]
