"""The screen as a helper far away gets it: what the cashier sees, without any code or PIN.

Apart from the screens because it must hold for all of them: codes, the camera's picture and PINs
are covered here, where they are drawn, before a picture leaves the program. Pictures are made a few
times a second, only while somebody looks, and only when something changed.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from pos.screens.pin import PinScreen

PICTURE_EVERY_S = 0.25
KEYS_BYTES_MAX = 1024

_COVER = Style(color="#808080", bgcolor="#202020")


class Watched(Message):
    """Somebody begins to look (`tell` takes the pictures), or looks no more (None)."""

    def __init__(self, tell: Callable[[bytes], object] | None) -> None:
        super().__init__()
        self.tell = tell


class Typed(Message):
    """A helper's terminal sent these bytes."""

    def __init__(self, keys: bytes) -> None:
        super().__init__()
        self.keys = keys


class Mirror:
    """The reflection of one app. `watch` and `drive` may be called from any thread."""

    def __init__(self, app: "App[Any]") -> None:
        self._app = app
        self._tell: Callable[[bytes], object] | None = None
        self._timer: Timer | None = None
        self._parser = XTermParser()
        self._last: list[str] = []

    def watch(self, tell: Callable[[bytes], object] | None) -> None:
        """From now on call `tell` with each new picture, a JSON object a line; None: no more."""
        self._app.post_message(Watched(tell))

    def drive(self, keys: bytes) -> None:
        """Type what a terminal sent; into no PIN."""
        if len(keys) <= KEYS_BYTES_MAX:
            self._app.post_message(Typed(keys))

    def watched(self, message: Watched) -> None:
        """Begin or end; in the app's own thread, as all that follows."""
        self._tell, self._last = message.tell, []
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._tell is not None:
            self._parser = XTermParser()
            self._timer = self._app.set_interval(PICTURE_EVERY_S, self._draw)
            self._draw()

    def typed(self, message: Typed) -> None:
        """Press the keys. Whoever looks on may not type where a PIN is asked for."""
        for event in self._parser.feed(message.keys.decode("utf-8", "replace")):
            self._press(event)

    def _press(self, event: Message) -> None:
        if isinstance(event, events.Key) and not isinstance(self._app.screen, PinScreen):
            self._app.post_message(events.Key(event.key, event.character))

    def _draw(self) -> None:
        for event in self._parser.tick():  # an Escape that nothing followed
            self._press(event)
        lines = drawn(self._app)
        if lines != self._last and self._tell is not None:
            self._last = lines
            width = self._app.size.width
            self._tell(json.dumps({"columns": width, "picture": lines}).encode() + b"\n")


def drawn(app: "App[Any]") -> list[str]:
    """The rows of the screen as text with colours (ECMA-48, SGR), what is secret covered."""
    strips = _composed(app)
    for region in _secret(app):
        for y in range(max(region.y, 0), min(region.bottom, len(strips))):
            strips[y] = _covered(strips[y], region)
    return [strip.render(app.console) for strip in strips]


def _composed(app: "App[Any]") -> list[Strip]:
    """Every row, with what shines through from the screens below.

    Unlike a full update it leaves alone what the terminal itself is still to be sent.
    """
    update = app.screen._compositor.render_inline(app.size, screen_stack=app._background_screens)
    strips: list[Strip] = list(getattr(update, "strips", ()))
    return strips


def _secret(app: "App[Any]") -> Iterator[Region]:
    """The cells of codes, pictures and PINs, of every screen that may shine through."""
    for screen in (*app._background_screens, app.screen):
        for widget in _covering(screen):
            if widget.is_attached and widget.display and widget.region.area:
                yield widget.region


def _covering(screen: "Screen[Any]") -> Iterator[Widget]:
    """What draws a code, or what may be one, says so by its class; and what shows a PIN's keys."""
    if isinstance(screen, PinScreen):
        yield from screen.query("#pin-dots, #pin-pad")
    for widget in screen.walk_children(Widget):
        if getattr(widget, "COVERED_FROM_AFAR", False):
            yield widget


def _covered(strip: Strip, region: Region) -> Strip:
    left, right = max(region.x, 0), min(region.right, strip.cell_length)
    if right <= left:
        return strip
    cover = Strip([Segment("▒" * (right - left), _COVER)], right - left)
    return Strip.join([strip.crop(0, left), cover, strip.crop(right, strip.cell_length)])
