"""Runs `pos` and kills it, with SIGKILL, at one chosen moment: `dying.py MOMENT ARGS...`.

Apart from the product, which has no such switch: the journal's append and the two ends of every
HTTP exchange are wrapped here, where a real power cut would fall between two of their steps.

A moment reads `KIND before`, `KIND after` (an entry of the journal, before or after it is
durable) or `CALL before`, `CALL sent`, `CALL answered` (a request before its first byte, after
its last one, and with its answer received but not yet looked at). `#2` means the second time.
"""

import os
import signal
import sys
from collections import Counter
from typing import Any

import requests.adapters
import urllib3.connection

from pos.journal import Journal


class Fate:
    """Counts the moments that pass, and strikes at the chosen one."""

    def __init__(self, moment: str) -> None:
        name, _, count = moment.partition("#")
        self._name, self._count = name, int(count or 1)
        self._passed: Counter[str] = Counter()
        self.call = ""

    def passes(self, moment: str) -> None:
        """One moment is reached."""
        self._passed[moment] += 1
        if moment == self._name and self._passed[moment] == self._count:
            os.kill(os.getpid(), signal.SIGKILL)


def arrange(fate: Fate) -> None:
    """Let every append and every exchange of this process pass by `fate`."""
    append = Journal.append
    send = requests.adapters.HTTPAdapter.send
    getresponse = urllib3.connection.HTTPConnection.getresponse

    def watched_append(self: Journal, entry: Any) -> bool:
        fate.passes(f"{type(entry).__name__} before")
        changed = append(self, entry)
        fate.passes(f"{type(entry).__name__} after")
        return changed

    def watched_send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        fate.call = request.path_url.rpartition("/")[2]
        fate.passes(f"{fate.call} before")
        answer = send(self, request, *args, **options)
        fate.passes(f"{fate.call} answered")
        return answer

    def watched_getresponse(self: Any, *args: Any, **options: Any) -> Any:
        fate.passes(f"{fate.call} sent")
        return getresponse(self, *args, **options)

    Journal.append = watched_append  # type: ignore[method-assign]
    requests.adapters.HTTPAdapter.send = watched_send  # type: ignore[method-assign]
    urllib3.connection.HTTPConnection.getresponse = watched_getresponse  # type: ignore


if __name__ == "__main__":
    arrange(Fate(sys.argv[1]))
    sys.argv = ["pos", *sys.argv[2:]]
    from pos.cli import main

    main()
