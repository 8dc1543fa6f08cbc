"""The README's pictures are those of the screens as they are now."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pos.commands import kiosk_pictures, pictures

KEPT = Path(__file__).resolve().parents[2] / "images" / "screens"

# Counting lines would cost as much as drawing, and the keys' tests walk the same ones.
pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]


@pytest.mark.parametrize("name", ["paid", "last-sales"])
async def test_a_kept_picture_is_what_is_drawn_now(name: str) -> None:
    """Drawing again changes nothing; run `pos pictures` after a change of looks."""
    kept = (KEPT / f"{name}.svg").read_text("utf-8")
    assert await pictures.drawn(pictures.PICTURES[name]) == kept


async def test_a_kept_picture_of_the_kiosk_is_what_is_drawn_now() -> None:
    """The same of a visitor's step."""
    kept = (KEPT / "kiosk-tickets.svg").read_text("utf-8")
    now = await kiosk_pictures.drawn(kiosk_pictures.KIOSK_PICTURES["kiosk-tickets"])
    assert pictures.alone(now) == kept


def test_every_picture_is_kept_and_stands_alone() -> None:
    """Each picture of the table is there, and refers to no host, file or font from afar."""
    for name in (*pictures.PICTURES, *kiosk_pictures.KIOSK_PICTURES):
        svg = (KEPT / f"{name}.svg").read_text("utf-8")
        assert set(re.findall(r"https?://[^\"' )]*", svg)) == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"url\((?!#)|@font-face|@import|href", svg)


def test_the_command_writes_every_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pos pictures --to FOLDER` makes the folder and names each file it wrote."""
    monkeypatch.setattr(pictures, "PICTURES", {"counter": pictures.PICTURES["counter"]})
    monkeypatch.setattr(kiosk_pictures, "KIOSK_PICTURES", {})
    done = CliRunner().invoke(pictures.pictures, ["--to", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / "counter.svg").read_text("utf-8").startswith("<svg")
    assert "counter.svg" in done.output
