"""How every stage looks, kept as pictures; a change of looks is seen in review.

Only on the Textual that the project pins: another one draws differently.
"""

from datetime import UTC
from typing import Any

import pytest

from pos.commands.pictures import NOW_S, VIEWS
from pos.language import Language
from pos.sale.sign import Sign, sign_of
from pos.screens.display import DisplayApp
from pos.screens.qr import QrForm

# Counting lines would cost as much as drawing, and the keys' tests walk the same ones.
pytestmark = pytest.mark.no_cover

SMALL, MIDDLE, LARGE = SIZES = (80, 24), (100, 30), (120, 40)

# What is laid over the desk: the stage, and the keys that open it.
LAID_OVER = [
    ("order", ("f3",)),
    ("order", ("f9",)),
    ("order", ("f6", "1", "0", "%")),
    ("order", ("f7",)),
    ("order", ("asterisk",)),
    ("parked", ("f7",)),
    ("ready", ("f5",)),
    ("receipt", ("f11",)),
    ("returns", ("f5", "r", "plus")),
    ("approval", ("f5", "r", "enter", "1", "2")),
]
PICTURES = [
    *((scene, (), "en", size) for scene in sorted(VIEWS) for size in SIZES),
    *((scene, keys, "en", size) for scene, keys in LAID_OVER for size in SIZES),
    ("ready", ("1", "2", "9"), "nb", LARGE),
    ("order", ("f12",), "nb", SMALL),
    ("order", ("f12", "f12"), "nb", SMALL),
    ("declined", (), "nb", SMALL),
    ("paid", (), "zh", SMALL),
    ("order", ("f3", "b", "o"), "zh", SMALL),
    ("ready", ("f5",), "fi", SMALL),
    ("ready", ("f5", "r", "2", "0"), "sv", SMALL),
    ("receipt", ("f11",), "zh", LARGE),
    ("returns", ("f5", "r", "plus"), "fi", SMALL),
]

# Named by what they show, so that a new picture renames no other.
NAMES = [
    "-".join((scene, *keys, code, str(columns))) for scene, keys, code, (columns, _) in PICTURES
]


@pytest.mark.parametrize(("scene", "keys", "code", "size"), PICTURES, ids=NAMES)
def test_looks_as_kept(
    till: Any,
    snap_compare: Any,
    scene: str,
    keys: tuple[str, ...],
    code: str,
    size: tuple[int, int],
) -> None:
    """The screen is the picture that was looked at and kept."""
    app = till.screen(VIEWS[scene], code)
    press = ["percent_sign" if key == "%" else key for key in keys]
    assert snap_compare(app, terminal_size=size, press=press)


SIGNS: dict[str, Sign | None] = {
    "none": None,
    "ready": sign_of(VIEWS["ready"], "nb"),
    "order": sign_of(VIEWS["order"], "nb"),
    "showing": sign_of(VIEWS["showing"], "nb"),
    "paid": sign_of(VIEWS["paid"], "nb"),
    "declined": sign_of(VIEWS["declined"], "nb"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("name", SIGNS)
def test_the_display_looks_as_kept(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    """What the customer sees, likewise."""
    app = DisplayApp(
        lambda code: Language(code, UTC), "nb", qr_form=QrForm.HALF, clock=lambda: NOW_S
    )

    async def told(pilot: Any) -> None:
        app.show(SIGNS[name])
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=told)
