"""The making of an order: what each input does to the desk, and what has to be written down."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.catalogue import Catalogue, Product
from pos.sale.input import (
    AddAmount,
    AddProduct,
    Drop,
    MoreOf,
    Ordering,
    Park,
    Recall,
    Scanned,
    SetDiscount,
    SetQuantity,
)
from pos.sale.money import VALUE_MAX, Amount
from pos.sale.order import Line, Order
from pos.sale.ordering import (
    GiveUpOrder,
    OrderCommand,
    PutAside,
    Shop,
    TakeUp,
    age_denied,
    age_proven,
    order_on,
)
from pos.sale.secret import Secret
from pos.sale.till import FREE, Desk
from pos.sale.vat import VatClass
from pos.sale.view import Stage, Verdict, notice


def product(reference: str, name: str, value: int, vat: VatClass, **fields: object) -> Product:
    """One article with a Norwegian and a Finnish name."""
    names = (("nb", name), ("fi", name + "a"))
    return Product(reference, names, Amount(value, "NOK"), vat, **fields)  # type: ignore[arg-type]


SHOP = Shop(
    "NOK", "NO", "nb", date(2026, 11, 29),
    catalogue=Catalogue([
        product("1", "Kaffe", 4500, VatClass.STANDARD, gtin="4006381333931"),
        product("2", "Bolle", 3900, VatClass.REDUCED, gtin="96385074"),
        product("3", "Øl", 9900, VatClass.STANDARD, age_limit=18),
    ]),
)  # fmt: skip
COFFEE, BUN = AddProduct("1"), AddProduct("2")


def made(*inputs: Ordering | Scanned, desk: Desk = Desk()) -> Desk:  # noqa: B008
    """The desk after these inputs."""
    for each in inputs:
        desk, _ = order_on(desk, each, 1.0, SHOP)
    return desk


def lines(desk: Desk) -> list[tuple[str, int, int, int]]:
    """Text, quantity, amount and rate of each line."""
    order = desk.order
    return [] if order is None else [(x.text, x.quantity, x.amount, x.vat) for x in order.lines]


def scanned(text: str, symbology: str = "EAN13") -> Scanned:
    """A code that the camera or a hand scanner read."""
    return Scanned(Secret(text), symbology)


def test_products_and_amounts_make_an_order() -> None:
    """In the shop's language, at today's rates; the same again is one more."""
    desk = made(COFFEE, BUN, AddProduct("2", 2), AddAmount("12,50"))
    assert lines(desk) == [("Kaffe", 1, 4500, 2500), ("Bolle", 3, 11700, 1500), ("", 1, 1250, 2500)]


def test_products_are_scanned_onto_the_order() -> None:
    """Of 13 digits or of 8."""
    desk = made(scanned("4006381333931"), scanned("96385074", "EAN8"), scanned("4006381333931"))
    assert lines(desk) == [
        ("Kaffe", 1, 4500, 2500),
        ("Bolle", 1, 3900, 1500),
        ("Kaffe", 1, 4500, 2500),
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (scanned("5901234123457"), notice("order.no_product", product="5901234123457")),
        (scanned("5901234123458"), notice("code.product_check_digit")),
        (scanned("281031020000000000004711", "QR"), notice("order.charge_first")),
        (scanned("samkassa:receipt:abcdefgh12345678", "QR"), notice("code.receipt_scanned")),
        (scanned("130000000000000000", "QR"), notice("code.wechat")),
        (scanned("20260301ABCDEFGHIJKLMNOPQR", "QR"), notice("code.not_expected")),
    ],
)
def test_what_is_no_product_of_ours_changes_nothing(code: Scanned, said: object) -> None:
    """Above all a customer who holds the phone up too early pays nothing yet."""
    desk = made(COFFEE, code)
    assert lines(desk) == [("Kaffe", 1, 4500, 2500)]
    assert (desk.stage, desk.notice) == (Stage.READY, said)


def test_an_age_limit_is_said_when_the_product_comes() -> None:
    """And goes with the next one."""
    desk = made(AddProduct("3"))
    assert desk.notice == notice("order.age", age=18)
    assert made(COFFEE, desk=desk).notice is None


def test_a_product_that_went_is_said() -> None:
    """A newer catalogue may come between the list and the key."""
    assert made(AddProduct("99")).notice == notice("order.no_product", product="99")


def test_quantities_change_and_lines_go() -> None:
    """What is taken off is a correction; the last line off is an order given up."""
    desk = made(COFFEE, BUN, SetQuantity(1, 5))
    assert lines(desk)[1] == ("Bolle", 5, 19500, 1500)
    fewer = made(SetQuantity(1, 0), desk=desk)
    assert lines(fewer) == [("Kaffe", 1, 4500, 2500)]
    assert fewer.order is not None
    assert (fewer.order.correction_count, fewer.order.corrected) == (1, 19500)
    empty, command = order_on(fewer, SetQuantity(0, 0), 1.0, SHOP)
    assert (empty.order, command) == (None, GiveUpOrder(fewer.order))
    assert made(SetQuantity(7, 1), desk=desk).order == desk.order
    assert made(SetQuantity(0, 1000), desk=desk).notice == notice("order.quantity", most="999")


def test_one_more_and_one_fewer() -> None:
    """Counted from what the order holds, so that two quick keys are two; none left is gone."""
    desk = made(COFFEE, BUN, MoreOf(0, 1), MoreOf(0, 1), MoreOf(1, -1))
    assert lines(desk) == [("Kaffe", 3, 13500, 2500)]


def test_discounts_on_a_line_and_on_the_order() -> None:
    """Both at once: the order's is of what the lines' left."""
    desk = made(COFFEE, BUN, SetDiscount("10%", 0), SetDiscount("50"))
    assert desk.order is not None
    assert desk.order.value == 4050 + 3900 - 5000
    assert desk.order.lines[0].taken_off == 450
    assert desk.order.taken_off == 5000
    again = made(SetDiscount(""), SetDiscount("", 0), desk=desk)
    assert again.order is not None
    assert again.order.value == 8400
    wrong = made(SetDiscount("101%"), desk=desk)
    assert (wrong.order, wrong.notice) == (desk.order, notice("discount.unreadable"))


def test_an_order_is_parked_recalled_and_given_up() -> None:
    """Each as a command, so that it is written down; recalling needs a free desk."""
    desk = made(COFFEE)
    assert desk.order is not None
    parked, command = order_on(desk, Park("  Bord 4 "), 1.0, SHOP)
    assert (parked.order, command) == (None, PutAside(desk.order, "Bord 4"))
    assert order_on(parked, Recall("p1"), 1.0, SHOP) == (replace(parked), TakeUp("p1"))
    refused, nothing = order_on(desk, Recall("p1"), 1.0, SHOP)
    assert (refused.order, refused.notice, nothing) == (
        desk.order,
        notice("order.park_first"),
        None,
    )
    gone, command = order_on(desk, Drop(), 1.0, SHOP)
    assert (gone.order, command) == (None, GiveUpOrder(desk.order))
    for empty in (Park(), Drop()):
        assert order_on(Desk(), empty, 1.0, SHOP) == (Desk(since_s=1.0), None)


def test_the_first_product_of_the_next_customer_ends_the_last_sale() -> None:
    """As typing does; but an order that was not paid goes on."""
    paid = Desk(Stage.OUTCOME, verdict=Verdict.PAID, order=Order("", "NOK", (Line("x", 100),)))
    assert lines(made(COFFEE, desk=paid)) == [("Kaffe", 1, 4500, 2500)]
    declined = replace(paid, verdict=Verdict.DECLINED)
    assert len(lines(made(COFFEE, desk=declined))) == 2


INPUTS = st.one_of(
    st.builds(AddProduct, st.sampled_from(["1", "2", "3", "9"]), st.integers(1, 400)),
    st.builds(AddAmount, st.sampled_from(["1", "0", "12,5", "x", "999999.99"])),
    st.builds(MoreOf, st.integers(-1, 4), st.integers(-3, 3)),
    st.builds(SetQuantity, st.integers(-1, 4), st.integers(0, 1200)),
    st.builds(
        SetDiscount, st.sampled_from(["", "5%", "100%", "7.77", "x", "99999"]),
        st.one_of(st.none(), st.integers(-1, 4)),
    ),
    st.builds(Drop), st.builds(Park), st.builds(Recall, st.just("p")),
    st.builds(scanned, st.sampled_from(["4006381333931", "5901234123457", ""])),
)  # fmt: skip


@given(st.lists(INPUTS, max_size=25), st.sampled_from(list(Stage)))
def test_no_input_breaks_an_order_or_reaches_a_busy_desk(
    inputs: list[Ordering | Scanned], stage: Stage
) -> None:
    """Whatever is pressed: lines sum to the total, never above the most, never below zero."""
    desk = Desk(stage)
    for each in inputs:
        after, command = order_on(desk, each, 1.0, SHOP)
        if stage not in FREE:
            assert (after, command) == (desk, None)
            continue
        desk, stage = after, after.stage
        assert stage is Stage.READY
        if desk.order is not None:
            assert desk.order.lines
            assert 0 <= desk.order.value <= VALUE_MAX
            assert desk.order.value == sum(row.gross for row in desk.order.vat_table())
        kinds: tuple[type[OrderCommand], ...] = (GiveUpOrder, PutAside, TakeUp)
        assert command is None or isinstance(command, kinds)


def bars(text: str, *, removing: bool = False) -> Scanned:
    """A product's bars before the camera."""
    return Scanned(Secret(text), "EAN13" if len(text) == 13 else "EAN8", removing=removing)


def test_a_product_scanned_with_the_remove_button_held_is_taken_off() -> None:
    """One of it, of the line that came last; the last one of all gives the order up, counted."""
    coffee, off = bars("4006381333931"), bars("4006381333931", removing=True)
    desk = made(coffee, coffee, BUN, coffee)
    desk = made(off, desk=desk)
    assert [(text, count) for text, count, *_ in lines(desk)] == [("Kaffe", 2), ("Bolle", 1)]
    assert desk.order is not None
    assert (desk.order.correction_count, desk.order.corrected) == (1, 4500)
    desk = made(off, off, desk=desk)
    assert [text for text, *_ in lines(desk)] == ["Bolle"]
    again = made(off, desk=desk)
    assert again.order == desk.order
    assert again.notice == notice("order.not_on_it", product="Kaffe")
    after, command = order_on(desk, bars("96385074", removing=True), 1.0, SHOP)
    assert after.order is None
    assert isinstance(command, GiveUpOrder)


def test_the_phone_that_paid_does_not_sweep_the_outcome_away() -> None:
    """It is still held up when the camera looks for products again; a product does begin anew."""
    paid = Desk(Stage.OUTCOME, 1.0, Amount(4500, "NOK"), "r1", verdict=Verdict.PAID)
    assert made(Scanned(Secret("281031020000000000004711"), "QR"), desk=paid) == paid
    assert made(bars("96385074"), desk=paid).stage is Stage.READY


def test_proof_of_age_holds_for_the_order_and_not_above_the_age_that_was_seen() -> None:
    """Seen once, for what follows too; goods for older customers ask again."""
    desk = made(AddProduct("3"))
    assert desk.order is not None
    assert desk.order.age_unproven == 18
    proven = age_proven(desk, 18)
    assert proven.order is not None
    assert proven.order.age_unproven == 0
    more = made(AddProduct("3", 2), BUN, desk=proven)
    assert more.order is not None
    assert (more.order.age_unproven, more.order.age_checked) == (0, 18)
    assert age_proven(proven, 16) == proven, "a lower age takes nothing away"
    younger = age_proven(desk, 16)
    assert younger.order is not None
    assert younger.order.age_unproven == 18
    assert age_proven(Desk(), 18) == Desk()


def test_whoever_is_too_young_keeps_the_rest_of_the_order() -> None:
    """The lines for which age was not proven go, counted as corrections; the last gives it up."""
    after, command = age_denied(made(COFFEE, AddProduct("3"), BUN, AddProduct("3", 2)))
    assert [text for text, *_ in lines(after)] == ["Kaffe", "Bolle"]
    assert command is None
    assert after.order is not None
    assert (after.order.correction_count, after.order.corrected) == (2, 29700)
    alone = made(AddProduct("3"))
    gone, command = age_denied(alone)
    assert gone.order is None
    assert command == GiveUpOrder(alone.order)  # type: ignore[arg-type]
    assert age_denied(Desk()) == (Desk(), None)
