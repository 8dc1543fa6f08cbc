"""The counter till under a supervisor that speaks systemd's notify protocol: it hangs and is
started again, it stops when it is told to, it says why it does not start.

Apart from the deaths because here nobody kills at a chosen moment: silence is what is noticed.
"""

import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving.counter import SHOW, Counter
from driving.tills import SwitchProcess, Till

from pos.engine.loop import IDLE_S
from pos.folders import JOURNAL_NAME

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("pseudo_terminals")]

# As WatchdogSec= of the unit, shorter: an engine at rest comes round every IDLE_S.
SILENCE_S = 2 * IDLE_S
WAIT_S_MAX = 60.0


class Supervisor:
    """Hears what a till tells systemd."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path)}

    def hears(self, word: str, seconds_max: float = WAIT_S_MAX) -> bool:
        """Whether a message with `word` comes in time; what else comes is passed over."""
        ends_s = time.monotonic() + seconds_max
        while (left_s := ends_s - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                if word in self._socket.recv(4096).decode().split("\n"):
                    return True
            except TimeoutError:
                break
        return False

    def forget(self) -> None:
        """Pass over what was told until now."""
        self._socket.settimeout(0)
        try:
            while self._socket.recv(4096):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """Somebody who listens."""
    listening = Supervisor(tmp_path / "notify")
    yield listening
    listening.close()


@pytest.fixture
def supervised(till: Till, supervisor: Supervisor) -> Callable[[], Counter]:
    """Starts the counter till of this test under the supervisor."""
    return lambda: Counter("--state", str(till.folder), extra=supervisor.environment)


def test_a_till_that_hangs_is_noticed_and_its_sale_is_ended_by_the_next(
    supervised: Callable[[], Counter], supervisor: Supervisor, till: Till, switch: SwitchProcess
) -> None:
    """Ready, alive, stopped by SIGSTOP in the middle of a sale: silence. Killed and started
    again it is ready, and what was open is cancelled on both sides."""
    with supervised() as counter:
        assert supervisor.hears("READY=1")
        assert supervisor.hears("WATCHDOG=1", SILENCE_S)
        counter.press("45,50")
        counter.press_until(SHOW, lambda: till.states() == ["INTENT"])
        counter.child.send_signal(signal.SIGSTOP)
        supervisor.forget()
        assert not supervisor.hears("WATCHDOG=1", SILENCE_S), "a till that is stopped cannot live"
        counter.child.kill()
        assert counter.ended() == -signal.SIGKILL
    with supervised() as counter:
        assert supervisor.hears("READY=1")
        counter.wait(lambda: till.states() == ["CANCELLED"])
        assert supervisor.hears("WATCHDOG=1", SILENCE_S)
    assert till.differences() == []


def test_a_till_that_is_told_to_stop_says_so_and_leaves_a_good_journal(
    supervised: Callable[[], Counter], supervisor: Supervisor, till: Till
) -> None:
    """SIGTERM, as `systemctl stop` sends it, is no death: exit 0, and the journal is closed."""
    with supervised() as counter:
        assert supervisor.hears("READY=1")
        counter.child.send_signal(signal.SIGTERM)
        assert supervisor.hears("STOPPING=1")
        assert counter.ended() == 0
    assert not (till.folder / f"{JOURNAL_NAME}-wal").exists()
    assert till.pos("journal", "verify").code == 0


def test_a_till_that_cannot_start_says_why_and_ends(
    supervised: Callable[[], Counter], supervisor: Supervisor, till: Till
) -> None:
    """With a journal that was changed it is never ready, so that systemd counts a failed start."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    with sqlite3.connect(till.folder / JOURNAL_NAME) as connection:
        connection.execute("DROP TRIGGER journal_is_final_update")
        connection.execute("UPDATE journal SET body = replace(body, '1000', '9000')")
    connection.close()
    with supervised() as counter:
        assert counter.ended() == 1
        assert b"is not what was written" in bytes(counter.drawn)
    assert not supervisor.hears("READY=1", 0.1)
