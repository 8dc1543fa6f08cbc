"""The switch over real HTTP: signatures both ways, golden files, hostile bytes, faults."""

import http.client
import json
import random
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos.errors import SettingsError
from pos.scheme.app import create_app
from pos.scheme.clients import Clients, own_key
from pos.scheme.coupon_table import sample_coupons
from pos.scheme.faults import Fault, Faults
from pos.scheme.partners import Behaviour
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import (
    SignatureInvalid,
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import BODY_BYTES_MAX, PATHS, SANDBOX_PATHS, dump
from tests.scheme.conftest import Clock, Desk, pay_request

GOLDEN = Path(__file__).parents[1] / "switch" / "golden"
TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())
TIME = "2026-03-01T12:00:01+01:00"


@dataclass
class Reply:
    """What came back, and whether its signature is good."""

    status: int
    headers: dict[str, str]
    raw: bytes
    signed: bool

    @property
    def code(self) -> str:
        """The result code."""
        return str(json.loads(self.raw)["result"]["resultCode"])


class Till:
    """Calls the switch as a till would, and can be made to do it wrongly."""

    def __init__(self, running: RunningSwitch, desk: Desk, faults: Faults) -> None:
        self.host, _, port = running.url.removeprefix("http://").partition(":")
        self.port = int(port)
        self.desk = desk
        self.faults = faults
        self._signer = Signer(TILL_KEY)
        self._verifier = Verifier(SWITCH_KEY.public_key())

    def call(self, path: str, body: bytes, client: str = "till-1", **changes: str) -> Reply:
        """POST a signed body. `changes` replaces headers after signing; "" leaves one out."""
        content = content_to_sign("POST", path, client, TIME, body)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "client-id": client,
            "request-time": TIME,
            "signature": self._signer.header(content),
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        return self.send(path, body, {name: value for name, value in headers.items() if value})

    def send(self, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        """POST exactly this."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        fields = dict(response.getheaders())
        path = "/" + target.split("/", 3)[3] if target.startswith("http") else target
        content = content_to_sign(
            "POST", path, fields.get("client-id", ""), fields.get("response-time", ""), raw
        )
        try:
            self._verifier.check(content, fields.get("signature", ""))
        except SignatureInvalid:
            return Reply(response.status, fields, raw, signed=False)
        return Reply(response.status, fields, raw, signed=True)

    def pay(self, request_id: str = "r-1", behaves: str = "pays", **fields: object) -> Reply:
        """Pay with a fresh code."""
        fields.setdefault("code", self.desk.code(behaves=behaves))
        request = pay_request(request_id, **fields)  # type: ignore[arg-type]
        return self.call(PATHS["pay"], dump(request))


class Front:
    """One running server for all tests here, before whichever switch the test has opened."""

    def __init__(self) -> None:
        self.app = None

    async def __call__(self, scope, receive, send) -> None:
        """Hand over to the present switch."""
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def server():
    """The front and its server: a server takes longer to stop than most tests to run."""
    front = Front()
    with RunningSwitch(front) as running:
        yield front, running


@pytest.fixture
def till(server, database):
    """A till before a running switch with a database, a clock and faults of its own."""
    front, running = server
    clock = Clock()
    faults = Faults(late_s=0.3)
    with Store.open(database) as store:
        scheme = open_scheme(store, clock, random.Random(7).randbytes)
        clients = Clients(store, clock)
        for client in ("till-1", "till-2"):
            clients.add(client, public_key_line(TILL_KEY))
        front.app = create_app(
            scheme.book,
            clients,
            Signer(SWITCH_KEY),
            clock=clock,
            faults=faults,
            behaviour=scheme.behaviour,
        )
        yield Till(running, Desk(scheme, clock), faults)


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
        ("GET", "/docs"),
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


def test_a_lost_answer_leaves_the_payment_paid(till):
    """No byte comes back; the inquiry finds it paid."""
    body = dump(pay_request(code=till.desk.code(behaves="answer-lost")))
    path = PATHS["pay"]
    signature = Signer(TILL_KEY).header(content_to_sign("POST", path, "till-1", TIME, body))
    headers = {"client-id": "till-1", "request-time": TIME, "signature": signature}
    connection = http.client.HTTPConnection(till.host, till.port, timeout=0.5)
    connection.request("POST", path, body, headers)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    reply = till.call(PATHS["inquiryPayment"], b'{"paymentRequestId":"r-1"}')
    assert json.loads(reply.raw)["paymentStatus"] == "SUCCESS"


def test_a_late_answer_comes_after_its_time(till):
    """The answer is complete and signed, and late."""
    began = time.monotonic()
    reply = till.pay(behaves="answer-late")
    assert time.monotonic() - began >= till.faults.late_s
    assert (reply.signed, reply.code) == (True, "SUCCESS")


def test_a_doubled_request_pays_once(till):
    """The request arrives twice; the second answer is the first one."""
    reply = till.pay(behaves="answer-doubled")
    assert (reply.signed, reply.code) == (True, "SUCCESS")
    assert [row["kind"] for row in statement(till.desk.scheme.store)["wallets"]] == ["charge"]


def test_a_wrongly_signed_answer(till):
    """The body is right and the signature is not; the next answer is good again."""
    reply = till.pay(behaves="bad-signature")
    assert (reply.signed, reply.code) == (False, "SUCCESS")
    again = till.call(PATHS["inquiryPayment"], b'{"paymentRequestId":"r-1"}')
    assert (again.signed, json.loads(again.raw)["paymentStatus"]) == (True, "SUCCESS")


def test_every_behaviour_that_spoils_an_answer_has_its_fault(till):
    """A demo code chooses the fault; those without one are answered well."""
    good = {
        behaves: till.pay(f"r-{behaves}", behaves=behaves).signed
        for behaves in Behaviour
        if behaves is not Behaviour.ANSWER_LOST
    }
    assert [behaves for behaves, signed in good.items() if not signed] == ["bad-signature"]


def test_planned_faults_meet_the_next_answers(till):
    """HTML, half a body and another payment's answer, one each, then peace."""
    till.faults.plan("pay", Fault.HTML, Fault.HALF, Fault.OTHER_PAYMENT)
    html = till.pay("r-1")
    assert (html.signed, html.headers["content-type"]) == (False, "text/html; charset=utf-8")
    with pytest.raises(http.client.IncompleteRead):
        till.pay("r-2")
    other = till.pay("r-3")
    assert other.signed
    assert json.loads(other.raw)["paymentRequestId"] == "another-request"
    assert json.loads(till.pay("r-4").raw)["paymentRequestId"] == "r-4"


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
