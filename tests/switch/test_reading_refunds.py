"""Answers about refunds turned into events, and of the refund that stands in for a cancel.

Apart from the answers about payments, whose traps are others. Answers are given as bytes, as they
come over the wire.
"""

import json
from typing import Any

import pytest

from pos.sale.money import Amount
from pos.sale.payment import (
    CancelAsked,
    Opened,
    ReversalDone,
    Scenario,
    StillOpen,
    StopReason,
    WindowClosed,
    step,
)
from pos.sale.refund import Refund, Refunded, RefundOpen, RefundRefused
from pos.switch import reading, wire
from pos.switch.reading import SETUP_FAULTS

PRICE = Amount(12900, "NOK")
WIRED = {"currency": "NOK", "value": "12900"}
BY_CODE = step(None, Opened("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1000.0))
REFUND = Refund("f1", "r1", PRICE, 1000.0)
PAID_AT = "2026-03-01T12:01:00Z"
GONE = object()


def result(status: str, code: str) -> dict[str, Any]:
    """The result that heads every answer."""
    return {"resultStatus": status, "resultCode": code, "resultMessage": "so it is"}


SUCCESS = result("S", "SUCCESS")
BACK = {
    "result": SUCCESS, "refundRequestId": "f1", "refundId": "sf1", "paymentId": "p1",
    "refundAmount": WIRED, "refundTime": PAID_AT,
}  # fmt: skip
BACK_FOUND = BACK | {"refundStatus": "SUCCESS"}


def but(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answer with these fields changed, or left out where GONE is given."""
    whole = answer | changes
    return {name: value for name, value in whole.items() if value is not GONE}


def read_refund(answer: dict[str, Any]) -> Any:
    """As it comes over the wire."""
    message = wire.load(wire.RefundResponse, json.dumps(answer).encode())
    return reading.read_refund(REFUND, message)


def read_refund_inquiry(answer: dict[str, Any]) -> Any:
    """As it comes over the wire."""
    message = wire.load(wire.InquiryRefundResponse, json.dumps(answer).encode())
    return reading.read_refund_inquiry(REFUND, message)


REFUND_TABLE: dict[str, tuple[dict[str, Any], type]] = {
    "done": (BACK, Refunded),
    "another refund": (but(BACK, refundRequestId="f2"), RefundOpen),
    "no refund named": (but(BACK, refundRequestId=GONE), RefundOpen),
    "another amount": (but(BACK, refundAmount=WIRED | {"value": "1"}), RefundOpen),
    "no amount": (but(BACK, refundAmount=GONE), RefundOpen),
    "no id of the switch": (but(BACK, refundId=GONE), RefundOpen),
    "under way": (but(BACK, result=result("U", "REFUND_IN_PROCESS")), RefundOpen),
    "refused": (but(BACK, result=result("F", "REFUND_AMOUNT_EXCEED")), RefundRefused),
    "refused, another refund": (
        but(BACK, result=result("F", "REFUND_AMOUNT_EXCEED"), refundRequestId="f2"), RefundOpen),
    "an error called F": (but(BACK, result=result("F", "SYSTEM_ERROR")), RefundOpen),
    "an error without ids": ({"result": result("F", "REFUND_AMOUNT_EXCEED")}, RefundOpen),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "event"), REFUND_TABLE.values(), ids=REFUND_TABLE.keys())
def test_answers_to_a_refund(answer: dict[str, Any], event: type) -> None:
    """Final only with our refund id; done only over our amount."""
    assert type(read_refund(answer)) is event


REFUND_INQUIRY_TABLE: dict[str, tuple[dict[str, Any], type]] = {
    "done": (BACK_FOUND, Refunded),
    "the call worked, the refund is under way": (
        but(BACK_FOUND, refundStatus="PROCESSING"), RefundOpen),
    "the call worked and says nothing": (but(BACK_FOUND, refundStatus=GONE), RefundOpen),
    "failed": (but(BACK_FOUND, refundStatus="FAIL"), RefundRefused),
    "the call failed": (but(BACK_FOUND, result=result("F", "SYSTEM_ERROR")), RefundOpen),
    "not found": ({"result": result("F", "REFUND_NOT_EXIST")}, RefundOpen),
    "done, another refund": (but(BACK_FOUND, refundRequestId="f2"), RefundOpen),
    "failed, another refund": (
        but(BACK_FOUND, refundRequestId="f2", refundStatus="FAIL"), RefundOpen),
    "done over another amount": (
        but(BACK_FOUND, refundAmount=WIRED | {"value": "1"}), RefundOpen),
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "event"), REFUND_INQUIRY_TABLE.values(), ids=REFUND_INQUIRY_TABLE.keys()
)
def test_answers_to_an_inquiry_of_a_refund(answer: dict[str, Any], event: type) -> None:
    """The outcome is `refundStatus`, never `result`."""
    assert type(read_refund_inquiry(answer)) is event


@pytest.mark.parametrize("code", sorted(SETUP_FAULTS))
def test_a_fault_of_the_set_up_says_nothing_about_a_refund(code: str) -> None:
    """The switch could not check who asked, so neither a yes nor a no of it counts."""
    refusal = result("F", code)
    assert isinstance(read_refund(but(BACK, result=refusal)), RefundOpen)
    assert isinstance(read_refund_inquiry(but(BACK_FOUND, result=refusal)), RefundOpen)


def test_a_reversal_is_done_only_under_its_own_id_and_in_full() -> None:
    """Anything else leaves it open."""
    reversing = step(step(BY_CODE, CancelAsked("r1", StopReason.TIMEOUT)), WindowClosed("r1", "v1"))

    def read(answer: dict[str, Any]) -> Any:
        message = wire.load(wire.RefundResponse, json.dumps(answer).encode())
        return reading.read_reversal(reversing, message)

    done = but(BACK, refundRequestId="v1")
    assert isinstance(read(done), ReversalDone)
    for open_still in (
        BACK,
        but(done, refundAmount=WIRED | {"value": "1"}),
        but(done, refundAmount=GONE),
        but(done, result=result("U", "REFUND_IN_PROCESS")),
        but(done, result=result("F", "REFUND_AMOUNT_EXCEED")),
    ):
        assert isinstance(read(open_still), StillOpen)
