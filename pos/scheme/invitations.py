"""Invitations and enrolment: a pairing code is made, and a device becomes a caller by it, once.

Apart from the clients' keys because an invitation is a promise of a key, guarded by a secret of
its own. Of a code only what is derived from it is kept, and only until it is used or too late.
"""

import hmac
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pos.errors import PosError, SettingsError, WrongUse
from pos.scheme.clients import Clients, Unrecognised, check_client_id
from pos.scheme.moments import milliseconds
from pos.scheme.places import Spot, put_place
from pos.scheme.tables import invite as invites
from pos.switch.enrolment import (
    Assignment,
    EnrolRequest,
    EnrolResponse,
    RotateRequest,
    RotateResponse,
    answer_proof,
    request_proof,
    rotation_content,
)
from pos.switch.pairing import ALPHABET, PairingCode
from pos.switch.signature import SignatureInvalid, Verifier, load_public_key, public_key_line
from pos.switch.wire import Result, dump, load

HOURS_MAX = 30 * 24
WRONG_PROOFS_MAX = 5
# Kept for so long after its end, so that a till whose answer was lost can still ask again.
FORGOTTEN_AFTER_MS = 7 * 24 * 60 * 60 * 1000
_NEW_ID_CHARACTERS = 8
_NOT_VALID = "The pairing code is not valid, used, or too old; ask for a new one."


class NotInvited(PosError):
    """The device does not become a caller; `code` is the result code, `wrong` a wrong guess."""

    def __init__(self, code: str, sentence: str = _NOT_VALID, *, wrong: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.wrong = wrong


class Invitations:
    """The invitations of one switch and what comes of them."""

    def __init__(
        self,
        clients: Clients,
        switch_public_key: str = "",
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._clients = clients
        self._store = clients.store
        self._clock = clients.clock
        self._public_key = switch_public_key
        self._random_bytes = random_bytes

    def invite(
        self,
        client_id: str | None,
        assignment: Assignment,
        hours: float,
        partner: str | None = None,
    ) -> tuple[str, PairingCode]:
        """A client id, fresh if None, and a code that makes one device that client.

        Its merchant is then enrolled by `partner`, the scheme's first if not said.

        Raises WrongUse for an id, a life or a place that cannot be.
        """
        if not 0 < hours <= HOURS_MAX:
            raise WrongUse(f"An invitation lives at most {HOURS_MAX} hours; give fewer --hours.")
        if client_id is None:
            places = self._random_bytes(_NEW_ID_CHARACTERS)
            client_id = "till-" + "".join(ALPHABET[place % 32] for place in places).lower()
        check_client_id(client_id)
        if assignment.store_place is not None:
            Spot.parse(assignment.store_place)
        code = PairingCode.fresh(self._random_bytes)
        secret = code.secret()
        now = self._clock()
        with self._store.write() as connection:
            dead_ms = milliseconds(now) - FORGOTTEN_AFTER_MS
            connection.execute(delete(invites).where(invites.c.expires_at_ms < dead_ms))
            connection.execute(
                insert(invites).values(
                    invite_id=secret.invite_id,
                    proof_key=secret.key.hex(),
                    client_id=client_id,
                    partner=partner,
                    assignment=dump(assignment).decode(),
                    expires_at_ms=milliseconds(now + timedelta(hours=hours)),
                    wrong_count=0,
                )
            )
        return client_id, code

    def enrol(
        self, invite_id: str, request: EnrolRequest, content: bytes, signature: str
    ) -> EnrolResponse:
        """Make the device that holds the key and knows the code a caller. Raises NotInvited.

        `content` is what the device signed. The same device asking again gets the same answer;
        any other finds the code used.
        """
        line = _proven_key(request.public_key, content, signature)
        with self._store.write() as connection:
            query = select(invites).where(invites.c.invite_id == invite_id).with_for_update()
            row = connection.execute(query).mappings().one_or_none()
            refusal = _refusal(row, request)
            if refusal is None:
                assert row is not None  # noqa: S101 - else it was refused
                refusal, version = self._redeem(connection, row, line)
            elif row is not None and refusal.wrong:
                # Committed with this transaction, hence not raised inside it.
                wrong = update(invites).where(invites.c.invite_id == invite_id)
                connection.execute(wrong.values(wrong_count=row["wrong_count"] + 1))
        if refusal is not None:
            raise refusal
        assert row is not None  # noqa: S101 - else it was refused
        return self._answer(row, request.public_key, version)

    def rotate(self, client_id: str, request: RotateRequest) -> RotateResponse:
        """Register a caller's next key, proven to be its own. Raises NotInvited or Unrecognised.

        The same key again gets the same version again.
        """
        content = rotation_content(client_id, request.public_key)
        line = _proven_key(request.public_key, content, request.possession)
        with self._store.write() as connection:
            version = self._clients.add_version(connection, client_id, line)
        return RotateResponse(result=_done(), key_version=str(version))

    def _redeem(self, connection: Connection, row: Any, line: str) -> tuple[NotInvited | None, int]:
        if row["used_by_key"] is not None:
            if row["used_by_key"] == line:
                return None, int(row["used_version"])
            return NotInvited("INVITE_USED", "The pairing code was used; ask for a new one."), 0
        if milliseconds(self._clock()) >= row["expires_at_ms"]:
            return NotInvited("INVITE_EXPIRED", "The pairing code is too old; ask for another."), 0
        try:
            self._clients.admit(connection, row["client_id"], row["assignment"], row["partner"])
            version = self._clients.add_version(connection, row["client_id"], line)
        except Unrecognised as fault:
            return NotInvited(fault.code, str(fault)), 0
        except WrongUse as fault:
            return NotInvited("ACCESS_DENIED", str(fault)), 0
        if (at := load(Assignment, row["assignment"].encode()).store_place) is not None:
            put_place(connection, row["client_id"], Spot.parse(at))
        used = update(invites).where(invites.c.invite_id == row["invite_id"])
        connection.execute(used.values(used_by_key=line, used_version=version))
        return None, version

    def _answer(self, row: Any, public_key: str, version: int) -> EnrolResponse:
        key = bytes.fromhex(row["proof_key"])
        client_id = row["client_id"]
        return EnrolResponse(
            result=_done(),
            client_id=client_id,
            key_version=str(version),
            switch_public_key=self._public_key,
            confirmation=answer_proof(key, client_id, str(version), self._public_key, public_key),
            assignment=load(Assignment, row["assignment"].encode()),
        )


def merchant_name(assignment: str | None) -> str:
    """The merchant's name in what is kept of an assignment; empty where none is."""
    return str(json.loads(assignment or "{}").get("merchantName", ""))


def _refusal(row: Any, request: EnrolRequest) -> NotInvited | None:
    """Nothing is told of an invitation to who does not know its code."""
    if row is None:
        return NotInvited("INVITE_INVALID", wrong=True)
    if row["wrong_count"] >= WRONG_PROOFS_MAX:
        return NotInvited("INVITE_INVALID")
    key = bytes.fromhex(row["proof_key"])
    expected = request_proof(key, row["invite_id"], request.public_key)
    if not hmac.compare_digest(expected, request.proof):
        return NotInvited("INVITE_INVALID", wrong=True)
    return None


def _proven_key(public_key: str, content: bytes, signature: str) -> str:
    """The key in one spelling, once it has signed `content`. Raises NotInvited."""
    try:
        key = load_public_key(public_key)
        Verifier(key).check(content, signature)
    except (SettingsError, SignatureInvalid) as fault:
        raise NotInvited("SIGNATURE_INVALID", str(fault), wrong=True) from None
    return public_key_line(key)


def _done() -> Result:
    return Result(result_code="SUCCESS", result_status="S", result_message="success")
