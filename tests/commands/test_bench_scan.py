"""`pos bench scan`: pictures of one's own with their truth, counted as anybody would count them."""

import json
from pathlib import Path

import pytest
from driving import shell

from hardware.devices import Symbology
from hardware.phone import draw_phone
from pos.bench import eye

QR_TEXT, BAR_TEXT = "251001020123456789012345", "7038010009457"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A QR code, a bar code and an empty page."""
    pytest.importorskip("pyzbar.pyzbar", reason="libzbar is not installed")
    draw_phone(QR_TEXT).save(tmp_path / "phone.png")
    draw_phone(BAR_TEXT, Symbology.EAN_13).save(tmp_path / "product.png")
    draw_phone("x").crop((0, 0, 300, 120)).save(tmp_path / "empty.png")
    return tmp_path


def scores(folder: Path) -> dict[str, dict[str, object]]:
    """What the command counted, by decoder."""
    done = shell.run("bench", "scan", str(folder), "--json")
    assert done.code in (0, 1), done.err  # on pictures this easy nobody is ahead of the others
    return {score["name"]: score for score in json.loads(done.out)["scores"]}


def test_a_folder_with_truth_is_counted(folder: Path) -> None:
    """Each kind apart; a text that is not in the truth is a false read, for every decoder."""
    truth = [
        {"file": "phone.png", "kind": "qr", "texts": [QR_TEXT]},
        {"file": "product.png", "kind": "ean13", "texts": ["not this"]},
        {"file": "empty.png", "kind": "neg", "texts": []},
    ]
    (folder / "truth.json").write_text(json.dumps(truth))
    counted = scores(folder)
    assert list(counted) == ["Samkassa", "pyzbar", "zxing-cpp", "OpenCV"]
    for score in counted.values():
        assert score["of"] == {"QR": 1, "1-D": 1, "no code": 1}
    for name in ("Samkassa", "pyzbar", "zxing-cpp"):
        assert counted[name]["read"] == {"QR": 1}
        assert counted[name]["false"] == 1


def test_texts_beside_the_pictures_are_a_truth_too(folder: Path) -> None:
    """As the test suites of decoders keep it: a text file of the same name, the kind in a name."""
    (folder / "phone.txt").write_text(QR_TEXT + "\n")
    product = folder / "ean13-1"
    product.mkdir()
    (folder / "product.png").rename(product / "1.png")
    (product / "1.txt").write_text(BAR_TEXT)
    counted = scores(folder)
    assert counted["Samkassa"]["read"] == {"QR": 1, "1-D": 1}
    assert counted["Samkassa"]["false"] == 0


def test_a_folder_without_truth_is_wrong_use(folder: Path) -> None:
    """The sentence says what to write; so does the one about a truth that is none."""
    done = shell.run("bench", "scan", str(folder))
    assert (done.code, "truth.json" in done.err) == (2, True)
    (folder / "truth.json").write_text('{"file": 1}')
    assert shell.run("bench", "scan", str(folder)).code == 2
    assert shell.run("bench", "scan", str(folder / "nowhere")).code == 2


def test_the_idle_cost_is_that_of_the_scan_loop_at_work() -> None:
    """The figure has a limit and is not nothing: frames are really looked at."""
    figure = next(eye.measure(0.5))
    assert figure.unit == "%"
    assert figure.value > 0
