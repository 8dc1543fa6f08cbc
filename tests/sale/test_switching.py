"""Two codes for one order: every state of the shown payment against every moment of the held code.

Apart from the till's own table because here a code waits, and time decides too.
"""

from dataclasses import replace

import pytest

from pos.sale import switching, till
from pos.sale.code import PaymentCode
from pos.sale.input import Charge, Presenting, Scanned, Stop, Tip
from pos.sale.mode import CHECKOUT, COUNTER, KIOSK, Mode
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.payment import Payment, Scenario, State, StopReason
from pos.sale.secret import Secret
from pos.sale.till import Desk, GiveUp, Pay
from pos.sale.view import Stage, Verdict, notice

NOW_S = 50.0
PRICE = Amount(12900, "NOK")
CODE = "281031020000000000004711"
ORDER = Order("", "NOK", (Line("Ticket", 12900),))
SHOWING = Desk(
    Stage.SHOWING, 1.0, PRICE, "r1", "https://x/1", 90.0, order=ORDER, presenting=Presenting.EITHER
)
SCANNED = Scanned(Secret(CODE), "QR")


def at_kiosk(desk: Desk, given: object) -> tuple[Desk, object]:
    """One input where both are offered."""
    return till.advance(desk, given, NOW_S, "NOK", KIOSK)  # type: ignore[arg-type]


def held() -> Desk:
    """The desk with a scanned code that waits since NOW_S."""
    desk, pay = at_kiosk(SHOWING, SCANNED)
    assert isinstance(pay, Pay)
    return switching.hold(desk, pay, NOW_S)


def shown(state: State) -> Payment:
    """The payment by the shown code."""
    made = Payment("r1", "s1", PRICE, Scenario.ORDER_CODE, 1000.0, result_code="PROCESS_FAIL")
    return replace(made, state=state, stop_reason=StopReason.SCANNED_INSTEAD)


@pytest.mark.parametrize("mode", [COUNTER, KIOSK, CHECKOUT])
def test_both_are_offered_only_where_the_mode_has_both(mode: Mode) -> None:
    """Elsewhere the customer's code is asked for, and nothing is shown."""
    desk, command = till.advance(Desk(), Charge("129", Presenting.EITHER), NOW_S, "NOK", mode)
    if mode.both:
        assert (command, desk.presenting) == (Pay(PRICE, None), Presenting.EITHER)
    else:
        assert (command, desk.stage, desk.presenting) == (None, Stage.SCANNING, Presenting.CUSTOMER)


def test_a_tip_comes_before_both() -> None:
    """The code is of the whole amount, and the camera looks once it is shown."""
    ask = Charge("100", Presenting.EITHER)
    desk, _ = till.advance(Desk(), ask, NOW_S, "NOK", KIOSK, tips=True)
    desk, command = at_kiosk(desk, Tip("5"))
    assert command == Pay(Amount(10500, "NOK"), None, tip=500)
    assert desk.presenting is Presenting.EITHER


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("presenting", list(Presenting))
def test_where_the_camera_looks(stage: Stage, presenting: Presenting) -> None:
    """Where a code is waited for, and while ours is shown if both are offered; nowhere else."""
    desk = replace(SHOWING, stage=stage, presenting=presenting)
    both = stage is Stage.SHOWING and presenting is Presenting.EITHER
    assert till.looks(desk) == (both or stage is Stage.SCANNING)
    command = at_kiosk(desk, SCANNED)[1]
    assert (command is not None) == till.looks(desk)


def test_a_scanned_code_is_to_be_used_instead_of_the_shown_one() -> None:
    """The command names the payment that has to be closed, and carries the same order."""
    _, pay = at_kiosk(SHOWING, SCANNED)
    assert isinstance(pay, Pay)
    assert isinstance(pay.code, PaymentCode)
    assert pay.code.secret == Secret(CODE)
    assert (pay.amount, pay.order, pay.instead_of) == (PRICE, ORDER, "r1")
    assert at_kiosk(Desk(Stage.SCANNING, 1.0, PRICE), SCANNED)[1] == Pay(PRICE, pay.code)


def test_the_shown_code_goes_at_once_and_the_held_one_is_told_to_nobody() -> None:
    """Nobody is to scan what is being closed; no text of the desk holds the code."""
    desk = held()
    assert (desk.stage, desk.order_code, desk.since_s) == (Stage.SWITCHING, "", NOW_S)
    assert (desk.request_id, desk.order, desk.amount) == ("r1", ORDER, PRICE)
    assert CODE not in repr(desk)


@pytest.mark.parametrize("late", [False, True], ids=["in time", "too late"])
@pytest.mark.parametrize("state", list(State))
def test_every_state_of_the_shown_payment_against_a_held_code(state: State, late: bool) -> None:
    """Used only where the shown payment is final without money, and only in time. Paid, it won."""
    desk = till.followed(held(), shown(state), NOW_S + 1)
    if state is State.PAID:
        assert (desk.stage, desk.verdict) == (Stage.OUTCOME, Verdict.PAID)
        assert (desk.held, desk.notice) == (None, notice("switching.shown_paid"))
        assert switching.go_on(desk, shown(state), NOW_S + 2) == (desk, None)
        return
    assert desk == held()
    now_s = desk.held_until_s - (0.0 if late else 0.001)
    after, pay = switching.go_on(desk, shown(state), now_s)
    if not late and state.open:
        assert (after, pay) == (desk, None)
    elif not late:
        assert (after.held, pay) == (None, desk.held)
    else:
        stage = {State.INTENT: Stage.SWITCHING, State.CANCELLING: Stage.STOPPING}
        stage[State.REVERSING] = Stage.STOPPING
        assert (after.stage, after.held, pay) == (stage.get(state, Stage.OUTCOME), None, None)
        assert after.verdict is not Verdict.PAID
        assert after.notice == notice("switching.forgotten")


@pytest.mark.parametrize("desk", [SHOWING, held()], ids=["showing", "switching"])
def test_who_stops_does_not_pay_by_a_code_that_is_read_meanwhile(desk: Desk) -> None:
    """From the key on nothing is looked for and nothing is held."""
    after, command = at_kiosk(desk, Stop("r1"))
    assert command == GiveUp("r1")
    assert not till.looks(after)
    assert after.held is None
    assert at_kiosk(after, SCANNED) == (after, None)


def test_stopped_while_switching_it_is_cancelled_like_any_other() -> None:
    """Nothing is held any more, so the desk follows the shown payment to its end."""
    stopped, _ = at_kiosk(held(), Stop("r1"))
    assert till.followed(stopped, shown(State.INTENT), NOW_S).stage is Stage.SWITCHING
    assert till.followed(stopped, shown(State.CANCELLING), NOW_S).stage is Stage.STOPPING
    ended = till.followed(stopped, shown(State.CANCELLED), NOW_S)
    assert (ended.verdict, ended.reason) == (
        Verdict.CANCELLED, notice("stopped.scanned_instead"),
    )  # fmt: skip
    assert till.followed(stopped, shown(State.PAID), NOW_S).notice is None


@pytest.mark.parametrize("text", ["4006381333931", "130000000000000000", ""])
def test_a_code_that_pays_nothing_leaves_ours_on_the_screen(text: str) -> None:
    """It is explained, and the customer may pay either way."""
    desk, command = at_kiosk(SHOWING, Scanned(Secret(text), "QR"))
    assert command is None
    assert desk.notice is not None
    assert replace(desk, notice=None) == SHOWING
    assert till.refused(SHOWING, notice("code.used")) == replace(
        SHOWING, notice=notice("code.used")
    )
