"""The book's rules at their edges: which payment is meant, what a start takes up, who is asked.

Apart from the book's ordinary day, which asks by request id and leaves nothing behind.
"""

import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from pos.scheme.book import Book
from pos.scheme.coupons import Coupon
from pos.scheme.moments import milliseconds
from pos.scheme.orders import OrderRefused
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.partners import PartnerUnreachable
from pos.scheme.rates import Rates
from pos.scheme.rates_file import sample_rates
from pos.scheme.records import payment_of
from pos.scheme.refund_records import add_refund
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState, RefundState, payment, refund
from pos.switch.wire import (
    CancelRequest,
    InquireExchangeRateRequest,
    InquiryPaymentRequest,
    InquiryRefundRequest,
)
from tests.scheme.conftest import CLIENT, Desk, pay_request
from tests.scheme.test_deaths import Line, Reached


@pytest.fixture
def quick():
    """A database in memory: what is tried here is the same on either engine."""
    with Store.open("sqlite://", durable=False) as opened:
        yield opened


@pytest.fixture
def line() -> Line:
    """The line to the wallets, which breaks as a test plans it."""
    return Line({})


@pytest.fixture
def at(quick, clock, line) -> Desk:
    """A desk whose wallets are behind that line."""
    chance = random.Random(7).randbytes
    return Desk(open_scheme(quick, clock, chance, reach=lambda w: Reached(w, line)), clock)


def rows(store, table=payment):
    """Every row of a table."""
    with store.read() as connection:
        return list(connection.execute(select(table)).mappings())


def state(store, request_id="r-1", client=CLIENT):
    """Where a payment stands."""
    (found,) = (
        row for row in rows(store) if (row["client_id"], row["request_id"]) == (client, request_id)
    )
    return found["state"]


def test_a_payment_is_cancelled_by_its_payment_id(at, quick):
    """The one of this caller, whatever request id is told beside it."""
    one, two = at.pay("r-1"), at.pay("r-2")
    at.pay("r-1", client="till-2")
    request = CancelRequest(payment_id=one.payment_id, payment_request_id="r-2")
    answer = at.scheme.book.cancel(CLIENT, request)
    assert (answer.result.result_status, answer.payment_request_id) == ("S", "r-1")
    assert answer.payment_id == one.payment_id
    states = state(quick, "r-1"), state(quick, "r-2"), state(quick, "r-1", "till-2")
    assert states == ("CANCELLED", "SUCCEEDED", "SUCCEEDED")
    assert two.payment_id != one.payment_id
    by_id = InquiryPaymentRequest(payment_id=two.payment_id, payment_request_id="r-1")
    found = at.scheme.book.inquire_payment(CLIENT, by_id)
    assert (found.payment_request_id, found.payment_status) == ("r-2", "SUCCESS")
    assert found.psp_customer_info.psp_name == "Vipps"


def test_an_inquiry_tells_what_was_given_back(at):
    """Of a payment that is paid, and nothing before."""
    paid = at.pay()
    assert at.inquire().transactions == ()
    at.refund(paid.payment_id, 500, "rf-1")
    (told,) = at.inquire().transactions
    assert told.transaction_request_id == "rf-1"
    assert told.transaction_amount.value == "500"


def test_a_cancel_of_what_was_never_seen_is_told_with_its_moment(at, quick, clock):
    """Remembered for this caller alone, with an id of its own; told the same when repeated."""
    clock.advance(minutes=7)
    answer = at.cancel("r-9")
    assert (answer.payment_request_id, bool(answer.payment_id)) == ("r-9", True)
    assert answer.cancel_time == "2026-03-01T11:07:01+00:00"
    (row,) = rows(quick)
    now = milliseconds(clock())
    assert (row["client_id"], row["request_id"], row["state"]) == (CLIENT, "r-9", "CANCELLED")
    assert (row["created_at_ms"], row["cancelled_at_ms"]) == (now, now)
    assert row["payment_id"] == answer.payment_id
    clock.advance(minutes=1)
    assert at.cancel("r-9") == answer
    assert at.pay("r-9", client="till-2").result.result_status == "S"


def test_a_cancel_that_the_wallet_does_not_hear_stays_open(at, quick, line):
    """Unknown, not done: repeated until the wallet can charge no more."""
    at.pay()
    line.plan["reverse", "before"] = PartnerUnreachable
    answer = at.cancel()
    assert (answer.result.result_status, answer.cancel_time) == ("U", None)
    assert state(quick) == "CANCELLING"
    assert at.cancel().result.result_status == "S"
    assert state(quick) == "CANCELLED"


def test_a_refused_cancel_changes_nothing(at, quick, clock):
    """The refusal names the payment, which stays paid."""
    paid = at.pay()
    clock.advance(hours=30)
    answer = at.cancel()
    assert answer.result.result_code == "CANCEL_WINDOW_EXCEED"
    assert (answer.payment_id, answer.cancel_time) == (paid.payment_id, None)
    assert state(quick) == "SUCCEEDED"


def test_a_payment_whose_time_is_over_is_not_charged(at, quick, clock, line):
    """A repeated request comes too late: the wallet is asked what became of it, and closed."""
    line.plan["charge", "before"] = PartnerUnreachable
    code = at.code()
    expiry = (clock() + timedelta(minutes=1)).isoformat()
    at.pay(code=code, expiry=expiry)
    assert state(quick) == "WALLET_PENDING"
    clock.advance(minutes=2)
    answer = at.pay(code=code, expiry=expiry)
    assert answer.result.result_code == "ORDER_IS_CLOSED"
    assert at.balance() == 5_000_000


def test_a_repeated_request_while_it_is_open_is_pushed_on(at, quick, line):
    """The wallet that was not reached is asked again, with the same code."""
    line.plan["charge", "before"] = PartnerUnreachable
    code = at.code()
    assert at.pay(code=code).result.result_status == "U"
    assert at.pay(code=code).result.result_status == "S"
    assert at.balance() == 5_000_000 - 12_900


def test_on_postgresql_a_cancel_sees_a_refund_that_is_being_begun(emptied, clock):
    """It waits for whoever has the payment, and judges what is there then: a sale that is being
    given back already is not given back once more.
    """
    url = emptied()
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    with Store.open(url) as ours, Store.open(url) as theirs, ThreadPoolExecutor(1) as pool:
        desk = Desk(open_scheme(ours, clock, random.Random(7).randbytes), clock)
        paid = desk.pay()
        with theirs.write() as connection:
            held = payment_of(connection, CLIENT, request_id="r-1", payment_id=None, locked=True)
            assert held is not None
            cancelling = pool.submit(desk.cancel)
            while not (cancelling.done() or connection.execute(waits).scalar()):
                pass  # until it waits for the payment
            add_refund(
                connection, client_id=CLIENT, refund_request_id="rf-1", refund_id="f-1",
                payment_id=paid.payment_id, state=RefundState.PENDING, value=500, currency="NOK",
                customer_value=500, created_at_ms=0,
            )  # fmt: skip
        answer = cancelling.result(60)
        assert answer.result.result_code == "ORDER_STATUS_INVALID"
        assert state(ours) == "SUCCEEDED"


def test_a_start_takes_up_what_was_left_and_tells_what_stays_open(at, quick, clock, line):
    """Payments of every open state, then refunds; the oldest first."""
    line.plan["charge", "after"] = PartnerUnreachable
    at.pay("charged", code=at.code())
    clock.advance(seconds=1)
    at.pay("cancelled")
    line.plan["reverse", "before"] = PartnerUnreachable
    at.cancel("cancelled")
    clock.advance(seconds=1)
    at.pay("silent", code=at.code(behaves="silent"))
    at.show("shown")
    given = at.pay("given").payment_id
    line.plan["refund", "before"] = PartnerUnreachable
    at.refund(given, 500)
    at.pay("paid")
    before = {row["request_id"]: row["state"] for row in rows(quick)}
    assert before == {
        "charged": "WALLET_PENDING", "cancelled": "CANCELLING", "silent": "WALLET_PENDING",
        "shown": "NEW", "given": "SUCCEEDED", "paid": "SUCCEEDED",
    }  # fmt: skip
    assert [row["state"] for row in rows(quick, refund)] == [RefundState.PENDING]
    line.plan["status", "before"] = PartnerUnreachable  # of the first that is asked
    assert at.scheme.book.recover() == 3  # not reached, silent, and shown
    assert state(quick, "charged") == "WALLET_PENDING"
    assert at.scheme.book.recover() == 2
    assert {state(quick, each) for each in ("charged", "given", "paid")} == {"SUCCEEDED"}
    assert state(quick, "cancelled") == "CANCELLED"
    assert [row["state"] for row in rows(quick, refund)] == [RefundState.SUCCEEDED]
    clock.advance(days=1)
    assert at.scheme.book.recover() == 0
    assert {state(quick, each) for each in ("silent", "shown")} == {"FAILED"}


def test_a_start_that_has_no_time_asks_nobody(at, quick, line):
    """All that it found is said to be open."""
    line.plan["charge", "after"] = PartnerUnreachable
    at.pay()
    assert at.scheme.book.recover(seconds_max=-1.0) == 1
    assert state(quick) == "WALLET_PENDING"


def test_what_cannot_be_ended_is_logged_and_counted(at, quick, line, caplog):
    """One sentence, with the fault; the start goes on."""
    line.plan["charge", "after"] = PartnerUnreachable
    at.pay()
    line.plan["status", "before"] = ZeroDivisionError
    with caplog.at_level(logging.ERROR, logger="pos.scheme.book"):
        assert at.scheme.book.recover() == 1
    (record,) = caplog.records
    assert record.getMessage() == "A step of the recovery failed"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_payment_is_refreshed_by_its_payment_id(at, quick, line):
    """As when its wallet notifies: asked, and told where it stands then."""
    line.plan["charge", "after"] = PartnerUnreachable
    payment_id = at.pay().payment_id
    assert payment_id is not None
    found = at.scheme.book.refresh(payment_id)
    assert (found, type(found)) == (PaymentState.SUCCEEDED, PaymentState)


def test_a_request_is_entered_in_the_transaction_of_the_caller(at, quick):
    """With that transaction or not at all; entered and not charged."""
    request = pay_request("r-5", scenario="OrderCode")

    def broken_off() -> None:
        with quick.write() as connection:
            at.scheme.book.enter(connection, CLIENT, request)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert rows(quick) == []
    with quick.write() as connection:
        record = at.scheme.book.enter(connection, CLIENT, request)
        assert at.scheme.book.enter(connection, CLIENT, request) == record
    assert (record.client_id, record.request_id, record.value) == (CLIENT, "r-5", 12_900)
    assert state(quick, "r-5") == "NEW"


def test_a_shown_code_can_be_looked_at_before_it_is_taken(at):
    """Price and name to whoever asks; the offer to a customer, and then it is hers."""
    _, code = at.show()
    price, name = at.scheme.book.asked(code)
    assert (str(price), name) == ("129.00 NOK", "Fjord Kafe")
    seen = at.scheme.book.preview(code, "alipay", "Li Na")
    taken = at.scheme.book.decode(code, "alipay", "Li Na")
    assert (seen.price, seen.charge, taken.charge) == (price, taken.charge, seen.charge)
    assert seen.charge.currency == "CNY"
    for act in (at.scheme.book.asked, lambda code: at.scheme.book.decode(code, "vipps", "Kari")):
        with pytest.raises(OrderRefused):
            act("https://nobody.example/x")


def test_personal_coupons_are_for_customers_whose_name_is_known(at, line):
    """Asked of the wallet before the payment; a wallet that is away, and she pays in full."""
    at.scheme.book.promotions.add(
        [Coupon("once", "once", "vipps", "NOK", 90_000, off=1_000, customer_count=1)]
    )
    asked: list[str] = []
    partners = at.scheme.book._partners
    for name, reached in partners.items():
        reached.holder = lambda code, name=name, wallet=reached._wallet: (
            asked.append(name),
            wallet.holder(code),
        )[1]
    assert at.pay("r-1").promotion_result is not None
    assert asked == ["vipps"]
    assert at.pay("r-2").promotion_result is None  # she had hers
    at.pay("r-3", code=at.code("alipay"))
    assert asked == ["vipps", "vipps"]  # the other wallet has none that asks for a name

    def away(_code):
        raise PartnerUnreachable("away")

    partners["vipps"].holder = away
    assert at.pay("r-4", code=at.code(customer="Ola")).promotion_result is None
    at.show("r-5")
    at.pay("r-6", code="nobody's")


def test_preview_and_decode_know_the_customer_s_own_coupon(at):
    """Named, she sees it; nameless, she does not; decoded, it is hers."""
    at.scheme.book.promotions.add(
        [Coupon("once", "once", "vipps", "NOK", 90_000, off=1_000, customer_count=1)]
    )
    _, code = at.show()
    assert at.scheme.book.preview(code, "vipps").discounts == ()
    assert len(at.scheme.book.preview(code, "vipps", "Kari").discounts) == 1
    assert len(at.scheme.book.decode(code, "vipps", "Kari").discounts) == 1


def test_rates_are_told_and_quoted_by_until_others_come(at, quick):
    """By the newest from now on; whoever only asks changes nothing, and gets a quote's id."""
    book: Book = at.scheme.book
    assert book.rates_day() == sample_rates().day
    request = InquireExchangeRateRequest(buy_currency="EUR", sell_currency="NOK")

    def told() -> tuple[str, str]:
        answer = book.inquire_exchange_rate(CLIENT, request)
        (quote,) = answer.quotes or ()
        return quote.quote_price, quote.quote_id

    (before, one), (again, two) = told(), told()
    assert before == again
    assert one != two
    assert rows(quick) == []
    day = date(2026, 3, 2)
    book.quote_by(Rates(day, {"EUR": Decimal(1), "NOK": Decimal(10), "CNY": Decimal(8)}))
    assert book.rates_day() == day
    assert told()[0] == "10.00000000"
    assert before != "10.00000000"
    answer = at.pay(code=at.code("epassi"))
    assert answer.actual_payment_amount.value == "1290"


def test_codes_are_routed_by_the_newest_table(at):
    """A wallet that left the scheme: its codes are nobody's; the quotes are on new terms too."""
    book: Book = at.scheme.book
    code = at.code("alipay")
    shipped = shipped_scheme()
    book.route_by(
        replace(
            shipped,
            wallets=tuple(
                replace(each, markup=100) if each.name == "epassi" else each
                for each in shipped.wallets
                if each.name != "alipay"
            ),
        )
    )
    assert at.pay("r-1", code=code).result.result_code == "INVALID_PAYMENT_CODE"
    answer = at.pay("r-2", code=at.code("epassi"))
    assert answer.payment_quote.quote_price != "0.08521517"


def test_a_refund_is_asked_about_by_its_own_caller(at):
    """Another's does not exist."""
    paid = at.pay()
    at.refund(paid.payment_id, 500)
    asked = InquiryRefundRequest(refund_request_id="rf-1")
    assert at.scheme.book.inquire_refund(CLIENT, asked).refund_status == "SUCCESS"
    assert at.scheme.book.inquire_refund("till-2", asked).result.result_status == "F"


def test_what_was_saved_is_told_whenever_it_is_asked(at):
    """By the request repeated, too; one that saved nothing tells nothing."""
    at.scheme.book.promotions.add([Coupon("c", "c", "vipps", "NOK", 90_000, off=1_000)])
    code = at.code()
    first = at.pay("r-1", code=code)
    assert first.promotion_result is not None
    assert at.pay("r-1", code=code).promotion_result == first.promotion_result
    assert at.inquire("r-1").promotion_results == first.promotion_result
    assert at.pay("r-2", value=900, code=at.code("epassi")).promotion_result is None
