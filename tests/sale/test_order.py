"""What is sold: lines that sum to an amount."""

import pytest

from pos.errors import AmountError
from pos.sale.money import Amount
from pos.sale.order import Line, Order, order_of


def test_the_lines_sum_to_the_amount() -> None:
    """The total is the sum of the lines, in their currency."""
    lines = (Line("Kaffe", Amount(9000, "NOK"), 2), Line("Bolle", Amount(3900, "NOK")))
    assert Order("sale", lines).total() == Amount(12900, "NOK")


def test_a_keyed_amount_is_an_order_of_one_line() -> None:
    """A sale by amount is the same to the payment as one from a catalogue."""
    assert order_of("sale", Amount(4500, "NOK")).total() == Amount(4500, "NOK")


def test_a_total_beyond_the_most_is_refused() -> None:
    """Lines that are each payable may not sum to more than one sale takes."""
    line = Line("Ski", Amount(99_999_999, "NOK"))
    with pytest.raises(AmountError):
        Order("sale", (line, line)).total()
