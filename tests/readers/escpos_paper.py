"""ESC/POS read strictly, from Epson's command reference: an unknown command is an error.

Apart from the product, of which it imports nothing: what it finds in the bytes is a second opinion.
"""

import re
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Paper:
    """What a printer of Epson's kind would have done with the bytes it was sent.

    `text` holds a line end for each row of dots too. `rasters` are dark on light, uint8, those
    that follow each other without a gap joined to one.
    """

    text: str = ""
    code_page: int | None = None
    rasters: list[np.ndarray] = field(default_factory=list)
    cuts: int = 0
    pulses: int = 0
    joined: bool = False

    FIXED = re.compile(
        rb"\x1b@|\x1b[aEMGV\-!{d].|\x1d[!Bb].|\x1c\.|\x1bt(?P<page>.)|(?P<cut>\x1dV[\x00\x01])"
        rb"|(?P<pulse>\x1bp[\x00\x01]..)",
        re.DOTALL,
    )

    def read(self, data: bytes) -> "Paper":
        """Take the whole of `data`."""
        at = 0
        while at < len(data):
            if data[at : at + 3] == b"\x1dv0":
                at = self._raster(data, at)
                continue
            self.joined = False
            if data[at] >= 0x20 or data[at] == 0x0A:
                self.text += bytes([data[at]]).decode("cp858")
                at += 1
            else:
                command = self.FIXED.match(data, at)
                assert command, f"unknown command {data[at : at + 4].hex(' ')}"
                self.cuts += command["cut"] is not None
                self.pulses += command["pulse"] is not None
                if command["page"]:
                    self.code_page = command["page"][0]
                at = command.end()
        return self

    def _raster(self, data: bytes, at: int) -> int:
        wide, high = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (4, 6))
        end = at + 8 + wide * high
        bits = np.frombuffer(data[at + 8 : end], np.uint8).reshape(high, wide)
        dots = np.where(np.unpackbits(bits, axis=1), 0, 255).astype(np.uint8)
        if self.joined:
            dots = np.vstack([self.rasters.pop(), dots])
        self.rasters.append(dots)
        self.joined = True
        return end
