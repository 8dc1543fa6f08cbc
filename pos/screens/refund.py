"""How much to give back of one sale: the goods that came back, an amount, or all that is left.

Apart from the list of sales because a scanned receipt leads here too.
"""

from collections import Counter

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from pos.sale.input import GiveBack, ShowReceipt
from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.return_line import ReturnLine, counted, value_of
from pos.sale.secret import Secret
from pos.sale.view import SaleRow, Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.keyed import Keyed
from pos.screens.panels import Big, Key, Pad, Words, harmless
from pos.screens.pin import PinScreen

_KEYS = {
    "backspace": "pad:back", "delete": "pad:clear", "escape": "back", "enter": "refund",
    "plus": "more", "space": "more", "right": "more", "minus": "less", "left": "less",
    "down": "next", "asterisk": "next", "up": "before",
}  # fmt: skip


class RefundScreen(ModalScreen[None]):
    """Nothing typed and nothing chosen means all that is left of `row`.

    The goods come with `View.papers`, when it is the one of this sale.
    """

    def __init__(self, front: Front, row: SaleRow, view: View) -> None:
        super().__init__(id="refund")
        self._front = front
        self._row = row
        self._view = view
        self._keyed = Keyed()
        self._back: Counter[int] = Counter()
        self._drawn: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """The amount, what it is of, the goods, and the keypad."""
        language, row = self._front.language, self._row
        say = language.say
        left = language.amount_text(Amount(row.left, row.amount.currency)) if row.left else "0"
        when = language.short_time_text(row.opened_at)
        with Horizontal(id="refund-box"):
            with Vertical(id="refund-left"):
                yield Words(say("screen.refund_title"), classes="title")
                yield Big(id="refund-amount")
                yield Words(row.amount.currency, classes="quiet")
                yield Words(say("screen.refund_of", time=when, wallet=row.wallet), classes="quiet")
                yield Words(say("screen.refund_left", amount=left), id="refund-most")
                yield OptionList(id="refund-lines", markup=False, compact=True)
                yield Words(id="refund-how", classes="quiet")
                with Horizontal(classes="keys"):
                    yield Key(say("screen.refund_do"), "refund", hint="Enter", id="refund-do")
                    yield Key(say("screen.back"), "back", hint="Esc", id="refund-back")
            yield Pad(language.decimal_mark, id="refund-pad")

    def on_mount(self) -> None:
        """Show that all that is left would be given back."""
        self.query_one("#refund-lines").can_focus = False
        self._show()

    def apply(self, view: View) -> None:
        """Take the goods in; make way when a sale ends on the desk, but not the one shown."""
        ended = view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME
        self._view = view
        if ended or view.stopped is not None:
            self._leave()
            return
        self._show()

    @property
    def _order(self) -> Order | None:
        """The goods of this sale, once they are known; a sale keyed as an amount has none."""
        receipt = self._view.papers.receipt
        if receipt is None or receipt.document_id != self._row.request_id:
            return None
        order = receipt.order
        named = order is not None and any(line.product or line.text for line in order.lines)
        return order if named else None

    @property
    def _before(self) -> tuple[ReturnLine, ...]:
        return () if self._view.papers.receipt is None else self._view.papers.receipt.before

    def _chosen(self) -> tuple[ReturnLine, ...]:
        return tuple(ReturnLine(place, count) for place, count in sorted(self._back.items()))

    def _amount(self) -> int | None:
        """Minor units that would be given back; None while what is typed is no amount."""
        order = self._order
        if self._back and order is not None:
            return value_of(order, self._chosen(), self._before)
        if not self._keyed.typed:
            return self._row.left
        try:
            return Amount.parse(self._keyed.typed, self._row.amount.currency).value
        except ValueError:
            return None

    def _show(self) -> None:
        language, currency = self._front.language, self._row.amount.currency
        if self._keyed.typed and not self._back:
            marks = (language.decimal_mark, language.group_mark)
            bright, implied = self._keyed.shown(currency, *marks)
        else:
            text = language.minor_text(self._amount() or 0, currency)
            bright, implied = (text, "") if self._back else ("", text)
        self.query_one("#refund-amount", Big).say(bright + implied, len(bright))
        self._show_lines()

    def _show_lines(self) -> None:
        order, shown = self._order, self.query_one("#refund-lines", OptionList)
        shown.display = order is not None
        self.query_one("#refund-most").display = order is None  # the list needs its room
        how = self._front.language.say("screen.refund_how") if order is not None else ""
        self.query_one("#refund-how", Words).say(how)
        drawn = () if order is None else self._prompts(order)
        if drawn == self._drawn:
            return
        place = shown.highlighted or 0
        self._drawn = drawn
        shown.clear_options()
        shown.add_options([Option(Content(prompt)) for prompt in drawn])
        if drawn:
            shown.highlighted = min(place, len(drawn) - 1)

    def _prompts(self, order: Order) -> tuple[str, ...]:
        say, come = self._front.language.say, counted(self._before)
        prompts = []
        for place, line in enumerate(order.lines):
            left = line.quantity - come[place]
            text = harmless(line.text) or say("receipt.goods")
            value = self._front.language.minor_text(line.amount, order.currency)
            prompts.append(f"{self._back[place]}/{left}  {text}  {value}")
        return tuple(prompts)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A touch on a line takes one more of it back."""
        event.stop()
        self._change(event.option_index, 1)

    def on_key(self, event: events.Key) -> None:
        """Digits, the keys of a numpad, Enter and Escape."""
        if handed_on(self, event):
            return
        mark = event.character or ""
        action = f"pad:{mark}" if mark and mark in "0123456789,." else _KEYS.get(event.key, "")
        event.stop()
        event.prevent_default()
        self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        place = self.query_one("#refund-lines", OptionList).highlighted
        if action.startswith("pad:"):
            self._back.clear()
            self._keyed = self._keyed.press(action.removeprefix("pad:"))
            self._show()
        elif action in ("more", "less") and place is not None:
            self._change(place, 1 if action == "more" else -1)
        elif action in ("next", "before"):
            self._move(1 if action == "next" else -1)
        elif action == "back":
            self._leave()
        elif action == "refund":
            self._give_back()

    def _move(self, by: int) -> None:
        shown = self.query_one("#refund-lines", OptionList)
        if shown.option_count:
            shown.highlighted = ((shown.highlighted or 0) + by) % shown.option_count

    def _change(self, place: int, by: int) -> None:
        """One more or one less of a line, within what was sold; past it, none again."""
        order = self._order
        if order is None:
            return
        self._keyed = Keyed()
        most = order.lines[place].quantity - counted(self._before)[place]
        count = self._back[place] + by
        self._back[place] = count if 0 <= count <= most else 0
        self._back += Counter()  # lines of which none comes back are no choice
        self.query_one("#refund-lines", OptionList).highlighted = place
        self._show()

    def _give_back(self) -> None:
        amount, limit = self._amount(), self._view.papers.pin_above
        if limit is not None and amount is not None and amount > limit:
            self.app.push_screen(PinScreen(self._front, "refund.needs_pin"), self._put_with)
        else:
            self._put(None)

    def _put_with(self, pin: Secret | None) -> None:
        """The PIN was typed, or not."""
        if pin is not None:
            self._put(pin)

    def _put(self, pin: Secret | None) -> None:
        chosen = self._chosen()
        typed = "" if chosen else self._keyed.typed
        if self._front.put(GiveBack(self._row.request_id, typed, chosen, pin)):
            self._leave()
        else:
            self.query_one("#refund-most", Words).say(self._front.language.say("screen.busy"))

    def _leave(self) -> None:
        self._front.put(ShowReceipt(""))
        self.dismiss()
