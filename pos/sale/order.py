"""What is sold: lines, discounts and a tip that sum to an amount.

Apart, and pure, because a sale by amount and a sale from a catalogue are the same to the payment,
and because receipts, refunds by line and every report are made of these same lines. All money
here is in minor units of the order's currency, VAT included, and VAT rates are basis points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pos.errors import AmountError
from pos.sale.money import VALUE_MAX, Amount, exponent, major_units
from pos.sale.vat import FULL_BP, VatRow, net_of, vat_table

QUANTITY_MAX = 999
LINES_MAX = 500


@dataclass(frozen=True, slots=True)
class Discount:
    """Taken off a line or an order: `percent` basis points of it, or `value` minor units."""

    percent: int = 0
    value: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= FULL_BP or self.value < 0 or (self.percent and self.value):
            raise AmountError(
                "A discount is at most the whole price; type it like 10 % or 5.00.",
                "discount.unreadable",
            )

    def of(self, gross: int) -> int:
        """Minor units off `gross`, never more than all of it."""
        return self.part_of(gross) if self.percent else min(self.value, gross)

    def part_of(self, gross: int) -> int:
        """The per cent of `gross`, rounded half up."""
        return (2 * gross * self.percent + FULL_BP) // (2 * FULL_BP)

    @classmethod
    def parse(cls, typed: str, currency: str) -> "Discount":
        """The discount that a person typed: `10%`, `12,5 %` or `5.00`; empty or 0 takes it away.

        Raises AmountError with a sentence for the person.
        """
        text = typed.strip()
        if text.endswith("%"):
            whole, _, part = text[:-1].strip().replace(",", ".").partition(".")
            if whole.isdecimal() and (not part or part.isdecimal()) and len(part) <= 2:
                return cls(percent=int(whole) * 100 + int(part.ljust(2, "0")))
            raise AmountError("Type a discount like 10 % or 5.00.", "discount.unreadable")
        if not text.strip("0.,"):
            return cls()
        return cls(value=Amount.parse(text, currency).value)


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of `text` at `unit_price` each, less `taken_off`, less `share`.

    `taken_off` is the line's own discount, and `share` this line's part of the order's discount;
    `discount` says how the first was asked for. `vat` is the rate of the day of the sale.
    `product`, `gtin`, `category`, `benefit` and `age_limit` are the product's, or empty when the
    line was keyed as an amount. One of a ticket admits `persons`, at an entry time if it is
    `timed`, else on the day.
    """

    text: str
    unit_price: int
    quantity: int = 1
    vat: int = 0
    product: str = ""
    gtin: str = ""
    category: str = ""
    benefit: str = ""
    age_limit: int = 0
    discount: Discount = Discount()
    share: int = 0
    persons: int = 0
    timed: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quantity <= QUANTITY_MAX:
            raise AmountError(
                f"The quantity is 1 to {QUANTITY_MAX}.", "order.quantity", most=QUANTITY_MAX
            )
        if self.unit_price <= 0:
            raise AmountError("The amount must be above zero.", "amount.not_above_zero")
        if not 0 <= self.vat <= FULL_BP or not 0 <= self.share <= self.gross - self.taken_off:
            raise ValueError(f"{self} is no line that can be sold.")

    @property
    def gross(self) -> int:
        """Before any discount."""
        return self.unit_price * self.quantity

    @property
    def taken_off(self) -> int:
        """The line's own discount."""
        return self.discount.of(self.gross)

    @property
    def amount(self) -> int:
        """What the customer pays for the line, VAT included."""
        return self.gross - self.taken_off - self.share

    @property
    def net(self) -> int:
        """The same without VAT, rounded half up."""
        return net_of(self.amount, self.vat)


@dataclass(frozen=True, slots=True)
class Order:
    """One sale's lines in one currency; `sale_id` is random and never reused, empty until placed.

    `tip` is for the staff, outside VAT. `correction_count` and `corrected` are the lines, and the
    sum of them, that were taken off the order again before it was paid. `age_checked` is the age
    in years that somebody of the staff saw proof of, 0 for none. Its tickets admit on `day` (ISO
    8601, empty until placed), timed ones from `entry_at` (Unix seconds, 0 for none).
    """

    sale_id: str
    currency: str
    lines: tuple[Line, ...] = ()
    discount: Discount = Discount()
    tip: int = 0
    correction_count: int = 0
    corrected: int = 0
    age_checked: int = 0
    day: str = ""
    entry_at: int = 0

    def __post_init__(self) -> None:
        exponent(self.currency)
        if len(self.lines) > LINES_MAX:
            raise AmountError(
                f"An order has at most {LINES_MAX} lines; sell it as two.",
                "order.too_many_lines",
                most=LINES_MAX,
            )
        if self.tip < 0 or self.value > VALUE_MAX:
            most = major_units(VALUE_MAX, self.currency)
            raise AmountError(
                f"The amount is too large; one sale takes at most {most}.",
                "amount.too_large",
                most=most,
            )

    @property
    def value(self) -> int:
        """What the customer pays, tip included; 0 for an empty order."""
        return sum(line.amount for line in self.lines) + self.tip

    @property
    def age_unproven(self) -> int:
        """The age in years that a line asks for and nobody saw proof of, or 0."""
        limit = max((line.age_limit for line in self.lines), default=0)
        return limit if limit > self.age_checked else 0

    @property
    def taken_off(self) -> int:
        """The order's own discount, which stands as shares on the lines."""
        return sum(line.share for line in self.lines)

    def total(self) -> Amount:
        """The same as an Amount. Raises AmountError when it cannot be paid."""
        return Amount(self.value, self.currency)

    def vat_table(self) -> tuple[VatRow, ...]:
        """A row for each rate, highest first; the tip is in none. See `vat.vat_table`."""
        return vat_table([(line.amount, line.vat) for line in self.lines])

    def with_lines(self, lines: Sequence[Line]) -> "Order":
        """The order with these lines, the order's discount spread over them anew."""
        return replace(self, lines=spread(lines, self.discount))

    def discounted(self, discount: Discount) -> "Order":
        """The order with this discount over all lines."""
        return replace(self, discount=discount, lines=spread(self.lines, discount))

    def added(self, line: Line) -> "Order":
        """The order with `line`, or with more of the last line when it is of the same."""
        if self.lines and line.product:
            last = self.lines[-1]
            if replace(last, quantity=line.quantity, share=0) == line:
                more = replace(last, quantity=last.quantity + line.quantity, share=0)
                return self.with_lines((*self.lines[:-1], more))
        return self.with_lines((*self.lines, line))

    def corrected_to(self, place: int, line: Line | None) -> "Order":
        """The order with line `place` (from 0) changed to `line`, or taken off.

        Less than before counts as a correction, as a cash register has to.
        """
        before = self.lines[place]
        after = () if line is None else (line,)
        kept = self.with_lines((*self.lines[:place], *after, *self.lines[place + 1 :]))
        less = before.gross - (0 if line is None else line.gross)
        if less <= 0:
            return kept
        return replace(
            kept,
            correction_count=kept.correction_count + 1,
            corrected=kept.corrected + less,
        )


def spread(lines: Sequence[Line], discount: Discount) -> tuple[Line, ...]:
    """The lines with their shares of an order's discount, in proportion, to the last minor unit.

    By largest remainder: whole parts first, and what is left goes one by one to the lines that
    lost most by the rounding. No line goes below zero.
    """
    amounts = [line.gross - line.taken_off for line in lines]
    total = sum(amounts)
    off = discount.of(total)
    if not total:
        return tuple(line if not line.share else replace(line, share=0) for line in lines)
    shares = [amount * off // total for amount in amounts]
    by_loss = sorted(range(len(lines)), key=lambda i: (-(amounts[i] * off % total), i))
    for place in by_loss[: off - sum(shares)]:
        shares[place] += 1
    # Lines whose share stays are the same lines: an order may have hundreds of them.
    return tuple(
        line if line.share == share else replace(line, share=share)
        for line, share in zip(lines, shares, strict=True)
    )


def order_of(sale_id: str, amount: Amount, text: str = "", vat: int = 0) -> Order:
    """The order of a sale that was keyed as one amount, at `vat` basis points."""
    return Order(sale_id, amount.currency, (Line(text, amount.value, vat=vat),))


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """The order of a sale, written right before the payment's intent. `placed_at` is Unix
    seconds."""

    order: Order
    placed_at: float


@dataclass(frozen=True, slots=True)
class OrderParked:
    """An order was put aside under `park_id`, to be recalled. `label` is what a person knows it
    by; `parked_at` is Unix seconds."""

    park_id: str
    label: str
    order: Order
    parked_at: float


@dataclass(frozen=True, slots=True)
class OrderRecalled:
    """A parked order is on the desk again."""

    park_id: str


@dataclass(frozen=True, slots=True)
class OrderDropped:
    """An order that had lines was given up before any payment; a cash register counts these."""

    order: Order
    dropped_at: float


OrderEvent = OrderPlaced | OrderParked | OrderRecalled | OrderDropped

ORDER_EVENTS: tuple[type[OrderEvent], ...] = OrderEvent.__args__
