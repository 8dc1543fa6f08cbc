"""The desk: every stage against every input, so that a late key or an early code is harmless.

Apart from the engine, which carries out what the desk decides.
"""

from dataclasses import replace

import pytest

from pos.errors import AmountError
from pos.sale import till
from pos.sale.input import (
    AskAgain,
    CameraSays,
    Charge,
    GiveBack,
    Input,
    Next,
    Presenting,
    PrinterSays,
    Scanned,
    Stay,
    Stop,
    Tip,
)
from pos.sale.mode import CHECKOUT, COUNTER, KIOSK
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.payment import Payment, Scenario, State, StillOpen, StopReason
from pos.sale.secret import Secret
from pos.sale.till import Ask, Command, Desk, GiveUp, Pay, Return, advance
from pos.sale.view import Notice, Stage, Verdict, notice

NOW_S = 50.0
PRICE = Amount(12900, "NOK")
CODE = "281031020000000000004711"
DESKS = {
    Stage.READY: Desk(),
    Stage.TIPPING: Desk(Stage.TIPPING, 1.0, PRICE),
    Stage.SCANNING: Desk(Stage.SCANNING, 1.0, PRICE),
    Stage.PAYING: Desk(Stage.PAYING, 1.0, PRICE, "r1"),
    Stage.SHOWING: Desk(Stage.SHOWING, 1.0, PRICE, "r1", "https://x/1", 90.0),
    Stage.SWITCHING: Desk(Stage.SWITCHING, 1.0, PRICE, "r1"),
    Stage.STOPPING: Desk(Stage.STOPPING, 1.0, PRICE, "r1"),
    Stage.OUTCOME: Desk(Stage.OUTCOME, 1.0, PRICE, "r1", verdict=Verdict.PAID),
}
INPUTS: dict[str, Input] = {
    "charge": Charge("129", Presenting.CUSTOMER),
    "show": Charge("129", Presenting.MERCHANT),
    "either": Charge("129", Presenting.EITHER),
    "scanned": Scanned(Secret(CODE), "QR"),
    "stop": Stop("r1"),
    "late stop": Stop("r0"),
    "tip": Tip("10%"),
    "next": Next(),
    "ask": AskAgain("r9"),
    "refund": GiveBack("r9", "5"),
    "camera": CameraSays(None),
    "printer": PrinterSays("r1"),
}
# What each input does at each stage, where it does anything: the next stage and the command.
DOES: dict[tuple[Stage, str], tuple[Stage, type[Command] | None]] = {
    (Stage.READY, "charge"): (Stage.SCANNING, None),
    (Stage.READY, "show"): (Stage.READY, Pay),
    (Stage.READY, "either"): (Stage.SCANNING, None),  # where only one of the two is offered
    (Stage.OUTCOME, "either"): (Stage.SCANNING, None),
    (Stage.OUTCOME, "charge"): (Stage.SCANNING, None),
    (Stage.OUTCOME, "show"): (Stage.READY, Pay),
    (Stage.TIPPING, "tip"): (Stage.SCANNING, None),
    (Stage.TIPPING, "stop"): (Stage.READY, None),
    (Stage.TIPPING, "late stop"): (Stage.READY, None),
    (Stage.SCANNING, "scanned"): (Stage.SCANNING, Pay),
    (Stage.SCANNING, "stop"): (Stage.READY, None),
    (Stage.SCANNING, "late stop"): (Stage.READY, None),
    (Stage.PAYING, "stop"): (Stage.PAYING, GiveUp),
    (Stage.SHOWING, "stop"): (Stage.SHOWING, GiveUp),
    (Stage.SWITCHING, "stop"): (Stage.SWITCHING, GiveUp),
    (Stage.STOPPING, "next"): (Stage.OUTCOME, None),
    (Stage.OUTCOME, "next"): (Stage.READY, None),
    **{(stage, "ask"): (stage, Ask) for stage in Stage},
    **{(stage, "refund"): (stage, Return) for stage in Stage},
}


def at(desk: Desk, given: Input) -> tuple[Desk, Command | None]:
    """One input at the counter till."""
    return advance(desk, given, NOW_S, "NOK", COUNTER)


def test_every_stage_has_a_desk() -> None:
    """No stage of the product is missing here."""
    assert set(DESKS) == set(Stage)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("stage", list(Stage))
def test_every_input_at_every_stage(stage: Stage, name: str) -> None:
    """It does what the table says, and where it does not fit it does nothing at all."""
    desk = DESKS[stage]
    after, command = at(desk, INPUTS[name])
    if (stage, name) not in DOES:
        assert (after, command) == (desk, None)
        return
    next_stage, kind = DOES[stage, name]
    assert after.stage is next_stage
    assert (type(command) if command else None) is kind


def test_a_scanned_code_pays_the_amount_that_was_armed() -> None:
    """The command carries the desk's amount and the code, whole."""
    _, command = at(DESKS[Stage.SCANNING], INPUTS["scanned"])
    assert isinstance(command, Pay)
    assert command.amount == PRICE
    assert command.code is not None
    assert command.code.secret == Secret(CODE)
    assert till.scenario_of(command) is Scenario.PAYMENT_CODE


def test_a_shown_code_needs_none_of_the_customers() -> None:
    """The switch is asked for a code of ours."""
    _, command = at(DESKS[Stage.READY], INPUTS["show"])
    assert command == Pay(PRICE, None)
    assert till.scenario_of(Pay(PRICE, None)) is Scenario.ORDER_CODE


@pytest.mark.parametrize("typed", ["0", "-5", "1.234", "1000000", "junk"])
@pytest.mark.parametrize("presenting", list(Presenting))
def test_a_wrong_amount_is_said_and_nothing_is_armed(typed: str, presenting: Presenting) -> None:
    """The desk stays free, with a notice that every language can say."""
    desk, command = at(Desk(), Charge(typed, presenting))
    assert (desk.stage, command) == (Stage.READY, None)
    assert desk.notice is not None
    assert desk.notice.key.startswith("amount.")


@pytest.mark.parametrize(
    ("text", "symbology", "key"),
    [
        ("130000000000000000", "QR", "code.wechat"),
        ("6200000000000000000", "QR", "code.unionpay"),
        ("hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4", "QR", "code.card"),
        ("https://qr.alipay.com/abc", "QR", "code.merchant"),
        ("4006381333931", "EAN13", "code.product_scanned"),
        ("samkassa:receipt:abcdefgh12345678", "QR", "code.receipt_scanned"),
        ("20260301ABCDEFGHIJKLMNOPQR", "QR", "code.not_expected"),
        ("\x1b[2J", "QR", "code.control_characters"),
        ("", "QR", "code.empty"),
    ],
)
def test_a_code_that_does_not_pay_is_explained_and_the_camera_stays_armed(
    text: str, symbology: str, key: str
) -> None:
    """The customer may hold up another one; the amount still stands."""
    desk, command = at(DESKS[Stage.SCANNING], Scanned(Secret(text), symbology))
    assert command is None
    assert (desk.stage, desk.amount) == (Stage.SCANNING, PRICE)
    assert desk.notice == notice(key)


def test_the_explanation_goes_when_a_code_pays() -> None:
    """What was said of the last code is not said of this one."""
    said = replace(DESKS[Stage.SCANNING], notice=notice("code.wechat"))
    desk, _ = at(said, INPUTS["scanned"])
    assert desk.notice is None


@pytest.mark.parametrize("mode", [KIOSK, CHECKOUT])
def test_only_a_staffed_till_gives_back(mode: object) -> None:
    """Elsewhere the input does nothing."""
    assert advance(Desk(), INPUTS["refund"], NOW_S, "NOK", mode) == (Desk(), None)


def test_a_refusal_to_begin_keeps_an_armed_camera_armed() -> None:
    """A used code is refused at the camera; a shown one leaves the desk free."""
    why = notice("code.used")
    armed = till.refused(DESKS[Stage.SCANNING], why)
    assert (armed.stage, armed.amount, armed.notice) == (Stage.SCANNING, PRICE, why)
    free = till.refused(Desk(), why)
    assert (free.stage, free.notice) == (Stage.READY, why)


def payment(state: State, **fields: object) -> Payment:
    """A payment of the desk in `state`."""
    whole = {"request_id": "r1", "result_code": "USER_BALANCE_NOT_ENOUGH"} | fields
    request_id = str(whole.pop("request_id"))
    made = Payment(request_id, "s1", PRICE, Scenario.PAYMENT_CODE, 1000.0)
    return replace(made, state=state, **whole)


@pytest.mark.parametrize(
    ("state", "stage", "verdict"),
    [
        (State.PAID, Stage.OUTCOME, Verdict.PAID),
        (State.DECLINED, Stage.OUTCOME, Verdict.DECLINED),
        (State.CANCELLED, Stage.OUTCOME, Verdict.CANCELLED),
        (State.REVERSED, Stage.OUTCOME, Verdict.CANCELLED),
        (State.CANCELLING, Stage.STOPPING, None),
        (State.REVERSING, Stage.STOPPING, None),
        (State.INTENT, Stage.PAYING, None),
    ],
)
def test_the_desk_follows_its_payment(state: State, stage: Stage, verdict: Verdict | None) -> None:
    """Only PAID is ever shown as paid."""
    desk = till.followed(DESKS[Stage.PAYING], payment(state), NOW_S)
    assert (desk.stage, desk.verdict) == (stage, verdict)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("stage", list(Stage))
def test_the_desk_never_follows_another_payment(state: State, stage: Stage) -> None:
    """What was set aside ends behind the next customer's back."""
    other = payment(state, request_id="r0")
    assert till.followed(DESKS[stage], other, NOW_S) is DESKS[stage]


def test_stopping_counts_from_its_beginning() -> None:
    """A second answer while cancelling does not start the clock anew."""
    stopping = till.followed(DESKS[Stage.PAYING], payment(State.CANCELLING), NOW_S)
    assert till.followed(stopping, payment(State.REVERSING), NOW_S + 9) is stopping
    assert stopping.since_s == NOW_S


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (payment(State.PAID), None),
        (
            payment(State.DECLINED),
            notice("reason.USER_BALANCE_NOT_ENOUGH", code="USER_BALANCE_NOT_ENOUGH"),
        ),
        (payment(State.CANCELLED, stop_reason=StopReason.EXPIRED), notice("stopped.expired")),
        (payment(State.CANCELLING, stop_reason=StopReason.OPERATOR), notice("stopped.operator")),
        (payment(State.CANCELLED), notice("stopped.elsewhere")),
    ],
)
def test_why_a_payment_was_not_made(made: Payment, why: Notice | None) -> None:
    """The reason is a key with its values."""
    assert till.why(made) == why


def test_a_code_of_ours_lies_on_the_desk_with_its_end() -> None:
    """The text to draw, and the second until which it may be shown."""
    event = StillOpen("r1", order_code="https://x/2", expires_in_s=60.0)
    desk = till.showing(DESKS[Stage.PAYING], event, 110.0)
    assert (desk.stage, desk.order_code, desk.expires_at_s) == (Stage.SHOWING, "https://x/2", 110.0)


@pytest.mark.parametrize("stage", [Stage.TIPPING, Stage.SCANNING, Stage.OUTCOME])
def test_an_unattended_till_frees_itself(stage: Stage) -> None:
    """After the mode's idle time, not a second before, and never at a staffed counter."""
    desk = DESKS[stage]
    assert till.idle(desk, KIOSK, 60.9) is desk
    assert till.idle(desk, KIOSK, 61.0) == Desk(since_s=61.0)
    assert till.idle(desk, COUNTER, 1e6) is desk


def test_an_order_that_nobody_comes_back_to_goes() -> None:
    """At an unattended till only; a cashier's order waits for the cashier."""
    assert till.idle(WITH_ORDER, KIOSK, 59.9) is WITH_ORDER
    assert till.idle(WITH_ORDER, KIOSK, 60.0) == Desk(since_s=60.0)
    assert till.idle(WITH_ORDER, COUNTER, 1e6) is WITH_ORDER


@pytest.mark.parametrize("stage", [Stage.PAYING, Stage.SHOWING, Stage.SWITCHING, Stage.STOPPING])
def test_idleness_never_touches_a_payment(stage: Stage) -> None:
    """However long it takes."""
    said = replace(DESKS[stage], notice=notice("ask.open"))
    assert till.idle(said, KIOSK, 1e6) is said


def test_a_fault_of_an_amount_is_said_with_its_values() -> None:
    """As text, for every language."""
    with pytest.raises(AmountError) as caught:
        Amount.parse("1.234", "NOK")
    assert till.said_by(caught.value) == notice("amount.too_many_decimals", decimals=2)


def test_what_is_set_aside_is_told_as_not_known_until_it_is() -> None:
    """Set aside says so, stays so while the cancel is unanswered, and then says how it ended."""
    aside, command = till.advance(DESKS[Stage.STOPPING], Next(), NOW_S, "NOK", COUNTER)
    assert (aside.stage, aside.verdict, command) == (Stage.OUTCOME, Verdict.ASIDE, None)
    assert till.followed(aside, payment(State.REVERSING), NOW_S) is aside
    assert till.followed(aside, payment(State.CANCELLED), NOW_S).verdict is Verdict.CANCELLED
    free, _ = till.advance(aside, Next(), NOW_S, "NOK", COUNTER)
    assert free.stage is Stage.READY


BUN = Order("", "NOK", (Line("Bolle", 3900, 2, vat=1500, product="2"),))
WITH_ORDER = Desk(order=BUN)
CHARGE = Charge("", Presenting.CUSTOMER)
SHOW = Charge("", Presenting.MERCHANT)


def test_charging_without_an_amount_takes_the_order() -> None:
    """The command carries the lines, by either code, and their sum is what is asked for."""
    armed, _ = at(WITH_ORDER, CHARGE)
    assert (armed.stage, armed.amount, armed.order) == (Stage.SCANNING, Amount(7800, "NOK"), BUN)
    _, command = at(armed, INPUTS["scanned"])
    assert isinstance(command, Pay)
    assert (command.amount, command.order) == (Amount(7800, "NOK"), BUN)
    _, command = at(WITH_ORDER, SHOW)
    assert command == Pay(Amount(7800, "NOK"), None, BUN)


def test_an_amount_beside_an_open_order_is_not_charged() -> None:
    """Which of the two sums the customer is to pay is for the cashier to say."""
    desk, command = at(WITH_ORDER, INPUTS["charge"])
    assert (desk.stage, desk.order, command) == (Stage.READY, BUN, None)
    assert desk.notice == notice("order.open")


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [
        (Verdict.PAID, None),
        (Verdict.ASIDE, None),
        (Verdict.DECLINED, BUN),
        (Verdict.CANCELLED, BUN),
    ],
)
def test_an_unpaid_order_stays_on_the_desk(verdict: Verdict, kept: Order | None) -> None:
    """So that the customer can pay another way; a paid one must not be charged again."""
    ended = Desk(Stage.OUTCOME, 1.0, PRICE, "r1", verdict=verdict, order=BUN)
    desk, _ = at(ended, Next())
    assert (desk.stage, desk.order, desk.amount) == (Stage.READY, kept, None)


@pytest.mark.parametrize("state", list(State))
def test_the_order_follows_its_payment(state: State) -> None:
    """Every screen can show the lines until the end."""
    paying = till.paying(replace(WITH_ORDER, tip=500), payment(State.INTENT), NOW_S)
    desk = till.followed(paying, payment(state), NOW_S)
    assert (desk.order, desk.tip) == (BUN, 500)


def test_stopping_before_a_payment_keeps_the_order() -> None:
    """Only the asking ends."""
    armed, _ = at(WITH_ORDER, CHARGE)
    desk, _ = at(armed, Stop())
    assert (desk.stage, desk.order) == (Stage.READY, BUN)
    why = notice("link.down")
    assert till.back(armed, why) == Desk(since_s=armed.since_s, order=BUN, notice=why)


def tipping(given: Charge, desk: Desk = WITH_ORDER) -> Desk:
    """The desk that asks for a tip."""
    asking, command = advance(desk, given, NOW_S, "NOK", COUNTER, tips=True)
    assert (asking.stage, command) == (Stage.TIPPING, None)
    return asking


@pytest.mark.parametrize(
    ("typed", "tip"), [("", 0), ("0", 0), ("10%", 780), ("12,5 %", 975), ("20", 2000)]
)
def test_a_tip_is_a_step_of_its_own(typed: str, tip: int) -> None:
    """Of the lines' sum, or a sum; the amount that is asked for holds it, the lines do not."""
    desk, _ = at(tipping(CHARGE), Tip(typed))
    assert (desk.stage, desk.tip) == (Stage.SCANNING, tip)
    assert (desk.amount, desk.order) == (Amount(7800 + tip, "NOK"), BUN)
    _, command = at(tipping(SHOW), Tip(typed))
    assert command == Pay(Amount(7800 + tip, "NOK"), None, BUN, tip)


@pytest.mark.parametrize("typed", ["-1", "101%", "much", "999999"])
def test_a_wrong_tip_is_said_and_asked_for_again(typed: str) -> None:
    """Nothing is charged before it is right."""
    desk, command = at(tipping(CHARGE), Tip(typed))
    assert (desk.stage, desk.amount, command) == (Stage.TIPPING, Amount(7800, "NOK"), None)
    assert desk.notice is not None
    assert desk.notice.key in ("amount.not_above_zero", "amount.too_large", "tip.unreadable",
                               "amount.unreadable")  # fmt: skip


def test_a_keyed_amount_takes_a_tip_too() -> None:
    """And becomes no order by it."""
    desk, _ = at(tipping(Charge("100", Presenting.CUSTOMER), Desk()), Tip("5"))
    assert (desk.amount, desk.tip, desk.order) == (Amount(10500, "NOK"), 500, None)


BEER = Order("", "NOK", (Line("Pils", 9800, product="P1", age_limit=18),))


@pytest.mark.parametrize("stage", [Stage.READY, Stage.OUTCOME])
def test_where_customers_serve_themselves_goods_for_adults_wait_for_the_staff(stage: Stage) -> None:
    """Nothing is asked for until somebody saw proof of age; at a counter the cashier sees it."""
    desk = Desk(
        stage, 1.0, order=BEER, verdict=Verdict.DECLINED if stage is Stage.OUTCOME else None
    )
    pay = Charge("", Presenting.CUSTOMER)
    for mode in (CHECKOUT, KIOSK):
        after, command = advance(desk, pay, NOW_S, "NOK", mode)
        assert (after.stage, after.notice, command) == (Stage.READY, notice("age.wait"), None)
        seen = replace(desk, order=replace(BEER, age_checked=18))
        assert advance(seen, pay, NOW_S, "NOK", mode)[0].stage is Stage.SCANNING
    assert advance(desk, pay, NOW_S, "NOK", COUNTER)[0].stage is Stage.SCANNING


@pytest.mark.parametrize("stage", Stage)
def test_whoever_is_still_there_has_the_whole_idle_time_again(stage: Stage) -> None:
    """Where nobody's money is under way; elsewhere no time runs out by itself."""
    proven = replace(BEER, age_checked=18)  # nobody waits for the staff any more
    desk = replace(DESKS[stage], order=proven)
    after, command = advance(desk, Stay(), NOW_S, "NOK", CHECKOUT)
    waits = stage in (Stage.READY, Stage.TIPPING, Stage.SCANNING, Stage.OUTCOME)
    assert after == (replace(desk, since_s=NOW_S) if waits else desk)
    assert command is None
    if waits:
        assert till.idle(after, CHECKOUT, NOW_S + 59.0).order == proven
        assert till.idle(after, CHECKOUT, NOW_S + 60.0).order is None
