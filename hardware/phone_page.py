"""What the phones and products of the synthetic set show: a page with one code, or with two.

Apart from the photographing of it because a page is flat, sharp and exact: which text is where,
and how large a module is, is known here and nowhere later.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from hardware.devices import Symbology
from hardware.phone import modules

PAGE_WIDTH_PX = 720
_KINDS = ("digits", "emv", "both", "code128", "ean13", "ean8", "upca")
_SHARES = (0.28, 0.14, 0.2, 0.2, 0.1, 0.03, 0.05)
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Page:
    """A picture, float32, with the corners (x, y) of its last code and pixels a module."""

    kind: str
    luma: Any = field(repr=False)
    codes: tuple[tuple[str, Symbology], ...] = field(repr=False)
    module_px: float
    code_corners: tuple[tuple[float, float], ...]

    @property
    def is_qr(self) -> bool:
        """Whether the corners are those of a QR code."""
        return self.codes[-1][1] is Symbology.QR

    @property
    def code_centre(self) -> tuple[float, float]:
        """The middle of the code."""
        xs, ys = zip(*self.code_corners, strict=True)
        return sum(xs) / 4, sum(ys) / 4

    def code_points(self) -> Any:
        """The corners as an array (4, 2)."""
        import numpy as np

        return np.array(self.code_corners, dtype=float)


def draw(rng: Any, cv2: Any, *, inverse: bool) -> Page:
    """A page by chance. `inverse` shows a QR code light on dark; bars are never shown so."""
    kind = str(rng.choice(_KINDS, p=_SHARES))
    page = _paper(rng, cv2, kind) if kind in ("ean13", "ean8", "upca") else None
    return page or _screen(rng, cv2, kind, inverse=inverse)


def _digits(rng: Any, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _payment_code(rng: Any) -> str:
    prefix = str(rng.choice(["28", "25", "29", "30", "26"]))
    return prefix + _digits(rng, 16 if rng.random() < 0.6 else 22)


def _emv(rng: Any) -> str:
    """As long as a shop's EMVCo code and of its shape; the check sum is nobody's concern here."""
    name = "".join(rng.choice(list(_LETTERS), 10))
    return (
        "00020101021226270012no.example.q0207" + _digits(rng, 7) + "5204581253035785406"
        + _digits(rng, 3) + "." + _digits(rng, 2) + "5802NO5910" + name + "6004OSLO62260514REF"
        + _digits(rng, 11) + "0704" + _digits(rng, 4) + "6304A0" + _digits(rng, 2)
    )  # fmt: skip


def _gtin(rng: Any, length: int) -> str:
    body = _digits(rng, length - 1)
    if length == 13 and body[0] == "0":
        body = "7" + body[1:]
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def _screen(rng: Any, cv2: Any, kind: str, *, inverse: bool) -> Page:
    """A wallet's page: a header, a card with the code or both codes, a few lines below."""
    import numpy as np

    paper, ink = float(rng.uniform(215, 240)), float(rng.uniform(5, 30))
    page = np.full((1360, PAGE_WIDTH_PX), int(rng.choice([35, 90, 170, 225])), np.uint8)
    cv2.rectangle(page, (0, 0), (PAGE_WIDTH_PX, 120), float(rng.uniform(20, 190)), -1)
    cv2.putText(page, "Pay", (40, 85), cv2.FONT_HERSHEY_SIMPLEX, 2, 240.0, 4, cv2.LINE_AA)
    text = _emv(rng) if kind == "emv" else _payment_code(rng)
    codes, boxes = [], []
    top = 190
    wanted = {"both": (Symbology.CODE_128, Symbology.QR), "code128": (Symbology.CODE_128,)}
    inverse = inverse and kind in ("digits", "emv")
    back, front = (ink, paper) if inverse else (paper, ink)
    first = top - 50
    for symbology in wanted.get(kind, (Symbology.QR,)):
        code, module_px = _code(rng, text, symbology, back, front)
        height, width = code.shape
        left = (PAGE_WIDTH_PX - width) // 2
        cv2.rectangle(page, (30, first), (PAGE_WIDTH_PX - 30, top + height + 60), back, -1)
        page[top : top + height, left : left + width] = code
        codes.append((text, symbology))
        boxes.append((left, top, width, height, module_px))
        first = top + height + 20
        if symbology is Symbology.CODE_128:
            cv2.putText(page, text, (left, top + height + 40), cv2.FONT_HERSHEY_SIMPLEX, 0.9,
                        front, 2, cv2.LINE_AA)  # fmt: skip
        top += height + 60
    if Symbology.QR in wanted.get(kind, (Symbology.QR,)) and rng.random() < 0.25:
        left, y, width, height, _ = boxes[-1]
        logo = int(width * rng.uniform(0.12, 0.18)) // 2
        x, y = left + width // 2, y + height // 2
        cv2.rectangle(page, (x - logo, y - logo), (x + logo, y + logo), 120.0, -1)
    for line in range(top + 90, 1300, 90):
        cv2.putText(page, f"Balance {rng.uniform(1, 999):.2f}", (60, line),
                    cv2.FONT_HERSHEY_SIMPLEX, 1.2, 130.0, 2, cv2.LINE_AA)  # fmt: skip
    left, y, width, height, module_px = boxes[-1]
    corners = ((left, y), (left + width, y), (left + width, y + height), (left, y + height))
    return Page(kind, page.astype(np.float32), tuple(codes), module_px, corners)


def _code(
    rng: Any, text: str, symbology: Symbology, back: float, front: float
) -> tuple[Any, float]:
    """The code's picture without its quiet zone, and pixels a module."""
    import numpy as np

    level = str(rng.choice(["l", "m", "q", "h"], p=[0.15, 0.5, 0.25, 0.1]))
    dark = np.array(modules(text, symbology, error=level), dtype=np.float32)
    most = 560 if symbology is Symbology.QR else 600
    module = max(2, most // dark.shape[1])
    height = module if symbology is Symbology.QR else int(rng.uniform(90, 190))
    return back + (front - back) * np.kron(dark, np.ones((height, module), np.float32)), module


def _paper(rng: Any, cv2: Any, kind: str) -> Page:
    """A product's label, on a box or around a bottle."""
    import numpy as np

    symbology, length = {
        "ean13": (Symbology.EAN_13, 13),
        "ean8": (Symbology.EAN_8, 8),
        "upca": (Symbology.UPC_A, 12),
    }[kind]
    text = _gtin(rng, length)
    code, module_px = _code(rng, text, symbology, float(rng.uniform(170, 235)), 20.0)
    height, width = code.shape
    page = np.full((height + 260, PAGE_WIDTH_PX), int(code.max()), np.uint8)
    left, top = (PAGE_WIDTH_PX - width) // 2, 90
    page[top : top + height, left : left + width] = code
    cv2.putText(page, text, (left, top + height + 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 20.0, 2,
                cv2.LINE_AA)  # fmt: skip
    if rng.random() < 0.4:
        page = _bent(page, rng.uniform(1.2, 3.0), cv2)
    corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    codes = ((text, symbology),)
    return Page(kind, page.astype(np.float32), codes, module_px, corners)


def _bent(page: Any, radius: float, cv2: Any) -> Any:
    """The page around a bottle of that radius, in half widths of the page."""
    import numpy as np

    height, width = page.shape
    seen = (np.arange(width, dtype=np.float32) - width / 2) / (width / 2)
    drawn = radius * np.arcsin(np.clip(seen * math.sin(1 / radius), -1, 1))
    columns = np.tile(((drawn + 1) * width / 2).astype(np.float32), (height, 1))
    rows = np.tile(np.arange(height, dtype=np.float32)[:, None], (1, width))
    return cv2.remap(page, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
