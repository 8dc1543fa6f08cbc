"""A line between till and switch that keeps a copy of all that goes over it.

Apart from the story because what is sent is one of the places that are searched: only the request
to pay may carry a code.
"""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536
SILENCE_S_MAX = 60.0
JOIN_S_MAX = 10.0
PAY_LINE = b"/ams/api/v1/payments/pay HTTP/1.1\r\n"


class Wiretap:
    """Listens at `url`, passes everything on to the switch, and keeps it: `sent`, `answered`.

    Use as a context manager. One request follows another on a connection, as a till sends them.
    """

    def __init__(self, switch_url: str) -> None:
        parts = urlsplit(switch_url)
        self._switch = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._lines: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sent: list[bytearray] = []
        self.answered = bytearray()

    def besides_paying(self) -> bytes:
        """All requests except the bodies of those to pay."""
        kept = bytearray()
        for line in self._sent:
            for request in bytes(line).split(b"POST "):
                paying = request.startswith(PAY_LINE)
                kept += request.partition(b"\r\n\r\n")[0] if paying else request
        return bytes(kept)

    def sent_bytes(self) -> bytes:
        """All requests, whole."""
        return b"".join(bytes(line) for line in self._sent)

    def _serve(self) -> None:
        while True:
            try:
                till, _ = self._listener.accept()
                switch = socket.create_connection(self._switch, timeout=SILENCE_S_MAX)
            except OSError:
                return  # closed
            sent = bytearray()
            self._sent.append(sent)
            self._lines += [till, switch]
            self._start(till, switch, sent)
            self._start(switch, till, self.answered)

    def _start(self, source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        thread = threading.Thread(target=_pass_on, args=(source, sink, kept), daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._serve, name="wiretap", daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for line in (self._listener, *self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(JOIN_S_MAX)
        for line in (self._listener, *self._lines):
            line.close()


def _pass_on(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    source.settimeout(SILENCE_S_MAX)
    with suppress(OSError):
        while part := source.recv(CHUNK_BYTES):
            kept += part
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
