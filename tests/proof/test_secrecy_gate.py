"""Secrets of one place only, and a search that finds them wherever else they are.

Apart from the search of the shell's own tests because here the whole story is told, with its
screens and its line, as `pos prove` does it.
"""

import base64
import os

import pytest

from pos.errors import WrongUse
from pos.proof.secrecy.canaries import Canary, key_canary, leaks
from pos.proof.secrecy.gate import Secrecy, told
from pos.proof.secrecy.leaking import LEAKS
from pos.proof.secrecy.story import long_story, short_story
from pos.switch.signature import new_private_key

# Dozens of processes in one test, beside whatever else the machine does.
pytestmark = pytest.mark.timeout(900)

CODE = Canary("payment code", "281031021234567890123456")


@pytest.mark.parametrize(
    "hidden",
    [
        CODE.text.encode(),
        CODE.text[::-1].encode(),
        CODE.text.encode("utf-16-le"),
        base64.b64encode(b"ab" + CODE.text.encode() + b"c"),
        CODE.text.encode().hex().encode(),
    ],
)
def test_a_secret_is_found_however_it_is_spelled(hidden: bytes) -> None:
    """Plain, reversed, wide, base64 from any place, hex; and nothing where there is nothing."""
    (leak,) = leaks([CODE], "somewhere", b"\0\1<" + hidden + b">\n")
    assert CODE.text not in str(leak)
    assert leaks([CODE], "somewhere", b"\0\1<281031021234567890123457>\n") == []


def test_a_key_is_found_as_text_and_as_bytes_but_not_in_its_own_file() -> None:
    """PEM, DER and their encodings; the file that is the key may hold it."""
    pem = new_private_key()
    canary = key_canary("private key", pem, "till.pem")
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for spelled in (pem, der, der.hex().encode(), base64.b64encode(b"x" + der)):
        assert leaks([canary], "a log", spelled)
    assert leaks([canary], "till.pem", pem, "till.pem") == []


def test_after_a_whole_story_no_secret_is_anywhere() -> None:
    """Sold, given back, shown, listed: nothing of any secret is left. With PROOF_WHOLE=1 the long
    story, which `pos prove --minutes 2` tells at every commit anyway.
    """
    searched, found, count = told(long_story if os.environ.get("PROOF_WHOLE") else short_story)
    assert found == []
    assert count > 2
    assert searched > 50_000


@pytest.mark.parametrize("leak", list(LEAKS))
def test_a_planted_leak_is_found(leak: str) -> None:
    """Where it was let out, and as what."""
    _, found, _ = told(short_story, leak)
    assert [each.kind for each in found if each.kind == "payment code"]


def test_nothing_else_can_be_told_again() -> None:
    """The only history of this gate is the story."""
    with pytest.raises(WrongUse):
        Secrecy().replay("other")
