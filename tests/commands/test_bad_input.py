"""Bad input gets one clear sentence, the right exit code, and moves nothing.

Apart from the tests of what `pos.sale.code` makes of each code: here the promise is the whole
command's, down to the switch's books.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import segno
import zxingcpp
from driving import shell
from driving.shell import one_sentence
from driving.tills import Till
from PIL import Image

ORDER_URL = "https://qr.alipay.com/281999040000abcdefghijklmnopqrstuvwx"
EMVCO_SHOP = (
    "00020101021126330017com.example.pay0108shop-0015204581453035785405129.05802NO"
    "5910FJORD KAFE6004OSLO6304"
)

# What is held up, and a word that the sentence must hold.
FOREIGN = {
    "WeChat": ("134567890123456789", "WeChat"),
    "UnionPay": ("6212345678901234567", "UnionPay"),
    "a merchant's order": (ORDER_URL, "shop"),
    "a merchant's EMVCo code": (EMVCO_SHOP, "shop"),
    "a card": ("hQVDUFYwMWFPB6AAAAAzMwFXEWIVAAAAAAAAAA==", "card"),
    "a product's digits": ("7038010009457", "too short"),
    "control characters": ("2810310212345678\x1b[2J90123456", "characters"),
    "a link": ("https://example.org/pay?to=me", "link"),
    "33 digits": ("28" * 16 + "2", "longer"),
    "nothing but blanks": ("   ", "empty"),
}


def untouched(till: Till) -> None:
    """Nothing of a payment was written or sent."""
    assert till.states() == []
    assert till.booked() == []


@pytest.mark.parametrize(("text", "word"), FOREIGN.values(), ids=FOREIGN)
def test_a_code_that_does_not_pay_is_named(text: str, word: str, till: Till) -> None:
    """Exit 1, what it is and what to do in one sentence; nothing journaled, nothing sent."""
    done = till.sell(text)
    assert (done.code, done.last["state"], done.last["request_id"]) == (1, "REFUSED", "")
    said = one_sentence(done.err)
    assert word in said
    assert text not in done.out + done.err
    untouched(till)


def test_digits_that_only_the_switch_can_judge(till: Till) -> None:
    """32 digits go to the switch, which refuses them: declined on both sides, nothing charged."""
    code = "28" * 16
    done = till.sell(code)
    assert (done.code, done.last["state"]) == (1, "DECLINED")
    assert done.last["result_code"] == "INVALID_PAYMENT_CODE"
    one_sentence(done.err)
    assert code not in done.out + done.err
    assert [row["state"] for row in till.booked()] == ["FAILED"]
    assert till.differences() == []


def product(path: Path) -> None:
    """A barcode as on a carton of milk."""
    symbol = zxingcpp.create_barcode("7038010009457", zxingcpp.BarcodeFormat.EAN13)
    drawn = zxingcpp.write_barcode_to_image(symbol, scale=4, add_quiet_zones=True)
    Image.fromarray(np.array(drawn)).save(path)


def wechat(path: Path) -> None:
    """A WeChat Pay code as a phone shows it."""
    segno.make_qr("134567890123456789").save(str(path), scale=8)


def blank(path: Path) -> None:
    """A picture of a wall."""
    Image.new("L", (640, 480), 200).save(path)


PICTURES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a product": (product, "no payment code"),
    "WeChat": (wechat, "WeChat"),
    "nothing": (blank, "can be read"),
}


@pytest.mark.parametrize(("draw", "word"), PICTURES.values(), ids=PICTURES)
def test_a_picture_that_does_not_pay_is_named(
    draw: Callable[[Path], None], word: str, till: Till, tmp_path: Path
) -> None:
    """The same for what a camera saw."""
    draw(tmp_path / "seen.png")
    done = till.pos("sell", "--amount", "5", "--image", str(tmp_path / "seen.png"))
    assert (done.code, done.last["state"]) == (1, "REFUSED")
    assert word in one_sentence(done.err)
    untouched(till)


@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\r\n\x1a\n broken"])
def test_a_picture_that_is_none(content: bytes | None, till: Till, tmp_path: Path) -> None:
    """A missing, empty or broken file is wrong use."""
    picture = tmp_path / "seen.png"
    if content is not None:
        picture.write_bytes(content)
    done = till.pos("sell", "--amount", "5", "--image", str(picture))
    assert (done.code, done.out) == (2, "")
    assert "seen.png" in one_sentence(done.err)
    untouched(till)


AMOUNTS = {
    "0": "above zero",
    "-5": "above zero",
    "1000000.00": "too large",
    "129.001": "too many decimals",
    "kr 5": "not an amount",
    "": "not an amount",
    "٣": "not an amount",
    "5\x1b[2J": "not an amount",
}


@pytest.mark.parametrize(("amount", "word"), AMOUNTS.items())
def test_an_amount_that_cannot_be_paid(amount: str, word: str, till: Till) -> None:
    """Exit 2 with the remedy, before anything is opened."""
    done = till.pos("sell", f"--amount={amount}", "--code", "281031020000000000000000")
    assert (done.code, done.out) == (2, "")
    assert word in one_sentence(done.err)
    assert not (till.folder / "journal.db").exists()


@pytest.mark.parametrize("currency", ["ZZZ", "nok", ""])
def test_a_currency_that_is_none(currency: str, till: Till) -> None:
    """An unknown currency is wrong use; an empty one is the terminal's own."""
    done = till.pos("sell", "--amount", "-1", "--currency", currency, "--show")
    assert done.code == 2
    assert (currency or "above zero") in one_sentence(done.err)


GOOD = '[switch]\nurl = "http://127.0.0.1:9"\nclient_id = "t"\nkey = "k"\npublic_key = "p"\n'

SETTINGS = {
    "an unknown key": ('[terminal]\nlangauge = "nb"\n', "terminal.langauge"),
    "an unknown section": ("[terminals]\n", "terminals"),
    "a missing key": (GOOD.replace('client_id = "t"\n', ""), "switch.client_id"),
    "a missing key file": (GOOD, "switch.key"),
    "a wrong type": ("[merchant]\nmcc = 5814\n", "merchant.mcc"),
    "an unknown language": ('[terminal]\nlanguage = "tlh"\n', "terminal.language"),
    "an unknown currency": ('[terminal]\ncurrency = "ZZZ"\n', "ZZZ"),
    "a wrong address": (GOOD.replace("http:", "gopher:"), "switch.url"),
    "no TOML": ("[terminal\n", "not TOML"),
    "no text": ("\udcff", "cannot be read"),
    "no printer": ('[devices]\ncamera = "none"\nprinter = "fax"\n', "fax"),
}


@pytest.mark.parametrize(("content", "word"), SETTINGS.values(), ids=SETTINGS)
def test_a_fault_in_the_settings_names_its_key(content: str, word: str, tmp_path: Path) -> None:
    """Exit 2 naming the key and the file, before anything is sold."""
    settings = tmp_path / "terminal.toml"
    settings.write_bytes(content.encode("utf-8", "surrogateescape"))
    done = shell.run("sell", "--amount", "5", "--show", "--state", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert word in one_sentence(done.err)


@pytest.mark.parametrize(
    "key", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_a_key_file_that_holds_no_key(key: str, till: Till) -> None:
    """Exit 2, and nothing of the file is shown."""
    (till.folder / "till.pem").write_text(key)
    done = till.pos("sell", "--amount", "5", "--show")
    assert (done.code, done.out) == (2, "")
    assert "private key" in one_sentence(done.err)
    untouched(till)


def test_settings_that_are_not_there(till: Till, tmp_path: Path) -> None:
    """A file named by option or environment must exist."""
    absent = str(tmp_path / "absent.toml")
    for done in (
        till.pos("sell", "--amount", "5", "--show", "--config", absent),
        till.pos("sell", "--amount", "5", "--show", extra={"POS_CONFIG": absent}),
    ):
        assert done.code == 2
        assert absent in one_sentence(done.err)
