"""One request to a hostile server over real sockets: only a whole, signed, timely answer counts.

Apart from the reading of answers because here it is bytes that lie.
"""

import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from hostile import (
    ANSWER,
    CLIENT,
    OURS,
    STRANGERS,
    THEIRS,
    Hostile,
    caller,
    drips,
    says,
    signed,
    stays,
)

from pos.switch import exchange as doors
from pos.switch.codec import BODY_BYTES_MAX
from pos.switch.exchange import Caller, DistrustError, Exchange, NotSentError, SilenceError
from pos.switch.signature import Signer, Verifier, content_to_sign
from pos.switch.wire import PATHS

BODY = b'{"paymentRequestId":"r1"}'


def test_a_whole_signed_answer_is_returned_byte_for_byte(server: Hostile, till: Exchange) -> None:
    """And the request carried its body, our id, a time and a signature over all of them."""
    server.acts = [says(signed())]
    assert till.call("pay", BODY) == ANSWER
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    fields = {name.lower(): value for name, value in fields.items()}
    assert head.startswith(b"POST /ams/api/v1/payments/pay HTTP/1.1")
    content = content_to_sign("POST", PATHS["pay"], CLIENT, fields["request-time"], BODY)
    Verifier(OURS.public_key()).check(content, fields["signature"])


def test_a_connection_is_used_again_and_a_stale_one_means_silence(
    server: Hostile, till: Exchange
) -> None:
    """What goes out on a connection that the other side closes meanwhile may have arrived."""
    server.acts = [stays, stays, says()]
    assert till.call("pay", BODY) == ANSWER
    assert till.call("pay", BODY) == ANSWER
    with pytest.raises(SilenceError, match="NO_ANSWER"):
        till.call("pay", BODY)
    assert len(server.requests) == 3


def test_a_refused_connection_means_not_sent() -> None:
    """Nobody listens, so no byte left."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ours = Exchange(caller(port))
    with pytest.raises(NotSentError):
        ours.call("pay", BODY)
    ours.close()


def test_a_name_that_nobody_knows_means_not_sent() -> None:
    """The address was never found."""
    ours = Exchange(caller(80, host="no-such-host.invalid"))
    with pytest.raises(NotSentError):
        ours.call("pay", BODY)
    ours.close()


HTML = b"<html><body>502 Bad Gateway</body></html>"
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
WHOLE = signed()
SILENCES: dict[str, tuple[bytes, ...]] = {
    "hung up": (),
    "half a body": (WHOLE[:-20],),
    "no body at all": (WHOLE[: -len(ANSWER)],),
    "half a chunk": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc",),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: %d\r\n\r\n" % len(HTML) + HTML,),
    "500, though signed": (signed(status="500 Internal Server Error"),),
    "a redirect to a huge body": (
        PLAIN.replace(b"200 OK", b"302 Found\r\nlocation: /") % (BODY_BYTES_MAX * 9)
        + b"x" * (BODY_BYTES_MAX + 1),
    ),
    "a redirect": (signed(status="302 Found", more="location: http://127.0.0.1:1/\r\n"),),
    "a body without end": (PLAIN % (BODY_BYTES_MAX * 9) + b"x" * (BODY_BYTES_MAX + 1),),
    "a body too large": (signed(b'"' + b"x" * BODY_BYTES_MAX + b'"'),),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n",),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200,),
    "a header too long": (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",),
    "broken compression": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
    ),
}


@pytest.mark.parametrize("parts", SILENCES.values(), ids=SILENCES.keys())
def test_half_an_answer_is_silence(
    server: Hostile, till: Exchange, parts: tuple[bytes, ...]
) -> None:
    """Never a no, never NotSent: the request was read by the other side."""
    server.acts = [says(*parts)]
    with pytest.raises(SilenceError) as caught:
        till.call("pay", BODY)
    assert not isinstance(caught.value, DistrustError)
    assert len(server.requests) == 1


DISTRUSTED: dict[str, bytes] = {
    "cut off within the headers": WHOLE[:60],
    "HTML": PLAIN % len(HTML) + HTML,
    "no signature": PLAIN % len(ANSWER) + ANSWER,
    "another key": signed(key=Signer(STRANGERS)),
    "another path": signed(path=PATHS["cancel"]),
    "another caller": signed(client="5YOTHER"),
    "another caller's signature under our name": signed(client="5YOTHER", said=CLIENT),
    "a changed byte": WHOLE[:-3] + b'F"}',
    "a changed time": WHOLE.replace(b"12:00:02", b"12:00:03"),
    "our own signature sent back": signed(key=Signer(OURS)),
    "an empty body": signed(b"").replace(b"signature: algorithm=RSA256", b"signature: x=RSA256"),
}


@pytest.mark.parametrize("raw", DISTRUSTED.values(), ids=DISTRUSTED.keys())
def test_an_answer_that_the_switch_did_not_sign_is_distrusted(
    server: Hostile, till: Exchange, raw: bytes
) -> None:
    """Over these very bytes, for this call, this caller and this time."""
    server.acts = [says(raw)]
    with pytest.raises(DistrustError):
        till.call("pay", BODY)


def test_the_headers_letters_do_not_matter(server: Hostile, till: Exchange) -> None:
    """Names of headers have no case, and a client-id may be left out of an answer."""
    raw = WHOLE.replace(b"signature: ", b"SIGNATURE: ").replace(b"client-id: 5YTILL\r\n", b"")
    server.acts = [says(raw)]
    assert till.call("pay", BODY) == ANSWER


def test_a_redirect_is_not_followed(server: Hostile, till: Exchange) -> None:
    """Money is not sent where an unsigned header points."""
    elsewhere = f"location: http://127.0.0.1:{server.port}/\r\n"
    server.acts = [says(signed(status="307 Temporary Redirect", more=elsewhere)), says(WHOLE)]
    with pytest.raises(SilenceError, match="HTTP_307"):
        till.call("pay", BODY)
    assert len(server.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(
    server: Hostile, till: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A till has one way to its switch, and it stands in its settings."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.acts = [says(WHOLE)]
    assert till.call("pay", BODY) == ANSWER


@pytest.mark.parametrize(
    "raw",
    [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 90, PLAIN % 5000 + b"x" * 5000],
    ids=["headers", "body"],
)
def test_a_server_that_drips_cannot_hold_the_till(
    server: Hostile, till: Exchange, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    """Each byte comes in time, the whole never would: the call ends by its total, in silence."""
    monkeypatch.setattr(doors, "TOTAL_S", 0.4)
    server.acts = [drips(raw, 0.05, server.ended)]
    began_s = time.monotonic()
    with pytest.raises(SilenceError):
        till.call("pay", BODY)
    # Undisturbed it would have dripped for over half a minute.
    assert time.monotonic() - began_s < 15


def test_a_server_that_says_nothing_is_left_after_the_first_byte_is_due(
    server: Hostile, till: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence, and the next call works: the last one's limits are not its own."""
    monkeypatch.setattr(doors, "FIRST_BYTE_S", 0.2)
    server.acts = [lambda _connection: server.ended.wait(1.0) and None, says(WHOLE)]
    with pytest.raises(SilenceError, match="NO_ANSWER"):
        till.call("pay", BODY)
    monkeypatch.undo()
    assert till.call("pay", BODY) == ANSWER


def test_a_sandbox_till_calls_the_sandbox_paths(server: Hostile) -> None:
    """Told by its id alone; the answer is signed over the same path."""
    name, path = "SANDBOX_5Y", "/ams/sandbox/api/v1/payments/cancel"
    ours = Exchange(
        Caller(f"http://127.0.0.1:{server.port}", name, Signer(OURS), Verifier(THEIRS.public_key()))
    )
    server.acts = [says(signed(path=path, client=name))]
    assert ours.call("cancel", BODY) == ANSWER
    assert server.requests[0].startswith(b"POST " + path.encode())
    ours.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=switch",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


def test_over_tls_only_a_refused_certificate_means_not_sent(
    server: Hostile, certificate: tuple[Path, Path]
) -> None:
    """A TLS record broken after the request was read is silence: it was carried out, perhaps."""
    key, cert = certificate
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(cert, key)
    trusting = Exchange(caller(server.port, "https", ca_file=str(cert)))
    distrusting = Exchange(caller(server.port, "https"))

    def breaks_off(connection: socket.socket) -> None:
        with socket.socket(fileno=connection.detach()) as bare:
            bare.sendall(b"no TLS record at all" * 9)

    server.acts = [says(WHOLE), breaks_off]
    assert trusting.call("pay", BODY) == ANSWER
    with pytest.raises(SilenceError):
        trusting.call("pay", BODY)
    assert len(server.requests) == 2
    with pytest.raises(NotSentError):
        distrusting.call("pay", BODY)
    assert len(server.requests) == 2
    trusting.close()
    distrusting.close()
