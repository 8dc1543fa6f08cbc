"""A list that draws only the rows in sight, so that ten thousand of them cost no more than ten.

Apart because the order's lines, the products and the menu are all such lists. It takes no focus:
the screen moves the choice by its keys, and a touch chooses what it hits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from pos.screens.panels import harmless


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `right` stands flush right; `detail` is a second, dimmer line."""

    left: str
    right: str = ""
    detail: str = ""


class Rows(Widget):
    """The list. `place` is the chosen row, -1 when there is none."""

    class Touched(Message):
        """A row was clicked or touched; it is the chosen one now."""

        def __init__(self, rows: "Rows", place: int) -> None:
            super().__init__()
            self.rows = rows
            self.place = place

        @property
        def control(self) -> "Rows":
            """The list that was touched."""
            return self.rows

    def __init__(
        self,
        *,
        detailed: bool = False,
        marked: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        """`marked` is whether the chosen row looks chosen; a customer chooses none."""
        super().__init__(id=id)
        self._tall = 2 if detailed else 1
        self._marked = marked
        self._count = self._top = 0
        self._row_at: Callable[[int], Row] = lambda _: Row("")
        self.place = -1

    def fill(self, count: int, row_at: Callable[[int], Row], place: int = 0) -> None:
        """List `count` rows, each made by `row_at` when it is drawn, with `place` chosen."""
        self._count, self._row_at = count, row_at
        self.place = min(max(place, 0), count - 1)
        self.refresh()

    def move(self, by: int) -> None:
        """Choose another row, stopping at either end."""
        if self._count:
            self.place = min(max(self.place + by, 0), self._count - 1)
            self.refresh()

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        return max(1, self.size.height // self._tall)

    def render(self) -> Content:
        """The rows in sight, the chosen one among them."""
        page, width = self.page, max(1, self.size.width)
        self._top = min(self._top, max(0, self._count - page))
        if self.place >= 0:
            self._top = min(max(self._top, self.place - page + 1), self.place)
        parts: list[str | tuple[str, str]] = []
        for place in range(self._top, min(self._top + page, self._count)):
            row, chosen = self._row_at(place), self._marked and place == self.place
            parts.append(
                (_line(row, width, chosen=chosen), "bold $ink on $steel" if chosen else "")
            )
            if self._tall == 2:
                parts.append("\n")
                style = "$ink on $steel" if chosen else "$muted"
                parts.append((set_cell_size(f"  {harmless(row.detail)}", width), style))
            parts.append("\n")
        return Content.assemble(*parts[:-1])

    def on_resize(self) -> None:
        """There is room for more rows, or for fewer."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the finger."""
        place = self._top + event.y // self._tall
        if 0 <= place < self._count:
            event.stop()
            self.place = place
            self.refresh()
            self.post_message(self.Touched(self, place))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A wheel, or a finger that wipes."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The other way."""
        event.stop()
        self.move(-1)


def _line(row: Row, width: int, *, chosen: bool) -> str:
    """Left and right in `width` cells; what has no room ends in an ellipsis."""
    left = ("▸ " if chosen else "  ") + harmless(row.left).replace("\n", " ")
    room = max(1, width - cell_len(row.right) - (1 if row.right else 0))
    if cell_len(left) > room:
        left = set_cell_size(left, room - 1).rstrip() + "…"
    return set_cell_size(left, room) + (f" {row.right}" if row.right else "")
