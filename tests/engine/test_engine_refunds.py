"""Refunds at the till: what may be given back, what is written, asked and said, until it is final.

Apart from the sales because a refund never changes one.
"""

import pytest

from pos.sale.input import AddProduct, AskAgain, Charge, GiveBack, Next, Presenting, Train
from pos.sale.money import Amount
from pos.sale.return_line import ReturnLine
from pos.sale.view import Stage, Verdict
from tests.engine.conftest import CLIENT, Shop, said
from tests.engine.counter import beside
from tests.engine.line import SILENCE_S, Faults
from tests.engine.test_engine_orders import shelf_of


def notices(till: Shop, since: int) -> list[str]:
    """The keys of what was said, in order, without repetitions."""
    keys = [view.notice.key for view in till.views[since:] if view.notice is not None]
    return [each for at, each in enumerate(keys) if at == 0 or keys[at - 1] != each]


def gaps(till: Shop) -> list[tuple[str, float]]:
    """Each call about a refund, and the seconds since the one before."""
    asked = [each for each in till.line.asked if each.api in ("refund", "inquiryRefund")]
    times = [asked[0].at_s, *(each.at_s for each in asked)]
    return [
        (each.api, round(each.at_s - before, 6)) for each, before in zip(asked, times, strict=False)
    ]


def test_goods_that_were_not_sold_or_are_back_already_cannot_come_back(
    till: Shop,
) -> None:
    """Neither a line that there is not, nor the same line twice; it is said, and nothing asked."""
    one, other = till.paid("10"), till.paid("10")
    for given, key in (
        (GiveBack(one, lines=(ReturnLine(1, 1),)), "refund.lines"),
        (GiveBack(one, lines=(ReturnLine(0, 1),)), "refund.done"),
        (GiveBack(other, "4"), "refund.done"),
        (GiveBack(other, lines=(ReturnLine(0, 1),)), "refund.too_much"),
    ):
        till.engine.handle(given)
        assert said(till.view.notice)[0] == key
    assert len(till.line.of("refund")) == 2


def test_goods_that_came_back_do_not_come_back_again(shop: Shop) -> None:
    """Money may be left of the sale all the same."""
    shop.start(shelf=shelf_of(shop.folder))
    for each in (AddProduct("K1", 2), Charge("", Presenting.CUSTOMER)):
        shop.engine.handle(each)
    shop.scan(shop.code())
    request_id = shop.view.request_id
    shop.engine.handle(Next())
    shop.engine.handle(GiveBack(request_id, lines=(ReturnLine(0, 1),)))
    assert said(shop.view.notice) == ("refund.done", {"amount": "45.00 NOK"}, False)
    shop.engine.handle(GiveBack(request_id, lines=(ReturnLine(0, 2),)))
    assert said(shop.view.notice)[0] == "refund.lines"


def test_goods_of_a_sale_without_lines_cannot_come_back(shop: Shop) -> None:
    """What came by the static code is an amount alone."""
    counter = beside(shop)
    shop.start(watches=True)
    counter.watching()
    counter.pay()
    shop.go_on(10.0)
    (request_id,) = shop.engine.history.payments
    shop.engine.handle(GiveBack(request_id, lines=(ReturnLine(0, 1),)))
    assert said(shop.view.notice) == ("refund.lines", {}, False)


def test_nothing_is_given_back_in_training(till: Shop) -> None:
    """Real money is no practice."""
    request_id = till.paid()
    till.engine.handle(Train(on=True))
    till.engine.handle(GiveBack(request_id))
    assert said(till.view.notice) == ("training.no_refund", {}, False)
    assert till.line.of("refund") == []


def test_a_refund_is_written_down_then_asked_for_then_said(till: Shop) -> None:
    """Registered on the screen before the switch is asked; done and on paper after it agreed."""
    request_id = till.paid()
    began, at = till.book.seq, len(till.views)
    seen: list[tuple[list[str], str]] = []
    till.line.plan(
        "refund",
        lambda body, through: (
            seen.append((till.kinds(began), till.view.notice.key if till.view.notice else "")),
            through(body),
        )[1],
    )
    at_s = till.wall_s()
    till.engine.handle(GiveBack(request_id, "9.50"))
    assert seen == [(["RefundAsked"], "refund.registered")]
    asked, refunded, begun = (fields for _, fields in till.entries(began))
    refund_id = asked["refund_id"]
    assert (asked["request_id"], asked["asked_at"], len(refund_id)) == (request_id, at_s, 32)
    assert asked["amount"] == {"value": 950, "currency": "NOK"}
    assert (refunded["refund_id"], begun["document_id"]) == (refund_id, refund_id)
    assert begun["number"] == 2
    assert till.slips == [(request_id, 1), (refund_id, 2)]
    assert notices(till, at) == ["refund.registered", "refund.done"]
    registered = next(view.notice for view in till.views[at:] if view.notice)
    assert said(registered) == ("refund.registered", {"amount": "9.50 NOK"}, False)
    assert said(till.view.notice) == ("refund.done", {"amount": "9.50 NOK"}, False)
    row = till.view.recent[0]
    assert (row.refunded, row.left, row.refund_open) == (950, 11950, False)
    (wire,) = till.line.of("refund")
    payment = till.engine.history.payments[request_id]
    assert (wire.reference, wire.body["paymentId"]) == (refund_id, payment.payment_id)
    assert wire.body["refundAmount"] == {"value": "950", "currency": "NOK"}
    assert till.work() > 0


def test_without_an_amount_all_that_is_left_is_given_back(till: Shop) -> None:
    """And then nothing is left."""
    request_id = till.paid()
    till.engine.handle(GiveBack(request_id, "9"))
    till.engine.handle(GiveBack(request_id))
    assert said(till.view.notice) == ("refund.done", {"amount": "120.00 NOK"}, False)
    till.engine.handle(GiveBack(request_id))
    assert said(till.view.notice) == ("refund.too_much", {"left": "0"}, False)
    assert till.switch.truth(CLIENT, request_id).net == 0


@pytest.mark.parametrize(
    ("typed", "key", "values"),
    [
        ("129.01", "refund.too_much", {"left": "129.00 NOK"}),
        ("130", "refund.too_much", {"left": "129.00 NOK"}),
        ("5.555", "amount.too_many_decimals", {"decimals": "2"}),
    ],
)
def test_an_amount_that_cannot_be_given_back_is_refused(
    typed: str, key: str, values: dict[str, str], till: Shop
) -> None:
    """Nothing is written and nothing asked; the sentence names what is left."""
    request_id = till.paid()
    began = till.book.seq
    till.engine.handle(GiveBack(request_id, typed))
    assert said(till.view.notice)[0] == key
    assert values.items() <= said(till.view.notice)[1].items()
    assert (till.kinds(began), till.line.of("refund")) == ([], [])
    till.engine.handle(GiveBack(request_id, "129"))
    assert said(till.view.notice)[0] == "refund.done"


def test_only_a_paid_sale_can_be_given_back(till: Shop) -> None:
    """Neither one that is open or failed, nor one that never was."""
    for request_id in (till.charge("silent"), "nothing"):
        till.engine.handle(GiveBack(request_id))
        assert said(till.view.notice) == ("refund.not_paid", {}, False)
    assert till.line.of("refund") == []


@pytest.mark.parametrize("code", ["REFUND_WINDOW_EXCEED", "NOT_SENT"])
def test_a_refused_refund_is_said_gravely_and_may_be_asked_anew(
    code: str, till: Shop, faults: Faults
) -> None:
    """With the switch's code; no slip; the money is still there to be given back."""
    request_id = till.paid()
    till.line.plan("refund", faults.not_sent if code == "NOT_SENT" else faults.refused(code))
    till.engine.handle(GiveBack(request_id))
    assert said(till.view.notice) == ("refund.refused", {"code": code}, True)
    assert (till.kinds()[-1], till.slips) == ("RefundRefused", [(request_id, 1)])
    row = till.view.recent[0]
    assert (row.refunded, row.left, row.refund_open) == (0, 12900, False)
    till.engine.handle(GiveBack(request_id))
    assert said(till.view.notice)[0] == "refund.done"
    assert len({each.reference for each in till.line.of("refund")}) == 2


def test_a_refund_whose_answer_is_lost_is_pursued_under_its_one_id(
    till: Shop, faults: Faults
) -> None:
    """Asked what became of it, and asked for again, by turns and ever more rarely."""
    request_id = till.paid()
    till.line.plan("refund", *[faults.lost] * 3)
    till.line.plan("inquiryRefund", *[faults.lost] * 2)
    till.engine.handle(GiveBack(request_id, "5"))
    assert till.view.recent[0].refund_open
    till.engine.handle(GiveBack(request_id, "5"))
    assert said(till.view.notice) == ("refund.open_already", {}, False)
    till.go_on(500)
    found = gaps(till)
    assert [api for api, _ in found] == [
        "refund", "inquiryRefund", "refund", "inquiryRefund", "refund", "inquiryRefund",
    ]  # fmt: skip
    waited = [wait - SILENCE_S for _, wait in found[1:]]
    assert waited == pytest.approx([3, 5, 15, 60, 300], abs=1.0)  # the line is watched meanwhile
    ids = {each.reference for each in till.line.asked if "efund" in each.api}
    assert len(ids) == 1
    assert till.engine.history.open_refunds()  # the switch was never reached, so: not found
    till.go_on(400)
    assert said(till.view.notice) == ("refund.done", {"amount": "5.00 NOK"}, False)
    assert till.switch.truth(CLIENT, request_id).net == 12400


def test_not_sent_is_no_answer_once_a_request_may_have_left(till: Shop, faults: Faults) -> None:
    """The first may have arrived, so what becomes of the third says nothing."""
    request_id = till.paid()
    till.line.plan("refund", faults.answer_lost, faults.not_sent)
    till.line.plan("inquiryRefund", faults.lost)
    till.engine.handle(GiveBack(request_id, "5"))
    till.go_on(25)
    assert len(till.line.of("refund")) == 2
    assert len(till.engine.history.open_refunds()) == 1
    till.go_on(30)
    assert till.switch.truth(CLIENT, request_id).net == 12400
    assert till.kinds()[-2:] == ["Refunded", "ReceiptBegun"]


def test_a_person_may_ask_at_once_what_became_of_a_refund(till: Shop, faults: Faults) -> None:
    """The key asks about every open refund of the sale, and says that it is open."""
    request_id = till.paid()
    till.line.plan("refund", faults.answer_lost)
    till.engine.handle(GiveBack(request_id, "5"))
    assert till.line.of("inquiryRefund") == []
    till.engine.handle(AskAgain(request_id))
    assert len(till.line.of("inquiryRefund")) == 1
    assert till.line.of("inquiryPayment")[1:] == []  # the payment itself is final and not asked for
    assert said(till.view.notice) == ("ask.open", {}, False)
    assert till.kinds()[-2:] == ["Refunded", "ReceiptBegun"]
    at = len(till.line.asked)
    till.engine.handle(AskAgain(request_id))
    assert [each.api for each in till.line.asked[at:]] == ["inquiryPayment"]
    assert said(till.view.notice) == ("ask.same", {"state": "PAID"}, False)


def test_two_refunds_of_two_sales_are_pursued_each_for_itself(till: Shop, faults: Faults) -> None:
    """Asking about one leaves the other alone."""
    one, two = till.paid(), till.paid("7")
    till.line.plan("refund", faults.lost, faults.lost)
    till.engine.handle(GiveBack(one, "5"))
    till.engine.handle(GiveBack(two, "6"))
    assert len(till.engine.history.open_refunds()) == 2
    (of_two,) = till.engine.history.refunds_of(two)
    till.engine.handle(AskAgain(two))
    assert [each.reference for each in till.line.of("inquiryRefund")] == [of_two.refund_id]
    till.go_on(60)
    assert [each.state for each in till.engine.history.refunds.values()] == ["REFUNDED"] * 2


def test_a_restart_takes_open_refunds_up_under_their_ids(shop: Shop, faults: Faults) -> None:
    """A request that is not sent then is no no: the one before may have arrived."""
    shop.start()
    request_id = shop.paid()
    shop.line.plan("refund", faults.answer_lost)
    shop.engine.handle(GiveBack(request_id, "5"))
    (before,) = shop.engine.history.open_refunds()
    shop.start()
    assert said(shop.view.notice) == ("recovered", {"count": "1"}, False)
    shop.line.plan("refund", faults.not_sent)
    assert shop.work() == 0.0
    assert shop.engine.history.open_refunds() == [before]
    shop.go_on(10)
    assert shop.engine.history.refunds[before.refund_id].state == "REFUNDED"
    assert {each.reference for each in shop.line.of("refund")} == {before.refund_id}
    assert shop.switch.truth(CLIENT, request_id).net == 12400
    assert shop.slips[-1] == (before.refund_id, 2)


def test_nothing_is_given_back_while_the_till_is_unfit(till: Shop, faults: Faults) -> None:
    """Without a line there is no refund, and the screen says why."""
    request_id = till.paid()
    till.line.plan("inquiryPayment", faults.lost, faults.lost)
    till.engine.handle(AskAgain(request_id))
    assert said(till.view.notice) == ("link.down", {}, False)
    till.engine.handle(GiveBack(request_id, "5"))
    assert said(till.view.notice) == ("link.down", {}, False)
    assert till.line.of("refund") == []
    till.engine.handle(GiveBack(request_id, "5"))
    assert said(till.view.notice)[0] == "refund.done"


def test_a_refund_that_cannot_be_written_down_is_not_asked_for(till: Shop) -> None:
    """The disk refuses: no money moves, and the till says so."""
    request_id = till.paid()
    till.break_disk("write")
    till.engine.handle(GiveBack(request_id, "5"))
    assert till.line.of("refund") == []
    assert said(till.view.stopped)[0] == "halt.journal"
    assert till.view.notice == till.view.stopped


def test_the_desk_keeps_what_lies_on_it_while_an_older_sale_is_given_back(till: Shop) -> None:
    """A refund never changes the sale on the screen."""
    first = till.paid()
    second = till.charge(typed="7")
    till.engine.handle(GiveBack(first, "5"))
    assert (till.view.stage, till.view.verdict) == (Stage.OUTCOME, Verdict.PAID)
    assert (till.view.request_id, till.view.amount) == (second, Amount(700, "NOK"))
