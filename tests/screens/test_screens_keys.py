"""Keys, clicks and touches become exactly the Inputs that they should, and nothing else."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from pos.commands.pictures import FREE, RECENT, UNFINISHED, VIEWS
from pos.sale.input import AskAgain, Charge, GiveBack, Next, Presenting, Stop
from pos.sale.view import Action, LinkState, Stage, View, notice
from pos.screens.app import PosApp
from pos.screens.picking import PickScreen
from pos.screens.refund import RefundScreen
from pos.screens.review import ReviewScreen

pytestmark = pytest.mark.anyio

READY, PAID = VIEWS["ready"], VIEWS["paid"]
SMALL = (80, 24)


TYPED = [
    ("1 2 9 enter", Charge("129", Presenting.CUSTOMER)),
    ("1 2 9 f1", Charge("129", Presenting.CUSTOMER)),
    ("1 2 9 s", Charge("129", Presenting.CUSTOMER)),
    ("1 2 9 comma 5 f2", Charge("129,5", Presenting.MERCHANT)),
    ("1 2 9 full_stop 5 0 q", Charge("129,50", Presenting.MERCHANT)),
    ("1 2 3 backspace enter", Charge("12", Presenting.CUSTOMER)),
    ("9 9 escape 5 enter", Charge("5", Presenting.CUSTOMER)),
    ("9 9 delete 5 enter", Charge("5", Presenting.CUSTOMER)),
    ("enter", Charge("", Presenting.CUSTOMER)),
    ("1 comma 2 3 4 5 enter", Charge("1,2345", Presenting.CUSTOMER)),
]


async def test_an_amount_is_keyed_and_charged(till: Any) -> None:
    """The digits go to the till as they were typed; the till alone judges them."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        for keys, given in TYPED:
            till.inputs.clear()
            await pilot.press("escape", *keys.split())
            assert till.inputs == [given], keys


async def test_an_amount_is_keyed_by_touch(till: Any) -> None:
    """Every key of the pad can be clicked, and is large enough for a finger."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        pad = {key.action: key for key in pilot.app.screen.query("#ready .pad-key")}
        assert len(pad) == 12
        for key in pilot.app.screen.query("#ready Key"):
            if not key.region.area:  # only beside an order, or on a low screen
                continue
            assert key.region.width >= 9
            assert key.region.height >= 3
        for digit in ("1", "2", ",", "5", "back", "0"):
            await pilot.click(pad[f"pad:{digit}"])
        await pilot.click("#ready-show")
        assert till.inputs == [Charge("12,0", Presenting.MERCHANT)]


WAYS_OUT = [
    ("scanning", "escape", Stop("a0")),
    ("paying", "escape", Stop("a0")),
    ("showing", "escape", Stop("a0")),
    ("stopping", "f4", Next()),
    ("stopping", "a", Next()),
    ("paid", "enter", Next()),
    ("declined", "escape", Next()),
    ("cancelled", "f4", Next()),
]


async def test_each_stage_has_its_way_out(till: Any) -> None:
    """One key leaves the stage, by the Input that the till expects there."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        for scene, key, given in WAYS_OUT:
            pilot.app.show(VIEWS[scene])
            await pilot.pause()
            await pilot.press(key)
            assert till.inputs.pop() == given, scene
            assert till.inputs == []


async def test_keys_that_do_not_fit_do_nothing(till: Any) -> None:
    """Digits, Enter and F2 in the middle of a payment reach nobody."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        for scene in ("scanning", "paying", "showing", "stopping", "stopped"):
            pilot.app.show(VIEWS[scene])
            await pilot.pause()
            await pilot.press("1", "enter", "f1", "f2", "q", "s", "backspace")
            assert till.inputs == [], scene


async def test_what_the_till_does_not_offer_is_not_asked_for(till: Any, seen: Any) -> None:
    """Without a camera Enter says so; without any action on offer no key asks for a sale."""
    blind = replace(READY, actions=FREE - {Action.SCAN})
    async with till.screen(blind).run_test(size=SMALL) as pilot:
        await pilot.press("5", "enter")
        assert till.inputs == []
        assert "no camera" in seen(pilot.app)
        pilot.app.show(replace(READY, actions=frozenset()))
        await pilot.pause()
        await pilot.press("enter", "f2", "escape", "f4")
        assert till.inputs == []


async def test_typing_begins_the_next_sale(till: Any, seen: Any) -> None:
    """Digits on an outcome free the desk, stay typed, and can be charged without waiting."""
    async with till.screen(PAID).run_test(size=SMALL) as pilot:
        await pilot.press("7", "5", "enter")
        assert till.inputs[0] == Next()
        assert till.inputs[-1] == Charge("75", Presenting.CUSTOMER)
        pilot.app.show(READY)
        await pilot.pause()
        await pilot.press("comma", "2", "f2")
        assert till.inputs[-1] == Charge("75,2", Presenting.MERCHANT)


async def test_digits_go_when_the_sale_begins_and_stay_when_it_is_refused(till: Any) -> None:
    """A refused amount can be corrected; a charged one is not charged to the next customer."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("1", "2", "3")
        pilot.app.show(replace(READY, notice=notice("amount.unreadable")))
        await pilot.pause()
        await pilot.press("4", "enter")
        assert till.inputs[-1] == Charge("1234", Presenting.CUSTOMER)
        pilot.app.show(VIEWS["scanning"])
        pilot.app.show(READY)
        await pilot.pause()
        await pilot.press("8", "enter")
        assert till.inputs[-1] == Charge("8", Presenting.CUSTOMER)


async def test_a_busy_till_is_told(till: Any, seen: Any) -> None:
    """When the till cannot take the key now, the screen says so instead of pretending."""
    till.takes = False
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("5", "enter")
        assert "press again" in seen(pilot.app)


@pytest.mark.parametrize("scene", ["scanning", "paying", "showing", "stopping"])
async def test_the_till_does_not_close_over_a_payment(till: Any, scene: str) -> None:
    """Ctrl+Q with a payment on the desk says why not; Ctrl+C never closes anything."""
    async with till.screen(VIEWS[scene]).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "ctrl+q")
        await pilot.pause()
        assert pilot.app.is_running
        assert "on the desk" in str(pilot.app.screen.query_one("#notice").content)
        await pilot.press("ctrl+c")
        assert pilot.app.is_running
        pilot.app.show(READY)
        await pilot.pause()
        await pilot.press("ctrl+c")
        assert pilot.app.is_running
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert not pilot.app.is_running


async def test_the_palettes_key_opens_the_menu_of_the_till(till: Any, seen: Any) -> None:
    """Textual's own palette, which could end the application, is out of reach."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+p")
        assert isinstance(pilot.app.screen, PickScreen)
        await pilot.press("ctrl+p")
        assert len(pilot.app.screen_stack) == 2


async def test_asking_again_names_the_chosen_sale(till: Any) -> None:
    """Unfinished payments come first; arrows choose; A and Enter ask for that very sale."""
    view = replace(READY, unfinished=UNFINISHED)
    async with till.screen(view).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "a", "down", "down", "enter", "escape")
        assert till.asked == [AskAgain("u1"), AskAgain("a2")]
        assert len(pilot.app.screen_stack) == 1


async def test_a_sale_is_given_back_in_part_or_whole(till: Any) -> None:
    """Digits refund so much; Enter without digits refunds all that is left."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "r", "2", "0", "comma", "5", "enter")
        assert till.asked == [GiveBack("a1", "20,5")]
        assert isinstance(pilot.app.screen, ReviewScreen)
        await pilot.press("down", "down", "r", "enter")
        assert till.asked[1:] == [GiveBack("a3", "")]
        await pilot.press("r", "9", "escape", "escape", "f5")
        assert len(till.asked) == 2


async def test_only_a_paid_sale_is_given_back(till: Any) -> None:
    """R does nothing on a sale with nothing left, nor where the mode gives nothing back."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "down", "r", "enter")
        assert not isinstance(pilot.app.screen, RefundScreen)
        pilot.app.show(replace(READY, actions=FREE - {Action.REFUND}))
        await pilot.pause()
        await pilot.press("up", "r")
        assert isinstance(pilot.app.screen, ReviewScreen)
    assert not any(isinstance(given, GiveBack) for given in till.inputs)


async def test_a_choice_stays_on_its_sale_when_the_list_moves(till: Any) -> None:
    """A new sale on top does not slide another sale under the finger."""
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        await pilot.press("f5", "down", "down")
        newer = replace(RECENT[0], request_id="b1")
        pilot.app.show(replace(READY, recent=(newer, *RECENT)))
        await pilot.pause()
        await pilot.press("a")
        assert till.asked == [AskAgain("a3")]


async def test_an_outcome_is_never_hidden(till: Any, seen: Any) -> None:
    """The list and the refund make way when a sale on the desk ends."""
    async with till.screen(VIEWS["paying"]).run_test(size=SMALL) as pilot:
        pilot.app.show(replace(VIEWS["paying"], actions=FREE))
        await pilot.press("f5", "r")
        assert isinstance(pilot.app.screen, RefundScreen)
        pilot.app.show(PAID)
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1
        assert "customer charged" in seen(pilot.app)


async def test_the_wait_counts_and_warns(till: Any, seen: Any) -> None:
    """Elapsed seconds are shown, and from 15 s on a warning not to scan again."""
    view = VIEWS["paying"]
    till.now_s = view.stage_since_s + 14.4
    async with till.screen(view).run_test(size=SMALL) as pilot:
        assert "0:14" in seen(pilot.app)
        assert "Do not scan again" not in seen(pilot.app)
        till.now_s = view.stage_since_s + 65
        pilot.app.show(replace(view, notice=None))
        await pilot.pause()
        assert "1:05" in seen(pilot.app)
        assert "Do not scan again" in seen(pilot.app)


async def test_unfinished_payments_stay_in_sight(till: Any) -> None:
    """Whatever the desk does, the strip stands whole, and a call for a person stands out."""
    late = replace(UNFINISHED[0], needs_person=True)
    many = (*(replace(late, request_id=f"u{n}", needs_person=False) for n in range(3)), late)
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        for scene, view in VIEWS.items():
            pilot.app.show(replace(view, unfinished=many))
            await pilot.pause()
            strip = pilot.app.screen.query_one("#unfinished")
            first, second = str(strip.content).replace("\xa0", " ").splitlines()
            assert first.startswith("!! Call support: 250.00 NOK"), scene
            assert second.endswith("and 2 more"), scene
            assert strip.has_class("-person")
            assert strip.region.bottom < SMALL[1], scene
            text = first + second
            assert strip.region.height * (strip.region.width - 2) >= len(text), scene


@pytest.mark.parametrize("size", [(80, 24), (72, 20), (120, 40)])
async def test_every_key_on_show_is_whole(till: Any, size: tuple[int, int]) -> None:
    """No key is cut off by the edge of the screen or by what lies under it."""
    async with till.screen(READY, "nb").run_test(size=size) as pilot:
        for scene, view in VIEWS.items():
            pilot.app.show(view)
            await pilot.pause()
            shown = [key for key in pilot.app.screen.query("Key") if key.region.area]
            assert shown or scene == "stopped", scene
            for key in shown:
                assert key.region.height >= 3, (scene, key.action)
                assert key.region.width >= 9, (scene, key.action)
                for around in key.ancestors_with_self[1:-1]:
                    if around.region.area:
                        assert around.region.contains_region(key.region), (scene, key.action)


async def test_each_link_state_has_its_own_shape(till: Any, seen: Any) -> None:
    """The state of the link is told by shape and word, not by colour alone."""
    marks = {
        LinkState.UNKNOWN: "○ Connecting",
        LinkState.UP: "● Connected",
        LinkState.DOWN: "× No link",
        LinkState.DISTRUSTED: "! Not trusted",
    }
    async with till.screen(READY).run_test(size=SMALL) as pilot:
        for link in LinkState:
            pilot.app.show(replace(READY, link=link))
            await pilot.pause()
            assert marks[link] in seen(pilot.app).splitlines()[0]


async def test_views_come_from_any_thread_and_the_opening_is_told_once(till: Any) -> None:
    """`opened` runs when the screen is up; `show` works from a thread, and not after the end."""
    opened: list[PosApp] = []
    app = till.screen(View(Stage.READY, "NOK", "Shop"), opened=opened.append)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert opened == [app]
        answers: list[bool] = []
        thread = threading.Thread(target=lambda: answers.append(app.show(PAID)))
        thread.start()
        thread.join()
        await pilot.pause()
        assert answers == [True]
        assert app.shown == PAID
    assert app.show(READY) is False


async def test_no_escape_sequence_reaches_the_terminal(till: Any, seen: Any) -> None:
    """Names and codes from the other end are shown as plain text, markup and all."""
    nasty = "\x1b[2J\x07[bold]x[/]\u202e\ud800"
    rows = (replace(RECENT[0], wallet=nasty), replace(RECENT[1], result_code=nasty))
    view = replace(
        PAID,
        merchant_name=nasty,
        wallet=nasty,
        rate=nasty,
        reason=notice("reason.other", code=nasty),
        notice=notice("printer.trouble", sentence=nasty),
        recent=rows,
    )
    async with till.screen(view).run_test(size=SMALL) as pilot:
        await pilot.pause()
        for keys in ((), ("f5",), ("r",)):
            await pilot.press(*keys)
            text = seen(pilot.app)
            assert "[2J[bold]x[/]" in text
            assert not any(mark in text for mark in "\x1b\x07\u202e\ud800")
