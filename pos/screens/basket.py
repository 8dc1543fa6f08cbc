"""The order on the desk: its lines, what they come to, and which of them is meant.

Apart from the amount that is keyed without one, which the free desk shows in the same place.
"""

from textual.app import ComposeResult
from textual.containers import Vertical

from pos.language import Language
from pos.sale.order import Discount, Line, Order
from pos.screens.keyed import Keyed
from pos.screens.panels import Big, Words
from pos.screens.rows import Row, Rows


class Basket(Vertical):
    """The lines of the order, the newest chosen. `place` is the chosen line."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="basket")
        self._language = language
        self._order: Order | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom as it is read."""
        yield Rows(id="basket-lines")
        yield Words(id="basket-line", classes="quiet")
        yield Words(id="basket-title", classes="title")
        yield Big(lines_max=3, id="basket-total")
        yield Words(id="basket-typed")

    @property
    def place(self) -> int:
        """The chosen line, from 0."""
        return self.query_one(Rows).place

    def move(self, by: int) -> None:
        """Choose another line."""
        self.query_one(Rows).move(by)
        self._describe()

    def choose(self, place: int) -> None:
        """Choose the line at `place`, from 0; the last one when the order has become shorter."""
        self.move(place - self.place)

    def rows(self, order: Order) -> list[Row]:
        """Every line of `order` as it is listed here."""
        return [self._row(line, order.currency) for line in order.lines]

    def apply(self, order: Order | None, keyed: Keyed) -> None:
        """Show the order, and what is being typed beside it; without one, forget the last."""
        if order is None:
            self._order = None
            return
        if order != self._order:
            self._fill(order)
        language = self._language
        bright, implied = keyed.shown(order.currency, language.decimal_mark, language.group_mark)
        self.query_one("#basket-typed", Words).say(f"{bright}{implied}" if keyed.typed else "")

    def _fill(self, order: Order) -> None:
        before, self._order = self._order, order
        rows = self.query_one(Rows)
        longer = before is None or len(order.lines) > len(before.lines)
        place = len(order.lines) - 1 if longer else rows.place
        rows.fill(len(order.lines), lambda at: self._row(order.lines[at], order.currency), place)
        language = self._language
        off = -order.taken_off
        said = language.say("order.to_pay", count=sum(line.quantity for line in order.lines))
        if off:
            said += f"   {self.discount_text(order.discount, off, order.currency)}"
        self.query_one("#basket-title", Words).say(said)
        self.query_one("#basket-total", Big).say(language.minor_text(order.value, order.currency))
        self._describe()

    def _describe(self) -> None:
        """Say all of the chosen line, whose row may be too short for it."""
        order, place = self._order, self.place
        if order is None or not 0 <= place < len(order.lines):
            return
        line, language = order.lines[place], self._language
        each = language.minor_text(line.unit_price, order.currency)
        parts = [f"{line.quantity} × {each}"]
        if line.taken_off:
            parts.append(self.discount_text(line.discount, -line.taken_off, order.currency))
        parts.append(language.say("order.vat", rate=language.percent_text(line.vat)))
        self.query_one("#basket-line", Words).say("  ·  ".join(parts))

    def discount_text(self, discount: Discount, off: int, currency: str) -> str:
        """What was taken off, and by what rate if by one."""
        amount = self._language.minor_text(off, currency)
        percent = self._language.percent_text(discount.percent)
        return f"{amount} ({percent})" if discount.percent else amount

    def _row(self, line: Line, currency: str) -> Row:
        text = line.text or self._language.say("order.amount_line")
        amount = self._language.minor_text(line.amount + line.share, currency)
        return Row(f"{line.quantity:>2} × {text}", amount)
