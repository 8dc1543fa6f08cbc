"""The training day's line: what a till meets when it is cut, and when it is mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from pos.training.line import Line


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that answers each caller with what it heard first; its URL."""
    server = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                caller.sendall(caller.recv(100))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def asked(url: str, text: bytes) -> bytes:
    """What comes back over the line."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 5) as line:
        line.sendall(text)
        return line.recv(100)


def test_a_cut_line_refuses_and_a_mended_one_is_the_same_line(echo: str) -> None:
    """Nothing gets through, nothing hangs, and the till finds it again where it was."""
    with Line(echo) as line:
        where = line.url
        assert asked(where, b"one") == b"one"
        line.cut()
        line.cut()
        with pytest.raises(ConnectionRefusedError):
            asked(where, b"two")
        line.mend()
        line.mend()
        assert line.url == where
        assert asked(where, b"three") == b"three"


def test_a_call_that_is_under_way_breaks_off(echo: str) -> None:
    """As a wireless link does in the middle of a request: no answer, and no waiting for one."""
    with Line(echo) as line:
        parts = urlsplit(line.url)
        with socket.create_connection((parts.hostname, parts.port), 5) as caller:
            caller.settimeout(5)
            line.cut()
            with suppress(ConnectionResetError):
                assert caller.recv(100) == b""
