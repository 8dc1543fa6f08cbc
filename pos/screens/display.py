"""The customer's screen: the lines, the sum, the code to scan, and how it ended.

Apart from the counter because nobody works it: it has no keys but the one that closes it, shows
nothing that is the cashier's, and speaks the language of the wallet that pays.
"""

import time
from collections.abc import Callable
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Center, Horizontal, Middle, Vertical
from textual.message import Message
from textual.screen import Screen

from pos.language import Language, customer_language
from pos.sale.order import Line, Order
from pos.sale.sign import Sign
from pos.sale.view import Stage, Verdict
from pos.screens.palette import theme_name, themes
from pos.screens.panels import Big, Shape, Words, elapsed_text
from pos.screens.qr import QrCode, QrForm, drawing
from pos.screens.rows import Row, Rows

TICK_EVERY_S = 0.5
SIDE_COLUMNS_MIN = 33

_SHAPES = {
    Verdict.PAID: "tick",
    Verdict.DECLINED: "cross",
    Verdict.CANCELLED: "bar",
    Verdict.ASIDE: "glass",
    Verdict.TRAINED: "bar",
}
_ASKED = {
    Stage.TIPPING: "display.tipping",
    Stage.SCANNING: "display.scanning",
    Stage.SHOWING: "display.showing",
    Stage.SWITCHING: "display.switching",
    Stage.PAYING: "display.paying",
    Stage.STOPPING: "display.stopping",
}


class SignChanged(Message):
    """The till tells something new, or is not there (None)."""

    def __init__(self, sign: Sign | None) -> None:
        super().__init__()
        self.sign = sign


class DisplayApp(App[None]):
    """Shows Signs. `opened` is called when the screen is up: the moment to begin to follow."""

    CSS_PATH = Path(__file__).with_name("pos.tcss")
    TITLE = "Samkassa"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual"), (112, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-even"), (34, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        language: Callable[[str], Language],
        code: str,
        *,
        theme: str = "dark",
        opened: Callable[["DisplayApp"], None] | None = None,
        qr_form: QrForm = QrForm.AUTO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        for each in themes():
            self.register_theme(each)
        self.theme = theme_name(theme)
        self._desk = CustomerScreen(language, code, qr_form, clock)
        self._opened = opened

    def get_default_screen(self) -> "CustomerScreen":
        """The one screen there is."""
        return self._desk

    def on_ready(self) -> None:
        """The screen is up."""
        if self._opened is not None:
            self._opened(self)

    def show(self, sign: Sign | None) -> bool:
        """Take a Sign, from any thread; False once the screen is closed."""
        return self.post_message(SignChanged(sign))

    def on_sign_changed(self, message: SignChanged) -> None:
        """Show it."""
        self._desk.apply(message.sign)

    def action_help_quit(self) -> None:
        """Ctrl+C ends nothing here: a display is closed on purpose."""


class CustomerScreen(Screen[None]):
    """One customer's side of one desk."""

    def __init__(
        self,
        language: Callable[[str], Language],
        code: str,
        qr_form: QrForm,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(id="display")
        self._language_of = language
        self._words = language(code)
        self._qr_form = qr_form
        self._clock = clock
        self._sign: Sign | None = None
        self._up = False

    def compose(self) -> ComposeResult:
        """The code at the left over the full height; lines, sum and sentence beside it."""
        with Horizontal():
            with Middle(id="code"), Center():
                yield QrCode(id="qr")
            with Vertical(id="display-side"):
                yield Words(id="display-merchant", classes="title")
                yield Rows(marked=False, id="display-lines")
                yield Big(lines_max=6, id="display-word")
                yield Words(id="display-title")
                with Horizontal(id="display-middle"):
                    yield Shape(id="display-shape", markup=False)
                    yield Big(lines_max=4, id="display-amount")
                yield Words(id="display-details")
                yield Words(id="display-say")

    def on_mount(self) -> None:
        """Show what the till told already, or that it did not."""
        self._up = True
        self.apply(self._sign)
        self.set_interval(TICK_EVERY_S, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """A code that fitted may not fit any more, and the other way round."""
        self.call_after_refresh(lambda: self.apply(self._sign))

    def apply(self, sign: Sign | None) -> None:
        """Show this Sign, in the language of whoever pays."""
        self._sign = sign
        if not self._up:
            return
        if sign is not None:
            paying = sign.stage not in (Stage.READY, Stage.TIPPING)
            known = customer_language(sign.wallet, sign.issuer) if paying else None
            self._words = self._language_of(known or sign.language)
        for verdict in Verdict:
            self.set_class(self._verdict() is verdict, f"-{verdict}")
        self._show_code()
        self._show_order()
        self._show_sum()
        self._show_words()

    def _verdict(self) -> Verdict | None:
        sign = self._sign
        return sign.verdict if sign is not None and sign.stage is Stage.OUTCOME else None

    def _show_code(self) -> None:
        sign, plan = self._sign, None
        if sign is not None and sign.stage is Stage.SHOWING and sign.order_code:
            columns = self.size.width - SIDE_COLUMNS_MIN
            plan = drawing(sign.order_code, columns, self.size.height, self._qr_form)
        self.query_one("#code").display = plan is not None
        self.query_one(QrCode).draw(plan)

    def _show_order(self) -> None:
        sign = self._sign
        rows = self.query_one(Rows)
        order = None if sign is None or self._verdict() is not None else sign.order
        rows.display = order is not None
        if sign is not None and order is not None:
            made = _rows(self._words, order, sign.tip)
            rows.fill(len(made), lambda at: made[at], len(made) - 1)

    def _show_sum(self) -> None:
        sign, words = self._sign, self._words
        value = 0
        if sign is not None and sign.amount is not None:
            value = sign.amount.value
        elif sign is not None and sign.order is not None:
            value = sign.order.value
        amount = words.minor_text(value, sign.currency) if sign is not None and value else ""
        self.query_one("#display-amount", Big).say(amount)
        self.query_one("#display-middle").display = bool(amount)
        lines = [sign.currency if sign is not None and amount else ""]
        if sign is not None and self._verdict() is not None:
            lines = ["  ·  ".join(each for each in (*lines, sign.wallet, sign.rate) if each)]
            if sign.savings is not None:
                lines.append(words.say("screen.saved", amount=words.amount_text(sign.savings)))
            if sign.customer_amount is not None:
                charged = words.amount_text(sign.customer_amount)
                lines.append(words.say("display.charged", amount=charged))
        self.query_one("#display-details", Words).say("\n".join(lines))

    def _show_words(self) -> None:
        sign, words, verdict = self._sign, self._words, self._verdict()
        name = "" if sign is None else sign.merchant_name
        self.query_one("#display-merchant", Words).say(name)
        title, said, word = "", words.say("display.no_till"), ""
        if sign is not None and sign.closed:
            said = words.say("display.closed")
        elif sign is not None and verdict is not None:
            word = words.say(f"outcome.{verdict}")
            said = words.say(f"display.{verdict}")
        elif sign is not None:
            title = words.say(_ASKED.get(sign.stage, "display.welcome"))
            said = words.say("display.wallets")
            if sign.stage is Stage.READY and sign.order is not None:
                title = words.say("display.order")
        self.query_one("#display-word", Big).display = bool(word)
        self.query_one("#display-word", Big).say(word)
        self.query_one("#display-title", Words).say(title)
        self.query_one("#display-say", Words).say(said)
        shape = self.query_one("#display-shape", Shape)
        shape.display = verdict is not None
        if verdict is not None:
            shape.show(_SHAPES[verdict])
        self._tick()

    def _tick(self) -> None:
        """Count a shown code down."""
        sign = self._sign
        if sign is not None and sign.stage is Stage.SHOWING and sign.order_code:
            say, left = self._words.say, elapsed_text(sign.expires_at_s - self._clock())
            said = [say("display.wallets"), say("screen.expires", time=left)]
            if not self.query_one("#code").display:
                said = [say("display.no_room")]
            self.query_one("#display-say", Words).say("\n".join(said))


def _rows(words: Language, order: Order, tip: int) -> list[Row]:
    """The lines as a customer reads them, with what was taken off, and the tip."""

    def row(line: Line) -> Row:
        text = line.text or words.say("order.amount_line")
        return Row(f"{line.quantity:>2} × {text}", words.minor_text(line.gross, order.currency))

    rows = [row(line) for line in order.lines]
    off = sum(line.taken_off + line.share for line in order.lines)
    if off:
        rows.append(Row(words.say("screen.discount_title"), words.minor_text(-off, order.currency)))
    if tip:
        rows.append(Row(words.say("order.tip"), words.minor_text(tip, order.currency)))
    return rows
