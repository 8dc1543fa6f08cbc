"""The cash register's own key, which signs each sale and return.

Apart from the key that talks to the switch, which is strong: this one is as weak as the Norwegian
tax authority prescribes, and signs nothing but the audit file's chain.
"""

import base64
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pos.errors import SettingsError
from pos.folders import write_private

FILE_NAME = "register.pem"
KEY_VERSION = "1"

_BITS = 1024
_EXPONENT = 65537


class RegisterKey:
    """RSA 1024, SHA-1, PKCS #1 v1.5: the same text has the same signature each time."""

    version = KEY_VERSION

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def at(cls, folder: Path) -> "RegisterKey":
        """The key in `folder`, made where there is none yet. Raises SettingsError."""
        path = folder / FILE_NAME
        if not path.exists():
            made = rsa.generate_private_key(_EXPONENT, _BITS)
            write_private(path, made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ))  # fmt: skip
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError) as fault:
            raise SettingsError(f"{path} cannot be read; restore it from a backup.") from fault
        if not isinstance(key, rsa.RSAPrivateKey):
            raise SettingsError(f"{path} holds no RSA key; restore it from a backup.")
        return cls(key)

    def sign(self, text: str) -> str:
        """The signature of `text` in base64."""
        made = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
        return base64.b64encode(made).decode()

    def public_pem(self) -> str:
        """The public key, for whoever checks the chain."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()  # fmt: skip


def public_key(pem: bytes) -> rsa.RSAPublicKey:
    """The key that checks. Raises SettingsError."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as fault:
        raise SettingsError("The file holds no public key in PEM; name another.") from fault
    if not isinstance(key, rsa.RSAPublicKey):
        raise SettingsError("The file holds no RSA key; name another.")
    return key


def is_signature(key: rsa.RSAPublicKey, text: str, signature: str) -> bool:
    """Whether `signature` (base64) is that of `text`."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    except (InvalidSignature, ValueError):
        return False
    return True
