"""Signatures of the wire: RSA-2048, SHA-256, PKCS#1 v1.5 over method, path, caller, time, body.

Apart so that both sides sign and check by one piece of code over the exact bytes that travel,
and so that only this file touches private keys.
"""

import base64
import binascii
import re
import urllib.parse

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from pos.errors import PosError, SettingsError

KEY_BITS = 2048
HEADER_CHARACTERS_MAX = 4096
KEY_BYTES_MAX = 16_384

# Proving that the factors are prime takes most of a till's start. The key is our own; that its
# parts fit together is tried instead.
_UNPROVEN = {"unsafe_skip_rsa_key_validation": True}
_TRIAL = b"samkassa"

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)


class SignatureInvalid(PosError):
    """The signature is missing, unreadable, or not of this content and key."""


def content_to_sign(method: str, path: str, client_id: str, time: str, body: bytes) -> bytes:
    """What is signed: `METHOD path\\nclient-id.time.body`.

    An answer is signed over the request's method, path and client id, with the response time.
    `time` is the header's text unchanged, `body` the bytes on the wire unchanged.
    """
    return f"{method} {path}\n{client_id}.{time}.".encode() + body


class Signer:
    """Signs with one private key; `header` gives the value of the `signature` header."""

    def __init__(self, private_key: RSAPrivateKey, key_version: str = "1") -> None:
        self._key = private_key
        self.version = key_version

    @property
    def public_line(self) -> str:
        """The public part of the key as one line of base64."""
        return public_key_line(self._key)

    def header(self, content: bytes) -> str:
        """`algorithm=RSA256,keyVersion=1,signature=<URL-encoded base64>` over `content`."""
        raw = self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        encoded = urllib.parse.quote(base64.b64encode(raw).decode(), safe="")
        return f"algorithm=RSA256,keyVersion={self.version},signature={encoded}"


class Verifier:
    """Checks signatures of one public key."""

    def __init__(self, public_key: RSAPublicKey) -> None:
        self._key = public_key

    def check(self, content: bytes, header: str) -> None:
        """Return when `header` signs `content`. Raises SignatureInvalid otherwise."""
        try:
            self._key.verify(signature_of(header), content, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise SignatureInvalid("The signature does not fit the message.") from None


def key_version_of(header: str) -> str:
    """The `keyVersion` that a header names, "1" when it names none. Raises SignatureInvalid."""
    return _parts_of(header).get("keyversion") or "1"


def signature_of(header: str) -> bytes:
    """The signature in a header: any order of its parts, any blanks, any `keyVersion`.

    Raises SignatureInvalid when it is missing, not base64, or of another algorithm.
    """
    parts = _parts_of(header)
    if parts.get("algorithm", "").upper() != "RSA256":
        raise SignatureInvalid("The signature is not of algorithm RSA256.")
    # unquote, not unquote_plus: callers that do not URL-encode send a bare `+`.
    encoded = urllib.parse.unquote(parts.get("signature", ""))
    if not _BASE64.fullmatch(encoded):
        raise SignatureInvalid("The signature is missing or not base64.")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise SignatureInvalid("The signature is not base64.") from None
    # Unused bits of the last character would let two headers carry one signature.
    if base64.b64encode(raw).decode() != encoded:
        raise SignatureInvalid("The signature is not base64.")
    return raw


def _parts_of(header: str) -> dict[str, str]:
    if len(header) > HEADER_CHARACTERS_MAX:
        raise SignatureInvalid("The signature header is too long.")
    parts: dict[str, str] = {}
    for part in header.split(","):
        name, _, value = part.partition("=")
        name = name.strip().lower()
        if name in parts:
            raise SignatureInvalid("The signature header names a part twice.")
        parts[name] = value.strip()
    return parts


def new_private_key() -> bytes:
    """A fresh RSA-2048 private key as PKCS#8 PEM."""
    key = generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_private_key(text: str | bytes) -> RSAPrivateKey:
    """A private key from PEM (PKCS#1 or PKCS#8) or their bare base64. Raises SettingsError."""
    raw = _key_bytes(text)
    try:
        if raw.startswith(b"-----BEGIN"):
            key = serialization.load_pem_private_key(raw, None, **_UNPROVEN)
        else:
            key = serialization.load_der_private_key(_der(raw), None, **_UNPROVEN)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            "The private key cannot be read; give an RSA key as PEM without a password."
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
        raise SettingsError(f"The private key must be RSA with at least {KEY_BITS} bits.")
    if not _signs(key):
        raise SettingsError("The private key is damaged: it does not sign; give the right one.")
    return key


def _signs(key: RSAPrivateKey) -> bool:
    """Whether its parts fit together: what it signs, its public part verifies."""
    try:
        signature = key.sign(_TRIAL, padding.PKCS1v15(), hashes.SHA256())
        key.public_key().verify(signature, _TRIAL, padding.PKCS1v15(), hashes.SHA256())
    except (InternalError, InvalidSignature, ValueError):
        return False
    return True


def load_public_key(text: str | bytes) -> RSAPublicKey:
    """A public key from PEM (SubjectPublicKeyInfo or PKCS#1) or bare base64 of the same.

    Raises SettingsError, also when a private key was given: that one stays with its owner.
    """
    raw = _key_bytes(text)
    if b"PRIVATE KEY" in raw:
        raise SettingsError(
            "This is a private key, which must stay with its owner; give the public key instead "
            "(openssl rsa -in key.pem -pubout)."
        )
    try:
        if raw.startswith(b"-----BEGIN"):
            key = serialization.load_pem_public_key(raw)
        else:
            key = serialization.load_der_public_key(_der(raw))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            "The public key cannot be read; give an RSA key as PEM or as one line of base64."
        ) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS:
        raise SettingsError(f"The public key must be RSA with at least {KEY_BITS} bits.")
    return key


def public_key_line(key: RSAPublicKey | RSAPrivateKey) -> str:
    """The public part of `key` as one line of base64 (X.509 SubjectPublicKeyInfo)."""
    public = key.public_key() if isinstance(key, RSAPrivateKey) else key
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def _key_bytes(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > KEY_BYTES_MAX:
        raise SettingsError("The key file is too large to be a key.")
    return raw.strip()


def _der(raw: bytes) -> bytes:
    return base64.b64decode(b"".join(raw.split()), validate=True)
