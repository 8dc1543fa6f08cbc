"""What a refund gives back of which line, so that its VAT is that of the goods it is for.

Apart, and pure, because a return receipt, a Z report and the audit file must divide one refund
in the same way: refunds of a sale that was given back whole add up to its lines, to the øre.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pos.sale.order import Line, Order
from pos.sale.return_line import ReturnLine, values_of
from pos.sale.vat import VatRow, net_of


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """`gross` minor units of line `place` (from 0), of which `net` without VAT."""

    place: int
    line: Line
    gross: int
    net: int


@dataclass(frozen=True, slots=True)
class Returned:
    """One refund taken apart; `tip` is the part of it that gives back a tip."""

    lines: tuple[ReturnedLine, ...]
    tip: int = 0

    def vat_table(self) -> tuple[VatRow, ...]:
        """A row for each rate, highest first, as `Order.vat_table`."""
        rows = []
        for rate in sorted({each.line.vat for each in self.lines}, reverse=True):
            of_rate = [each for each in self.lines if each.line.vat == rate]
            gross, net = sum(each.gross for each in of_rate), sum(each.net for each in of_rate)
            rows.append(VatRow(rate, net, gross - net, gross))
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a line was not given back yet."""

    gross: int
    net: int


@dataclass(frozen=True, slots=True)
class Given:
    """One refund: its minor units, and the goods that came back, none for one by amount."""

    value: int
    lines: tuple[ReturnLine, ...] = ()


def taken_apart(order: Order, refunds: Sequence[Given]) -> tuple[Returned, ...]:
    """Each of a sale's refunds, in their order, divided over what was left of its lines.

    A refund of goods is of their lines. One by amount says nothing of goods, so every line bears
    its part of it: rounded by the largest remainder, the first line before the others where two
    are equal. A tip goes last.
    """
    left = [_Left(line.amount, line.net) for line in order.lines]
    before: list[ReturnLine] = []
    made = []
    for refund in refunds:
        amount = refund.value
        of_lines = min(amount, sum(each.gross for each in left))
        parts = _of_goods(order, refund.lines, before, [each.gross for each in left])
        # What goods are worth may be gone already, by a refund by amount: then the rest bears it.
        rest = [each.gross - part for each, part in zip(left, parts, strict=True)]
        others = _divided(of_lines - sum(parts), rest)
        parts = [part + other for part, other in zip(parts, others, strict=True)]
        before += refund.lines
        lines = []
        for place, part in enumerate(parts):
            if part:
                # The last of a line takes its last net too, whatever the rounding before it was.
                whole = part == left[place].gross
                line = order.lines[place]
                net = left[place].net if whole else min(net_of(part, line.vat), left[place].net)
                lines.append(ReturnedLine(place, line, part, net))
                left[place] = replace(
                    left[place], gross=left[place].gross - part, net=left[place].net - net
                )
        made.append(Returned(tuple(lines), amount - of_lines))
    return tuple(made)


def _of_goods(
    order: Order, lines: Sequence[ReturnLine], before: Sequence[ReturnLine], left: list[int]
) -> list[int]:
    """What these goods take of each line, at most what is left of it."""
    parts = [0] * len(left)
    for line, value in zip(lines, values_of(order, lines, before), strict=True):
        parts[line.place] = min(parts[line.place] + value, left[line.place])
    return parts


def _divided(amount: int, weights: list[int]) -> list[int]:
    """`amount`, at most the sum of the weights, in parts like them, none larger than its own."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    rests = [amount * weight % total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: -rests[place])
    for place in by_rest[: amount - sum(parts)]:
        parts[place] += 1
    return parts
