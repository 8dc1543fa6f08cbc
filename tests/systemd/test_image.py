"""The recipe of the card image: its form, and that it fits the installer and the partition layout.

Whether the packages and wheels exist for the board is `.ci/image`'s to find out.
"""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OS = ROOT / "images" / "os"
LAYER = OS / "layer" / "samkassa-till.yaml"
OVERLAY = OS / "overlay"
CONFIGS = sorted((OS / "config").glob("*.yaml"))

# The fields of a layer's head, as rpi-image-gen's documentation of layers lists them.
FIELDS = {"Name", "Version", "Category", "Desc", "Requires", "Provides", "Conflicts"}


def head() -> dict[str, str]:
    """The fields between METABEGIN and METAEND; a longer one goes on after two blanks."""
    text = LAYER.read_text("utf-8")
    lines = re.search(r"# METABEGIN\n(.*?)# METAEND\n---\n", text, re.DOTALL)
    assert lines is not None
    joined = lines[1].replace("\n#  ", " ")
    return dict(re.findall(r"^# X-Env-Layer-(\w+): (.+)$", joined, re.MULTILINE))


def body() -> dict[str, list[str]]:
    """What the layer gives to mmdebstrap."""
    told: dict[str, list[str]] = yaml.safe_load(LAYER.read_text("utf-8"))["mmdebstrap"]
    return told


def test_the_layer_has_the_form_of_one() -> None:
    """Known fields only, a version that is the product's, a name of its own."""
    fields = head()
    assert set(fields) <= FIELDS
    assert {"Name", "Version", "Category", "Desc"} <= set(fields)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{fields["Version"]}"' in project
    assert set(body()) == {"packages", "customize-hooks"}
    assert len(set(body()["packages"])) == len(body()["packages"])
    assert all(isinstance(hook, str) for hook in body()["customize-hooks"])


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_an_image_has_two_slots_and_the_till(config: Path) -> None:
    """The A/B layout, read-only, on a board that can start from it, with our layer."""
    told = yaml.safe_load(config.read_text("utf-8"))
    assert told["image"]["layer"] == "image-rota"
    assert told["image"]["rootfs_type"] == "erofs"
    assert told["device"]["layer"] in {"rpi4", "rpi5", "cm4", "cm5"}
    assert told["image"]["name"] == config.stem
    assert told["layer"]["app"] == head()["Name"]


def test_the_installer_finds_its_packages_there() -> None:
    """It runs without a network inside the image, so all that it asks for is in the list."""
    text = (ROOT / "systemd" / "install.sh").read_text("utf-8")
    wanted = re.search(r"wanted_packages\(\) \{(.*?)\n\}", text, re.DOTALL)
    assert wanted is not None
    for line in re.findall(r"\bsay (.+)$", wanted[1], re.MULTILINE):
        assert set(line.split()) <= set(body()["packages"])


def test_what_a_till_keeps_is_shared_by_both_slots_and_empty_in_the_image() -> None:
    """/var belongs to a slot: without this an update would lose the journal. And what the image
    held there would be put back over the till's own at every start."""
    shared = (OVERLAY / "etc/rpi-image-gen/slot-shared.d/samkassa.conf").read_text("utf-8")
    assert re.findall(r"^Version=(.*)$", shared, re.MULTILINE) == ["1"]
    paths = re.findall(r"^Path=(.*)$", shared, re.MULTILINE)
    unit = (ROOT / "systemd" / "samkassa-counter.service").read_text("utf-8")
    (state,) = re.findall(r"POS_STATE=(\S+)", unit)
    lent = re.findall(r"^LoadCredential=\S+?:(/etc/\w+)/", unit, re.MULTILINE)
    assert set(paths) == {state, *lent}
    hooks = body()["customize-hooks"]
    installed = next(i for i, hook in enumerate(hooks) if "install.sh" in hook)
    emptied = "rm -rf " + " ".join(f'"$1{path}"' for path in ("/etc/samkassa", "/var/lib/pos"))
    assert hooks.index(emptied) > installed
    for path in paths:
        assert not (OVERLAY / path.lstrip("/")).exists()
        assert any(hook.startswith("mkdir") and f"$1{path}" in hook for hook in hooks[installed:])


def test_nobody_gets_past_the_till() -> None:
    """No login on any console, no shell when something fails, no magic keys, no USB storage."""
    units = OVERLAY / "etc/systemd/system"
    for name in ("getty@.service", "serial-getty@.service", "ctrl-alt-del.target",
                 "debug-shell.service", "rescue.service", "emergency.service"):  # fmt: skip
        assert (units / name).readlink() == Path("/dev/null")
    assert "kernel.sysrq = 0" in (OVERLAY / "etc/sysctl.d/80-samkassa.conf").read_text()
    assert (
        "install usb_storage /bin/false" in (OVERLAY / "etc/modprobe.d/samkassa.conf").read_text()
    )


def test_the_first_start_enrols_with_the_tills_own_camera() -> None:
    """The unit for it starts with the image, before the till, and only until it is enrolled."""
    assert 'chroot "$1" systemctl enable samkassa-enrol.service' in body()["customize-hooks"]
    unit = (ROOT / "systemd" / "samkassa-enrol.service").read_text("utf-8")
    assert "Before=samkassa-counter.service" in unit
    assert "pos enrol --camera" in unit
    (asked,) = re.findall(r"^ExecCondition=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    for text, starts in (('[devices]\ncamera = "auto"\n', True), ("[switch]\nurl = 1\n", False)):
        command = asked.replace("/etc/samkassa/terminal.toml", "/dev/stdin")
        done = subprocess.run(["/bin/sh", "-c", command], input=text, text=True, check=False)
        assert (done.returncode == 0) is starts


def test_the_hooks_name_files_that_are_there() -> None:
    """What is copied into the image exists, seen from where the hooks run."""
    (copied,) = [hook for hook in body()["customize-hooks"] if hook.startswith("cd ../..")]
    for name in copied.split("cp -R ")[1].split()[:-1]:
        assert (OS / "../.." / name).exists(), name


def test_the_wheels_of_the_board_are_pins_of_the_lock() -> None:
    """Each with its hashes; what a Pi has from apt and what only the tests need is left out."""
    python = ROOT / ".venv/bin/python"
    if not python.exists():
        pytest.skip("there is no environment of ./run here")
    done = subprocess.run(
        [python, OS / "closure.py", ROOT / "pyproject.toml", ROOT / "requirements.lock"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    names = re.findall(r"^([a-z0-9-]+)(?:\[.*?\])?==", done.stdout, re.MULTILINE)
    assert {"textual", "opencv-python", "zxing-cpp", "requests", "urllib3", "click"} <= set(names)
    assert not {"numpy", "lgpio", "pytest", "hypothesis", "playwright", "atheris"} & set(names)
    assert len(names) == len(set(names))
    for block in re.split(r"\n(?=[a-z])", done.stdout):
        assert "--hash=sha256:" in block
        assert " ; " not in block
