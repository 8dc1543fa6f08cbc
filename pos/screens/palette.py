"""The colours of the screens, each pair of ink and ground checked for contrast by a test.

Apart because the style sheet, the drawn symbols and the contrast test read the same table.
WCAG 2.2 asks 4.5:1 for text and 3:1 for large text and shapes; every pair here has 4.5 or more.
"""

from textual.theme import Theme

NIGHT = "#0e161d"  # the ground
SLATE = "#17222c"  # a panel on it
STEEL = "#243543"  # a key that can be pressed
STEEL_LIT = "#33495b"  # the same under a finger
INK = "#eef3f6"
MUTED = "#a9bac7"
FJORD = "#0f6f63"  # the first thing to do
FJORD_LIT = "#0b5c52"
SUN = "#f2c14e"  # look here
SUN_INK = "#1d1603"
PAID = "#0b6b3a"
PAID_LIT = "#2ee07c"  # the outline of a code that was read, on greys
DECLINED = "#a8232e"
CANCELLED = "#3d4d5c"
PAPER = "#ffffff"  # a QR code's light modules and quiet zone
PRINT = "#000000"  # and its dark ones

# (ink, ground) as they meet on the screen.
PAIRS = (
    (INK, NIGHT), (MUTED, NIGHT), (SUN, NIGHT),
    (INK, SLATE), (MUTED, SLATE), (SUN, SLATE),
    (INK, STEEL), (INK, STEEL_LIT), (MUTED, STEEL),
    (PAPER, FJORD), (PAPER, FJORD_LIT), (SUN_INK, SUN),
    (PAPER, PAID), (PAPER, DECLINED), (PAPER, CANCELLED), (PRINT, PAPER),
)  # fmt: skip

THEME = Theme(
    name="samkassa",
    primary=FJORD,
    secondary=STEEL,
    warning=SUN,
    error=DECLINED,
    success=PAID,
    accent=SUN,
    foreground=INK,
    background=NIGHT,
    surface=SLATE,
    panel=SLATE,
    variables={
        "night": NIGHT,
        "slate": SLATE,
        "steel": STEEL,
        "steel-lit": STEEL_LIT,
        "ink": INK,
        "muted": MUTED,
        "fjord": FJORD,
        "fjord-lit": FJORD_LIT,
        "sun": SUN,
        "sun-ink": SUN_INK,
        "paid": PAID,
        "declined": DECLINED,
        "cancelled": CANCELLED,
        "paper": PAPER,
    },
)


def contrast(ink: str, ground: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(ground: str) -> str:
    """Black or white, whichever reads better on `ground`."""
    return max((PAPER, PRINT), key=lambda ink: contrast(ink, ground))


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
