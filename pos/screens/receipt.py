"""The receipt of one sale on the screen: the lines as on paper, and a code that carries it home.

Apart from the list of sales because a customer looks at it too, and their phone reads the code.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Middle, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from pos.sale.input import Reprint, ShowReceipt
from pos.sale.receipt import Receipt
from pos.sale.receipt_lines import lines_of
from pos.sale.slip import SlipLine
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.helped import banner_lines
from pos.screens.panels import Key, Words, harmless
from pos.screens.qr import QrCode, drawing

PAPER_COLUMNS = 42
_KEYS = {"escape": "back", "f6": "back", "enter": "back", "v": "back", "p": "print"}


class ReceiptScreen(ModalScreen[None]):
    """Shows `View.papers` once it is the one of `document_id`, a payment's or a refund's."""

    def __init__(self, front: Front, document_id: str, view: View) -> None:
        super().__init__(id="receipt")
        self._front = front
        self._document_id = document_id
        self._view = view
        self._was_outcome = view.stage is Stage.OUTCOME

    def compose(self) -> ComposeResult:
        """The code at the left, as high as the screen; lines and keys at the right."""
        say = self._front.language.say
        with Horizontal(id="receipt-whole"):
            with Middle(id="receipt-code"), Center():
                yield QrCode(id="receipt-qr")
            with Vertical(id="receipt-side"):
                yield Words(id="receipt-hint")
                with VerticalScroll(id="receipt-paper"):
                    yield Static("", id="receipt-lines", markup=False)
                yield Words(id="receipt-notice")
                with Horizontal(classes="keys"):
                    yield Key(say("screen.print"), "print", hint="P", id="receipt-print")
                    yield Key(say("screen.back"), "back", hint="Esc", id="receipt-back")

    def on_mount(self) -> None:
        """Show what is there already."""
        self.query_one("#receipt-paper").focus()
        self._show()

    def on_resize(self) -> None:
        """A code that fitted may not fit any more, and the other way round."""
        self.call_after_refresh(self._show)

    def apply(self, view: View) -> None:
        """Show `view`, or make way for another sale's outcome or a till that stopped."""
        outcome = view.stage is Stage.OUTCOME
        if (outcome and not self._was_outcome) or view.stopped is not None:
            self._leave()
            return
        self._was_outcome = outcome
        self._view = view
        self._show()

    def _shown(self) -> Receipt | None:
        receipt = self._view.papers.receipt
        if receipt is None or receipt.document_id != self._document_id:
            return None
        return receipt

    def _show(self) -> None:
        view, language = self._view, self._front.language
        receipt = self._shown()
        if receipt is not None and view.papers.terminal is not None:
            lines = lines_of(receipt, view.papers.terminal, language)
            self.query_one("#receipt-lines", Static).update(_drawn(lines))
            self._draw_code()
        said = "" if view.notice is None else language.notice(view.notice)
        self.query_one("#receipt-notice", Words).say(said)

    def _draw_code(self) -> None:
        """The longest text that fits; else the words that say what would help."""
        columns, lines = self.size.width - PAPER_COLUMNS - 4, self.size.height
        lines -= banner_lines(self._view)
        plans = (
            drawing(text, columns, lines, self._front.qr_form) for text in self._view.papers.carried
        )
        plan = next((plan for plan in plans if plan is not None), None)
        self.query_one("#receipt-code").display = plan is not None
        self.query_one(QrCode).draw(plan)
        hint = "screen.carry" if plan is not None else "screen.carry_no_room"
        self.query_one("#receipt-hint", Words).say(self._front.language.say(hint))

    def on_key(self, event: events.Key) -> None:
        """The letters on the keys; arrows scroll."""
        if handed_on(self, event):
            return
        if action := _KEYS.get(event.key):
            event.stop()
            self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        if action == "back":
            self._leave()
        elif not self._front.put(Reprint(self._document_id)):
            self.query_one("#receipt-notice", Words).say(self._front.language.say("screen.busy"))

    def _leave(self) -> None:
        self._front.put(ShowReceipt(""))
        self.dismiss()


def _drawn(lines: tuple[SlipLine, ...]) -> Content:
    """The lines as on paper, without what only paper needs."""
    spans: list[str | tuple[str, str]] = []
    for line in lines:
        style = "bold" if line.strong else ""
        text, right = harmless(line.text), harmless(line.right)
        if line.rule:
            text = "─" * PAPER_COLUMNS
        elif line.qr:
            continue
        elif line.center:
            text = text.center(PAPER_COLUMNS)
        elif right:
            gap = PAPER_COLUMNS - Content(text).cell_length - Content(right).cell_length
            text = f"{text}{' ' * gap}{right}" if gap > 0 else f"{text}\n{right:>{PAPER_COLUMNS}}"
        spans.append((text + "\n", style) if style else text + "\n")
    return Content.assemble(*spans)
