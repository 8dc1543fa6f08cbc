"""The camera's picture on the till's screen: drawn, outlined, in words, and gone in time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from hardware.aim import Hint
from pos.commands.pictures import VIEWS
from pos.language import CODES, Language
from pos.sale.glimpse import Glimpse
from pos.screens.app import PosApp
from pos.screens.palette import PAID_LIT, SEEN_LIT
from pos.screens.paying import Waiting
from pos.screens.preview import GREYS, Preview, drawn

SMALL, LARGE = (80, 24), (120, 40)
WIDTH, HEIGHT = 64, 36
# A bright square in the middle of a dark desk that grows lighter to the right.
LEVELS = bytes(
    235 if 22 <= x < 42 and 8 <= y < 28 else 30 + x for y in range(HEIGHT) for x in range(WIDTH)
)
OUTLINE = ((22, 8), (41, 8), (41, 27), (22, 27))
SEEN = Glimpse(WIDTH, HEIGHT, LEVELS, OUTLINE, hint="too_far")
READ = replace(SEEN, read=True, hint="")


def colours(app: PosApp) -> set[str]:
    """Every colour that the preview shows."""
    preview = app.screen.query_one(Preview)
    found = set()
    for line in range(preview.size.height):
        for segment in preview.render_line(line):
            if segment.style is not None and segment.style.color is not None:
                found.add(segment.style.color.name)
            if segment.style is not None and segment.style.bgcolor is not None:
                found.add(segment.style.bgcolor.name)
    return found


def test_the_picture_keeps_its_shape_at_any_size() -> None:
    """Bright stays in the middle, the outline around it, in as many pixels as there are."""
    for columns, rows in ((32, 18), (60, 34), (64, 36), (100, 50), (7, 4)):
        pixels = drawn(SEEN, columns, rows)
        assert (len(pixels), {len(row) for row in pixels}) == (rows, {columns})
        middle = pixels[rows // 2][columns // 2]
        assert middle == 235 * GREYS // 256 or columns < 10
        assert 0 <= pixels[0][0] < middle or columns < 10
        assert any(pixel < 0 for row in pixels for pixel in row)
        bright = {
            (x, y)
            for y, row in enumerate(drawn(replace(SEEN, outline=()), columns, rows))
            for x, grey in enumerate(row)
            if grey == 235 * GREYS // 256
        }
        edge = {(x, y) for y, row in enumerate(pixels) for x, grey in enumerate(row) if grey < 0}
        assert edge <= bright
        assert {x for x, _ in bright} == {x for x, _ in edge}
        assert {y for _, y in bright} == {y for _, y in edge}
    assert not any(p < 0 for row in drawn(replace(SEEN, outline=()), 32, 18) for p in row)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.anyio
async def test_what_the_camera_sees_is_shown_while_a_code_is_waited_for(
    till: Any, seen: Callable[[PosApp], str], size: tuple[int, int]
) -> None:
    """The picture takes the place of the drawn frame, its outline tells seen from read, and with
    the stage it goes."""
    app = till.screen(VIEWS["scanning"])
    async with app.run_test(size=size) as pilot:
        assert not app.screen.query_one("#wait-picture").display
        app.glimpse(SEEN)
        await pilot.pause()
        preview = app.screen.query_one("#wait-picture")
        assert preview.display
        assert not app.screen.query_one("#wait-finder").display
        assert SEEN_LIT in colours(app)
        assert PAID_LIT not in colours(app)
        assert "Too far. Hold it nearer." in seen(app)
        assert "129.00" in seen(app) or "▀" in seen(app)
        app.glimpse(READ)
        await pilot.pause()
        assert PAID_LIT in colours(app)
        assert "Too far" not in seen(app)
        app.show(VIEWS["paying"])
        await pilot.pause()
        assert not preview.display
        app.glimpse(SEEN)  # came late
        await pilot.pause()
        assert not preview.display
        assert "Too far" not in seen(app)


@pytest.mark.anyio
async def test_the_keys_stay_in_sight_beside_the_picture(
    till: Any, seen: Callable[[PosApp], str]
) -> None:
    """On the smallest usual terminal nothing of the wait is pushed off the screen."""
    app = till.screen(VIEWS["scanning"])
    async with app.run_test(size=SMALL) as pilot:
        app.glimpse(SEEN)
        await pilot.pause()
        await pilot.pause()
        waiting = app.screen.query_one(Waiting)
        for name in ("wait-title", "wait-amount", "wait-preview", "wait-progress", "wait-stop"):
            part = app.screen.query_one(f"#{name}")
            assert part.size.area, name
            assert waiting.region.contains_region(part.region), name
        assert "Esc" in seen(app)


@pytest.mark.anyio
async def test_a_hint_needs_no_picture(till: Any, seen: Callable[[PosApp], str]) -> None:
    """A kiosk is told the word alone, and keeps its drawn frame."""
    app = till.screen(VIEWS["scanning"])
    async with app.run_test(size=SMALL) as pilot:
        app.glimpse(Glimpse(hint="glare"))
        await pilot.pause()
        assert "Glare. Tilt it a little." in seen(app)
        assert not app.screen.query_one("#wait-picture").display
        assert app.screen.query_one("#wait-finder").display


@pytest.mark.anyio
async def test_the_bare_console_gets_the_picture_without_half_blocks(
    till: Any, seen: Callable[[PosApp], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fonts have none; a cell is a pixel there."""
    monkeypatch.setenv("TERM", "linux")
    app = till.screen(VIEWS["scanning"])
    async with app.run_test(size=SMALL) as pilot:
        app.glimpse(SEEN)
        await pilot.pause()
        assert SEEN_LIT in colours(app)
        preview = app.screen.query_one(Preview)
        assert {segment.text for segment in preview.render_line(3)} == {" "}


@pytest.mark.parametrize("code", CODES)
def test_every_hint_is_said_in_every_language_and_fits(code: str) -> None:
    """One line, short enough for the narrowest screen that the till is used on."""
    said = {Language(code).say(f"screen.aim_{hint}") for hint in Hint}
    assert len(said) == len(Hint)
    assert max(len(sentence) for sentence in said) <= 40


@pytest.mark.anyio
async def test_a_flood_of_glimpses_is_drawn_once(till: Any) -> None:
    """However many come before the screen has time, it draws the last."""
    app = till.screen(VIEWS["scanning"])
    async with app.run_test(size=SMALL) as pilot:
        shown: list[Glimpse] = []
        app.screen.query_one(Waiting).aim = shown.append
        for _ in range(500):
            app.glimpse(SEEN)
        app.glimpse(READ)
        await pilot.pause()
        assert shown == [READ]


@pytest.mark.parametrize("glimpse", [SEEN, READ], ids=["seen", "read"])
def test_looks_as_kept(till: Any, snap_compare: Any, glimpse: Glimpse) -> None:
    """The aim is the picture that was looked at and kept."""

    async def aim(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, PosApp)
        await pilot.pause()
        pilot.app.glimpse(glimpse)
        await pilot.pause()

    app = till.screen(VIEWS["scanning"])
    assert snap_compare(app, terminal_size=SMALL, run_before=aim)
