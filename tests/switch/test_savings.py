"""What the till reads of the discounts that a customer had."""

import json
from pathlib import Path
from typing import Any

import pytest

from pos.sale.money import Amount
from pos.sale.payment import Paid, Payment, Scenario
from pos.switch.reading import read_inquiry, read_pay
from pos.switch.wire import (
    InquiryPaymentResponse,
    Message,
    PayResponse,
    RefundResponse,
    dump,
    load,
)

GOLDEN = Path(__file__).parent / "golden"
REQUEST_ID = "T07-20260301-000042"
PAYMENT = Payment(REQUEST_ID, "s1", Amount(12_900, "NOK"), Scenario.PAYMENT_CODE, 1000.0)


def savings(*amounts: dict[str, Any] | None) -> Amount | None:
    """What the till reads of a successful answer with these discounts."""
    raw = json.loads((GOLDEN / "pay-payment-code.response.json").read_text("utf-8"))
    raw["promotionResult"] = [
        {"promotionType": "DISCOUNT", "discount": {"discountName": "x", "savingsAmount": amount}}
        for amount in amounts
    ]
    event = read_pay(PAYMENT, load(PayResponse, json.dumps(raw).encode()))
    assert isinstance(event, Paid)
    assert event.amount == PAYMENT.amount
    return event.savings


def nok(value: int) -> dict[str, Any]:
    """Smallest units of NOK on the wire."""
    return {"currency": "NOK", "value": str(value)}


def test_the_till_reads_the_savings_of_both_answers() -> None:
    """From `promotionResult` of pay and `promotionResults` of an inquiry."""
    paid = load(PayResponse, (GOLDEN / "pay-payment-code.response.json").read_bytes())
    found = load(InquiryPaymentResponse, (GOLDEN / "inquiryPayment.response.json").read_bytes())
    for event in (read_pay(PAYMENT, paid), read_inquiry(PAYMENT, found)):
        assert isinstance(event, Paid)
        assert event.savings == Amount(1_000, "NOK")
        assert event.customer_amount == Amount(8_359, "CNY")


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([], None),
        ([nok(500), nok(700)], Amount(1_200, "NOK")),
        ([nok(500), {"currency": "CNY", "value": "300"}], Amount(500, "NOK")),
        ([nok(0)], None),
        ([nok(10**15)], None),
        ([None], None),
    ],
    ids=["none", "two", "another currency", "nothing", "absurd", "unsaid"],
)
def test_savings_never_spoil_a_success(
    amounts: list[dict[str, Any] | None], expected: Amount | None
) -> None:
    """Several are summed; what cannot be shown is not, and the payment is paid all the same."""
    assert savings(*amounts) == expected


def test_a_promotion_without_a_discount_saves_nothing() -> None:
    """INTEREST_FREE, or a kind yet to be invented."""
    raw = json.loads((GOLDEN / "pay-payment-code.response.json").read_text("utf-8"))
    raw["promotionResult"] = [{"promotionType": "INTEREST_FREE"}, {"promotionType": "BRAND_NEW"}]
    event = read_pay(PAYMENT, load(PayResponse, json.dumps(raw).encode()))
    assert isinstance(event, Paid)
    assert event.savings is None


def test_what_other_switches_say_of_coupons_is_kept() -> None:
    """The fields that ours never fills: tags, estimates, and coupons without a guarantee."""
    nok_5 = {"currency": "NOK", "value": "500"}
    discount = {"discountTag": "T", "discountName": "x", "estimateSavingsAmount": nok_5}
    told = [{"promotionType": "DISCOUNT", "discount": discount}]
    result = {"resultCode": "SUCCESS", "resultStatus": "S"}
    for kind, fields in (
        (PayResponse, {"promotionResult": told, "nonGuaranteeCouponValue": nok_5}),
        (InquiryPaymentResponse, {"promotionResults": told, "nonGuaranteeCouponAmount": nok_5}),
        (RefundResponse, {"refundNonGuaranteeCouponAmount": nok_5}),
    ):
        raw = {"result": result} | fields
        message: Message = load(kind, json.dumps(raw).encode())
        assert json.loads(dump(message)) == raw
