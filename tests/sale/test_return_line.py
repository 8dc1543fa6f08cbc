"""Goods that come back: never more than was sold, and parts that add up."""

import pytest

from pos.sale.order import Discount, Line, Order
from pos.sale.return_line import ReturnLine, fits, value_of, values_of

ORDER = Order("s1", "NOK", (Line("Bolle", 100, 3, discount=Discount(value=200)), Line("Kaffe", 39)))


def test_parts_of_a_line_add_up_to_it() -> None:
    """A third of 100 is 33, then 33, then 34."""
    before: list[ReturnLine] = []
    parts = []
    for _ in range(3):
        parts.append(value_of(ORDER, [ReturnLine(0, 1)], before))
        before.append(ReturnLine(0, 1))
    assert parts == [33, 33, 34]
    assert values_of(ORDER, [ReturnLine(0, 1)] * 3, []) == (33, 33, 34)


@pytest.mark.parametrize(
    ("lines", "before", "right"),
    [
        ([ReturnLine(0, 3)], [], True),
        ([ReturnLine(0, 4)], [], False),
        ([ReturnLine(0, 2)], [ReturnLine(0, 2)], False),
        ([ReturnLine(0, 2), ReturnLine(0, 2)], [], False),
        ([ReturnLine(1, 1)], [ReturnLine(0, 3)], True),
        ([ReturnLine(2, 1)], [], False),
        ([ReturnLine(-1, 1)], [], False),
        ([ReturnLine(1, 0)], [], False),
        ([ReturnLine(1, -1)], [], False),
    ],
)
def test_only_what_was_sold_comes_back_and_once(
    lines: list[ReturnLine], before: list[ReturnLine], right: bool
) -> None:
    """By line, over all refunds of the sale together."""
    assert fits(ORDER, lines, before) is right
