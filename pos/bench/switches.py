"""Processes of the switch to be measured: the very command that serves, several on one database.

Apart from what is measured because they are started once and outlive many rounds.
"""

import subprocess
import sys
from pathlib import Path
from typing import Self

from pos.errors import Refused

STOP_S_MAX = 30


class Switches:
    """`count` processes of `pos switch` on the database at `url`, until `close`."""

    def __init__(self, folder: Path, url: str, count: int) -> None:
        self.urls: list[str] = []
        self._processes: list[subprocess.Popen[str]] = []
        try:
            for number in range(count):
                self._processes.append(_started(folder / f"switch-{number}", url))
            for process in self._processes:
                self.urls.append(_url(process))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop them all."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(STOP_S_MAX)
            if process.stdout is not None:
                process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _started(state: Path, url: str) -> subprocess.Popen[str]:
    arguments = ["--port", "0", "--no-phone", "--pay-rate", "0", "--database", url]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "pos", "switch", "--state", str(state), *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def _url(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    head, _, url = line.strip().rpartition(" on ")
    if head != "switch ready":
        raise Refused("A process of the switch did not start; see its message above.")
    return url
