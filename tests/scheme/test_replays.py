"""Requests of an honest till, kept by somebody on the line and sent again. Over real HTTP.

Apart from the tests of the doors because here every signature is good: only what was decided
before can refuse.
"""

import json
from datetime import timedelta

import pytest

from pos.scheme.statement import statement
from pos.switch.wire import PATHS, dump
from tests.scheme.conftest import check_agreement, pay_request

CANCEL = b'{"paymentRequestId":"r-1"}'


def test_a_replayed_payment_charges_nothing_more(till):
    """At once, a day later and after another sale: the same answer, and one charge."""
    before = till.desk.balance()
    body = dump(pay_request("r-1", code=till.desk.code()))
    first = json.loads(till.call(PATHS["pay"], body).raw)
    charged = before - till.desk.balance()
    assert charged > 0
    for days in (0, 1, 400):
        till.desk.clock.now += timedelta(days=days)
        assert json.loads(till.call(PATHS["pay"], body).raw) == first
    assert before - till.desk.balance() == charged
    assert len(statement(till.desk.scheme.store)["payments"]) == 1


def test_a_stale_payment_after_its_cancel_is_refused(till):
    """Held back on the line until the till had cancelled: nobody is charged, then or ever."""
    before = till.desk.balance()
    body = dump(pay_request("r-1", code=till.desk.code()))
    assert till.call(PATHS["cancel"], CANCEL).code == "SUCCESS"
    for _ in range(3):
        assert till.call(PATHS["pay"], body).code == "ORDER_IS_CANCELED"
        till.desk.clock.now += timedelta(days=1)
    assert till.desk.balance() == before
    check_agreement(till.desk.scheme.store)


def test_a_replayed_cancel_or_refund_moves_nothing_more(till):
    """A refund counts once, a cancel once, and a cancel of what was refunded is refused."""
    paid = json.loads(till.pay("r-1").raw)
    part = {"refundRequestId": "rf-1", "paymentId": paid["paymentId"]}
    part["refundAmount"] = {"currency": "NOK", "value": "100"}
    body = json.dumps(part).encode()
    first = till.call(PATHS["refund"], body).raw
    left = till.desk.balance()
    for _ in range(3):
        assert json.loads(till.call(PATHS["refund"], body).raw) == json.loads(first)
        assert till.call(PATHS["cancel"], CANCEL).code == "ORDER_STATUS_INVALID"
    assert till.desk.balance() == left
    till.pay("r-2")
    cancel = b'{"paymentRequestId":"r-2"}'
    assert till.call(PATHS["cancel"], cancel).code == "SUCCESS"
    assert [till.call(PATHS["cancel"], cancel).code for _ in range(3)] == ["SUCCESS"] * 3
    assert till.desk.balance() == left
    check_agreement(till.desk.scheme.store)


@pytest.mark.parametrize(
    "body",
    [
        b'{"paymentRequestId":"r-1","paymentRequestId":"r-2"}',
        b'{"paymentRequestId":"r-1","order":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b'{"paymentRequestId":"r-1","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"paymentRequestId":NaN}',
        '{"paymentRequestId":"r-1","paymentId":"a\u202eb"}'.encode(),
        b'\xef\xbb\xbf{"paymentRequestId":"r-1"}',
        b'{"paymentRequestId":"r-1"}{"paymentRequestId":"r-2"}',
    ],
)
def test_a_body_that_two_readers_read_differently_is_refused(till, body):
    """Double keys, deep nesting, no numbers, hidden marks, two messages: a signed refusal."""
    till.pay("r-1")
    balance = till.desk.balance()
    for call in ("cancel", "inquiryPayment"):
        reply = till.call(PATHS[call], body)
        assert (reply.code, reply.signed) == ("PARAM_ILLEGAL", True)
    assert till.desk.balance() == balance
