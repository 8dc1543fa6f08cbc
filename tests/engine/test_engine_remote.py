"""A till that is asked to rest, and a helper who looks on: decided by the engine, written down.

What the shop's own people see of it is tested with the screens, the sockets with the commands.
"""

from pos.engine.remote import LOOKED_AT, QUIET_S, REST_S, SEEN_S
from pos.sale.input import AddAmount, Charge, Drop, Next, Presenting, Stop
from pos.sale.money import Amount
from pos.sale.remote import (
    AnswerHelper,
    Helper,
    HelperAsks,
    HelperComes,
    HelperGoes,
    Remote,
    Rest,
)
from pos.sale.view import Stage
from tests.engine.conftest import Shop, said

SHOW = Charge("10", Presenting.MERCHANT)


def rests(till: Shop) -> bool:
    """Ask it."""
    till.engine.handle(Rest(on=True))
    return till.view.office.remote.resting


def waits_for(till: Shop) -> str:
    """Ask it; why not."""
    assert not rests(till)
    return till.view.office.remote.waits_for


def test_a_till_at_rest_begins_nothing_until_it_is_let_go(till: Shop) -> None:
    """It says why; nothing of the sale reaches journal or switch; then it sells again."""
    assert rests(till)
    before = till.kinds()
    till.engine.handle(SHOW)
    assert said(till.view.notice)[0] == "update.resting"
    till.engine.handle(AddAmount("10"))
    assert till.view.order is None
    assert said(till.view.notice)[0] == "update.resting"
    assert till.kinds() == before
    till.engine.handle(Rest(on=False))
    till.engine.handle(SHOW)
    assert till.view.stage is Stage.SHOWING


def test_a_till_whose_asker_died_sells_again_by_itself(till: Shop) -> None:
    """Whoever asks must ask again."""
    assert rests(till)
    till.go_on(REST_S + 1)
    till.engine.handle(SHOW)
    assert till.view.stage is Stage.SHOWING


def test_no_till_rests_while_somebody_is_served(till: Shop) -> None:
    """An order on the desk, a payment under way, an outcome that is looked at, a sale just now."""
    till.fate.pass_time(SEEN_S)
    till.engine.handle(AddAmount("10"))
    assert waits_for(till) == "update.waits_sale"
    till.engine.handle(Drop())
    assert rests(till)
    till.engine.handle(Rest(on=False))
    till.show()
    assert waits_for(till) == "update.waits_payment"
    till.engine.handle(Stop(till.view.request_id))
    till.go_on()
    assert waits_for(till) == "update.waits_sale"
    till.engine.handle(Next())
    assert rests(till), "what was cancelled is no sale"
    till.engine.handle(Rest(on=False))
    till.charge()
    assert waits_for(till) == "update.waits_sale"
    till.fate.pass_time(SEEN_S)
    assert waits_for(till) == "update.waits_quiet"
    till.fate.pass_time(QUIET_S)
    assert rests(till)


def test_a_till_that_sells_nothing_of_what_it_is_asked_for_may_rest(till: Shop) -> None:
    """The last twenty payments were given up: what was sold before them is no shop at work."""
    till.paid()
    for count in range(LOOKED_AT):
        assert waits_for(till) == "update.waits_quiet", count
        till.engine.handle(Stop(till.show()))
        till.go_on()
        till.engine.handle(Next())
    assert rests(till)


def test_a_helper_drives_only_while_the_shop_says_so_and_all_is_written(till: Shop) -> None:
    """Leave is given to who asked, by the shop; a second helper, and one of another session, is
    nobody."""
    till.engine.handle(HelperComes("a1", "  Ola \n Helper "))
    helper = Helper("a1", "Ola Helper")
    assert till.view.office.remote == Remote(helper, resting=False, waits_for="")
    till.engine.handle(HelperComes("b2", "Another"))
    till.engine.handle(AnswerHelper("a1", allowed=True))
    assert till.view.office.remote.helper == helper, "nobody asked for leave"
    for session in ("b2", "a1"):
        till.engine.handle(HelperAsks(session))
    till.engine.handle(AnswerHelper("a1", allowed=True))
    assert till.view.office.remote.helper is not None
    assert till.view.office.remote.helper.drives
    till.engine.handle(HelperGoes("b2"))
    assert till.view.office.remote.helper is not None
    till.engine.handle(HelperGoes("a1"))
    assert till.view.office.remote.helper is None
    noted = [(kind, body["session"]) for kind, body in till.entries() if kind.startswith("Helper")]
    assert noted == [("HelperCame", "a1"), ("HelperAllowed", "a1"), ("HelperLeft", "a1")]


def test_leave_that_cannot_be_written_down_is_not_given(till: Shop) -> None:
    """With a disk that fails the helper looks on, and drives nothing."""
    till.engine.handle(HelperComes("a1", "Ola"))
    till.engine.handle(HelperAsks("a1"))
    till.break_disk("write", "sync")
    till.engine.handle(AnswerHelper("a1", allowed=True))
    helper = till.view.office.remote.helper
    assert helper is not None
    assert not helper.drives
    assert till.view.stopped is not None


def test_what_is_written_survives_a_restart(till: Shop, shop: Shop) -> None:
    """The journal with a helper in it is read by the next process, which has no helper."""
    till.engine.handle(HelperComes("a1", "Ola"))
    shop.start()
    assert till.view.office.remote.helper is None
    request_id = till.paid("10")
    assert till.engine.history.payments[request_id].amount == Amount(1000, "NOK")
