"""Our code on the screen and theirs before the camera: one order, one payment, whatever happens.

Apart from the other sales because two payments are made of one order here, one after the other.
"""

from collections.abc import Callable

import pytest

from pos.sale.input import Charge, Next, Presenting, Stop
from pos.sale.mode import KIOSK
from pos.sale.pursuit import Limits
from pos.sale.switching import HELD_S_MAX
from pos.sale.view import Stage, Verdict, notice
from tests.engine.conftest import Shop, said
from tests.engine.line import Faults
from tests.engine.test_engine_sales import stages


@pytest.fixture
def kiosk(shop: Shop) -> Shop:
    """A kiosk at work."""
    shop.start(mode=KIOSK)
    return shop


def both(kiosk: Shop, typed: str = "129") -> str:
    """A sale with our code on the screen and the camera looking; its request id."""
    kiosk.engine.handle(Charge(typed, Presenting.EITHER))
    assert (kiosk.view.stage, kiosk.view.looking) == (Stage.SHOWING, True)
    return kiosk.view.request_id


def pay_shown(kiosk: Shop, order_code: str) -> None:
    """A customer scans our code and approves."""
    customers = kiosk.switch.scheme.customers
    customers.scan(order_code, "vipps")
    (waiting,) = customers.waiting("vipps")
    customers.approve("vipps", waiting.payment_id)


def net(kiosk: Shop) -> int:
    """Minor units that all customers are out of, for all payments of this till."""
    ids = kiosk.engine.history.payments
    return sum(kiosk.switch.truth(kiosk.client, each).net for each in ids)


def test_the_camera_looks_while_our_code_is_shown(kiosk: Shop) -> None:
    """Armed when there is something to choose between, and no more once one was chosen."""
    both(kiosk)
    assert kiosk.eye == ["arm"]
    pay_shown(kiosk, kiosk.view.order_code)
    kiosk.go_on(4)
    assert (kiosk.view.verdict, kiosk.view.looking) == (Verdict.PAID, False)
    assert kiosk.eye == ["arm", "disarm"]
    assert net(kiosk) == 12900


def test_a_scanned_code_pays_once_the_shown_one_is_closed(kiosk: Shop) -> None:
    """Asked, cancelled, acknowledged; then a second payment of the same sale, and it alone."""
    began = kiosk.book.seq
    first = both(kiosk)
    kiosk.scan(kiosk.code())
    assert (kiosk.view.stage, kiosk.view.order_code, kiosk.view.looking) == (
        Stage.SWITCHING, "", False,
    )  # fmt: skip
    assert kiosk.eye[-1] == "disarm"
    at = len(kiosk.views)
    kiosk.go_on()
    assert kiosk.line.apis("witness") == ["pay", "inquiryPayment", "cancel", "pay"]
    assert kiosk.kinds(began) == [
        "Opened", "CancelAsked", "CancelDone", "Opened", "Paid", "ReceiptBegun",
    ]  # fmt: skip
    opened = [body for kind, body in kiosk.entries(began) if kind == "Opened"]
    assert [each["scenario"] for each in opened] == ["OrderCode", "PaymentCode"]
    assert opened[0]["sale_id"] == opened[1]["sale_id"]
    assert opened[0]["request_id"] == first != opened[1]["request_id"]
    assert opened[0]["amount"] == opened[1]["amount"]
    assert kiosk.entries(began)[1][1] == {"request_id": first, "reason": "scanned_instead"}
    assert stages(kiosk, at) == [Stage.SWITCHING, Stage.PAYING, Stage.OUTCOME]
    assert (kiosk.view.verdict, kiosk.view.wallet) == (Verdict.PAID, "Vipps")
    assert kiosk.slips == [(opened[1]["request_id"], 1)]
    assert len(kiosk.engine.history.order_book.placed) == 1
    assert net(kiosk) == 12900


def test_what_was_paid_before_the_last_question_has_won(kiosk: Shop) -> None:
    """The code that was held up is never sent, and the customer is told."""
    first = both(kiosk)
    pay_shown(kiosk, kiosk.view.order_code)
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    assert (kiosk.view.verdict, kiosk.view.request_id) == (Verdict.PAID, first)
    assert kiosk.view.notice == notice("switching.shown_paid")
    assert kiosk.line.apis("witness") == ["pay", "inquiryPayment"]
    assert net(kiosk) == 12900


def test_what_is_paid_between_the_question_and_the_cancel_is_given_back(kiosk: Shop) -> None:
    """Once cancelling only the cancel's answer counts; then the scanned code pays."""
    first = both(kiosk)
    code = kiosk.view.order_code
    kiosk.scan(kiosk.code())
    kiosk.work()
    kiosk.work()  # given up
    pay_shown(kiosk, code)
    kiosk.go_on()
    assert kiosk.view.verdict is Verdict.PAID
    assert kiosk.view.request_id != first
    assert kiosk.engine.history.payments[first].state == "CANCELLED"
    assert kiosk.switch.truth(kiosk.client, first).charge_count == 1
    assert net(kiosk) == 12900


def test_a_shown_code_that_was_refused_is_closed_as_it_is(kiosk: Shop) -> None:
    """A final no is as good as a cancel."""
    first = both(kiosk)
    customers = kiosk.switch.scheme.customers
    customers.scan(kiosk.view.order_code, "vipps")
    (waiting,) = customers.waiting("vipps")
    customers.decline("vipps", waiting.payment_id)
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    assert kiosk.engine.history.payments[first].state == "DECLINED"
    assert kiosk.line.apis("witness") == ["pay", "inquiryPayment", "pay"]
    assert (kiosk.view.verdict, net(kiosk)) == (Verdict.PAID, 12900)


@pytest.mark.parametrize("api", ["inquiryPayment", "cancel"])
@pytest.mark.parametrize("how", ["lost", "answer_lost"])
def test_a_lost_answer_delays_the_scanned_code_and_no_more(
    api: str, how: str, kiosk: Shop, faults: Faults
) -> None:
    """Nothing is sent before the cancel is heard."""
    first = both(kiosk)
    kiosk.line.plan(api, getattr(faults, how))
    kiosk.scan(kiosk.code())
    kiosk.go_on(15)
    calls = kiosk.line.apis("witness")
    assert calls.index("cancel") < calls.index("pay", 1)
    assert calls.count("pay") == 2
    assert kiosk.engine.history.payments[first].state == "CANCELLED"
    assert (kiosk.view.verdict, net(kiosk)) == (Verdict.PAID, 12900)


def test_a_code_that_waited_too_long_is_forgotten(kiosk: Shop, faults: Faults) -> None:
    """The line stays down: it is said, the cancel goes on, and no second payment is ever made."""
    both(kiosk)
    kiosk.line.plan("cancel", *[faults.lost] * 4)
    kiosk.scan(kiosk.code())
    kiosk.go_on(HELD_S_MAX + 1)
    assert (kiosk.view.stage, kiosk.view.notice) == (
        Stage.STOPPING, notice("switching.forgotten"),
    )  # fmt: skip
    kiosk.go_on(20)
    assert kiosk.view.verdict is Verdict.CANCELLED
    assert said(kiosk.view.reason) == ("stopped.scanned_instead", {}, False)
    assert kiosk.line.apis().count("pay") == 1
    assert net(kiosk) == 0


def test_a_held_code_is_forgotten_to_the_second(kiosk: Shop, faults: Faults) -> None:
    """The till does not sleep over it, however long it waits for its next try; and goes on."""
    both(kiosk)
    kiosk.line.plan("cancel", *[faults.not_sent] * 6)
    kiosk.line.plan("inquiryPayment", *[faults.lost] * 6)
    kiosk.scan(kiosk.code())
    ends_s, wait_s = kiosk.fate.now_s + HELD_S_MAX, 0.0
    while kiosk.view.stage is Stage.SWITCHING:
        kiosk.fate.pass_time(wait_s)
        assert kiosk.fate.now_s <= ends_s
        wait_s = kiosk.work()
    assert (kiosk.fate.now_s, wait_s) == (ends_s, 0.0)


def test_the_visitor_stops_while_the_codes_are_switched(kiosk: Shop, faults: Faults) -> None:
    """What was held is forgotten; set aside, the next sale is not disturbed by it."""
    first = both(kiosk)
    kiosk.line.plan("cancel", faults.lost)
    kiosk.scan(kiosk.code())
    [kiosk.work() for _ in range(3)]
    kiosk.engine.handle(Stop(first))
    assert (kiosk.view.stage, kiosk.view.stage_since_s) == (Stage.STOPPING, kiosk.fate.now_s)
    kiosk.engine.handle(Next())
    second = both(kiosk, "7")
    kiosk.go_on(20)
    assert (kiosk.view.request_id, kiosk.view.stage) == (second, Stage.SHOWING)
    assert kiosk.engine.history.payments[first].state == "CANCELLED"
    assert kiosk.line.apis().count("pay") == 2
    assert net(kiosk) == 0


def test_a_stop_before_the_scan_leaves_the_code_unread(kiosk: Shop) -> None:
    """A camera that reads on for a moment does not undo what the visitor wanted."""
    first = both(kiosk)
    kiosk.engine.handle(Stop(first))
    assert kiosk.view.looking is False
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    assert (kiosk.view.verdict, kiosk.line.apis().count("pay")) == (Verdict.CANCELLED, 1)
    assert said(kiosk.view.reason) == ("stopped.operator", {}, False)


def test_a_code_that_was_used_leaves_ours_on_the_screen(kiosk: Shop) -> None:
    """Nothing is closed for a code that could not pay anyway."""
    kiosk.engine.handle(Charge("5", Presenting.CUSTOMER))
    code = kiosk.code()
    kiosk.scan(code)
    kiosk.engine.handle(Next())
    first = both(kiosk)
    kiosk.scan(code)
    assert (kiosk.view.stage, kiosk.view.notice) == (Stage.SHOWING, notice("code.used"))
    assert kiosk.view.looking
    kiosk.go_on(1)
    assert kiosk.engine.history.payments[first].state == "INTENT"
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    assert (kiosk.view.verdict, net(kiosk)) == (Verdict.PAID, 500 + 12900)


def test_on_a_line_that_is_down_the_shown_code_is_left_alone(kiosk: Shop, faults: Faults) -> None:
    """It may be paid by a telephone with a line of its own, so it is not given up in vain."""
    first = both(kiosk)
    kiosk.line.plan("inquiryPayment", *[faults.lost] * 2)
    kiosk.fate.pass_time(3)
    kiosk.work()
    kiosk.scan(kiosk.code())
    assert (kiosk.view.stage, kiosk.view.looking) == (Stage.SHOWING, True)
    assert said(kiosk.view.notice)[0] == "link.down"
    pay_shown(kiosk, kiosk.view.order_code)
    kiosk.go_on(40)
    assert (kiosk.view.verdict, kiosk.view.request_id) == (Verdict.PAID, first)


def test_the_end_of_the_shown_code_ends_the_looking_too(shop: Shop) -> None:
    """In time it is used; once expired nothing is held and a code comes too late."""
    kiosk = shop
    kiosk.start(mode=KIOSK, limits=Limits(order_code_life_s_max=90.0))
    both(kiosk)
    kiosk.go_on(88)
    kiosk.scan(kiosk.code())  # two seconds before its end: still in time
    kiosk.go_on(5)
    assert (kiosk.view.verdict, net(kiosk)) == (Verdict.PAID, 12900)
    kiosk.engine.handle(Next())
    both(kiosk)
    kiosk.go_on(95)
    assert (kiosk.view.verdict, kiosk.view.looking) == (Verdict.CANCELLED, False)
    assert said(kiosk.view.reason) == ("stopped.expired", {}, False)
    kiosk.scan(kiosk.code())
    kiosk.go_on(1)
    assert net(kiosk) == 12900


def test_a_refused_scanned_code_ends_the_order_unpaid(kiosk: Shop) -> None:
    """Its own reason is said; neither payment took anything."""
    both(kiosk)
    kiosk.scan(kiosk.code("no-money"))
    kiosk.go_on()
    assert kiosk.view.verdict is Verdict.DECLINED
    assert said(kiosk.view.reason)[0] == "reason.USER_BALANCE_NOT_ENOUGH"
    assert net(kiosk) == 0


def test_too_late_to_cancel_the_refund_has_to_be_final_first(kiosk: Shop, faults: Faults) -> None:
    """The window closed while our code was on the screen: refunded in full, then the other pays."""
    first = both(kiosk)
    code = kiosk.view.order_code
    kiosk.scan(kiosk.code())
    kiosk.work()
    kiosk.work()
    pay_shown(kiosk, code)
    kiosk.line.plan("cancel", faults.refused("CANCEL_WINDOW_EXCEED"))
    kiosk.go_on(10)
    assert kiosk.engine.history.payments[first].state == "REVERSED"
    assert kiosk.line.apis("witness", "inquiryPayment")[-2:] == ["refund", "pay"]
    assert (kiosk.view.verdict, net(kiosk)) == (Verdict.PAID, 12900)


def _after_scan(kiosk: Shop) -> None:
    kiosk.scan(kiosk.code())


def _after_question(kiosk: Shop) -> None:
    _after_scan(kiosk)
    kiosk.work()


def _after_giving_up(kiosk: Shop) -> None:
    _after_question(kiosk)
    kiosk.work()


def _after_cancel(kiosk: Shop) -> None:
    _after_giving_up(kiosk)
    kiosk.work()


@pytest.mark.parametrize("paid", [False, True], ids=["unpaid", "paid"])
@pytest.mark.parametrize(
    "until", [_after_scan, _after_question, _after_giving_up, _after_cancel],
    ids=["scan", "question", "giving up", "cancel"],
)  # fmt: skip
def test_after_a_restart_the_scanned_code_is_gone(
    until: Callable[[Shop], None],
    paid: bool,
    kiosk: Shop,
) -> None:
    """Whatever step it fell on: the shown payment is settled as ever, and nothing else is sent."""
    first = both(kiosk)
    code = kiosk.view.order_code
    until(kiosk)
    if paid and until is not _after_cancel:
        pay_shown(kiosk, code)
    kiosk.start(mode=KIOSK)
    assert kiosk.view.stage is Stage.READY
    kiosk.go_on(20)
    state = kiosk.engine.history.payments[first].state
    won = paid and until in (_after_scan, _after_question)
    assert (state, net(kiosk)) == (("PAID", 12900) if won else ("CANCELLED", 0))
    assert kiosk.line.apis().count("pay") == 1
