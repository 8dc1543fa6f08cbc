"""Signatures: made and checked here, and by the other well-known implementation, OpenSSL."""

import base64
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pos.errors import SettingsError
from pos.switch.signature import (
    SignatureInvalid,
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    load_public_key,
    new_private_key,
    public_key_line,
    signature_of,
)

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
CLEAR = serialization.NoEncryption()

PRIVATE = load_private_key(new_private_key())
SIGNER = Signer(PRIVATE)
VERIFIER = Verifier(PRIVATE.public_key())
BODY = '{"paymentRequestId":"T07-42","orderDescription":"Kafé"}'.encode()
SAMPLE = ("POST", "/ams/api/v1/payments/pay", "T_CLIENT_1", "2026-03-01T12:00:01+01:00", BODY)
CONTENT = content_to_sign(*SAMPLE)
HEADER = SIGNER.header(CONTENT)


def test_the_content_is_spelled_as_the_api_says() -> None:
    """One blank after the method, one line feed after the path, full stops in between."""
    expected = b"POST /ams/api/v1/payments/pay\nT_CLIENT_1.2026-03-01T12:00:01+01:00." + BODY
    assert expected == CONTENT


def test_the_header_has_three_parts_and_an_encoded_signature() -> None:
    """Other clients split at commas and expect exactly one `=` in the third part."""
    parts = HEADER.split(",")
    assert parts[:2] == ["algorithm=RSA256", "keyVersion=1"]
    assert parts[2].count("=") == 1
    assert not set("+/ ") & set(parts[2])


def test_openssl_agrees(tmp_path: Path) -> None:
    """The signature verifies with openssl, which shares no code of ours."""
    (tmp_path / "public.pem").write_bytes(
        PRIVATE.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "signature").write_bytes(signature_of(HEADER))
    command = ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"]
    try:
        done = subprocess.run(
            [*command, "content"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert done.stdout.strip() == "Verified OK"


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace(",", ", "),
        "  " + HEADER.replace(",", " ,\t") + "  ",
        ",".join(reversed(HEADER.split(","))),
        HEADER.replace("keyVersion=1", "keyVersion=0"),
        urllib.parse.unquote(HEADER),
        HEADER.replace("%2F", "%2f").replace("%2B", "%2b"),
    ],
    ids=["blanks", "more blanks", "order", "key version", "not URL-encoded", "lower-case escapes"],
)
def test_the_header_is_read_as_others_write_it(header: str) -> None:
    """Blanks, order, key version and URL encoding differ between callers; none matters."""
    VERIFIER.check(CONTENT, header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "signature=",
        "algorithm=RSA256,keyVersion=1",
        "algorithm=RSA256,keyVersion=1,signature=%",
        HEADER.replace("RSA256", "none"),
        HEADER.partition(",")[2],
        HEADER + "," + HEADER.split(",")[2],
        HEADER + "A",
        HEADER[:-1],
        "x" * 10_000,
    ],
    ids=range(10),
)
def test_a_broken_header_is_refused(header: str) -> None:
    """Missing, doubled, foreign or cut parts raise SignatureInvalid."""
    with pytest.raises(SignatureInvalid):
        VERIFIER.check(CONTENT, header)


@pytest.mark.parametrize("part", range(5), ids=["method", "path", "client", "time", "body"])
def test_every_flipped_bit_of_the_content_is_refused(part: int) -> None:
    """No bit of method, path, caller, time or body can change under a signature."""
    for position in range(len(SAMPLE[part])):
        for bit in range(7):
            changed = list(SAMPLE)
            raw = SAMPLE[part] if isinstance(SAMPLE[part], bytes) else SAMPLE[part].encode()
            flipped = bytearray(raw)
            flipped[position] ^= 1 << bit
            changed[part] = bytes(flipped) if part == 4 else flipped.decode("latin-1")
            with pytest.raises(SignatureInvalid):
                VERIFIER.check(content_to_sign(*changed), HEADER)


def test_every_flipped_bit_of_the_header_is_refused_or_means_the_same() -> None:
    """Only the key version and the case of names and escapes may differ; nothing else passes."""
    version = HEADER.index("keyVersion")
    for position in range(len(HEADER)):
        for bit in range(7):
            flipped = HEADER[:position] + chr(ord(HEADER[position]) ^ (1 << bit))
            flipped += HEADER[position + 1 :]
            try:
                VERIFIER.check(CONTENT, flipped)
            except SignatureInvalid:
                continue
            in_version = version <= position < HEADER.index(",signature")
            assert in_version or flipped.lower() == HEADER.lower()


def test_another_key_is_refused() -> None:
    """A signature of somebody else's key is no signature."""
    stranger = Verifier(load_private_key(new_private_key()).public_key())
    with pytest.raises(SignatureInvalid):
        stranger.check(CONTENT, HEADER)


@pytest.mark.parametrize("style", [PKCS1, PKCS8], ids=["PKCS#1", "PKCS#8"])
@pytest.mark.parametrize("form", ["pem", "base64", "base64 in lines"])
def test_private_keys_load_in_every_usual_form(
    style: serialization.PrivateFormat, form: str
) -> None:
    """PEM and bare base64, PKCS#1 and PKCS#8, are the same key."""
    if form == "pem":
        text = PRIVATE.private_bytes(PEM, style, CLEAR).decode()
    else:
        der = PRIVATE.private_bytes(DER, style, CLEAR)
        text = (base64.b64encode if form == "base64" else base64.encodebytes)(der).decode()
    assert load_private_key(text).private_numbers() == PRIVATE.private_numbers()


def test_public_keys_load_from_pem_and_from_the_line() -> None:
    """The line that a switch prints and the PEM that openssl writes are the same key."""
    public = PRIVATE.public_key()
    line = public_key_line(PRIVATE)
    assert "\n" not in line
    assert base64.b64decode(line) == public.public_bytes(
        DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = public.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for text in (line, line + "\n", pem, pem.decode()):
        assert load_public_key(text).public_numbers() == public.public_numbers()
    assert public_key_line(public) == line


def test_unusable_keys_are_told_in_a_sentence() -> None:
    """Junk, other kinds of key, short keys and locked keys are refused, and the remedy named."""
    curve = ec.generate_private_key(ec.SECP256R1())
    short = rsa.generate_private_key(65_537, 1024)  # noqa: S505 - weak on purpose
    locked = PRIVATE.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"x"))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    for private in (
        "junk",
        "",
        "\u00e6",
        "A" * 20_000,
        locked,
        curve.private_bytes(PEM, PKCS8, CLEAR),
        short.private_bytes(PEM, PKCS8, CLEAR),
    ):
        with pytest.raises(SettingsError, match="key"):
            load_private_key(private)
    for public in (
        "junk",
        "",
        curve.public_key().public_bytes(PEM, spki),
        short.public_key().public_bytes(PEM, spki),
    ):
        with pytest.raises(SettingsError, match="key"):
            load_public_key(public)


def test_a_private_key_is_not_taken_for_a_public_one() -> None:
    """Who offers a private key is told to keep it."""
    for style in (PKCS1, PKCS8):
        with pytest.raises(SettingsError, match="must stay with its owner"):
            load_public_key(PRIVATE.private_bytes(PEM, style, CLEAR))


def test_a_new_key_is_rsa_of_2048_bits() -> None:
    """Fresh keys are of the kind and size that the API asks for."""
    assert PRIVATE.key_size == 2048
    assert new_private_key().startswith(b"-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("parts", ["n", "d p", "d dmp1", "d iqmp", "p", "d"])
def test_a_damaged_private_key_is_told_when_it_is_read(parts: str) -> None:
    """A key file in which numbers have changed does not come to the first sale, or signs well."""
    numbers = PRIVATE.private_numbers()
    der = PRIVATE.private_bytes(DER, PKCS1, CLEAR)
    for part in parts.split():
        holder = numbers.public_numbers if part == "n" else numbers
        number = getattr(holder, part)
        whole = number.to_bytes((number.bit_length() + 7) // 8, "big")
        assert der.count(whole) == 1
        der = der.replace(whole, whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    try:
        key = load_private_key(base64.b64encode(der))
    except SettingsError:
        return
    assert parts in ("p", "d")  # OpenSSL needs one of two ways, and takes the one that is right
    VERIFIER.check(CONTENT, Signer(key).header(CONTENT))
