"""`pos scan`: what it prints of pictures, for people and for programs."""

import json
from pathlib import Path

from driving import shell

from hardware.phone import draw_phone

POEM = "THROUGH THE LOOKING-GLASS\n\nBy Lewis Carroll"


def test_a_program_gets_the_text_whole(tmp_path: Path) -> None:
    """In JSON a code's text is given as it was read, line ends and all."""
    draw_phone(POEM).save(tmp_path / "poem.png")
    done = shell.run("scan", "--json", str(tmp_path / "poem.png"))
    assert (done.code, json.loads(done.out)["text"]) == (0, POEM)


def test_a_person_gets_one_line_a_code(tmp_path: Path) -> None:
    """On a screen nothing that was read can break out of its line."""
    draw_phone(POEM).save(tmp_path / "poem.png")
    done = shell.run("scan", str(tmp_path / "poem.png"))
    assert len(done.out.splitlines()) == 1
    assert "LOOKING-GLASS\\x0a\\x0aBy" in done.out


def test_what_is_no_picture_or_has_no_code_is_said(tmp_path: Path) -> None:
    """A wrong file is wrong use; a picture without a code is a sentence and exit 1."""
    (tmp_path / "note.txt").write_text("no picture")
    draw_phone("x").crop((0, 0, 100, 100)).save(tmp_path / "empty.png")
    assert shell.run("scan", str(tmp_path / "note.txt")).code == 2
    assert shell.run("scan", str(tmp_path / "empty.png")).code == 1
