"""A switch of the till's own: a child process that lives exactly as long as the till does.

Apart so that the till itself never imports the scheme, and pays into its own switch over the
same wire as into anybody's. The child sees the end of its standard input when the till is gone,
however it went.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pos.config import Settings, SwitchSection
from pos.errors import SettingsError
from pos.folders import (
    SWITCH_FOLDER_NAME,
    SWITCH_PUBLIC_KEY_NAME,
    TILL_KEY_NAME,
    write_private,
)

if TYPE_CHECKING:
    from pos.switch.exchange import Caller

CLIENT_ID = "samkassa-till"
START_S = 30.0
STOP_S = 10.0
READY = "switch ready on "


class EmbeddedSwitch:
    """Starts at `connect`, stops at `close`. Its books lie in `switch` of the state folder."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._child: subprocess.Popen[str] | None = None
        self.url = ""

    def spawn(self) -> None:
        """Begin to start the child; `connect` waits for it. Doing this early saves its time."""
        # Keys and network are imported where they are used: the screen comes up first.
        from pos.switch.signature import load_private_key, new_private_key, public_key_line

        public = self._state / "till.pub"
        key_file = self._state / TILL_KEY_NAME
        if not key_file.exists():
            write_private(key_file, new_private_key())
        key = load_private_key(key_file.read_bytes())
        public.write_text(public_key_line(key) + "\n")
        command = [
            sys.executable, "-m", "pos", "switch", "--port", "0", "--until-eof",
            "--state", str(self._state), "--trust", f"{CLIENT_ID}={public}",
        ]  # fmt: skip
        with (self._state / "switch.log").open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl+C in the till's terminal is for the till
            )

    def connect(self) -> "Caller":
        """The caller of the running switch. Raises SettingsError when it did not start."""
        from pos.switch.exchange import Caller
        from pos.switch.signature import Signer, Verifier, load_private_key, load_public_key

        if self._child is None:
            self.spawn()
        self.url = self._ready_line().removeprefix(READY).strip()
        key = load_private_key((self._state / TILL_KEY_NAME).read_bytes())
        public = self._state / SWITCH_FOLDER_NAME / SWITCH_PUBLIC_KEY_NAME
        verifier = Verifier(load_public_key(public.read_text()))
        return Caller(self.url, CLIENT_ID, Signer(key), verifier)

    def _ready_line(self) -> str:
        child = self._child
        assert child is not None  # noqa: S101 - connect has spawned it
        assert child.stdout is not None  # noqa: S101 - opened as a pipe above
        # A child that hangs is ended, and then its standard output ends too.
        timer = threading.Timer(START_S, child.kill)
        timer.start()
        try:
            line = child.stdout.readline()
        finally:
            timer.cancel()
        if not line.startswith(READY):
            raise SettingsError(
                f"The till's own switch did not start; see {self._state / 'switch.log'}."
            )
        return line

    def close(self) -> None:
        """Stop the child; may be called twice."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def connection(settings: Settings, state: Path) -> Iterator[Callable[[], "Caller"]]:
    """How to reach the switch of these settings: the one named there, or one of our own.

    What is yielded may take its time: it starts the switch when it is our own.
    """
    if settings.switch is not None:
        section = settings.switch
        yield lambda: caller_of(section)
        return
    with EmbeddedSwitch(state) as embedded:
        yield embedded.connect


def caller_of(section: SwitchSection) -> "Caller":
    """The caller that [switch] of the settings describes. Raises SettingsError."""
    from pos.switch.exchange import Caller
    from pos.switch.signature import Signer, Verifier, load_private_key, load_public_key

    key = load_private_key(Path(section.key).read_bytes())
    verifier = Verifier(load_public_key(section.public_key))
    return Caller(
        section.url, section.client_id, Signer(key, section.key_version), verifier, section.ca_file
    )
