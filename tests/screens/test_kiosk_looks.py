"""How the kiosk looks, kept as pictures; no word of it is cut off; and its staff's menu."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pos.commands.kiosk_pictures import NOW_S, ORDER, TODAY, VIEWS, language_at
from pos.language import CODES
from pos.sale.input import Input
from pos.sale.view import View
from pos.screens.kiosk.app import KioskApp
from pos.screens.kiosk.targets import Target
from pos.screens.panels import Key
from pos.screens.qr import QrForm
from tests.screens.test_screens_whole import cut

pytestmark = pytest.mark.anyio

SMALL, PANEL = SIZES = (80, 24), (100, 30)
# What was touched on the way to each step.
WAYS = {
    "free": (),
    "no-link": (),
    "closed": (),
    "barred": (),
    "chosen": ("tickets",),
    "entry": ("tickets", "on"),
    "review": ("tickets", "on", f"entry:{ORDER.entry_at}"),
    "showing": ("tickets",),
    "stopping": ("tickets",),
    "paid": ("tickets",),
    "declined": ("tickets",),
}


class Shown:
    """A kiosk's screen without a till: Views go in by hand, Inputs are kept."""

    def __init__(self, scene: str, code: str, theme: str = "dark") -> None:
        self.inputs: list[Input] = []
        self.scene, self.code = scene, code
        first = VIEWS["chosen"] if WAYS[scene] else self.view
        self.app = KioskApp(
            self.put,
            "en",
            first,
            qr_form=QrForm.HALF,
            clock=lambda: NOW_S,
            wall=lambda: TODAY,
            make=language_at,
            theme=theme,
        )

    @property
    def view(self) -> View:
        """That of the scene."""
        return VIEWS.get(self.scene, VIEWS["chosen"])

    def put(self, given: Input) -> bool:
        """Keep it."""
        self.inputs.append(given)
        return True

    async def come(self, pilot: Any) -> None:
        """Touch the way to the scene."""
        await pilot.pause()
        for action in WAYS[self.scene]:
            self.app.visitors.choose(f"language:{self.code}" if action == "tickets" else action)
        self.app.show(self.view)
        await pilot.pause()
        await pilot.pause()


PICTURES = [
    *((scene, "en", SMALL) for scene in WAYS),
    *((scene, "zh", SMALL) for scene in ("chosen", "entry")),
    ("review", "fi", SMALL),
    *((scene, "zh", PANEL) for scene in ("showing", "chosen")),
    *((scene, "en", PANEL) for scene in ("free", "paid")),
    ("entry", "fi", PANEL),
]
NAMES = [f"{scene}-{code}-{size[0]}" for scene, code, size in PICTURES]


@pytest.mark.parametrize(("scene", "code", "size"), PICTURES, ids=NAMES)
def test_looks_as_kept(snap_compare: Any, scene: str, code: str, size: tuple[int, int]) -> None:
    """The picture of this step has not changed."""
    shown = Shown(scene, code)
    assert snap_compare(shown.app, terminal_size=size, run_before=shown.come)


async def scenes(code: str, size: tuple[int, int]) -> AsyncIterator[tuple[str, KioskApp]]:
    """Every step in turn, on one screen."""
    shown = Shown("free", code)
    async with shown.app.run_test(size=size) as pilot:
        for scene in WAYS:
            shown.app.show(VIEWS["chosen"])
            await pilot.pause()
            shown.app.visitors.choose("over")
            shown.scene = scene
            await shown.come(pilot)
            yield scene, shown.app


@pytest.mark.parametrize(
    ("code", "size"), [*((code, SMALL) for code in CODES), ("fi", PANEL), ("zh", PANEL)]
)
async def test_no_word_is_cut(code: str, size: tuple[int, int]) -> None:
    """Every step, in every language, on the smallest screen and on a touch panel."""
    async for scene, app in scenes(code, size):
        assert list(cut(app.screen)) == [], scene


@pytest.mark.parametrize("size", SIZES, ids=["80", "100"])
async def test_what_is_to_be_touched_is_large(size: tuple[int, int]) -> None:
    """Five lines and eight columns at least, but for the staff's clock; none lies over another."""
    async for scene, app in scenes("en", size):
        seen = [each for each in app.screen.query(Target) if each.region.area]
        for target in seen:
            lines = target.region.height + target.styles.margin.bottom
            assert (lines >= 5, target.region.width >= 8) == (True, True), (scene, target.action)
        for at, one in enumerate(seen):
            for other in seen[at + 1 :]:
                assert not one.region.overlaps(other.region), (scene, one.action, other.action)


async def test_the_outcome_says_how_it_ended_without_colour() -> None:
    """A word and a shape for each verdict, and the wallet's language beside the visitor's."""
    shown = Shown("paid", "en")
    async with shown.app.run_test(size=PANEL) as pilot:
        await shown.come(pilot)
        said = shown.app.screen.query_one("#end-wallet").text  # type: ignore[attr-defined]
        assert said.startswith("已付")


async def test_three_touches_on_the_clock_ask_the_staff_and_two_do_not() -> None:
    """Where there is no staff, nothing opens."""
    shown = Shown("free", "en")
    async with shown.app.run_test(size=SMALL) as pilot:
        await shown.come(pilot)
        for _ in range(3):
            shown.app.visitors.query_one("#kiosk-clock", Key).on_click()
            await pilot.pause()
        assert len(shown.app.screen_stack) == 1
