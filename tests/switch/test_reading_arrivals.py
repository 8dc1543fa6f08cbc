"""What an inquiry says of a payment that the till did not begin, and how long one may take."""

import json
import time
from typing import Any

import pytest
from hostile import Hostile, drips

from pos.sale.arrival import Answer, Arrived, Found, Lapsed
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import Amount
from pos.sale.view import LinkState
from pos.switch import wire
from pos.switch.client import LOOK_S_MAX, WireSwitch
from pos.switch.exchange import TOTAL_S, Exchange
from pos.switch.reading import read_arrival

ID = "E-T01-000007"
NOW_S = 1_772_366_999.0
WIRED = {"currency": "NOK", "value": "4550"}
SUCCESS = {"resultStatus": "S", "resultCode": "SUCCESS"}
FOUND = {
    "result": SUCCESS, "paymentRequestId": ID, "paymentId": "p7", "paymentAmount": WIRED,
    "paymentTime": "2026-03-01T13:03:00+01:00", "paymentStatus": "SUCCESS",
    "pspCustomerInfo": {"pspName": "AlipayCN"},
    "actualPaymentAmount": {"currency": "CNY", "value": "3103"},
    "paymentQuote": {"quoteCurrencyPair": "NOK/CNY", "quotePrice": "0.6820"},
}  # fmt: skip
CAME = Arrived(
    ID, "p7", Amount(4_550, "NOK"), 1_772_366_580.0, "AlipayCN", "2026-03-01T13:03:00+01:00",
    Amount(3_103, "CNY"), "NOK/CNY 0.6820",
)  # fmt: skip


def failure(status: str, code: str) -> dict[str, Any]:
    """An answer that says nothing but this."""
    return {"result": {"resultStatus": status, "resultCode": code}}


def read(answer: dict[str, Any]) -> Answer:
    """As it comes over the wire."""
    message = wire.load(wire.InquiryPaymentResponse, json.dumps(answer).encode())
    return read_arrival(ID, message, NOW_S)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (FOUND, CAME),
        (FOUND | {"paymentStatus": "Success"}, CAME),
        (failure("F", "ORDER_NOT_EXIST"), Found.NOTHING),
        (failure("F", "PAYMENT_NOT_EXIST"), Found.NOTHING),
        (failure("U", "ORDER_NOT_EXIST"), Found.SILENCE),
        (failure("F", "SIGNATURE_INVALID"), Found.SILENCE),
        (failure("U", "REQUEST_TRAFFIC_EXCEED_LIMIT"), Found.SILENCE),
        (FOUND | {"paymentRequestId": "E-T01-000008"}, Found.SILENCE),
        (FOUND | {"paymentRequestId": None}, Found.SILENCE),
        (FOUND | {"paymentStatus": "PROCESSING"}, Found.OPEN),
        (FOUND | {"paymentStatus": None}, Found.OPEN),
        (FOUND | {"paymentId": None}, Found.OPEN),
        (FOUND | {"paymentAmount": None}, Found.OPEN),
        (FOUND | {"paymentAmount": WIRED | {"value": "0"}}, Found.OPEN),
        (FOUND | {"paymentAmount": WIRED | {"currency": "ZZZ"}}, Found.OPEN),
        (
            FOUND | {"paymentStatus": "FAIL", "paymentResultCode": "ORDER_IS_CLOSED"},
            Lapsed(ID, "ORDER_IS_CLOSED"),
        ),
        (FOUND | {"paymentStatus": "CANCELLED"}, Lapsed(ID, "ORDER_IS_CANCELED")),
    ],
)
def test_each_answer_has_one_meaning(answer: dict[str, Any], meaning: Answer) -> None:
    """Only a whole success under the id that was asked for is money."""
    assert read(answer) == meaning


def test_without_a_time_of_the_switch_it_is_when_it_was_heard_of() -> None:
    """A time that nobody can read keeps no payment from being shown."""
    for told in ("soon", None):
        came = read(FOUND | {"paymentTime": told})
        assert isinstance(came, Arrived)
        assert came.at == NOW_S


def test_a_look_is_over_before_anybody_waits(server: Hostile, till: Exchange) -> None:
    """A switch that drips holds up other calls for ten seconds, and a look for one."""
    assert LOOK_S_MAX < TOTAL_S / 5
    server.acts = [drips(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 90, 0.05, server.ended)]
    parties = Terminal("T01", Merchant("M", "Shop", "5814", ""), Store("S", "Shop", ""), "NOK")
    switch = WireSwitch(till, parties)
    began_s = time.monotonic()
    assert switch.look(ID, NOW_S) is Found.SILENCE
    # Dripping to its end it would take half a minute.
    assert time.monotonic() - began_s < TOTAL_S / 2
    assert switch.link is LinkState.DOWN
