"""The switch's doors: the five calls over HTTP, each request's signature checked, each answer's
made.

Apart from the book, which knows no HTTP. The signature is checked over the raw bytes before they
are parsed, and every answer is signed, a refusal too: an unsigned one could be anybody's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from pos.scheme.answers import failure
from pos.scheme.book import Book, utc_now
from pos.scheme.clients import Clients
from pos.scheme.faults import OF_BEHAVIOUR, Fault, Faults, spoiled
from pos.scheme.partners import Behaviour
from pos.switch.signature import SignatureInvalid, Signer, content_to_sign
from pos.switch.wire import (
    BODY_BYTES_MAX,
    PATHS,
    SANDBOX_PATHS,
    CancelRequest,
    CancelResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    InquiryRefundRequest,
    InquiryRefundResponse,
    Message,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
    Result,
    WireError,
    dump,
    load,
    time_text,
)

log = logging.getLogger(__name__)

_SIGNED_HEADERS = ("client-id", "request-time", "signature")
_CLIENT_ID_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Call:
    """One of the five calls: what comes in, what the book does with it, what goes out."""

    name: str
    request: type[Message]
    response: type[Message]
    act: Callable[[str, Any], Message]

    def refused(self, code: str, sentence: str | None = None) -> Message:
        """An F answer of this call."""
        result = failure(code)
        if sentence is not None:
            result = Result(result_code=code, result_status="F", result_message=sentence)
        return self.response.model_validate({"result": result.model_dump()}, by_name=True)


class Doors:
    """Checks, parses, acts, signs: the work behind every route."""

    def __init__(
        self,
        book: Book,
        clients: Clients,
        signer: Signer,
        clock: Callable[[], datetime],
        faults: Faults,
        behaviour: Callable[[str], Behaviour | None],
    ) -> None:
        self._clients = clients
        self._signer = signer
        self._clock = clock
        self._faults = faults
        self._behaviour = behaviour
        self.calls = (
            Call("pay", PayRequest, PayResponse, book.pay),
            Call(
                "inquiryPayment",
                InquiryPaymentRequest,
                InquiryPaymentResponse,
                book.inquire_payment,
            ),
            Call("cancel", CancelRequest, CancelResponse, book.cancel),
            Call("refund", RefundRequest, RefundResponse, book.refund),
            Call("inquiryRefund", InquiryRefundRequest, InquiryRefundResponse, book.inquire_refund),
        )

    async def answer(self, call: Call, request: Request) -> Response:
        """The answer to one request, spoiled when that was asked for."""
        client_id = request.headers.get("client-id", "")[:_CLIENT_ID_CHARACTERS_MAX]
        path = _path(request)
        raw = await _body(request)
        if raw is None:
            refusal = call.refused("PARAM_ILLEGAL", f"More than {BODY_BYTES_MAX} bytes.")
            response = self._signed(path, client_id, dump(refusal), status=413)
            response.headers["connection"] = "close"  # the rest of the body is still on its way
            return response
        message, fault = await run_in_threadpool(self._act, call, request, path, raw)
        if fault is Fault.OTHER_PAYMENT:
            message = message.model_copy(
                update={"payment_request_id": "another-request", "payment_id": "another-payment"}
            )
        signed = self._signed(path, client_id, dump(message), spoil=fault is Fault.BAD_SIGNATURE)
        return spoiled(signed, fault, self._faults.late_s)

    def _act(
        self, call: Call, request: Request, path: str, raw: bytes
    ) -> tuple[Message, Fault | None]:
        try:
            return self._judged(call, request, path, raw)
        except Exception:
            # What became of it is not known: the caller must ask again, not give up.
            log.exception("%s failed", call.name)
            unknown = {"result_code": "UNKNOWN_EXCEPTION", "result_status": "U"}
            return call.response.model_validate({"result": unknown}, by_name=True), None

    def _judged(
        self, call: Call, request: Request, path: str, raw: bytes
    ) -> tuple[Message, Fault | None]:
        headers = request.headers
        if any(len(headers.getlist(name)) > 1 for name in _SIGNED_HEADERS):
            return call.refused("PARAM_ILLEGAL", "A signed header is there twice."), None
        client_id = headers.get("client-id", "")
        verifier = self._clients.verifier(client_id)
        if verifier is None:
            return call.refused("CLIENT_INVALID", "This client id is not registered."), None
        time = headers.get("request-time", "")
        content = content_to_sign("POST", path, client_id, time, raw)
        try:
            verifier.check(content, headers.get("signature", ""))
        except SignatureInvalid as error:
            return call.refused("SIGNATURE_INVALID", str(error)), None
        try:
            asked = load(call.request, raw)
        except WireError as error:
            return call.refused("PARAM_ILLEGAL", str(error)[:256]), None
        return self._acted(call, client_id, asked)

    def _acted(self, call: Call, client_id: str, asked: Message) -> tuple[Message, Fault | None]:
        message = call.act(client_id, asked)
        fault = self._faults.take(call.name)
        if fault is None and isinstance(message, PayResponse) and message.payment_id is not None:
            behaviour = self._behaviour(message.payment_id)
            fault = None if behaviour is None else OF_BEHAVIOUR.get(behaviour)
        if fault is Fault.DOUBLED:
            message = call.act(client_id, asked)
        return message, fault

    def _signed(
        self, path: str, client_id: str, body: bytes, *, status: int = 200, spoil: bool = False
    ) -> Response:
        time = time_text(self._clock())
        signed_body = body + b" " if spoil else body
        content = content_to_sign("POST", path, client_id, time, signed_body)
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


def create_app(
    book: Book,
    clients: Clients,
    signer: Signer,
    *,
    clock: Callable[[], datetime] = utc_now,
    faults: Faults | None = None,
    behaviour: Callable[[str], Behaviour | None] = lambda _payment_id: None,
) -> FastAPI:
    """The switch as an ASGI application: the five calls under both prefixes, and GET /health.

    `behaviour` tells how the customer of a payment id behaves, for faults chosen by demo code.
    """
    doors = Doors(book, clients, signer, clock, faults or Faults(), behaviour)
    app = FastAPI(title="Samkassa switch", docs_url=None, redoc_url=None, openapi_url=None)

    def open_door(call: Call) -> None:
        async def handle(request: Request) -> Response:
            return await doors.answer(call, request)

        for paths in (PATHS, SANDBOX_PATHS):
            app.add_api_route(paths[call.name], handle, methods=["POST"], name=call.name)

    for call in doors.calls:
        open_door(call)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _path(request: Request) -> str:
    """The request's path as it was received, with its query if any: that is what was signed."""
    path = bytes(request.scope.get("raw_path") or request.url.path.encode())
    query = bytes(request.scope.get("query_string", b""))
    return (path + b"?" + query if query else path).decode("latin-1")


async def _body(request: Request) -> bytes | None:
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
