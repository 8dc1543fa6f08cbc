"""The electronic journal: type a word, a number or an amount, and see what happened, newest first.

Apart from the last sales because it looks back as far as the till does, and changes nothing.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from pos.sale.input import Find, Leave
from pos.sale.office import JournalLine
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.panels import Key, Pad, Words
from pos.screens.rows import Row, Rows

LENGTH_MAX = 40

_MOVES = {"up": -1, "down": 1, "plus": 1, "pageup": -8, "pagedown": 8}


class JournalScreen(Screen[None]):
    """What is typed is looked for at every key; the answer comes with the next View."""

    CSS_PATH = "office.tcss"

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="journal")
        self._front = front
        self._view = view
        self._typed = ""
        self._lines: tuple[JournalLine, ...] | None = None

    def compose(self) -> ComposeResult:
        """What is looked for, what was found, a keypad for fingers, and the keys."""
        language = self._front.language
        yield Words(language.say("screen.journal"), id="journal-title", classes="title")
        yield Words(id="journal-typed")
        with Horizontal(id="journal-whole"):
            with Vertical(id="journal-found"):
                yield Words(id="journal-none", classes="quiet")
                yield Rows(detailed=True, id="journal-rows")
            yield Pad(language.decimal_mark, id="journal-pad")
        yield Words(id="journal-notice")
        with Horizontal(classes="keys"):
            yield Key(language.say("screen.down"), "down", hint="+", id="journal-down")
            yield Key(language.say("screen.back"), "back", hint="Esc /", id="journal-back")

    def on_mount(self) -> None:
        """Begin with the newest."""
        self._front.put(Find(""))
        self._show()

    def apply(self, view: View) -> None:
        """Show what was found, or make way for an outcome."""
        ended = view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME
        self._view = view
        if ended or view.stopped is not None or view.office.closed:
            self.dismiss()
        else:
            self._show()

    def _show(self) -> None:
        language, office = self._front.language, self._view.office
        self.query_one("#journal-typed", Words).say(
            self._typed or language.say("screen.journal_hint")
        )
        if office.found is not None and office.found is not self._lines:
            self._lines = found = office.found
            self.query_one(Rows).fill(len(found), lambda at: self._row(found[at]))
        nothing = language.say("screen.journal_none") if self._lines == () else ""
        self.query_one("#journal-none", Words).say(nothing)
        said = self._view.notice
        self.query_one("#journal-notice", Words).say("" if said is None else language.notice(said))

    def _row(self, line: JournalLine) -> Row:
        language = self._front.language
        number = f" #{line.number}" if line.number else ""
        left = f"{language.short_time_text(line.at)}  {language.say(f'journal.{line.happening}')}"
        amount = "" if line.amount is None else language.amount_text(line.amount)
        state = language.say(f"state.{line.state}") if line.state else ""
        told = (state, line.wallet, line.staff, line.goods, line.document_id)
        return Row(left + number, amount, "  ·  ".join(part for part in told if part))

    def on_key(self, event: events.Key) -> None:
        """Type, move, or go back."""
        if event.key in _MOVES:
            self.query_one(Rows).move(_MOVES[event.key])
        elif event.key in ("escape", "slash"):
            self._act("back")
        elif event.key in ("backspace", "delete"):
            self._press("back" if event.key == "backspace" else "clear")
        elif event.is_printable and event.character:
            self._press(event.character)
        else:
            return
        event.stop()

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def _act(self, action: str) -> None:
        if action == "back":
            self._front.put(Leave())
            self.dismiss()
        elif action == "down":
            self.query_one(Rows).move(self.query_one(Rows).page)
        elif action.startswith("pad:"):
            self._press(action.removeprefix("pad:"))

    def _press(self, key: str) -> None:
        before = self._typed
        if key == "back":
            self._typed = self._typed[:-1]
        elif key == "clear":
            self._typed = ""
        elif len(self._typed) < LENGTH_MAX:
            self._typed += key
        if self._typed != before:
            self._front.put(Find(self._typed))
            self._show()
