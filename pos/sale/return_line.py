"""Goods that come back: which line of the sale, how many of it, and what they were sold for.

Apart, and pure, because a refund by line must never give back more of a line than was sold, and
parts of a line must add up to it, to the smallest coin.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pos.sale.order import Order


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """`quantity` of line `place` (from 0) of the order."""

    place: int
    quantity: int


def counted(lines: Iterable[ReturnLine]) -> Counter[int]:
    """How many of each line, by its place."""
    counts: Counter[int] = Counter()
    for line in lines:
        counts[line.place] += line.quantity
    return counts


def fits(order: Order, lines: Sequence[ReturnLine], before: Sequence[ReturnLine]) -> bool:
    """Whether these goods were sold, and not yet brought back with the ones `before`."""
    if any(line.quantity < 1 or not 0 <= line.place < len(order.lines) for line in lines):
        return False
    after = counted([*before, *lines])
    return all(after[line.place] <= order.lines[line.place].quantity for line in lines)


def values_of(
    order: Order, lines: Sequence[ReturnLine], before: Sequence[ReturnLine]
) -> tuple[int, ...]:
    """Minor units to give back for each of these lines, discounts taken off as they were.

    A third of 100 is 33, 33 and then 34: each part is what brings the line to its share so far.
    """
    values, come = [], counted(before)
    for line in lines:
        sold = order.lines[line.place]
        upto = come[line.place] + line.quantity
        values.append(
            sold.amount * upto // sold.quantity - sold.amount * come[line.place] // sold.quantity
        )
        come[line.place] = upto
    return tuple(values)


def value_of(order: Order, lines: Sequence[ReturnLine], before: Sequence[ReturnLine]) -> int:
    """The same in all."""
    return sum(values_of(order, lines, before))
