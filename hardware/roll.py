"""ESC/POS bytes on a simulated roll of paper: rows of letters and dots, cuts, drawer pulses.

Apart from the simulated printer because this is what a print head does; it knows the commands that
`hardware.document` sends and no others, so that a byte out of place is seen.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardware.devices import DeviceError
from hardware.lettering import CELL_WIDTH_DOTS, row_image
from hardware.paper import CODE_PAGE

if TYPE_CHECKING:
    from PIL import Image

MARGIN_DOTS = 2 * CELL_WIDTH_DOTS
FEED_AT_CUT_DOTS = 24
_PAPER, _EDGE = 250, 200

# What a print head obeys without a change that is seen here.
_PLAIN = re.compile(rb"\x1b[@]|\x1b[M\-{d2].|\x1b2|\x1d[Bb].|\x1c\.|\x1bt\x13", re.DOTALL)
_SET = re.compile(
    rb"\x1b!(?P<mode>.)|\x1bE(?P<bold>.)|\x1ba(?P<align>.)|\x1d!(?P<size>.)", re.DOTALL
)
_CUT = re.compile(rb"\x1dV[\x00\x01]")
_PULSE = re.compile(rb"\x1bp[\x00\x01]..", re.DOTALL)
_DOTS = b"\x1dv0"


@dataclass(slots=True)
class Roll:
    """Paper `columns` wide. `rows` are what was printed, mode L."""

    columns: int
    cuts: int = 0
    pulses: int = 0
    rows: "list[Image.Image]" = field(default_factory=list)
    _text: bytearray = field(default_factory=bytearray)
    _big: bool = False
    _bold: bool = False
    _centred: bool = False

    def take(self, data: bytes) -> None:
        """Obey `data`. Raises DeviceError at a byte that is no command known here."""
        at = 0
        while at < len(data):
            if data[at] >= 0x20:
                self._text.append(data[at])
                at += 1
            elif data[at] == 0x0A:
                self._feed()
                at += 1
            elif data[at : at + 3] == _DOTS:
                at = self._print_dots(data, at)
            else:
                at = self._obey(data, at)

    def drawn(self) -> "Image.Image":
        """All of the paper with a margin, black on near white, mode L."""
        from PIL import Image, ImageDraw

        width = self.columns * CELL_WIDTH_DOTS + 2 * MARGIN_DOTS
        height = sum(row.height for row in self.rows) + 2 * MARGIN_DOTS
        paper = Image.new("L", (width, height), _PAPER)
        top = MARGIN_DOTS
        for row in self.rows:
            paper.paste(row.point(lambda dot: min(dot, _PAPER)), (MARGIN_DOTS, top))
            top += row.height
        ImageDraw.Draw(paper).rectangle((0, 0, width - 1, height - 1), outline=_EDGE)
        return paper

    def _obey(self, data: bytes, at: int) -> int:
        if found := _PLAIN.match(data, at):
            return found.end()
        if found := _SET.match(data, at):
            self._set(found)
        elif found := _CUT.match(data, at):
            self.cuts += 1
        elif found := _PULSE.match(data, at):
            self.pulses += 1
        else:
            unknown = data[at : at + 4].hex(" ")
            raise DeviceError(f"The simulated printer does not know the command {unknown}.")
        return found.end()

    def _set(self, found: re.Match[bytes]) -> None:
        if found["mode"]:
            self._bold, self._big = bool(found["mode"][0] & 0x08), bool(found["mode"][0] & 0x20)
        elif found["bold"]:
            self._bold = bool(found["bold"][0] & 1)
        elif found["size"]:
            self._big = bool(found["size"][0])
        else:
            self._centred = found["align"][0] in b"\x011"

    def _feed(self) -> None:
        columns = self.columns // 2 if self._big else self.columns
        row = self._text.decode(CODE_PAGE)
        self._text.clear()
        self._add(row_image(row, columns, big=self._big, bold=self._bold))

    def _print_dots(self, data: bytes, at: int) -> int:
        from PIL import Image

        bytes_wide, high = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (4, 6))
        end = at + 8 + bytes_wide * high
        dots = Image.frombytes("1", (bytes_wide * 8, high), data[at + 8 : end])
        self._add(dots.convert("L").point(lambda dot: 255 - dot))
        return end

    def _add(self, row: "Image.Image") -> None:
        """Set a row at the left of the paper, or in its middle."""
        from PIL import Image

        width = self.columns * CELL_WIDTH_DOTS
        whole = Image.new("L", (width, row.height), 255)
        whole.paste(row, ((width - row.width) // 2 if self._centred else 0, 0))
        self.rows.append(whole)
