"""What the tills of a shop tell each other: sealed with the shop's key, one datagram each.

Apart from the two ends because both must read and write the same, and because nothing that was
not sealed by a till of this shop is looked at any further.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pos.errors import SettingsError
from pos.sale.assistance import HelpAnswered, HelpAsked
from pos.sale.record import plain, record

DATAGRAM_BYTES_MAX = 8192
ECHOES_MAX = 16
_MARK = b"samkassa-shop-1"
_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Asks:
    """All that a till wants now. `run` is random for each start of it, `number` grows with each
    message of that, and `echoes` are the challenges that it was last given. `heard` is the newest
    answer that it took."""

    terminal: str
    run: str
    number: int
    echoes: tuple[str, ...]
    asked: tuple[HelpAsked, ...]
    heard: HelpAnswered | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered at `terminal` to the till in its `run`; `challenge` is to be echoed."""

    terminal: str
    run: str
    challenge: str
    answers: tuple[HelpAnswered, ...]


Message = Asks | Answers

_READERS = {kind.__name__: record(kind) for kind in (Asks, Answers)}


class ShopKey:
    """The key that all tills of a shop share, 32 bytes as a line of base64 in a file.

    Messages are sealed with ChaCha20-Poly1305 (RFC 8439): nobody else reads or makes them. Raises
    SettingsError for a file that holds no such key.
    """

    def __init__(self, path: Path) -> None:
        try:
            key = base64.b64decode(path.read_text("ascii").strip(), validate=True)
        except (OSError, ValueError) as fault:
            raise SettingsError(
                f"shop.key names {path}, which holds no key; make one with pos shop-key, and copy"
                " it to every till of the shop."
            ) from fault
        if len(key) != _KEY_BYTES:
            raise SettingsError(f"{path} holds no key of a shop; make one with pos shop-key.")
        self._cipher = ChaCha20Poly1305(key)

    @staticmethod
    def new_line() -> bytes:
        """A fresh key as it stands in the file."""
        return base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n"

    def sealed(self, message: Message) -> bytes:
        """The message as a datagram."""
        told = [type(message).__name__, plain(message)]
        text = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text, _MARK)

    def opened(self, datagram: bytes) -> Message | None:
        """The message, or None for anything that no till of this shop and version sealed."""
        try:
            text = self._cipher.decrypt(datagram[:_NONCE_BYTES], datagram[_NONCE_BYTES:], _MARK)
            kind, body = json.loads(text)
            message: Any = _READERS[kind](body)
        except (InvalidTag, AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return None
        return message if isinstance(message, Asks | Answers) else None
