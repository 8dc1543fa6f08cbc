"""A helper and an update at a till with staff: whose leave it is, when it ends, when it may rest.

Apart from the till that nobody logs in at, where leave is nobody's and a day has no end.
"""

from datetime import UTC

import pytest

from pos.engine.remote import QUIET_S
from pos.sale.input import CloseShift, GiveBack, LogOut, OpenShift
from pos.sale.remote import AnswerHelper, Helper, HelperAsks, HelperComes, HelperGoes, Rest
from tests.engine.conftest import Shop, said
from tests.engine.crew import KARI, OLA, Crew, hired
from tests.engine.line import Faults
from tests.engine.test_engine_remote import rests, waits_for

YES, NO = AnswerHelper("a1", allowed=True), AnswerHelper("a1", allowed=False)


@pytest.fixture
def crew(shop: Shop) -> Crew:
    """Staff at work at the shop's till."""
    made = hired(shop.folder)
    shop.start(staff=made.roster, zone=UTC)
    return made


def helper(shop: Shop) -> Helper:
    """Who looks on."""
    found = shop.view.office.remote.helper
    assert found is not None
    return found


def noted(shop: Shop) -> list[tuple[str, dict[str, object]]]:
    """What the journal has of helpers, with the time of each, which must be the till's own."""
    found = [(kind, dict(fields)) for kind, fields in shop.entries() if kind.startswith("Helper")]
    for _, fields in found:
        assert fields.pop("at") == shop.wall_s()
    return found


def test_leave_is_given_refused_and_taken_back_by_whoever_is_there(shop: Shop, crew: Crew) -> None:
    """Each answer is written down with the name of who gave it, once."""
    for each in (KARI, HelperComes("a1", "Ola"), HelperAsks("a1")):
        shop.engine.handle(each)
    assert helper(shop) == Helper("a1", "Ola", asks=True, drives=False)
    shop.engine.handle(NO)
    assert helper(shop) == Helper("a1", "Ola")
    came = ("HelperCame", {"session": "a1", "who": "Ola"})
    assert noted(shop) == [came]  # nothing was allowed that could be refused
    shop.engine.handle(HelperAsks("a1"))
    shop.engine.handle(YES)
    assert helper(shop) == Helper("a1", "Ola", asks=False, drives=True)
    allowed = ("HelperAllowed", {"session": "a1", "by": "1"})
    assert noted(shop) == [came, allowed]
    shop.engine.handle(HelperAsks("a1"))
    shop.engine.handle(YES)
    assert helper(shop) == Helper("a1", "Ola", asks=False, drives=True)
    shop.engine.handle(NO)
    assert helper(shop) == Helper("a1", "Ola")
    refused = ("HelperRefused", {"session": "a1", "by": "1"})
    assert noted(shop) == [came, allowed, refused]
    shop.engine.handle(HelperGoes("a1"))
    assert shop.view.office.remote.helper is None
    assert noted(shop)[-1] == ("HelperLeft", {"session": "a1"})
    shop.engine.handle(YES)
    shop.engine.handle(HelperAsks("a1"))
    assert shop.view.office.remote.helper is None


@pytest.mark.parametrize("goes", [LogOut(), OLA])
def test_leave_ends_with_whoever_gave_it(shop: Shop, crew: Crew, goes: LogOut) -> None:
    """It was theirs, and is not handed on."""
    for each in (KARI, HelperComes("a1", "Ola"), HelperAsks("a1"), YES, goes):
        shop.engine.handle(each)
    assert helper(shop) == Helper("a1", "Ola")
    by = "" if isinstance(goes, LogOut) else "2"
    assert noted(shop)[-1] == ("HelperRefused", {"session": "a1", "by": by})


def test_a_helper_who_asks_at_a_halted_till_gets_no_question(shop: Shop, crew: Crew) -> None:
    """Nothing can be written down there; another session's asking is nobody's anyway."""
    for each in (KARI, HelperComes("a1", "Ola")):
        shop.engine.handle(each)
    shop.engine.handle(HelperAsks("b2"))
    assert not helper(shop).asks
    shop.break_disk("write", "sync")
    shop.engine.handle(OpenShift())
    shop.engine.handle(HelperAsks("a1"))
    assert not helper(shop).asks


def test_no_till_rests_in_a_shift_or_before_somebody_who_is_there(shop: Shop, crew: Crew) -> None:
    """Nor right after, while they are logged in; once they have left it does at once."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    assert waits_for(shop) == "update.waits_shift"
    shop.paid("10")
    shop.engine.handle(CloseShift())
    assert waits_for(shop) == "update.waits_shift"
    shop.engine.handle(LogOut())
    assert rests(shop)
    assert shop.view.office.remote.waits_for == ""
    shop.engine.handle(Rest(on=False))
    assert not shop.view.office.remote.resting
    assert shop.view.office.remote.waits_for == ""


def test_nobody_comes_to_a_till_that_rests(shop: Shop, crew: Crew) -> None:
    """The program is about to be changed: it says so, and nobody is there."""
    shop.engine.handle(Rest(on=True))
    shop.engine.handle(KARI)
    assert said(shop.view.notice) == ("update.resting", {}, False)
    assert shop.view.office.present is None


def test_a_shift_that_could_not_be_written_is_not_said_to_be_open(shop: Shop, crew: Crew) -> None:
    """The disk has failed, which is what is said."""
    shop.engine.handle(KARI)
    shop.break_disk("write", "sync")
    shop.engine.handle(OpenShift())
    assert shop.view.stopped is not None
    assert shop.view.notice is None or shop.view.notice.key != "shift.opened"


def test_no_till_rests_over_a_refund_that_is_open(till: Shop, faults: Faults) -> None:
    """Whoever waits for money back must not wait for a program."""
    paid = till.paid("10")
    till.fate.pass_time(QUIET_S + 1.0)
    till.line.plan("refund", faults.lost)
    till.engine.handle(GiveBack(paid))
    assert waits_for(till) == "update.waits_payment"


def test_a_shift_that_was_closed_is_over_at_once(till: Shop) -> None:
    """Where nobody logs in: what was sold before its end does not make the till wait."""
    till.paid("10")
    assert waits_for(till) == "update.waits_quiet"
    till.engine.handle(CloseShift())
    till.fate.pass_time(1.0)
    assert rests(till)
    till.engine.handle(Rest(on=False))
    till.paid("10")
    assert waits_for(till) == "update.waits_quiet"


def test_a_till_that_is_asked_off_waits_for_nothing(till: Shop) -> None:
    """Off is never refused."""
    till.show()
    till.engine.handle(Rest(on=False))
    assert till.view.office.remote.waits_for == ""
    assert not till.view.office.remote.resting
