"""Merchant-presented EMVCo codes: objects, checksum, and damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.code import NotOurs, Reason, recognise
from pos.sale.emvco import crc16, merchant_objects, objects

ANNEX_B = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
    "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315655020162330304"
    "12340603***0708A60086670902ME91320016A011223344998877070812345678"
)
VECTORS = {
    "A, non-ASCII": ANNEX_B + "6304A13A",
    "B, country JP": ANNEX_B.replace("5802CN", "5802JP") + "630420EE",
    "C, primitive accounts": "0002010102121313JCB12345678900416MASTER123456789052045311530339254"
    "07999.1235802JP5906DONGRI6005TOKYO62240104hoge0504fuga0704piyo6304C343",
    "D, leading zeros": "00020101021226470009SG.PAYNOW010120208123456780301004082026030452040000"
    "530370254040.995802SG5911testcompany6009Singapore62270123testordernumber1234567863040047",
    "E, ids 04 26 27 80": "00020104141234567890123426580014BR.GOV.BCB.PIX0136123e4567-e12b-12d1-a45"
    "6-42665544000027300012BR.COM.OUTRO011001234567895204000053039865406123.455802BR5917NOME DO REC"
    "EBEDOR6008BRASILIA61087007490080390012BR.COM.OUTRO01190123.ABCD.3456.WXYZ6304549C",
    "F, account in 05": "000201010211057704736a2f41a3-c54c-fce8-32d2-0324e1c32e22*3440e5bf-81ca-"
    "4c5f-a1b2-cf989f09a03952045024530384054031005802US5913Test Merchant6008New York620803041234630"
    "46F6D",
    "G, national letters": "00020101021226380018com.example.switch0112NO-0001-000752045411530357"
    "85406149.505802NO5919Kiosken paa hjornet6006Bergen62330108R-0000420306STORE10707TERM-076428000"
    "2NO0118Kiosken på hjørnet63042AA8",
    "H, static": "00020101021126380018com.example.switch0112FI-0002-00015204581253039785802FI5914"
    "Ravintola Meri6008Helsinki6304752B",
    "I, padded": "00020101021226380018com.example.switch0112NO-0001-000752045411530357854048.00580"
    "2NO5905KIOSK6004OSLO63040289",
}
G = VECTORS["G, national letters"]
H = VECTORS["H, static"]


def test_the_checksum_is_ccitt_false() -> None:
    """The standard's check value, and its example with leading zeros in the vectors below."""
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"") == 0xFFFF


@pytest.mark.parametrize("text", VECTORS.values(), ids=VECTORS)
def test_a_merchants_code_is_recognised_and_refused(text: str) -> None:
    """Every published vector is whole, and is a code that customers scan, not one that pays."""
    found = merchant_objects(text)
    assert found is not None
    assert "".join(f"{id_}{len(value):02}{value}" for id_, value in found.items()) == text
    assert recognise(text, "QR") == NotOurs(Reason.MERCHANT)


def test_objects_are_read_with_their_templates() -> None:
    """Amount, currency and the language template of a dynamic code come out as written."""
    found = merchant_objects(G)
    assert found is not None
    assert (found["53"], found["54"], found["58"]) == ("578", "149.50", "NO")
    assert objects(found["64"]) == {"00": "NO", "01": "Kiosken på hjørnet"}
    assert objects(found["26"]) == {"00": "com.example.switch", "01": "NO-0001-0007"}


@pytest.mark.parametrize(
    "text",
    [
        G.replace("149.50", "148.50"),  # vector J: the amount was altered
        G[:-4] + "5EFB",  # the checksum over latin-1 bytes
        G[:-4] + "2aa8",  # lower case
        G[:-4],
        G[:-8],
        G + "0",
        "000201" + G,
    ],
)
def test_a_damaged_code_is_told_as_damaged(text: str) -> None:
    """An altered, cut or doubled code has its own reason."""
    assert merchant_objects(text) is None
    assert recognise(text, "QR") == NotOurs(Reason.EMVCO_BROKEN)


@pytest.mark.parametrize(
    "payload",
    ["5", "5802", "5803NO", "58", "5800", "58-2NO", "٥٨02NO", "5802NO5802NO", "5802NO1", "x" * 513],
)
def test_objects_that_do_not_fill_their_payload_are_refused(payload: str) -> None:
    """Cut, empty, repeated and unnumbered objects are no objects."""
    assert objects(payload) is None


def test_all_hundred_ids_fit_one_level() -> None:
    """The bound on objects is the number of ids there are."""
    payload = "".join(f"{number:02}01x" for number in range(100))
    assert objects(payload) == {f"{number:02}": "x" for number in range(100)}
    assert objects(payload + "0001x") is None


def test_the_checksum_must_come_last() -> None:
    """A code sealed before its end is not whole, even where the checksum fits."""
    head = "0002016304"
    sealed = f"{head}{crc16(head.encode()):04X}"
    assert merchant_objects(sealed) is not None
    assert merchant_objects(sealed + "5802NO") is None
    assert merchant_objects("") is None
    assert merchant_objects("0002015801\ud8006304ABCD") is None


@given(st.integers(0, len(H) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_no_single_character_can_be_altered_unseen(place: int, character: str) -> None:
    """A code with any one character changed is no longer whole."""
    altered = H[:place] + character + H[place + 1 :]
    assert (merchant_objects(altered) is None) == (altered != H)


@given(
    st.dictionaries(
        st.integers(1, 62).map("{:02}".format),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
        max_size=10,
    )
)
def test_what_is_written_is_read_back(values: dict[str, str]) -> None:
    """Any objects, sealed as the standard says, are read back as they were written."""
    body = "".join(f"{key}{len(value):02}{value}" for key, value in values.items())
    head = f"000201{body}6304"
    seal = f"{crc16(head.encode()):04X}"
    assert merchant_objects(head + seal) == {"00": "01", **values, "63": seal}


@given(st.text(max_size=600) | st.from_regex(r"([0-9]{4}[ -~]{0,9})*", fullmatch=True))
def test_any_payload_is_read_or_refused(payload: str) -> None:
    """Objects that are read make up the payload again; everything else is refused."""
    found = objects(payload)
    if found is not None:
        rebuilt = "".join(f"{key}{len(value):02}{value}" for key, value in found.items())
        assert rebuilt == payload
