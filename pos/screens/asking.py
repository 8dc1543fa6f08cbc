"""A number or a word asked for over the desk: a discount, a quantity, the name of a parked order.

Apart because each is typed and confirmed alike, by keyboard, numpad or touch: Enter takes the
first way, plus the second, and the slash leads back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.keyed import Entry
from pos.screens.panels import Big, Key, Pad, Words

_HINTS = ("Enter", "+")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and by which ways it may be answered: (language key, action), one or two."""

    title: str
    hint: str
    ways: Sequence[tuple[str, str]]
    percent: bool = False
    letters: bool = False


class AskScreen(ModalScreen[tuple[str, str] | None]):
    """Dismissed with the action of the way taken and what was typed, or with None."""

    def __init__(self, front: Front, question: Question) -> None:
        super().__init__()
        self._front = front
        self._question = question
        self._entry = Entry()

    def compose(self) -> ComposeResult:
        """What is asked and the ways at the left, the keypad at the right."""
        say, question = self._front.language.say, self._question
        with Horizontal(id="ask-box"):
            with Vertical(id="ask-left"):
                yield Words(say(question.title), classes="title")
                yield Big(id="ask-typed")
                yield Words(say(question.hint), classes="quiet", id="ask-hint")
                for (word, action), hint in zip(question.ways, _HINTS, strict=False):
                    yield Key(say(word), action, hint=hint, classes="ask-way")
                yield Key(say("screen.back"), "back", hint="Esc /")
            with Vertical(id="ask-right"):
                yield Pad(self._front.language.decimal_mark)
                if question.percent:
                    yield Key("%", "pad:%", hint="*", id="ask-percent")

    def on_mount(self) -> None:
        """Nothing is typed yet."""
        self._show()

    def apply(self, view: View) -> None:
        """Make way for an outcome, or for a till that stopped."""
        if view.stage is Stage.OUTCOME or view.stopped is not None:
            self.dismiss(None)

    def _show(self) -> None:
        shown = self._entry.shown(self._front.language.decimal_mark)
        self.query_one("#ask-typed", Big).say(shown)

    def on_key(self, event: events.Key) -> None:
        """Type, answer or go back."""
        if handed_on(self, event):
            return
        event.stop()
        ways = dict(zip(("enter", "plus"), self._question.ways, strict=False))
        keys = {"backspace": "pad:back", "delete": "pad:clear", "asterisk": "pad:%"}
        mark = event.character or ""
        if event.key in ways:
            self._act(ways[event.key][1])
        elif event.key in ("escape", "slash"):
            self._act("back")
        elif event.key in keys:
            self._act(keys[event.key])
        elif event.is_printable and (self._question.letters or mark in "0123456789,.%"):
            self._act(f"pad:{mark}")

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        if action == "back":
            self.dismiss(None)
        elif action.startswith("pad:"):
            key = action.removeprefix("pad:")
            if key != "%" or self._question.percent:
                self._entry = self._entry.press("," if key == "." else key)
                self._show()
        else:
            self.dismiss((action, self._entry.typed.strip()))
