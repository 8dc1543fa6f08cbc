"""The sign of life: what is told to the supervisor, when, and what silence means."""

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos.proof.screen import Screen
from pos.pulse import Pulse


class Listener:
    """The supervisor's end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(0)

    def heard(self) -> list[str]:
        """Everything that was told since the last time."""
        told = []
        while True:
            try:
                told.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return told

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    """A supervisor with a socket in the file system, or one without a file."""
    name = str(tmp_path / "notify")
    listening = Listener(name if request.param == "path" else f"@{name}")
    yield listening
    listening.close()


@dataclass
class Time:
    """Seconds that pass when the test says so."""

    now_s: float = 100.0

    def read(self) -> float:
        """The clock of a pulse."""
        return self.now_s


def test_ready_is_said_once_when_every_loop_has_beaten(listener: Listener) -> None:
    """Not before the last of them, and never again."""
    time = Time()
    pulse = Pulse("engine", "screen", address=listener.address, clock=time.read)
    pulse.beat("screen")
    pulse.beat("screen")
    assert listener.heard() == []
    pulse.beat("engine")
    assert listener.heard() == ["READY=1\nWATCHDOG=1"]
    time.now_s += 5
    pulse.beat("engine")
    pulse.beat("screen")
    assert listener.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize(("lives", "hangs"), [("screen", "engine"), ("engine", "screen")])
def test_one_loop_does_not_speak_for_the_other(listener: Listener, lives: str, hangs: str) -> None:
    """A screen that draws while the engine hangs is silence, and so is the other way round."""
    time = Time()
    pulse = Pulse("engine", "screen", address=listener.address, clock=time.read)
    pulse.beat("engine")
    pulse.beat("screen")
    listener.heard()
    for _ in range(20):
        time.now_s += 5
        pulse.beat(lives)
    assert listener.heard() == []
    pulse.beat(hangs)
    assert listener.heard() == ["WATCHDOG=1"]


def test_pings_are_not_sent_more_often_than_once_a_second(listener: Listener) -> None:
    """A busy engine comes round thousands of times; systemd is not told each time."""
    time = Time()
    pulse = Pulse("engine", address=listener.address, clock=time.read)
    for _ in range(100):
        pulse.beat("engine")
        time.now_s += 0.05
    assert len(listener.heard()) == 5


def test_a_loop_that_ended_by_a_told_fault_is_waited_for_no_more(listener: Listener) -> None:
    """The sentence is in systemd's status on one line, and the screen alone keeps it alive."""
    time = Time()
    pulse = Pulse("engine", "screen", address=listener.address, clock=time.read)
    pulse.beat("screen")
    pulse.stopped("engine", "Entry 7 is missing;\ncall your partner. READY=0")
    status, ready = listener.heard()
    assert status == "STATUS=Entry 7 is missing; call your partner. READY=0"
    assert ready.startswith("READY=1")
    time.now_s += 5
    pulse.beat("screen")
    assert listener.heard() == ["WATCHDOG=1"]


def test_a_supervisor_that_is_gone_or_deaf_stops_no_sale(tmp_path: Path) -> None:
    """No socket there, or one whose reader hangs: beats return, and are told again later."""
    Pulse("engine", address=str(tmp_path / "none")).beat("engine")
    deaf = Listener(str(tmp_path / "deaf"))
    time = Time()
    pulse = Pulse("engine", address=deaf.address, clock=time.read)
    for _ in range(2000):  # more than any socket's buffer takes
        time.now_s += 2
        pulse.beat("engine")
    assert deaf.heard()
    pulse.beat("engine")
    assert deaf.heard() == ["WATCHDOG=1"]
    deaf.close()


def test_without_a_supervisor_nothing_is_said() -> None:
    """As in a shell."""
    pulse = Pulse("engine")
    pulse.beat("engine")
    pulse.stopped("engine", "x")
    pulse.ending()


@pytest.mark.usefixtures("pseudo_terminals")
def test_a_till_on_a_console_leaves_its_last_words_in_the_log(tmp_path: Path) -> None:
    """Started by systemd with its screen on the standard error; in a shell nothing is noted."""
    program = (
        "import sys, syslog\n"
        "syslog.syslog = lambda level, said: print('noted', said, file=sys.stdout, flush=True)\n"
        "from pos.pulse import note\n"
        "note('Entry 7 is\\n missing.')\n"
    )
    command = [sys.executable, "-c", program]
    shell = {name: value for name, value in os.environ.items() if name != "INVOCATION_ID"}
    for environment, noted in ((shell, False), ({**shell, "INVOCATION_ID": "1"}, True)):
        screen = Screen(command, environment)
        screen.child.wait(30)
        screen.close()
        assert (b"noted Entry 7 is missing." in bytes(screen.drawn)) == noted
