"""The desk's order at the engine: what is written of it, parked, recalled, given up and placed.

A real catalogue file, a real journal; the payment's intent follows its order.
"""

from pathlib import Path
from typing import Any

import pytest

from pos.engine import Terms
from pos.engine.orders import LOOK_EVERY_S
from pos.sale.input import (
    AddAmount,
    AddProduct,
    Charge,
    Drop,
    Next,
    Park,
    Presenting,
    Recall,
    Scanned,
    SetDiscount,
    SetQuantity,
    Tip,
)
from pos.sale.mode import KIOSK
from pos.sale.secret import Secret
from pos.sale.vat import VatClass
from pos.sale.view import Stage
from pos.shelf import CatalogueShelf
from tests.engine.conftest import DAY, Shop, said

CATALOGUE = """\
reference;name;price;vat;gtin;age_limit
K1;Kaffe;45,00;standard;4006381333931;
B1;Bolle;39,00;reduced;96385074;
P1;Pils;98,00;standard;;18
"""
FILE = "products.csv"


@pytest.fixture
def shelf(shop: Shop) -> CatalogueShelf:
    """The catalogue of a till that is at work with it."""
    made = shelf_of(shop.folder)
    shop.start(shelf=made)
    return made


def shelf_of(folder: Path) -> CatalogueShelf:
    """A shelf over the catalogue in this folder, which is there."""
    (folder / FILE).write_text(CATALOGUE, encoding="utf-8")
    return CatalogueShelf(folder / FILE, folder, "NOK", "nb")


def orders(shop: Shop, kind: str) -> list[dict[str, Any]]:
    """The fields of the entries of this kind, which tell of orders."""
    return [fields for name, fields in shop.all_entries() if name == kind]


def test_products_are_shown_and_sold(shop: Shop, shelf: CatalogueShelf) -> None:
    """A key and a scan each add a line; the order is written right before its payment."""
    assert shop.view.products is shelf.catalogue
    assert shop.view.shelf is None
    for each in (AddProduct("K1", 2), Scanned(Secret("96385074"), "EAN8")):
        shop.engine.handle(each)
    order = shop.view.order
    assert order is not None
    assert [(line.text, line.quantity, line.vat) for line in order.lines] == [
        ("Kaffe", 2, 2500),
        ("Bolle", 1, 1500),
    ]
    at_s = shop.wall_s()
    shop.engine.handle(Charge("", Presenting.CUSTOMER))
    shop.scan(shop.code())
    kinds = [kind for kind, _ in shop.all_entries()][1:4]
    assert kinds == ["OrderPlaced", "Opened", "Witnessed"] or kinds[:2] == ["OrderPlaced", "Opened"]
    (placed,) = orders(shop, "OrderPlaced")
    (opened,) = orders(shop, "Opened")
    assert placed["order"]["sale_id"] == opened["sale_id"]
    assert len(opened["sale_id"]) == 32
    assert placed["order"]["day"] == ""  # which only tickets are for
    assert placed["placed_at"] == at_s
    assert [line["product"] for line in placed["order"]["lines"]] == ["K1", "B1"]
    assert opened["amount"] == {"value": 12_900, "currency": "NOK"}


def test_each_sale_has_an_id_of_its_own(shop: Shop, shelf: CatalogueShelf) -> None:
    """A keyed amount is one line at the shop's usual rate, and an order like any other."""
    shop.paid("10")
    shop.paid("20")
    placed = [each["order"] for each in orders(shop, "OrderPlaced")]
    assert len({order["sale_id"] for order in placed}) == 2
    assert [(line["unit_price"], line["vat"]) for line in placed[0]["lines"]] == [(1_000, 2500)]
    assert placed[0]["lines"][0]["product"] == ""


def test_a_shop_of_another_rate_sells_at_that(shop: Shop) -> None:
    """The settings say of which class a keyed amount is; the day says how much that is."""
    shop.start(terms=Terms("nb", VatClass.REDUCED))
    shop.paid("10")
    (placed,) = orders(shop, "OrderPlaced")
    assert placed["order"]["lines"][0]["vat"] == 1500
    assert DAY > 0


def test_a_tip_is_asked_for_and_no_part_of_the_goods(shop: Shop) -> None:
    """It stands on the order of its own, with goods and with a keyed amount alike."""
    shop.start(shelf=shelf_of(shop.folder), terms=Terms("nb", tips=True))
    for each in (AddProduct("K1"), Charge("", Presenting.CUSTOMER), Tip("5")):
        shop.engine.handle(each)
    shop.scan(shop.code())
    shop.engine.handle(Next())
    for given in (Charge("100", Presenting.CUSTOMER), Tip("10%")):
        shop.engine.handle(given)
    shop.scan(shop.code())
    goods, keyed = (each["order"] for each in orders(shop, "OrderPlaced"))
    assert (goods["tip"], goods["lines"][0]["unit_price"]) == (500, 4_500)
    assert (keyed["tip"], keyed["lines"][0]["unit_price"]) == (1_000, 10_000)
    assert [each["amount"]["value"] for each in orders(shop, "Opened")] == [5_000, 11_000]


def test_an_order_is_parked_under_its_label_and_recalled(shop: Shop, shelf: CatalogueShelf) -> None:
    """Off the desk and on the list; then off the list and on the desk, the same lines."""
    for each in (AddProduct("K1"), SetDiscount("5", 0)):
        shop.engine.handle(each)
    order = shop.view.order
    at_s = shop.wall_s()
    shop.engine.handle(Park("Table 4"))
    assert shop.view.order is None
    (parked,) = orders(shop, "OrderParked")
    assert (parked["label"], parked["parked_at"]) == ("Table 4", at_s)
    (waiting,) = shop.view.parked
    assert (waiting.park_id, waiting.order) == (parked["park_id"], order)
    assert waiting.park_id
    shop.engine.handle(Recall("no-such-order"))
    assert (shop.view.order, len(shop.view.parked)) == (None, 1)
    shop.engine.handle(Recall(waiting.park_id))
    assert (shop.view.order, shop.view.parked) == (order, ())
    assert orders(shop, "OrderRecalled") == [{"park_id": waiting.park_id}]
    shop.engine.handle(Recall(waiting.park_id))
    assert said(shop.view.notice)[0] == "order.park_first"


def test_an_order_given_up_is_counted(shop: Shop, shelf: CatalogueShelf) -> None:
    """Whole, or by taking the last line off; one that was never begun is not."""
    shop.engine.handle(Drop())
    shop.engine.handle(AddProduct("K1"))
    order = shop.view.order
    at_s = shop.wall_s()
    shop.engine.handle(Drop())
    assert shop.view.order is None
    for each in (AddProduct("B1"), SetQuantity(0, 0)):
        shop.engine.handle(each)
    dropped = orders(shop, "OrderDropped")
    assert [each["order"]["lines"][0]["product"] for each in dropped] == ["K1", "B1"]
    assert dropped[0]["dropped_at"] == at_s
    assert order is not None
    assert shop.view.order is None


def test_an_order_that_nobody_comes_back_to_is_given_up(shop: Shop) -> None:
    """Where customers serve themselves; a paid order is not, nor an outcome that nobody read."""
    shop.start(shelf=shelf_of(shop.folder), mode=KIOSK)
    shop.engine.handle(AddProduct("K1"))
    shop.go_on(30.0)
    assert shop.view.order is not None
    shop.go_on(40.0)
    assert shop.view.order is None
    (dropped,) = orders(shop, "OrderDropped")
    assert dropped["order"]["lines"][0]["product"] == "K1"
    assert shop.wall_s() - 40.0 <= dropped["dropped_at"] <= shop.wall_s()
    for each in (AddProduct("B1"), Charge("", Presenting.CUSTOMER)):
        shop.engine.handle(each)
    shop.scan(shop.code())
    assert shop.view.stage is Stage.OUTCOME
    shop.go_on(70.0)
    assert shop.view.stage is Stage.READY
    assert len(orders(shop, "OrderDropped")) == 1


def test_what_the_disk_does_not_take_stays_on_the_desk(shop: Shop, shelf: CatalogueShelf) -> None:
    """An order that could not be parked is not gone."""
    shop.engine.handle(AddProduct("K1"))
    order = shop.view.order
    shop.break_disk("write", "sync")
    shop.engine.handle(Park())
    assert shop.view.order == order
    shop.engine.handle(AddAmount("10"))
    assert shop.view.order == order
    assert shop.view.stopped is not None


def test_a_new_catalogue_is_taken_between_two_sales(shop: Shop, shelf: CatalogueShelf) -> None:
    """Looked for every two seconds while the desk is free; a bad one is said, the good one kept."""
    path = shop.folder / FILE
    shop.fate.pass_time(LOOK_EVERY_S)
    shop.engine.work()
    path.write_text(CATALOGUE.replace("45,00", "47,00"), encoding="utf-8")
    shop.engine.work()
    assert shop.view.products.by_reference["K1"].price.value == 4_500
    shop.fate.pass_time(LOOK_EVERY_S - 0.1)
    count = len(shop.views)
    shop.engine.work()
    assert shop.view.products.by_reference["K1"].price.value == 4_500
    shop.fate.pass_time(0.2)
    shop.engine.work()
    assert len(shop.views) == count + 1
    assert shop.view.products.by_reference["K1"].price.value == 4_700
    path.write_text(CATALOGUE.replace("4006381333931", "4006381333930"), encoding="utf-8")
    shop.fate.pass_time(LOOK_EVERY_S)
    shop.engine.work()
    assert shop.view.shelf is not None
    assert shop.view.products.by_reference["K1"].price.value == 4_700
    shop.engine.handle(Charge("10", Presenting.CUSTOMER))
    path.write_text(CATALOGUE, encoding="utf-8")
    shop.fate.pass_time(LOOK_EVERY_S)
    shop.engine.work()
    assert shop.view.shelf is not None


def test_without_a_catalogue_nothing_is_looked_for(till: Shop) -> None:
    """A till that sells by amount alone has no products, and no product to scan."""
    assert len(till.view.products) == 0
    till.engine.handle(Scanned(Secret("4006381333931"), "EAN13"))
    assert said(till.view.notice) == ("order.no_product", {"product": "4006381333931"}, False)
    till.go_on(LOOK_EVERY_S)
    assert till.view.shelf is None


def test_what_lies_there_when_a_sale_ends_is_no_new_article(
    shop: Shop, shelf: CatalogueShelf
) -> None:
    """The eye looks for articles again without forgetting what it saw; for a code it looks anew."""
    shop.engine.handle(AddProduct("K1"))
    shop.engine.handle(Charge("", Presenting.CUSTOMER))
    shop.scan(shop.code())
    assert shop.eye == ["resume", "arm", "disarm", "resume"]
    assert shelf.fault is None
