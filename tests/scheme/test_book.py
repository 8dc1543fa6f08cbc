"""The rules of paying, asking and cancelling, through the book's public methods."""

import pytest
from sqlalchemy import select

from pos.scheme.statement import statement
from pos.scheme.tables import metadata
from pos.switch.wire import CancelRequest, InquiryPaymentRequest, dump


def outcome(answer):
    """Status and code of an answer's result."""
    return answer.result.result_status, answer.result.result_code


def test_a_payment_in_the_home_currency_is_paid_at_once(desk):
    """Vipps pays NOK: charged to the øre, no quote on the wire."""
    answer = desk.pay()
    assert outcome(answer) == ("S", "SUCCESS")
    assert answer.payment_time == "2026-03-01T11:00:01+00:00"
    assert (answer.payment_quote, answer.actual_payment_amount) == (None, None)
    assert answer.psp_customer_info.psp_name == "Vipps"
    assert desk.balance() == 5_000_000 - 12_900


@pytest.mark.parametrize(
    ("wallet", "customer", "psp", "pair", "charged"),
    [
        ("alipay", "Li Na", "AlipayCN", "NOK/CNY", 9_061),  # 129.00 x 0.70242863 = 90.6133
        ("epassi", "Aino", "ePassi", "NOK/EUR", 1_099),  # 129.00 x 0.08521517 = 10.9928
    ],
)
def test_a_payment_across_currencies_carries_its_quote(desk, wallet, customer, psp, pair, charged):
    """The customer is charged in the wallet's currency, at the quote that is on the wire."""
    before = desk.balance(wallet, customer)
    answer = desk.pay(code=desk.code(wallet))
    assert answer.psp_customer_info.psp_name == psp
    assert answer.payment_quote.quote_currency_pair == pair
    assert answer.actual_payment_amount.value == str(charged)
    assert desk.balance(wallet, customer) == before - charged
    assert answer.payment_amount.value == "12900"


def test_the_same_request_gets_the_same_answer_and_charges_once(desk):
    """However often a request is repeated, money moves once."""
    code = desk.code()
    answers = [dump(desk.pay(code=code)) for _ in range(3)]
    assert len(set(answers)) == 1
    assert desk.balance() == 5_000_000 - 12_900


@pytest.mark.parametrize("change", [{"value": 12_901}, {"currency": "SEK"}, {"code": "other"}])
def test_the_same_id_with_other_content_is_refused(desk, change):
    """A request id belongs to one amount and one code for ever."""
    code = desk.code()
    desk.pay(code=code)
    fields = {"code": code} | change
    if fields["code"] == "other":
        fields["code"] = desk.code()
    assert outcome(desk.pay(**fields)) == ("F", "REPEAT_REQ_INCONSISTENT")
    assert desk.inquire().payment_status == "SUCCESS"


def test_a_failure_is_repeated_too(desk):
    """A declined request stays declined, even when money has come since."""
    code = desk.code(behaves="declines")
    first = desk.pay(code=code)
    assert outcome(first) == ("F", "USER_PAYMENT_VERIFICATION_FAILED")
    assert dump(desk.pay(code=code)) == dump(first)
    assert desk.inquire().payment_status == "FAIL"


@pytest.mark.parametrize("behaves", ["pays", "declines"])
def test_a_code_is_used_up_even_when_the_payment_failed(desk, behaves):
    """A second payment with the same code is refused."""
    code = desk.code(behaves=behaves)
    desk.pay("r-1", code=code)
    assert outcome(desk.pay("r-2", code=code)) == ("F", "INVALID_PAYMENT_CODE")


def test_a_code_expires(desk, clock):
    """A code that was shown too long ago is refused."""
    code = desk.code()
    clock.advance(minutes=6)
    assert outcome(desk.pay(code=code)) == ("F", "INVALID_PAYMENT_CODE")


@pytest.mark.parametrize(
    "code",
    ["281031020000000000000000", "28024456785672301", "135112298638468293", "hello", "0" * 32],
    ids=["never issued", "broad Alipay shape", "WeChat", "text", "32 digits"],
)
def test_a_code_that_nobody_issued_is_refused(desk, code):
    """Unknown codes, and codes of wallets outside the scheme, are not valid."""
    assert outcome(desk.pay(code=code)) == ("F", "INVALID_PAYMENT_CODE")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"value": 0}, "PARAM_ILLEGAL"),
        ({"value": 10**15}, "PAYMENT_AMOUNT_EXCEED_LIMIT"),
        ({"currency": "ZZZ"}, "CURRENCY_NOT_SUPPORT"),
        ({"expiry": "soon"}, "PARAM_ILLEGAL"),
        ({"expiry": "2026-03-01T11:00:00+00:00"}, "ORDER_IS_CLOSED"),
    ],
)
def test_a_request_that_cannot_be_paid_is_refused_for_good(desk, fields, code):
    """Wrong amounts, currencies and times fail, and the failure is kept."""
    payment_code = desk.code()
    assert outcome(desk.pay(code=payment_code, **fields)) == ("F", code)
    assert desk.inquire().payment_status == "FAIL"
    assert desk.balance() == 5_000_000


def test_no_money_is_told(desk):
    """Neither the behaviour nor a real lack of money is charged."""
    assert desk.pay("r-1", code=desk.code(behaves="no-money")).result.result_code == (
        "USER_BALANCE_NOT_ENOUGH"
    )
    poor = desk.code("vipps", customer="Ola")
    assert desk.pay("r-2", code=poor, value=250_001).result.result_code == "USER_BALANCE_NOT_ENOUGH"
    assert desk.balance("vipps", "Ola") == 250_000


def test_nobody_asked_for_a_pin_is_paid_before_she_approves(desk):
    """`pin` is open until approved, or until a few inquiries have passed."""
    answer = desk.pay(code=desk.code(behaves="pin"))
    assert outcome(answer) == ("U", "PAYMENT_IN_PROCESS")
    (waiting,) = desk.scheme.customers.waiting("vipps")
    assert (waiting.customer, waiting.charge.value) == ("Kari", 12_900)
    desk.scheme.customers.approve("vipps", waiting.payment_id)
    assert desk.inquire().payment_status == "SUCCESS"
    assert desk.scheme.customers.waiting("vipps") == []


@pytest.mark.parametrize(("behaves", "count"), [("pin", 2), ("dawdles", 6)])
def test_unattended_customers_act_after_some_inquiries(desk, behaves, count):
    """Without anybody playing the customer, she acts after a known number of questions."""
    desk.pay(code=desk.code(behaves=behaves))
    statuses = [desk.inquire().payment_status for _ in range(count)]
    assert statuses == ["PROCESSING"] * (count - 1) + ["SUCCESS"]


def test_a_silent_customer_is_closed_at_the_expiry(desk, clock):
    """An open payment fails when its time is over, and cannot be approved any more."""
    answer = desk.pay(code=desk.code(behaves="silent"), expiry="2026-03-01T11:01:00+00:00")
    assert [desk.inquire().payment_status for _ in range(9)] == ["PROCESSING"] * 9
    clock.advance(minutes=1)
    inquiry = desk.inquire()
    assert (inquiry.payment_status, inquiry.payment_result_code) == ("FAIL", "ORDER_IS_CLOSED")
    late = desk.scheme.customers.approve("vipps", answer.payment_id)
    assert late.code == "ORDER_IS_CLOSED"
    assert desk.balance() == 5_000_000


def test_an_unknown_payment_is_said_to_be_unknown(desk):
    """The inquiry fails; it does not say that the payment failed."""
    answer = desk.inquire("never")
    assert outcome(answer) == ("F", "ORDER_NOT_EXIST")
    assert answer.payment_status is None


def test_a_paid_payment_is_cancelled_and_the_money_given_back(desk):
    """Cancel undoes a payment in full, and says the same when repeated."""
    desk.pay()
    first, second = desk.cancel(), desk.cancel()
    assert outcome(first) == ("S", "SUCCESS")
    assert dump(first) == dump(second)
    assert first.cancel_time is not None
    assert desk.inquire().payment_status == "CANCELLED"
    assert desk.balance() == 5_000_000


def test_an_open_payment_is_cancelled_before_anybody_is_charged(desk):
    """After a cancel, the customer's approval comes too late."""
    answer = desk.pay(code=desk.code(behaves="silent"))
    assert outcome(desk.cancel()) == ("S", "SUCCESS")
    assert desk.scheme.customers.approve("vipps", answer.payment_id).code == "ORDER_IS_CANCELED"
    assert desk.balance() == 5_000_000


def test_cancelling_what_was_never_seen_keeps_a_late_pay_out(desk):
    """The tombstone: a pay that arrives after its cancel is refused, and nobody is charged."""
    assert outcome(desk.cancel("r-9")) == ("S", "SUCCESS")
    assert outcome(desk.pay("r-9")) == ("F", "ORDER_IS_CANCELED")
    assert outcome(desk.cancel("r-9")) == ("S", "SUCCESS")
    assert desk.inquire("r-9").payment_status == "CANCELLED"
    assert desk.balance() == 5_000_000


def test_cancelling_an_unknown_payment_id_finds_nothing(desk):
    """A payment id is ours: one that we never gave out names nothing."""
    answer = desk.scheme.book.cancel("till-1", CancelRequest(payment_id="nothing"))
    assert outcome(answer) == ("F", "ORDER_NOT_EXIST")


def test_a_failed_payment_may_be_cancelled_and_stays_failed(desk):
    """Cancel is total: a failed payment is acknowledged too."""
    desk.pay(code=desk.code(behaves="declines"))
    assert outcome(desk.cancel()) == ("S", "SUCCESS")
    assert desk.inquire().payment_status == "FAIL"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(0, "SUCCESS"), (16 * 60, "SUCCESS"), (16 * 60 + 0.001, "CANCEL_WINDOW_EXCEED")],
)
def test_the_cancel_window_ends_at_a_quarter_past_midnight_in_china(desk, clock, seconds, code):
    """A sale at 16:59 Oslo winter time can be cancelled until 17:15."""
    clock.advance(hours=4, minutes=58, seconds=59)  # 15:59:00 UTC, 23:59 UTC+8
    desk.pay()
    clock.advance(seconds=seconds)
    answer = desk.cancel()
    assert answer.result.result_code == code
    assert answer.payment_id is not None


def test_a_sale_after_chinese_midnight_can_be_cancelled_for_a_day(desk, clock):
    """A sale at 17:01 Oslo winter time can be cancelled until the next day's 17:15."""
    clock.advance(hours=5, minutes=0, seconds=59)
    desk.pay()
    clock.advance(hours=24, minutes=13)
    assert outcome(desk.cancel()) == ("S", "SUCCESS")


def test_a_refunded_payment_cannot_be_cancelled(desk):
    """A cancel is of the full amount, so nothing may have been refunded."""
    answer = desk.pay()
    desk.refund(answer.payment_id, 100)
    assert outcome(desk.cancel()) == ("F", "ORDER_STATUS_INVALID")
    assert desk.balance() == 5_000_000 - 12_900 + 100


def test_a_client_sees_only_its_own_payments(desk):
    """Another caller's ids are free for me, and its payments do not exist for me."""
    answer = desk.pay()
    assert outcome(desk.inquire(client="till-2")) == ("F", "ORDER_NOT_EXIST")
    by_id = InquiryPaymentRequest(payment_id=answer.payment_id)
    book = desk.scheme.book
    assert outcome(book.inquire_payment("till-2", by_id)) == ("F", "ORDER_NOT_EXIST")
    cancel = CancelRequest(payment_id=answer.payment_id)
    assert outcome(book.cancel("till-2", cancel)) == ("F", "ORDER_NOT_EXIST")
    assert outcome(desk.refund(answer.payment_id, 1, client="till-2")) == ("F", "ORDER_NOT_EXIST")
    assert outcome(desk.pay(client="till-2")) == ("S", "SUCCESS")
    assert desk.inquire().payment_status == "SUCCESS"


def test_a_personal_vipps_code_asks_its_owner(desk):
    """A printed personal code is no secret, so its owner must approve each payment."""
    code = "https://qr.vipps.no/28/2/01/031/4799999901?v=1"
    answer = desk.pay(code=code)
    assert outcome(answer) == ("U", "PAYMENT_IN_PROCESS")
    desk.scheme.customers.approve("vipps", answer.payment_id)
    assert desk.inquire().payment_status == "SUCCESS"


def test_no_payment_code_is_kept_anywhere(desk, store):
    """Only digests of codes are in the database, before and after they are used."""
    codes = [desk.code(), desk.code(behaves="silent"), desk.code()]
    for number, code in enumerate(codes[:2]):
        desk.pay(f"r-{number}", code=code)
    with store.read() as connection:
        rows = [
            row for table in metadata.sorted_tables for row in connection.execute(select(table))
        ]
    kept = "\n".join(str(row) for row in rows)
    assert len(rows) > len(codes)
    assert not any(code in kept or code[8:] in kept for code in codes)
    assert not any(code in str(statement(store)) for code in codes)
