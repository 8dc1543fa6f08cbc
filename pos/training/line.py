"""The line between till and switch on a training day, which can be cut and mended.

Apart from the switch, which knows nothing of it: to the till a cut line is what it is in a shop,
a refused connection and one that breaks off.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
CONNECT_S = 5.0
JOIN_S = 5.0


class Line:
    """Passes bytes on to the switch at `target` (its URL). Use as a context manager.

    `url` is where the till finds it; it stays the same when the line is cut and mended.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname or HOST, parts.port or 80
        self._lock = threading.Lock()
        self._listening: socket.socket | None = None
        self._port = 0
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._port}"

    def mend(self) -> None:
        """Let everything through; may be called twice."""
        with self._lock:
            if self._listening is not None:
                return
            listening = self._listening = socket.create_server((HOST, self._port))
            self._port = listening.getsockname()[1]
        self._begin(lambda: self._listen(listening))

    def cut(self) -> None:
        """Break what is under way off and refuse what comes; may be called twice."""
        with self._lock:
            listening, self._listening = self._listening, None
            open_, self._open = self._open, set()
        for each in (*([listening] if listening is not None else []), *open_):
            _hang_up(each)
        for thread in self._threads:
            thread.join(JOIN_S)
        self._threads = [each for each in self._threads if each.is_alive()]

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="line", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self, listening: socket.socket) -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            self._pass_on(caller, listening)

    def _pass_on(self, caller: socket.socket, listening: socket.socket) -> None:
        there = None
        with suppress(OSError):
            there = socket.create_connection(self._target, CONNECT_S)
            there.settimeout(None)
        with self._lock:
            if there is not None and self._listening is listening:
                self._open |= {caller, there}
                for source, sink in ((caller, there), (there, caller)):
                    self._begin(partial(self._pump, source, sink))
                return
        _hang_up(caller)  # the line was cut while the connection was being made
        if there is not None:
            _hang_up(there)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """All bytes of one direction; when it ends, so does the other."""
        with suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                sink.sendall(chunk)
        with self._lock:
            self._open -= {source, sink}
        _hang_up(source)
        _hang_up(sink)


def _hang_up(line: socket.socket) -> None:
    """End the connection; whoever waits on it wakes."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
