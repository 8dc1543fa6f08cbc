"""Merchant codes of the form MPM/3: against the published sample, and against what is broken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import WrongUse
from pos.sale.code import NotOurs, Reason, recognise
from pos.scheme.mpm import MerchantCode, NotMpm, build, parse

# As published with the format: platform, merchant, issuer, kind of code, mini program.
SAMPLE = (
    "HTTPS://QR.SAMPLEDOMAIN.COM/MPM/3/"
    "R1BMRDA5NVBMVlMwMDIwMUNEU0QwMzMwMTE0U0FNUExFUExBVEZPUk0wMjExU0FNUExFTUVS"
    "SURDSVJEMDM5MDExMlNBTVBMRUlTU1VFUjAyMDIxMjAzMTNNSU5JUFJPR1JBTUlE"
)
READ = MerchantCode(
    "QR.SAMPLEDOMAIN.COM", "SAMPLEPLATFORM", "SAMPLEMERID", "SAMPLEISSUER", "12", "MINIPROGRAMID"
)
WORD = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def wrapped(payload: str, host: str = "QR.EXAMPLE") -> str:
    """A code with exactly this in its base64."""
    return f"HTTPS://{host}/MPM/3/{base64.b64encode(payload.encode()).decode()}"


def test_the_published_sample_is_read():
    """Every part of it."""
    assert parse(SAMPLE) == READ


def test_the_published_sample_is_made():
    """Character by character."""
    assert build(READ) == SAMPLE


@given(WORD, WORD, st.one_of(st.just(""), WORD), st.sampled_from(["", "04", "12"]))
def test_what_is_made_is_read_again(platform, merchant_id, issuer, kind):
    """Whatever the names, also those whose base64 must be URL-encoded."""
    code = MerchantCode("QR.EXAMPLE", platform, merchant_id, issuer, kind)
    assert parse(build(code)) == code


def test_a_code_as_other_writers_spell_it():
    """Small letters in scheme and host, no padding, an object that is not known."""
    text = wrapped("GPLD034PLVS00201CDSD0110101A0202M1XTRA000")
    assert parse(text.rstrip("=").replace("HTTPS://QR", "https://qr")) == MerchantCode(
        "qr.EXAMPLE", "A", "M1"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://qr.example/MPM/3/",
        "http://qr.example/MPM/3/R1BMRDAwMA==",
        "https://user@qr.example/MPM/3/R1BMRDAwMA==",
        SAMPLE.upper(),  # as if it were to fit a QR code's alphanumeric mode
        SAMPLE[:-4],
        SAMPLE + "QQ==",
        SAMPLE.replace("/MPM/3/", "/MPM/4/"),
        SAMPLE + "A" * 600,
        "https://qr.example/MPM/3/%E2%82%AC",
        wrapped("GPLD009PLVS00202"),
        wrapped("GPLD009PLVS00201"),
        wrapped("GPLD021PLVS00201CDSD0050101A"),
        wrapped("GPLD034PLVS00201CDSD0110101A0202M1CDSD000"),
        wrapped("GPLD027PLVS00201CDSD0110101A0299M1"),
        wrapped("GPLD٠٠٩PLVS00201"),
        wrapped("PLVS00201"),
    ],
)
def test_what_is_not_whole_is_refused(text):
    """Cut off, lengthened, upper-cased, of another version, without a merchant: never half read."""
    with pytest.raises(NotMpm):
        parse(text)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    """No other error, whatever a stranger holds up."""
    for shown in (text, wrapped(text), f"https://a/MPM/3/{text}"):
        try:
            parse(shown)
        except NotMpm:
            continue


@pytest.mark.parametrize(
    "code",
    [
        MerchantCode("qr.example/x", "P", "M"),
        MerchantCode("QR.EXAMPLE", "", "M"),
        MerchantCode("QR.EXAMPLE", "P", ""),
        MerchantCode("QR.EXAMPLE", "P", "M" * 100),
        MerchantCode("QR.EXAMPLE", "P", "Mø"),
        MerchantCode("Q" * 300, "P" * 99, "M" * 99),
    ],
)
def test_what_has_no_place_in_a_code_is_not_made(code):
    """Told in a sentence, not made into a code that nobody can read."""
    with pytest.raises(WrongUse):
        build(code)


def test_a_till_knows_it_for_a_merchants_code():
    """Scanned at a till by mistake, it is told apart from a customer's."""
    assert recognise(build(READ), "QR") == NotOurs(Reason.MERCHANT)
