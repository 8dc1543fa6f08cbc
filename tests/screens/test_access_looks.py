"""Who sees little: contrast of every letter as it is drawn, and how large an amount really is.

Apart from the other looks because these are measured against standards, not against pictures.
"""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import pytest

from pos.commands.kiosk_pictures import NOW_S as VISIT_NOW_S
from pos.commands.kiosk_pictures import ORDER, TODAY, language_at
from pos.commands.kiosk_pictures import VIEWS as VISITS
from pos.commands.pictures import NOW_S, VIEWS
from pos.language import Language
from pos.sale.sign import sign_of
from pos.screens.display import DisplayApp
from pos.screens.kiosk.app import KioskApp
from pos.screens.kiosk.targets import Target
from pos.screens.palette import PAPER, PRINT, contrast
from pos.screens.panels import Big
from pos.screens.qr import QrForm

pytestmark = pytest.mark.anyio

EDGES = "▁▔▏▕▎▊"  # of keys, whose words say what they are
FLAGS = " ▁▂▃▄▅▆▇█▀"  # and the mountains above them
LEAST = 7.0  # WCAG 2.2, 1.4.6, level AAA; EN 301 549 asks 4.5 of text
SMALL, PANEL = (80, 24), (100, 30)


def faint(screen: Any, pictures: str = "") -> Iterator[str]:
    """What is drawn with less contrast than LEAST: letters, ink and ground. What consists of marks
    of `pictures` alone is no writing."""
    for strip in screen._compositor.render_strips():
        for segment in strip:
            text, style = segment.text.strip(), segment.style
            if (
                not text
                or set(text) <= set(EDGES + pictures)
                or style is None
                or style.color is None
                or style.bgcolor is None
            ):
                continue
            ink, ground = (
                f"#{''.join(f'{part:02x}' for part in each.get_truecolor())}"
                for each in (style.color, style.bgcolor)
            )
            if set(text) == {"▀"} and {ink, ground} <= {PAPER, PRINT}:
                continue  # a module of a QR code, white on white too
            if contrast(ink, ground) < LEAST:
                yield f"{text[:30]!r}: {ink} on {ground}, {contrast(ink, ground):.1f}"


async def test_every_letter_of_the_counter_has_high_contrast(till: Any) -> None:
    """In the theme for it, at every stage of a sale: 7:1 and more, as drawn."""
    async with till.screen(VIEWS["ready"], theme="contrast").run_test(size=SMALL) as pilot:
        for scene, view in VIEWS.items():
            pilot.app.show(view)
            await pilot.pause()
            assert list(faint(pilot.app.screen)) == [], scene


# What is touched on the way to each scene of a visit.
ON = ("language:en", "on", f"entry:{ORDER.entry_at}")
WAYS = {
    "free": (), "no-link": (), "closed": (), "barred": (), "chosen": ON[:1], "entry": ON[:2],
    "review": ON, "showing": ON[:1], "stopping": ON[:1], "paid": ON[:1], "declined": ON[:1],
}  # fmt: skip


@asynccontextmanager
async def visiting(scene: str, size: tuple[int, int]) -> AsyncIterator[KioskApp]:
    """The kiosk's screen at this scene, in the theme of high contrast."""
    view = VISITS.get(scene, VISITS["chosen"])
    first = VISITS["chosen"] if WAYS[scene] else view
    app = KioskApp(
        lambda _: True,
        "en",
        first,
        qr_form=QrForm.HALF,
        clock=lambda: VISIT_NOW_S,
        wall=lambda: TODAY,
        make=language_at,
        theme="contrast",
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for action in WAYS[scene]:
            app.visitors.choose(action)
        app.show(view)
        await pilot.pause()
        await pilot.pause()
        yield app


async def test_every_letter_of_the_kiosk_has_high_contrast() -> None:
    """The same for visitors: from the flags to the outcome, and out of order."""
    for scene in WAYS:
        async with visiting(scene, SMALL) as app:
            pictures = FLAGS if scene == "free" else ""
            assert list(faint(app.screen, pictures)) == [], scene


async def test_no_state_is_told_by_colour_alone(till: Any) -> None:
    """Without any colour every stage of a sale and of a visit reads differently, and what cannot
    be had now has a mark of its own."""
    seen: dict[str, str] = {}
    async with till.screen(VIEWS["ready"]).run_test(size=SMALL) as pilot:
        for view in VIEWS.values():
            pilot.app.show(view)
            await pilot.pause()
            seen[f"counter {view.stage} {view.verdict}"] = plain(pilot.app.screen)
    for scene in WAYS:
        async with visiting(scene, SMALL) as app:
            seen[f"kiosk {scene}"] = plain(app.screen)
            for target in app.screen.query(Target):
                if target.region.area and target.has_class("-off"):
                    assert f"({target.label})" in target.render().plain, (scene, target.action)
    assert len(set(seen.values())) == len(seen) >= 20
    assert "(−)" in seen["kiosk chosen"]


def plain(screen: Any) -> str:
    """What stands on a screen, without any colour."""
    strips = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_every_letter_of_the_customers_display_has_high_contrast() -> None:
    """And for the customer at a counter."""
    app = DisplayApp(
        lambda _: Language("en", UTC),
        "en",
        qr_form=QrForm.HALF,
        clock=lambda: NOW_S,
        theme="contrast",
    )
    async with app.run_test(size=SMALL) as pilot:
        for scene, view in VIEWS.items():
            app.show(sign_of(view, "en"))
            await pilot.pause()
            assert list(faint(app.screen)) == [], scene


# Active height in millimetres of the panels that fit a Pi: 7 inches of 800 x 480 (154 x 86 mm) and
# 10.1 inches of 1280 x 800 (217 x 136 mm).
PANEL_MM = {7.0: 86.0, 10.1: 136.0}
SEEN_FROM_MM = 2_000.0
# ISO 9241-303: letters of at least 16 minutes of arc are legible.
LEAST_ARC_MIN = 16.0
# EN 301 549, 5.1.4: 0.7 degrees, at the distance from which a kiosk is touched.
TOUCHED_FROM_MM, LEAST_DEGREES = 600.0, 0.7


@pytest.mark.parametrize("size", [SMALL, PANEL], ids=["80", "100"])
async def test_the_amount_is_read_from_two_metres(size: tuple[int, int]) -> None:
    """At the review, while paying, and at every outcome: large enough on the smallest panel."""
    line_mm = min(PANEL_MM.values()) / size[1]
    for scene, name in {
        "review": "visit-amount",
        "showing": "pay-amount",
        "paid": "end-amount",
        "declined": "end-amount",
    }.items():
        async with visiting(scene, size) as app:
            big = app.screen.query_one(f"#{name}", Big)
            assert big.region.area, scene
            digits_mm = inked_lines(app.screen, big) * line_mm
            seen = 2 * math.atan(digits_mm / 2 / SEEN_FROM_MM)
            assert math.degrees(seen) * 60 >= LEAST_ARC_MIN, (scene, digits_mm)
            near = 2 * math.atan(digits_mm / 2 / TOUCHED_FROM_MM)
            assert math.degrees(near) >= LEAST_DEGREES, (scene, digits_mm)


def inked_lines(screen: Any, big: Big) -> float:
    """How many lines of the screen the digits of an amount are high, to half a line."""
    region = big.region
    strips = list(screen._compositor.render_strips())[region.y : region.bottom]
    rows = []
    for strip in strips:
        text = "".join(segment.text for segment in strip.crop(region.x, region.right))
        rows += [any(mark in "█▀" for mark in text), any(mark in "█▄" for mark in text)]
    first, last = rows.index(True), len(rows) - 1 - rows[::-1].index(True)
    return (last - first + 1) / 2
