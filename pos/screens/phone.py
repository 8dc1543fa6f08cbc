"""The demo's customer: a phone beside the till, with wallets to pay from.

Apart from the till's own panels because it stands for another person's device: it knows nothing
of the till but the code on its screen, and speaks only to a Phone. Its calls block, so each
runs in a worker thread, one at a time; no money state of the till is in them.
"""

from collections import deque
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pos.language import Language
from pos.sale.view import Stage, View
from pos.screens.beside import Beside
from pos.screens.customer import (
    HeldUp,
    PendingPayment,
    Phone,
    PhoneRefusal,
    PhoneResult,
    WalletChoice,
)
from pos.screens.palette import ink_on
from pos.screens.panels import Key, Words
from pos.screens.qr import QrCode, QrForm, drawing

POLL_EVERY_S = 0.5
CALLS_MAX = 8
EAR = "▁▁▁▁▁▁▁"

Heard = tuple[PendingPayment | None, PhoneResult | None]


class PhonePanel(Beside):
    """One phone. `apply(view)` lets it see the till's screen; `press(key)` works it."""

    KEYS: ClassVar = {
        "w": "wallet", "h": "hold", "t": "scan", "y": "approve", "n": "decline", "p": "turn",
    }  # fmt: skip
    WORD = "screen.key_phone"

    class Answered(Message):
        """The phone answered a call from its thread."""

        def __init__(self, answer: object, then: Callable[[object], None]) -> None:
            super().__init__()
            self.answer, self.then = answer, then

    def __init__(self, phone: Phone, language: Language) -> None:
        super().__init__(id="phone", classes="beside")
        self._calls: deque[tuple[Callable[[], object], Callable[[object], None]]] = deque()
        self._calling = False
        self._phone, self._language = phone, language
        self._choices: tuple[WalletChoice, ...] = ()
        self._place = 0
        self._held: HeldUp | None = None
        self._pending: PendingPayment | None = None
        self._result: PhoneResult | None = None
        self._said = ""
        self._order_code = ""
        self._was_looked_for = False

    def compose(self) -> ComposeResult:
        """As on a phone: the wallet's bar, its page, and its buttons."""
        say = self._language.say
        yield Key(EAR, "phone:turn", id="phone-ear")
        yield Static("", id="phone-bar")
        yield Words(id="phone-account", classes="quiet")
        with Vertical(id="phone-page"):
            with Center():
                yield QrCode(id="phone-qr")
            yield Static("", id="phone-text")
        yield Key(say("phone.wallet"), "phone:wallet", hint="W", id="phone-wallet")
        yield Key(say("phone.hold"), "phone:hold", hint="H", id="phone-hold")
        yield Key(say("phone.scan"), "phone:scan", hint="T", id="phone-scan")
        yield Key(say("phone.approve"), "phone:approve", hint="Y", id="phone-approve")
        yield Key(say("phone.decline"), "phone:decline", hint="N", id="phone-decline")

    def on_mount(self) -> None:
        """Ask who may pay, and keep listening to the wallet."""
        self._call(self._phone.wallets, self._took_wallets)
        self.set_interval(POLL_EVERY_S, self._listen)
        self._show()

    def on_resize(self) -> None:
        """The code is drawn for the room there is; a phone over the till has a way back."""
        beside = bool(self.columns_taken)
        back = f"{self._language.say('screen.back')}  P"
        self.query_one("#phone-ear", Key).relabel(EAR if beside else back)
        self.call_after_refresh(self._show)

    @property
    def calling(self) -> bool:
        """Whether an answer of the phone is still awaited."""
        return self._calling

    def apply(self, view: View) -> None:
        """See the till's screen. A code that was read is of no more use, so it is put away."""
        self._order_code = view.order_code if view.stage is Stage.SHOWING else ""
        if self._was_looked_for and not view.looking and self._held:
            self._put_away()
        self._was_looked_for = view.looking
        self._show()

    def press(self, key: str) -> None:
        """Do what a letter of the keyboard stands for."""
        self._act(self.KEYS[key])

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A button of the phone was clicked or touched."""
        if message.action.startswith("phone:"):
            message.stop()
            self._act(message.action.removeprefix("phone:"))

    def _act(self, action: str) -> None:
        self._said = ""
        choice = self._choice()
        if action == "turn":
            self.screen.toggle_class("-beside")
        elif action == "wallet" and self._choices and self._pending is None:
            self._place = (self._place + 1) % len(self._choices)
            self._put_away()
        elif action == "hold" and choice is not None:
            if self._held is not None:
                self._put_away()
            else:
                self._call(lambda: self._phone.hold_up(choice), self._took_code)
        elif action == "scan" and choice is not None:
            self._scan(self._order_code, choice)
        elif action == "approve" and self._pending is not None:
            self._call(self._phone.approve, self._answered)
        elif action == "decline" and self._pending is not None:
            self._call(self._phone.decline, self._answered)
        self._show()

    def _scan(self, order_code: str, choice: WalletChoice) -> None:
        if not order_code:
            self._said = self._language.say("phone.no_code")
            return
        self._call(lambda: self._phone.scan(order_code, choice), self._took_scan)

    def _choice(self) -> WalletChoice | None:
        return self._choices[self._place] if self._place < len(self._choices) else None

    def _put_away(self) -> None:
        self._held = None
        self._call(self._phone.put_away, lambda _: None)

    def _listen(self) -> None:
        if not self._calling:
            self._call(self._ask, self._took_news)

    def _ask(self) -> Heard:
        return self._phone.pending(), self._phone.last_result()

    def _took_wallets(self, found: object) -> None:
        assert isinstance(found, (list, tuple))  # noqa: S101 - what the protocol says
        self._choices = tuple(found)

    def _took_code(self, made: object) -> None:
        if isinstance(made, PhoneRefusal):
            self._said = made.sentence
        elif isinstance(made, HeldUp):
            self._held, self._result = made, None

    def _took_scan(self, made: object) -> None:
        if isinstance(made, PhoneRefusal):
            self._said = made.sentence
        elif isinstance(made, PendingPayment):
            self._pending = made

    def _took_news(self, heard: object) -> None:
        assert isinstance(heard, tuple)  # noqa: S101 - from `_ask`
        pending, result = heard
        if result is not None and result != self._result:
            # What was paid has left the balance.
            self._call(self._phone.wallets, self._took_wallets)
        self._pending, self._result = pending, result

    def _answered(self, _: object) -> None:
        self._pending = None
        self._call(self._ask, self._took_news)

    def _call(self, call: Callable[[], object], then: Callable[[object], None]) -> None:
        """Have `call` made in a thread when its turn comes, then `then` with its answer."""
        if len(self._calls) < CALLS_MAX:
            self._calls.append((call, then))
        if not self._calling:
            self._next_call()

    def _next_call(self) -> None:
        self._calling = bool(self._calls)
        if not self._calls:
            return
        call, then = self._calls.popleft()

        def work() -> None:
            self.post_message(self.Answered(call(), then))

        self.run_worker(work, thread=True, group="phone")

    def on_phone_panel_answered(self, message: Answered) -> None:
        """Use the answer, and make the next call."""
        message.stop()
        message.then(message.answer)
        self._next_call()
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        choice, say = self._choice(), self._language.say
        bar = self.query_one("#phone-bar", Static)
        if choice is not None:
            bar.update(Content.styled(choice.name, "bold"))
            bar.styles.background, bar.styles.color = choice.colour, ink_on(choice.colour)
            account = f"{choice.customer}  ·  {choice.balance}"
            self.query_one("#phone-account", Words).say(account)
        page = self.query_one("#phone-page")
        plan = None
        if self._held is not None and self._pending is None:
            size = page.content_size
            plan = drawing(self._held.text, size.width, size.height, QrForm.HALF)
        self.query_one("#phone-qr", QrCode).draw(plan)
        text = self.query_one("#phone-text", Static)
        text.display = plan is None
        text.update(self._page())
        self.query_one("#phone-hold", Key).relabel(
            say("phone.away") if self._held is not None else say("phone.hold")
        )
        asked = self._pending is not None
        for name in ("wallet", "hold", "scan"):
            self.query_one(f"#phone-{name}").display = not asked
        for name in ("approve", "decline"):
            self.query_one(f"#phone-{name}").display = asked
        self.query_one("#phone-scan").set_class(not self._order_code, "-off")

    def _page(self) -> Content:
        say = self._language.say
        if self._pending is not None:
            asked = self._pending
            return Content.assemble(
                say("phone.pay_to"), "\n", (asked.merchant, "bold"), "\n\n",
                (asked.amount, "bold"), "\n", asked.home_amount,
            )  # fmt: skip
        if self._said:
            return Content(self._said)
        if self._held is not None:
            return Content(say("phone.no_room"))
        if self._result is not None:
            ended = self._result
            mark = say("phone.paid") if ended.paid else say("phone.not_paid")
            sign = "√" if ended.paid else "×"
            return Content.assemble(
                (f"{sign} {mark}", "bold"), "\n\n", ended.merchant, "\n", (ended.amount, "bold"),
                "\n\n", ended.sentence,
            )  # fmt: skip
        return Content(say("phone.idle"))
