"""Real commands in folders of their own, and every byte that they say, draw and leave behind.

Apart from the story so that it reads as one: this knows processes, terminals and folders.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from pos.errors import PosError
from pos.proof.screen import Screen

COMMAND_S_MAX = 180.0
WAIT_S_MAX = 120.0
# As an installation may be set up; the program itself must forbid it.
WITH_CORE_DUMPS = ("/bin/sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh")
READY = "switch ready on "


class StoryFailed(PosError):
    """A command of the story did not do what it should, so nothing is known."""


class Shop:
    """A folder with the switch's state, the till's and the customers' phones. Context manager.

    `plant` names a wrong line of `pos.proof.secrecy.leaking`, for every process of the shop.
    `said` is what each place was told: output of commands, screens, and more that a story adds.
    """

    def __init__(self, folder: Path, plant: str = "") -> None:
        self.till, self.switch, self.phone = folder / "till", folder / "switch", folder / "phone"
        self.said: dict[str, bytes] = {}
        self._plant = plant
        self._count = 0
        self._stack = ExitStack()
        for each in (self.till, self.switch, self.phone):
            each.mkdir(mode=0o700)

    def command(self, *args: str) -> list[str]:
        """The command line of `pos ARGS`."""
        module = "pos.proof.secrecy.leaking" if self._plant else "pos"
        return [sys.executable, "-m", module, *([self._plant] if self._plant else []), *args]

    def pos(self, *args: str, code: int | None = 0, typed: str = "", secretly: bool = False) -> str:
        """Run `pos ARGS`; its standard output. `code` is the exit code that it must have, `typed`
        what stands on its standard input.

        `secretly`: it is its business to print a secret, so what it says is not kept.
        """
        done = subprocess.run(  # noqa: S603 - this program itself
            self.command(*args),
            input=typed.encode(), capture_output=True, env=_environment(),
            timeout=COMMAND_S_MAX, check=False,
        )  # fmt: skip
        if code is not None and done.returncode != code:
            raise StoryFailed(
                f"pos {args[0]} ended with {done.returncode}: {done.stderr[-300:]!r}."
            )
        if not secretly:
            self.keep(f"what pos {args[0]} said", done.stdout + done.stderr)
        return done.stdout.decode()

    def keep(self, place: str, content: bytes) -> None:
        """Remember what was told at a place."""
        self._count += 1
        self.said[f"{place} ({self._count})"] = content

    def start(self, *args: str) -> "subprocess.Popen[bytes]":
        """Start `pos ARGS` with pipes; ended with the shop."""
        child = subprocess.Popen(  # noqa: S603 - this program itself
            self.command(*args),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=_environment(),
        )  # fmt: skip
        self._stack.callback(self._ended, child, f"what pos {args[0]} said")
        return child

    def start_switch(self, *args: str) -> str:
        """Start the switch; its URL."""
        child = self.start(
            "switch", "--port", "0", "--until-eof", "--state", str(self.switch), *args
        )
        assert child.stdout is not None  # noqa: S101 - it has a pipe
        for raw in child.stdout:
            self.keep("what the switch said at its start", raw)
            if READY in raw.decode():
                return raw.decode().strip().removeprefix(READY)
        raise StoryFailed("The switch did not start.")

    def _ended(self, child: "subprocess.Popen[bytes]", place: str) -> None:
        try:
            rest, _ = child.communicate(timeout=WAIT_S_MAX)
        except subprocess.TimeoutExpired:
            child.kill()
            rest, _ = child.communicate()
        self.keep(place, rest)

    def core_dumped(self, *args: str) -> bool:
        """Start `pos ARGS`, have it abort once it said something; whether memory was dumped."""
        child = subprocess.Popen(  # noqa: S603 - this program itself
            [*WITH_CORE_DUMPS, *self.command(*args)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=_environment(), cwd=self.till,
        )  # fmt: skip
        with child:
            assert child.stdin is not None  # noqa: S101 - it has pipes
            assert child.stdout is not None  # noqa: S101
            child.stdout.readline()
            os.kill(child.pid, signal.SIGABRT)
            _, status = os.waitpid(child.pid, 0)
            child.returncode = -signal.SIGABRT
        return os.WCOREDUMP(status)

    @contextmanager
    def counter(self, *args: str) -> Iterator[Screen]:
        """`pos counter` in a terminal of its own; all that it draws is kept."""
        screen = Screen(
            self.command("counter", *args, "--state", str(self.till)),
            _environment() | {"TERM": "xterm-256color"},
        )
        try:
            yield screen
        finally:
            screen.close()
            self.keep("the counter's screen", bytes(screen.drawn))

    def files(self) -> Iterator[Path]:
        """Every file that till and switch keep, SQLite's own beside them."""
        for folder in (self.till, self.switch):
            yield from (path for path in folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """End whatever runs; may be called twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """This process's environment without any setting of a till or a proxy of this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("POS_") and not name.lower().endswith("_proxy")
    }
    # The libraries' own debugging output is searched too.
    return kept | {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONASYNCIODEBUG": "1"}
