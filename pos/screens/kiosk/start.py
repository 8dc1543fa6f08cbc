"""The start: something that moves, and the languages to begin in; or why nobody can begin.

Apart from the other steps because nobody is there: it speaks all six languages at once, and no
cell of it stays the same for long, so that nothing burns in.
"""

import math

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.widget import Widget

from pos.language import CODES, Language
from pos.sale.view import LinkState, Notice, View
from pos.sale.visitor import ENDONYMS, unready
from pos.screens.kiosk.speech import Speech
from pos.screens.kiosk.targets import FlagTarget
from pos.screens.kiosk.wallets import names_text
from pos.screens.panels import Words

GREETING_S = 4.0
COLUMNS_PER_S = 3.0
SHIFT_S = 20.0  # the flags move a cell aside so often
_BLOCKS = " ▁▂▃▄▅▆▇█"


class Attract(Widget):
    """A mountain range that drifts by, and greetings that drift over it, in one language after
    another."""

    def __init__(self) -> None:
        super().__init__(id="attract")
        self._at_s = 0.0
        self._greetings: tuple[str, ...] = ()

    def move(self, at_s: float, greetings: tuple[str, ...]) -> None:
        """Show this moment."""
        self._at_s, self._greetings = at_s, greetings
        self.refresh()

    def render(self) -> Content:
        """The range from the bottom up, the greeting in the sky."""
        width, height = self.size
        if width <= 0 or height <= 0:
            return Content("")
        offset = int(self._at_s * COLUMNS_PER_S)
        tops = [_height(column + offset) * height * 0.7 for column in range(width)]
        rows = [
            "".join(_BLOCKS[max(0, min(8, round((top - above) * 8)))] for top in tops)
            for above in reversed(range(height))
        ]
        lines = [Content.styled(row, "$fjord") for row in rows]
        if self._greetings:
            turn = int(self._at_s / GREETING_S)
            text = self._greetings[turn % len(self._greetings)]
            line = Content.styled(text, "bold $mark")
            room = max(1, width - line.cell_length)
            way = int(self._at_s * COLUMNS_PER_S + turn * 7) % (2 * room)
            at = way if way < room else 2 * room - way
            row = turn % max(1, height // 2)
            ground = rows[row]
            lines[row] = Content.assemble(
                (ground[:at], "$fjord"), line, (ground[at + line.cell_length :], "$fjord")
            )
        return Content("\n").join(lines)


def _height(x: int) -> float:
    """From 0 to 1: three waves that take hours to meet again."""
    waves = 0.5 * math.sin(x / 9.7) + 0.3 * math.sin(x / 4.1 + 1) + 0.2 * abs(math.sin(x / 23.3))
    return max(0.0, min(1.0, 0.45 + 0.5 * waves))


class StartPanel(Vertical):
    """`apply` shows what may be begun."""

    def __init__(self) -> None:
        super().__init__(id="start", classes="step")

    def compose(self) -> ComposeResult:
        """The range, and below it the flags, or why there are none."""
        yield Attract()
        with Grid(id="start-flags"):
            for code, name in ENDONYMS.items():
                yield FlagTarget(code, name)
        yield Words(id="start-why")
        yield Words(id="start-wallets")
        yield Words(id="start-faults")

    def apply(self, view: View, speech: Speech) -> None:
        """Show the languages, or why nothing is sold, in all of them."""
        why = unready(view)
        self.query_one("#start-flags").display = why is None
        said = self.query_one("#start-why", Words)
        said.display = why is not None
        if why is not None:
            said.say("\n".join(_told(why, view, speech(code)) for code in ENDONYMS))
        self.query_one("#start-wallets", Words).say("" if why is not None else names_text(view))
        home = speech(speech.home)
        troubles = [each for each in (view.printer, view.camera, view.shelf) if each is not None]
        self.query_one("#start-faults", Words).say(
            "\n".join(f"! {home.notice(each)}" for each in troubles)
        )

    def tick(self, view: View, speech: Speech, now_s: float) -> None:
        """Move on."""
        site = view.box_office.site if view.box_office is not None else None
        greetings = tuple(
            " · ".join([speech(code).say("kiosk.welcome"), *([site.name(code)] if site else [])])
            for code in CODES
        )
        self.query_one(Attract).move(now_s, greetings)
        turn = int(now_s / SHIFT_S)
        self.query_one("#start-flags").styles.offset = (turn % 3 - 1, 0)


def _told(why: Notice, view: View, language: Language) -> str:
    """The reason, with the next opening where it is only closed."""
    said = language.notice(why)
    office = view.box_office
    closed = office is not None and not office.sells and view.link is LinkState.UP
    if office is not None and closed and office.next_opens_at:
        at = office.next_opens_at
        day, moment = language.day_text(at), language.clock_text(at)
        said += " " + language.say("kiosk.next_open", day=day, moment=moment)
    return said
