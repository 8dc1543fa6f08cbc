"""How every stage looks, kept as pictures; a change of looks is seen in review.

Only on the Textual that the project pins: another one draws differently.
"""

from typing import Any

import pytest

from pos.commands.pictures import VIEWS

SMALL, MIDDLE, LARGE = (80, 24), (100, 30), (120, 40)

PICTURES = [
    *((scene, (), "en", SMALL) for scene in sorted(VIEWS)),
    ("ready", ("1", "2", "9"), "nb", LARGE),
    ("paid", (), "en", LARGE),
    ("declined", (), "nb", SMALL),
    ("paid", (), "zh", SMALL),
    ("ready", ("f5",), "fi", SMALL),
    ("ready", ("f5", "r", "2", "0"), "sv", SMALL),
    *(
        ("receipt", ("f11",), code, size)
        for code, size in (("nb", SMALL), ("fi", MIDDLE), ("zh", LARGE))
    ),
    *(
        ("returns", ("f5", "r", "plus"), code, size)
        for code, size in (("fi", SMALL), ("sv", MIDDLE), ("zh", LARGE))
    ),
    ("approval", ("f5", "r", "enter", "1", "2"), "da", SMALL),
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
    assert snap_compare(app, terminal_size=size, press=keys)
