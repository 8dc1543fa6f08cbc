"""The merchant's code as a phone sees it: the rendered screen as pixels, decoded."""

from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
import zxingcpp
from pyzbar import pyzbar

from pos.commands.pictures import VIEWS
from pos.sale.office import Office
from pos.sale.remote import Helper, Remote
from pos.screens.app import PosApp
from pos.screens.qr import QUIET_MODULES, QrCode, QrForm, drawing

pytestmark = pytest.mark.anyio

CELL = (6, 12)  # pixels of a cell: twice as high as wide, as in a terminal

SHOWING = VIEWS["showing"]


def pixels(app: PosApp) -> np.ndarray:
    """The screen as luma: what the compositor gives a terminal, overlays included."""
    width, height = CELL
    rows = []
    for strip in app.screen._compositor.render_strips():
        upper: list[float] = []
        lower: list[float] = []
        for segment in strip:
            style = segment.style
            ground = luma(style.bgcolor if style else None)
            ink = luma(style.color if style else None)
            for mark in segment.text:
                upper.append(ink if mark in "▀█" else ground)
                lower.append(ink if mark in "▄█" else ground)
        rows += [upper] * (height // 2) + [lower] * (height // 2)
    picture = np.array(rows, dtype=np.uint8)
    return np.repeat(picture, width, axis=1)


def luma(colour: object) -> int:
    """A Rich colour as luma; the terminal's own colours count as mid grey."""
    triplet = getattr(colour, "triplet", None)
    if triplet is None:
        return 128
    return int(0.299 * triplet.red + 0.587 * triplet.green + 0.114 * triplet.blue)


def read(picture: np.ndarray) -> set[str]:
    """What each of two decoders reads; both must."""
    zxing = {found.text for found in zxingcpp.read_barcodes(picture)}
    zbar = {found.data.decode() for found in pyzbar.decode(picture)}
    assert zxing == zbar
    return zxing


@pytest.mark.parametrize(
    ("form", "size"),
    [(QrForm.HALF, (80, 24)), (QrForm.HALF, (120, 40)), (QrForm.SPACES, (130, 48))],
)
async def test_a_phone_reads_the_code_off_the_screen(
    till: Any, form: QrForm, size: tuple[int, int]
) -> None:
    """The code decodes to the very text in the View, in both forms, by two decoders."""
    app = till.screen(SHOWING, qr_form=form)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert read(pixels(app)) == {SHOWING.order_code}


async def test_a_code_that_ended_leaves_the_screen(till: Any) -> None:
    """As soon as the till no longer shows the code, nothing on the screen decodes."""
    app = till.screen(SHOWING)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert read(pixels(app))
        app.show(VIEWS["stopping"])
        await pilot.pause()
        assert not read(pixels(app))


async def test_a_code_that_does_not_fit_is_told_not_clipped(till: Any, seen: Any) -> None:
    """On a screen too small for it, a sentence stands where the code would be cut."""
    app = till.screen(SHOWING)
    async with app.run_test(size=(72, 20)) as pilot:
        await pilot.pause()
        assert "does not fit" in seen(app)
        assert not read(pixels(app))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.pause()
        assert "does not fit" not in seen(app)
        assert read(pixels(app)) == {SHOWING.order_code}


async def test_a_link_line_full_of_trouble_leaves_the_code_whole(till: Any) -> None:
    """Faults, notices and unfinished payments take no room from the code."""
    crowded = replace(
        SHOWING,
        notice=VIEWS["trouble"].notice,
        printer=VIEWS["trouble"].printer,
        unfinished=VIEWS["trouble"].unfinished,
    )
    app = till.screen(crowded)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert read(pixels(app)) == {SHOWING.order_code}


def test_every_drawing_keeps_its_quiet_zone() -> None:
    """Four light modules stand on each side, and digits never become a Micro QR."""
    plan = drawing("12345", 200, 100, QrForm.HALF)
    assert plan is not None
    rows = plan.modules
    edges = [*rows[:QUIET_MODULES], *rows[-QUIET_MODULES:]]
    assert not any(any(row) for row in edges)
    assert not any(any(row[:QUIET_MODULES] + row[-QUIET_MODULES:]) for row in rows)
    assert len(rows) == 21 + 2 * QUIET_MODULES


@pytest.mark.parametrize(
    ("terminal", "room", "form"),
    [
        ("foot", (120, 60), QrForm.HALF),
        ("xterm-256color", (120, 60), QrForm.SPACES),
        ("xterm-256color", (60, 30), QrForm.HALF),
        ("foot", (44, 22), None),
    ],
)
def test_the_form_suits_the_terminal_and_the_room(
    terminal: str, room: tuple[int, int], form: QrForm | None
) -> None:
    """Half blocks where the terminal draws them itself or nothing else fits; else spaces."""
    plan = drawing(SHOWING.order_code + "x" * 14, *room, environment={"TERM": terminal})
    assert (plan.form if plan else None) is form
    if plan is not None:
        assert plan.columns <= room[0]
        assert plan.lines <= room[1]


def test_a_drawing_has_no_ragged_row() -> None:
    """All rows of a drawing are equally long, so no column shifts."""
    plan = drawing(SHOWING.order_code, 200, 100, QrForm.SPACES)
    assert plan is not None
    assert len(list(groupby(len(row) for row in plan.modules))) == 1


def test_a_text_that_no_code_holds_is_not_drawn() -> None:
    """Whatever the switch sends as an order code, the screen stays up."""
    assert drawing("x" * 3_000, 500, 500) is None
    assert drawing("x" * 5_000, 500, 500) is None


@pytest.mark.anyio
async def test_a_code_is_whole_under_the_banner_of_a_helper(till: Any) -> None:
    """Where it just fits without the banner, a helper makes it go or shrink, never lose a row."""
    text, helper = "HTTPS://PAY.EXAMPLE/ORDER/0123456789", Office(remote=Remote(Helper("a", "Ola")))
    plan = drawing(text, 90, 60, QrForm.HALF)
    assert plan is not None
    shown = replace(VIEWS["showing"], order_code=text)
    app = till.screen(shown)
    async with app.run_test(size=(120, plan.lines)) as pilot:
        await pilot.pause()
        code = app.screen.query_one(QrCode)
        assert code.display
        app.show(replace(shown, office=helper))
        await pilot.pause()
        assert not code.display or code.region.bottom <= app.size.height
        assert app.screen.query_one("#helper-banner").region.height == 1
        app.show(shown)
        await pilot.pause()
        assert code.display
