"""The units: systemd finds no fault in them, they are closed as far as a till's devices allow, and
they say what the commands understand.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pos.cli import COMMANDS
from pos.config import LENT_KEYS, load
from pos.engine.loop import IDLE_S
from pos.proof.screen import Screen
from pos.switch.exchange import TOTAL_S

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
UNITS = [*SERVICES, *sorted(SYSTEMD.glob("*.timer"))]
EXPOSURE_MAX = 2.0
# Programs that are installed with the units, and need not be there where they are tested.
PROGRAMS = re.compile(
    r"/opt/samkassa/bin/pos|/usr/lib/samkassa/(?:halted|update)|/usr/bin/(curl|systemctl)"
)

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


def analyze(*arguments: str) -> str:
    """What `systemd-analyze` says, of either kind."""
    done = subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def placed(folder: Path, unit: Path, *, change: tuple[str, str] = ("", "")) -> Path:
    """A copy of the unit with programs that exist here; an instance where it is a template."""
    text = PROGRAMS.sub("/bin/true", unit.read_text("utf-8"))
    text = text.replace("EnvironmentFile=/", "EnvironmentFile=-/").replace(*change, 1)
    path = folder / unit.name.replace("@.", "@8791.")
    path.write_text(text)
    return path


def setting(unit: Path, name: str) -> list[str]:
    """Every value that a unit gives a setting."""
    text = unit.read_text("utf-8").replace("\\\n", " ")
    return re.findall(rf"^{re.escape(name)}=(.*)$", text, re.MULTILINE)


@needs_systemd
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    """Not a word: a setting that is misspelt makes it warn, and end as if all were well."""
    paths = [str(placed(tmp_path, unit)) for unit in UNITS]
    told = analyze("verify", "--man=no", *paths)
    assert "samkassa" not in told, told


@needs_systemd
def test_a_setting_that_is_misspelt_would_be_noticed(tmp_path: Path) -> None:
    """The check above can fail."""
    unit = placed(tmp_path, SERVICES[0], change=("WatchdogSec", "WatchdogSecs"))
    assert "WatchdogSecs" in analyze("verify", "--man=no", str(unit))


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_is_exposed_to_no_more_than_two_points(unit: Path) -> None:
    """As systemd scores it, from 0 for closed to 10 for open."""
    told = analyze("security", "--offline=true", "--no-pager", str(unit))
    (score,) = re.findall(r"Overall exposure level for .*: ([\d.]+) ", told)
    assert float(score) <= EXPOSURE_MAX


@needs_systemd
def test_an_open_unit_would_be_noticed(tmp_path: Path) -> None:
    """The score rises above the limit when one of the great bars is taken away."""
    unit = placed(tmp_path, SERVICES[0], change=("CapabilityBoundingSet=\n", ""))
    told = analyze("security", "--offline=true", "--no-pager", str(unit))
    assert float(re.findall(r"level for .*: ([\d.]+) ", told)[0]) > EXPOSURE_MAX


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    """Nothing is shipped that would start what is not there."""
    for start in setting(unit, "ExecStart"):
        program, *words = start.split()
        if program == "/opt/samkassa/bin/pos":
            assert words[0] in COMMANDS
        elif program.startswith("/usr/lib/samkassa/"):
            assert os.access(SYSTEMD / Path(program).name, os.X_OK)


def test_the_watchdog_waits_longer_than_the_engine_may() -> None:
    """One turn: a rest, then a look at the link, the witness, and the payment itself."""
    for name in ("samkassa-counter.service", "samkassa-checkout.service"):
        (limit,) = setting(SYSTEMD / name, "WatchdogSec")
        assert float(limit) >= IDLE_S + 4 * TOTAL_S


def test_the_till_gets_its_keys_from_systemd_alone() -> None:
    """Lent as credentials under the name by which the settings look for them; the folder is
    root's, and nobody else may enter it."""
    for name in (
        "samkassa-counter.service", "samkassa-checkout.service", "samkassa-night.service",
    ):  # fmt: skip
        lent = dict(each.split(":", 1) for each in setting(SYSTEMD / name, "LoadCredential"))
        assert lent[LENT_KEYS] == "/etc/samkassa/keys"
        assert "POS_CONFIG=%d/terminal.toml" in setting(SYSTEMD / name, "Environment")[0]
        assert lent["terminal.toml"] == "/etc/samkassa/terminal.toml"
    placed_by = (SYSTEMD / "samkassa.tmpfiles").read_text("utf-8")
    assert "d /etc/samkassa/keys 0700 root root -" in placed_by


def test_the_checkout_has_no_terminal_and_shares_no_journal() -> None:
    """It reads nothing, writes to the log, and is never up beside the till at the counter."""
    unit = SYSTEMD / "samkassa-checkout.service"
    assert setting(unit, "StandardInput") == ["null"]
    assert setting(unit, "TTYPath") == []
    assert "samkassa-counter.service" in setting(unit, "Conflicts")[0].split()


def test_the_turnstile_holds_no_key_and_no_till_is_up_beside_it() -> None:
    """Whoever carries it off can make no ticket; the camera is one's alone."""
    unit = SYSTEMD / "samkassa-gate.service"
    assert [each.split(":")[0] for each in setting(unit, "LoadCredential")] == ["terminal.toml"]
    tills = {"samkassa-counter.service", "samkassa-kiosk.service", "samkassa-checkout.service"}
    assert set(setting(unit, "Conflicts")[0].split()) == tills


def test_the_example_settings_are_good() -> None:
    """The file that the installer puts in place is one that the till takes."""
    assert load(SYSTEMD / "terminal.toml").switch is None


def test_a_till_that_keeps_failing_ends_in_a_screen_that_says_what_to_do() -> None:
    """The limit of starts leads to that unit, and it leads back to the till, counted anew."""
    counter, halted = SYSTEMD / "samkassa-counter.service", SYSTEMD / "samkassa-halted.service"
    assert setting(counter, "OnFailure") == [halted.name]
    assert int(setting(counter, "StartLimitBurst")[0]) > 1
    span_s, pause_s = (
        float(setting(counter, name)[0]) for name in ("StartLimitIntervalSec", "RestartSec")
    )
    start_s = float(setting(counter, "TimeoutStartSec")[0])
    assert span_s > int(setting(counter, "StartLimitBurst")[0]) * (pause_s + start_s)
    assert setting(halted, "OnSuccess") == setting(halted, "OnFailure") == [counter.name]
    assert "reset-failed samkassa-counter.service" in setting(halted, "ExecStopPost")[0]


def test_nothing_keeps_a_kiosk_from_starting_again() -> None:
    """Nobody is there who would; and it takes the console from the counter's till."""
    unit = SYSTEMD / "samkassa-kiosk.service"
    assert setting(unit, "StartLimitIntervalSec") == ["0"]
    assert setting(unit, "Restart") == ["always"]
    assert setting(unit, "OnFailure") == []
    assert "samkassa-counter.service" in setting(unit, "Conflicts")[0].split()


@pytest.mark.usefixtures("pseudo_terminals")
def test_the_screen_of_a_till_that_is_out_of_order(tmp_path: Path) -> None:
    """What happened in the till's own words, what to do, and on with Enter; nothing that was
    logged may move the cursor or colour the screen."""
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tools / "journalctl"
    log.write_text("#!/bin/sh\nprintf 'Entry 7 is \\033[31mmissing; keep the file.\\n'\n")
    log.chmod(0o755)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "TERM": "linux"}
    screen = Screen([str(SYSTEMD / "halted"), "samkassa-counter.service"], environment)
    try:
        assert screen.pressed("\r", lambda: screen.child.poll() is not None, 30)
    finally:
        screen.close()
    told = bytes(screen.drawn).decode()
    assert "Entry 7 is [31mmissing; keep the file." in told
    for word in ("ute av drift", "ur drift", "ude af drift", "ei ole käytössä", "out of order"):
        assert word in told
    assert screen.child.returncode == 0
