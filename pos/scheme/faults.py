"""What befalls an answer on its way, on request: lost, late, doubled, forged, mangled.

Apart from the app so that the honest path can be read alone. Nothing here touches money: the
book has already done its work when an answer meets one of these.
"""

import asyncio
import threading
from collections import defaultdict, deque
from enum import StrEnum

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from pos.scheme.partners import Behaviour

LATE_S = 8.0
SILENCE_S_MAX = 60.0


class Fault(StrEnum):
    """One way in which an answer goes wrong."""

    LOST = "lost"  # the request is processed, and no byte comes back
    LATE = "late"
    DOUBLED = "doubled"  # the request arrives twice; the second answer comes back
    BAD_SIGNATURE = "bad-signature"
    HTML = "html"  # somebody else's page, as from a captive portal
    HALF = "half"  # the connection breaks in the middle of the body
    OTHER_PAYMENT = "other-payment"  # well signed, but about another payment


OF_BEHAVIOUR = {
    Behaviour.ANSWER_LOST: Fault.LOST,
    Behaviour.ANSWER_LATE: Fault.LATE,
    Behaviour.ANSWER_DOUBLED: Fault.DOUBLED,
    Behaviour.BAD_SIGNATURE: Fault.BAD_SIGNATURE,
}


class Faults:
    """Faults that wait for the next answers to a call, such as `pay`. For any thread."""

    def __init__(self, late_s: float = LATE_S) -> None:
        self.late_s = late_s
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def plan(self, call: str, *faults: Fault) -> None:
        """Let the next answers to `call` meet `faults`, one each, in this order."""
        with self._lock:
            self._planned[call].extend(faults)

    def take(self, call: str) -> Fault | None:
        """The fault that the next answer to `call` meets, now used up."""
        with self._lock:
            planned = self._planned[call]
            return planned.popleft() if planned else None


class Silence(Response):
    """Nothing, until the caller hangs up or a minute has passed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, and send nothing."""
        try:
            async with asyncio.timeout(SILENCE_S_MAX):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass


class Late(Response):
    """Another response, `late_s` seconds from now."""

    def __init__(self, late: Response, late_s: float) -> None:
        super().__init__()
        self._late = late
        self._late_s = late_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then send."""
        await asyncio.sleep(self._late_s)
        await self._late(scope, receive, send)


class Half(Response):
    """The first half of another response; the server then breaks the connection."""

    def __init__(self, whole: Response) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole length and stop in the middle."""
        headers = self._whole.raw_headers
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = bytes(self._whole.body)
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )


def spoiled(answer: Response, fault: Fault | None, late_s: float) -> Response:
    """`answer` as the caller gets it."""
    if fault is Fault.LOST:
        return Silence()
    if fault is Fault.LATE:
        return Late(answer, late_s)
    if fault is Fault.HALF:
        return Half(answer)
    if fault is Fault.HTML:
        return HTMLResponse("<!doctype html><title>Log in</title><p>Accept the terms of use.</p>")
    return answer
