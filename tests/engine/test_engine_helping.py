"""Help at the engine: what a till without staff asks, who may answer, and what both write down."""

from dataclasses import replace
from typing import Any

import pytest

from pos.sale.assistance import AnswerHelp, Cause, HelpAnswered, HelpAsked, HelpHeard, HelpTold
from pos.sale.code import BADGE_PREFIX
from pos.sale.input import (
    AddProduct,
    CallHelp,
    CameraSays,
    Charge,
    Drop,
    MoreOf,
    Presenting,
    PrinterSays,
    Scanned,
)
from pos.sale.mode import CHECKOUT
from pos.sale.secret import Secret
from pos.sale.view import Stage, Verdict, notice
from tests.engine.conftest import Shop, said
from tests.engine.crew import KARI, OLA, Crew, hired
from tests.engine.test_engine_orders import shelf_of

PAY = Charge("", Presenting.CUSTOMER)
ASKED = HelpAsked("h1", "S01", Cause.AGE, "Pils", 18, 1.0)
CALL = HelpAsked("h2", "S01", Cause.CALL, "", 0, 2.0)


@pytest.fixture
def checkout(shop: Shop, crew: Crew) -> Shop:
    """A till where customers serve themselves, with staff who carry badges."""
    shop.start(mode=CHECKOUT, shelf=shelf_of(shop.folder), staff=crew.roster)
    return shop


@pytest.fixture
def crew(shop: Shop) -> Crew:
    """Staff at work at a counter."""
    made = hired(shop.folder)
    shop.start(staff=made.roster)
    return made


def asked(shop: Shop) -> HelpAsked:
    """The one thing that the till asks."""
    (only,) = shop.view.help.asked
    return only


def told(shop: Shop, *, approved: bool, help_id: str = "") -> None:
    """A counter answers."""
    answer = HelpAnswered(help_id or asked(shop).help_id, "T02", approved, "2", 5.0)
    shop.engine.handle(HelpTold(answer))


def kinds(shop: Shop, since: int = 0) -> list[str]:
    """What was written of help after entry `since`."""
    return [kind for kind in shop.kinds(since) if kind.startswith("Help")]


def put(shop: Shop, *inputs: Any) -> None:
    """Hand these in."""
    for each in inputs:
        shop.engine.handle(each)


def test_goods_for_adults_ask_and_are_paid_once_it_is_approved(checkout: Shop) -> None:
    """Asked once however many there are; nothing is paid before; the age is with the order."""
    put(checkout, AddProduct("K1"), AddProduct("P1"), AddProduct("P1"))
    assert checkout.view.help.heard is None
    wanted = asked(checkout)
    assert (wanted.terminal, wanted.cause, wanted.text, wanted.age) == (
        "T01",
        Cause.AGE,
        "Pils",
        18,
    )
    put(checkout, PAY)
    assert checkout.view.stage is Stage.READY
    assert said(checkout.view.notice)[0] == "age.wait"
    told(checkout, approved=True)
    assert checkout.view.help.asked == ()
    assert checkout.view.help.heard is not None
    put(checkout, PAY)
    checkout.scan(checkout.code())
    assert checkout.view.verdict is Verdict.PAID
    assert kinds(checkout) == ["HelpAsked", "HelpAnswered"]
    (placed,) = [body for kind, body in checkout.all_entries() if kind == "OrderPlaced"]
    assert placed["order"]["age_checked"] == 18
    (answered,) = [body for kind, body in checkout.entries() if kind == "HelpAnswered"]
    assert (answered["staff_id"], answered["terminal"]) == ("2", "T02")


def test_a_refusal_takes_the_goods_off_and_leaves_the_rest(checkout: Shop) -> None:
    """The customer pays for the others; an order of nothing else is given up, and counted so."""
    put(checkout, AddProduct("K1"), AddProduct("P1"))
    told(checkout, approved=False)
    assert checkout.view.order is not None
    assert [line.text for line in checkout.view.order.lines] == ["Kaffe"]
    assert checkout.view.help.asked == ()
    put(checkout, Drop(), AddProduct("P1"))
    told(checkout, approved=False)
    assert checkout.view.order is None
    dropped = [body for kind, body in checkout.all_entries() if kind == "OrderDropped"]
    assert [len(each["order"]["lines"]) for each in dropped] == [1, 1]


def test_what_is_no_longer_needed_is_no_longer_asked(checkout: Shop) -> None:
    """The customer takes the article off, or walks away; a late answer then changes nothing."""
    put(checkout, AddProduct("P1"))
    first = asked(checkout).help_id
    put(checkout, MoreOf(0, -1))
    assert checkout.view.help.asked == ()
    assert kinds(checkout) == ["HelpAsked", "HelpEnded"]
    put(checkout, AddProduct("P1"))
    assert asked(checkout).help_id != first
    told(checkout, approved=True, help_id=first)
    assert len(checkout.view.help.asked) == 1, "the old answer is not for this order"
    put(checkout, PAY)
    assert checkout.view.stage is Stage.READY
    checkout.go_on(299.0)
    assert checkout.view.order is not None, "whoever waits for the staff is not hurried"
    checkout.go_on(10.0)
    assert checkout.view.order is None
    assert checkout.view.help.asked == ()


def test_a_badge_answers_where_the_link_is_down(checkout: Shop, crew: Crew) -> None:
    """Read by the customers' own camera; nobody stays logged in by it, a stranger's is none."""
    put(checkout, AddProduct("P1"), CallHelp())
    put(checkout, Scanned(Secret(BADGE_PREFIX + "A" * 28), "QR"))
    assert said(checkout.view.notice)[0] == "staff.unknown_badge"
    assert len(checkout.view.help.asked) == 2
    put(checkout, Scanned(Secret(crew.badge), "MicroQR"), Scanned(Secret("4006381333931"), "EAN13"))
    assert checkout.view.notice is None, "a product is added without a word"
    assert len(checkout.view.help.asked) == 2, "neither is a badge"
    put(checkout, Scanned(Secret(crew.badge), "QR"))
    assert checkout.view.help.asked == ()
    assert not checkout.view.papers.help_wanted
    assert checkout.view.office.present is None
    assert checkout.view.order is not None
    assert checkout.view.order.age_unproven == 0
    answers = [body for kind, body in checkout.entries() if kind == "HelpAnswered"]
    assert {(each["terminal"], each["staff_id"]) for each in answers} == {("T01", "2")}
    assert {(each["approved"], each["at"]) for each in answers} == {(True, checkout.wall_s())}
    put(checkout, Scanned(Secret(crew.badge), "QR"))
    assert checkout.view.office.present is not None, "nothing is asked: it is a log-in"


def test_troubles_call_until_they_are_over_or_answered(checkout: Shop) -> None:
    """The button, the camera, the printer: one request each; answered, none asks a second time
    for the same trouble, and a new one does."""
    put(checkout, CallHelp())
    told(checkout, approved=True)
    assert not checkout.view.papers.help_wanted
    put(checkout, CameraSays(notice("camera.trouble", sentence="x")))
    assert asked(checkout).cause is Cause.CAMERA
    told(checkout, approved=True)
    put(checkout, CameraSays(notice("camera.trouble", sentence="y")))
    assert checkout.view.help.asked == ()
    put(checkout, CameraSays(None), CameraSays(notice("camera.trouble", sentence="z")))
    assert asked(checkout).cause is Cause.CAMERA
    put(checkout, CameraSays(None), PrinterSays(fault="paper_out", sentence="No paper."))
    assert [each.cause for each in checkout.view.help.asked] == [Cause.PRINTER]


def test_a_restart_forgets_what_was_asked(checkout: Shop) -> None:
    """The order is gone with the process, and so is the question; the journal says so."""
    put(checkout, AddProduct("P1"))
    old = asked(checkout).help_id
    checkout.start(mode=CHECKOUT, shelf=shelf_of(checkout.folder))
    assert checkout.view.help.asked == ()
    assert kinds(checkout) == ["HelpAsked", "HelpEnded"]
    told(checkout, approved=True, help_id=old)
    assert kinds(checkout) == ["HelpAsked", "HelpEnded"]


def test_a_till_that_cannot_write_any_more_calls_all_the_same(checkout: Shop) -> None:
    """Its disk has failed: what it asks is in no journal, but on the counter's screen."""
    checkout.break_disk("write", "sync")
    put(checkout, AddProduct("K1"), Drop())
    assert checkout.view.stopped is not None
    stopped = asked(checkout)
    assert (stopped.cause, stopped.text, stopped.age) == (Cause.STOPPED, "", 0)
    assert asked(checkout) == checkout.view.help.asked[0]


def test_a_counter_shows_and_answers_and_writes_both_down(crew: Crew, shop: Shop) -> None:
    """Only whoever is logged in; the answer is there for the asker until it asks no more."""
    put(shop, HelpHeard("S01", (ASKED, CALL)))
    assert shop.view.help.wanted == (ASKED, CALL)
    put(shop, AnswerHelp("h1", approved=True))
    assert said(shop.view.notice)[0] == "staff.log_in_first"
    put(shop, KARI, AnswerHelp("h1", approved=True))
    assert said(shop.view.notice) == ("help.approved", {"terminal": "S01"}, False)
    assert shop.view.help.wanted == (CALL,)
    (answer,) = shop.view.help.answers
    assert (answer.help_id, answer.terminal, answer.approved, answer.staff_id) == (
        "h1", "T01", True, "1",
    )  # fmt: skip
    put(shop, AnswerHelp("h1", approved=False))
    assert said(shop.view.notice)[0] == "help.over"
    assert shop.view.help.answers == (answer,)
    put(shop, HelpHeard("S01", (CALL,)))
    assert shop.view.help.answers == ()
    put(shop, HelpHeard("S01", ()))
    assert shop.view.help.wanted == ()
    assert kinds(shop) == ["HelpAsked", "HelpAsked", "HelpAnswered", "HelpEnded"]


def test_an_asker_that_falls_silent_is_no_longer_shown_and_not_over(crew: Crew, shop: Shop) -> None:
    """It may ask again, for the same; what it asked is written down once."""
    put(shop, OLA, HelpHeard("S01", (ASKED,)), HelpHeard("S01", (), whole=False))
    assert shop.view.help.wanted == ()
    assert kinds(shop) == ["HelpAsked"]
    put(shop, HelpHeard("S01", (ASKED,)))
    assert shop.view.help.wanted == (ASKED,)
    assert kinds(shop) == ["HelpAsked"]


def test_a_counter_asks_for_nothing_itself(crew: Crew, shop: Shop) -> None:
    """A cashier stands there: goods for adults, and the button, are theirs to see."""
    put(shop, KARI, CallHelp(), CameraSays(notice("camera.trouble", sentence="x")))
    assert shop.view.help.asked == ()
    assert kinds(shop) == []
    assert crew.badge


def test_more_than_a_till_may_ask_is_cut(crew: Crew, shop: Shop) -> None:
    """A till gone mad fills neither the screen nor the journal."""
    many = tuple(replace(CALL, help_id=f"h{n}") for n in range(30))
    put(shop, KARI, HelpHeard("S01", many))
    assert len(shop.view.help.wanted) == 8
    assert len(kinds(shop)) == 8


@pytest.mark.parametrize(
    ("other", "approved", "told_as"),
    [
        ("T02", True, ("help.approved_elsewhere", {"terminal": "T02"}, True)),
        ("T02", False, ("help.refused_elsewhere", {"terminal": "T02"}, False)),
        ("T01", False, ("help.refused", {"terminal": "S01"}, False)),
    ],
)
def test_a_cashier_whose_answer_came_second_is_told(
    crew: Crew, shop: Shop, other: str, approved: bool, told_as: Any
) -> None:
    """Refused here and approved there a moment before: gravely, once, and the till that asked has
    the last word; where it took this till's own answer nothing more is said."""
    put(shop, KARI, HelpHeard("S01", (ASKED,)), AnswerHelp("h1", approved=False))
    taken = HelpAnswered("h1", other, approved, "9", 5.0)
    put(shop, HelpHeard("S01", (), taken))
    assert said(shop.view.notice) == told_as
    put(shop, Charge("5", Presenting.CUSTOMER), HelpHeard("S01", (CALL,), taken))
    assert shop.view.notice != notice(told_as[0], terminal="T02", grave=told_as[2])
    assert crew.badge
