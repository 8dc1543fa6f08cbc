"""Runs `pos` and kills it, with SIGKILL, at one chosen moment: `python -m pos.proof.dying MOMENT
ARGS...`.

Apart from the product, which has no such switch: the journal's append, the two ends of every HTTP
exchange, the printer and the switch's transactions are wrapped here, where a real power cut would
fall between two of their steps.

A moment reads `KIND before`, `KIND after` (an entry of the journal, before or after it is
durable), `CALL before`, `CALL sent`, `CALL answered` (a request before its first byte, after its
last one, and with its answer received but not yet looked at), `paper before`, `paper after`, or,
of a switch, `work begun`, `work before`, `work after` (a transaction that begins, that is about
to be committed, and that is). `any` is each of them. `#2` means the second time.
"""

import http.client
import os
import runpy
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hardware.printer import EscposPrinter
from pos.journal import Journal
from pos.proof.planting import Planting
from pos.switch.exchange import Exchange

ANY = "any"


class Fate:
    """Counts the moments that pass, of any thread, and strikes at the chosen one."""

    def __init__(self, moment: str) -> None:
        name, _, count = moment.partition("#")
        self._name, self._count = name, int(count or 1)
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.call = ""

    def passes(self, moment: str) -> None:
        """One moment is reached."""
        with self._lock:
            self._passed.update((moment, ANY))
            if self._name in (moment, ANY) and self._passed[self._name] == self._count:
                os.kill(os.getpid(), signal.SIGKILL)


def arrange(fate: Fate) -> Planting:
    """Let everything that this process does with money pass by `fate`."""
    planting = Planting()
    append, ask, send = Journal.append, Exchange.ask, EscposPrinter._print
    getresponse = http.client.HTTPConnection.getresponse

    def watched_append(self: Journal, entry: Any) -> bool:
        fate.passes(f"{type(entry).__name__} before")
        changed = append(self, entry)
        fate.passes(f"{type(entry).__name__} after")
        return changed

    def watched_ask(self: Exchange, path: str, *args: Any, **options: Any) -> bytes:
        fate.call = path.rpartition("/")[2]
        fate.passes(f"{fate.call} before")
        answer = ask(self, path, *args, **options)
        fate.passes(f"{fate.call} answered")
        return answer

    def watched_getresponse(self: Any, *args: Any, **options: Any) -> Any:
        fate.passes(f"{fate.call} sent")
        return getresponse(self, *args, **options)

    def watched_print(self: EscposPrinter, lines: Any) -> None:
        fate.passes("paper before")
        send(self, lines)
        fate.passes("paper after")

    planting.attribute(Journal, "append", watched_append)
    planting.attribute(Exchange, "ask", watched_ask)
    planting.attribute(http.client.HTTPConnection, "getresponse", watched_getresponse)
    planting.attribute(EscposPrinter, "_print", watched_print)
    return planting


def arrange_switch(fate: Fate) -> Planting:
    """The same of a switch: every transaction that writes passes by `fate`."""
    from pos.scheme.store import Store

    planting = Planting()
    write = Store.write

    @contextmanager
    def watched_write(self: Store) -> Iterator[Any]:
        fate.passes("work begun")
        with write(self) as connection:
            yield connection
            fate.passes("work before")
        fate.passes("work after")

    planting.attribute(Store, "write", watched_write)
    return planting


if __name__ == "__main__":
    arrange(Fate(sys.argv[1]))
    sys.argv = ["pos", *sys.argv[2:]]
    runpy.run_module("pos", run_name="__main__")  # as it is typed
