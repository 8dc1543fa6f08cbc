"""Refunds: full and partial, once per id, never more than was paid, at the payment's own rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.scheme.rates import Rate, refund_value
from pos.scheme.statement import statement
from pos.switch.wire import InquiryRefundRequest, dump


def outcome(answer):
    """Status and code of an answer's result."""
    return answer.result.result_status, answer.result.result_code


def test_a_full_refund_gives_everything_back(desk):
    """The customer has what she had, and both sides can look the refund up."""
    paid = desk.pay(code=desk.code("alipay"))
    answer = desk.refund(paid.payment_id, 12_900)
    assert outcome(answer) == ("S", "SUCCESS")
    assert desk.balance("alipay", "Li Na") == 4_000_000
    (followed,) = desk.inquire().transactions
    assert (followed.transaction_type, followed.transaction_status) == ("REFUND", "SUCCESS")
    assert followed.transaction_id == answer.refund_id


def test_partial_refunds_end_at_what_was_paid(desk):
    """The sum may reach the payment and not pass it; the last takes the rounding remainder."""
    paid = desk.pay(code=desk.code("alipay"))  # 129.00 NOK, 90.61 CNY
    answers = [desk.refund(paid.payment_id, 4_300, f"rf-{n}") for n in range(3)]
    assert [outcome(answer) for answer in answers] == [("S", "SUCCESS")] * 3
    assert desk.balance("alipay", "Li Na") == 4_000_000
    more = desk.refund(paid.payment_id, 1, "rf-3")
    assert outcome(more) == ("F", "REFUND_AMOUNT_EXCEED")
    values = [row["customer_value"] for row in statement(desk.scheme.store)["refunds"]]
    assert values == [3_020, 3_020, 3_021, None]  # 43.00 x 0.70242863 = 30.2044


def test_a_repeated_refund_pays_once(desk):
    """The same id and content gets the same answer; other content is refused."""
    paid = desk.pay()
    first = desk.refund(paid.payment_id, 3_000)
    assert dump(desk.refund(paid.payment_id, 3_000)) == dump(first)
    assert desk.balance() == 5_000_000 - 9_900
    assert outcome(desk.refund(paid.payment_id, 3_001)) == ("F", "REPEAT_REQ_INCONSISTENT")
    assert desk.balance() == 5_000_000 - 9_900


def test_a_refused_refund_stays_refused(desk):
    """A late copy of a refused request must not pay out what the merchant was told is refused."""
    paid = desk.pay(code=desk.code(behaves="silent"))
    assert outcome(desk.refund(paid.payment_id, 100)) == ("F", "ORDER_STATUS_INVALID")
    desk.scheme.customers.approve("vipps", paid.payment_id)
    assert outcome(desk.refund(paid.payment_id, 100)) == ("F", "ORDER_STATUS_INVALID")
    assert outcome(desk.refund(paid.payment_id, 100, "rf-2")) == ("S", "SUCCESS")


@pytest.mark.parametrize(
    ("end", "code"),
    [("cancelled", "ORDER_IS_CANCELED"), ("declined", "ORDER_IS_CLOSED")],
)
def test_what_was_not_paid_is_not_refunded(desk, end, code):
    """Cancelled and failed payments have nothing to give back."""
    paid = desk.pay(code=desk.code(behaves="declines" if end == "declined" else "pays"))
    if end == "cancelled":
        desk.cancel()
    assert outcome(desk.refund(paid.payment_id, 100)) == ("F", code)
    assert desk.balance() == 5_000_000


def test_a_refund_of_nothing_or_in_another_currency_is_refused(desk):
    """Zero, and the wrong currency, are wrong parameters."""
    paid = desk.pay("r-1", currency="NOK")
    assert outcome(desk.refund(paid.payment_id, 0)) == ("F", "PARAM_ILLEGAL")
    swedish = desk.pay("r-2", currency="SEK")
    assert outcome(desk.refund(swedish.payment_id, 100, "rf-2")) == ("F", "PARAM_ILLEGAL")


def test_refunds_end_after_a_year(desk, clock):
    """The window is 365 days."""
    paid = desk.pay()
    clock.advance(days=365)
    assert outcome(desk.refund(paid.payment_id, 1, "rf-1")) == ("S", "SUCCESS")
    clock.advance(seconds=1)
    assert outcome(desk.refund(paid.payment_id, 1, "rf-2")) == ("F", "REFUND_WINDOW_EXCEED")


def test_inquiring_a_refund(desk):
    """By either id; the outcome is in refundStatus; unknown ones, and others', do not exist."""
    paid = desk.pay()
    done = desk.refund(paid.payment_id, 3_000)
    desk.refund(paid.payment_id, 99_999, "rf-2")
    book = desk.scheme.book
    for request in (
        InquiryRefundRequest(refund_request_id="rf-1"),
        InquiryRefundRequest(refund_id=done.refund_id, refund_request_id="ignored"),
    ):
        answer = book.inquire_refund("till-1", request)
        assert (answer.refund_status, answer.refund_amount.value) == ("SUCCESS", "3000")
        assert answer.refund_time == done.refund_time
        unseen = book.inquire_refund("till-2", request)
        assert (outcome(unseen), unseen.refund_status) == (("F", "ORDER_NOT_EXIST"), None)
    failed = book.inquire_refund("till-1", InquiryRefundRequest(refund_request_id="rf-2"))
    assert (failed.refund_status, failed.refund_time) == ("FAIL", None)


@given(
    price=st.integers(1, 200_000),
    scaled=st.integers(1, 10**11),
    shares=st.lists(st.integers(1, 50_000), min_size=1, max_size=12),
)
def test_any_refunds_of_a_payment_add_up_to_its_charge(price, scaled, shares):
    """However a payment is refunded in parts, the customer gets back exactly what she paid,
    each part at the payment's rate, and never more than is left of her charge.
    """
    rate = Rate("q", "NOK", "CNY", scaled)
    charged = max(1, rate.convert(price))
    left, customer_left = price, charged
    for share in [*shares, price]:
        part = min(share, left)
        if part == 0:
            break
        back = refund_value(rate, part, left=left, customer_left=customer_left)
        assert 0 <= back <= customer_left
        if part < left:
            assert back == min(rate.convert(part), customer_left)
        left -= part
        customer_left -= back
    assert (left, customer_left) == (0, 0)
