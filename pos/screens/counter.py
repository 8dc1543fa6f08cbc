"""The cashier's screen: key an amount, take a code or show one, see how it ended.

Apart from the panels because here keys become Inputs. The screen decides nothing about money:
it shows the last View and remembers only the digits that are being typed.
"""

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Middle, Vertical
from textual.screen import Screen

from pos.sale.glimpse import Glimpse
from pos.sale.input import CallHelp, Charge, Input, Next, OpenDrawer, Presenting, Stop, Tip
from pos.sale.view import Action, Stage, View
from pos.screens import overlays
from pos.screens.basket import Basket
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.help import HelpWanted
from pos.screens.helped import banner_lines
from pos.screens.keyed import Entry, Keyed
from pos.screens.offers import may_leave, offered
from pos.screens.order_keys import ordered
from pos.screens.panels import Arrived, Faults, Head, Key, Unfinished, Words, amount_or_nothing
from pos.screens.paying import WAITING, Outcome, Stopped, Waiting
from pos.screens.qr import QrCode, drawing
from pos.screens.ready import Ready
from pos.screens.theming import ThemeAsked
from pos.screens.tipping import Tipping

TICK_EVERY_S = 0.5

# What the words beside a shown code need at least.
SIDE_COLUMNS_MIN = 33

_KEYS = {
    "enter": "scan", "f1": "scan", "s": "scan",
    "f2": "show", "q": "show",
    "f3": "products",
    "f4": "next", "a": "next",
    "f5": "review", "l": "review",
    "f6": "discount", "f7": "park", "f8": "drop",
    "f9": "menu", "f10": "office", "ctrl+p": "menu", "slash": "menu",
    "f11": "receipt", "v": "receipt", "d": "drawer", "question_mark": "help",
    "f12": "theme", "h": "answer",
    "escape": "stop",
    "plus": "plus", "minus": "minus", "asterisk": "times",
    "up": "move:-1", "down": "move:1", "pageup": "move:-8", "pagedown": "move:8",
    "backspace": "pad:back", "delete": "pad:clear",
}  # fmt: skip
_TYPED = frozenset("0123456789,.")
_OPENING = frozenset(
    {"review", "products", "menu", "discount", "lines", "park", "receipt", "office", "answer"}
)
_PLAIN: dict[str, Input] = {"drawer": OpenDrawer(), "help": CallHelp()}


class CounterScreen(Screen[None]):
    """One desk. `apply(view)` is how it learns anything."""

    def __init__(self, front: Front, view: View) -> None:
        super().__init__()
        self._front = front
        self._view = view
        self._keyed = Keyed()
        self._tip = Entry()
        self._local = ""
        self._fits = True
        self._beside = front.beside(front.language) if front.beside is not None else None

    def compose(self) -> ComposeResult:
        """The shown code over the full height, the till, and what stands beside it."""
        language = self._front.language
        with Horizontal(id="whole"):
            with Middle(id="code"), Center():
                yield QrCode(id="qr")
            with Vertical(id="till"):
                yield Head(language)
                yield Faults(id="faults", classes="sun")
                yield Arrived(language)
                yield HelpWanted(language)
                yield Ready(self._front)
                yield Tipping(language)
                yield Waiting(language)
                yield Outcome(language)
                yield Stopped(language)
                yield Words(id="notice")
                yield Unfinished(language)
                yield Words(id="keys")
            if self._beside is not None:
                yield self._beside

    def on_mount(self) -> None:
        """Show what is known so far, and keep the clocks going."""
        self.apply(self._view)
        self.set_interval(TICK_EVERY_S, self._tick)

    def on_resize(self) -> None:
        """A code that fitted may not fit any more, and the other way round."""
        self.call_after_refresh(self._draw_code)

    def apply(self, view: View) -> None:
        """Show `view`."""
        begun = self._view.stage is Stage.READY or view.stage in (*WAITING, Stage.TIPPING)
        if view.stage is not self._view.stage and begun:
            self._keyed, self._tip = Keyed(), Entry()
        if view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME:
            self.remove_class("-beside")  # a phone laid over the till hides no outcome
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
        self.query_one(HelpWanted).apply(view)
        self.query_one(Unfinished).apply(view)
        shown = "stopped" if stopped else _panel_of(view.stage)
        for name in ("ready", "tipping", "waiting", "outcome", "stopped"):
            self.query_one(f"#{name}").display = name == shown
        self._draw_code()
        if stopped:
            self.query_one(Stopped).apply(view)
        elif view.stage is Stage.READY:
            self.query_one(Ready).apply(view, self._keyed)
        elif view.stage is Stage.TIPPING:
            self.query_one(Tipping).apply(view, self._tip)
        elif view.stage is Stage.OUTCOME:
            self.query_one(Outcome).apply(view)
        else:
            self.query_one(Waiting).apply(view, self._front.clock(), code_fits=self._fits)
        self._show_notice()
        self.query_one("#keys", Words).say(self._keys_line())
        if self._beside is not None:
            self._beside.apply(view)

    def _show_notice(self) -> None:
        said, line = self._view.notice, self.query_one("#notice", Words)
        line.say(self._local or ("" if said is None else self._front.language.notice(said)))
        line.set_class(said is not None and said.grave and not self._local, "-grave")

    def _draw_code(self) -> None:
        view = self._view
        showing = view.stage is Stage.SHOWING and bool(view.order_code) and view.stopped is None
        plan = None
        if showing:
            taken = self._beside.columns_taken if self._beside is not None else 0
            columns = self.size.width - taken - SIDE_COLUMNS_MIN
            lines = self.size.height - banner_lines(view)
            plan = drawing(view.order_code, columns, lines, self._front.qr_form)
        self._fits = plan is not None or not showing
        self.query_one("#code").display = plan is not None
        self.query_one(QrCode).draw(plan)
        self.query_one(Waiting).tick(self._front.clock(), code_fits=self._fits)

    def _keys_line(self) -> str:
        """The keys that mean something now; those that find no room stand in the menu."""
        say = self._front.language.say
        keys = [(each.key, each.word) for each in offered(self._view) if each.foot]
        if self._beside is not None and not self._beside.columns_taken:
            keys.append(("P", self._beside.WORD))
        keys.sort(key=lambda key: key[1] == "screen.key_menu")  # the menu names what is left out
        parts = [f"{key} {say(word)}" for key, word in keys]
        while len(parts) > 1 and cell_len("   ".join(parts)) > self.size.width - 2:
            parts.pop(-2)
        return "   ".join(parts)

    def _tick(self) -> None:
        self.query_one(Waiting).tick(self._front.clock(), code_fits=self._fits)

    def on_key(self, event: events.Key) -> None:
        """Turn a key of the keyboard into what it means now."""
        if handed_on(self, event):
            return
        mark = event.character or ""
        if (mark in _TYPED and mark) or mark == "%":
            action = f"pad:{mark}"
        elif self._beside is not None and event.key in self._beside.KEYS:
            self._beside.press(event.key)
            event.stop()
            return
        else:
            action = _KEYS.get(event.key, "")
        if action:
            event.stop()
            self._act(self._meant(action))

    def _meant(self, action: str) -> str:
        """Keys that depend on whether something is typed."""
        typed, view = self._keyed.typed, self._view
        if view.stage is Stage.TIPPING:
            return {"scan": "tip", "times": "pad:%"}.get(action, action)
        if action == "pad:clear" and not typed and view.order is not None:
            return "remove"
        if action == "menu" and typed and Action.ORDER in view.actions and len(view.products):
            return "products"  # the numpad's slash after a number looks it up
        return action

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def _act(self, action: str) -> None:
        self._local = ""
        if action == "theme":
            self.post_message(ThemeAsked())
        elif action == "send_away":
            self.app.simulate_key("ctrl+e")
        elif action in _OPENING or (action == "times" and not self._keyed.typed):
            self._open(action)
        elif action.startswith("pad:"):
            self._press(action.removeprefix("pad:"))
        elif action.startswith("move:"):
            self.query_one(Basket).move(int(action.removeprefix("move:")))
        elif action == "leave" and may_leave(self._view):
            self.app.exit()
        elif action in _PLAIN:
            self._put(_PLAIN[action])
        elif self._view.stopped is None:
            self._do(action)
        self._show()

    def _open(self, action: str) -> None:
        """What is laid over the desk; it sends its own Inputs, or tells which action was chosen."""
        view = self._view
        if action == "menu":
            overlays.menu(self, self._front, view, self._act)
        elif action == "answer":
            overlays.answer(self, self._front, view)
        elif view.stopped is None:
            typed, self._keyed = self._keyed.typed, Keyed()
            place = self.query_one(Basket).place
            overlays.opened(self, self._front, view, action, typed=typed, place=place)

    def _do(self, action: str) -> None:
        view = self._view
        given = ordered(action, view, self._keyed.typed, self.query_one(Basket).place)
        if given is not None and (view.stage is Stage.READY or self._keyed.typed):
            # The digits are gone at once: the next ones are of the next line.
            self._keyed = Keyed()
            self._put_if(Action.ORDER, given)
            return
        match action:
            case "scan" | "show" if view.stage is Stage.READY or (
                view.stage is Stage.OUTCOME and self._keyed.typed
            ):
                # A next sale that was begun by typing: the till takes Next before this.
                self._charge(action)
            case "scan" | "next" | "stop" if view.stage is Stage.OUTCOME:
                self._put_if(Action.NEXT, Next())
            case "next" if view.stage is Stage.STOPPING:
                self._put_if(Action.NEXT, Next())
            case "stop" if view.stage is Stage.READY:
                self._keyed = Keyed()
            case "stop":
                self._put_if(Action.STOP, Stop(view.request_id))
            case "tip" | "tip:":
                self._put_if(Action.TIP, Tip(self._tip.typed))
            case _ if action.startswith("tip:"):
                self._put_if(Action.TIP, Tip(action.removeprefix("tip:")))

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
        if self._view.stage is Stage.TIPPING:
            self._tip = self._tip.press("," if key == "." else key)
            return
        if self._view.stage is Stage.OUTCOME:
            self._put_if(Action.NEXT, Next())
        if self._view.stage in (Stage.READY, Stage.OUTCOME) and key != "%":
            self._keyed = self._keyed.press(key)

    def _put_if(self, offered: str, given: Input) -> None:
        if offered in self._view.actions:
            self._put(given)

    def _put(self, given: Input) -> None:
        if not self._front.put(given):
            self._local = self._front.language.say("screen.busy")

    def tell(self, text: str) -> None:
        """Show `text` until something else is done."""
        self._local = text
        self._show_notice()

    def refuse_to_leave(self) -> None:
        """Say why the till cannot be closed now."""
        amount = amount_or_nothing(self._front.language, self._view.amount)
        self.tell(self._front.language.say("screen.no_quit", amount=amount))


def _panel_of(stage: Stage) -> str:
    if stage in (Stage.READY, Stage.TIPPING):
        return "ready" if stage is Stage.READY else "tipping"
    return "outcome" if stage is Stage.OUTCOME else "waiting"
