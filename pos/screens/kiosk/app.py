"""The kiosk's application: shows the latest View to a visitor, and lets nobody out.

Apart from the counter's because of what it does not do: no palette, no quitting, no selection of
text, and no key of a keyboard unless the settings allow one.
"""

import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from textual import events
from textual.app import App

from pos.language import Language
from pos.sale.input import Input
from pos.sale.view import View
from pos.screens import sound
from pos.screens.changes import ViewChanged
from pos.screens.front import Front
from pos.screens.helped import Helped
from pos.screens.kiosk.screen import KioskScreen
from pos.screens.kiosk.speech import Speech
from pos.screens.kiosk.staff import QuitAsked, StaffMenu, StaffPick
from pos.screens.mirror import Mirror, Typed, Watched
from pos.screens.palette import theme_name, themes
from pos.screens.qr import QrForm
from pos.screens.report import ReportScreen


class KioskApp(App[None]):
    """`home` is the language of the site and its staff; the rest as PosApp has it.

    `keyboard` is whether keys mean anything, `wall` gives Unix seconds for the clock on it.
    """

    CSS_PATH = [  # noqa: RUF012
        Path(__file__).parent.with_name("pos.tcss"),
        Path(__file__).with_name("visitor.tcss"),
    ]
    TITLE = "Samkassa"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual"), (112, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-even"), (28, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        put: Callable[[Input], bool],
        home: str,
        first: View,
        *,
        keyboard: bool = False,
        opened: Callable[["KioskApp"], None] | None = None,
        qr_form: QrForm = QrForm.AUTO,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        make: Callable[[str, tzinfo | None], Language] = Language,
        theme: str = "dark",
    ) -> None:
        super().__init__()
        for each in themes():
            self.register_theme(each)
        self.theme = theme_name(theme)
        self._speech = Speech(home, make)
        self._front = Front(put, make(home, None), clock, qr_form)
        self._helped = Helped(self, self._front, asks=False)
        self.mirror = Mirror(self)
        self._wall = wall
        self._keyboard = keyboard
        self._opened = opened
        self.shown = first

    def get_default_screen(self) -> KioskScreen:
        """The visitor's."""
        return KioskScreen(self._front, self._speech, self.shown, self._wall)

    def on_ready(self) -> None:
        """The screen is up."""
        if self._opened is not None:
            self._opened(self)

    async def on_event(self, event: events.Event) -> None:
        """A keyboard that somebody plugged in is not there, nor what it would paste."""
        if isinstance(event, events.Key | events.Paste) and not self._keyboard:
            return
        await super().on_event(event)

    def show(self, view: View) -> bool:
        """Take a View, from any thread; False once the screen is closed."""
        return self.post_message(ViewChanged(view))

    def press(self, action: str) -> None:
        """A button beside the screen was pressed, in any thread: `on` or `back`."""
        self.call_from_thread(self.visitors.press, action)

    @property
    def visitors(self) -> KioskScreen:
        """The visitor's screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, KioskScreen)  # noqa: S101 - see get_default_screen
        return screen

    def on_view_changed(self, message: ViewChanged) -> None:
        """Let every screen that is open show it, and be heard."""
        before, self.shown = self.shown, message.view
        for screen in reversed(list(self.screen_stack)):
            apply = getattr(screen, "apply", None)
            if apply is not None:
                apply(message.view)
        self._helped.apply(message.view)
        present = message.view.office.present
        if present is not None and not any(isinstance(s, StaffMenu) for s in self.screen_stack):
            self.push_screen(StaffMenu(self._front, message.view))
        if message.view.office.report not in (None, before.office.report):
            self.push_screen(ReportScreen(self._front, message.view))
        for delay_s in sound.beats_s(before, message.view):
            if delay_s:
                self.set_timer(delay_s, self.bell)
            else:
                self.bell()

    def on_watched(self, message: Watched) -> None:
        """A helper begins to look, or looks no more."""
        self.mirror.watched(message)

    def on_typed(self, message: Typed) -> None:
        """A helper's keys are what a keyboard's would be here."""
        self.mirror.typed(message)

    def on_staff_asked(self) -> None:
        """Ask which of the staff it is; where there is none, nothing happens."""
        if self.shown.office.staff and len(self.screen_stack) == 1:
            self.push_screen(StaffPick(self._front, self.shown))

    def on_quit_asked(self, message: QuitAsked) -> None:
        """The staff closes the kiosk."""
        self.exit()

    async def action_quit(self) -> None:
        """Ctrl+Q ends nothing here."""

    def action_help_quit(self) -> None:
        """Nor does Ctrl+C."""
