"""Keys that come for a screen which is not on top any more, or not yet.

Apart because every screen that another is laid over needs it: the keyboard may be faster than the
screen, and what was typed for a question must not be charged at the desk behind it.
"""

from typing import Any

from textual.events import Key
from textual.screen import Screen


def handed_on(screen: Screen[Any], event: Key) -> bool:
    """Whether the key was handed to the screen on top, because `screen` is not."""
    top = screen.app.screen
    if top is screen:
        return False
    event.stop()
    event.prevent_default()
    (top.focused or top).post_message(Key(event.key, event.character))
    return True
