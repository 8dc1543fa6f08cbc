"""Every byte of a signed answer, changed on its way to the till, makes it nobody's answer."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pos.switch.exchange import Caller, DistrustError, Exchange, SilenceError
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    signature_of,
)
from pos.switch.wire import PATHS

RAW = (Path(__file__).parent / "golden" / "pay-payment-code.response.json").read_bytes()
TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())
TIME = "2026-03-01T12:00:01+01:00"
CONTENT = content_to_sign("POST", PATHS["pay"], "till-1", TIME, RAW)
HEADERS = {
    "client-id": "till-1",
    "response-time": TIME,
    "signature": Signer(SWITCH_KEY).header(CONTENT),
}


class Changed:
    """A switch whose one answer is changed on the way: what is sent is `headers` and `raw`."""

    def __init__(self) -> None:
        self.headers, self.raw = dict(HEADERS), RAW
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one piece

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                for name, value in line.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(line.raw)))
                self.end_headers()
                self.wfile.write(line.raw)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def changed():
    """The line on which bytes are flipped."""
    line = Changed()
    yield line
    line.close()


@pytest.fixture
def till(changed):
    """A till's exchange with that switch."""
    caller = Caller(changed.url, "till-1", Signer(TILL_KEY), Verifier(SWITCH_KEY.public_key()))
    exchange = Exchange(caller)
    yield exchange
    exchange.close()


def test_the_answer_as_it_was_sent_is_taken(till):
    """Without a change it is the switch's answer, so that a refusal below says something."""
    assert till.call("pay", b"{}") == RAW


def test_every_flipped_byte_of_the_body_is_refused(till, changed):
    """One bit of each byte in turn: an answer that the switch did not sign."""
    for position in range(len(RAW)):
        flipped = bytearray(RAW)
        flipped[position] ^= 1 << (position % 8)
        changed.raw = bytes(flipped)
        with pytest.raises(DistrustError):
            till.call("pay", b"{}")


@pytest.mark.parametrize("name", list(HEADERS))
def test_every_flipped_byte_of_a_signed_header_is_refused(till, changed, name):
    """Caller, time and signature; only the number of the key may change, which signs nothing."""
    value = HEADERS[name]
    for position in range(len(value)):
        flipped = value[:position] + chr(ord(value[position]) ^ 1) + value[position + 1 :]
        changed.headers = HEADERS | {name: flipped}
        try:
            answer = till.call("pay", b"{}")
        except SilenceError:
            continue
        assert answer == RAW
        assert (name, signature_of(flipped)) == ("signature", signature_of(value))


@pytest.mark.parametrize("name", ["response-time", "signature"])
def test_an_answer_without_its_signature_is_refused(till, changed, name):
    """Left out altogether."""
    del changed.headers[name]
    with pytest.raises(DistrustError):
        till.call("pay", b"{}")


def test_an_answer_to_another_call_or_caller_is_refused(till, changed):
    """Well signed, for another path or another till."""
    for path, client in ((PATHS["cancel"], "till-1"), (PATHS["pay"], "till-2")):
        content = content_to_sign("POST", path, client, TIME, RAW)
        changed.headers = HEADERS | {"signature": Signer(SWITCH_KEY).header(content)}
        with pytest.raises(DistrustError):
            till.call("pay", b"{}")


def test_half_an_answer_is_no_answer(till, changed):
    """Cut off at any of some places: silence or distrust, never a message."""
    for length in range(0, len(RAW), 37):
        changed.raw = RAW[:length]
        with pytest.raises(SilenceError):
            till.call("pay", b"{}")
