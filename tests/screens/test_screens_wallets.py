"""What a wallet cannot do now, on the counter's screen, in every language.

Apart from the other faults because the switch tells it, and a customer asks for it by name.
"""

import asyncio
from dataclasses import replace

import pytest

from pos.commands.pictures import VIEWS
from pos.language import Language
from pos.sale.capability import Ability, Capability
from pos.sale.view import LinkState, notice
from pos.screens.panels import Faults, missing_text
from tests.screens.conftest import Till

GOOD = Ability(able=True, known_at=1.0)
GONE = Ability(able=False, reason=notice("offering.unreachable"), known_at=1.0)
WHOLE = Capability("Vipps", GOOD, GOOD, GOOD)
HALF = Capability("AlipayCN", GOOD, GONE, GONE)


@pytest.mark.parametrize("code", ["en", "nb", "fi", "sv", "da", "zh"])
def test_a_wallet_that_cannot_says_what_and_why(code: str) -> None:
    """By its name, with each thing that it cannot do and none that it can."""
    words = Language(code)
    said = missing_text(HALF, words)
    assert said.startswith("AlipayCN")
    assert words.say("offering.unreachable") in said
    for what, missing in (("scan", False), ("show", True), ("refund", True)):
        assert (words.say(f"offering.{what}") in said) == missing


def test_the_counter_shows_only_what_is_missing(till: Till) -> None:
    """Nothing of a wallet that can, nor of what nobody knows; without a link that is said alone."""
    view = replace(VIEWS["ready"], wallets=(WHOLE, HALF, Capability("ePassi")))

    async def look() -> None:
        app = till.screen(view)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            shown = str(app.screen.query_one(Faults).render())
            assert "AlipayCN" in shown
            assert "Vipps" not in shown
            assert "ePassi" not in shown
            app.show(replace(view, link=LinkState.DOWN))
            await pilot.pause()
            assert "AlipayCN" not in str(app.screen.query_one(Faults).render())

    asyncio.run(look())
