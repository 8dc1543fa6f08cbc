"""What the till makes of every kind of code that may be held up to it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pos.sale.code import (
    REASON_TEXT,
    NotOurs,
    PaymentCode,
    ProductCode,
    Reason,
    ReceiptCode,
    TransactionCode,
    describe,
    recognise,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "scan-samples"

PERSONAL = "https://qr.vipps.no/28/2/01/031/4791234567?v=1"
TOKENISED = "https://qr.vipps.no/p/qwjhewqhueheuqwhuqwhe"
MPM_3 = (
    "HTTPS://QR.SAMPLEDOMAIN.COM/MPM/3/R1BMRDA5NVBMVlMwMDIwMUNEU0QwMzMwMTE0U0FNUExFUExBVEZPUk0wMjEx"
    "U0FNUExFTUVSSURDSVJEMDM5MDExMlNBTVBMRUlTU1VFUjAyMDIxMjAzMTNNSU5JUFJPR1JBTUlE"
)
ORDER_CODE = "https://qr.switch.example/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP"
BANK_TRANSFER = (
    "BCD\n002\n1\nSCT\n\nMax Mustermann\nDE89370400440532013000\nEUR99.99\n\n\nInvoice 2026-001"
)
CARD_CODES = (
    "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=",
    "hQVDUFYwMWETTwegAAAAVVVVUAhQcm9kdWN0MWETTwegAAAAZmZmUAhQcm9kdWN0MmJJWggSNFZ4kBI0WF8gDkNBUkRIT0"
    "xERVIvRU1WXy0IcnVlc2RlZW5kIZ8QBwYBCgMAAACfJghYT9OF+iNLzJ82AgABnzcEbVjvEw==",
    "hQVDUFYwMWFWTwigAAADMwEBAlcRYmNgAQBxNnLSMSIBAAABiAFfNAEAYzOfJghWite85mtxi58nAYCfEBEHAAEDoAAAAQ"
    "gwMDAwMDAwMZ82AhEiggIAAJ83BCJgSI4=",
)

PAYMENT_CODES = {
    "28024456785672301": "",  # 17 digits
    "280244567856723026": "",  # 18
    "2893612204263667830": "",  # 19, with the 6 that marks Alipay+
    "2893612204263557830": "",  # 19, without it
    "2512345678901234": "",  # 16, the shortest
    "281010897274821897274821": "281010",  # 24; 89 where a payment code usually has 02
    "251001020123456789012345": "251001",
    "281031020000000000004711": "281031",
    "301234567890123456789012": "301234",
    "28103102000000000000": "",  # 20, a reserved length
    "28103102" + "0" * 24: "",  # 32, the longest a terminal must take
    PERSONAL: "vipps",
    TOKENISED: "vipps",
    "https://qr.vipps.no/a/path/yet/to/come": "vipps",
    "98802222100100123456": "bluecode",
    "98802222999900301000": "bluecode",
    "98802222999900315000": "bluecode",
    "98888888888888888888": "bluecode",
    "98804444000000402006": "bluecode",
    "98804444000000402007": "bluecode",
    "98802222999900500500": "bluecode",
}

NOT_OURS = [
    ("135112298638468293", Reason.WECHAT),
    ("105714053039093651", Reason.WECHAT),
    ("6212345678901234567", Reason.UNIONPAY),
    *((text, Reason.CARD) for text in CARD_CODES),
    (MPM_3, Reason.MERCHANT),
    (ORDER_CODE, Reason.MERCHANT),
    ("https://global.alipay.com/281002040001aB2cD3eF4gH5iJ6kL7mN8oPq", Reason.MERCHANT),
    ("https://qr.alipayplus.com/281666040001aB2cD3eF4gH5iJ6kL7mN8oPq", Reason.MERCHANT),
    ("http://127.0.0.1:8790/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP", Reason.MERCHANT),
    ("http://[fd00::1]:8790/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP", Reason.MERCHANT),
    ("https://pay.example:8443/c/1aB2cD3eF4gH5iJ6kL7mN8oP", Reason.MERCHANT),
    ("http://192.168.1.10:8790/s/1aB2cD3eF4gH5iJ6kL7mN8oP", Reason.MERCHANT),
    ("http://192.168.1.10:8790/s/1aB2cD3eF4gH5iJ6kL7mN8o", Reason.UNKNOWN_LINK),
    ("http://192.168.1.10:8790/2819990400431aB2cD3eF4gH5iJ6kL7mN8o", Reason.UNKNOWN_LINK),
    ("http://a@192.168.1.10/s/1aB2cD3eF4gH5iJ6kL7mN8oP", Reason.UNKNOWN_LINK),
    ("http://192.168.1.10:8790/s/1aB2cD3eF4gH5iJ6kL7mN8oP?x", Reason.UNKNOWN_LINK),
    ("https://qr.alipay.com/fkx00000aaaaaaaaaaaaaaa", Reason.MERCHANT),
    ("https://payqr.gcash.com/28101005123456", Reason.MERCHANT),
    ("https://qr.vipps.no/28/2/05/031/abcdef", Reason.MERCHANT),
    ("https://qr.mobilepay.fi/box/1234", Reason.MOBILEPAY_MERCHANT),
    ("https://qr.mobilepay.dk/box/1234", Reason.MOBILEPAY_MERCHANT),
    ("https://go.twint.ch/1/e/tw?tw=acq.abcdef", Reason.TWINT),
    ("C1237856901;100,00;12229445;0", Reason.SWISH),
    ("C1237856901;100,00;12229445", Reason.SWISH),
    (BANK_TRANSFER, Reason.EPC),
    (BANK_TRANSFER.replace("\n", "\r\n"), Reason.EPC),
    ("BCD\n001\n2\nSCT\nDABANO22\nBjørn\nDE89370400440532013000\nEUR1", Reason.EPC),
    ("https://qr.example.org/1/m/AB1/?iss=XY9&tok=t0k3n", Reason.EPC),
    ("https://qr.vipps.no/", Reason.UNKNOWN_LINK),
    ("https://qr.vipps.no", Reason.UNKNOWN_LINK),
    ("https://qr.vipps.no?v=1", Reason.UNKNOWN_LINK),
    ("http://code.google.com/p/zxing/", Reason.UNKNOWN_LINK),
    ("HTTPS://NUTS.COM/QR/retail_piece/45076039?sku=7016-01", Reason.UNKNOWN_LINK),
    ("www.example.com", Reason.UNKNOWN_LINK),
    ("28\x0024456785672301", Reason.CONTROL_CHARACTERS),
    ("\x1b[2J281031020000000000004711", Reason.CONTROL_CHARACTERS),
    ("\x1d281031020000000000004711", Reason.CONTROL_CHARACTERS),
    ("٢٨٠٢٤٤٥٦٧٨٥٦٧٢٣٠١", Reason.CONTROL_CHARACTERS),
    ("２８０２４４５６７８５６７２３０１", Reason.CONTROL_CHARACTERS),
    ("28024456785672301\u202e", Reason.CONTROL_CHARACTERS),
    ("\ud800", Reason.CONTROL_CHARACTERS),
    ("BCD\nis a hard disk", Reason.CONTROL_CHARACTERS),
    ("", Reason.EMPTY),
    (" \r\n", Reason.EMPTY),
    ("39097", Reason.TOO_SHORT),
    ("281031020000000", Reason.TOO_SHORT),
    ("5901234123457", Reason.TOO_SHORT),
    ("28103102" + "0" * 25, Reason.TOO_LONG),
    ("2" * 513, Reason.TOO_LONG),
    ("ø" * 257, Reason.TOO_LONG),
    ("https://qr.vipps.no/p/" + "a" * 234, Reason.TOO_LONG),
    ("4111111111111111", Reason.UNKNOWN),
    ("165112298638468293", Reason.UNKNOWN),  # 18 digits beyond WeChat's prefixes
    ("1351122986384682930", Reason.UNKNOWN),  # 19 digits with one of them
    ("62123456789012345678", Reason.UNKNOWN),  # a digit more than UnionPay's
    ("988022221001001234567", Reason.UNKNOWN),  # a digit more than Bluecode's
    ("241031020000000000004711", Reason.UNKNOWN),  # beside the Alipay+ prefixes
    ("311031020000000000004711", Reason.UNKNOWN),
    ("4111 1111 1111 1111", Reason.UNKNOWN),
    ("MECARD:N:Google 411,;TEL:18665881077;;", Reason.UNKNOWN),
    ("' OR 1=1; --", Reason.UNKNOWN),
    ("samkassa:receipt:short", Reason.UNKNOWN),
    ("samkassa:receipt:" + "a" * 65, Reason.UNKNOWN),
    ("00020101021226", Reason.EMVCO_BROKEN),
]


@pytest.mark.parametrize(("text", "issuer"), PAYMENT_CODES.items())
@pytest.mark.parametrize("symbology", ["QR", "Code128"])
def test_a_customers_code_pays(text: str, issuer: str, symbology: str) -> None:
    """Every published shape of customer code is recognised, whole, in either symbology."""
    code = recognise(text, symbology)
    assert isinstance(code, PaymentCode)
    assert (code.secret.reveal(), code.issuer) == (text, issuer)
    assert code.single_use == (issuer != "vipps")


@pytest.mark.parametrize(
    ("symbology", "reason"), [("MicroQR", Reason.MICRO_QR), ("QRPart", Reason.QR_PART)]
)
@pytest.mark.parametrize("text", ["251001020123456789012345", "", "HELLO"])
def test_kinds_that_no_wallet_shows_are_refused(text: str, symbology: str, reason: Reason) -> None:
    """A Micro QR code or a part of a structured append does not pay, whatever it holds."""
    assert recognise(text, symbology) == NotOurs(reason)


@pytest.mark.parametrize(("text", "reason"), NOT_OURS)
def test_a_code_that_is_not_ours_has_its_reason(text: str, reason: Reason) -> None:
    """Every other kind of code is answered with the reason that fits it."""
    assert recognise(text, "QR") == NotOurs(reason)


@pytest.mark.parametrize(
    "link",
    [
        "http://qr.vipps.no/28/2/01/031/4791234567?v=1",
        "https://qr.vipps.no.evil.example/28/2/01/031/4791234567?v=1",
        "https://evil.example/qr.vipps.no/28/2/01/031/4791234567",
        "https://qr.vipps.no@evil.example/28/2/01/031/4791234567",
        "https://evil.example@qr.vipps.no/28/2/01/031/4791234567",
        "https://qr.vipps.no:444/28/2/01/031/4791234567",
        "https://qr.vipps.no./28/2/01/031/4791234567",
        "https://xqr.vipps.no/28/2/01/031/4791234567",
        "https://qr.vipps.no/28/2/01/031/47 91234567",
        "https://[::1",
    ],
)
def test_a_host_is_matched_whole(link: str) -> None:
    """A link that only resembles a Vipps code is not taken for one."""
    assert recognise(link, "QR") == NotOurs(Reason.UNKNOWN_LINK)


def test_a_host_has_no_case_and_the_text_keeps_its_own() -> None:
    """A Vipps code in capitals is recognised and goes to the switch as it was read."""
    text = "HTTPS://QR.VIPPS.NO/p/qWjHe"
    code = recognise(text, "QR")
    assert isinstance(code, PaymentCode)
    assert code.secret.reveal() == text


@pytest.mark.parametrize("text", ["281031020000000000004711", PERSONAL])
def test_what_a_scanner_adds_around_a_code_is_dropped(text: str) -> None:
    """Spaces, tabs and line ends before and after a code do not count."""
    assert recognise(f" \t{text}\r\n", "QR") == recognise(text, "QR")


def test_a_code_of_the_full_size_is_still_looked_at() -> None:
    """512 bytes are within the cap; Vipps takes 255 characters of them."""
    assert recognise("x" * 512, "QR") == NotOurs(Reason.UNKNOWN)
    assert isinstance(recognise("https://qr.vipps.no/p/" + "a" * 233, "QR"), PaymentCode)


@pytest.mark.parametrize(
    ("text", "symbology", "gtin"),
    [
        ("5901234123457", "EAN13", "5901234123457"),
        ("9780735619937", "EAN13", "9780735619937"),
        ("96385074", "EAN8", "96385074"),
        ("036000291452", "UPCA", "0036000291452"),
        ("0036000291452", "UPCA", "0036000291452"),
        ("036000291452", "EAN13", "0036000291452"),
    ],
)
def test_a_retail_barcode_is_a_product(text: str, symbology: str, gtin: str) -> None:
    """EAN-13, EAN-8 and UPC-A give the product's number, UPC-A as thirteen digits."""
    assert recognise(text, symbology) == ProductCode(gtin)


@pytest.mark.parametrize("symbology", ["EAN13", "EAN8", "UPCA"])
@pytest.mark.parametrize(
    "text",
    ["5901234123458", "96385075", "036000291453", "280244567856723026", "ABCDEFGH", PERSONAL],
)
def test_a_misread_product_is_neither_sold_nor_paid_with(text: str, symbology: str) -> None:
    """A retail barcode with a wrong check digit or length is refused as misread."""
    assert recognise(text, symbology) == NotOurs(Reason.PRODUCT_CHECK_DIGIT)


@given(st.from_regex(r"[0-9]{13}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_never_passes_for_a_product(digits: str, place: int, shift: int) -> None:
    """Changing any one digit of a valid product number makes it invalid."""
    valid = next(
        code.gtin
        for last in "0123456789"
        if isinstance(code := recognise(digits[:12] + last, "EAN13"), ProductCode)
    )
    wrong = str((int(valid[place]) + shift) % 10)
    altered = valid[:place] + wrong + valid[place + 1 :]
    assert recognise(altered, "EAN13") == NotOurs(Reason.PRODUCT_CHECK_DIGIT)


@pytest.mark.parametrize("request_id", ["abcd_-12", "R" * 64])
def test_our_receipts_lead_back_to_their_payment(request_id: str) -> None:
    """The code printed on a receipt gives the request id of its payment."""
    assert recognise(f"samkassa:receipt:{request_id}", "QR") == ReceiptCode(request_id)


def test_alipays_transaction_number_is_told_from_a_payment() -> None:
    """26 digits and capitals are a past payment's number and keep out of the repr."""
    code = recognise("2018ABCDEF0123456789XYZ001", "Code128")
    assert code == TransactionCode("2018ABCDEF0123456789XYZ001")
    assert "2018" not in repr(code) + describe(code)


def test_every_reason_speaks_plainly_and_is_reached() -> None:
    """Each reason has its own text, with a remedy, and some code leads to it."""
    assert set(REASON_TEXT) == set(Reason)
    assert len(set(REASON_TEXT.values())) == len(Reason)
    assert all(re.fullmatch(r"[A-Z].+\. .+\.", text) for text in REASON_TEXT.values())
    assert all(reason.value.startswith("code.") for reason in Reason)
    by_kind = {Reason.PRODUCT_CHECK_DIGIT, Reason.MICRO_QR, Reason.QR_PART}
    reached = {reason for _, reason in NOT_OURS} | by_kind
    assert reached == set(Reason)


@pytest.mark.parametrize(
    ("text", "symbology", "description"),
    [
        ("281031020000000000004711", "QR", "payment code of 281031, 24 characters"),
        ("280244567856723026", "Code128", "payment code, 18 characters"),
        (PERSONAL, "QR", "payment code of vipps, 46 characters"),
        ("5901234123457", "EAN13", "product 5901234123457"),
        ("samkassa:receipt:abcd1234", "QR", "receipt of payment abcd1234"),
        ("135112298638468293", "QR", REASON_TEXT[Reason.WECHAT]),
    ],
)
def test_a_description_names_the_kind(text: str, symbology: str, description: str) -> None:
    """`describe` tells a person what was read, and no more of a secret than its length."""
    assert describe(recognise(text, symbology)) == description


ANY_SYMBOLOGY = st.sampled_from(["QR", "Code128", "EAN13", "EAN8", "UPCA", ""]) | st.text()
ANY_TEXT = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Nd"])),
    st.binary(max_size=700).map(lambda raw: raw.decode("latin-1")),
    st.binary(max_size=700).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.from_regex(r"\s?(000201|hQVDUFY|BCD\n|C1234567890;|https://|samkassa:receipt:)"),
    st.from_regex(r"[0-9]{0,40}", fullmatch=True),
    st.from_regex(r"https://qr\.vipps\.no/[ -~]*", fullmatch=True),
)


@given(ANY_TEXT, ANY_SYMBOLOGY)
@example("\ud800" * 9, "EAN13")
@example("000201" + "\udfff" * 9 + "6304ABCD", "QR")
def test_every_text_has_an_answer(text: str, symbology: str) -> None:
    """Whatever a decoder hands over, there is an answer that can be described."""
    assert describe(recognise(text, symbology))


@given(
    st.from_regex(r"(2[5-9]|30)[0-9]{14,30}", fullmatch=True)
    | st.from_regex(r"https://qr\.vipps\.no/(p|28/2/01)/[a-zA-Z0-9]{8,40}", fullmatch=True)
)
def test_a_payment_code_is_never_printed(text: str) -> None:
    """No printed form of a recognised code holds more than the issuer's digits."""
    code = recognise(text, "QR")
    assert isinstance(code, PaymentCode)
    printed = f"{code} {code!r} {code.secret} {describe(code)}"
    for start in range(len(text) - 7):
        part = text[start : start + 8]
        assert part not in printed


def test_the_sample_pictures_texts_are_told_apart() -> None:
    """What the sample pictures show is a product, a payment code, or refused by name."""
    if not (SAMPLES / "truth.json").exists():
        pytest.skip("the sample pictures lie outside the repository and are not here")
    for entry in json.loads((SAMPLES / "truth.json").read_text("utf-8")):
        kind, texts = entry["kind"], entry["texts"]
        symbology = {"ean13": "EAN13", "c128": "Code128"}.get(kind, "QR")
        for text in texts:
            code = recognise(text, symbology)
            if kind == "ean13":
                assert isinstance(code, ProductCode)
            elif kind == "emv":
                assert code == NotOurs(Reason.MERCHANT)
            elif re.fullmatch(r"[0-9]{18}", text):
                ours = not text.startswith("1")
                assert isinstance(code, PaymentCode) if ours else code == NotOurs(Reason.WECHAT)
            else:
                assert isinstance(code, NotOurs)
