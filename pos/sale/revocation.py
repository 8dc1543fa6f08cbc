"""The list of tickets that were given back, as the site signs it and its gates read it.

Apart from the tickets because it is another text with another life: it is made anew again and
again, and the newest one stands. The serials in it let nobody in: a ticket is more than its serial.

A line each: the form, the site, when it was made (Unix seconds), the serials, the signature in
base 64 over all lines before it.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

FORM = "samkassa revoked tickets 1"
SIZE_BYTES_MAX = 4_000_000
# A ticket whose time was over so long ago is refused by its time.
KEPT_S = 3 * 86_400.0
_SERIAL = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What the text says; `signed` by `signature`, or by somebody else altogether."""

    site: str
    made_at: int
    serials: frozenset[str]
    signed: bytes
    signature: bytes


def unsigned_list(site: str, made_at: int, serials: Iterable[str]) -> bytes:
    """The text up to its signature."""
    return "".join(f"{each}\n" for each in (FORM, site, made_at, *sorted(serials))).encode()


def signed_list(unsigned: bytes, signature: bytes) -> bytes:
    """The whole text."""
    return unsigned + base64.b64encode(signature) + b"\n"


def read_list(text: bytes) -> RevocationList | None:
    """The parts of the text, or None for any other."""
    if len(text) > SIZE_BYTES_MAX:
        return None
    try:
        form, site, made_at, *serials, signature = text.decode("ascii").splitlines()
        signed = base64.b64decode(signature, validate=True)
        made = int(made_at)
    except (ValueError, binascii.Error):
        return None
    if form != FORM or not all(_SERIAL.fullmatch(each) for each in serials):
        return None
    unsigned = unsigned_list(site, made, serials)
    if signed_list(unsigned, signed) != text:
        return None
    return RevocationList(site, made, frozenset(serials), unsigned, signed)
