"""The key of the terminal that signs receipts, so that one on a phone is known from a forged one.

Apart from the keys that the switch knows because a receipt outlives them, and because Ed25519
(RFC 8032) signs in 64 bytes, of which a QR code on a small screen has few. What is signed is the
text up to the signature, the key's name in it.
"""

import base64
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pos.errors import SettingsError
from pos.folders import write_private
from pos.sale.carried import KEY_NAME_LENGTH, Carried

KEY_FILE_NAME = "receipts.pem"


class Seal:
    """The terminal's key for receipts, in a file of `folder` that only its user can read.

    Made when there is none. Raises SettingsError for a file that holds no such key.
    """

    def __init__(self, folder: Path) -> None:
        self._key = private_key(folder / KEY_FILE_NAME)
        self.public = public_text(self._key.public_key())

    def sealed(self, unsigned: str) -> str:
        """The text with the key's name and the signature behind it."""
        signed = unsigned + name_of(self.public)
        return signed + _base32(self._key.sign(signed.encode()))


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key in this file, made when there is none. Raises SettingsError as `Seal`."""
    if not path.exists():
        write_private(path, Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ))  # fmt: skip
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as fault:
        raise SettingsError(f"{path} cannot be read; put it back from a copy.") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} is no Ed25519 key; put it back from a copy.")
    return key


def public_key(line: str) -> Ed25519PublicKey:
    """The public key that `public_text` made a line of. Raises SettingsError for any other."""
    try:
        key = serialization.load_der_public_key(base64.b64decode(line, validate=True))
    except ValueError as fault:
        raise SettingsError(
            "The key is none: give the line that pos receipt key or pos tickets key prints."
        ) from fault
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(
            "The key is no Ed25519 key: give the line that pos receipt key or pos tickets key "
            "prints."
        )
    return key


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as one line of base64: SubjectPublicKeyInfo, as the switch's keys are told."""
    return base64.b64encode(key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )).decode()  # fmt: skip


def name_of(public: str) -> str:
    """The short name of a public key: the beginning of its SHA-256 in base 32."""
    return _base32(hashlib.sha256(base64.b64decode(public)).digest())[:KEY_NAME_LENGTH]


def is_true(carried: Carried, public: str) -> bool:
    """Whether the receipt was signed by this key. Raises SettingsError for a key that is none."""
    key = public_key(public)
    if carried.key != name_of(public):
        return False
    padding = "=" * (-len(carried.signature) % 8)
    try:
        key.verify(base64.b32decode(carried.signature + padding), carried.signed.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")
