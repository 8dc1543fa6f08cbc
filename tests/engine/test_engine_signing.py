"""The cash register's chain at the engine: each sale and return signed in turn, none left out.

The chain is checked with the key's public half, over the text as the authority spells it.
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pos.engine import Terms
from pos.register_key import KEY_VERSION, RegisterKey, is_signature, public_key
from pos.sale.input import AddProduct, Charge, GiveBack, Next, Presenting, Tip
from pos.sale.signing import FIRST
from pos.sale.vat import VatClass
from tests.engine.conftest import OPENS_S, Shop
from tests.engine.counter import beside
from tests.engine.test_engine_orders import shelf_of

ZONE = timezone(timedelta(hours=2))


@pytest.fixture
def key(shop: Shop) -> RegisterKey:
    """The key of a cash register that is at work."""
    made = RegisterKey.at(shop.folder)
    shop.start(register_key=made, zone=ZONE)
    return made


def check(shop: Shop, key: RegisterKey) -> list[tuple[str, str]]:
    """Amounts with VAT and without, of each signed document; the whole chain has to hold."""
    public, previous, found = public_key(key.public_pem().encode()), FIRST, []
    signed = [fields for kind, fields in shop.entries() if kind == "Signed"]
    for number, each in enumerate(signed, 1):
        amounts = [f"{each[name] / 100:.2f}" for name in ("gross", "net")]
        text = ";".join((previous, each["date"], each["time"], str(number), *amounts))
        assert is_signature(public, text, each["signature"])
        assert (each["number"], each["key_version"]) == (number, KEY_VERSION)
        assert each["currency"] == "NOK"
        previous = each["signature"]
        found.append((amounts[0], amounts[1]))
    return found


def test_a_sale_is_signed_before_its_receipt(shop: Shop, key: RegisterKey) -> None:
    """In the shop's time, with and without VAT."""
    paid = shop.charge("pays", "100")
    assert check(shop, key) == [("100.00", "80.00")]
    signed = next(fields for kind, fields in shop.entries() if kind == "Signed")
    opened = next(fields for kind, fields in shop.entries() if kind == "Opened")
    moment = datetime.fromtimestamp(opened["opened_at"], UTC).astimezone(ZONE)
    assert (signed["date"], signed["time"]) == (f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}")
    assert moment.hour == datetime.fromtimestamp(OPENS_S, UTC).hour + 2
    assert signed["document_id"] == paid
    assert [kind for kind, _ in shop.all_entries()].count("OrderPlaced") == 1
    kinds = shop.kinds()
    assert kinds.index("Signed") < kinds.index("ReceiptBegun")


def test_a_return_is_signed_below_zero(shop: Shop, key: RegisterKey) -> None:
    """At its own moment, of what came back."""
    paid = shop.paid("100")
    shop.fate.pass_time(3600.0)
    shop.engine.handle(GiveBack(paid, "25"))
    assert check(shop, key) == [("100.00", "80.00"), ("-25.00", "-20.00")]
    sale, back = (fields for kind, fields in shop.entries() if kind == "Signed")
    assert back["time"] > sale["time"]
    asked = next(fields for kind, fields in shop.entries() if kind == "RefundAsked")
    assert back["document_id"] == asked["refund_id"]


def test_goods_are_signed_at_their_own_rates_and_tips_without(shop: Shop) -> None:
    """The net amount is that of the lines, and the whole tip."""
    key = RegisterKey.at(shop.folder)
    terms = Terms("nb", tips=True)
    shop.start(register_key=key, shelf=shelf_of(shop.folder), terms=terms)
    for each in (AddProduct("K1"), AddProduct("B1"), Charge("", Presenting.CUSTOMER), Tip("10")):
        shop.engine.handle(each)
    shop.scan(shop.code())
    assert check(shop, key) == [("94.00", "79.91")]  # 45 at 25 %, 39 at 15 %, 10 of tip
    paid = shop.view.request_id
    shop.engine.handle(Next())
    shop.engine.handle(GiveBack(paid))
    assert check(shop, key)[1] == ("-94.00", "-79.91")


def test_declined_and_cancelled_sales_are_not_signed(shop: Shop, key: RegisterKey) -> None:
    """The chain has no hole for them."""
    shop.charge("declines", "10")
    shop.engine.handle(Next())
    shop.paid("20")
    assert [gross for gross, _ in check(shop, key)] == ["20.00"]


def test_what_a_death_left_unsigned_is_signed_at_the_next_start(shop: Shop) -> None:
    """In the order of the numbers, and once."""
    shop.start(zone=ZONE)
    shop.paid("10")
    paid = shop.paid("20")
    shop.engine.handle(GiveBack(paid, "5"))
    key = RegisterKey.at(shop.folder)
    for _ in range(2):
        shop.start(register_key=key, zone=ZONE)
        assert [gross for gross, _ in check(shop, key)] == ["10.00", "20.00", "-5.00"]


def test_what_comes_by_the_static_code_is_a_keyed_amount(shop: Shop) -> None:
    """Nobody told the till of goods: it writes one line down, at the shop's usual rate."""
    counter = beside(shop)
    key = RegisterKey.at(shop.folder)
    terms = Terms("nb", VatClass.REDUCED)
    shop.start(register_key=key, zone=ZONE, watches=True, terms=terms)
    counter.watching()
    counter.pay(11_500)
    shop.go_on(10.0)
    assert check(shop, key) == [("115.00", "100.00")]
    (placed,) = [fields for kind, fields in shop.all_entries() if kind == "OrderPlaced"]
    lines = placed["order"]["lines"]
    assert [(line["unit_price"], line["vat"]) for line in lines] == [(11_500, 1500)]
    (payment,) = shop.engine.history.payments.values()
    assert placed["placed_at"] == payment.opened_at


def test_a_disk_that_fails_signs_nothing(shop: Shop) -> None:
    """What could not be written is signed at the next start."""
    shop.start(zone=ZONE)
    shop.paid("10")
    key = RegisterKey.at(shop.folder)
    shop.open(register_key=key, zone=ZONE)
    shop.break_disk("write", "sync")
    shop.engine.start()
    assert shop.view.stopped is not None
    shop.mend_disk()
    assert check(shop, key) == []
    shop.start(register_key=key, zone=ZONE)
    assert check(shop, key) == [("10.00", "8.00")]


def test_a_beside_register_signs_nothing(till: Shop) -> None:
    """A terminal is no cash register."""
    till.paid("10")
    assert "Signed" not in till.kinds()
