"""A till's way to the switch on which something goes wrong: a small TCP relay.

Apart from the switch's own planned faults because these befall the connection, not an answer.
"""

import socket
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from pos.proof.deaths.line import message

ANSWER_S_MAX = 30.0

# Gets the bytes of one request; what is sent on to the switch, or None to hang up instead.
Meddling = Callable[[bytes], bytes | None]


class Relay:
    """Listens at `url` and passes each request on to the switch as `meddle` lets it.

    One request at a time, as a till sends them. With `closes_after` that many requests it stops
    listening altogether.
    """

    def __init__(self, switch_url: str, meddle: Meddling, closes_after: int = 0) -> None:
        parts = urlsplit(switch_url)
        self._switch = (parts.hostname or "", parts.port or 80)
        self._meddle = meddle
        self._left = closes_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, name="relay")
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                till, _ = self._listener.accept()
            except OSError:
                return  # closed
            with till:
                self._attend(till)
            if self._left < 0:
                return

    def _attend(self, till: socket.socket) -> None:
        """Pass requests on until either side hangs up."""
        till.settimeout(ANSWER_S_MAX)
        with socket.create_connection(self._switch, timeout=ANSWER_S_MAX) as switch:
            while request := _message(till):
                passed = self._meddle(request)
                if passed is None:
                    return
                switch.sendall(passed)
                till.sendall(_message(switch))
                if self._left:
                    self._left -= 1
                    if self._left == 0:
                        self._left = -1
                        self._shut()
                        return

    def _shut(self) -> None:
        # Wakes the thread that waits for a connection, which closing alone does not.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # shut before
        finally:
            self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shut()
        self._thread.join()


def _message(peer: socket.socket) -> bytes:
    """One whole HTTP message; empty when the peer has hung up, however it did."""
    try:
        return message(peer)
    except OSError:
        return b""
