"""Who stands at the till: by PIN or badge, locked after five wrong tries, and what each may do.

What is said, what is written down and what is offered are held against one another.
"""

from datetime import UTC

import pytest

from pos.sale.code import BADGE_PREFIX
from pos.sale.input import (
    CameraSays,
    Charge,
    CloseShift,
    GiveBack,
    Input,
    LogIn,
    LogOut,
    OpenShift,
    Presenting,
    Scanned,
    Train,
    Unlock,
)
from pos.sale.mode import COUNTER, KIOSK, TRAINING, Mode
from pos.sale.money import Amount
from pos.sale.secret import Secret
from pos.sale.staff import FAILURES_MAX, Duty, Member, StaffRole
from pos.sale.view import Action
from tests.engine.conftest import Shop, said
from tests.engine.crew import KARI, OLA, STRANGER, WRONG, Crew, hired

CASHIER_DUTIES = {Duty.SELL, Duty.SHIFT}
HUNDRED = Amount(10_000, "NOK")


@pytest.fixture
def crew(shop: Shop) -> Crew:
    """Staff at work at the shop's till."""
    made = hired(shop.folder)
    shop.start(staff=made.roster, pin_above=50_000, zone=UTC)
    return made


def told(shop: Shop, *inputs: Input) -> tuple[str, dict[str, str], bool]:
    """What is said of the last of these inputs."""
    for each in inputs:
        shop.engine.handle(each)
    return said(shop.view.notice)


def written(shop: Shop, since: int) -> list[tuple[str, dict[str, object]]]:
    """The entries after number `since`, without their times, which must be the till's own."""
    found = []
    for kind, fields in shop.entries(since):
        assert fields.pop("at") == shop.wall_s(), kind
        found.append((kind, fields))
    return found


def last_seq(shop: Shop) -> int:
    """How much is written down."""
    return len(shop.entries())


def test_a_till_without_staff_asks_nobody(till: Shop) -> None:
    """Everything is allowed, nobody is there, and logging in means nothing."""
    office = till.view.office
    assert (office.staff, office.present, office.shift_open) == ((), None, True)
    assert office.duties == frozenset(Duty)
    assert told(till, KARI) == ("staff.unknown", {}, False)
    badge = BADGE_PREFIX + "A" * 28
    assert told(till, Scanned(Secret(badge), "QR")) == ("staff.unknown_badge", {}, False)
    assert told(till, Charge("100", Presenting.CUSTOMER), LogOut()) == ("office.busy", {}, False)


def test_whoever_logs_in_is_named_and_written_down(shop: Shop, crew: Crew) -> None:
    """With name, role and how; leaving is written too, and said."""
    rows = [(row.staff_id, row.name, row.tries_left) for row in shop.view.office.staff]
    assert rows == [("1", "Kari", 5), ("2", "Ola", 5)]
    since = last_seq(shop)
    assert told(shop, KARI) == ("staff.welcome", {"name": "Kari"}, False)
    person = {"staff_id": "1", "name": "Kari", "role": "cashier", "proof": "pin"}
    assert written(shop, since) == [("LoggedIn", person)]
    assert shop.view.office.present is not None
    assert shop.view.office.present.staff_id == "1"
    since = last_seq(shop)
    assert told(shop, LogOut()) == ("staff.left", {}, False)
    assert written(shop, since) == [("LoggedOut", {"staff_id": "1"})]
    assert shop.view.office.present is None
    shop.engine.handle(LogOut())
    assert shop.view.notice is None
    assert last_seq(shop) == since + 1


def test_a_stranger_is_not_let_in(shop: Shop, crew: Crew) -> None:
    """A number that nobody has is said to be unknown, and nothing is written."""
    since = last_seq(shop)
    assert told(shop, STRANGER) == ("staff.unknown", {}, False)
    assert last_seq(shop) == since


def test_wrong_pins_are_counted_down_to_a_lock(shop: Shop, crew: Crew) -> None:
    """What is left is said and shown; the fifth locks; then even the right PIN does nothing."""
    since = last_seq(shop)
    for left in range(FAILURES_MAX - 1, 0, -1):
        assert told(shop, LogIn("1", WRONG)) == ("staff.wrong_pin", {"left": str(left)}, False)
        assert shop.view.office.staff[0].tries_left == left
    locked = ("staff.locked", {"name": "Kari"}, True)
    assert told(shop, LogIn("1", WRONG)) == locked
    assert written(shop, since) == [("LogInFailed", {"staff_id": "1", "pin_version": 1})] * 5
    assert told(shop, KARI) == locked
    assert last_seq(shop) == since + FAILURES_MAX
    assert told(shop, OLA) == ("staff.welcome", {"name": "Ola"}, False)
    since = last_seq(shop)
    assert told(shop, Unlock("1")) == ("staff.unlocked", {"name": "Kari"}, False)
    assert written(shop, since) == [("Unlocked", {"staff_id": "1", "by_staff_id": "2"})]
    assert told(shop, Unlock("3")) == ("staff.unknown", {}, False)
    assert told(shop, KARI) == ("staff.welcome", {"name": "Kari"}, False)


def test_one_who_comes_takes_the_place_of_the_other(shop: Shop, crew: Crew) -> None:
    """The one before leaves by it; a badge is enough, and says that it was one."""
    shop.engine.handle(KARI)
    since = last_seq(shop)
    assert told(shop, Scanned(Secret(crew.badge), "QR"))[:2] == ("staff.welcome", {"name": "Ola"})
    person = {"staff_id": "2", "name": "Ola", "role": "supervisor", "proof": "badge"}
    assert written(shop, since) == [("LoggedOut", {"staff_id": "1"}), ("LoggedIn", person)]
    stranger = crew.badge[:-2] + ("AA" if not crew.badge.endswith("AA") else "BB")
    assert told(shop, Scanned(Secret(stranger), "QR")) == ("staff.unknown_badge", {}, False)


def test_a_badge_opens_a_locked_pin(shop: Shop, crew: Crew) -> None:
    """Whoever holds it is who they are."""
    for _ in range(FAILURES_MAX):
        shop.engine.handle(LogIn("2", WRONG))
    assert shop.view.office.staff[1].tries_left == 0
    shop.engine.handle(Scanned(Secret(crew.badge), "QR"))
    assert shop.view.office.staff[1].tries_left == FAILURES_MAX


def test_each_may_what_their_role_may(shop: Shop, crew: Crew) -> None:
    """A cashier sells and keeps the shift; a supervisor does the rest; nobody does nothing."""
    assert shop.view.office.duties == frozenset()
    for given in (OpenShift(), Train(on=True), Unlock("1")):
        assert told(shop, given) == ("staff.log_in_first", {}, False)
    shop.engine.handle(KARI)
    assert shop.view.office.duties == CASHIER_DUTIES
    for given in (Train(on=True), Unlock("1")):
        assert told(shop, given) == ("staff.not_allowed", {}, False)
    shop.engine.handle(OLA)
    assert shop.view.office.duties == frozenset(Duty)


def test_whoever_was_let_go_or_made_less_is_that_at_once(shop: Shop, crew: Crew) -> None:
    """The file decides, not the log-in of this morning."""
    shop.engine.handle(OLA)
    crew.roster.remove("2")
    assert told(shop, Train(on=True)) == ("staff.not_allowed", {}, False)
    crew.roster.add(Member("2", "Ola", StaffRole.CASHIER), "907214")
    assert told(shop, Train(on=True)) == ("staff.not_allowed", {}, False)
    assert told(shop, OpenShift()) == ("shift.opened", {"number": "1"}, False)


def test_nothing_is_sold_before_log_in_and_shift(shop: Shop, crew: Crew) -> None:
    """Said in that order; the key to charge is offered only then, and the camera knows badges."""
    assert Action.CHARGE not in shop.view.actions
    given = Charge("100", Presenting.MERCHANT)
    assert told(shop, given) == ("staff.log_in_first", {}, False)
    shop.engine.handle(KARI)
    assert not shop.view.office.shift_open
    assert told(shop, given) == ("shift.open_first", {}, False)
    shop.engine.handle(OpenShift())
    assert shop.view.office.shift_open
    assert Action.CHARGE in shop.view.actions
    assert shop.line.of("pay") == []


def test_a_kiosk_sells_without_anybody(shop: Shop) -> None:
    """Where customers serve themselves only the office asks who is there."""
    shop.start(staff=hired(shop.folder).roster, mode=KIOSK)
    office = shop.view.office
    assert (office.attended, office.shift_open, office.log_in_needed) == (False, True, False)
    shop.engine.handle(Charge("100", Presenting.MERCHANT))
    assert shop.view.request_id
    assert told(shop, CloseShift()) == ("office.busy", {}, False)


def test_a_large_refund_asks_for_a_supervisor(shop: Shop, crew: Crew) -> None:
    """Of a cashier: wrong PINs are counted on the cashier; the lock is said; a right PIN gives."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    paid = shop.paid("900")
    assert shop.view.papers.pin_above == 50_000
    assert told(shop, GiveBack(paid, "500.01"))[0] == "refund.needs_pin"
    by_cashier = GiveBack(paid, "500.01", pin=KARI.pin)
    assert told(shop, by_cashier) == ("staff.wrong_pin", {"left": "4"}, False)
    assert shop.entries()[-1][0] == "LogInFailed"
    assert shop.engine.history.refunds == {}
    assert told(shop, GiveBack(paid, "500.01", pin=OLA.pin))[0] == "refund.done"
    assert told(shop, GiveBack(shop.paid("500"), "500.00"))[0] == "refund.done"  # at the limit
    assert told(shop, GiveBack(paid, "100"))[0] == "refund.done"
    other = shop.paid("900")
    for _ in range(FAILURES_MAX - 1):
        shop.engine.handle(GiveBack(other, pin=KARI.pin))
    assert told(shop, GiveBack(other, pin=OLA.pin)) == ("staff.locked", {"name": "Kari"}, True)
    assert told(shop, GiveBack(other, "400"))[0] == "refund.done"  # which needs no PIN
    shop.engine.handle(OLA)
    assert shop.view.papers.pin_above is None
    assert told(shop, GiveBack(other))[0] == "refund.done"


def test_a_supervisor_agrees_at_the_last_try(shop: Shop, crew: Crew) -> None:
    """One wrong PIN more would have locked; the right one gives."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    paid = shop.paid("900")
    for _ in range(FAILURES_MAX - 1):
        shop.engine.handle(GiveBack(paid, pin=WRONG))
    assert told(shop, GiveBack(paid, pin=OLA.pin))[0] == "refund.done"


def test_a_supervisor_agrees_to_nothing_of_somebody_who_is_not_there(
    shop: Shop, crew: Crew
) -> None:
    """Logged out, or let go a moment ago: a PIN typed at the till of nobody counts for nobody."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    paid = shop.paid("900")
    shop.engine.handle(LogOut())
    assert told(shop, GiveBack(paid, pin=OLA.pin)) == ("staff.log_in_first", {}, False)
    shop.engine.handle(KARI)
    crew.roster.remove("1")
    assert told(shop, GiveBack(paid, pin=OLA.pin)) == ("staff.log_in_first", {}, False)
    assert shop.engine.history.refunds == {}


def test_a_refund_at_a_kiosk_is_nobodys(shop: Shop) -> None:
    """Neither with a PIN nor without: visitors give nothing back."""
    crew = hired(shop.folder)
    shop.start(staff=crew.roster, pin_above=50_000, mode=KIOSK)
    paid = shop.charge(typed="900")
    shop.engine.handle(GiveBack(paid, pin=OLA.pin))
    assert shop.engine.history.refunds == {}


def test_the_camera_looks_for_a_badge_while_nobody_is_there(shop: Shop, crew: Crew) -> None:
    """And for nothing once somebody is, where no goods are sold."""
    assert shop.eye == ["arm"]
    shop.engine.handle(KARI)
    assert shop.eye == ["arm", "disarm"]


def test_where_nobody_works_any_more_nobody_is_there(shop: Shop, crew: Crew) -> None:
    """Though the journal has who logged in last."""
    shop.engine.handle(KARI)
    assert shop.view.office.present is not None
    for staff_id in ("1", "2"):
        crew.roster.remove(staff_id)
    shop.engine.handle(CameraSays(None))
    assert shop.view.office.present is None


@pytest.mark.parametrize("mode", [COUNTER, TRAINING])
def test_nobody_begins_training_on_a_day_that_is_nothing_else(shop: Shop, mode: Mode) -> None:
    """Everything else that whoever is there may do, they may then as well."""
    shop.start(mode=mode)
    office = shop.view.office
    assert office.duties == set(Duty) - ({Duty.TRAIN} if mode is TRAINING else set())
    assert (office.found, office.found_for) == (None, "")


def test_a_disk_that_fails_lets_nobody_in(shop: Shop, crew: Crew) -> None:
    """What cannot be written down has not happened: nobody is there, nobody is welcomed."""
    shop.break_disk("write", "sync")
    shop.engine.handle(KARI)
    assert shop.view.office.present is None
    assert shop.view.stopped is not None
    assert shop.view.notice is None or shop.view.notice.key != "staff.welcome"
