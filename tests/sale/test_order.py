"""What is sold: lines, discounts and tip that sum to an amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import AmountError
from pos.sale.money import Amount
from pos.sale.order import Discount, Line, Order, order_of, spread

COFFEE = Line("Kaffe", 4500, 2, vat=2500, product="1")
BUN = Line("Bolle", 3900, vat=1500, product="2")


def order(*lines: Line, discount: Discount = Discount(), tip: int = 0) -> Order:  # noqa: B008
    """An order of these lines."""
    return Order("sale", "NOK", lines, tip=tip).discounted(discount)


def test_the_lines_sum_to_the_amount() -> None:
    """The total is the sum of the lines, in their currency."""
    assert order(COFFEE, BUN).total() == Amount(12900, "NOK")


def test_a_keyed_amount_is_an_order_of_one_line() -> None:
    """A sale by amount is the same to the payment as one from a catalogue."""
    assert order_of("sale", Amount(4500, "NOK"), vat=2500).total() == Amount(4500, "NOK")


def test_a_total_beyond_the_most_is_refused() -> None:
    """Lines that are each payable may not sum to more than one sale takes."""
    line = Line("Ski", 99_999_999)
    with pytest.raises(AmountError):
        order(line, line)


def test_an_empty_order_cannot_be_paid() -> None:
    """Nor can one that is wholly given away."""
    for empty in (order(), order(BUN, discount=Discount(percent=10_000))):
        assert empty.value == 0
        with pytest.raises(AmountError):
            empty.total()


def test_a_line_is_valid_or_does_not_exist() -> None:
    """Quantity and price have limits, and a share is no more than the line."""
    for wrong in ({"quantity": 0}, {"quantity": 1000}, {"unit_price": 0}, {"unit_price": -1}):
        with pytest.raises(AmountError):
            Line(**({"text": "x", "unit_price": 1} | wrong))
    with pytest.raises(ValueError, match="no line"):
        Line("x", 100, share=101)


def test_a_discount_follows_the_quantity() -> None:
    """Ten per cent of two is twice that of one; five kroner stay five kroner."""
    tenth, five = Discount(percent=1000), Discount(value=500)
    assert Line("x", 5000, 2, discount=tenth).amount == 9000
    assert Line("x", 5000, 4, discount=tenth).amount == 18000
    assert Line("x", 5000, 2, discount=five).amount == 9500
    assert Line("x", 300, discount=five).amount == 0


@pytest.mark.parametrize(
    ("typed", "discount"),
    [
        ("10%", Discount(percent=1000)),
        ("12,5 %", Discount(percent=1250)),
        ("12.05%", Discount(percent=1205)),
        ("100 %", Discount(percent=10_000)),
        ("5", Discount(value=500)),
        ("5,50", Discount(value=550)),
        ("", Discount()),
        ("0", Discount()),
        ("0.00", Discount()),
    ],
)
def test_a_discount_is_typed_as_per_cent_or_as_money(typed: str, discount: Discount) -> None:
    """With the mark of either language."""
    assert Discount.parse(typed, "NOK") == discount


@pytest.mark.parametrize("typed", ["101%", "-5%", "%", "1.234%", "ten", "-5", "1e2%"])
def test_what_is_no_discount_is_refused(typed: str) -> None:
    """More than everything, less than nothing, or no number."""
    with pytest.raises(AmountError):
        Discount.parse(typed, "NOK")


LINES = st.lists(
    st.builds(
        Line,
        st.just("x"),
        st.integers(1, 20_000),
        st.integers(1, 9),
        st.sampled_from([0, 1200, 1500, 2500]),
        discount=st.one_of(
            st.builds(Discount, percent=st.integers(0, 10_000)),
            st.builds(Discount, value=st.integers(0, 30_000)),
        ),
    ),
    max_size=12,
)
DISCOUNTS = st.one_of(
    st.builds(Discount, percent=st.integers(0, 10_000)),
    st.builds(Discount, value=st.integers(0, 400_000)),
)


@given(LINES, DISCOUNTS)
def test_an_orders_discount_is_spread_to_the_last_unit(
    lines: list[Line], discount: Discount
) -> None:
    """The shares sum to the discount, in proportion within one unit, and no line is negative."""
    shared = spread(lines, discount)
    before = sum(line.amount for line in lines)
    off = discount.of(before)
    assert sum(line.share for line in shared) == off
    assert sum(line.amount for line in shared) == before - off
    for line in shared:
        assert line.amount >= 0
        exact = off * (line.gross - line.taken_off) / before if before else 0
        assert abs(line.share - exact) < 1


@given(LINES, DISCOUNTS, st.integers(0, 5000))
def test_net_and_vat_and_tip_are_the_whole(lines: list[Line], discount: Discount, tip: int) -> None:
    """The VAT table accounts for every unit of the lines; the tip is outside it."""
    sold = order(*lines, discount=discount, tip=tip)
    table = sold.vat_table()
    assert sum(row.net + row.vat for row in table) + tip == sold.value
    assert sum(row.gross for row in table) + tip == sold.value
    for row in table:
        assert row.net == sum(line.net for line in sold.lines if line.vat == row.rate)


def test_one_more_of_the_same_is_one_line() -> None:
    """Three times the same bottle scanned is a line of three, but a discounted one stays apart."""
    sold = order().added(BUN).added(BUN)
    assert [line.quantity for line in sold.lines] == [2]
    cheaper = Line("Bolle", 3900, vat=1500, product="2", discount=Discount(value=100))
    assert len(order(cheaper).added(BUN).lines) == 2
    keyed = Line("", 1000)
    assert len(order(keyed).added(keyed).lines) == 2


def test_taking_a_line_off_counts_as_a_correction() -> None:
    """As the cash register rules want it: how many, and how much. More is none."""
    sold = order(COFFEE, BUN, discount=Discount(percent=1000))
    less = sold.corrected_to(0, None)
    assert (less.correction_count, less.corrected) == (1, 9000)
    assert less.value == 3510
    fewer = sold.corrected_to(0, Line("Kaffe", 4500, 1, vat=2500, product="1"))
    assert (fewer.correction_count, fewer.corrected) == (1, 4500)
    more = sold.corrected_to(0, Line("Kaffe", 4500, 5, vat=2500, product="1"))
    assert (more.correction_count, more.corrected) == (0, 0)
    assert more.value == (22500 + 3900) * 9 // 10
