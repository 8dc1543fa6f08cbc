"""Secrets that are in one place of the world only, and how they could be spelled elsewhere.

Apart from the story so that what is searched for does not depend on what is told.
"""

import base64
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

KEY_PART_BYTES = 24


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret: `kind` for people, and the names of the files that may hold it."""

    kind: str
    text: str
    may_hold: frozenset[str] = frozenset()
    binary: bytes = b""

    def spellings(self) -> Iterator[tuple[str, bytes]]:
        """How it could stand in bytes: plain, wide, reversed, encoded; each with its name."""
        plain = self.text.encode()
        yield "plain", plain
        yield "reversed", plain[::-1]
        yield "UTF-16", self.text.encode("utf-16-le")
        yield "UTF-16", self.text.encode("utf-16-be")
        quoted = urllib.parse.quote(self.text, safe="")
        if quoted != self.text:
            yield "URL", quoted.encode()
        for raw in (plain, self.binary) if self.binary else (plain,):
            yield "hex", raw.hex().encode()
            yield "hex", raw.hex().upper().encode()
            for shift in range(3):  # it depends on where in a group of three the text begins
                encoded = base64.b64encode(b"x" * shift + raw)[4 * (shift > 0) : -4]
                yield "base64", encoded
                yield "base64", encoded.translate(bytes.maketrans(b"+/", b"-_"))
        if self.binary:
            yield "DER", self.binary


@dataclass(frozen=True, slots=True)
class Leak:
    """A canary where it has no business. Says where, never what."""

    kind: str
    spelling: str
    place: str

    def __str__(self) -> str:
        return f"P12: a {self.kind} ({self.spelling}) in {self.place}"


def key_canary(kind: str, pem: bytes, name: str) -> Canary:
    """A private key by a part of its secret half, as PEM spells it and as bytes."""
    lines = pem.decode().strip().splitlines()
    der = base64.b64decode("".join(lines[1:-1]))
    # The second half of an RSA key is of nothing but secret numbers.
    place = len(der) * 3 // 4
    return Canary(
        kind, lines[len(lines) * 3 // 4], frozenset({name}), der[place : place + KEY_PART_BYTES]
    )


def leaks(canaries: list[Canary], place: str, content: bytes, file_name: str = "") -> list[Leak]:
    """Every canary that stands in `content` and may not."""
    found = []
    for canary in canaries:
        if file_name in canary.may_hold:
            continue
        spelled = next((name for name, each in canary.spellings() if each in content), "")
        if spelled:
            found.append(Leak(canary.kind, spelled, place))
    return found
