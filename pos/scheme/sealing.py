"""What every door does with bytes: take in a request within bounds, and sign what goes out.

Apart from the doors so that each of them, of payments and of enrolment, answers in the same
signed form.
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from pos.switch.signature import Signer, content_to_sign
from pos.switch.wire import BODY_BYTES_MAX, time_text

_CLIENT_ID_CHARACTERS_MAX = 64


class Seal:
    """Signs answers, each over the path and the caller id of its request."""

    def __init__(self, signer: Signer, clock: Callable[[], datetime]) -> None:
        self._signer = signer
        self._clock = clock

    def response(
        self, request: Request, body: bytes, *, status: int = 200, spoil: bool = False
    ) -> Response:
        """`body` as a signed answer to `request`; with `spoil`, signed wrongly."""
        client_id = request.headers.get("client-id", "")[:_CLIENT_ID_CHARACTERS_MAX]
        time = time_text(self._clock())
        signed_body = body + b" " if spoil else body
        content = content_to_sign("POST", received_path(request), client_id, time, signed_body)
        return Response(
            body,
            status_code=status,
            media_type="application/json; charset=UTF-8",
            headers={
                "client-id": client_id,
                "response-time": time,
                "signature": self._signer.header(content),
            },
        )


def too_many() -> Response:
    """What a flood of strangers gets: nothing, and no signature, which would cost more than it."""
    return Response(status_code=429, headers={"connection": "close"})


def received_path(request: Request) -> str:
    """The request's path as it was received, with its query if any: that is what was signed."""
    path = bytes(request.scope.get("raw_path") or request.url.path.encode())
    query = bytes(request.scope.get("query_string", b""))
    return (path + b"?" + query if query else path).decode("latin-1")


async def received_body(request: Request) -> bytes | None:
    """The body, or None when it is longer than may be; no more than that is ever held."""
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) > BODY_BYTES_MAX:
                return None
    except ClientDisconnect:
        return b""
    return bytes(held)
