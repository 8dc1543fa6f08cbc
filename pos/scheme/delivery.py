"""One POST to an address that was judged beforehand, within bounds of size and time.

Apart from the exchange of the till, and not over requests: that looks the name up by itself, and
here the connection must go to the very address that was found allowed. No redirect is followed, no
proxy of the environment is used.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from pos.scheme.targets import Target

CONNECT_S = 3.0
TOTAL_S = 10.0
ANSWER_BYTES_MAX = 8_192
ADDRESSES_TRIED_MAX = 2


class Unanswered(Exception):
    """No whole answer came, in a word."""


def post(
    target: Target,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    tls: ssl.SSLContext,
    *,
    total_s: float = TOTAL_S,
) -> tuple[int, bytes]:
    """POST `body` to `target` at one of `addresses`: status and body of the answer.

    The certificate is checked for the target's host. Raises Unanswered.
    """
    try:
        with _connected(target.port, addresses) as bare, _within(total_s, bare):
            wire = tls.wrap_socket(bare, server_hostname=target.host) if _is_tls(target) else bare
            with closing(http.client.HTTPConnection(target.host, target.port)) as connection:
                connection.sock = wire
                fields = {"Host": target.host_header, "Connection": "close", **headers}
                connection.request("POST", target.path, body, fields)
                with connection.getresponse() as answer:
                    raw = answer.read(ANSWER_BYTES_MAX + 1)
    except ssl.SSLCertVerificationError as fault:
        raise Unanswered("CERTIFICATE_REFUSED") from fault
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise Unanswered("NO_ANSWER") from fault
    if len(raw) > ANSWER_BYTES_MAX:
        raise Unanswered("ANSWER_TOO_LONG")
    return answer.status, raw


def _is_tls(target: Target) -> bool:
    return target.scheme == "https"


@contextmanager
def _connected(port: int, addresses: Sequence[str]) -> Iterator[socket.socket]:
    fault: OSError = ConnectionError()
    for address in addresses[:ADDRESSES_TRIED_MAX]:
        try:
            connected = socket.create_connection((address, port), timeout=CONNECT_S)
        except OSError as refused:
            fault = refused
            continue
        with connected:
            yield connected
        return
    raise fault


@contextmanager
def _within(total_s: float, bare: socket.socket) -> Iterator[None]:
    """Break the connection off after `total_s`, however slowly its bytes trickle in.

    By a second name of the same connection: TLS takes the first one away. Raises TimeoutError.
    """
    bare.settimeout(total_s)
    over = threading.Event()
    with bare.dup() as same:
        watch = threading.Timer(total_s, _break_off, (same, over))
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            watch.join()
    if over.is_set():
        raise TimeoutError  # what was read may be half of it


def _break_off(connected: socket.socket, over: threading.Event) -> None:
    over.set()
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over already
