"""What is sold: lines that sum to an amount.

Apart because a sale by amount and a sale from a catalogue are the same to the payment.
"""

from dataclasses import dataclass

from pos.sale.money import Amount


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of `text` for `amount` in all."""

    text: str
    amount: Amount
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """One sale's lines, in one currency; `sale_id` is random and never reused."""

    sale_id: str
    lines: tuple[Line, ...]

    def total(self) -> Amount:
        """The sum of the lines. Raises AmountError when it cannot be paid."""
        return Amount(sum(line.amount.value for line in self.lines), self.lines[0].amount.currency)


def order_of(sale_id: str, amount: Amount, text: str = "") -> Order:
    """The order of a sale that was keyed as one amount."""
    return Order(sale_id, (Line(text, amount),))
