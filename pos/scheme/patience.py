"""How long a connection may dawdle: the head of a request, and its body, within so many seconds.

Apart from the server's start and stop because it reaches into uvicorn's HTTP protocol: uvicorn
bounds only how long a connection may be idle between requests, and would wait for ever for the
rest of one that was begun.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until the whole head, and then until the whole body, must be there."""

    head_s: float = 10.0
    body_s: float = 10.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, dropping a connection whose request takes longer than `patience`.

    httptools, not h11: that does not route the absolute request targets of Alipay's client.
    """

    patience = Patience()
    _deadline: asyncio.TimerHandle | None = None
    _whole = True  # no request is begun and unfinished

    def _expect(self, within_s: float) -> None:
        self._forget()
        self._deadline = self.loop.call_later(within_s, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    # The names and the rules of what follows are uvicorn's and asyncio's.

    def connection_made(self, transport: Any) -> None:
        """A connection; nothing of a request is there yet."""
        super().connection_made(transport)
        self._expect(self.patience.head_s)

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        # Also before the parser sees a request: line breaks alone are none.
        if self._whole and self._deadline is None:
            self._expect(self.patience.head_s)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        # A request may begin in the same bytes in which the one before it ends.
        if self._deadline is None:
            self._expect(self.patience.head_s)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The whole head is there."""
        self._whole = False
        self._expect(self.patience.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The whole body is there."""
        self._whole = True
        self._forget()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._forget()
        super().connection_lost(exc)


def patient_protocol(patience: Patience) -> type[asyncio.Protocol]:
    """The protocol with other limits."""
    return type("PatientProtocol", (PatientProtocol,), {"patience": patience})
