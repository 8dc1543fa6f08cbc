"""Settings on their way to a till: signed by the fleet's key, for one till, once, and not for long.

Apart because the broker is not trusted with it. Ed25519 (RFC 8032) over the very text that
travels; the till takes a number only once and only upwards, so that nothing old can come again.
"""

import base64
import time
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, StringConstraints

from pos.errors import SettingsError
from pos.fleet.report import Moment, Told, Unreadable, Word
from pos.folders import write_private
from pos.sale.configuration import Setting

KEY_FILE_NAME = "fleet.pem"
LIVES_S = 7 * 86_400  # a till that comes back after a week is not surprised by what was meant then
SETTINGS_MAX = 32


class Order(Told):
    """What one till shall hold. It is good until `until` (Unix seconds)."""

    to: Word
    number: Annotated[int, Field(ge=1, le=2**53)]
    until: Moment
    values: Annotated[dict[Word, Word], Field(min_length=1, max_length=SETTINGS_MAX)]

    def settings(self) -> tuple[Setting, ...]:
        """As the till takes them."""
        return tuple(Setting(key, value) for key, value in self.values.items())


class Envelope(Told):
    """The order as the text that was signed, and its signature in base64."""

    order: str
    signature: Annotated[str, StringConstraints(max_length=128)]


class FleetKey:
    """The key of whoever may push settings, in a file that only its user can read."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """Raises SettingsError for a file that is not there, unless `make`, or holds no key."""
        if make and not path.exists():
            write_private(path, Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ))  # fmt: skip
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except FileNotFoundError as fault:
            raise SettingsError(f"There is no {path}; make one with pos fleet key.") from fault
        except (OSError, ValueError, TypeError) as fault:
            raise SettingsError(f"{path} cannot be read; put it back from a copy.") from fault
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError(f"{path} is no Ed25519 key; make one with pos fleet key.")
        self._key = key

    @property
    def public(self) -> str:
        """The public part as one line of base64, for fleet.public_key of every till."""
        return base64.b64encode(self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )).decode()  # fmt: skip

    def sealed(self, order: Order) -> bytes:
        """What travels."""
        text = order.model_dump_json()
        signature = base64.b64encode(self._key.sign(text.encode())).decode()
        return Envelope(order=text, signature=signature).encoded()


class Distrusted(ValueError):
    """The order is not to be taken, and why, as a sentence."""


class Trust:
    """Opens what one till may take: what `public` signed, for `name`, and is still meant."""

    def __init__(self, name: str, public: str) -> None:
        """Raises SettingsError for a public key that is none; an empty one trusts nobody."""
        self._name = name
        self._key = _public_key(public) if public else None

    def opened(self, payload: bytes) -> Order:
        """The order. Raises Distrusted."""
        if self._key is None:
            raise Distrusted("This till takes no pushed settings: it has no fleet.public_key.")
        try:
            envelope = Envelope.decoded(payload)
            self._key.verify(
                base64.b64decode(envelope.signature, validate=True), envelope.order.encode()
            )
            order = Order.decoded(envelope.order.encode())
        except (Unreadable, InvalidSignature, ValueError):
            raise Distrusted("The settings are not signed by the key of this fleet.") from None
        if order.to != self._name:
            raise Distrusted("The settings were meant for another till.")
        if time.time() > order.until:
            raise Distrusted("The settings are too old, or this till's clock is wrong.")
        return order


def claimed_number(payload: bytes) -> int:
    """The number that an order says it has, 0 where nothing can be read; nothing is verified."""
    try:
        return Order.decoded(Envelope.decoded(payload).order.encode()).number
    except Unreadable:
        return 0


def _public_key(line: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_der_public_key(base64.b64decode(line, validate=True))
    except ValueError as fault:
        raise SettingsError("fleet.public_key is none: give what pos fleet key prints.") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError("fleet.public_key is no Ed25519 key: give what pos fleet key prints.")
    return key
