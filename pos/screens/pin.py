"""A PIN, typed where anybody may look on: digits come out as dots.

Apart because whoever has to agree to something types it in the same way everywhere.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from pos.sale.secret import Secret
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.panels import Big, Key, Pad, Words

LENGTH_MAX = 12


class PinScreen(ModalScreen[Secret | None]):
    """Asks with the sentence of `key`. Its result is the PIN, or None when it was not given."""

    def __init__(self, front: Front, key: str) -> None:
        super().__init__(id="pin")
        self._front = front
        self._key = key
        self._typed = ""

    def compose(self) -> ComposeResult:
        """What it is for, the dots, and the keypad."""
        say = self._front.language.say
        with Horizontal(id="pin-box"):
            with Vertical(id="pin-left"):
                yield Words(say("screen.pin_title"), classes="title")
                yield Words(self._front.language.say(self._key), id="pin-why")
                yield Big(id="pin-dots")
                yield Key(say("screen.pin_do"), "done", hint="Enter", id="pin-do")
                yield Key(say("screen.back"), "back", hint="Esc", id="pin-back")
            yield Pad("", id="pin-pad")

    def apply(self, view: View) -> None:
        """Make way for an outcome or a till that stopped."""
        if view.stage is Stage.OUTCOME or view.stopped is not None:
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Digits, Enter and Escape."""
        if handed_on(self, event):
            return
        mark = event.character or ""
        keys = {"backspace": "pad:back", "delete": "pad:clear", "escape": "back", "enter": "done"}
        event.stop()
        self._act(f"pad:{mark}" if mark and mark in "0123456789" else keys.get(event.key, ""))

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def _act(self, action: str) -> None:
        if action == "back":
            self.dismiss(None)
        elif action == "done" and self._typed:
            self.dismiss(Secret(self._typed))
        elif action.startswith("pad:"):
            key = action.removeprefix("pad:")
            if key.isdecimal() and len(self._typed) < LENGTH_MAX:
                self._typed += key
            elif key in ("back", "clear"):
                self._typed = self._typed[:-1] if key == "back" else ""
            self.query_one("#pin-dots", Big).say("*" * len(self._typed))
