"""What `pos check` finds, on the till's own screen: a line a part, and its remedy.

Apart from the office's menu because the parts are examined one after the other, in a thread of its
own, while the till goes on.
"""

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from pos.sale.view import Stage, View
from pos.screens.examining import Examine, Found
from pos.screens.front import Front
from pos.screens.panels import Key, Words, harmless

MARK_WIDTH, PART_WIDTH = 7, 13

_KEYS = {
    "escape": "back", "slash": "back", "enter": "back", "r": "again", "asterisk": "again",
    "down": "down", "plus": "down", "pagedown": "down",
    "up": "up", "minus": "up", "pageup": "up",
}  # fmt: skip


class CheckScreen(Screen[None]):
    """Examines as soon as it is opened. It makes way for an outcome on the desk."""

    CSS_PATH = "office.tcss"

    def __init__(self, front: Front, examine: Examine) -> None:
        super().__init__(id="check")
        self._front = front
        self._examine = examine
        self._found: list[Found] = []

    def compose(self) -> ComposeResult:
        """Title, lines, the sum of it, and the keys."""
        say = self._front.language.say
        yield Words(say("check.title"), classes="title")
        with VerticalScroll(id="check-lines", can_focus=False):
            yield Static(id="check-text", markup=False)
        yield Words(say("check.working"), id="check-sum")
        with Horizontal(classes="keys"):
            yield Key(say("check.again"), "again", hint="R *", id="check-again")
            yield Key(say("screen.down"), "down", hint="+", id="check-down")
            yield Key(say("screen.back"), "back", hint="Esc /", id="check-back")

    def on_mount(self) -> None:
        """Begin."""
        self._look()

    def apply(self, view: View) -> None:
        """Make way for what is graver."""
        if view.stage is Stage.OUTCOME or view.stopped is not None:
            self.dismiss()

    @work(thread=True, exclusive=True)
    def _look(self) -> None:
        worker = get_current_worker()
        found: list[Found] = []
        for each in self._examine():
            if worker.is_cancelled:
                return
            found.append(each)
            self.app.call_from_thread(self._show, list(found), done=False)
        self.app.call_from_thread(self._show, found, done=True)

    def _show(self, found: list[Found], *, done: bool) -> None:
        if not self.is_attached:
            return
        self._found = found
        self.query_one("#check-text", Static).update(Content("\n").join(map(_lines, found)))
        say = self._front.language.say
        grave = sum(each.grave for each in found)
        poor = sum(bool(each.remedy) and not each.grave for each in found)
        word = "check.fit" if not grave and not poor else "check.count"
        said = say(word, faults=grave, poor=poor) if done else say("check.working")
        self.query_one("#check-sum", Words).say(said)

    def on_key(self, event: events.Key) -> None:
        """Scroll, look again or go back."""
        if event.key in _KEYS:
            event.stop()
            self._act(_KEYS[event.key])

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def _act(self, action: str) -> None:
        lines = self.query_one("#check-lines", VerticalScroll)
        if action == "back":
            self.dismiss()
        elif action == "again":
            self._show([], done=False)
            self._look()
        elif action in ("down", "up"):
            lines.scroll_relative(y=4 if action == "down" else -4, animate=False)


def _lines(each: Found) -> Content:
    style = "bold" if each.grave else ""
    mark = f"{each.mark:<{MARK_WIDTH}}{each.part:<{PART_WIDTH}} "
    parts = [(mark, style), (harmless(each.found), style)]
    if each.remedy:
        parts.append((f"\n{'':<{MARK_WIDTH + PART_WIDTH + 1}}{harmless(each.remedy)}", ""))
    return Content.assemble(*parts)
