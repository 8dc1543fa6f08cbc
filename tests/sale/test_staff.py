"""Who stands at the till, as the journal folds it: log-ins, wrong PINs, locks."""

from pos.sale.staff import (
    FAILURES_MAX,
    Attendance,
    Duty,
    LoggedIn,
    LoggedOut,
    LogInFailed,
    Member,
    Proof,
    StaffEvent,
    StaffRole,
    Unlocked,
)

KARI = Member("1", "Kari", StaffRole.CASHIER)


def came(member: Member = KARI) -> LoggedIn:
    """The entry of a log-in by PIN."""
    return LoggedIn(member.staff_id, member.name, member.role, Proof.PIN, 1000.0)


def failed(version: int = 1) -> LogInFailed:
    """The entry of a wrong PIN of Kari's."""
    return LogInFailed("1", version, 1000.0)


def after(*events: StaffEvent) -> Attendance:
    """The fold of these."""
    attendance = Attendance()
    for event in events:
        attendance.take(event)
    return attendance


def test_five_wrong_pins_in_a_row_lock_one_person_only() -> None:
    """The fifth locks; somebody else is not touched."""
    ola = Member("2", "Ola", StaffRole.SUPERVISOR)
    four = after(*[failed()] * (FAILURES_MAX - 1))
    assert four.tries_left(KARI) == 1
    five = after(*[failed()] * FAILURES_MAX)
    assert (five.tries_left(KARI), five.tries_left(ola)) == (0, FAILURES_MAX)


def test_a_log_in_a_supervisor_or_a_new_pin_ends_the_count() -> None:
    """A badge opens what a PIN has locked; a new PIN has never been typed wrong."""
    locked = [failed()] * FAILURES_MAX
    assert after(*locked, came()).tries_left(KARI) == FAILURES_MAX
    assert after(*locked, Unlocked("1", "2", 1001.0)).tries_left(KARI) == FAILURES_MAX
    new_pin = Member("1", "Kari", StaffRole.CASHIER, pin_version=2)
    assert after(*locked).tries_left(new_pin) == FAILURES_MAX
    assert after(*locked, failed(2)).tries_left(new_pin) == FAILURES_MAX - 1


def test_a_restart_keeps_the_wrong_pins_and_logs_everybody_out() -> None:
    """Pulling the plug is no way round a lock, nor into somebody's name."""
    attendance = after(came(), failed(), failed())
    attendance.leave()
    assert attendance.present is None
    assert attendance.tries_left(KARI) == FAILURES_MAX - 2
    assert attendance.name_of("1") == "Kari"


def test_whoever_logs_out_is_gone() -> None:
    """Nobody stands there after it."""
    assert after(came(), LoggedOut("1", 1001.0)).present is None


def test_a_cashier_sells_and_closes_and_a_supervisor_does_the_rest() -> None:
    """What each role may do is this table."""
    cashier = {duty for duty in Duty if StaffRole.CASHIER.may(duty)}
    assert cashier == {Duty.SELL, Duty.SHIFT}
    assert {duty for duty in Duty if StaffRole.SUPERVISOR.may(duty)} == set(Duty)
