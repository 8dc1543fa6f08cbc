"""Answers to a call for help: what they leave on the desk and in the journal, and for how long.

Apart from what is asked, and when.
"""

from dataclasses import replace

import pytest

from pos.sale.assistance import (
    WANTED_MAX,
    AnswerHelp,
    Cause,
    HelpAnswered,
    HelpAsked,
    HelpHeard,
    HelpTold,
)
from pos.sale.input import AddProduct, CallHelp, Drop
from pos.sale.mode import CHECKOUT
from pos.sale.view import notice
from tests.engine.conftest import Shop
from tests.engine.test_engine_orders import shelf_of

CALL = HelpAsked("h0", "S01", Cause.CALL, "", 0, 2.0)


@pytest.fixture
def checkout(shop: Shop) -> Shop:
    """A till where customers serve themselves."""
    shop.start(mode=CHECKOUT, shelf=shelf_of(shop.folder))
    return shop


def answered(shop: Shop, cause: Cause, *, approved: bool) -> None:
    """A counter answers what is asked for this cause."""
    (asked,) = [each for each in shop.view.help.asked if each.cause is cause]
    shop.engine.handle(HelpTold(HelpAnswered(asked.help_id, "T02", approved, "2", 5.0)))


def test_whoever_came_for_a_call_has_not_looked_at_a_passport(checkout: Shop) -> None:
    """Nobody comes, or somebody does: the goods for adults stay on the order and still ask."""
    for each in (AddProduct("K1"), AddProduct("P1"), CallHelp()):
        checkout.engine.handle(each)
    call = checkout.view.help.asked[-1]
    assert (call.cause, call.text, call.age) == (Cause.CALL, "", 0)
    answered(checkout, Cause.CALL, approved=False)
    assert checkout.view.order is not None
    assert [line.text for line in checkout.view.order.lines] == ["Kaffe", "Pils"]
    assert [each.cause for each in checkout.view.help.asked] == [Cause.AGE]


@pytest.mark.parametrize("approved", [True, False])
def test_an_answer_gives_the_customer_her_minute_again(checkout: Shop, approved: bool) -> None:
    """She had to wait for it, and was not idle."""
    for each in (AddProduct("K1"), AddProduct("P1")):
        checkout.engine.handle(each)
    checkout.go_on(200.0)
    answered(checkout, Cause.AGE, approved=approved)
    checkout.go_on(55.0)
    assert checkout.view.order is not None
    checkout.go_on(10.0)
    assert checkout.view.order is None


def test_an_order_that_is_refused_whole_is_given_up_at_its_time(checkout: Shop) -> None:
    """The journal has the moment, by the till's own clock."""
    checkout.engine.handle(AddProduct("P1"))
    answered(checkout, Cause.AGE, approved=False)
    (dropped,) = [body for kind, body in checkout.all_entries() if kind == "OrderDropped"]
    assert dropped["dropped_at"] == checkout.wall_s()


def test_what_is_asked_no_more_ends_at_its_time(checkout: Shop) -> None:
    """By the till's own clock, too."""
    for each in (AddProduct("P1"), Drop()):
        checkout.engine.handle(each)
    kind, fields = checkout.entries()[-1]
    assert (kind, fields["at"]) == ("HelpEnded", checkout.wall_s())


def test_an_answer_is_written_down_with_its_time(till: Shop) -> None:
    """And with nobody's name where nobody logs in."""
    till.engine.handle(HelpHeard("S01", ()))  # a till that has never asked for anything
    till.engine.handle(HelpHeard("S01", (CALL,)))
    till.engine.handle(AnswerHelp("h0", approved=True))
    kind, fields = till.entries()[-1]
    assert (kind, fields["at"], fields["staff_id"]) == ("HelpAnswered", till.wall_s(), "")


def test_so_many_answers_wait_for_what_became_of_them(till: Shop) -> None:
    """As many as one till may ask; of an older one it is no more told that another was faster."""
    for number in range(WANTED_MAX + 1):
        asked = replace(CALL, help_id=f"h{number}")
        till.engine.handle(HelpHeard("S01", (asked,)))
        till.engine.handle(AnswerHelp(asked.help_id, approved=True))
    said = []
    for number in range(2):
        taken = HelpAnswered(f"h{number}", "T09", True, "9", 5.0)
        till.engine.handle(HelpHeard("S01", (), taken))
        said.append(till.view.notice)
    assert said[0] == notice("help.approved", terminal="S01")
    assert said[1] == notice("help.approved_elsewhere", terminal="T09")
