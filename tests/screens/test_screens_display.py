"""The customer's screen: what is sold, what to do, how it ended, in the customer's language."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from pos.commands.pictures import NOW_S, ORDER, VIEWS
from pos.language import Language
from pos.sale.sign import Sign, sign_of
from pos.sale.view import Verdict
from pos.screens.display import DisplayApp
from pos.screens.qr import QrCode, QrForm

pytestmark = pytest.mark.anyio

SMALL = (80, 24)


def screen(code: str = "nb", **more: Any) -> DisplayApp:
    """A display in a shop of this language."""
    more.setdefault("qr_form", QrForm.HALF)
    return DisplayApp(lambda each: Language(each, UTC), code, clock=lambda: NOW_S, **more)


async def text_of(pilot: Any, seen: Callable[[Any], str], sign: Sign | None) -> str:
    """What stands on the screen once the till told this."""
    pilot.app.show(sign)
    await pilot.pause()
    await pilot.pause()
    return seen(pilot.app)


async def test_it_waits_for_the_till(seen: Any) -> None:
    """Before the first sign, and when the till was closed."""
    async with screen("en").run_test(size=SMALL) as pilot:
        assert "waits for the till" in seen(pilot.app)
        assert "Welcome" in await text_of(pilot, seen, sign_of(VIEWS["ready"], "en"))
        assert "waits for the till" in await text_of(pilot, seen, None)
        assert "closed" in await text_of(pilot, seen, sign_of(VIEWS["stopped"], "en"))


async def test_it_shows_the_lines_as_they_come(seen: Any) -> None:
    """Before any discount, then the discount, then the tip."""
    async with screen().run_test(size=(100, 30)) as pilot:
        text = await text_of(pilot, seen, sign_of(VIEWS["order"], "nb"))
        for said in ("Kaffebaren Oslo", "2 × Kaffe", "84,00", "Rabatt", "-42,50", "Din bestilling"):
            assert said in text, said
        tipped = replace(VIEWS["scanning"], order=ORDER, tip=1000)
        text = await text_of(pilot, seen, sign_of(tipped, "nb"))
        assert "Tips" in text
        assert "hold den mot kameraet" in text


async def test_the_code_to_scan_is_whole(seen: Any) -> None:
    """With what is left of its time; where it has no room, a sentence says what to do."""
    sign = sign_of(replace(VIEWS["showing"], order=ORDER), "nb")
    async with screen().run_test(size=(100, 34)) as pilot:
        text = await text_of(pilot, seen, sign)
        assert pilot.app.screen.query_one(QrCode).region.area
        assert "2:41" in text
    async with screen("en").run_test(size=(60, 16)) as pilot:
        text = await text_of(pilot, seen, sign_of(VIEWS["showing"], "en"))
        assert not pilot.app.screen.query_one(QrCode).region.area
        assert "does not fit" in text


@pytest.mark.parametrize(
    ("wallet", "issuer", "thanks"),
    [
        ("Vipps", "", "Takk!"),
        ("ePassi", "", "Kiitos!"),
        ("AlipayCN", "", "谢谢"),
        ("", "281033", "谢谢"),
        ("", "alipay", "谢谢"),
        ("MobilePay", "", "Tak!"),
        ("Unheard", "", "Tack!"),
        ("", "", "Tack!"),
    ],
)
async def test_it_speaks_the_language_of_whoever_pays(
    seen: Any, wallet: str, issuer: str, thanks: str
) -> None:
    """By the wallet, or by its code before the wallet is known; else as the shop does."""
    view = replace(VIEWS["paid"], wallet=wallet, issuer=issuer)
    async with screen("sv").run_test(size=SMALL) as pilot:
        assert thanks in await text_of(pilot, seen, sign_of(view, "sv"))
        assert "Välkommen" in await text_of(pilot, seen, sign_of(VIEWS["ready"], "sv"))


async def test_it_never_says_paid_when_it_is_not(seen: Any) -> None:
    """Each verdict has its word, its sentence and its colour, and no reason of the wallet's."""
    async with screen("en").run_test(size=SMALL) as pilot:
        for verdict in Verdict:
            view = replace(VIEWS["declined"], verdict=verdict, wallet="")
            text = await text_of(pilot, seen, sign_of(view, "en"))
            thanks = Language("en").say("display.paid")
            assert (thanks in text) == (verdict is Verdict.PAID), verdict
            assert Language("en").say(f"display.{verdict}")[:20] in text
            assert pilot.app.screen.has_class(f"-{verdict}")
            assert "balance" not in text
            assert "could not cover" not in text
        assert "being cancelled" in await text_of(pilot, seen, sign_of(VIEWS["stopping"], "en"))
