"""The till on a screen: shows the latest View, and hands what people do to the till.

Apart from the engine because drawing must never hold up money, nor money drawing. The engine's
thread calls `show`; keys and touches go the other way through `put`. Nothing else passes.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.app import App
from textual.binding import Binding

from pos.language import Language
from pos.sale.glimpse import Glimpse
from pos.sale.input import Input
from pos.sale.view import Stage, View
from pos.screens import sound
from pos.screens.beside import Makes
from pos.screens.changes import Glimpsed, ViewChanged
from pos.screens.counter import CounterScreen
from pos.screens.customer import Phone
from pos.screens.examining import Examine
from pos.screens.front import Front
from pos.screens.guests import GuestPanel
from pos.screens.helped import Helped
from pos.screens.mirror import Mirror, Typed, Watched
from pos.screens.offers import may_leave
from pos.screens.palette import PALETTES, theme_name, themes
from pos.screens.party import Party
from pos.screens.phone import PhonePanel
from pos.screens.qr import QrForm
from pos.screens.refund import RefundScreen


class PosApp(App[None]):
    """The counter's screen.

    `first` is shown until the till speaks. `put` takes an Input from any thread and returns
    False when the till cannot take it now. `opened` is called once, when the first screen is
    up: that is the moment to start the engine. `phone` puts the demo's customer beside the till,
    `party` those of a training day. `examine` is what `pos check` does, `theme` one of
    palette.PALETTES.
    """

    CSS_PATH = Path(__file__).with_name("pos.tcss")
    TITLE = "Samkassa"
    ENABLE_COMMAND_PALETTE = False
    # From wherever the shop is: whoever looks on is sent away by one key.
    BINDINGS = [Binding("ctrl+e", "send_away", priority=True, show=False)]  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual"), (112, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-even"), (34, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        put: Callable[[Input], bool],
        language: Language,
        first: View,
        *,
        phone: Phone | None = None,
        party: Party | None = None,
        opened: Callable[["PosApp"], None] | None = None,
        qr_form: QrForm = QrForm.AUTO,
        clock: Callable[[], float] | None = None,
        theme: str = "dark",
        examine: Examine | None = None,
    ) -> None:
        super().__init__()
        # Before the style sheet is read, which uses its colours.
        for each in themes():
            self.register_theme(each)
        self.theme = theme_name(theme)
        beside = _beside(phone, party)
        front = Front(put, language, qr_form=qr_form, beside=beside, examine=examine)
        if clock is not None:
            front = replace(front, clock=clock)
        self._front = front
        self._helped = Helped(self, front)
        self.mirror = Mirror(self)
        self._opened = opened
        self.shown = first
        self._glimpse: Glimpse | None = None

    def get_default_screen(self) -> CounterScreen:
        """The desk."""
        return CounterScreen(self._front, self.shown)

    def on_ready(self) -> None:
        """The first screen is up."""
        self._attend(None)
        if self._opened is not None:
            self._opened(self)

    def show(self, view: View) -> bool:
        """Take a View, from any thread; False once the screen is closed."""
        return self.post_message(ViewChanged(view))

    def glimpse(self, glimpse: Glimpse) -> bool:
        """Take what the camera sees, from any thread; a newer one replaces one not yet drawn."""
        waits, self._glimpse = self._glimpse is not None, glimpse
        return waits or self.post_message(Glimpsed())

    def on_glimpsed(self) -> None:
        """Let the screens that aim show it."""
        glimpse, self._glimpse = self._glimpse, None
        for screen in self.screen_stack:
            aim = getattr(screen, "aim", None)
            if aim is not None and glimpse is not None:
                aim(glimpse)

    def on_view_changed(self, message: ViewChanged) -> None:
        """Let every screen that is open show it, and be heard."""
        before, self.shown = self.shown, message.view
        # The topmost first: one that makes way must not stand under another.
        for screen in reversed(list(self.screen_stack)):
            apply = getattr(screen, "apply", None)
            if apply is not None:
                apply(message.view)
        self._open_found(before)
        self._attend(before)
        self._helped.apply(message.view)
        for delay_s in sound.beats_s(before, message.view):
            if delay_s:
                self.set_timer(delay_s, self.bell)
            else:
                self.bell()

    def _attend(self, before: View | None) -> None:
        """Ask who is there before anything is sold, and show a report as soon as there is one."""
        view = self.shown
        if view.stopped is not None or view.stage not in (Stage.READY, Stage.OUTCOME):
            return
        opened = {screen.id for screen in self.screen_stack}
        if view.office.closed and view.stage is Stage.READY and "staff" not in opened:
            from pos.screens.staff import StaffScreen

            self.push_screen(StaffScreen(self._front, view))
        elif before is None or view.office.report != before.office.report:
            if view.office.report is None or "report" in opened:
                return
            from pos.screens.report import ReportScreen

            self.push_screen(ReportScreen(self._front, view))

    def _open_found(self, before: View) -> None:
        """A receipt was held up: ask what is to be given back of its sale."""
        found = self.shown.papers.found
        if found is None or found == before.papers.found or self.shown.stopped is not None:
            return
        if not isinstance(self.screen, RefundScreen):
            self.push_screen(RefundScreen(self._front, found, self.shown))

    def on_watched(self, message: Watched) -> None:
        """A helper begins to look, or looks no more."""
        self.mirror.watched(message)

    def on_typed(self, message: Typed) -> None:
        """A helper types."""
        self.mirror.typed(message)

    def action_send_away(self) -> None:
        """Whoever stands here does not want the helper any more."""
        self._helped.send_away()

    def press(self, key: str) -> bool:
        """Press a key, from any thread, as a button beside the screen does."""
        return self.post_message(events.Key(key, None))

    def on_theme_asked(self) -> None:
        """Wear the next theme."""
        names = [theme_name(each) for each in PALETTES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    async def action_quit(self) -> None:
        """Close, unless somebody's payment is on the desk."""
        if may_leave(self.shown):
            self.exit()
        else:
            self.refuse_to_leave()

    def action_help_quit(self) -> None:
        """Ctrl+C ends nothing here: a till is closed on purpose."""

    def refuse_to_leave(self) -> None:
        """Bring the desk back into sight and say why it stays."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        desk = self.screen
        if isinstance(desk, CounterScreen):
            desk.refuse_to_leave()


def _beside(phone: Phone | None, party: Party | None) -> Makes | None:
    """What stands beside the till, if anything does."""
    if phone is not None:
        return lambda language: PhonePanel(phone, language)
    if party is not None:
        return lambda language: GuestPanel(party, language)
    return None
