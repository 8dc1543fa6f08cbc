"""The colours of the screens in three themes, each pair of ink and ground checked for contrast.

Apart because the style sheet, the drawn symbols and the contrast test read the same tables.
WCAG 2.2 asks 4.5:1 for text and 3:1 for large text and shapes; every pair here has 4.5 or more,
and 7 or more in the theme of high contrast (its level AAA).
"""

from dataclasses import asdict, dataclass

from textual.theme import Theme

PAPER = "#ffffff"  # a QR code's light modules and quiet zone, in every theme
SEEN_LIT = "#f2c14e"  # the outline of a code in view, on greys
PAID_LIT = "#2ee07c"  # and of one that was read
PRINT = "#000000"  # and its dark ones


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme. A name with `_ink` is what is written on the colour of that name."""

    night: str  # the ground
    slate: str  # a panel on it
    steel: str  # a key that can be pressed
    steel_lit: str  # the same under a finger
    ink: str
    muted: str
    fjord: str  # the first thing to do
    fjord_lit: str
    sun: str  # look here
    sun_ink: str
    mark: str  # a word that asks to be looked at, on night or slate
    paid: str
    declined: str
    cancelled: str
    paper: str  # what is written on fjord and on the outcomes

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(ink, ground) as they meet on the screen."""
        return (
            (self.ink, self.night), (self.muted, self.night), (self.mark, self.night),
            (self.ink, self.slate), (self.muted, self.slate), (self.mark, self.slate),
            (self.ink, self.steel), (self.ink, self.steel_lit), (self.muted, self.steel),
            (self.paper, self.fjord), (self.paper, self.fjord_lit), (self.sun_ink, self.sun),
            (self.paper, self.paid), (self.paper, self.declined), (self.paper, self.cancelled),
        )  # fmt: skip


PALETTES = {
    "dark": Palette(
        night="#0e161d", slate="#17222c", steel="#243543", steel_lit="#33495b",
        ink="#eef3f6", muted="#a9bac7", fjord="#0f6f63", fjord_lit="#0b5c52",
        sun="#f2c14e", sun_ink="#1d1603", mark="#f2c14e",
        paid="#0b6b3a", declined="#a8232e", cancelled="#3d4d5c", paper="#ffffff",
    ),
    "light": Palette(
        night="#f7f9fa", slate="#e6ecf0", steel="#d3dde4", steel_lit="#c1ced8",
        ink="#10202c", muted="#43535f", fjord="#0b5c52", fjord_lit="#084840",
        sun="#f2c14e", sun_ink="#1d1603", mark="#6f4a00",
        paid="#0b6b3a", declined="#a8232e", cancelled="#3d4d5c", paper="#ffffff",
    ),
    "contrast": Palette(
        night="#000000", slate="#000000", steel="#262626", steel_lit="#3a3a3a",
        ink="#ffffff", muted="#e0e0e0", fjord="#ffe14d", fjord_lit="#fff0a0",
        sun="#ffe14d", sun_ink="#000000", mark="#ffe14d",
        paid="#5cff9d", declined="#ffb3b3", cancelled="#d5dde4", paper="#000000",
    ),
}  # fmt: skip


def dimmed(theme: str) -> str:
    """What implied digits are written in, in this theme as Textual knows it: fainter than others,
    and in high contrast still with 7:1."""
    return "$muted 75%" if theme == theme_name("contrast") else "$muted 60%"


def theme_name(name: str) -> str:
    """What Textual knows the theme by; its own may have the short name."""
    return f"samkassa-{name}"


def themes() -> list[Theme]:
    """Every theme, as Textual wants it."""
    return [
        Theme(
            name=theme_name(name),
            dark=name != "light",
            primary=each.fjord,
            secondary=each.steel,
            warning=each.sun,
            error=each.declined,
            success=each.paid,
            accent=each.sun,
            foreground=each.ink,
            background=each.night,
            surface=each.slate,
            panel=each.slate,
            variables={key.replace("_", "-"): value for key, value in asdict(each).items()},
        )
        for name, each in PALETTES.items()
    ]


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
