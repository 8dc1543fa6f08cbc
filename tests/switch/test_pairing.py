"""Pairing codes: as a person types them, with slips of the finger, and what they stand for."""

import random

import pytest

from pos.errors import WrongUse
from pos.switch.enrolment import answer_proof, request_proof
from pos.switch.pairing import ALPHABET, PairingCode, qr_text, read_qr, switch_url

CODES = [PairingCode.fresh(random.Random(seed).randbytes) for seed in range(20)]


def test_a_code_is_typed_as_people_type():
    """Small letters, no hyphens, blanks, O for 0 and I or L for 1: the same code."""
    code = next(code for code in CODES if "0" in code.text and "1" in code.text)
    shown = code.shown()
    assert [len(group) for group in shown.split("-")] == [4, 4, 4, 1]
    for typed in (
        shown,
        shown.lower(),
        shown.replace("-", " "),
        f"  {code.text}\n",
        shown.replace("0", "O").replace("1", "l"),
        shown.replace("0", "o").replace("1", "I"),
    ):
        assert PairingCode.read(typed) == code


def test_every_wrong_character_and_every_swap_is_noticed():
    """One character changed, or any two exchanged, is told before anything is sent."""
    for code in CODES:
        text = code.text
        wrong = {text[:at] + other + text[at + 1 :] for at in range(13) for other in ALPHABET}
        for first in range(13):
            for second in range(first):
                swapped = list(text)
                swapped[first], swapped[second] = text[second], text[first]
                wrong.add("".join(swapped))
        wrong.discard(text)
        assert len(wrong) > 13 * 31
        for typed in wrong:
            with pytest.raises(WrongUse, match="mistyped"):
                PairingCode.read(typed)


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "ABCD-EFGH-JKMN-P" * 2, "ÅBCD-EFGH-JKMN-P", "U" * 13]
)
def test_what_is_no_code_is_told(typed):
    """Nothing, too short, too long, foreign letters: one sentence."""
    with pytest.raises(WrongUse, match="mistyped"):
        PairingCode.read(typed)


def test_codes_use_all_their_60_bits():
    """Every character takes every value: nothing of the chance is lost."""
    chance = random.Random(1)
    codes = [PairingCode.fresh(chance.randbytes).text for _ in range(2_000)]
    for place in range(13):
        assert {code[place] for code in codes} == set(ALPHABET)


def test_a_code_is_not_told_by_printing_it():
    """Neither the code nor its key appears in a log that prints the objects."""
    code = CODES[0]
    assert code.text not in repr(code)
    assert code.secret().key.hex() not in repr(code.secret())


def test_the_same_code_stands_for_the_same_secret_on_both_sides():
    """Derived alike everywhere, differently for another code; the id tells nothing of the key."""
    first, second = CODES[0].secret(), CODES[1].secret()
    assert PairingCode.read(CODES[0].shown().lower()).secret() == first
    assert first.invite_id != second.invite_id
    assert first.key != second.key
    assert (len(first.invite_id), len(first.key)) == (32, 32)


def test_a_proof_of_one_side_is_none_of_the_other():
    """The device's proof cannot be sent back as the switch's, nor for another key or caller."""
    key = bytes(32)
    proofs = {
        request_proof(key, "a", "k"),
        request_proof(key, "a", "l"),
        answer_proof(key, "a", "1", "s", "k"),
        answer_proof(key, "a", "2", "s", "k"),
        answer_proof(key, "b", "1", "s", "k"),
        answer_proof(key, "a", "1", "t", "k"),
        answer_proof(b"\1" * 32, "a", "1", "s", "k"),
    }
    assert len(proofs) == 7


def test_the_qr_says_where_and_what():
    """The text of the QR code and back."""
    text = qr_text("https://switch.example:8443/", CODES[0])
    assert text == f"samkassa:pair:https://switch.example:8443#{CODES[0].shown()}"
    assert read_qr(text) == ("https://switch.example:8443", CODES[0])


@pytest.mark.parametrize(
    "text",
    [
        "https://switch.example#ABCD",
        "samkassa:pair:https://switch.example",
        "samkassa:pair:file:///etc/passwd#" + CODES[0].shown(),
        "samkassa:pair:https://user:word@switch.example#" + CODES[0].shown(),
        "samkassa:pair:https://switch.example/path#" + CODES[0].shown(),
        "samkassa:pair:https://switch.example:99999#" + CODES[0].shown(),
        "samkassa:pair:https://" + "x" * 600 + "#" + CODES[0].shown(),
    ],
    ids=range(7),
)
def test_another_qr_is_refused(text):
    """Another link, another scheme, a user in the URL: nothing is opened."""
    with pytest.raises(WrongUse):
        read_qr(text)


@pytest.mark.parametrize(
    "url", ["", "switch.example", "http://", "ftp://switch.example", "http://[x"]
)
def test_a_wrong_url_is_told(url):
    """One sentence that shows a right one."""
    with pytest.raises(WrongUse, match="https://"):
        switch_url(url)
