"""The switch over real HTTP: signatures both ways, golden files, hostile bytes."""

import http.client
import json
import re
import socket
from pathlib import Path

import pytest

from pos.errors import SettingsError
from pos.scheme.app import create_app
from pos.scheme.clients import Clients, own_key
from pos.scheme.coupon_table import sample_coupons
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import (
    Signer,
    content_to_sign,
    public_key_line,
)
from pos.switch.wire import BODY_BYTES_MAX, PATHS, SANDBOX_PATHS, dump
from tests.scheme.conftest import SWITCH_KEY, TILL_KEY, TIME, Front, pay_request

GOLDEN = Path(__file__).parents[1] / "switch" / "golden"


def golden(name: str) -> dict[str, object]:
    """A parsed golden file."""
    parsed: dict[str, object] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return parsed


@pytest.mark.parametrize("paths", [PATHS, SANDBOX_PATHS], ids=["live", "sandbox"])
def test_the_switch_answers_the_golden_requests_with_the_golden_answers(till, paths):
    """Every call, under both prefixes; only ids, which the switch makes by chance, may differ."""
    till.desk.clock.now = till.desk.clock.now.replace(second=1)
    till.desk.scheme.book.promotions.add(
        coupon for coupon in sample_coupons() if coupon.coupon_id == "nordic-spring"
    )
    code = till.desk.code("alipay")
    ids = {}

    def ask(call: str, name: str, **request_ids: str) -> None:
        request = golden(f"{name}.request") | request_ids
        if name == "pay-payment-code":
            request["paymentMethod"]["paymentMethodId"] = code
        reply = till.call(paths[call], json.dumps(request, indent=3).encode())
        assert reply.signed
        answer, expected = json.loads(reply.raw), golden(f"{name}.response")
        for known in ("paymentId", "refundId"):
            if known in expected:
                assert re.fullmatch(r"20260301\d{24}", answer[known])
                ids.setdefault(expected[known], answer[known])
        for theirs, ours in zip(expected.get("quotes", ()), answer.get("quotes", ()), strict=True):
            assert re.fullmatch(rf"{theirs['quoteId'][:-24]}\d{{24}}", ours["quoteId"])
            ids[theirs["quoteId"]] = ours["quoteId"]
        text = json.dumps(expected)
        for theirs, ours in ids.items():
            text = text.replace(theirs, ours)
        expected = json.loads(text)
        if "orderCodeForm" in expected:
            detail = answer["orderCodeForm"]["codeDetails"][0]
            shown = expected["orderCodeForm"]["codeDetails"][0]
            assert len(detail["codeValue"]) == len(shown["codeValue"])
            assert detail["codeValue"].startswith("https://qr.samkassa.example/28199904")
            shown["codeValue"] = detail["codeValue"]
        if "redirectActionForm" in expected:
            page = answer["redirectActionForm"]["redirectUrl"]
            assert re.fullmatch(r"https://qr\.samkassa\.example/c/[0-9A-Za-z]{24}", page)
            expected["redirectActionForm"]["redirectUrl"] = page
        assert answer == expected
        assert list(answer) == list(expected)

    ask("pay", "pay-payment-code")
    ask("pay", "pay-order-code")
    ask("pay", "pay-entry-code")
    payment_id = ids["20260301194010800100188000000042"]
    ask("refund", "refund", paymentId=payment_id)
    ask("inquiryPayment", "inquiryPayment", paymentId=payment_id)
    ask("inquiryRefund", "inquiryRefund", refundId=ids["20260301194010800100188000000077"])
    ask("cancel", "cancel")
    ask("inquireExchangeRate", "inquireExchangeRate")


def test_answers_are_signed_in_lower_case_headers(till):
    """The three headers that Alipay's client looks for are spelled exactly as it does."""
    reply = till.pay()
    assert (reply.status, reply.signed, reply.code) == (200, True, "SUCCESS")
    assert {"client-id", "response-time", "signature"} <= set(reply.headers)
    assert reply.headers["client-id"] == "till-1"
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"


def test_absolute_request_targets_are_served(till):
    """`POST http://host/path` is the same request, signed over its path."""
    body = dump(pay_request(code=till.desk.code()))
    path = PATHS["pay"]
    content = content_to_sign("POST", path, "till-1", TIME, body)
    headers = {
        "client-id": "till-1",
        "request-time": TIME,
        "signature": Signer(TILL_KEY).header(content),
    }
    reply = till.send(f"http://{till.host}:{till.port}{path}", body, headers)
    assert (reply.code, reply.signed) == ("SUCCESS", True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client": "nobody"}, "CLIENT_INVALID"),
        ({"client_id": ""}, "CLIENT_INVALID"),
        ({"client_id": "till-2"}, "SIGNATURE_INVALID"),
        ({"client_id": "x" * 500}, "CLIENT_INVALID"),
        ({"request_time": "2026-03-01T12:00:02+01:00"}, "SIGNATURE_INVALID"),
        ({"request_time": ""}, "SIGNATURE_INVALID"),
        ({"signature": ""}, "SIGNATURE_INVALID"),
        ({"signature": "algorithm=RSA256,keyVersion=1,signature=QUJD"}, "SIGNATURE_INVALID"),
    ],
    ids=range(8),
)
def test_a_caller_who_is_not_who_it_says_is_refused(till, changes, code):
    """HTTP 200, signed, and nothing happened."""
    body = dump(pay_request(code=till.desk.code()))
    reply = till.call(PATHS["pay"], body, **changes)
    assert (reply.status, reply.signed, reply.code) == (200, True, code)
    assert statement(till.desk.scheme.store)["payments"] == []


def test_every_flipped_byte_of_a_body_is_refused(till):
    """Each byte of a signed request, changed on the way, is a bad signature; nobody pays."""
    body = dump(pay_request(code=till.desk.code(), request_id="flip"))
    path = PATHS["pay"]
    signature = Signer(TILL_KEY).header(content_to_sign("POST", path, "till-1", TIME, body))
    headers = {"client-id": "till-1", "request-time": TIME, "signature": signature}
    connection = http.client.HTTPConnection(till.host, till.port, timeout=10)
    try:
        for position in range(len(body)):
            changed = bytearray(body)
            changed[position] ^= 1 << (position % 8)
            connection.request("POST", path, bytes(changed), headers)
            result = json.loads(connection.getresponse().read())["result"]
            assert result["resultCode"] == "SIGNATURE_INVALID"
    finally:
        connection.close()
    assert statement(till.desk.scheme.store)["payments"] == []


def test_a_signature_is_good_for_its_path_only(till):
    """A signed inquiry cannot be replayed as a cancel."""
    till.pay()
    body = b'{"paymentRequestId":"r-1"}'
    content = content_to_sign("POST", PATHS["inquiryPayment"], "till-1", TIME, body)
    signature = Signer(TILL_KEY).header(content)
    assert till.call(PATHS["inquiryPayment"], body, signature=signature).code == "SUCCESS"
    assert till.call(PATHS["cancel"], body, signature=signature).code == "SIGNATURE_INVALID"
    assert till.call(SANDBOX_PATHS["inquiryPayment"], body, signature=signature).code == (
        "SIGNATURE_INVALID"
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff", b"{" * 30, b'{"paymentRequestId":"a","paymentRequestId":"b"}'],
    ids=range(6),
)
def test_a_body_that_is_no_message_is_a_wrong_parameter(till, body):
    """Signed by the caller and still not a message: PARAM_ILLEGAL, signed."""
    for path in PATHS.values():
        reply = till.call(path, body)
        assert (reply.status, reply.signed, reply.code) == (200, True, "PARAM_ILLEGAL")


def test_the_refusal_repeats_no_payment_code(till):
    """What is wrong is named by field; the secret in another field is not repeated."""
    request = json.loads(dump(pay_request(code="281031020000000000004711")))
    request["paymentRequestId"] = "not an id"
    reply = till.call(PATHS["pay"], json.dumps(request).encode())
    assert reply.code == "PARAM_ILLEGAL"
    assert b"paymentRequestId" in reply.raw
    assert b"4711" not in reply.raw


def test_a_body_that_is_too_long_is_not_read(till):
    """One byte over the limit is refused; the limit itself is not."""
    body = json.dumps({"paymentRequestId": "r-1", "note": "x" * BODY_BYTES_MAX}).encode()
    longest = body[: -(len(body) - BODY_BYTES_MAX) - 2] + b'"}'
    assert len(longest) == BODY_BYTES_MAX
    reply = till.call(PATHS["inquiryPayment"], longest)
    assert (reply.status, reply.code) == (200, "ORDER_NOT_EXIST")
    reply = till.call(PATHS["inquiryPayment"], longest + b" ")
    assert (reply.status, reply.code, reply.signed) == (413, "PARAM_ILLEGAL", True)


def test_a_doubled_header_is_refused(till):
    """Two signatures would let two readers check two things."""
    body = b'{"paymentRequestId":"r-1"}'
    path = PATHS["inquiryPayment"]
    signature = Signer(TILL_KEY).header(content_to_sign("POST", path, "till-1", TIME, body))
    connection = http.client.HTTPConnection(till.host, till.port, timeout=10)
    connection.putrequest("POST", path)
    for name, value in (
        ("client-id", "till-1"),
        ("client-id", "till-2"),
        ("request-time", TIME),
        ("signature", signature),
        ("content-length", str(len(body))),
    ):
        connection.putheader(name, value)
    connection.endheaders(body)
    result = json.loads(connection.getresponse().read())["result"]
    connection.close()
    assert result["resultCode"] == "PARAM_ILLEGAL"


def test_health_and_nothing_else(till):
    """The pages of operations answer; other pages and other methods do not."""
    connection = http.client.HTTPConnection(till.host, till.port, timeout=10)
    statuses = []
    for method, path in (
        ("GET", "/health"),
        ("GET", "/"),
        ("GET", "/openapi.json"),
        ("GET", PATHS["pay"]),
    ):
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    assert statuses == [200, 404, 200, 405]


def test_a_fault_inside_is_unknown_not_failed(till):
    """When the switch itself stumbles, the caller is told to ask again."""
    with till.desk.scheme.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE payment RENAME TO elsewhere")
    reply = till.call(PATHS["inquiryPayment"], b'{"paymentRequestId":"r-1"}')
    with till.desk.scheme.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO payment")
    assert (reply.status, reply.signed, reply.code) == (200, True, "UNKNOWN_EXCEPTION")
    assert json.loads(reply.raw)["result"]["resultStatus"] == "U"


def test_a_port_in_use_is_told_in_a_sentence(till):
    """The remedy is named."""
    with pytest.raises(SettingsError, match="--port"):
        RunningSwitch(Front(), port=till.port)


def test_a_stopped_switch_lets_go_of_its_port():
    """After stop, which may be called twice, nothing listens."""
    with Store.open() as store:
        app = create_app(open_scheme(store).book, Clients(store), Signer(SWITCH_KEY))
        running = RunningSwitch(app)
        port = int(running.url.rpartition(":")[2])
        running.stop()
        running.stop()
        assert not running.alive
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)


def test_the_switchs_key_is_its_owners_only_and_stays(tmp_path):
    """Made once, readable by nobody else, the same ever after."""
    first = public_key_line(own_key(tmp_path / "deep" / "switch"))
    path = tmp_path / "deep" / "switch" / "switch.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_key_line(own_key(path.parent)) == first
    path.write_text("spoiled")
    with pytest.raises(SettingsError, match="private key"):
        own_key(path.parent)
