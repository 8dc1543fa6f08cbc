"""The till under a real systemd: it hangs, dies, is stopped, cannot start, and comes back.

Runs as root in the container of `.ci/appliance`, prints a line a chapter, and switches the machine
off. Apart from the tests because here systemd itself is what is watched.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

TILL, HALTED = "samkassa-counter.service", "samkassa-halted.service"
WAIT_S_MAX = 200.0
STATE = Path("/var/lib/pos")
JOURNAL = STATE / "journal.db"
CURRENT, RELEASES = Path("/opt/samkassa/current"), Path("/opt/samkassa/releases")


def tell(*words: object) -> None:
    """A line of the story."""
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def told(unit: str, name: str) -> str:
    """A property of a unit."""
    done = subprocess.run(
        ["systemctl", "show", unit, f"--property={name}", "--value"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def until(what: str, happened: Callable[[], bool]) -> None:
    """Wait for it; the story ends where it does not come."""
    began_s = time.monotonic()
    while not happened():
        if time.monotonic() - began_s > WAIT_S_MAX:
            tell(f"FAILED: {what}")
            for name in ("ActiveState", "SubState", "Result", "NRestarts", "WatchdogUSec"):
                tell(name, told(TILL, name))
            subprocess.run(["journalctl", "-b", "--no-pager", "-n", "60"], check=False)
            sys.exit(1)
        time.sleep(0.2)
    tell(f"ok {what} ({time.monotonic() - began_s:.1f} s)")


def runs(count: int) -> Callable[[], bool]:
    """Whether the till is up, started again by systemd itself so many times."""
    return lambda: running() and int(told(TILL, "NRestarts")) >= count


def running() -> bool:
    """Whether the till is up."""
    return told(TILL, "SubState") == "running"


def drawn() -> str:
    """What stands on the console, and what stood there."""
    return Path("/run/console").read_text("utf-8", "replace")


def out_of_order() -> bool:
    """Whether the screen of a till that does not start is there."""
    return told(HALTED, "ActiveState") == "active" and "out of order" in drawn()


def took_up(release: str, wait_minutes: str = "2") -> tuple[int, str]:
    """How taking up a release ended, and what was said."""
    words = ("update", "take", "--release", release, "--wait", wait_minutes, "--watch", "5")
    done = subprocess.run(
        ["/usr/local/bin/pos", *words], capture_output=True, text=True, check=False
    )
    tell(done.stderr.strip())
    return done.returncode, done.stderr


def updates() -> None:
    """A release that does not come up, one that is offered during a payment, and a good one."""
    first = CURRENT.readlink().name
    bad, good = RELEASES / "bad", RELEASES / "good"
    (bad / "bin").mkdir(parents=True)
    (bad / "bin/pos").write_text("#!/bin/sh\necho 'This release is bad.' >&2\nexit 1\n")
    (bad / "bin/pos").chmod(0o755)
    (bad / "whole").write_text("bad")
    good.symlink_to(first)
    code, said = took_up("bad")
    assert code == 1
    assert f"bad was left: It did not start. The till runs {first}." in said
    assert CURRENT.readlink().name == first
    until("a release that does not come up gives way to the one before", running)
    subprocess.run(["systemctl", "stop", TILL], check=True)
    sale = ["/opt/samkassa/bin/pos", "sell", "--amount", "10.00", "--show", "--state", str(STATE)]
    as_pos = [
        "setpriv",
        "--reuid=pos",
        "--regid=pos",
        "--init-groups",
        "timeout",
        "-s",
        "KILL",
        "15",
    ]
    subprocess.run([*as_pos, *sale], check=False, capture_output=True)
    assert took_up("good", "0")[0] == 3
    assert CURRENT.readlink().name == first
    tell("ok one that is offered during a payment waits")
    subprocess.run(["systemctl", "start", TILL], check=True)
    assert took_up("good")[0] == 0
    assert CURRENT.readlink().name == "good"
    tell("ok and is taken up when the payment is finished")
    subprocess.run(["/usr/local/bin/pos", "journal", "verify"], check=True)
    assert took_up(first)[0] == 0
    assert (STATE / "kept").is_dir()
    Path("/opt/samkassa/offered.json").write_text('{"release": "good"}')
    subprocess.run(["systemctl", "start", "samkassa-update.service"], check=True)
    assert CURRENT.readlink().name == "good"
    assert running()
    tell("ok and so it is by the service of the night")


def noted() -> None:
    """What the till told the journal daemon is found again by its fields."""
    done = subprocess.run(
        ["/usr/local/bin/pos", "logs", "--lines", "500"], capture_output=True, text=True, check=True
    )
    assert "entry=Started" in done.stdout, done.stdout + done.stderr
    daemon = ["journalctl", "--output=cat", "SAMKASSA_KIND=entry", "SAMKASSA_ENTRY=Started"]
    assert subprocess.run(daemon, capture_output=True, check=True).stdout
    tell("ok the log of the till is the daemon's")


def main() -> None:
    """Chapter by chapter."""
    until("the till is ready after the machine has started", runs(0))
    until("its screen is on the console", lambda: "Fjord Kafe" in drawn())
    first = int(told(TILL, "MainPID"))
    seen = Path(f"/proc/{first}/status").read_text()
    tell(
        "ok runs as",
        re.findall(r"Uid:\s+(\d+)", seen),
        "capabilities",
        re.findall(r"CapEff:\s+(\w+)", seen),
        "seccomp",
        re.findall(r"Seccomp:\s+(\d)", seen),
    )
    os.kill(first, signal.SIGSTOP)
    until("a till that hangs is killed and started again", runs(1))
    os.kill(int(told(TILL, "MainPID")), signal.SIGKILL)
    until("a till that was killed is started again", runs(2))
    subprocess.run(["systemctl", "stop", TILL], check=True)
    until("a till that is told to stop stops", lambda: told(TILL, "ActiveState") == "inactive")
    kept = Path("/run/journal-before")
    shutil.copy(JOURNAL, kept)
    JOURNAL.write_bytes(b"no journal" * 1000)
    subprocess.run(["systemctl", "start", TILL], check=False)
    until("one that cannot start ends in a screen that says what to do", out_of_order)
    until("which says why", lambda: "is not a journal of this version" in drawn())
    screen = drawn().rpartition("\x1b[2J")[2]
    tell(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen).replace("\r", ""))
    shutil.copy(kept, JOURNAL)
    shutil.chown(JOURNAL, "pos", "pos")
    Path("/run/keys").write_text("\r")
    until("and Enter brings the till back", running)
    for words in (("check",), ("journal", "verify")):
        done = subprocess.run(
            ["/usr/local/bin/pos", *words], capture_output=True, text=True, check=False
        )
        tell(done.stdout, done.stderr)
        if done.returncode:
            sys.exit(1)
    noted()
    updates()
    tell("the story is whole")


try:
    main()
finally:
    subprocess.run(["systemctl", "poweroff", "--no-block"], check=False)
