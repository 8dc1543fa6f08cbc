"""The installer: what it would change is told and nothing is changed; what it names is there.

The whole of it, in a fresh Debian that is then started, is `.ci/appliance`.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "systemd"
INSTALLER = SYSTEMD / "install.sh"
SCRIPTS = [
    "systemd/install.sh",
    "systemd/pos",
    "systemd/halted",
    "systemd/update",
    ".ci/appliance",
    ".ci/image",
    "images/os/fetch-wheels",
]


def installer(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installer to its end."""
    return subprocess.run(
        [str(INSTALLER), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def of_debian() -> bool:
    """Whether this machine is one that the installer knows."""
    release = Path("/etc/os-release")
    told = release.read_text() if release.exists() else ""
    known = re.search(r"^ID=(debian|raspbian)$", told, re.MULTILINE)
    tried = re.search(r'^VERSION_ID="1[23]"$', told, re.MULTILINE)
    return bool(known and tried and shutil.which("systemctl"))


needs_debian = pytest.mark.skipif(not of_debian(), reason="this is no Debian 12 or 13 with systemd")


@needs_debian
@pytest.mark.parametrize("board", ["none", "pi"])
def test_a_dry_run_tells_every_change_and_makes_none(board: str) -> None:
    """Anybody may ask; on a Pi the camera and the pins come from the system's own packages."""
    if Path("/opt/samkassa").exists():
        pytest.skip("Samkassa is installed on this machine")
    done = installer("--dry-run", "--board", board)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[-1] == f"{len(told) - 2} changes would be made."
    of_switch = ("samkassa-switch@.service", "samkassa-rates.service", "samkassa-rates.timer")
    units = [p.name for p in SYSTEMD.glob("samkassa-*.*") if p.suffix in {".service", ".timer"}]
    for name in (*units, "70-samkassa.rules", "pos"):
        assert any(line.endswith(f"/{name}") for line in told) == (name not in of_switch), name
    assert ("python3-picamera2" in done.stdout) == (board == "pi")
    assert not Path("/opt/samkassa").exists()
    assert not Path("/etc/systemd/system/samkassa-counter.service").exists()


@needs_debian
def test_what_is_typed_wrong_is_told() -> None:
    """An option that is not there, and a board that is not there."""
    assert "see --help" in installer("--dryrun").stderr
    assert installer("--board", "banana").returncode == 1
    assert installer("--role", "banana").returncode == 1
    assert installer("--release-key", "/nowhere").returncode == 1
    assert "--uninstall" in installer("--help").stdout


def test_every_file_that_is_put_in_place_is_there() -> None:
    """Nothing is named that does not ship."""
    text = INSTALLER.read_text("utf-8")
    for source in re.findall(r"^    say /\S+ (\S+) \d{3}$", text, re.MULTILINE):
        assert (ROOT / source).is_file(), source


def test_the_lock_is_read_as_limits_for_pip() -> None:
    """Each pin of the lock is one limit, with its marker, without extras and hashes."""
    text = INSTALLER.read_text("utf-8")
    (program,) = re.findall(r"sed -n '(s/\^\\\(\[a-z0-9-\].*?)' \\\n", text)
    done = subprocess.run(
        ["sed", "-n", program, "requirements.lock"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    limits = done.stdout.splitlines()
    pins = re.findall(r"^[a-z0-9-]+(?:\[.*?\])?==", (ROOT / "requirements.lock").read_text(), re.M)
    assert len(limits) == len(pins)
    for limit in limits:
        assert re.fullmatch(r"[a-z0-9-]+==[\w.+!-]+( ; .*[^\\ ])? ?", limit), limit


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_are_plain_shell(script: str) -> None:
    """shellcheck finds nothing in them."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    done = subprocess.run(
        ["shellcheck", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout
