"""The till's client against golden files: what it sends, and what it makes of the answers.

The files in `golden_till` are what this till is to send, written from the API's field tables;
those in `golden` hold the answers. A switch and a client that agreed on a mistake would both
have to disagree with them.
"""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import Amount
from pos.sale.payment import CancelDone, Paid, Payment, Scenario, StillOpen
from pos.sale.refund import Refund, Refunded
from pos.sale.secret import Secret
from pos.switch.client import WireSwitch
from pos.switch.exchange import Caller, Exchange
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
)

HERE = Path(__file__).parent
TILL_KEY, SWITCH_KEY = (load_private_key(new_private_key()) for _ in range(2))
PARTIES = Terminal(
    "T07",
    Merchant("M-0001", "Fjord Kafé", "5814"),
    Store("OSL-1", "Fjord Kafé Oslo S"),
    "NOK",
)
OPENED_AT = datetime.fromisoformat("2026-03-01T12:00:01+01:00").timestamp()
SCANNED = Payment(
    "T07-20260301-000042", "000042", Amount(12900, "NOK"), Scenario.PAYMENT_CODE, OPENED_AT,
    payment_id="20260301194010800100188000000042",
)  # fmt: skip
SHOWN = Payment(
    "T07-20260301-000043", "000043", Amount(4500, "NOK"), Scenario.ORDER_CODE, OPENED_AT
)
REFUND = Refund("R-T07-20260301-000042-1", SCANNED.request_id, Amount(3000, "NOK"), OPENED_AT)
CODE = Secret("281033020000000000004711")
PAID = Paid(
    SCANNED.request_id,
    SCANNED.payment_id,
    SCANNED.amount,
    wallet="AlipayCN",
    paid_at="2026-03-01T11:00:01+00:00",
    customer_amount=Amount(8359, "CNY"),
    rate="NOK/CNY 0.70242863",
    savings=Amount(1000, "NOK"),
)
ORDER_CODE = "https://qr.samkassa.example/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP"


class GoldenSwitch(HTTPServer):
    """Answers every request with one golden answer, signed, and keeps what it was sent."""

    def __init__(self, answer: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = (HERE / "golden" / f"{answer}.response.json").read_bytes()
        self.received: list[tuple[str, dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GoldenSwitch

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, body))
        time = "2026-03-01T11:00:02+00:00"
        content = content_to_sign("POST", self.path, "T-1", time, self.server.answer)
        self.send_response(200)
        self.send_header("client-id", "T-1")
        self.send_header("response-time", time)
        self.send_header("signature", Signer(SWITCH_KEY).header(content))
        self.send_header("content-length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


Till = Callable[[str], tuple[WireSwitch, GoldenSwitch]]


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A till in Oslo whose switch gives the named golden answer."""
    monkeypatch.setenv("TZ", "Europe/Oslo")
    import time

    time.tzset()
    opened: list[tuple[WireSwitch, GoldenSwitch, threading.Thread]] = []

    def make(answer: str) -> tuple[WireSwitch, GoldenSwitch]:
        server = GoldenSwitch(answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        caller = Caller(url, "T-1", Signer(TILL_KEY), Verifier(SWITCH_KEY.public_key()))
        switch = WireSwitch(Exchange(caller), PARTIES)
        opened.append((switch, server, thread))
        return switch, server

    yield make
    for switch, server, thread in opened:
        switch.close()
        server.shutdown()
        thread.join()
        server.server_close()
    monkeypatch.undo()
    time.tzset()


CALLS = {
    "pay-payment-code": ("pay", lambda switch: switch.pay(SCANNED, CODE), PAID),
    "pay-order-code": (
        "pay",
        lambda switch: switch.pay(SHOWN, None),
        StillOpen(
            SHOWN.request_id,
            "PAYMENT_IN_PROCESS",
            payment_id="20260301194010800100188000000043",
            order_code=ORDER_CODE,
            expires_in_s=180.0,
        ),
    ),
    "inquiryPayment": ("inquiryPayment", lambda switch: switch.inquire(SCANNED), PAID),
    "cancel": ("cancel", lambda switch: switch.cancel(SHOWN), CancelDone(SHOWN.request_id)),
    "refund": (
        "refund",
        lambda switch: switch.refund(REFUND, SCANNED, first=True),
        Refunded(REFUND.refund_id, "20260301194010800100188000000077"),
    ),
    "inquiryRefund": (
        "inquiryRefund",
        lambda switch: switch.inquire_refund(REFUND),
        Refunded(REFUND.refund_id, "20260301194010800100188000000077"),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_client_sends_the_golden_request_and_reads_the_golden_answer(
    till: Till, name: str
) -> None:
    """Path, signature and every field as the tables have them; one event out, the right one."""
    api, call, expected = CALLS[name]
    switch, server = till(name)
    assert call(switch) == expected
    [(path, headers, body)] = server.received
    assert path == f"/ams/api/v1/payments/{api}"
    assert json.loads(body) == json.loads(
        (HERE / "golden_till" / f"{name}.json").read_text("utf-8")
    )
    signed = content_to_sign("POST", path, headers["client-id"], headers["request-time"], body)
    Verifier(TILL_KEY.public_key()).check(signed, headers["signature"])


def test_every_golden_request_of_the_till_is_sent_by_a_call() -> None:
    """No golden file lies there unchecked."""
    assert {path.stem for path in (HERE / "golden_till").glob("*.json")} == set(CALLS)
