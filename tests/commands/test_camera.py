"""`pos camera`: what it prints of a mounted camera, for people and programs, and what it stores."""

import json
import tomllib
from pathlib import Path

import pytest
from driving import shell

from hardware.target import TEXT

pytest.importorskip("cv2", reason="OpenCV or a library that it needs is not installed")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A till whose camera is simulated, with the target before it."""
    settings = f'# our counter\n[devices]\ncamera = "simulated:{TEXT}"\n'
    (tmp_path / "terminal.toml").write_text(settings)
    return tmp_path


def test_a_person_gets_a_line_a_second(state: Path) -> None:
    """Pictures a second, focus, light, what is read and from how far, in words."""
    done = shell.run("camera", "--seconds", "2.5", "--state", str(state))
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert 1 <= len(lines) <= 3
    assert "pictures/s  focus 0." in lines[-1]
    assert "read 100%" in lines[-1]
    assert "best at" in lines[-1]


def test_a_program_gets_one_object_a_second(state: Path) -> None:
    """The same as JSON, numbers as numbers."""
    done = shell.run("camera", "--seconds", "2.5", "--json", "--state", str(state))
    told = json.loads(done.out.splitlines()[-1])
    assert done.code == 0
    assert told["frames_per_s"] > 1
    assert told["read_rate"] == 1.0
    assert told["hint"] is None
    assert 80 < told["distance_mm"] < 250
    assert told["controls"] == {"lens_position": None, "exposure_us": None, "gain": None}


def test_a_calibration_is_stored_and_used(state: Path) -> None:
    """Lens position and exposure go to terminal.toml, beside what stands there, and from then on
    the camera is set so."""
    done = shell.run("camera", "--calibrate", "--json", "--state", str(state))
    assert done.code == 0, done.err
    told = json.loads(done.out)
    text = (state / "terminal.toml").read_text()
    assert text.startswith("# our counter")
    kept = tomllib.loads(text)["camera"]
    assert kept == {name: value for name, value in told["controls"].items() if value is not None}
    assert set(kept) == {"lens_position", "exposure_us"}
    again = shell.run("camera", "--seconds", "1.5", "--json", "--state", str(state))
    assert json.loads(again.out.splitlines()[-1])["controls"] == kept | {"gain": None}


def test_without_a_target_a_camera_or_a_picture_the_remedy_is_told(tmp_path: Path) -> None:
    """Each is one sentence and no trace."""
    cases = (
        ("none", (), 2, "There is no camera; plug one in"),
        ("missing.mp4", ("--seconds", "0.5"), 1, "There is no camera or video missing.mp4"),
        ("missing.mp4", ("--calibrate",), 2, "There is no camera or video missing.mp4"),
    )
    for camera, more, code, sentence in cases:
        (tmp_path / "terminal.toml").write_text(f'[devices]\ncamera = "{camera}"\n')
        done = shell.run("camera", *more, "--state", str(tmp_path))
        assert (done.code, sentence in done.err) == (code, True), done.err
        assert "Traceback" not in done.err


def test_the_target_page_is_written(tmp_path: Path) -> None:
    """It needs no camera; a folder that is not there is told."""
    done = shell.run("camera", "--target", str(tmp_path / "target.pdf"))
    assert done.code == 0
    assert (tmp_path / "target.pdf").read_bytes().startswith(b"%PDF-")
    done = shell.run("camera", "--target", str(tmp_path / "no" / "target.pdf"))
    assert (done.code, "name a folder that exists" in done.err) == (2, True)
