"""The last sales and the unfinished ones: look, ask the switch again, give money back.

Apart from the counter because it looks back while the counter sells. It is laid over it and
goes away by itself when a sale on the desk ends, so that no outcome is missed.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from pos.sale.input import AskAgain, Input, Reprint, SeekReceipt, ShowReceipt
from pos.sale.money import Amount
from pos.sale.payment import State
from pos.sale.view import Action, SaleRow, Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.panels import Key, Words, harmless
from pos.screens.receipt import ReceiptScreen
from pos.screens.refund import RefundScreen

_MARKS = {
    State.INTENT: "…",
    State.CANCELLING: "…",
    State.REVERSING: "…",
    State.PAID: "√",
    State.DECLINED: "×",
    State.CANCELLED: "–",
    State.REVERSED: "–",
}

_KEYS = {
    "escape": "back", "f5": "back", "a": "ask", "r": "refund", "enter": "ask",
    "v": "receipt", "p": "print",
}  # fmt: skip


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
            yield Key(say("screen.receipt"), "receipt", hint="V", id="review-receipt")
            yield Key(say("screen.copy"), "print", hint="P", id="review-print")
            yield Key(say("screen.back"), "back", hint="Esc", id="review-back")

    def on_mount(self) -> None:
        """Fill the list, give it the arrow keys, and let the camera look for a receipt."""
        self._show()
        self.query_one("#review-list").focus()
        self._front.put(SeekReceipt(wanted=True))

    def apply(self, view: View) -> None:
        """Show `view`, or make way for an outcome."""
        ended = view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME
        self._view = view
        if ended or view.stopped is not None:
            self._leave()
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
        for name in ("receipt", "print"):
            self.query_one(f"#review-{name}").set_class(not _paid(row), "-off")

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
            self._leave()
        elif action == "ask" and row is not None:
            self._put(AskAgain(row.request_id))
        elif action == "refund" and row is not None and self._refundable(row):
            self._front.put(ShowReceipt(row.request_id))
            self.app.push_screen(RefundScreen(self._front, row, self._view))
        elif action == "receipt" and row is not None and _paid(row):
            self._front.put(ShowReceipt(row.request_id))
            self.app.push_screen(ReceiptScreen(self._front, row.request_id, self._view))
        elif action == "print" and row is not None and _paid(row):
            self._put(Reprint(row.request_id))

    def _put(self, given: Input) -> None:
        if not self._front.put(given):
            self.query_one("#review-notice", Words).say(self._front.language.say("screen.busy"))

    def _leave(self) -> None:
        self._front.put(SeekReceipt(wanted=False))
        self.dismiss()


def _paid(row: SaleRow | None) -> bool:
    return row is not None and row.state is State.PAID
