"""The cashier's screen: key an amount, take a code or show one, see how it ended.

Apart from the panels because here keys become Inputs. The screen decides nothing about money:
it shows the last View and remembers only the digits that are being typed.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Middle, Vertical
from textual.screen import Screen

from pos.sale.glimpse import Glimpse
from pos.sale.input import Charge, Input, Next, Presenting, Stop
from pos.sale.view import Action, Stage, View
from pos.screens.front import Front
from pos.screens.keyed import Keyed
from pos.screens.panels import (
    Arrived,
    Big,
    Faults,
    Head,
    Key,
    Pad,
    Unfinished,
    Words,
    amount_or_nothing,
)
from pos.screens.paying import WAITING, Outcome, Stopped, Waiting
from pos.screens.phone import PHONE_KEYS, PhonePanel
from pos.screens.qr import QrCode, drawing

TICK_EVERY_S = 0.5

# What the words beside a shown code need at least.
SIDE_COLUMNS_MIN = 33

_KEYS = {
    "enter": "scan", "f1": "scan", "s": "scan",
    "f2": "show", "q": "show",
    "f4": "next", "a": "next",
    "f5": "review", "l": "review",
    "escape": "stop",
    "backspace": "pad:back", "delete": "pad:clear",
}  # fmt: skip
_TYPED = frozenset("0123456789,.")


class Ready(Horizontal):
    """The desk when it is free: the amount, what to do with it, and the keypad."""

    def __init__(self, front: Front) -> None:
        super().__init__(id="ready")
        self._front = front

    def compose(self) -> ComposeResult:
        """Amount and actions at the left, digits at the right."""
        say = self._front.language.say
        with Vertical(id="ready-left"):
            yield Words(say("screen.amount"), id="ready-title", classes="title")
            yield Big(id="ready-amount")
            yield Words(id="ready-currency", classes="quiet")
            with Vertical(id="ready-gap"):
                yield Words(id="ready-last", classes="quiet")
            yield Key(say("screen.scan"), "scan", hint="Enter", id="ready-scan")
            with Horizontal(classes="keys"):
                yield Key(say("screen.show"), "show", hint="F2", id="ready-show")
                yield Key(say("screen.review"), "review", hint="F5", id="ready-review")
        yield Pad(self._front.language.decimal_mark, id="ready-pad")

    def apply(self, view: View, keyed: Keyed) -> None:
        """Show the digits typed so far and what may be done."""
        language = self._front.language
        self.query_one("#ready-scan").set_class(Action.SCAN not in view.actions, "-off")
        self.query_one("#ready-show").set_class(Action.CHARGE not in view.actions, "-off")
        marks = (language.decimal_mark, language.group_mark)
        bright, implied = keyed.shown(view.currency, *marks)
        self.query_one("#ready-amount", Big).say(bright + implied, len(bright))
        self.query_one("#ready-currency", Words).say(view.currency)
        last = ""
        row = next((each for each in view.recent if not each.static_number), None)
        if row is not None and not keyed.typed:
            state = language.say(f"state.{row.state}")
            amount = language.amount_text(row.amount)
            last = language.say("screen.last", amount=amount, state=state)
        self.query_one("#ready-last", Words).say(last)


class CounterScreen(Screen[None]):
    """One desk. `apply(view)` is how it learns anything."""

    def __init__(self, front: Front, view: View) -> None:
        super().__init__()
        self._front = front
        self._view = view
        self._keyed = Keyed()
        self._local = ""
        self._fits = True

    def compose(self) -> ComposeResult:
        """The shown code over the full height, the till, and the demo's phone."""
        language = self._front.language
        with Horizontal(id="whole"):
            with Middle(id="code"), Center():
                yield QrCode(id="qr")
            with Vertical(id="till"):
                yield Head(language)
                yield Faults(id="faults", classes="sun")
                yield Arrived(language)
                yield Ready(self._front)
                yield Waiting(language)
                yield Outcome(language)
                yield Stopped(language)
                yield Words(id="notice")
                yield Unfinished(language)
                yield Words(id="keys")
            if self._front.phone is not None:
                yield PhonePanel(self._front.phone, self._front.language)

    def on_mount(self) -> None:
        """Show what is known so far, and keep the clocks going."""
        self.apply(self._view)
        self.set_interval(TICK_EVERY_S, self._tick)

    def on_resize(self) -> None:
        """A code that fitted may not fit any more, and the other way round."""
        self.call_after_refresh(self._draw_code)

    def apply(self, view: View) -> None:
        """Show `view`."""
        if view.stage is not self._view.stage and view.stage in WAITING:
            self._keyed = Keyed()
        if view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME:
            self.remove_class("-phone")  # a phone laid over the till hides no outcome
        if view.notice != self._view.notice or view.stage is not self._view.stage:
            self._local = ""
        self._view = view
        self._show()

    def aim(self, glimpse: Glimpse) -> None:
        """Show what the camera sees."""
        for waiting in self.query(Waiting):  # none before the screen is laid out
            waiting.aim(glimpse)

    def _show(self) -> None:
        view, language = self._view, self._front.language
        stopped = view.stopped is not None
        self.query_one(Head).apply(view)
        self.query_one(Faults).apply(view, language)
        self.query_one(Arrived).apply(view)
        self.query_one(Unfinished).apply(view)
        shown = "stopped" if stopped else _panel_of(view.stage)
        for name in ("ready", "waiting", "outcome", "stopped"):
            self.query_one(f"#{name}").display = name == shown
        self._draw_code()
        if stopped:
            self.query_one(Stopped).apply(view)
        elif view.stage is Stage.READY:
            self.query_one(Ready).apply(view, self._keyed)
        elif view.stage is Stage.OUTCOME:
            self.query_one(Outcome).apply(view)
        else:
            self.query_one(Waiting).apply(view, self._front.clock(), code_fits=self._fits)
        self._show_notice()
        self.query_one("#keys", Words).say(self._keys_line())
        for phone in self.query(PhonePanel):
            phone.apply(view)

    def _show_notice(self) -> None:
        said, line = self._view.notice, self.query_one("#notice", Words)
        line.say(self._local or ("" if said is None else self._front.language.notice(said)))
        line.set_class(said is not None and said.grave and not self._local, "-grave")

    def _draw_code(self) -> None:
        view = self._view
        showing = view.stage is Stage.SHOWING and bool(view.order_code) and view.stopped is None
        plan = None
        if showing:
            taken = sum(phone.columns_taken for phone in self.query(PhonePanel))
            columns = self.size.width - taken - SIDE_COLUMNS_MIN
            plan = drawing(view.order_code, columns, self.size.height, self._front.qr_form)
        self._fits = plan is not None or not showing
        self.query_one("#code").display = plan is not None
        self.query_one(QrCode).draw(plan)
        self.query_one(Waiting).tick(self._front.clock(), code_fits=self._fits)

    def _keys_line(self) -> str:
        say, actions, keys = self._front.language.say, self._view.actions, []
        if self._view.stopped is None:
            if Action.CHARGE in actions and self._view.stage is Stage.READY:
                keys += [("Enter", "screen.key_scan")] if Action.SCAN in actions else []
                keys += [("F2", "screen.key_show")]
            if Action.STOP in actions:
                keys.append(("Esc", "screen.key_cancel"))
            if Action.NEXT in actions:
                stopping = self._view.stage is Stage.STOPPING
                keys.append(
                    ("F4", "screen.key_aside") if stopping else ("Enter", "screen.key_next")
                )
            keys.append(("F5", "screen.key_review"))
        if any(not phone.columns_taken for phone in self.query(PhonePanel)):
            keys.append(("P", "screen.key_phone"))
        if may_leave(self._view):
            keys.append(("Ctrl+Q", "screen.key_quit"))
        return "   ".join(f"{key} {say(word)}" for key, word in keys)

    def _tick(self) -> None:
        self.query_one(Waiting).tick(self._front.clock(), code_fits=self._fits)

    def on_key(self, event: events.Key) -> None:
        """Turn a key of the keyboard into what it means now."""
        mark = event.character or ""
        if mark in _TYPED and mark:
            action = f"pad:{mark}"
        elif event.key in PHONE_KEYS and self._front.phone is not None:
            self.query_one(PhonePanel).press(event.key)
            event.stop()
            return
        else:
            action = _KEYS.get(event.key, "")
        if action:
            event.stop()
            self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def _act(self, action: str) -> None:
        self._local = ""
        if action == "review":
            self._review()
        elif action.startswith("pad:"):
            self._press(action.removeprefix("pad:"))
        elif self._view.stopped is None:
            self._do(action)
        self._show()

    def _do(self, action: str) -> None:
        view = self._view
        match action:
            case "scan" | "show" if view.stage is Stage.OUTCOME and self._keyed.typed:
                # The next sale was begun by typing; the till takes Next before this.
                self._charge(action)
            case "scan" | "next" if view.stage is Stage.OUTCOME:
                self._put_if(Action.NEXT, Next())
            case "next" if view.stage is Stage.STOPPING:
                self._put_if(Action.NEXT, Next())
            case "stop" if view.stage is Stage.OUTCOME:
                self._put_if(Action.NEXT, Next())
            case "stop" if view.stage is Stage.READY:
                self._keyed = Keyed()
            case "stop":
                self._put_if(Action.STOP, Stop(view.request_id))
            case "scan" | "show" if view.stage is Stage.READY:
                self._charge(action)

    def _charge(self, action: str) -> None:
        actions, typed = self._view.actions, self._keyed.typed
        if action == "show":
            self._put_if(Action.CHARGE, Charge(typed, Presenting.MERCHANT))
        elif Action.CHARGE in actions and Action.SCAN not in actions:
            self._local = self._front.language.say("no_camera")
        else:
            self._put_if(Action.SCAN, Charge(typed, Presenting.CUSTOMER))

    def _press(self, key: str) -> None:
        """Type, which also says that the last outcome was seen."""
        if self._view.stage is Stage.OUTCOME:
            self._put_if(Action.NEXT, Next())
        if self._view.stage in (Stage.READY, Stage.OUTCOME):
            self._keyed = self._keyed.press(key)

    def _put_if(self, offered: str, given: Input) -> None:
        if offered in self._view.actions and not self._front.put(given):
            self._local = self._front.language.say("screen.busy")

    def _review(self) -> None:
        from pos.screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self._front, self._view))

    def refuse_to_leave(self) -> None:
        """Say why the till cannot be closed now."""
        amount = amount_or_nothing(self._front.language, self._view.amount)
        self._local = self._front.language.say("screen.no_quit", amount=amount)
        self._show_notice()


def may_leave(view: View) -> bool:
    """Whether nothing is on the desk that a person waits for."""
    return view.stopped is not None or view.stage in (Stage.READY, Stage.OUTCOME)


def _panel_of(stage: Stage) -> str:
    if stage is Stage.READY:
        return "ready"
    return "outcome" if stage is Stage.OUTCOME else "waiting"
