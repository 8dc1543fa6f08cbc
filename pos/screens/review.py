"""The last sales and the unfinished ones: look, ask the switch again, give money back.

Apart from the counter because it looks back while the counter sells. It is laid over it and
goes away by itself when a sale on the desk ends, so that no outcome is missed.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from pos.sale.input import AskAgain, GiveBack
from pos.sale.money import Amount
from pos.sale.payment import State
from pos.sale.view import Action, SaleRow, Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.keyed import Keyed
from pos.screens.panels import Big, Key, Pad, Words, harmless

_MARKS = {
    State.INTENT: "…",
    State.CANCELLING: "…",
    State.REVERSING: "…",
    State.PAID: "√",
    State.DECLINED: "×",
    State.CANCELLED: "–",
    State.REVERSED: "–",
}

_KEYS = {"escape": "back", "f5": "back", "a": "ask", "r": "refund", "enter": "ask"}


class ReviewScreen(Screen[None]):
    """Unfinished payments first, then the last sales, newest first."""

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="review")
        self._front = front
        self._view = view
        self._rows: list[SaleRow] = []

    def compose(self) -> ComposeResult:
        """The list, what is said of it, and the keys."""
        say = self._front.language.say
        yield Words(say("screen.review_title"), id="review-title")
        yield Words(say("screen.review_none"), id="review-none")
        yield OptionList(id="review-list", markup=False, compact=True)
        yield Words(id="review-notice")
        with Horizontal(classes="keys"):
            yield Key(say("screen.ask"), "ask", hint="A", id="review-ask")
            yield Key(say("screen.refund"), "refund", hint="R", id="review-refund")
            yield Key(say("screen.back"), "back", hint="Esc", id="review-back")

    def on_mount(self) -> None:
        """Fill the list and give it the arrow keys."""
        self._show()
        self.query_one("#review-list").focus()

    def apply(self, view: View) -> None:
        """Show `view`, or make way for an outcome."""
        ended = view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME
        self._view = view
        if ended or view.stopped is not None:
            self.dismiss()
            return
        self._show()

    def _show(self) -> None:
        view = self._view
        unfinished = {row.request_id for row in view.unfinished}
        rows = [*view.unfinished, *(r for r in view.recent if r.request_id not in unfinished)]
        if rows != self._rows:
            self._fill(rows)
        self.query_one("#review-none").display = not rows
        said = "" if view.notice is None else self._front.language.notice(view.notice)
        notice = self.query_one("#review-notice", Words)
        notice.say(said)
        notice.set_class(view.notice is not None and view.notice.grave, "-grave")
        self._show_keys()

    def _fill(self, rows: list[SaleRow]) -> None:
        kept = self._chosen()
        self._rows = rows
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options([Option(self._prompt(row), id=row.request_id) for row in rows])
        places = {row.request_id: place for place, row in enumerate(rows)}
        if rows:
            shown.highlighted = places.get(kept.request_id, 0) if kept else 0

    def _show_keys(self) -> None:
        row = self._chosen()
        self.query_one("#review-ask").set_class(row is None, "-off")
        self.query_one("#review-refund").set_class(not self._refundable(row), "-off")

    def _refundable(self, row: SaleRow | None) -> bool:
        return row is not None and row.left > 0 and Action.REFUND in self._view.actions

    def _prompt(self, row: SaleRow) -> Content:
        language = self._front.language
        first = f" {_MARKS[row.state]} {language.amount_text(row.amount):<16}"
        state = language.say(f"state.{row.state}")
        second = [language.short_time_text(row.opened_at), row.wallet]
        if row.static_number:
            second.append(language.say("screen.static_number", number=row.static_number))
        if row.refunded > 0:
            back = language.amount_text(Amount(row.refunded, row.amount.currency))
            second.append(language.say("screen.given_back", amount=back))
        if row.refund_open:
            second.append(language.say("screen.refund_open"))
        if row.state is State.DECLINED:
            second.append(row.result_code)
        calls = []
        if row.needs_person:
            calls.append(language.say("screen.call_person"))
        if row.contested:
            calls.append(language.say("screen.contested"))
        details = harmless("  ·  ".join(part for part in second if part))
        return Content.assemble(
            (first, "bold"), f"  {state}", "  ", ("  ·  ".join(calls), "bold $mark"),
            "\n   ", (details, "$muted"), "\n",
        )  # fmt: skip

    def _chosen(self) -> SaleRow | None:
        place = self.query_one(OptionList).highlighted
        return None if place is None or place >= len(self._rows) else self._rows[place]

    def on_option_list_option_highlighted(self) -> None:
        """Offer what can be done with this sale."""
        self._show_keys()

    def on_option_list_option_selected(self) -> None:
        """Enter on a sale, or a second touch, asks for it again."""
        self._show_keys()

    def on_key(self, event: events.Key) -> None:
        """The letters on the keys."""
        if handed_on(self, event):
            return
        if action := _KEYS.get(event.key):
            event.stop()
            event.prevent_default()
            self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        row = self._chosen()
        if action == "back":
            self.dismiss()
        elif action == "ask" and row is not None:
            if not self._front.put(AskAgain(row.request_id)):
                self.query_one("#review-notice", Words).say(self._front.language.say("screen.busy"))
        elif action == "refund" and row is not None and self._refundable(row):
            self.app.push_screen(RefundScreen(self._front, row))


class RefundScreen(ModalScreen[None]):
    """How much to give back of one sale; nothing typed means all that is left."""

    def __init__(self, front: Front, row: SaleRow) -> None:
        super().__init__(id="refund")
        self._front = front
        self._row = row
        self._keyed = Keyed()

    def compose(self) -> ComposeResult:
        """The amount, what it is of, and the keypad."""
        language, row = self._front.language, self._row
        say = language.say
        left = language.amount_text(Amount(row.left, row.amount.currency))
        when = language.short_time_text(row.opened_at)
        with Horizontal(id="refund-box"):
            with Vertical(id="refund-left"):
                yield Words(say("screen.refund_title"), classes="title")
                yield Big(id="refund-amount")
                yield Words(row.amount.currency, classes="quiet")
                yield Words(say("screen.refund_of", time=when, wallet=row.wallet), classes="quiet")
                yield Words(say("screen.refund_left", amount=left), id="refund-most")
                yield Key(say("screen.refund_do"), "refund", hint="Enter", id="refund-do")
                yield Key(say("screen.back"), "back", hint="Esc", id="refund-back")
            yield Pad(language.decimal_mark, id="refund-pad")

    def on_mount(self) -> None:
        """Show that all that is left would be given back."""
        self._show()

    def _show(self) -> None:
        language, row = self._front.language, self._row
        if self._keyed.typed:
            marks = (language.decimal_mark, language.group_mark)
            bright, implied = self._keyed.shown(row.amount.currency, *marks)
        else:
            bright, implied = "", language.number_text(Amount(row.left, row.amount.currency))
        self.query_one("#refund-amount", Big).say(bright + implied, len(bright))

    def apply(self, view: View) -> None:
        """Make way when a sale ends on the desk; the sale that is given back from stays."""
        if view.stage is Stage.OUTCOME or view.stopped is not None:
            self.dismiss()

    def on_key(self, event: events.Key) -> None:
        """Digits, Enter and Escape."""
        if handed_on(self, event):
            return
        keys = {"backspace": "pad:back", "delete": "pad:clear", "escape": "back", "enter": "refund"}
        mark = event.character or ""
        action = f"pad:{mark}" if mark and mark in "0123456789,." else keys.get(event.key, "")
        event.stop()
        self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        if action.startswith("pad:"):
            self._keyed = self._keyed.press(action.removeprefix("pad:"))
            self._show()
        elif action == "back":
            self.dismiss()
        elif action == "refund":
            if self._front.put(GiveBack(self._row.request_id, self._keyed.typed)):
                self.dismiss()
            else:
                self.query_one("#refund-most", Words).say(self._front.language.say("screen.busy"))
