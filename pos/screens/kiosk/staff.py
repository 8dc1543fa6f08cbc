"""The staff's menu at a kiosk, behind a badge or a PIN; the only way out of it.

Apart from the visitor's screen because it lies over it for as long as somebody of the staff is
logged in, and no longer than a minute after their last touch.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message
from textual.screen import ModalScreen, Screen

from pos.sale.input import CallHelp, LogIn, LogOut, MakeReport, PutInOrder, PutOutOfOrder, Reprint
from pos.sale.office import StaffRow
from pos.sale.payment import State
from pos.sale.secret import Secret
from pos.sale.staff import Duty
from pos.sale.view import View
from pos.screens.front import Front
from pos.screens.kiosk.targets import Target
from pos.screens.panels import Key, Words
from pos.screens.pin import PinScreen

LEAVES_AFTER_S = 60.0
TICK_EVERY_S = 1.0
STAFF_COUNT_MAX = 12


class QuitAsked(Message):
    """Somebody of the staff closes the kiosk."""


class StaffMenu(Screen[None]):
    """Shown while somebody is logged in."""

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="staff-menu")
        self._front = front
        self._view = view
        self._touched_s = front.clock()

    def compose(self) -> ComposeResult:
        """Who it is, and what they may do."""
        say = self._front.language.say
        yield Words(id="staff-who", classes="title")
        with Grid():
            yield Target("", "bar", id="staff-bar")
            yield Target(say("kiosk.reprint"), "reprint", id="staff-reprint")
            yield Target(say("kiosk.x_report"), "x", id="staff-x")
            yield Target(say("kiosk.help_done"), "help", id="staff-help")
            yield Target(say("kiosk.quit"), "quit", id="staff-quit")
            yield Target(say("screen.log_out"), "out", id="staff-leave")
        yield Words(id="staff-said")

    def on_mount(self) -> None:
        """Show what may be done, and keep an eye on the time."""
        self._show()
        self.set_interval(TICK_EVERY_S, self._tick)

    def apply(self, view: View) -> None:
        """Follow the till; go away with whoever logged in."""
        self._view = view
        if view.office.present is None:
            self.dismiss()
        else:
            self._show()

    def _show(self) -> None:
        view, language = self._view, self._front.language
        present, duties = view.office.present, view.office.duties
        name = present.name if present is not None else ""
        self.query_one("#staff-who", Words).say(language.say("kiosk.staff_title", name=name))
        barred = language.say("kiosk.put_in" if view.barred is not None else "kiosk.put_out")
        self.query_one("#staff-bar", Target).offer(barred, "bar", is_open=Duty.SHIFT in duties)
        self.query_one("#staff-reprint").display = view.papers.prints
        self.query_one("#staff-help").display = view.papers.help_wanted
        said = [each for each in (view.notice, view.stopped, view.printer, view.camera) if each]
        self.query_one("#staff-said", Words).say("\n".join(map(language.notice, said)))

    def _tick(self) -> None:
        if self.is_current and self._front.clock() - self._touched_s > LEAVES_AFTER_S:
            self._front.put(LogOut())

    def on_key(self, event: events.Key) -> None:
        """Nothing here is typed."""
        event.stop()

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """Something was touched."""
        message.stop()
        self._touched_s = self._front.clock()
        view, put = self._view, self._front.put
        match message.action:
            case "bar":
                put(PutInOrder() if view.barred is not None else PutOutOfOrder())
            case "reprint":
                paid = [each for each in view.recent if each.state is State.PAID]
                if paid:
                    put(Reprint(paid[0].request_id))
            case "x":
                put(MakeReport())
            case "help" if view.papers.help_wanted:
                put(CallHelp())
            case "out":
                put(LogOut())
            case "quit":
                put(LogOut())
                self.post_message(QuitAsked())


class StaffPick(ModalScreen[None]):
    """Who of the staff it is; then their PIN. It goes away by itself."""

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="staff-menu")
        self._front = front
        self._staff: tuple[StaffRow, ...] = view.office.staff[:STAFF_COUNT_MAX]
        self._opened_s = front.clock()

    def compose(self) -> ComposeResult:
        """The names, and a way back."""
        say = self._front.language.say
        yield Words(say("kiosk.staff_pick"), classes="title")
        with Grid():
            for each in self._staff:
                yield Target(each.name, f"who:{each.staff_id}", hint=each.staff_id)
            yield Target(say("screen.back"), "back")

    def on_mount(self) -> None:
        """Nobody who found this by chance keeps a visitor waiting."""
        self.set_interval(TICK_EVERY_S, self._tick)

    def apply(self, view: View) -> None:
        """Make way for whoever has come."""
        if view.office.present is not None:
            self.dismiss()

    def _tick(self) -> None:
        if self._front.clock() - self._opened_s > LEAVES_AFTER_S and self.is_current:
            self.dismiss()

    def on_key(self, event: events.Key) -> None:
        """Nothing here is typed."""
        event.stop()

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A name was touched, or the way back."""
        message.stop()
        if not self.is_current:
            return
        kind, _, staff_id = message.action.partition(":")
        if kind != "who":
            self.dismiss()
            return

        def typed(pin: Secret | None) -> None:
            if pin is not None:
                self._front.put(LogIn(staff_id, pin))
            self.dismiss()

        self.app.push_screen(PinScreen(self._front, "kiosk.staff_pin"), typed)
