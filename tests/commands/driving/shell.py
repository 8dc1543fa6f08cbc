"""Commands as a person types them: real processes, their output, their exit code.

Apart from the tests so that every one of them runs the product the same way and bounds its wait.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

COMMAND_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How one command ended, and everything that it wrote."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> dict[str, Any]:
        """The last line of standard output, which is one JSON object."""
        fields: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return fields


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of a till or a proxy of this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("POS_") and not name.lower().endswith("_proxy")
    }
    return kept | {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"} | dict(extra or {})


def command(*args: str, dying_at: str = "") -> list[str]:
    """The command line of `pos ARGS`; with `dying_at`, of one that kills itself at that moment."""
    if dying_at:
        return [sys.executable, "-m", "pos.proof.dying", dying_at, *args]
    return [sys.executable, "-m", "pos", *args]


def run(
    *args: str,
    dying_at: str = "",
    seconds_max: float = COMMAND_S_MAX,
    extra: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Ran:
    """Run `pos ARGS` to its end; `before` is called in the child before the program starts."""
    done = subprocess.run(
        command(*args, dying_at=dying_at),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(extra),
        timeout=seconds_max,
        check=False,
        preexec_fn=before,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def start(
    *args: str, dying_at: str = "", extra: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start `pos ARGS` and let it run; the caller ends it and closes its pipes."""
    return subprocess.Popen(
        command(*args, dying_at=dying_at),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(extra),
    )


@contextmanager
def nobody() -> Iterator[str]:
    """The address of a switch that is down: every connection to it is refused."""
    with socket.socket() as bound:  # bound, so that nobody else gets it, and not listening
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def line_with(child: subprocess.Popen[str], part: str) -> str:
    """The first line of the child's output that holds `part`; an AssertionError if none comes."""
    assert child.stdout is not None
    told = []
    for line in child.stdout:
        told.append(line)
        if part in line:
            return line.strip()
    raise AssertionError(f"no line with {part!r} in {told} (exit {child.wait()})")


def finish(child: subprocess.Popen[str], seconds_max: float = COMMAND_S_MAX) -> Ran:
    """Wait for a child that `start` started; what it wrote since, and its exit code."""
    try:
        out, err = child.communicate(timeout=seconds_max)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise
    return Ran(child.returncode, out, err)


def one_sentence(err: str) -> str:
    """The one sentence that a person was told on standard error. AssertionError for anything else.

    One line, with its full stop, and nothing of the program's inside.
    """
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, f"not one sentence: {err!r}"
    assert lines[0].endswith("."), lines[0]
    assert "Traceback" not in err
    # A no-break space between a number and its currency is good typography.
    assert lines[0].replace("\N{NO-BREAK SPACE}", " ").isprintable(), lines[0]
    return lines[0].replace("\N{NO-BREAK SPACE}", " ")
