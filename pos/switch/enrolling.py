"""The till's side of enrolment: what it sends, and what it believes of the answer.

Apart from the client of payments because here the switch's key is not known yet: what makes it
believable is the pairing code, which a person carried from the switch to the till.
"""

import hmac
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.errors import OutcomeUnknown, PosError, Refused
from pos.switch.codec import WireError, dump, load
from pos.switch.enrolment import (
    ENROL_PATH,
    ROTATE_PATH,
    Assignment,
    EnrolRequest,
    EnrolResponse,
    RotateRequest,
    RotateResponse,
    answer_proof,
    request_proof,
    rotation_content,
)
from pos.switch.exchange import Caller, Exchange, NotSentError, SilenceError
from pos.switch.pairing import PairingCode, PairingSecret
from pos.switch.parts import Result
from pos.switch.signature import Signer, Verifier, load_public_key, public_key_line

_AGAIN = "Nothing is lost: repeat the same command."


class Impostor(PosError):
    """The answer is not from the switch that made the pairing code."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who this till is to the switch, the switch's key, and what it said of merchant and store."""

    client_id: str
    key_version: str
    switch_public_key: str
    assignment: Assignment


def enrol(url: str, code: PairingCode, key: RSAPrivateKey, ca_file: str = "") -> Enrolled:
    """Make the holder of `key` a caller of the switch at `url`; the code itself is not sent.

    Asking again with the same code and key gives the same answer. Raises Refused,
    OutcomeUnknown or Impostor.
    """
    secret = code.secret()
    public_key = public_key_line(key)
    proof = request_proof(secret.key, secret.invite_id, public_key)
    request = EnrolRequest(public_key=public_key, proof=proof)
    exchange = Exchange(Caller(url, secret.invite_id, Signer(key), None, ca_file))
    try:
        answer = exchange.fetch(ENROL_PATH, dump(request))
        said = load(EnrolResponse, answer.raw)
        if said.result.result_status != "S":
            raise _refusal(said.result)
        enrolled = _believed(said, secret, public_key)
        switch_key = load_public_key(enrolled.switch_public_key)
        answer.check(secret.invite_id, Verifier(switch_key))
    except NotSentError:
        raise Refused(f"The switch at {url} is not reached; check the URL and the network.") from (
            None
        )
    except (SilenceError, WireError) as fault:
        raise OutcomeUnknown(f"The switch gave no good answer ({fault}). {_AGAIN}") from None
    finally:
        exchange.close()
    return enrolled


def rotate(caller: Caller, key: RSAPrivateKey) -> Caller:
    """Register `key` as the caller's next one; the caller with it, under its version.

    Asking again with the same key gives the same version. Raises Refused or OutcomeUnknown.
    """
    public_key = public_key_line(key)
    possession = Signer(key).header(rotation_content(caller.client_id, public_key))
    request = RotateRequest(public_key=public_key, possession=possession)
    exchange = Exchange(caller)
    try:
        said = load(RotateResponse, exchange.ask(ROTATE_PATH, dump(request)))
    except NotSentError:
        raise Refused(f"The switch at {caller.url} is not reached; check the network.") from None
    except (SilenceError, WireError) as fault:
        raise OutcomeUnknown(f"The switch gave no good answer ({fault}). {_AGAIN}") from None
    finally:
        exchange.close()
    if said.result.result_status != "S" or said.key_version is None:
        raise _refusal(said.result)
    return replace(caller, signer=Signer(key, said.key_version))


def _believed(said: EnrolResponse, secret: PairingSecret, public_key: str) -> Enrolled:
    """What the answer says, once it is proven that its maker knows the pairing code."""
    if (
        said.client_id is None
        or said.key_version is None
        or said.switch_public_key is None
        or said.confirmation is None
    ):
        raise WireError("The answer to an enrolment is not whole.")
    expected = answer_proof(
        secret.key, said.client_id, said.key_version, said.switch_public_key, public_key
    )
    if not hmac.compare_digest(expected, said.confirmation):
        raise Impostor(
            "The answer is not from the switch that made the pairing code; somebody may be "
            "listening in between. Check the URL and ask for a new code."
        )
    return Enrolled(
        said.client_id, said.key_version, said.switch_public_key, said.assignment or Assignment()
    )


def _refusal(result: Result) -> PosError:
    """The switch's own sentence, without anything that could move a terminal's cursor."""
    said = "".join(c for c in result.result_message or "" if c.isprintable())[:256]
    if result.result_status == "U":
        return OutcomeUnknown(f"The switch asks for patience: {said or result.result_code}")
    return Refused(f"The switch refused: {said or result.result_code}")
