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
JOURNAL = Path("/var/lib/pos/journal.db")


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
            tell(told(TILL, "ActiveState"), told(TILL, "SubState"), told(TILL, "Result"))
            subprocess.run(["journalctl", "-b", "--no-pager", "-n", "60"], check=False)
            sys.exit(1)
        time.sleep(0.2)
    tell(f"ok {what} ({time.monotonic() - began_s:.1f} s)")


def runs(count: int) -> Callable[[], bool]:
    """Whether the till is up, in its so many-th start by systemd itself."""
    return lambda: told(TILL, "SubState") == "running" and told(TILL, "NRestarts") == str(count)


def drawn() -> str:
    """What stands on the console, and what stood there."""
    return Path("/run/console").read_text("utf-8", "replace")


def out_of_order() -> bool:
    """Whether the screen of a till that does not start is there."""
    return told(HALTED, "ActiveState") == "active" and "out of order" in drawn()


def main() -> None:
    """Chapter by chapter."""
    until("the till is ready after the machine has started", runs(0))
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
    kept = JOURNAL.with_name("kept")
    shutil.copy(JOURNAL, kept)
    JOURNAL.write_bytes(b"no journal" * 1000)
    subprocess.run(["systemctl", "start", TILL], check=False)
    until("one that cannot start ends in a screen that says what to do", out_of_order)
    until("which says why", lambda: "is not a journal of this version" in drawn())
    tell(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn()).replace("\r", ""))
    shutil.copy(kept, JOURNAL)
    shutil.chown(JOURNAL, "pos", "pos")
    Path("/run/keys").write_text("\r")
    until("and Enter brings the till back", lambda: told(TILL, "SubState") == "running")
    for words in (("check",), ("journal", "verify")):
        done = subprocess.run(
            ["/usr/local/bin/pos", *words], capture_output=True, text=True, check=False
        )
        tell(done.stdout, done.stderr)
        if done.returncode:
            sys.exit(1)
    tell("the story is whole")


try:
    main()
finally:
    subprocess.run(["systemctl", "poweroff", "--no-block"], check=False)
