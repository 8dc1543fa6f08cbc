"""`pos gate` as a process: a phone before its camera, its lines, and its deaths.

Apart from the rules because only a process can be killed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pos.cli import cli
from pos.stamp import Stamp
from tests.gate.conftest import SITE, ticket

LINE_S_MAX = 30.0


def settings(folder: Path, stamp: Stamp, text: str) -> Path:
    """The state folder of a gate before whose camera a phone shows `text`."""
    folder.mkdir(exist_ok=True)
    (folder / "keys.txt").write_text(stamp.public + "\n")
    (folder / "terminal.toml").write_text(
        f'[gate]\nname = "north"\nsite = "{SITE}"\nkeys = "keys.txt"\n'
        f'[devices]\ncamera = "simulated:{text}"\nindicator = "simulated"\n'
    )
    return folder


def valid(stamp: Stamp, number: int = 1) -> str:
    """The text of a ticket that admits two persons now."""
    now = int(time.time()) // 60 * 60
    return stamp.stamped(ticket(number, persons=2, begins_at=now - 3600, ends_at=now + 3600))


class Process:
    """`pos gate --json` on a state folder."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "pos", "gate", "--json", "--state", str(state)]
        self._child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def line(self) -> dict[str, Any]:
        """Its next line."""
        assert self._child.stdout is not None
        told: dict[str, Any] = json.loads(self._child.stdout.readline())
        return told

    def kill(self) -> None:
        """As a power cut does."""
        self._child.kill()
        self._end()

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """As a person does, or systemd: its exit code and what it said to people."""
        self._child.send_signal(number)
        return self._end()

    def _end(self) -> tuple[int, str]:
        _, said = self._child.communicate(timeout=LINE_S_MAX)
        return self._child.returncode, said


def test_a_copied_ticket_is_admitted_once_also_after_a_kill(stamp: Stamp, tmp_path: Path) -> None:
    """Killed the moment it has said so, the gate knows the ticket when it is back."""
    text = valid(stamp)
    state = settings(tmp_path / "north", stamp, text)
    gate = Process(state)
    told = gate.line()
    gate.kill()
    assert (told["verdict"], told["persons"], told["gate"]) == ("admitted", 2, "north")
    assert (told["list_age_s"], told["others_age_s"]) == (None, None)
    assert text not in json.dumps(told)
    again = Process(state)
    assert again.line()["verdict"] == "used"
    assert again.interrupt(signal.SIGTERM)[0] == 0
    again = Process(state)
    assert again.line()["verdict"] == "used"
    code, said = again.interrupt()
    assert code == 0
    assert said == (
        "gate north of troll: without a list of tickets given back: such a ticket is let in; "
        "what other gates let in is not known here.\n"
    )


def test_a_line_for_people_names_no_code(stamp: Stamp, tmp_path: Path) -> None:
    """The time, the answer, what the ticket is called, its kind and how many persons."""
    text = valid(stamp)
    state = settings(tmp_path / "north", stamp, text)
    done = CliRunner().invoke(cli, ["gate", "--state", str(state), "--seconds", "3"])
    (line,) = done.stdout.splitlines()
    assert line.split()[1:] == ["admitted", ticket(1).number, "adult", "x2"]
    assert text not in done.output
    assert "0000000000000001" not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say which site"),
        (["--site", "troll", "--keys", "nowhere"], "cannot be read"),
        (["--site", "two words", "--keys", "keys.txt"], "at most 24 letters"),
        (["--site", "troll", "--keys", "keys.txt"], "There is no camera"),
    ],
)
def test_what_is_missing_is_said_at_the_start(
    arguments: list[str], said: str, stamp: Stamp, tmp_path: Path
) -> None:
    """In one sentence, before anybody stands before the turnstile; exit 2."""
    (tmp_path / "keys.txt").write_text(stamp.public)
    (tmp_path / "terminal.toml").write_text('[devices]\ncamera = "none"\n')
    command = [sys.executable, "-m", "pos", "gate", "--state", str(tmp_path), *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
