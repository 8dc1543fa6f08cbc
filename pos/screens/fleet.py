"""The fleet on a screen: every till a row, the worst first, and what needs somebody in one line.

Apart from the till's own screens because nobody sells here. It is told that something came, and
looks for itself, a few times a second at most, however many tills speak.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from pos.fleet.roll import DOWN, FINE, ORDER, Seen, Standing
from pos.language import Language
from pos.screens.fleet_terminal import MARKS, TerminalScreen, age_text
from pos.screens.palette import theme_name, themes
from pos.screens.panels import Key, Words
from pos.screens.rows import Row, Rows
from pos.screens.widths import spread

DRAW_EVERY_S = 0.2
TICK_EVERY_S = 1.0
NAME_CELLS, STANDING_CELLS = 20, 16
TYPED_MAX = 40
_MOVES = {"up": -1, "down": 1, "pageup": -1, "pagedown": 1, "home": -1, "end": 1}

ONLY: dict[str, Callable[[Seen], bool]] = {
    "all": lambda _: True,
    "down": lambda each: each.standing in DOWN,
    "unfinished": lambda each: bool(each.unfinished),
    "behind": lambda each: each.behind,
    "unwell": lambda each: each.standing not in FINE,
}
SORTS: dict[str, Callable[[Seen], tuple[object, ...]]] = {
    "worst": lambda each: (ORDER[each.standing], each.name),
    "name": lambda each: (each.name,),
    "changed": lambda each: (-each.changed_s, each.name),
}


class Office(Protocol):
    """Where the screen looks: `pos.fleet.watch.Watch`."""

    @property
    def trouble(self) -> str:
        """Why nothing is told, or empty."""

    @property
    def revision(self) -> int:
        """Counts what came."""

    def seen(self) -> list[Seen]:
        """Every terminal as it is now."""


class Stirred(Message):
    """Something came."""


class FleetApp(App[None]):
    """All tills. `stir` may be called from any thread, as often as anybody likes."""

    CSS_PATH = [  # noqa: RUF012 - Textual's own name
        Path(__file__).with_name("pos.tcss"),
        Path(__file__).with_name("fleet.tcss"),
    ]
    TITLE = "Samkassa"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual"), (112, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-even"), (34, "-tall")]  # noqa: RUF012

    def __init__(self, office: Office, language: Language, *, theme: str = "dark") -> None:
        super().__init__()
        for each in themes():
            self.register_theme(each)
        self.theme = theme_name(theme)
        self._office = office
        self._language = language
        self._stirred = False
        self._waiting: Timer | None = None

    def get_default_screen(self) -> "FleetScreen":
        """The list."""
        return FleetScreen(self._office, self._language)

    def on_mount(self) -> None:
        """Ages grow while nothing comes."""
        self.set_interval(TICK_EVERY_S, self._draw)

    def stir(self) -> bool:
        """Look again soon."""
        if self._stirred:
            return True
        self._stirred = True
        return self.post_message(Stirred())

    def on_stirred(self) -> None:
        """Look in a moment, once for all that comes until then."""
        self.set_timer(DRAW_EVERY_S, self._draw_stirred)

    def _draw_stirred(self) -> None:
        self._stirred = False
        self._draw()

    def _draw(self) -> None:
        seen = self._office.seen()
        for screen in self.screen_stack:
            if isinstance(screen, FleetScreen | TerminalScreen):
                screen.apply(seen)


class FleetScreen(Screen[None]):
    """The list, what is typed to find a till in it, and the keys."""

    def __init__(self, office: Office, language: Language) -> None:
        super().__init__(id="fleet")
        self._office = office
        self._language = language
        self._typed = ""
        self._only = "all"
        self._sort = "worst"
        self._seen: list[Seen] = []
        self._listed: list[Seen] = []
        self._chosen = ""  # by a key or a touch; until then the first row is, whichever it is

    def compose(self) -> ComposeResult:
        """From the top."""
        say = self._language.say
        yield Words(say("fleet.title"), id="fleet-title", classes="title")
        yield Words(id="fleet-summary")
        yield Words(id="fleet-trouble", classes="sun")
        yield Words(id="fleet-typed")
        yield Words(id="fleet-columns", classes="quiet")
        yield Rows(id="fleet-rows")
        yield Words(id="fleet-none", classes="quiet")
        with Horizontal(classes="keys"):
            yield Key("", "only", hint="F2", id="fleet-only")
            yield Key("", "sort", hint="F3", id="fleet-sort")
            yield Key(say("fleet.look"), "look", hint="Enter", id="fleet-look")
            yield Key(say("fleet.close"), "close", hint="F10", id="fleet-close")

    def on_mount(self) -> None:
        """Show what is known already."""
        self.apply(self._office.seen())

    def on_resize(self) -> None:
        """The columns stand elsewhere."""
        self.call_after_refresh(self._list)

    def apply(self, seen: list[Seen]) -> None:
        """Show the fleet as it is now."""
        self._seen = seen
        self._list()

    def _list(self) -> None:
        say = self._language.say
        typed = self._typed.casefold()
        self._listed = sorted(
            (each for each in self._seen if ONLY[self._only](each) and self._fits(each, typed)),
            key=SORTS[self._sort],
        )
        names = [each.name for each in self._listed]
        rows = self.query_one(Rows)
        place = names.index(self._chosen) if self._chosen in names else 0
        listed = self._listed
        width = rows.size.width
        rows.fill(len(listed), lambda at: self._row(listed[at], width), place)
        self.query_one("#fleet-summary", Words).say(self._summary())
        trouble = self._office.trouble
        self.query_one("#fleet-trouble", Words).say(
            say("fleet.trouble", why=trouble) if trouble else ""
        )
        self.query_one("#fleet-typed", Words).say(self._typed or say("fleet.hint"))
        columns = "    " + spread(say("fleet.till"), "", NAME_CELLS) + say("fleet.standing")
        self.query_one("#fleet-columns", Words).say(
            spread(columns, self._right(*(say(f"fleet.{each}") for each in COLUMNS)), width)
        )
        self.query_one("#fleet-none", Words).say("" if listed else say("fleet.none"))
        self.query_one("#fleet-only", Key).relabel(say(f"fleet.only_{self._only}"))
        self.query_one("#fleet-sort", Key).relabel(say(f"fleet.sort_{self._sort}"))

    def _fits(self, each: Seen, typed: str) -> bool:
        if not typed:
            return True
        told = [each.name, self._language.say(f"fleet.is_{each.standing}")]
        if each.report is not None:
            told += [each.report.store, each.report.version]
        return typed in " ".join(told).casefold()

    def _row(self, each: Seen, width: int) -> Row:
        report = each.report
        standing = self._language.say(f"fleet.is_{each.standing}")
        left = f"{MARKS[each.standing]} {spread(each.name, '', NAME_CELLS - 1)} "
        left += spread(standing, "", STANDING_CELLS)
        if width >= WIDE_CELLS and (worst := each.worst) is not None:
            left += f" {worst.part}: {worst.found}"
        age = age_text(self._language, each.age_s)
        if report is None:
            return Row(left, self._right("", "", "", age))
        unfinished = str(report.unfinished) if report.unfinished else ""
        return Row(left, self._right(report.version, unfinished, str(report.sales), age))

    @staticmethod
    def _right(version: str, unfinished: str, sales: str, age: str) -> str:
        told = zip((version, unfinished, sales, age), RIGHT_CELLS, strict=True)
        return " ".join(" " * max(0, width - cell_len(text)) + text for text, width in told)

    def _summary(self) -> str:
        counts = {
            name: sum(map(ONLY[name], self._seen)) for name in ("down", "unfinished", "behind")
        }
        stopped = sum(each.standing is Standing.STOPPED for each in self._seen)
        return self._language.say("fleet.summary", count=len(self._seen), stopped=stopped, **counts)

    def on_rows_touched(self, message: Rows.Touched) -> None:
        """A row was touched."""
        message.stop()
        self._chosen = self._listed[message.place].name
        self._act("look")

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def on_key(self, event: events.Key) -> None:
        """Type to find, move, change what is listed, look into one."""
        rows = self.query_one(Rows)
        if event.key in _MOVES:
            far = {"up": 1, "down": 1, "pageup": rows.page, "pagedown": rows.page}
            rows.move(_MOVES[event.key] * far.get(event.key, len(self._listed)))
            self._chosen = self._listed[rows.place].name if self._listed else ""
        elif event.key in _KEYS:
            self._act(_KEYS[event.key])
        elif event.key == "backspace":
            self._type(self._typed[:-1])
        elif event.is_printable and event.character and len(self._typed) < TYPED_MAX:
            self._type(self._typed + event.character)
        else:
            return
        event.stop()

    def _type(self, typed: str) -> None:
        self._typed, self._chosen = typed, ""
        self._list()

    def _act(self, action: str) -> None:
        match action:
            case "only":
                self._only, self._chosen = _next(list(ONLY), self._only), ""
            case "sort":
                self._sort, self._chosen = _next(list(SORTS), self._sort), ""
            case "clear":
                self._typed, self._only, self._chosen = "", "all", ""
            case "look" if self._listed:
                self._chosen = self._listed[self.query_one(Rows).place].name
                self.app.push_screen(TerminalScreen(self._language, self._chosen, self._seen))
            case "close":
                self.app.exit()
        self._list()


COLUMNS = ("version", "unfinished", "sales", "age")
RIGHT_CELLS = (8, 7, 8, 8)
WIDE_CELLS = 110
_KEYS = {
    "f2": "only", "f3": "sort", "enter": "look", "escape": "clear", "f10": "close",
    "ctrl+q": "close",
}  # fmt: skip


def _next(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]
