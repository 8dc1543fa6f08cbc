"""Answers turned into events: the tables of what each answer means, with every trap in it.

Apart from the exchange, which has seen to it that the bytes are the switch's: here the question
is what it said, and of which payment. Answers are given as bytes, as they come over the wire.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.money import Amount
from pos.sale.payment import (
    CancelDone,
    CancelRefused,
    Declined,
    FoundCancelled,
    Mismatch,
    Opened,
    Paid,
    Payment,
    Scenario,
    StillOpen,
    step,
)
from pos.sale.refund import Refund
from pos.switch import reading, wire
from pos.switch.reading import SETUP_FAULTS, WINDOW_CLOSED

PRICE = Amount(12900, "NOK")
WIRED = {"currency": "NOK", "value": "12900"}
BY_CODE = step(None, Opened("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1000.0))
BY_SHOWING = step(None, Opened("r1", "s1", PRICE, Scenario.ORDER_CODE, 1000.0))
REFUND = Refund("f1", "r1", PRICE, 1000.0)
CREATED, PAID_AT, EXPIRES = (f"2026-03-01T12:0{n}:00Z" for n in (0, 1, 2))
FORM = {
    "paymentMethodType": "CONNECT_WALLET",
    "expireTime": EXPIRES,
    "codeDetails": [
        {"codeValueType": "QRCODE", "displayType": "SMALLIMAGE", "codeValue": "https://i/s.png"},
        {"codeValueType": "QRCODE", "displayType": "TEXT", "codeValue": "https://x/1"},
    ],
}


def result(status: str, code: str) -> dict[str, Any]:
    """The result that heads every answer."""
    return {"resultStatus": status, "resultCode": code, "resultMessage": "so it is"}


SUCCESS = result("S", "SUCCESS")
PAY = {
    "result": SUCCESS, "paymentRequestId": "r1", "paymentId": "p1", "paymentAmount": WIRED,
    "paymentCreateTime": CREATED, "paymentTime": PAID_AT,
    "pspCustomerInfo": {"pspName": "AlipayCN"},
}  # fmt: skip
FOUND = PAY | {"paymentStatus": "SUCCESS", "paymentResultCode": "SUCCESS"}
CANCEL = {"result": SUCCESS, "paymentRequestId": "r1", "paymentId": "p1", "cancelTime": PAID_AT}
GONE = object()


def but(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answer with these fields changed, or left out where GONE is given."""
    whole = answer | changes
    return {name: value for name, value in whole.items() if value is not GONE}


def read_pay(answer: dict[str, Any], payment: Payment = BY_CODE) -> Any:
    """As it comes over the wire."""
    return reading.read_pay(payment, wire.load(wire.PayResponse, json.dumps(answer).encode()))


def read_inquiry(answer: dict[str, Any], payment: Payment = BY_CODE) -> Any:
    """As it comes over the wire."""
    message = wire.load(wire.InquiryPaymentResponse, json.dumps(answer).encode())
    return reading.read_inquiry(payment, message)


def read_cancel(answer: dict[str, Any]) -> Any:
    """As it comes over the wire."""
    message = wire.load(wire.CancelResponse, json.dumps(answer).encode())
    return reading.read_cancel(BY_CODE, message)


PAY_TABLE: dict[str, tuple[dict[str, Any], type]] = {
    "success": (PAY, Paid),
    "success for another request": (but(PAY, paymentRequestId="r2"), StillOpen),
    "success for no request": (but(PAY, paymentRequestId=GONE), StillOpen),
    "success without a time": (but(PAY, paymentTime=GONE), StillOpen),
    "success with an empty time": (but(PAY, paymentTime=""), StillOpen),
    "success without a payment id": (but(PAY, paymentId=GONE), StillOpen),
    "success without an amount": (but(PAY, paymentAmount=GONE), StillOpen),
    "success over less": (but(PAY, paymentAmount=WIRED | {"value": "1290"}), Mismatch),
    "success over more": (but(PAY, paymentAmount=WIRED | {"value": "12901"}), Mismatch),
    "success in kronor": (but(PAY, paymentAmount=WIRED | {"currency": "SEK"}), Mismatch),
    "success with zeros before": (but(PAY, paymentAmount=WIRED | {"value": "012900"}), Mismatch),
    "in process": (but(PAY, result=result("U", "PAYMENT_IN_PROCESS")), StillOpen),
    "declined": (but(PAY, result=result("F", "USER_BALANCE_NOT_ENOUGH")), Declined),
    "declined, a code of the wallet": (but(PAY, result=result("F", "RISK_REJECT")), Declined),
    "declined for another request": (
        but(PAY, result=result("F", "RISK_REJECT"), paymentRequestId="r2"), StillOpen),
    "declined without an id": ({"result": result("F", "RISK_REJECT")}, StillOpen),
    "the id was used otherwise": (
        but(PAY, result=result("F", "REPEAT_REQ_INCONSISTENT")), StillOpen),
    "an error called F": (but(PAY, result=result("F", "SYSTEM_ERROR")), StillOpen),
    "unknown": (but(PAY, result=result("U", "UNKNOWN_EXCEPTION")), StillOpen),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "event"), PAY_TABLE.values(), ids=PAY_TABLE.keys())
def test_answers_to_pay(answer: dict[str, Any], event: type) -> None:
    """Paid only by S with a time, our id and our amount; declined only by F with our id."""
    read = read_pay(answer)
    assert type(read) is event
    assert read.request_id == "r1"


def test_a_success_is_read_whole() -> None:
    """Id, amount, wallet, time, and in another currency what the customer was charged."""
    abroad = but(
        PAY,
        actualPaymentAmount={"currency": "CNY", "value": "8797"},
        paymentQuote={"quoteCurrencyPair": "NOK/CNY", "quotePrice": "0.68200000"},
    )
    charged = Amount(8797, "CNY")
    rate = "NOK/CNY 0.68200000"
    assert read_pay(abroad) == Paid("r1", "p1", PRICE, "AlipayCN", PAID_AT, charged, rate)
    at_home = but(PAY, actualPaymentAmount=WIRED, pspCustomerInfo=GONE)
    assert read_pay(at_home) == Paid("r1", "p1", PRICE, "", PAID_AT)


def test_an_odd_charge_abroad_does_not_undo_a_success() -> None:
    """The merchant's money is what counts; a currency that we do not know is left out."""
    odd = but(PAY, actualPaymentAmount={"currency": "XAU", "value": "1"})
    assert read_pay(odd).customer_amount is None


def test_an_order_code_is_shown_for_its_life_by_the_switchs_own_clock() -> None:
    """Text to draw, never a picture's address; two minutes from creation to expiry."""
    shown = but(PAY, result=result("U", "PAYMENT_IN_PROCESS"), paymentTime=GONE, orderCodeForm=FORM)
    read = read_pay(shown, BY_SHOWING)
    assert (read.order_code, read.expires_in_s, read.payment_id) == ("https://x/1", 120.0, "p1")
    assert read.heard


@pytest.mark.parametrize("time", [GONE, PAID_AT])
def test_a_code_to_show_is_never_yet_a_payment(time: object) -> None:
    """Whatever status and time stand beside it: the answer to an order code is S, too."""
    shown = but(PAY, paymentTime=time, orderCodeForm=FORM)
    assert read_pay(shown, BY_SHOWING).order_code == "https://x/1"
    assert isinstance(read_pay(but(PAY, paymentTime=GONE), BY_SHOWING), StillOpen)


@pytest.mark.parametrize("created", [GONE, "yesterday", "2026-03-01T12:00:00"])
def test_a_code_without_a_readable_life_is_left_to_the_pursuits_limit(created: object) -> None:
    """It is shown, and not for ever."""
    shown = but(
        PAY, result=result("U", "X"), paymentTime=GONE, paymentCreateTime=created,
        orderCodeForm=FORM,
    )  # fmt: skip
    assert read_pay(shown, BY_SHOWING).expires_in_s == reading.UNKNOWN_LIFE_S


def test_pictures_alone_cannot_be_shown() -> None:
    """No address is ever opened."""
    pictures = FORM | {"codeDetails": FORM["codeDetails"][:1]}
    shown = but(PAY, result=result("U", "X"), paymentTime=GONE, orderCodeForm=pictures)
    assert read_pay(shown, BY_SHOWING).order_code == ""


INQUIRY_TABLE: dict[str, tuple[dict[str, Any], type]] = {
    "paid": (FOUND, Paid),
    "paid, spelled otherwise": (but(FOUND, paymentStatus="Success"), Paid),
    "the call worked, the payment does not": (but(FOUND, paymentStatus="PROCESSING"), StillOpen),
    "the call worked, the payment waits": (but(FOUND, paymentStatus="PENDING"), StillOpen),
    "the call worked and says nothing": (but(FOUND, paymentStatus=GONE), StillOpen),
    "the call worked, a new word": (but(FOUND, paymentStatus="SETTLED"), StillOpen),
    "failed": (but(FOUND, paymentStatus="FAIL", paymentResultCode="RISK_REJECT"), Declined),
    "cancelled": (but(FOUND, paymentStatus="CANCELLED"), FoundCancelled),
    "the call failed, though SUCCESS stands there": (
        but(FOUND, result=result("F", "SYSTEM_ERROR")), StillOpen),
    "the call is unknown, though FAIL stands there": (
        but(FOUND, result=result("U", "UNKNOWN_EXCEPTION"), paymentStatus="FAIL"), StillOpen),
    "not found": ({"result": result("F", "ORDER_NOT_EXIST")}, StillOpen),
    "not found, with our id": (
        {"result": result("F", "ORDER_NOT_EXIST"), "paymentRequestId": "r1"}, StillOpen),
    "paid, another request": (but(FOUND, paymentRequestId="r2"), StillOpen),
    "paid, no request named": (but(FOUND, paymentRequestId=GONE), StillOpen),
    "failed, another request": (but(FOUND, paymentRequestId="r2", paymentStatus="FAIL"), StillOpen),
    "cancelled, another request": (
        but(FOUND, paymentRequestId="r2", paymentStatus="CANCELLED"), StillOpen),
    "paid, another amount": (but(FOUND, paymentAmount=WIRED | {"value": "1"}), Mismatch),
    "paid, no amount": (but(FOUND, paymentAmount=GONE), StillOpen),
    "paid, no payment id": (but(FOUND, paymentId=GONE), StillOpen),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "event"), INQUIRY_TABLE.values(), ids=INQUIRY_TABLE.keys())
@pytest.mark.parametrize("payment", [BY_CODE, BY_SHOWING], ids=["scanned", "shown"])
def test_answers_to_an_inquiry(answer: dict[str, Any], event: type, payment: Payment) -> None:
    """The outcome is `paymentStatus`; `result` says only that the question was answered."""
    read = read_inquiry(answer, payment)
    assert type(read) is event
    assert read.request_id == "r1"


def test_a_failure_found_later_says_why() -> None:
    """The payment's own code; PROCESS_FAIL where there is none."""
    failed = but(FOUND, paymentStatus="FAIL", paymentResultCode="USER_BALANCE_NOT_ENOUGH")
    assert read_inquiry(failed).result_code == "USER_BALANCE_NOT_ENOUGH"
    assert read_inquiry(but(failed, paymentResultCode=GONE)).result_code == "PROCESS_FAIL"


CANCEL_TABLE: dict[str, tuple[dict[str, Any], type]] = {
    "done": (CANCEL, CancelDone),
    "done, for another request": (but(CANCEL, paymentRequestId="r2"), StillOpen),
    "done, for no request": (but(CANCEL, paymentRequestId=GONE), StillOpen),
    "not yet": (but(CANCEL, result=result("U", "UNKNOWN_EXCEPTION")), StillOpen),
    "too late": (but(CANCEL, result=result("F", "CANCEL_WINDOW_EXCEED")), CancelRefused),
    "too late, without ids": ({"result": result("F", "CANCEL_WINDOW_EXCEED")}, CancelRefused),
    "too late, for another request": (
        but(CANCEL, result=result("F", "CANCEL_WINDOW_EXCEED"), paymentRequestId="r2"), StillOpen),
    "refused": (but(CANCEL, result=result("F", "ORDER_STATUS_INVALID")), CancelRefused),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "event"), CANCEL_TABLE.values(), ids=CANCEL_TABLE.keys())
def test_answers_to_a_cancel(answer: dict[str, Any], event: type) -> None:
    """Cancelled only by S with our id; a no about another payment says nothing about ours."""
    assert type(read_cancel(answer)) is event


def test_only_a_closed_window_leads_to_a_refund() -> None:
    """Its code is known; another refusal is asked about first."""
    assert read_cancel(CANCEL_TABLE["too late"][0]).result_code in WINDOW_CLOSED
    assert read_cancel(CANCEL_TABLE["refused"][0]).result_code not in WINDOW_CLOSED


@pytest.mark.parametrize("code", sorted(SETUP_FAULTS))
def test_a_fault_of_the_set_up_says_nothing_about_money(code: str) -> None:
    """The switch could not check who asked, so neither a yes nor a no of it counts."""
    refusal = result("F", code)
    assert isinstance(read_pay(but(PAY, result=refusal)), StillOpen)
    assert isinstance(read_inquiry(but(FOUND, result=refusal)), StillOpen)
    assert isinstance(read_cancel(but(CANCEL, result=refusal)), StillOpen)


@given(
    st.sampled_from("SFU"),
    st.sampled_from(["SUCCESS", "FAIL", "PROCESSING", "PENDING", "CANCELLED", "", "PAID"]),
    st.sampled_from(["r1", "r2", "", "R1", "r1 "]),
    st.sampled_from(["12900", "12901", "0", ""]),
    st.booleans(),
)
def test_nothing_but_our_own_success_is_ever_paid(
    status: str, outcome: str, request_id: str, value: str, timed: bool
) -> None:
    """Over every mixture of the fields that decide."""
    answer = but(
        FOUND,
        result=result(status, "SUCCESS"),
        paymentStatus=outcome,
        paymentRequestId=request_id,
        paymentAmount={"currency": "NOK", "value": value} if value else GONE,
        paymentTime=PAID_AT if timed else GONE,
    )
    ours = status == "S" and request_id == "r1" and value == "12900"
    assert isinstance(read_inquiry(answer), Paid) is (ours and outcome == "SUCCESS")
    assert isinstance(read_pay(answer), Paid) is (ours and timed)
