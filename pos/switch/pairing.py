"""Pairing codes: short enough to type, good once, and never sent over the network themselves.

Apart from the messages so that the switch, which makes codes, and the till, which reads them from
a keyboard or a QR code, derive the same two things from one: a name that the switch finds the
invitation by, and a key with which both sides prove that they know the code.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pos.errors import WrongUse

# Crockford's base32: no I, L, O or U, which are read as other letters or digits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 12  # 60 bits
GROUP_CHARACTERS = 4
QR_PREFIX = "samkassa:pair:"
QR_CHARACTERS_MAX = 512

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive over two elements
# scrypt (RFC 7914) makes each guess at an overheard proof cost 16 MiB and tens of milliseconds.
_SCRYPT_COST = 2**14
_SCRYPT_BLOCKS = 8
_SALT = b"samkassa pairing code 1"
_URL = re.compile(r"https?://[^/?#@\s]+/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PairingSecret:
    """What a pairing code stands for: `invite_id` may be seen by anybody, `key` by nobody."""

    invite_id: str  # 32 hex digits
    key: bytes = field(repr=False)  # 32 bytes


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A pairing code: 12 random characters and a check character."""

    text: str = field(repr=False)

    @classmethod
    def fresh(cls, random_bytes: Callable[[int], bytes]) -> "PairingCode":
        """A new code of 60 random bits."""
        number = int.from_bytes(random_bytes(8), "big")
        digits = [number >> 5 * place & 31 for place in range(RANDOM_CHARACTERS)]
        return cls("".join(ALPHABET[digit] for digit in [*digits, _check(digits)]))

    @classmethod
    def read(cls, typed: str) -> "PairingCode":
        """The code as a person typed it: any case, with or without hyphens and blanks.

        Raises WrongUse when a character is wrong, missing or too many: any single wrong
        character and any two that changed places are noticed.
        """
        text = typed.strip().upper().translate(_READ_AS)
        digits = [ALPHABET.find(character) for character in text[: RANDOM_CHARACTERS + 1]]
        whole = len(text) == RANDOM_CHARACTERS + 1 and -1 not in digits
        if not whole or _check(digits[:-1]) != digits[-1]:
            raise WrongUse("The pairing code is mistyped; compare it with the invitation.")
        return cls(text)

    def shown(self) -> str:
        """In groups, as it is printed and typed: `ABCD-EFGH-JKMN-P`."""
        starts = range(0, len(self.text), GROUP_CHARACTERS)
        return "-".join(self.text[start : start + GROUP_CHARACTERS] for start in starts)

    def secret(self) -> PairingSecret:
        """What the code stands for. Slow on purpose: tens of milliseconds."""
        derived = hashlib.scrypt(
            self.text.encode(),
            salt=_SALT,
            n=_SCRYPT_COST,
            r=_SCRYPT_BLOCKS,
            p=1,
            maxmem=256 * _SCRYPT_COST * _SCRYPT_BLOCKS,
            dklen=48,
        )
        return PairingSecret(derived[:16].hex(), derived[16:])


def qr_text(url: str, code: PairingCode) -> str:
    """What the QR code of an invitation says: `samkassa:pair:<url>#<code>`."""
    return f"{QR_PREFIX}{switch_url(url)}#{code.shown()}"


def read_qr(text: str) -> tuple[str, PairingCode]:
    """The switch's URL and the code in the text of an invitation's QR. Raises WrongUse."""
    url, hash_sign, code = text.removeprefix(QR_PREFIX).partition("#")
    if not text.startswith(QR_PREFIX) or not hash_sign or len(text) > QR_CHARACTERS_MAX:
        raise WrongUse("This is not an invitation of a switch; scan the one it made.")
    return switch_url(url), PairingCode.read(code)


def switch_url(url: str) -> str:
    """`url` without a slash at its end. Raises WrongUse unless it names a scheme and a host."""
    try:
        host = urlsplit(url).hostname if _URL.fullmatch(url) else None
        _ = urlsplit(url).port
    except ValueError:
        host = None
    if not host:
        raise WrongUse("The switch's URL is wrong; write it like https://switch.example:8790.")
    return url.rstrip("/")


def _check(digits: list[int]) -> int:
    """The check digit: the digits as a polynomial over GF(32), at a primitive element.

    Each place has its own weight, so that a wrong digit and swapped digits are both noticed.
    """
    value = 0
    for digit in digits:
        value = _doubled(value ^ digit)
    return value


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _FIELD_POLYNOMIAL if value & 32 else value
