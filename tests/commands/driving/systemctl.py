"""`systemctl` for machines without systemd: one unit, a till on a terminal of its own.

A program of the tests, put on the PATH of the updater. `start` returns when the till said READY=1
as sd_notify(3) has it, or ended; a keeper process reads its screen until it ends. What it knows of
the unit lies in UNIT_FOLDER; what it starts is the command line in UNIT_COMMAND.
"""

import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

FOLDER = Path(os.environ["UNIT_FOLDER"])
START_S_MAX, POLL_S = 60.0, 0.05
STATE, PID = FOLDER / "state", FOLDER / "pid"


def state() -> str:
    """As systemd names it."""
    return STATE.read_text() if STATE.exists() else "inactive"


def become(name: str) -> None:
    """Be in this state from now on; whoever reads meanwhile finds one of the two, never none."""
    written = FOLDER / f"state-{os.getpid()}"
    written.write_text(name)
    written.replace(STATE)


def keep() -> None:
    """Run the till until it ends."""
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    address = FOLDER / f"notify-{os.getpid()}"
    heard.bind(str(address))
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
    child = subprocess.Popen(
        os.environ["UNIT_COMMAND"].split(), stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True,
        env=os.environ | {"NOTIFY_SOCKET": str(address), "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(slave)
    PID.write_text(str(child.pid))
    with (FOLDER / "drawn").open("ab", buffering=0) as drawn, suppress(OSError):
        while child.poll() is None:
            ready, _, _ = select.select([master, heard], [], [], POLL_S)
            if heard in ready and b"READY=1" in heard.recv(4096):
                become("active")
            if master in ready:
                drawn.write(os.read(master, 65_536))
    become("inactive" if child.wait() == 0 else "failed")


def start() -> int:
    """Whether it came up."""
    become("activating")
    subprocess.Popen(
        [sys.executable, __file__, "keep"], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    ends_s = time.monotonic() + START_S_MAX
    while state() == "activating" and time.monotonic() < ends_s:
        time.sleep(POLL_S)
    return 0 if state() == "active" else 1


def stop() -> int:
    """As systemd stops a till."""
    if state() in ("active", "activating"):
        with suppress(ProcessLookupError):
            os.kill(int(PID.read_text()), signal.SIGTERM)
        while state() in ("active", "activating"):
            time.sleep(POLL_S)
    return 0


def main(words: list[str]) -> int:
    """One command; a unit of another name is not there."""
    verb, *rest = words
    ours = rest[:1] == ["samkassa-counter.service"]
    if verb == "keep":
        keep()
    elif verb == "show":
        asked = {"--property=ActiveState": state, "--property=MainPID": PID.read_text}
        sys.stdout.write((asked[rest[1]]() if ours else "inactive") + "\n")
    elif verb == "stop" and ours:
        return stop()
    elif verb == "start" and ours:
        return start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
