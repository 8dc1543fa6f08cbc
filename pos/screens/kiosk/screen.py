"""The visitor's screen: one step after another, and at its foot what may be done now.

Apart from the panels because here touches become choices. It decides nothing: what may be chosen
stands in `pos.sale.choice`, where that leads in `pos.sale.visit`. Whatever else is touched or
typed does nothing.
"""

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Middle, Vertical
from textual.message import Message
from textual.screen import Screen

from pos.language import Language
from pos.sale.choice import Choice, choices
from pos.sale.input import Input
from pos.sale.view import Notice, Stage, View
from pos.sale.visit import chosen, passed, seen
from pos.sale.visitor import ENDONYMS, Step, left_s, nobody, out_of_order
from pos.screens.front import Front
from pos.screens.helped import banner_lines
from pos.screens.kiosk.codes import Codes
from pos.screens.kiosk.keys import meant
from pos.screens.kiosk.money import EndPanel, PayPanel
from pos.screens.kiosk.speech import Speech, hours_text
from pos.screens.kiosk.start import StartPanel
from pos.screens.kiosk.steps import EntryPanel, ReviewPanel, TicketsPanel
from pos.screens.kiosk.targets import Target, by_action
from pos.screens.panels import Key, Shape, Words
from pos.screens.qr import QrCode, drawing

TICK_EVERY_S = 0.5
SIDE_COLUMNS_MIN = 33
FRAME_LINES = 8  # head, title, notice and foot

# Where the foot shows what, from left to right; the last of them is the way on.
_FOOT = ("over", "back", "page", "code", "stop", "time", "help", "leave", "again", "on", "pay")
_MAIN = frozenset({"leave", "again", "on", "pay"})
_TITLES = {
    Step.TICKETS: "kiosk.title_tickets",
    Step.ENTRY: "kiosk.title_entry",
    Step.REVIEW: "kiosk.title_review",
}


class StaffAsked(Message):
    """Somebody touched the clock as only the staff knows how."""


class KioskScreen(Screen[None]):
    """`apply(view)` is how it learns anything; `wall` gives Unix seconds for its clock."""

    ALLOW_SELECT = False

    def __init__(self, front: Front, speech: Speech, view: View, wall: Callable[[], float]) -> None:
        super().__init__(id="kiosk")
        self._front = front
        self._speech = speech
        self._view = view
        self._wall = wall
        self._visit = nobody(speech.home)
        self._page = 0
        self._why: Notice | None = None
        self._codes = Codes()
        self._clock_touches: list[float] = []

    def compose(self) -> ComposeResult:
        """The code over the full height, then head, step and foot."""
        with Horizontal(id="kiosk-whole"):
            with Middle(id="kiosk-code"), Center():
                yield QrCode(id="qr")
            with Vertical(id="kiosk-side"):
                with Horizontal(id="kiosk-head"):
                    yield Words(id="kiosk-site")
                    yield Words(id="kiosk-hours")
                    yield Key("", "clock", id="kiosk-clock")
                yield Words(id="kiosk-title", classes="title")
                yield StartPanel()
                yield TicketsPanel()
                yield EntryPanel()
                yield ReviewPanel()
                yield PayPanel()
                yield EndPanel()
                with Vertical(id="barred", classes="step"):
                    yield Shape(id="barred-shape", markup=False)
                    yield Words(id="barred-title", classes="title")
                    yield Words(id="barred-why")
                yield Words(id="kiosk-notice")
                yield Words(id="kiosk-warning", classes="sun")
                with Horizontal(id="kiosk-foot"):
                    for action in _FOOT:
                        main = "-main" if action in _MAIN else ""
                        yield Target("", action, id=f"foot-{action}", classes=main)

    def on_mount(self) -> None:
        """Show what is known so far, and keep the clocks going."""
        self.apply(self._view)
        self.set_interval(TICK_EVERY_S, self.tick)

    def on_resize(self) -> None:
        """What fitted may not fit any more, and the other way round."""
        self.call_after_refresh(self._show)

    @property
    def step(self) -> Step:
        """Where the visitor stands."""
        return self._visit.step

    def apply(self, view: View) -> None:
        """Show `view`."""
        before, self._view = self._visit, view
        if view.box_office is not None:
            self._speech.use_clock_of(view.box_office.site.zone)
        self._go(seen(self._visit, view, self._front.clock()), before.step)

    def tick(self) -> None:
        """Let time pass: twice a second, and by tests."""
        before = self._visit
        visit, told = passed(before, self._view, self._front.clock())
        self._tell(told)
        if visit != before:
            self._go(visit, before.step)
        else:
            self._show_time()

    def choose(self, action: str) -> None:
        """Do what was touched, if it is offered."""
        now_s = self._front.clock()
        if action == "page":
            self._page += 1
        elif action == "code":
            self._codes.turn()
        offered = by_action(choices(self._visit, self._view)).get(action)
        self._why = None if offered is None or offered.open else offered.why
        before = self._visit
        # Turning a page is no choice, but somebody is there.
        visit, told = chosen(before, action, self._view, now_s)
        self._tell(told)
        self._go(visit, before.step)

    def _go(self, visit: object, before: Step) -> None:
        assert isinstance(visit, type(self._visit))  # noqa: S101 - `seen` and the like make Visits
        self._visit = visit
        if visit.step is not before:
            self._page, self._why = 0, None
        if visit.step is Step.OUTCOME:
            self._codes.take(self._view)
        else:
            self._codes.forget()
        self._show()

    def _tell(self, told: tuple[Input, ...]) -> None:
        for each in told:
            self._front.put(each)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """Something was touched."""
        message.stop()
        if not self.is_current:
            return
        if message.action == "clock":
            self._touch_clock()
        elif message.action:
            self.choose(message.action)

    def _touch_clock(self) -> None:
        """Three touches in three seconds are the staff's."""
        now_s = self._front.clock()
        self._clock_touches = [*[each for each in self._clock_touches if now_s - each < 3], now_s]
        if len(self._clock_touches) >= 3:
            self._clock_touches.clear()
            self.post_message(StaffAsked())

    def on_key(self, event: events.Key) -> None:
        """A keyboard, where one is allowed: numbers choose, Enter goes on, Escape goes back."""
        event.stop()
        event.prevent_default()
        action = meant(event.key, choices(self._visit, self._view))
        if action:
            self.choose(action)

    def press(self, action: str) -> None:
        """A button beside the screen: `on` goes on, `back` goes back, as far as there is a way."""
        key = "enter" if action == "on" else "escape"
        self.choose(meant(key, choices(self._visit, self._view)))

    # ---- drawing ----

    def _show(self) -> None:
        view, visit = self._view, self._visit
        language, offered = self._speech(visit.language), by_action(choices(visit, view))
        barred = out_of_order(view) if visit.step is Step.START else None
        shown = "barred" if barred is not None else _PANELS[visit.step]
        for name in ("barred", *_PANELS.values()):
            self.query_one(f"#{name}").display = name == shown
        self._draw_code()
        self._show_step(shown, language, offered)
        if barred is not None:
            self._show_barred(barred)
        title = _TITLES.get(visit.step)
        self.query_one("#kiosk-title", Words).say(language.say(title) if title else "")
        self._show_notice(language)
        self._show_foot(language, offered)
        self._show_time()

    def _show_step(self, shown: str, language: Language, offered: dict[str, Choice]) -> None:
        view, lines = self._view, self.size.height - FRAME_LINES
        match shown:
            case "start":
                self.query_one(StartPanel).apply(view, self._speech)
            case "tickets":
                self.query_one(TicketsPanel).apply(view, language, offered, self._page, lines)
            case "entry":
                self.query_one(EntryPanel).apply(view, language, offered, self._page, lines)
            case "review-visit":
                self.query_one(ReviewPanel).apply(view, language)
            case "pay":
                fits = self._draws_code
                self.query_one(PayPanel).apply(view, language, self._front.clock(), code_fits=fits)
            case "end":
                self.query_one(EndPanel).apply(
                    view,
                    self._speech,
                    language.code,
                    on_paper=view.papers.prints and view.printer is None,
                    title=self._codes.title(language, fits=self._draws_code),
                )

    def _show_barred(self, why: Notice) -> None:
        told = []
        for code in ENDONYMS:
            say = self._speech(code).say
            told.append(". ".join((say("kiosk.out_of_order"), say("kiosk.ask_staff"))))
        self.query_one("#barred-shape", Shape).show("hand")
        self.query_one("#barred-title", Words).say("\n".join(told))
        self.query_one("#barred-why", Words).say(self._speech(self._speech.home).notice(why))

    def _show_notice(self, language: Language) -> None:
        said = self._why or (self._view.notice if self._visit.step is not Step.START else None)
        self.query_one("#kiosk-notice", Words).say("" if said is None else language.notice(said))

    def _show_foot(self, language: Language, offered: dict[str, Choice]) -> None:
        warned = left_s(self._visit, self._view, self._front.clock()) is not None
        pages = self._pages()
        for action in _FOOT:
            target = self.query_one(f"#foot-{action}", Target)
            each = offered.get(action)
            target.display = each is not None and (action != "time" or warned)
            if each is not None:
                target.offer(language.notice(each.said), action, is_open=each.open)
        page = self.query_one("#foot-page", Target)
        page.display = pages > 1
        said = language.say("kiosk.page", page=self._page % pages + 1, pages=pages)
        page.offer(said, "page")
        code = self.query_one("#foot-code", Target)
        code.display = len(self._codes) > 1
        code.offer(
            language.say("kiosk.next_code", page=self._codes.place + 1, pages=len(self._codes)),
            "code",
        )

    def _pages(self) -> int:
        if self._visit.step is Step.TICKETS:
            return self.query_one(TicketsPanel).pages
        return self.query_one(EntryPanel).pages if self._visit.step is Step.ENTRY else 1

    @property
    def _draws_code(self) -> bool:
        """Whether a code takes most of the screen."""
        return bool(self.query_one("#kiosk-code").display)

    def _draw_code(self) -> None:
        view, text = self._view, ""
        if self._visit.step is Step.PAYING and view.stage is Stage.SHOWING:
            text = view.order_code
        elif self._visit.step is Step.OUTCOME:
            text = self._codes.text
        columns, lines = self.size.width - SIDE_COLUMNS_MIN, self.size.height - banner_lines(view)
        plan = drawing(text, columns, lines, self._front.qr_form) if text else None
        self.query_one("#kiosk-code").display = plan is not None
        self.query_one(QrCode).draw(plan)

    def _show_time(self) -> None:
        view, visit, now_s = self._view, self._visit, self._front.clock()
        language, office = self._speech(visit.language), view.box_office
        name = view.merchant_name if office is None else office.site.name(language.code)
        self.query_one("#kiosk-site", Words).say(name)
        hours = "" if office is None else hours_text(office, language)
        self.query_one("#kiosk-hours", Words).say(hours if not self._draws_code else "")
        self.query_one("#kiosk-clock", Key).relabel(language.clock_text(self._wall()))
        if visit.step is Step.START:
            self.query_one(StartPanel).tick(view, self._speech, now_s)
        elif visit.step is Step.PAYING:
            self.query_one(PayPanel).tick(view, language, now_s)
        left = left_s(visit, view, now_s)
        key = "kiosk.ends_in" if visit.step is Step.OUTCOME else "kiosk.still_there"
        said = "" if left is None else language.say(key, left=int(left))
        self.query_one("#kiosk-warning", Words).say(said)
        self.query_one("#foot-time").display = left is not None


_PANELS = {
    Step.START: "start",
    Step.TICKETS: "tickets",
    Step.ENTRY: "entry",
    Step.REVIEW: "review-visit",
    Step.PAYING: "pay",
    Step.OUTCOME: "end",
}
