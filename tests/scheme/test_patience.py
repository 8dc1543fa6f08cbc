"""Slow clients against a real server with little patience."""

import socket
import ssl
import threading
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request

from pos.scheme.patience import Patience
from pos.scheme.server import CONNECTIONS_MAX, RunningSwitch, connections_max
from pos.switch.signature import load_private_key, new_private_key

LITTLE = Patience(head_s=0.4, body_s=0.4)
HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
GOOD = HEAD + b"\r\nabcd"


def echo() -> FastAPI:
    """An application that waits for the whole body."""
    app = FastAPI()

    @app.post("/echo")
    async def answer(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    return app


@pytest.fixture(scope="module")
def hasty():
    """A server that waits 0.4 seconds for a head and 0.4 for a body."""
    with RunningSwitch(echo(), patience=LITTLE) as running:
        yield int(running.url.rpartition(":")[2])


def connect(port: int) -> socket.socket:
    """A connection that gives up long after the server should have."""
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def answered(connection: socket.socket) -> bool:
    """Whether the whole answer to GOOD comes."""
    held = b""
    while b'{"length":4}' not in held:
        more = connection.recv(4096)
        if not more:
            return False
        held += more
    return True


def cut_off(connection: socket.socket) -> bool:
    """Whether the server ends the connection without having answered."""
    try:
        return connection.recv(4096) == b""
    except (ConnectionResetError, ssl.SSLError):  # within TLS an end without farewell
        return True


@pytest.mark.parametrize(
    "begun",
    [b"", b"\r\n", b"POST /ec", HEAD, HEAD + b"\r\n", HEAD + b"\r\nabc"],
    ids=["silence", "a line break", "half a line", "half a head", "no body", "half a body"],
)
def test_a_request_that_stops_half_way_is_cut_off(hasty, begun):
    """Wherever it stops, the connection ends and is not kept for ever."""
    with connect(hasty) as connection:
        connection.sendall(begun)
        assert cut_off(connection)


@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        (b"POST /echo HTTP/1.1\r\n", b"X-A: b\r\n"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n", b"x"),
    ],
    ids=["head", "body"],
)
def test_a_drop_now_and_then_does_not_help(hasty, begun, drop):
    """Bytes that keep coming, too slowly, do not put off the end."""
    ended = threading.Event()
    with connect(hasty) as connection:
        connection.sendall(begun)

        def drip() -> None:
            for _ in range(200):
                if ended.wait(0.1):
                    return
                try:
                    connection.sendall(drop)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert cut_off(connection)
        finally:
            ended.set()
            thread.join(10)


def test_a_slow_second_request_is_cut_off_too(hasty):
    """What is kept alive has no more patience for its next request, nor has one that pipelines."""
    with connect(hasty) as connection:
        connection.sendall(GOOD)
        assert answered(connection)
        connection.sendall(b"\r\n")
        assert cut_off(connection)
    with connect(hasty) as connection:
        connection.sendall(GOOD + b"POST /echo HT")
        assert answered(connection)
        assert cut_off(connection)


def test_an_idle_connection_between_requests_is_kept(hasty):
    """Patience is for requests: a till that says nothing for a while keeps its connection."""
    with connect(hasty) as connection, connect(hasty) as other:
        connection.sendall(GOOD)
        assert answered(connection)
        assert cut_off(other)  # so more than the patience has passed
        connection.sendall(GOOD)
        assert answered(connection)


def test_slow_clients_do_not_keep_a_good_one_out(hasty):
    """With fifty that dawdle, another is answered."""
    slow = [connect(hasty) for _ in range(50)]
    try:
        for each in slow:
            each.sendall(HEAD)
        with connect(hasty) as connection:
            connection.sendall(GOOD)
            assert answered(connection)
        assert all(cut_off(each) for each in slow)
    finally:
        for each in slow:
            each.close()


def test_no_more_connections_than_files():
    """The switch refuses connections before the system refuses it files."""
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 0 < connections_max() <= CONNECTIONS_MAX
    assert files == resource.RLIM_INFINITY or connections_max() < files


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A server with a certificate of its own: its port and the certificate's file."""
    folder = tmp_path_factory.mktemp("tls")
    pem = new_private_key()
    key = load_private_key(pem)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with RunningSwitch(
        echo(), tls_cert=folder / "cert.pem", tls_key=folder / "key.pem", patience=LITTLE
    ) as running:
        yield int(running.url.rpartition(":")[2]), folder / "cert.pem"


@pytest.mark.parametrize(
    ("version", "spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_begins_at_1_2(tls, version, spoken):
    """Older versions are refused, 1.2 and 1.3 are spoken."""
    port, certificate = tls
    context = ssl.create_default_context(cafile=certificate)
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # or this side would refuse by itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with connect(port) as plain:
        if not spoken:
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                context.wrap_socket(plain, server_hostname="localhost").close()
            return
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(GOOD)
            assert answered(connection)


def test_a_slow_client_is_cut_off_within_tls_too(tls):
    """The patience is the same inside an encrypted connection."""
    port, certificate = tls
    context = ssl.create_default_context(cafile=certificate)
    with (
        connect(port) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(HEAD)
        assert cut_off(connection)
