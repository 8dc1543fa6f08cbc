"""What a known caller may not do: another's business, and too much of its own. Over real HTTP."""

import http.client
import json
import random

import pytest

from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.faults import Faults
from pos.scheme.limits import Limits, Rate
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import Signer, public_key_line
from pos.switch.wire import PATHS, SANDBOX_PATHS
from tests.scheme.conftest import SWITCH_KEY, TILL_KEY, Clock, Desk, Front, Till

LIMITS = Limits(paying=Rate(1, 3), resolving=Rate(4, 12), strangers=Rate(1, 2))
INQUIRY = b'{"paymentRequestId":"r-1"}'


class Seconds:
    """A clock that stands still until it is told."""

    now_s = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now_s


@pytest.fixture(scope="module")
def server():
    """The front and its server."""
    front = Front()
    with RunningSwitch(front) as running:
        yield front, running


@pytest.fixture
def steady():
    """The clock of the limits."""
    return Seconds()


def before_a_switch(server, database, limits, steady):
    """Two tills of two merchants before one switch."""
    front, running = server
    clock = Clock()
    with Store.open(database) as store:
        scheme = open_scheme(store, clock, random.Random(7).randbytes)
        clients = Clients(store, clock)
        for client in ("till-1", "till-2"):
            clients.add(client, public_key_line(TILL_KEY))
        front.app = create_app(
            scheme.book, clients, Signer(SWITCH_KEY), clock=clock, limits=limits, clock_s=steady
        )
        yield Till(running, Desk(scheme, clock), Faults())


@pytest.fixture
def till(server, database, steady):
    """A till under the usual limits."""
    yield from before_a_switch(server, database, None, steady)


@pytest.fixture
def held(server, steady):
    """A till under narrow limits: 3 payments, 12 inquiries and 2 strangers at once."""
    yield from before_a_switch(server, "sqlite://", LIMITS, steady)


@pytest.mark.parametrize("paths", [PATHS, SANDBOX_PATHS], ids=["live", "sandbox"])
def test_a_till_does_its_own_business_only(till, paths):
    """Another caller's payment and refund do not exist for it, under either of their ids."""
    paid = json.loads(till.pay("r-1").raw)
    refund = {
        "refundRequestId": "rf-1",
        "paymentId": paid["paymentId"],
        "refundAmount": {"currency": "NOK", "value": "100"},
    }
    refunded = json.loads(till.call(PATHS["refund"], json.dumps(refund).encode()).raw)
    before = statement(till.desk.scheme.store)

    def said(call: str, **fields: object) -> str:
        reply = till.call(paths[call], json.dumps(fields).encode(), client="till-2")
        assert reply.signed
        for secret in (paid["paymentId"], "12900", "Fjord"):
            assert call == "refund" or secret not in reply.raw.decode()
        return reply.code

    assert said("inquiryPayment", paymentRequestId="r-1") == "ORDER_NOT_EXIST"
    assert said("inquiryPayment", paymentId=paid["paymentId"]) == "ORDER_NOT_EXIST"
    both = {"paymentRequestId": "r-1", "paymentId": paid["paymentId"]}
    assert said("inquiryPayment", **both) == "ORDER_NOT_EXIST"
    assert said("cancel", paymentId=paid["paymentId"]) == "ORDER_NOT_EXIST"
    assert said("cancel", **both) == "ORDER_NOT_EXIST"
    assert said("refund", **refund) == "ORDER_NOT_EXIST"
    assert said("refund", **(refund | {"refundRequestId": "rf-2"})) == "ORDER_NOT_EXIST"
    assert said("inquiryRefund", refundId=refunded["refundId"]) == "ORDER_NOT_EXIST"
    assert said("inquiryRefund", refundRequestId="rf-9") == "ORDER_NOT_EXIST"
    after = statement(till.desk.scheme.store)
    for part in ("payments", "balances", "customers", "wallets"):
        assert after[part] == before[part]


def test_the_same_request_id_of_another_caller_is_another_payment(till):
    """An unknown request id is remembered as cancelled for its own caller alone."""
    till.pay("r-1")
    assert till.call(PATHS["cancel"], INQUIRY, client="till-2").code == "SUCCESS"
    reply = till.call(PATHS["inquiryPayment"], INQUIRY)
    assert json.loads(reply.raw)["paymentStatus"] == "SUCCESS"
    balance = till.desk.balance()
    other = json.loads(till.call(PATHS["inquiryPayment"], INQUIRY, client="till-2").raw)
    assert other["paymentStatus"] == "CANCELLED"
    assert till.desk.balance() == balance


def test_paying_too_often_is_answered_unknown_and_does_nothing(held, steady):
    """The fourth at once: U, signed, no payment; a second later it is taken."""
    assert [held.pay(f"r-{number}").code for number in range(3)] == ["SUCCESS"] * 3
    balance = held.desk.balance()
    reply = held.pay("r-3")
    result = json.loads(reply.raw)["result"]
    assert (reply.status, reply.signed) == (200, True)
    assert result["resultCode"] == "REQUEST_TRAFFIC_EXCEED_LIMIT"
    assert result["resultStatus"] == "U"
    assert held.desk.balance() == balance
    assert len(statement(held.desk.scheme.store)["payments"]) == 3
    steady.now_s += 1
    assert held.pay("r-3").code == "SUCCESS"


def test_what_is_open_can_be_resolved_when_paying_is_too_much(held):
    """Inquiries and cancels have a share of their own, four times as large, until it is used."""
    for number in range(5):
        held.pay(f"r-{number}")
    assert held.call(PATHS["cancel"], b'{"paymentRequestId":"r-2"}').code == "SUCCESS"
    said = [held.call(PATHS["inquiryPayment"], INQUIRY).code for _ in range(12)]
    assert said == ["SUCCESS"] * 11 + ["REQUEST_TRAFFIC_EXCEED_LIMIT"]


def test_another_caller_does_not_suffer(held):
    """Limits are by caller, and only of who has proved to be it."""
    for _ in range(4):
        held.pay("r-1")
    # Forged in till-2's name: refused, and counted against strangers, not against till-2.
    assert held.call(PATHS["cancel"], INQUIRY, client_id="till-2").code == "SIGNATURE_INVALID"
    said = [held.call(PATHS["inquiryPayment"], INQUIRY, client="till-2").code for _ in range(12)]
    assert said == ["ORDER_NOT_EXIST"] * 12


def test_a_flood_of_strangers_gets_no_signature(held, steady):
    """Two refusals are signed; then a bare 429, which says nothing. Who is known is let in."""
    replies = [held.call(PATHS["pay"], b"{}", client="nobody") for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 429, 429, 429]
    assert {reply.raw for reply in replies[2:]} == {b""}
    assert not any(reply.signed for reply in replies[2:])
    connection = http.client.HTTPConnection(held.host, held.port, timeout=10)
    try:
        connection.request("POST", "/samkassa/v1/enrol", b"{}")
        assert connection.getresponse().status == 429
    finally:
        connection.close()
    assert held.pay().code == "SUCCESS"
    steady.now_s += 1
    assert held.call(PATHS["pay"], b"{}", client="nobody").code == "CLIENT_INVALID"
