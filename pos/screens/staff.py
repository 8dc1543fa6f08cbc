"""Who stands at the till: choose a name and type the PIN, or scan a badge; then open the shift.

Apart from the counter because nothing else is to be seen or done before it.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from pos.sale.input import LogIn, LogOut, OpenShift
from pos.sale.office import StaffRow
from pos.sale.secret import Secret
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.panels import Key, Words
from pos.screens.pin import PinScreen
from pos.screens.rows import Row, Rows

_MOVES = {"up": -1, "down": 1, "minus": -1, "plus": 1, "pageup": -8, "pagedown": 8}


class StaffScreen(Screen[None]):
    """Lies over the desk for as long as `Office.closed` holds."""

    CSS_PATH = "office.tcss"

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="staff")
        self._front = front
        self._view = view
        self._typed = ""

    def compose(self) -> ComposeResult:
        """A title, the names, what is said, and the keys."""
        say = self._front.language.say
        yield Words(self._view.merchant_name, id="staff-merchant", classes="quiet")
        yield Words(id="staff-title", classes="title")
        yield Words(id="staff-hint", classes="quiet")
        yield Rows(id="staff-rows")
        yield Words(id="staff-notice")
        with Horizontal(classes="keys"):
            yield Key(say("screen.choose"), "do", hint="Enter", id="staff-do")
            yield Key(say("screen.log_out"), "out", hint="Esc", id="staff-out")

    def on_mount(self) -> None:
        """Show who may come."""
        self._show(anew=True)

    def apply(self, view: View) -> None:
        """Follow the till; go away once it may sell, or has something graver to say."""
        anew = view.office.staff != self._view.office.staff
        self._view = view
        if not view.office.closed or view.stopped is not None or view.stage is Stage.STOPPING:
            self.dismiss()
        else:
            self._show(anew=anew)

    def _show(self, *, anew: bool) -> None:
        language, office = self._front.language, self._view.office
        say, present = language.say, office.present
        rows = self.query_one(Rows)
        rows.display = present is None
        if anew:
            rows.fill(len(office.staff), lambda at: self._row(office.staff[at]), rows.place)
        if present is None:
            title, hint, does = say("screen.staff_title"), say("screen.staff_hint"), "screen.choose"
        else:
            title = say("screen.shift_title", number=office.shift)
            hint, does = say("screen.shift_hint", name=present.name), "screen.open_shift"
        self.query_one("#staff-title", Words).say(title)
        self.query_one("#staff-hint", Words).say(self._typed or hint)
        self.query_one("#staff-do", Key).relabel(say(does))
        self.query_one("#staff-out").display = present is not None
        notice = self.query_one("#staff-notice", Words)
        notice.say("" if self._view.notice is None else language.notice(self._view.notice))
        notice.set_class(self._view.notice is not None and self._view.notice.grave, "-grave")

    def _row(self, row: StaffRow) -> Row:
        locked = "" if row.tries_left else self._front.language.say("screen.staff_locked")
        return Row(f"{row.staff_id:>4}  {row.name}", locked)

    def on_key(self, event: events.Key) -> None:
        """Move, type somebody's number, or go on."""
        if event.key in _MOVES:
            self.query_one(Rows).move(_MOVES[event.key])
        elif event.key == "enter":
            self._act("do")
        elif event.key == "escape":
            self._act("out")
        elif event.key == "backspace" or (event.character or " ") in "0123456789":
            self._number(event.character if event.key != "backspace" else None)
        else:
            return
        event.stop()

    def _number(self, digit: str | None) -> None:
        """Choose whose number begins with what was typed."""
        self._typed = self._typed[:-1] if digit is None else (self._typed + digit)[-6:]
        for place, row in enumerate(self._view.office.staff):
            if self._typed and row.staff_id.startswith(self._typed):
                rows = self.query_one(Rows)
                rows.move(place - rows.place)
                break
        self._show(anew=False)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def on_rows_touched(self, message: Rows.Touched) -> None:
        """A touch on a name asks for its PIN."""
        message.stop()
        self._act("do")

    def _act(self, action: str) -> None:
        office, place = self._view.office, self.query_one(Rows).place
        if action == "out" and office.present is not None:
            self._front.put(LogOut())
        elif action == "do" and office.present is not None:
            self._front.put(OpenShift())
        elif action == "do" and 0 <= place < len(office.staff):
            self._ask(office.staff[place].staff_id)

    def _ask(self, staff_id: str) -> None:
        self._typed = ""

        def answered(pin: Secret | None) -> None:
            if pin is not None:
                self._front.put(LogIn(staff_id, pin))

        self.app.push_screen(PinScreen(self._front, "screen.staff_pin"), answered)
