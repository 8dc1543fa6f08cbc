"""`pos update`: only what is signed, whole and newer is taken, between shifts, and left if worse.

The till is a real one, in a terminal of its own, as a systemd of the tests runs it; the one that
is real is in `.ci/appliance`. Each form takes some ten starts of a program, so that one form is
always run, and all of them where UPDATE_FORMS=all is set.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from driving import shell
from driving.shell import Ran
from driving.tills import SwitchProcess, Till

from pos import __version__
from pos.update.release import new_key, signed

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("pseudo_terminals")]

GOOD = 'exec {python} -m pos "$@"\n'
# It is ready as any till is, and gone when it should have stayed.
DIES = '[ "$1" != counter ] || exec timeout -s KILL 7 {python} -m pos "$@"\n' + GOOD
NEVER_STARTS = '[ "$1" != counter ] || {{ echo "This release is bad." >&2; exit 1; }}\n' + GOOD
FINDS_A_FAULT = (
    '[ "$1" != check ] || {{ echo \'{{"parts": [{{"part": "codes", "standing": "fault"}}]}}\'; '
    "exit 1; }}\n" + GOOD
)
OLD = "old"


@dataclass(frozen=True)
class Machine:
    """An installation with the till of this test."""

    home: Path
    till: Till
    unit: Path

    def release(self, name: str, program: str) -> None:
        """Put a release beside the others."""
        folder = self.home / "releases" / name
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/pos").write_text("#!/bin/sh\n" + program.format(python=sys.executable))
        (folder / "bin/pos").chmod(0o755)
        (folder / "whole").write_text(name)

    @property
    def environment(self) -> dict[str, str]:
        """Where the updater finds everything."""
        return {
            "POS_HOME": str(self.home), "POS_STATE": str(self.till.folder),
            "POS_PROGRAM": str(self.home / "current/bin/pos"),
            "POS_RELEASE_KEYS": str(self.home / "release.pub"),
            "UNIT_FOLDER": str(self.unit),
            "UNIT_COMMAND": f"{self.home}/current/bin/pos counter --state {self.till.folder}",
            "PATH": f"{self.home / 'path'}:/usr/bin:/bin",
        }  # fmt: skip

    def take(self, release: str, wait_minutes: float = 0.5) -> Ran:
        """`pos update take`, with a short trial."""
        words = ("--release", release, "--wait", str(wait_minutes), "--watch", "3")
        return shell.run("update", "take", *words, seconds_max=200, extra=self.environment)

    def systemctl(self, verb: str) -> int:
        """What a person types."""
        return subprocess.run(
            [str(self.home / "path/systemctl"), verb, "samkassa-counter.service"],
            env=shell.environment(self.environment), timeout=100, check=False,
        ).returncode  # fmt: skip

    @property
    def runs(self) -> str:
        """The release that the next start would run."""
        return (self.home / "current").readlink().name


@pytest.fixture
def machine(till: Till, tmp_path: Path) -> Iterator[Machine]:
    """A till that runs the release `old`."""
    # A short name: an address of a socket holds 107 letters.
    found = Machine(tmp_path / "home", till, Path(tempfile.mkdtemp(prefix="unit-")))
    (found.home / "path").mkdir(parents=True)
    program = Path(__file__).parent / "driving/systemctl.py"
    (found.home / "path/systemctl").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {program} "$@"\n'
    )
    (found.home / "path/systemctl").chmod(0o755)
    found.release(OLD, GOOD)
    (found.home / "current").symlink_to(f"releases/{OLD}")
    assert found.systemctl("start") == 0
    yield found
    found.systemctl("stop")
    shutil.rmtree(found.unit)


more_forms = pytest.mark.skipif(
    os.environ.get("UPDATE_FORMS") != "all",
    reason="a form of another test; UPDATE_FORMS=all runs it",
)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(NEVER_STARTS, id="start", marks=more_forms),
        pytest.param(DIES, id="stay"),
        pytest.param(FINDS_A_FAULT, id="check", marks=more_forms),
    ],
)
def test_a_release_that_is_worse_is_left_and_the_journal_goes_on(
    machine: Machine, program: str
) -> None:
    """It does not start, does not stay up, or `pos check` finds what was not there: the release
    before runs again, on the very journal, which has grown and lost nothing."""
    before = machine.till.journal()
    machine.release("worse", program)
    done = machine.take("worse")
    assert done.code == 1, done.err
    assert machine.runs == OLD
    assert "The till runs old." in done.err
    after = machine.till.journal()
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert (machine.unit / "state").read_text() == "active"
    assert machine.till.pos("journal", "verify", "--head", str(before[-1]["hash"])).code == 0
    again = machine.take("worse")
    assert again.code == 1
    assert "was tried and left" in again.err


def test_one_that_is_offered_during_a_payment_or_a_shift_waits_and_is_taken_after(
    machine: Machine, switch: SwitchProcess
) -> None:
    """Nothing is changed while it waits; a kept copy of the journal is there once it is taken."""
    machine.release("good", GOOD)
    machine.systemctl("stop")
    till = machine.till
    dawdling = till.start(
        "sell", "--amount", "10.00", "--code", switch.new_code("dawdles"), dying_at=""
    )
    while till.states() != ["INTENT"]:
        assert dawdling.poll() is None
    dawdling.kill()
    shell.finish(dawdling)
    during = machine.take("good", 0)
    assert during.code == 3, during.err
    assert "a payment or refund is unfinished" in during.err
    assert machine.runs == OLD
    assert till.pos("recover").code == 0
    assert till.sell(switch.new_code(), "20.00").code == 0
    assert machine.systemctl("start") == 0
    sold = machine.take("good", 0.05)
    assert sold.code == 3, sold.err
    assert "somebody sold" in sold.err
    assert machine.runs == OLD


@more_forms
def test_a_trial_that_a_power_cut_broke_off_is_ended_by_the_next_start(machine: Machine) -> None:
    """The updater dies with the bad release in place: the next one goes back."""
    machine.release("worse", NEVER_STARTS)
    words = ("update", "take", "--release", "worse", "--watch", "60")
    updater = shell.start(*words, extra=machine.environment)
    while machine.runs == OLD:
        assert updater.poll() is None
    updater.kill()
    shell.finish(updater)
    machine.systemctl("start")
    assert "on trial worse" in shell.run("update", "status", extra=machine.environment).out
    done = shell.run("update", "take", seconds_max=200, extra=machine.environment)
    assert done.code == 1, done.err
    assert machine.runs == OLD
    assert (machine.unit / "state").read_text() == "active"
    status = shell.run("update", "status", extra=machine.environment).out
    assert "on trial" not in status
    assert "left     worse: It did not start." in status


@more_forms
def test_a_good_release_is_taken_and_the_old_journal_is_kept(machine: Machine) -> None:
    """The till runs it, the copy from before lies beside the journal, and what is older goes."""
    machine.release("older", GOOD)
    machine.release("good", GOOD)
    before = machine.till.journal()
    done = machine.take("good")
    assert done.code == 0, done.err
    assert machine.runs == "good"
    assert not (machine.home / "releases/older").exists()
    assert (machine.home / "releases" / OLD).exists()
    kept = machine.till.folder / "kept/good.db"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert machine.till.journal()[: len(before)] == before
    assert json.loads(machine.till.pos("journal", "export").out.splitlines()[-1])["seq"] > len(
        before
    )
    assert machine.take("good").err == "The till runs good already.\n"


def newer() -> str:
    """The next version."""
    first, _, last = __version__.rpartition(".")
    return f"{first}.{int(last) + 1}"


def test_what_is_not_signed_altered_or_older_is_refused(tmp_path: Path) -> None:
    """Each with a sentence; what is signed by a trusted key and newer is told by its version."""
    key = tmp_path / "release.pem"
    assert shell.run("update", "key", str(key)).code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    trusted = {"POS_RELEASE_KEYS": f"{key}.pub"}
    good = signed(newer(), b"program", key.read_bytes())
    older = signed(__version__, b"program", key.read_bytes())
    header, _, content = good.partition(b"\n")
    raised = header.replace(newer().encode(), b"9.9.9") + b"\n" + content
    cases = {
        "another": (signed(newer(), b"program", new_key()[0]), "signed by nobody"),
        "altered": (good + b"!", "was changed after it was signed"),
        "changed": (good.replace(b"program", b"prog\0am"), "was changed after it was signed"),
        "renamed": (raised, "signed by nobody"),
        "plain": (b"program", "is no signed release"),
        "older": (older, "only a newer release"),
    }
    for name, (found, sentence) in cases.items():
        path = tmp_path / name
        path.write_bytes(found)
        done = shell.run("update", "verify", str(path), extra=trusted)
        assert done.code == 1, name
        assert sentence in shell.one_sentence(done.err), name
    path = tmp_path / "good"
    path.write_bytes(good)
    assert newer() in shell.run("update", "verify", str(path), extra=trusted).out
    nobody = shell.run("update", "verify", str(path), extra={"POS_RELEASE_KEYS": "/nowhere"})
    assert "trusts nobody's releases" in nobody.err


def test_a_checkout_is_packed_the_same_every_time(tmp_path: Path) -> None:
    """Two signings of one checkout hold the same bytes, with the installer and the lock inside."""
    key, root = tmp_path / "release.pem", Path(__file__).parents[2]
    shell.run("update", "key", str(key))
    packs = [tmp_path / "one", tmp_path / "two"]
    for path in packs:
        words = ("update", "sign", str(root), "--key", str(key), "--out", str(path))
        assert shell.run(*words).code == 0
    assert packs[0].read_bytes() == packs[1].read_bytes()
