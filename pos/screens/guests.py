"""The panel beside a till on a training day: the customer, what she says, and the trainee's keys.

Apart from the till's own panels because nothing in it exists in a shop: it knows a Party, and what
the trainee does to the till it never sees.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from pos.language import Language
from pos.sale.view import View
from pos.screens.beside import Beside
from pos.screens.panels import Key, Words
from pos.screens.party import Party, Scene

LOOK_EVERY_S = 0.2


class GuestPanel(Beside):
    """One customer at a time."""

    KEYS: ClassVar = {"n": "next", "r": "roll", "p": "turn"}
    WORD = "train.key"

    def __init__(self, party: Party, language: Language) -> None:
        super().__init__(id="guests", classes="beside")
        self._party, self._language = party, language
        self._scene = Scene()

    def compose(self) -> ComposeResult:
        """Who stands there, what was said, and two keys."""
        say = self._language.say
        yield Words(say("train.title"), id="guests-title")
        yield Words(id="guests-who", classes="quiet")
        yield Static("", id="guests-said")
        yield Key(say("train.roll"), "guests:roll", hint="R", id="guests-roll")
        yield Key(say("train.next"), "guests:next", hint="N", id="guests-next")
        yield Key(say("screen.back"), "guests:turn", hint="P", id="guests-turn")

    def on_mount(self) -> None:
        """Keep an eye on the customer."""
        self.set_interval(LOOK_EVERY_S, self._look)
        self._show()

    def on_resize(self) -> None:
        """Laid over the till it has a way back."""
        self.query_one("#guests-turn").display = not self.columns_taken

    def apply(self, view: View) -> None:
        """See Beside: the customer looks at the till herself."""

    def press(self, key: str) -> None:
        """See Beside."""
        self._act(self.KEYS[key])

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the panel was clicked or touched."""
        if message.action.startswith("guests:"):
            message.stop()
            self._act(message.action.removeprefix("guests:"))

    def _act(self, action: str) -> None:
        if action == "turn":
            self.screen.toggle_class("-beside")
        elif action == "next":
            self._party.next_customer()
        elif action == "roll" and not self._scene.paper:
            self._party.new_roll()

    def _look(self) -> None:
        scene = self._party.scene()
        if scene == self._scene:
            return
        spoke = scene.said != self._scene.said or scene.over
        self._scene = scene
        if spoke and not self.columns_taken:
            self.screen.add_class("-beside")  # a customer who speaks is not overlooked
        self._show()

    def _show(self) -> None:
        scene, say = self._scene, self._language.say
        who = "" if not scene.count else say(
            "train.customer", number=scene.number, count=scene.count
        )  # fmt: skip
        self.query_one("#guests-who", Words).say(who)
        parts: list[str | tuple[str, str]] = []
        for place, each in enumerate(scene.said, 1):
            newest = place == len(scene.said)
            parts += [(self._language.notice(each), "bold" if newest else ""), "\n\n"]
        if scene.over:
            parts = [(say("train.over"), "bold")]
        self.query_one("#guests-said", Static).update(Content.assemble(*parts))
        self.query_one("#guests-roll").display = not scene.paper
        self.query_one("#guests-next").display = not scene.over
