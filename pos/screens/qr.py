"""A QR code on a terminal screen that a phone reads.

Apart because it is geometry, not layout. What was measured: only dark on light with explicit
colours and a quiet zone of four modules reads everywhere. Half blocks need a terminal that
draws them itself, for some fonts leave seams between the rows; two coloured spaces for a module
read in every font and take twice the room each way.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import segno
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from pos.screens.palette import PAPER, PRINT

QUIET_MODULES = 4  # ISO/IEC 18004, 9.1
_ALPHANUMERIC_TAIL = re.compile(r"[0-9A-Z $%*+\-./:]{40,}\Z")  # the mode's letters, table 5

# Terminals that draw block elements as rectangles whatever the font.
_SEAMLESS = ("foot", "xterm-kitty", "alacritty", "wezterm", "xterm-ghostty")


class QrForm(StrEnum):
    """How modules become cells. HALF: 1 column and half a row. SPACES: 2 columns and a row."""

    AUTO = "auto"
    HALF = "half"
    SPACES = "spaces"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A code laid out in cells, quiet zone included. True is a dark module."""

    modules: tuple[tuple[bool, ...], ...]
    form: QrForm

    @property
    def columns(self) -> int:
        """Cells across."""
        return len(self.modules[0]) * (2 if self.form is QrForm.SPACES else 1)

    @property
    def lines(self) -> int:
        """Cells down."""
        count = len(self.modules)
        return count if self.form is QrForm.SPACES else (count + 1) // 2


def drawing(
    text: str,
    columns: int,
    lines: int,
    form: QrForm = QrForm.AUTO,
    environment: Mapping[str, str] = os.environ,
) -> Drawing | None:
    """The code of `text` in a form that fits `columns` x `lines` cells, or None.

    Never clipped: a code that lost a column cannot be read. Error correction is at least M, or
    L where only that fits. None, too, for a text that no QR code holds.
    """
    forms = [form]
    if form is QrForm.AUTO:
        seamless = environment.get("TERM", "").startswith(_SEAMLESS)
        forms = [QrForm.HALF, QrForm.SPACES] if seamless else [QrForm.SPACES, QrForm.HALF]
    for error in ("m", "l"):
        # `make_qr`, because `make` turns short digits into a Micro QR that phones cannot read.
        try:
            code = segno.make_qr(_segments(text), error=error)
        except segno.DataOverflowError:
            continue
        modules = tuple(tuple(map(bool, row)) for row in code.matrix_iter(border=QUIET_MODULES))
        for candidate in forms:
            plan = Drawing(modules, candidate)
            if plan.columns <= columns and plan.lines <= lines:
                return plan
    return None


def _segments(text: str) -> Any:
    """A long tail of capitals and digits, as a signature is, apart: it is packed tighter so."""
    tail = _ALPHANUMERIC_TAIL.search(text)
    return [text] if tail is None or not tail.start() else [text[: tail.start()], tail[0]]


class QrCode(Widget):
    """Draws one Drawing, cell by cell, in black on white whatever the theme."""

    COVERED_FROM_AFAR = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._plan: Drawing | None = None
        self._styles_of = {
            (upper, lower): Style(
                color=PRINT if upper else PAPER, bgcolor=PRINT if lower else PAPER
            )
            for upper in (False, True)
            for lower in (False, True)
        }

    def draw(self, plan: Drawing | None) -> None:
        """Show `plan`, or nothing."""
        if plan == self._plan:
            return
        self._plan = plan
        self.display = plan is not None
        if plan is not None:
            self.styles.width, self.styles.height = plan.columns, plan.lines
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Columns of the drawing."""
        return self._plan.columns if self._plan else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines of the drawing."""
        return self._plan.lines if self._plan else 0

    def render_line(self, y: int) -> Strip:
        """One row of cells. A missing last half row is light, as the quiet zone is."""
        plan = self._plan
        if plan is None or y >= plan.lines:
            return Strip.blank(self.size.width)
        if plan.form is QrForm.SPACES:
            return Strip([Segment("  ", self._styles_of[dark, dark]) for dark in plan.modules[y]])
        upper = plan.modules[2 * y]
        last = 2 * y + 1 == len(plan.modules)
        lower = (False,) * len(upper) if last else plan.modules[2 * y + 1]
        pairs = zip(upper, lower, strict=True)
        return Strip([Segment("▀", self._styles_of[pair]) for pair in pairs])
