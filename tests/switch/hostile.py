"""A server that does exactly what a test tells it to, and the keys of both sides.

Apart from the tests of the exchange: a bare socket that reads one request and then answers well,
or lies, dawdles, breaks off and hangs up.
"""

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from pos.switch.exchange import Caller
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
)
from pos.switch.wire import PATHS

CLIENT = "5YTILL"
OURS, THEIRS, STRANGERS = (load_private_key(new_private_key()) for _ in range(3))
ANSWER = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'
TIME = "2026-03-01T12:00:02+01:00"
Act = Callable[[socket.socket], None]


def signed(
    body: bytes = ANSWER,
    *,
    path: str = PATHS["pay"],
    client: str = CLIENT,
    key: Signer | None = None,
    status: str = "200 OK",
    more: str = "",
    said: str | None = None,
) -> bytes:
    """A whole HTTP answer over `body`, signed for `path` and `client`."""
    signer = key or Signer(THEIRS)
    header = signer.header(content_to_sign("POST", path, client, TIME, body))
    return (
        f"HTTP/1.1 {status}\r\nclient-id: {client if said is None else said}\r\n"
        f"response-time: {TIME}\r\nsignature: {header}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    ).encode() + body


def says(*parts: bytes) -> Act:
    """A server that sends these bytes and hangs up."""

    def act(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return act


def drips(raw: bytes, every_s: float, ended: threading.Event) -> Act:
    """A server that sends one byte at a time, for as long as the other side listens."""

    def act(connection: socket.socket) -> None:
        for at in range(len(raw)):
            connection.sendall(raw[at : at + 1])
            if ended.wait(every_s):
                return

    return act


def request_on(connection: socket.socket) -> bytes:
    """One whole HTTP request, or what came of it before the end."""
    held = b""
    while b"\r\n\r\n" not in held:
        part = connection.recv(65536)
        if not part:
            return held
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: *(\d+)", head.lower())
    length = int(found[1]) if found else 0
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body


class Hostile:
    """Listens on a port of its own and answers each connection by the next of `acts`."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.acts: list[Act] = []
        self.ended = threading.Event()
        self.context: ssl.SSLContext | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        if self.ended.is_set():
            return
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            while self.acts:
                self.requests.append(request_on(connection))
                act = self.acts.pop(0)
                act(connection)
                if act is not stays:
                    return

    def close(self) -> None:
        """Stop listening, and wait for the thread."""
        self.ended.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1.0).close()
        self._thread.join(10)
        self._socket.close()


def stays(connection: socket.socket) -> None:
    """Answer well and keep the connection for the next request."""
    connection.sendall(signed())


def caller(port: int, scheme: str = "http", host: str = "127.0.0.1", ca_file: str = "") -> Caller:
    """This till, calling that port."""
    return Caller(
        f"{scheme}://{host}:{port}", CLIENT, Signer(OURS), Verifier(THEIRS.public_key()), ca_file
    )
