"""A till's way to the switch, on which every request may meet a fault: a relay of real sockets.

Apart from the switch and the till, which know nothing of it. One thread serves one till.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65_536
ANSWER_S_MAX = 5.0
HELD_S = 1.3  # longer than a hasty till waits
SLOW_STEPS, SLOW_STEP_S = 4, 0.04
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\nconnection: close\r\n\r\n502"

FAULTS = (
    "lost before", "lost after", "doubled", "late", "reset", "cut", "502 before", "502 after",
    "slow", "held", "forged",
)  # fmt: skip


class Line:
    """Listens at `url`, and lets the first requests meet `faults`, one each ("" for none): the
    first that is about money, and those that follow it. Before that a till learns of the link, and
    would not begin to sell on a bad one.

    Where the switch listens `port` says each time. A late request is kept: it reaches the switch
    before the next but one, or when `deliver` is called.
    """

    def __init__(self, port: Callable[[], int], faults: Sequence[str]) -> None:
        self._port = port
        self._faults = list(faults)
        self._late: list[bytes] = []
        self.ids: set[str] = set()  # of payments and refunds that were asked for on this line
        self.met_count = 0
        self._told_to_stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, name="line", daemon=True)
        self._thread.start()

    def meet(self, faults: Sequence[str]) -> None:
        """Let the next requests meet these faults, whatever the earlier ones were to meet."""
        self._faults = list(faults)

    def deliver(self) -> None:
        """Let everything arrive that is still on its way; nobody hears the answers."""
        while self._late:
            self._asked(self._late.pop(0))

    def _serve(self) -> None:
        while not self._told_to_stop.is_set():
            try:
                till, _ = self._listener.accept()
            except OSError:
                return  # closed
            with till, suppress(OSError):
                till.settimeout(ANSWER_S_MAX)
                while (request := message(till)) and self._pass(till, request):
                    pass

    def _pass(self, till: socket.socket, request: bytes) -> bool:
        """One request and its fault; whether the connection is still good."""
        self._note(request)
        fault = self._faults.pop(0) if self._faults and self.ids else ""
        self.met_count += bool(fault)
        if fault == "late":
            self._late.append(request)
            return False
        if fault == "lost before":
            return False
        if fault == "502 before":
            till.sendall(BAD_GATEWAY)
            return False
        answer = self._asked(request)
        if fault == "doubled":
            answer = self._asked(request)
        if not fault and self._late and not self._faults:
            self.deliver()
        return self._answer(till, answer, fault)

    def _answer(self, till: socket.socket, answer: bytes, fault: str) -> bool:
        if not answer or fault == "lost after":
            return False
        if fault == "reset":
            till.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if fault == "held":
            self._told_to_stop.wait(HELD_S)
        if fault == "slow":
            step = len(answer) // SLOW_STEPS + 1
            for begin in range(0, len(answer), step):
                till.sendall(answer[begin : begin + step])
                self._told_to_stop.wait(SLOW_STEP_S)
            return True
        if fault == "cut":
            answer = answer[: len(answer) // 2]
        if fault == "502 after":
            answer = BAD_GATEWAY
        if fault == "forged":
            answer = answer.replace(b'"S"', b'"F"') if b'"S"' in answer else answer[:-2] + b" }"
        till.sendall(answer)
        return fault not in ("cut", "502 after")

    def _note(self, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        path = head.split(b" ", 2)[1]
        with suppress(ValueError):
            asked = json.loads(body)
            if path.endswith(b"/pay"):
                self.ids.add(asked["paymentRequestId"])
            elif path.endswith(b"/refund"):
                self.ids.add(asked["refundRequestId"])

    def _asked(self, request: bytes) -> bytes:
        """What the switch answers; empty when it is dead, or dies over it."""
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port()), timeout=ANSWER_S_MAX) as switch,
        ):
            switch.sendall(request)
            return message(switch)
        return b""

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self._told_to_stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(2 * ANSWER_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def message(peer: socket.socket) -> bytes:
    """One whole HTTP message with its stated length; empty when the peer has hung up."""
    held = b""
    while True:
        head, blank, body = held.partition(b"\r\n\r\n")
        if blank:
            length = 0
            for line in head.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(body) >= length:
                return held
        more = peer.recv(CHUNK_BYTES)
        if not more:
            return b""
        held += more
