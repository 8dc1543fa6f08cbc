"""A sale from the key to its end: what is written, then asked, then shown, and when.

Apart from the refunds and from what a restart finds, because here one process does all of it.
"""

import itertools

import pytest

from pos.sale.input import Charge, Next, Presenting, Stop
from pos.sale.pursuit import Limits
from pos.sale.view import Stage, Verdict, notice
from tests.engine.conftest import Shop, said
from tests.engine.line import SILENCE_S, TAKES_S, Faults


def stages(till: Shop, since: int = 0) -> list[Stage]:
    """Every stage that was shown, without repetitions."""
    shown = [view.stage for view in till.views[since:]]
    return [each for at, each in enumerate(shown) if at == 0 or shown[at - 1] is not each]


def waits(till: Shop, api: str, since_s: float) -> list[float]:
    """The seconds between the calls of `api`, the first counted from `since_s`."""
    times = [since_s, *(each.at_s for each in till.line.of(api) if each.at_s >= since_s)]
    return [round(b - a, 6) for a, b in itertools.pairwise(times)]


def test_a_sale_is_written_down_then_asked_for_then_shown(till: Shop) -> None:
    """The intent with all it needs, before the request; the screen says paying meanwhile."""
    began = till.book.seq
    seen: list[tuple[list[str], Stage]] = []
    till.line.plan(
        "pay",
        lambda body, through: (
            seen.append((till.kinds(began), till.view.stage)),
            through(body),
        )[1],
    )
    at_s = till.wall_s()
    request_id = till.charge(typed="129.50")
    assert seen == [(["Opened"], Stage.PAYING)]
    (kind, opened), (_, paid), (_, begun) = till.entries(began)
    assert (kind, opened["request_id"], opened["scenario"]) == ("Opened", request_id, "PaymentCode")
    assert opened["amount"] == {"value": 12950, "currency": "NOK"}
    assert (opened["opened_at"], len(opened["fingerprint"])) == (at_s, 32)
    assert len(opened["sale_id"]) == 32
    assert opened["sale_id"] != request_id
    assert (paid["request_id"], paid["wallet"]) == (request_id, "Vipps")
    assert begun == {"document_id": request_id, "number": 1, "copy": False}
    assert till.slips == [(request_id, 1)]
    assert stages(till) == [Stage.READY, Stage.SCANNING, Stage.PAYING, Stage.OUTCOME]
    view = till.view
    assert (view.verdict, view.request_id, view.reason) == (Verdict.PAID, request_id, None)
    assert (view.currency, view.merchant_name, view.wallet) == ("NOK", "Fjord Kafe", "Vipps")
    assert (view.stage_since_s, str(view.amount)) == (till.fate.now_s, "129.50 NOK")
    (asked,) = till.line.of("pay")
    assert asked.body["paymentRequestId"] == request_id
    assert asked.body["order"]["referenceOrderId"] == opened["sale_id"]
    assert asked.body["paymentAmount"] == {"value": "12950", "currency": "NOK"}
    assert till.line.apis("witness") == ["pay"]


def test_the_camera_is_armed_for_one_code_only(till: Shop) -> None:
    """Armed when the till waits for a code, not when it is shown something else, then disarmed."""
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    assert till.eye == ["arm"]
    assert "scan" in till.views[0].actions
    till.scan("5901234123457")
    assert (till.eye, till.view.notice) == (["arm"], notice("code.too_short"))
    told: list[list[str]] = []
    till.line.plan("pay", lambda body, through: (told.append(list(till.eye)), through(body))[1])
    till.scan(till.code())
    assert told == [["arm", "disarm"]]  # before the switch is asked, which may take its time
    assert till.eye[-1] == "disarm"
    count = len(till.eye)
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.engine.handle(Stop())
    assert till.eye[count:] == ["arm", "disarm"]


def test_a_till_without_camera_and_printer_sells_by_its_own_code(shop: Shop) -> None:
    """Nothing is armed or printed, and no receipt is said to be begun."""
    shop.start(eye=None, paper=None)
    assert "scan" not in shop.view.actions
    request_id = shop.charge()
    assert shop.view.verdict is Verdict.PAID
    assert shop.kinds() == ["Started", "Opened", "Paid"]
    shop.engine.handle(Next())
    assert shop.show() != request_id
    assert (shop.view.stage, shop.eye, shop.slips) == (Stage.SHOWING, [], [])


def test_a_code_of_ours_is_shown_until_it_is_paid(till: Shop) -> None:
    """The switch's code with its end on the screen; asked about every three seconds."""
    began = till.book.seq
    request_id = till.show("45.50")
    _, opened = till.entries(began)[0]
    assert (opened["scenario"], opened["fingerprint"]) == ("OrderCode", "")
    (asked,) = till.line.of("pay")
    assert asked.body["paymentMethod"].get("paymentMethodId") is None
    view = till.view
    assert (view.stage, view.request_id, str(view.amount)) == (
        Stage.SHOWING, request_id, "45.50 NOK",
    )  # fmt: skip
    assert view.order_code.startswith("https://")
    assert view.expires_at_s == till.fate.now_s + 180.0
    shown_s = till.fate.now_s
    till.go_on(7)
    assert waits(till, "inquiryPayment", shown_s) == [3.0, 3.0]
    till.switch.scheme.customers.scan(view.order_code, "alipay", "Li Na")
    (waiting,) = till.switch.scheme.customers.waiting("alipay")
    till.switch.scheme.customers.approve("alipay", waiting.payment_id)
    till.go_on(4)
    assert (till.view.verdict, till.view.wallet) == (Verdict.PAID, "AlipayCN")
    assert till.view.rate.startswith("NOK/CNY ")


def test_a_shown_code_that_nobody_pays_is_cancelled_at_its_end(shop: Shop) -> None:
    """Asked about to the end of the till's own patience, then cancelled as expired."""
    shop.start(limits=Limits(order_code_life_s_max=20.0))
    began = shop.book.seq
    shop.show()
    ends_s = shop.view.expires_at_s
    assert ends_s == shop.fate.now_s + 20.0
    shop.go_on(30)
    assert shop.kinds(began) == ["Opened", "CancelAsked", "CancelDone"]
    assert shop.entries(began)[1][1]["reason"] == "expired"
    assert shop.line.of("inquiryPayment")[-1].at_s == ends_s
    assert shop.line.of("cancel")[0].at_s == ends_s + TAKES_S
    assert said(shop.view.reason) == ("stopped.expired", {}, False)


def test_a_code_that_cannot_be_shown_is_asked_about_once_and_cancelled(
    till: Shop, faults: Faults
) -> None:
    """Nothing came that anybody could pay by; a late answer for it changes no screen."""
    till.line.plan("pay", faults.altered(orderCodeForm=None))
    till.show()
    assert till.view.stage is Stage.PAYING
    till.go_on(10)
    assert till.line.apis("witness") == ["pay", "inquiryPayment", "cancel"]
    assert till.view.verdict is Verdict.CANCELLED


def test_a_code_for_a_sale_that_was_put_aside_is_not_shown(till: Shop, faults: Faults) -> None:
    """The next customer never sees the code of the one before her."""
    first = till.show()
    code = till.view.order_code
    till.line.plan("cancel", faults.lost)
    till.engine.handle(Stop(first))
    [till.work() for _ in range(3)]
    assert (till.view.stage, till.view.order_code) == (Stage.STOPPING, "")
    till.engine.handle(Next())
    second = till.show("7")
    assert (till.view.stage, till.view.request_id) == (Stage.SHOWING, second)
    assert till.view.order_code not in ("", code)
    till.go_on(4)
    assert till.engine.history.payments[first].state == "CANCELLED"
    assert (till.view.stage, till.view.request_id) == (Stage.SHOWING, second)


@pytest.mark.parametrize("behaves", ["declines", "no-money"])
def test_a_refusal_is_said_with_its_reason(behaves: str, till: Shop) -> None:
    """The switch's own code, in the journal and on the screen, and no slip."""
    till.charge(behaves)
    assert till.kinds()[-1] == "Declined"
    code = till.entries()[-1][1]["result_code"]
    assert said(till.view.reason) == (f"reason.{code}", {"code": code}, False)
    assert (till.view.verdict, till.slips) == (Verdict.DECLINED, [])
    assert till.view.recent[0].result_code == code
    assert till.work() > 0


def test_what_was_never_sent_is_not_asked_about(till: Shop, faults: Faults) -> None:
    """Not one byte left, so nothing can have happened: at once declined."""
    till.line.plan("pay", faults.not_sent)
    till.charge()
    assert (till.view.verdict, till.kinds()[-1]) == (Verdict.DECLINED, "NotSent")
    assert till.line.apis("witness") == ["pay"]


def test_an_open_payment_is_asked_about_with_patience(till: Shop) -> None:
    """Three seconds after the answer, then three after each question, twenty times; then the
    cancel for want of time."""
    began = till.book.seq
    till.charge("silent")
    answered_s = till.fate.now_s
    assert (till.view.stage, till.kinds(began)) == (Stage.PAYING, ["Opened"])
    till.go_on(70)
    assert waits(till, "inquiryPayment", answered_s)[:20] == [3.0] * 20
    assert till.line.apis("witness") == ["pay", *["inquiryPayment"] * 20, "cancel"]
    (_, asked), (last, _) = till.entries(began)[1:]
    assert (asked["reason"], last) == ("timeout", "CancelDone")
    assert till.view.verdict is Verdict.CANCELLED
    assert said(till.view.reason) == ("stopped.timeout", {}, False)


def test_after_a_silence_the_first_question_comes_at_once(till: Shop, faults: Faults) -> None:
    """It has lasted its five seconds already; what was paid meanwhile is found."""
    till.line.plan("pay", faults.answer_lost)
    began_s = till.fate.now_s
    till.charge()
    assert till.fate.now_s == pytest.approx(began_s + TAKES_S * 2 + SILENCE_S, abs=1.0)
    assert till.view.stage is Stage.PAYING
    silent_s = till.fate.now_s
    till.work()
    assert waits(till, "inquiryPayment", silent_s) == [0.0]
    assert till.view.verdict is Verdict.PAID


def test_silence_after_a_question_does_not_stretch_the_time_between_two(
    till: Shop, faults: Faults
) -> None:
    """Counted from the asking: the next follows a silence of five seconds at once."""
    till.charge("silent")
    answered_s = till.fate.now_s
    till.line.plan("inquiryPayment", faults.lost)
    till.go_on(13)
    assert waits(till, "inquiryPayment", answered_s)[:3] == [3.0, SILENCE_S + TAKES_S, 3.0]


def test_the_cashier_stops_it_with_one_last_question(till: Shop) -> None:
    """Asked once more, then given up for good, then cancelled; the screen says each."""
    began = till.book.seq
    request_id = till.charge("silent")
    till.engine.handle(Stop("another"))
    assert till.work() > 0
    till.engine.handle(Stop(request_id))
    assert till.view.stage is Stage.PAYING  # it may be paid for all that is known
    at = len(till.views)
    assert [till.work() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert till.line.apis("witness") == ["pay", "inquiryPayment", "cancel"]
    assert till.entries(began)[1][1] == {"request_id": request_id, "reason": "operator"}
    assert stages(till, at) == [Stage.PAYING, Stage.STOPPING, Stage.OUTCOME]
    assert till.view.verdict is Verdict.CANCELLED
    assert till.work() > 0


def test_a_stopped_sale_that_was_paid_meanwhile_is_paid(till: Shop) -> None:
    """The last question finds it: the customer has paid, and gets her receipt."""
    request_id = till.charge("silent")
    (waiting,) = till.switch.scheme.customers.waiting("vipps")
    till.switch.scheme.customers.approve("vipps", waiting.payment_id)
    till.engine.handle(Stop(request_id))
    till.go_on()
    assert (till.view.verdict, till.slips) == (Verdict.PAID, [(request_id, 1)])
    assert "cancel" not in till.line.apis()


def test_a_refused_cancel_is_followed_by_a_question_and_repeated(
    till: Shop, faults: Faults
) -> None:
    """No is not the end of it: what became of it is asked first, three seconds later."""
    request_id = till.charge("silent")
    till.line.plan("cancel", faults.refused("ORDER_STATUS_INVALID"), faults.lost)
    till.engine.handle(Stop(request_id))
    till.go_on(20)
    assert till.line.apis("witness") == [
        "pay", "inquiryPayment", "cancel", "inquiryPayment", "cancel", "cancel",
    ]  # fmt: skip
    assert till.view.verdict is Verdict.CANCELLED
    asked = till.line.of("cancel")
    again = till.line.of("inquiryPayment")[-1]
    assert again.at_s == pytest.approx(asked[0].at_s + 3.0, abs=1e-6)
    assert till.engine.history.payments[request_id].reversal_id == ""


def test_a_cancel_is_repeated_until_it_is_heard(till: Shop, faults: Faults) -> None:
    """Ever more rarely, and for ever: somebody may be charged as long as it is not."""
    request_id = till.charge("silent")
    till.line.plan("cancel", *[faults.lost] * 10)
    till.engine.handle(Stop(request_id))
    till.go_on(500)
    asked = [each.at_s for each in till.line.of("cancel")]
    waits_s = [b - a for a, b in itertools.pairwise(asked)]
    # Shorter ones are over when the silence of the one before is.
    expected = [SILENCE_S, SILENCE_S, SILENCE_S, 10.0, 20.0, 30.0, 60.0, 60.0, 60.0, 60.0]
    assert waits_s == pytest.approx(expected, abs=1.0)
    assert till.view.verdict is Verdict.CANCELLED


def test_too_late_to_cancel_becomes_a_full_refund_under_a_stored_id(
    till: Shop, faults: Faults
) -> None:
    """The id is written down before the refund is asked for, and is no id that was used."""
    request_id = till.charge("silent")
    (waiting,) = till.switch.scheme.customers.waiting("vipps")
    till.engine.handle(Stop(request_id))
    till.work()
    till.work()  # given up
    till.switch.scheme.customers.approve("vipps", waiting.payment_id)
    till.line.plan("cancel", faults.refused("CANCEL_WINDOW_EXCEED"))
    till.work()
    kind, closed = till.entries()[-1]
    assert (kind, closed["request_id"], len(closed["reversal_id"])) == (
        "WindowClosed", request_id, 32,
    )  # fmt: skip
    assert till.view.stage is Stage.STOPPING
    assert closed["reversal_id"] != request_id
    till.go_on(10)
    (asked,) = till.line.of("refund")
    assert asked.reference == closed["reversal_id"]
    assert (asked.body["paymentId"], asked.body["refundAmount"]["value"]) == (
        waiting.payment_id, "12900",
    )  # fmt: skip
    assert till.kinds()[-1] == "ReversalDone"
    assert till.view.verdict is Verdict.CANCELLED
    assert till.slips == []
