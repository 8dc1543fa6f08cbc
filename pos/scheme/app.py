"""The switch's doors: the six calls over HTTP, each request's signature checked, each answer's
made.

Apart from the book, which knows no HTTP. The signature is checked over the raw bytes before they
are parsed, and every answer is signed, a refusal too: an unsigned one could be anybody's.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from pos.scheme.book import Book, utc_now
from pos.scheme.clients import Clients, Unrecognised
from pos.scheme.description import Operation, describe
from pos.scheme.enrol_door import EnrolDoor
from pos.scheme.entrance import Entrance
from pos.scheme.faults import OF_BEHAVIOUR, Fault, Faults, spoiled
from pos.scheme.gate import Gate, TurnedAway
from pos.scheme.invitations import Invitations, NotInvited
from pos.scheme.limits import Limits
from pos.scheme.measures import Measures
from pos.scheme.operations import Health, Watchers, operations_routes
from pos.scheme.partners import Behaviour
from pos.scheme.results import failure
from pos.scheme.sealing import Seal, received_body, received_path, too_many
from pos.scheme.witness import Superseded, Witness
from pos.switch.enrolment import (
    ENROL_PATH,
    ROTATE_PATH,
    EnrolRequest,
    EnrolResponse,
    RotateRequest,
    RotateResponse,
)
from pos.switch.offering import OFFERING_PATH, OfferingRequest, OfferingResponse
from pos.switch.signature import Signer
from pos.switch.wire import (
    BODY_BYTES_MAX,
    PATHS,
    SANDBOX_PATHS,
    CancelRequest,
    CancelResponse,
    InquireExchangeRateRequest,
    InquireExchangeRateResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    InquiryRefundRequest,
    InquiryRefundResponse,
    Message,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
    WireError,
    dump,
    load,
)
from pos.switch.witness import WITNESS_PATH, WitnessRequest, WitnessResponse

log = logging.getLogger(__name__)

ROTATE = "rotate"
# Twice as many as may be at the database at once: others wait for wallets far away.
THREADS_MAX = 40


@dataclass(frozen=True, slots=True)
class Call:
    """A call: what comes in, what is done with it for the caller, what goes out."""

    name: str
    request: type[Message]
    response: type[Message]
    act: Callable[[str, Any], Message]

    def refused(self, code: str, sentence: str | None = None, status: str = "F") -> Message:
        """An answer of this call without effect: F for good, U to be asked again."""
        result = failure(code).model_dump() | {"result_status": status}
        if sentence is not None:
            result["result_message"] = sentence
        return self.response.model_validate({"result": result}, by_name=True)


class Doors:
    """Checks, parses, acts, signs: the work behind every route."""

    def __init__(
        self,
        book: Book,
        gate: Gate,
        invitations: Invitations,
        seal: Seal,
        faults: Faults,
        behaviour: Callable[[str], Behaviour | None],
        measures: Measures,
        witness: Witness,
    ) -> None:
        self._gate = gate
        self._witness = witness
        self._seal = seal
        self._faults = faults
        self._behaviour = behaviour
        self._measures = measures
        self._threads = ThreadPoolExecutor(THREADS_MAX, "door")
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
            Call(
                "inquireExchangeRate",
                InquireExchangeRateRequest,
                InquireExchangeRateResponse,
                book.inquire_exchange_rate,
            ),
        )
        self.rotate = Call(ROTATE, RotateRequest, RotateResponse, invitations.rotate)
        self.witness = Call("witness", WitnessRequest, WitnessResponse, witness.testify)
        self.wallets = Call("wallets", OfferingRequest, OfferingResponse, book.standing.tell)

    async def answer(self, call: Call, request: Request) -> Response:
        """The answer to one request, spoiled when that was asked for."""
        raw = await received_body(request)
        # All of it in one thread, the signature too: it takes longer than anything else here.
        running = asyncio.get_running_loop()
        return await running.run_in_executor(self._threads, self._answered, call, request, raw)

    def _answered(self, call: Call, request: Request, raw: bytes | None) -> Response:
        began_s = time.perf_counter()
        response, code = self._sealed(call, request, raw)
        self._measures.answered(call.name, code, time.perf_counter() - began_s)
        return response

    def _sealed(self, call: Call, request: Request, raw: bytes | None) -> tuple[Response, str]:
        """The answer and its result code."""
        if raw is None:
            refusal = call.refused("PARAM_ILLEGAL", f"More than {BODY_BYTES_MAX} bytes.")
            response = self._seal.response(request, dump(refusal), status=413)
            response.headers["connection"] = "close"  # the rest of the body is still on its way
            return response, "PARAM_ILLEGAL"
        try:
            message, fault = self._act(call, request, raw)
        except TurnedAway as refused:
            if refused.silently:
                return too_many(), refused.code
            message, fault = call.refused(refused.code, str(refused), refused.status), None
        if fault is Fault.OTHER_PAYMENT:
            message = message.model_copy(
                update={"payment_request_id": "another-request", "payment_id": "another-payment"}
            )
        spoil = fault is Fault.BAD_SIGNATURE
        signed = self._seal.response(request, dump(message), spoil=spoil)
        code: str = message.result.result_code  # type: ignore[attr-defined]
        return spoiled(signed, fault, self._faults.late_s), code

    def _act(self, call: Call, request: Request, raw: bytes) -> tuple[Message, Fault | None]:
        try:
            path = received_path(request)
            client_id = self._gate.admit(call.name, request.headers, path, raw)
            asked = load(call.request, raw)
            mark = self._gate.mark(client_id, request.headers)
            if mark is not None:
                self._witness.note(client_id, mark, asked)
            return self._acted(call, client_id, asked)
        except TurnedAway:
            raise
        except WireError as error:
            return call.refused("PARAM_ILLEGAL", str(error)[:256]), None
        except (NotInvited, Superseded, Unrecognised) as error:
            return call.refused(error.code, str(error)), None
        except Exception:
            # What became of it is not known: the caller must ask again, not give up.
            log.exception("%s failed", call.name)
            return call.refused("UNKNOWN_EXCEPTION", "Ask what became of it.", "U"), None

    def _acted(self, call: Call, client_id: str, asked: Message) -> tuple[Message, Fault | None]:
        message = call.act(client_id, asked)
        fault = self._faults.take(call.name)
        if fault is None and isinstance(message, PayResponse) and message.payment_id is not None:
            behaviour = self._behaviour(message.payment_id)
            fault = None if behaviour is None else OF_BEHAVIOUR.get(behaviour)
        if fault is Fault.DOUBLED:
            message = call.act(client_id, asked)
        return message, fault


def create_app(
    book: Book,
    clients: Clients,
    signer: Signer,
    *,
    clock: Callable[[], datetime] = utc_now,
    faults: Faults | None = None,
    behaviour: Callable[[str], Behaviour | None] = lambda _payment_id: None,
    limits: Limits | None = None,
    clock_s: Callable[[], float] = time.monotonic,
    measures: Measures | None = None,
    watchers: Watchers | None = None,
) -> Entrance:
    """The switch as an ASGI application: the six calls under both prefixes, and the pages of
    operations.

    And the two calls of enrolment. `behaviour` tells how the customer of a payment id behaves,
    for faults chosen by demo code; `clock_s` is the clock of the limits; `watchers` may read the
    measures.
    """
    measures = measures or Measures(clients.store, book.rates_day)
    gate = Gate(clients, limits or Limits(), clock_s)
    seal = Seal(signer, clock)
    invitations = Invitations(clients, signer.public_line)
    witness = Witness(clients.store, clock)
    doors = Doors(book, gate, invitations, seal, faults or Faults(), behaviour, measures, witness)
    app = Entrance(title="Samkassa switch", docs_url=None, redoc_url=None, openapi_url=None)

    for call in doors.calls:
        for path in _paths(call):
            app.open_door(path, partial(doors.answer, call))
    app.open_door(ROTATE_PATH, partial(doors.answer, doors.rotate))
    app.open_door(WITNESS_PATH, partial(doors.answer, doors.witness))
    app.open_door(OFFERING_PATH, partial(doors.answer, doors.wallets))
    app.open_door(ENROL_PATH, EnrolDoor(gate, invitations, seal).answer)
    described = [
        *(_described(call, path) for call in doors.calls for path in _paths(call)),
        _described(doors.rotate, ROTATE_PATH),
        _described(doors.witness, WITNESS_PATH),
        _described(doors.wallets, OFFERING_PATH),
        Operation(ENROL_PATH, "enrol", EnrolRequest, EnrolResponse),
    ]
    health = Health(clients.store)
    pages = operations_routes(health, measures, watchers or Watchers(), describe(described))
    app.include_router(pages)
    return app


def _paths(call: Call) -> tuple[str, str]:
    return PATHS[call.name], SANDBOX_PATHS[call.name]


def _described(call: Call, path: str) -> Operation:
    return Operation(path, call.name, call.request, call.response)
