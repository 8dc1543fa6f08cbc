"""Faults on request: what the till gets, and that the money is right all the same."""

import http.client
import json
import time

import pytest

from pos.scheme.faults import Fault
from pos.scheme.partners import Behaviour
from pos.scheme.statement import statement
from pos.switch.signature import Signer, content_to_sign
from pos.switch.wire import PATHS, dump
from tests.scheme.conftest import TILL_KEY, TIME, pay_request


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
