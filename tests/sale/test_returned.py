"""Refunds taken apart over the lines that they are for: to the øre, whatever their order."""

from hypothesis import given
from hypothesis import strategies as st

from pos.sale.order import Discount, Line, Order
from pos.sale.return_line import ReturnLine
from pos.sale.returned import Given, taken_apart
from pos.sale.vat import VatRow

# The three lines of the tax authority's own example, 86.40 in all, and a coffee at 25 %.
EXAMPLE = (Line("Milk", 1640, 2, 1500), Line("Bread", 2580, 1, 1500), Line("Cheese", 2780, 1, 1500))
ORDER = Order("s1", "NOK", (*EXAMPLE, Line("Coffee", 4500, 1, 2500)), tip=1000)

LINES = st.builds(
    Line, st.just(""), st.integers(1, 90_000), st.integers(1, 9),
    st.sampled_from([0, 1200, 1500, 2500]),
)  # fmt: skip


@st.composite
def sales(draw: st.DrawFn) -> tuple[Order, list[int]]:
    """An order, and refunds that give back no more than was paid."""
    order = Order("s", "NOK", tip=draw(st.integers(0, 500))).with_lines(
        draw(st.lists(LINES, min_size=1, max_size=5))
    ).discounted(Discount(percent=draw(st.integers(0, 9000))))  # fmt: skip
    cuts = sorted(draw(st.lists(st.integers(0, order.value), max_size=5)))
    steps = [b - a for a, b in zip([0, *cuts], [*cuts, order.value], strict=True) if b > a]
    return order, steps


@given(sales())
def test_refunds_of_a_whole_sale_add_up_to_its_lines(sale: tuple[Order, list[int]]) -> None:
    """Gross and net of each rate, and the tip, in however many refunds it was given back."""
    order, amounts = sale
    returned = taken_apart(order, [Given(each) for each in amounts])
    for row in order.vat_table():
        of_rate = [each for one in returned for each in one.vat_table() if each.rate == row.rate]
        assert sum(each.gross for each in of_rate) == row.gross
        assert sum(each.net for each in of_rate) == row.net
    assert sum(one.tip for one in returned) == order.tip


@given(sales())
def test_each_refund_is_divided_whole_and_takes_no_line_below_zero(
    sale: tuple[Order, list[int]],
) -> None:
    """Its parts are its amount, and no part is more than the line has left."""
    order, amounts = sale
    left = [line.amount for line in order.lines]
    for amount, returned in zip(
        amounts, taken_apart(order, [Given(each) for each in amounts]), strict=True
    ):
        assert sum(each.gross for each in returned.lines) + returned.tip == amount
        for each in returned.lines:
            assert 0 <= each.net <= each.gross
            left[each.place] -= each.gross
            assert left[each.place] >= 0


def test_a_refund_by_amount_bears_the_vat_of_every_line() -> None:
    """Half of the goods of 131.40 is half at each rate, and nothing of the tip."""
    (half,) = taken_apart(ORDER, [Given(6570)])
    assert half.vat_table() == (VatRow(2500, 1800, 450, 2250), VatRow(1500, 3757, 563, 4320))
    assert half.tip == 0


def test_the_tip_goes_last() -> None:
    """A refund of all but the tip, then of the tip."""
    goods, tip = taken_apart(ORDER, [Given(13140), Given(1000)])
    assert (goods.tip, goods.vat_table()) == (0, ORDER.vat_table())
    assert (tip.tip, tip.lines) == (1000, ())


def test_goods_that_come_back_take_the_vat_of_their_own_line() -> None:
    """One of two milks is half of that line at 15 %, and nothing of the coffee."""
    milk, rest = taken_apart(ORDER, [Given(1640, (ReturnLine(0, 1),)), Given(11500)])
    assert milk.vat_table() == (VatRow(1500, 1426, 214, 1640),)
    assert rest.vat_table() == (VatRow(2500, 3600, 900, 4500), VatRow(1500, 6086, 914, 7000))


def test_goods_whose_money_is_gone_take_it_from_the_other_lines() -> None:
    """After a refund by amount of nearly all, a line comes back for what is left in all."""
    _, coffee = taken_apart(ORDER, [Given(9640), Given(3500, (ReturnLine(3, 1),))])
    assert sum(each.gross for each in coffee.lines) == 3500
