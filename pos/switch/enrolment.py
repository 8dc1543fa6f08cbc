"""The messages of enrolment: a device gets to be a till, and later a till gets a new key.

Apart from `wire.py`, which spells an API that others own: these calls are ours. The pairing code
never travels. Both sides prove that they know it, each over its own public key, so that whoever
sits in between can put no key of his in the place of either.
"""

import hashlib
import hmac
from typing import Annotated

from pydantic import StringConstraints

from pos.switch.codec import Message
from pos.switch.parts import Result, Text64, Text256

ENROL_PATH = "/samkassa/v1/enrol"
ROTATE_PATH = "/samkassa/v1/keys"

PublicKeyLine = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/=]{64,2048}$")]
Proof = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyVersion = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}$")]


class Assignment(Message):
    """Which merchant, store and terminal a device stands for; what is absent it knows itself."""

    reference_merchant_id: Text64 | None = None
    merchant_name: Text64 | None = None
    merchant_mcc: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    org_number: Text64 | None = None
    reference_store_id: Text64 | None = None
    store_name: Text64 | None = None
    store_address: Text256 | None = None
    store_place: Annotated[str, StringConstraints(pattern=r"^[0-9.,-]{3,24}$")] | None = None
    store_terminal_id: Text64 | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None


class EnrolRequest(Message):
    """A device's public key (base64 SubjectPublicKeyInfo). The request is signed with that key,
    and its `client-id` header is the invitation's id."""

    public_key: PublicKeyLine
    proof: Proof


class EnrolResponse(Message):
    """Who the device is from now on, and the switch's own key, with which the answer is signed."""

    result: Result
    client_id: Text64 | None = None
    key_version: KeyVersion | None = None
    switch_public_key: PublicKeyLine | None = None
    confirmation: Proof | None = None
    assignment: Assignment | None = None


class RotateRequest(Message):
    """A till's next public key, in a request that is signed with its present one.

    `possession` is a signature header over `rotation_content`, made with the new key.
    """

    public_key: PublicKeyLine
    possession: str


class RotateResponse(Message):
    """The version under which the new key is known."""

    result: Result
    key_version: KeyVersion | None = None


def request_proof(key: bytes, invite_id: str, public_key: str) -> str:
    """HMAC-SHA256 (RFC 2104) of the device over its own public key; 64 hex digits."""
    return _proof(key, "device", invite_id, public_key)


def answer_proof(
    key: bytes, client_id: str, key_version: str, switch_public_key: str, public_key: str
) -> str:
    """HMAC-SHA256 of the switch over both public keys and who the device now is."""
    return _proof(key, "switch", client_id, key_version, switch_public_key, public_key)


def rotation_content(client_id: str, public_key: str) -> bytes:
    """What a new key signs to prove that the caller holds it."""
    return f"samkassa new key\n{client_id}\n{public_key}".encode()


def _proof(key: bytes, *parts: str) -> str:
    # No part can hold a line break, so no two lists of parts give the same text.
    text = "\n".join(("samkassa enrolment 1", *parts))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
