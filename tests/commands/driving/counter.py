"""`pos counter` in a terminal of its own, that dies where it is told to.

Apart from `shell` because a screen needs a pseudo-terminal that is read all the time.
"""

import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

from driving import shell
from pos.proof.screen import POLL_S, Screen

WAIT_S_MAX = 60.0
# Enter, F2, Esc and Ctrl+Q as a terminal sends them.
SCAN, SHOW, STOP, QUIT = "\r", "\x1bOQ", "\x1b", "\x11"


class Counter(Screen):
    """A counter till, or what else has this name, on a screen of its own; killed at the end of the
    `with` if still alive."""

    def __init__(
        self,
        *args: str,
        dying_at: str = "",
        extra: Mapping[str, str] | None = None,
        name: str = "counter",
    ) -> None:
        command = shell.command(name, *args, dying_at=dying_at)
        super().__init__(command, shell.environment({"TERM": "xterm-256color", **(extra or {})}))

    def press_until(self, keys: str, happened: Callable[[], bool]) -> None:
        """Press the same key until it has had its effect, or the till has died."""
        assert self.pressed(keys, happened, WAIT_S_MAX) or self.child.poll() is not None, (
            f"no effect of {keys!r}: {bytes(self.drawn)[-2000:]!r}"
        )

    def wait(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened, or the till has died."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened() and self.child.poll() is None:
            assert time.monotonic() < ends_s, bytes(self.drawn)[-2000:]
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(POLL_S)

    def ended(self) -> int:
        """The exit code, once the till has ended."""
        return self.child.wait(WAIT_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
