"""The whole examination, in the order in which a person would look.

Apart from the parts so that no part knows of another: what two of them need is found once here.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pos.config import Settings
from pos.health.books import Books, keeper
from pos.health.clock import clock
from pos.health.devices import codes, diagnose_devices
from pos.health.diagnosis import Diagnosis, Standing
from pos.health.disk import room, wear
from pos.health.link import Line, certificate, key
from pos.health.machine import power, temperature, versions

ROOT = Path("/")


def examine(settings: Settings, state: Path, root: Path = ROOT) -> Iterator[Diagnosis]:
    """Every part, one after the other; each takes seconds at most and none raises.

    `state` is the till's folder. `root` is where the kernel's files are, /sys and /proc.
    """
    yield versions(root)
    yield temperature(root)
    yield power(root)
    yield room(state, root)
    yield wear(state, root)
    books = Books(state)
    yield books.chain()
    yield books.unfinished()
    yield key(settings)
    line = Line(settings)
    yield line.answers()
    yield certificate(settings)
    yield clock(line.ahead_s, books.newest_s, root)
    yield codes()
    yield from diagnose_devices(settings, keeper(state, root))


def fit(found: Iterable[Diagnosis]) -> bool:
    """Whether nothing of it keeps the till from selling."""
    return all(each.standing is not Standing.FAULT for each in found)
