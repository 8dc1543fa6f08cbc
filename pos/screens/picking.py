"""One of several: a list laid over the desk, chosen by arrows, by number, by word or by touch.

Apart because the menu and the parked orders are picked alike. With a numpad alone the digits
choose the row of that number, plus and minus move, and the slash leads back.
"""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from pos.sale.catalogue import folded
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.panels import Key, Words
from pos.screens.rows import Row, Rows

_MOVES = {"up": -1, "down": 1, "minus": -1, "plus": 1, "pageup": -8, "pagedown": 8}


class PickScreen(ModalScreen[int | None]):
    """Dismissed with the place of the chosen row in `rows`, or with None."""

    def __init__(self, front: Front, title: str, rows: Sequence[Row], *, key: str) -> None:
        super().__init__()
        self._front = front
        self._title = title
        self._all = [Row(f"{at + 1:>2}  {row.left}", row.right) for at, row in enumerate(rows)]
        self._places = list(range(len(rows)))
        self._key = key  # the one that opened it closes it, too
        self._typed = ""

    def compose(self) -> ComposeResult:
        """A title, what was typed, the list, and the way back."""
        say = self._front.language.say
        with Vertical(id="pick-box"):
            yield Words(self._title, classes="title")
            yield Words(id="pick-typed", classes="quiet")
            yield Rows(id="pick-rows")
            with Horizontal(classes="keys"):
                yield Key(say("screen.choose"), "choose", hint="Enter", id="pick-choose")
                yield Key(say("screen.back"), "back", hint="Esc /", id="pick-back")

    def on_mount(self) -> None:
        """Fill the list."""
        self._show()

    def apply(self, view: View) -> None:
        """Make way for an outcome, or for a till that stopped."""
        if view.stage is Stage.OUTCOME or view.stopped is not None:
            self.dismiss(None)

    def _show(self) -> None:
        sought = folded(self._typed)
        self._places = [at for at, row in enumerate(self._all) if _fits(sought, at, row)]
        self.query_one(Rows).fill(len(self._places), lambda at: self._all[self._places[at]])
        hint = self._front.language.say("screen.pick_hint")
        self.query_one("#pick-typed", Words).say(self._typed or hint)

    def on_key(self, event: events.Key) -> None:
        """Move, search, choose or go back."""
        if handed_on(self, event):
            return
        event.stop()
        if event.key in _MOVES:
            self.query_one(Rows).move(_MOVES[event.key])
        elif event.key == "enter":
            self._act("choose")
        elif event.key in ("escape", "slash", self._key):
            self._act("back")
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
            self._show()
        elif event.is_printable and event.character:
            self._typed += event.character
            self._show()
            if self._typed.isdecimal() and len(self._places) == 1:
                self._act("choose")

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def on_rows_touched(self, message: Rows.Touched) -> None:
        """A touch chooses at once."""
        message.stop()
        if self.is_current:
            self._act("choose")

    def _act(self, action: str) -> None:
        place = self.query_one(Rows).place
        if action == "back":
            self.dismiss(None)
        elif action == "choose" and place >= 0:
            self.dismiss(self._places[place])


def _fits(sought: str, place: int, row: Row) -> bool:
    """Whether the row at `place` has this number, or these letters in it."""
    if sought.isdecimal():
        return str(place + 1).startswith(sought)
    return sought in folded(row.left)
