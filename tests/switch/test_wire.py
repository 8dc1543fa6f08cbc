"""The messages: what is taken, what is refused, and what never leaves."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.money import Amount
from pos.switch.wire import (
    BODY_BYTES_MAX,
    CancelRequest,
    CancelResponse,
    InquireExchangeRateRequest,
    InquireExchangeRateResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    InquiryRefundRequest,
    InquiryRefundResponse,
    Message,
    NotifyPaymentRequest,
    NotifyPaymentResponse,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
    Result,
    WireAmount,
    WireError,
    dump,
    load,
    read_time,
)

GOLDEN = Path(__file__).parent / "golden"
TYPES: dict[str, type[Message]] = {
    "pay-payment-code.request": PayRequest,
    "pay-payment-code.response": PayResponse,
    "pay-order-code.request": PayRequest,
    "pay-order-code.response": PayResponse,
    "pay-entry-code.request": PayRequest,
    "pay-entry-code.response": PayResponse,
    "inquiryPayment.request": InquiryPaymentRequest,
    "inquiryPayment.response": InquiryPaymentResponse,
    "cancel.request": CancelRequest,
    "cancel.response": CancelResponse,
    "refund.request": RefundRequest,
    "refund.response": RefundResponse,
    "inquiryRefund.request": InquiryRefundRequest,
    "inquiryRefund.response": InquiryRefundResponse,
    "inquireExchangeRate.request": InquireExchangeRateRequest,
    "inquireExchangeRate.response": InquireExchangeRateResponse,
    "notifyPayment.request": NotifyPaymentRequest,
    "notifyPayment.response": NotifyPaymentResponse,
}


def golden(name: str) -> dict[str, object]:
    """The parsed golden file."""
    parsed: dict[str, object] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return parsed


def test_every_golden_file_has_its_message() -> None:
    """No golden file lies there unchecked, and none is missing."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_golden_files_survive_both_directions(name: str) -> None:
    """Every field of the public tables is taken in, and goes out again unchanged."""
    raw = (GOLDEN / f"{name}.json").read_bytes()
    assert json.loads(dump(load(TYPES[name], raw))) == golden(name)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_sent_is_compact_and_strings_only(name: str) -> None:
    """Scalars leave as strings, nothing is null or empty, and no blank is spent on layout."""
    sent = dump(load(TYPES[name], (GOLDEN / f"{name}.json").read_bytes()))

    def scalars(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for part in value.values() for leaf in scalars(part)]
        if isinstance(value, list):
            return [leaf for part in value for leaf in scalars(part)]
        return [value]

    assert all(isinstance(leaf, str) and leaf for leaf in scalars(json.loads(sent)))
    assert b'": ' not in sent
    assert b'", "' not in sent


def test_numbers_and_unknown_fields_are_taken() -> None:
    """A client that sends numbers, truth values and fields we do not know is understood."""
    raw = b"""{"refundRequestId": 77, "paymentId": 12, "isAsyncRefund": true, "brandNew": [1],
               "refundAmount": {"currency": "NOK", "value": 3000}}"""
    request = load(RefundRequest, raw)
    assert (request.refund_request_id, request.refund_amount.value) == ("77", "3000")
    assert b'"isAsyncRefund":"true"' in dump(request)


def test_empty_and_null_fields_count_as_absent() -> None:
    """An empty string is never sent on, and never taken for a value."""
    request = load(CancelRequest, b'{"paymentRequestId": "a", "paymentId": "", "x": null}')
    assert request.payment_id is None
    assert dump(request) == b'{"paymentRequestId":"a"}'
    assert dump(CancelRequest(payment_request_id="a", payment_id="")) == dump(request)


OK = b'"result":{"resultCode":"SUCCESS","resultStatus":"S"}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html></html>",
        b"[]",
        b'"text"',
        b"{" + OK,
        b"{" + OK + b"}trailing",
        b"\xef\xbb\xbf{" + OK + b"}",
        b"{" + OK + b',"paymentId":"\xff"}',
        b"{" + OK + b',"paymentId":"\\ud800"}',
        b"{" + OK + b',"paymentId":"a\\u0000b"}',
        b"{" + OK + b',"paymentId":NaN}',
        b"{" + OK + b',"paymentId":{}}',
        b"{" + OK + b',"paymentId":"a","paymentId":"b"}',
        b'{"result":{"resultCode":"X","resultCode":"Y","resultStatus":"S"}}',
        b'{"result":{"resultCode":"SUCCESS","resultStatus":"OK"}}',
        b'{"result":{"result_code":"SUCCESS","result_status":"S"}}',
        b"{" + OK + b',"x":' + b"[" * 20 + b"]" * 20 + b"}",
        b"[" * 50_000,
        b"{" + OK + b',"x":' + b"1" * 5_000 + b"}",
        b"{" + OK + b',"paymentId":"' + b"a" * 65 + b'"}',
        b"{" + OK + b',"x":"' + b"a" * BODY_BYTES_MAX + b'"}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":"12.5"}}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":12.0}}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":"-1"}}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":"1\\n"}}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":"\xd9\xa1"}}',
        b"{" + OK + b',"paymentAmount":{"currency":"nok","value":"1"}}',
        b"{" + OK + b',"paymentAmount":{"currency":"NOK","value":"12345678901234567"}}',
    ],
    ids=range(28),
)
def test_what_is_not_the_message_is_refused(raw: bytes) -> None:
    """Broken, hostile, ambiguous or mistyped bytes raise WireError, nothing else."""
    with pytest.raises(WireError):
        load(PayResponse, raw)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_message_or_a_wire_error(raw: bytes) -> None:
    """Whatever arrives, the reader gets a message or a WireError."""
    try:
        load(PayResponse, raw)
    except WireError:
        return


def test_depth_is_counted_outside_strings_only() -> None:
    """Brackets inside a text are text."""
    brackets = "[{" * 40 + '\\"'
    raw = b"{" + OK + b',"paymentId":"p","note":"' + brackets.encode() + b'"}'
    assert load(PayResponse, raw).payment_id == "p"


def test_the_payment_code_is_in_no_repr_and_no_error() -> None:
    """The bearer secret of the customer reaches neither a log line nor a message for people."""
    raw = golden("pay-payment-code.request")
    request = load(PayRequest, json.dumps(raw).encode())
    assert "4711" not in repr(request)
    assert "4711" not in str(request)
    for spoil in ({"paymentRequestId": "not an id"}, {"paymentFactor": None}):
        with pytest.raises(WireError) as caught:
            load(PayRequest, json.dumps(raw | spoil).encode())
        assert "4711" not in str(caught.value)
        assert caught.value.__cause__ is None
    raw["paymentMethod"] = {"paymentMethodType": "X", "paymentMethodId": "4711" * 40}
    with pytest.raises(WireError) as caught:
        load(PayRequest, json.dumps(raw).encode())
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pay-payment-code", ("paymentRequestId",)),
        ("pay-payment-code", ("order", "orderDescription")),
        ("pay-payment-code", ("order", "orderAmount")),
        ("pay-payment-code", ("order", "merchant", "merchantMCC")),
        ("pay-payment-code", ("order", "merchant", "store", "storeMCC")),
        ("pay-payment-code", ("order", "env", "storeTerminalId")),
        ("pay-payment-code", ("paymentMethod", "paymentMethodId")),
        ("pay-payment-code", ("paymentFactor", "inStorePaymentScenario")),
        ("pay-entry-code", ("order", "env", "userAgent")),
        ("refund", ("refundRequestId",)),
        ("refund", ("paymentId",)),
        ("refund", ("refundAmount",)),
    ],
)
def test_required_fields_are_required(name: str, path: tuple[str, ...]) -> None:
    """A request without a field that the public table marks R is refused."""
    raw = golden(f"{name}.request")
    holder: dict[str, object] = raw
    for step in path[:-1]:
        part = holder[step]
        assert isinstance(part, dict)
        holder = part
    del holder[path[-1]]
    with pytest.raises(WireError):
        load(TYPES[f"{name}.request"], json.dumps(raw).encode())


def test_a_question_names_what_it_asks_about() -> None:
    """Inquiries and cancellations without any id are refused."""
    for kind in (InquiryPaymentRequest, CancelRequest, InquiryRefundRequest):
        with pytest.raises(WireError):
            load(kind, b"{}")


def test_status_is_compared_without_regard_to_case() -> None:
    """`Success`, as one published sample spells it, is SUCCESS."""
    answer = load(InquiryPaymentResponse, b"{" + OK + b',"paymentStatus":"Success"}')
    assert answer.payment_status == "SUCCESS"


def test_amounts_pass_between_wire_and_till() -> None:
    """The wire's amount and the till's are the same amount."""
    amount = Amount(12_900, "NOK")
    assert WireAmount.of(amount).amount() == amount


def test_times_carry_an_offset() -> None:
    """A time without date, time or offset is refused."""
    assert read_time("2026-03-01T12:00:00+01:00") == read_time("2026-03-01T11:00:00Z")
    for text in ("2026-03-01T12:00:00", "yesterday", "1772362800000"):
        with pytest.raises(WireError):
            read_time(text)


def test_messages_cannot_be_changed() -> None:
    """What was loaded and judged stays as it was."""
    result = Result(result_code="SUCCESS", result_status="S")
    with pytest.raises(ValueError, match="frozen"):
        result.result_status = "F"  # type: ignore[misc]
