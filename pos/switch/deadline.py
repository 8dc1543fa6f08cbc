"""Answers that end in time: every read of one answer gets what is left of one deadline.

Apart from the exchange because the waits of HTTP libraries begin anew with every byte: a server
that sends its headers letter by letter could otherwise hold the till for hours.
"""

import io
import math
import socket
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any


@dataclass(slots=True)
class Deadline:
    """The monotonic second by which the answer under way has to be whole."""

    ends_s: float = math.inf

    def left_s(self) -> float:
        """Seconds that are left. Raises TimeoutError when there are none."""
        left_s = self.ends_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The answer took too long.")
        return left_s


def answer_class(deadline: Deadline) -> type[HTTPResponse]:
    """A response class whose reads, of headers and body alike, all end by `deadline`."""

    class TimedAnswer(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, deadline))

    return TimedAnswer


class _TimedReader(io.RawIOBase):
    """The socket's own reader, with less time for each read than for the one before."""

    def __init__(self, reader: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._reader = reader
        self._socket = sock
        self._deadline = deadline
        self._each_s = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(min(self._each_s, self._deadline.left_s()))
        return self._reader.readinto(buffer)

    def close(self) -> None:
        self._reader.close()
        super().close()
