"""The door for devices that are no callers yet: `enrol`, which brings a proof of its own.

Apart from the other doors because nobody is known here: what guards it is the pairing code, and
a count of wrong ones.
"""

import logging
from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from pos.scheme.gate import Gate, TurnedAway, check_single
from pos.scheme.invitations import Invitations, NotInvited
from pos.scheme.sealing import Seal, received_body, received_path, too_many
from pos.switch.enrolment import EnrolRequest, EnrolResponse
from pos.switch.signature import content_to_sign
from pos.switch.wire import Result, WireError, dump, load

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnrolDoor:
    """Answers `POST /samkassa/v1/enrol`."""

    gate: Gate
    invitations: Invitations
    seal: Seal

    async def answer(self, request: Request) -> Response:
        """The signed answer; a flood of strangers gets none."""
        try:
            self.gate.count_stranger()
        except TurnedAway:
            return too_many()
        raw = await received_body(request)
        if raw is None:
            refusal = _refused("PARAM_ILLEGAL", "The message is too long.")
            response = self.seal.response(request, dump(refusal), status=413)
            response.headers["connection"] = "close"
            return response
        message = await run_in_threadpool(self._act, request, raw)
        return self.seal.response(request, dump(message))

    def _act(self, request: Request, raw: bytes) -> EnrolResponse:
        address = request.client.host if request.client is not None else ""
        try:
            check_single(request.headers)
            self.gate.check_guesses(address)
            return self._enrolled(request, raw)
        except TurnedAway as refusal:
            return _refused(refusal.code, str(refusal), refusal.status)
        except WireError as refusal:
            return _refused("PARAM_ILLEGAL", str(refusal)[:256])
        except NotInvited as refusal:
            if refusal.wrong:
                self.gate.count_guess(address)
            return _refused(refusal.code, str(refusal))
        except Exception:
            log.exception("enrol failed")
            return _refused("UNKNOWN_EXCEPTION", "Ask again in a moment.", "U")

    def _enrolled(self, request: Request, raw: bytes) -> EnrolResponse:
        asked = load(EnrolRequest, raw)
        invite_id = request.headers.get("client-id", "")
        time = request.headers.get("request-time", "")
        content = content_to_sign("POST", received_path(request), invite_id, time, raw)
        signature = request.headers.get("signature", "")
        return self.invitations.enrol(invite_id, asked, content, signature)


def _refused(code: str, sentence: str, status: str = "F") -> EnrolResponse:
    result = Result.model_validate(
        {"result_code": code, "result_status": status, "result_message": sentence}, by_name=True
    )
    return EnrolResponse(result=result)
