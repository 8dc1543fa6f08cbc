"""A fleet of simulated terminals on one broker, and the real `pos fleet` on a terminal of its own.

Apart because it takes some gigabytes and minutes for two thousand. What is measured is what a
person sees: from the View of a till to the row that is drawn.
"""

import json
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from pos.bench.broker import ShopBroker
from pos.bench.fleet_screen import FleetScreen
from pos.bench.measure import Figure
from pos.bench.terminals import COUNT_MAX, Terminals, name_of
from pos.errors import Refused
from pos.fleet.roll import DOWN, Standing
from pos.fleet.watch import Watch

SHOWN_LIMIT_S = 2.0
BACK_LIMIT_S = 60.0
KEY_LIMIT_S = 0.25
CHANGE_COUNT = 100
KEY_COUNT = 12
AWAY_S = 3.0
WAIT_S = 240.0
EXAMINED_PARTS_MIN = 2  # beside what the till itself says
POLL_S = 0.005
F3 = "\x1bOR"
ESCAPE = b"\x1b"  # every drawing begins with one

HOW = (
    "Terminals are the till's own reporters, each with a TLS connection, a password and a will of"
    " its own; the broker is Mosquitto with the shipped configuration; the screen is pos fleet in a"
    " pseudo-terminal, and a change counts as shown when its row is drawn."
)


class Fleet:
    """Broker, terminals, and two that watch: the real screen, and a roll to compare it with."""

    def __init__(self, folder: Path, count: int, stack: ExitStack) -> None:
        self.count = count
        names = [name_of(number) for number in range(1, count + 1)]
        self.broker = ShopBroker(folder / "broker", names)
        self._stack = stack
        stack.enter_context(self.broker)
        self.watch = stack.enter_context(Watch(self.broker.address()))
        processes = max(2, -(-count // COUNT_MAX))
        each = -(-count // processes)
        self.groups = [
            self.begin(first, min(each, count + 1 - first)) for first in range(1, count + 1, each)
        ]
        office = {"POS_STATE": str(folder / "office")}
        self.screen = FleetScreen(self.broker.options(), office)
        stack.callback(self.screen.close)

    def begin(self, first: int, count: int) -> Terminals:
        """A process of terminals."""
        group = Terminals(self.broker.address(), first, count)
        self._stack.callback(group.close)
        return group

    def tell(self, name: str, *, unfinished: bool) -> float:
        """Change one terminal; when."""
        group = next(each for each in self.groups if name in each.names)
        return group.tell(name, unfinished=unfinished)

    def standings(self) -> dict[str, Standing]:
        """How each is seen by the roll."""
        return {each.name: each.standing for each in self.watch.seen()}

    def whole(self, unfinished: set[str]) -> bool:
        """Whether the roll has every terminal as it is, its health looked after."""
        seen = self.watch.seen()
        return len(seen) == self.count and all(
            each.standing is (Standing.UNFINISHED if each.name in unfinished else Standing.WELL)
            and each.report is not None
            and len(each.report.parts) >= EXAMINED_PARTS_MIN
            for each in seen
        )

    def told_by_the_shell(self) -> dict[str, str]:
        """How each is seen by a fresh `pos fleet --json`, which knows only what is retained."""
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pos", "fleet", *self.broker.options(), "--json"],
            capture_output=True, text=True, timeout=WAIT_S, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout)["terminals"]
        return {each["name"]: each["standing"] for each in told}


def measure(folder: Path, count: int, tell: Callable[[str], object]) -> Iterator[Figure]:
    """Figures as they come. Raises Refused when something stays wrong."""
    with ExitStack() as stack:
        began_s = time.monotonic()
        fleet = Fleet(folder, count, stack)
        for group in fleet.groups:
            group.ready()
        _wait(lambda: fleet.whole(set()), "All terminals are there.", fleet)
        took_s = time.monotonic() - began_s
        tell(f"{count} terminals in {len(fleet.groups)} processes joined in {took_s:.1f} s")
        unfinished: set[str] = set()
        yield from _changes(fleet, unfinished)
        yield from _keys(fleet)
        yield from _deaths(fleet, unfinished)
        yield from _broker(fleet, unfinished)


def _changes(fleet: Fleet, unfinished: set[str]) -> Iterator[Figure]:
    """Single changes, far enough apart not to be drawn together."""
    drawn = fleet.screen.drawn
    for _ in range(2):  # the newest change first
        fleet.screen.press(F3)
        time.sleep(0.5)
    chance = random.Random(1)  # noqa: S311 - seeded chance is the point
    names = [name_of(number) for number in range(1, fleet.count + 1)]
    chance.shuffle(names)
    took_s = []
    for name in names[: min(CHANGE_COUNT, fleet.count // 4)]:
        row, begins = f"… {name}".encode(), len(drawn)
        changed_s = fleet.tell(name, unfinished=True)
        unfinished.add(name)
        _wait(_drawn(drawn, row, begins), f"{name} is shown", fleet)
        took_s.append(time.monotonic() - changed_s)
        time.sleep(chance.uniform(0.0, 0.4))
    detail = f"({len(took_s)} changes, slowest {max(took_s):.2f} s)"
    for what, value in (("median", statistics.median(took_s)), ("99 of 100", _p99(took_s))):
        yield Figure(
            f"a change at a till to its row, {what}", value, "s", SHOWN_LIMIT_S,
            at_least=False, detail=detail,
        )  # fmt: skip


def _keys(fleet: Fleet) -> Iterator[Figure]:
    """From a key to the last byte of what it draws, while nothing else changes."""
    took_s = []
    for number in range(KEY_COUNT):
        begins, pressed_s = len(fleet.screen.drawn), time.monotonic()
        fleet.screen.press(F3 if number % 2 else "\x1b[B")
        _wait(_drawn(fleet.screen.drawn, ESCAPE, begins), "A key draws", fleet)
        took_s.append(time.monotonic() - pressed_s)
        time.sleep(0.3)
    yield Figure(
        f"a key in a list of {fleet.count} to its drawing, median",
        statistics.median(took_s), "s", KEY_LIMIT_S,
        at_least=False, detail=f"(slowest {max(took_s):.2f} s)",
    )  # fmt: skip


def _deaths(fleet: Fleet, unfinished: set[str]) -> Iterator[Figure]:
    """A whole process of terminals is killed: no goodbye, and every will is heard."""
    group = fleet.groups[-1]
    begins, dead = len(fleet.screen.drawn), set(group.names)
    ended_s = group.kill()
    said = f"{len(dead)} down".encode()
    _wait(_drawn(fleet.screen.drawn, said, begins), f"{said.decode()} is shown", fleet)
    yield Figure(
        f"{len(dead)} deaths without goodbye to the screen",
        time.monotonic() - ended_s, "s", SHOWN_LIMIT_S, at_least=False,
    )  # fmt: skip
    down = {name for name, standing in fleet.standings().items() if standing in DOWN}
    if down != dead:
        raise Refused(f"{len(down ^ dead)} terminals are taken for dead, or for alive, wrongly.")
    unfinished -= dead
    fleet.groups[-1] = fleet.begin(int(group.names[0][1:]), len(dead))
    fleet.groups[-1].ready()
    _wait(lambda: fleet.whole(unfinished), "The dead are back.", fleet)


def _broker(fleet: Fleet, unfinished: set[str]) -> Iterator[Figure]:
    """The broker dies and comes back while terminals change; then nothing may be wrong."""
    fleet.broker.stop(signal.SIGKILL)
    living = [name for group in fleet.groups for name in group.names]
    chance = random.Random(2)  # noqa: S311 - seeded chance is the point
    for name in chance.sample(living, min(50, fleet.count // 4)):
        fleet.tell(name, unfinished=name not in unfinished)
        unfinished ^= {name}
    time.sleep(AWAY_S)
    fleet.broker.start()
    began_s = time.monotonic()
    _wait(lambda: fleet.whole(unfinished), "All is right again.", fleet)
    wanted = {
        name: "unfinished" if name in unfinished else "well"
        for name in (name_of(number) for number in range(1, fleet.count + 1))
    }
    # Who has watched all along remembers; a fresh look knows only what the broker was told anew.
    while wrong := _wrong(fleet, wanted):
        if time.monotonic() - began_s >= BACK_LIMIT_S:
            break
    yield Figure(
        "the broker's return until every row is right",
        time.monotonic() - began_s, "s", BACK_LIMIT_S, at_least=False,
        detail="(killed, gone for a while; 50 tills changed meanwhile)",
    )  # fmt: skip
    yield Figure("rows that a fresh look finds wrong then", wrong, "", 0, at_least=False)


def _wrong(fleet: Fleet, wanted: dict[str, str]) -> int:
    """How many terminals a fresh look does not see as they are."""
    told = fleet.told_by_the_shell()
    return sum(told.get(name) != standing for name, standing in wanted.items())


def _drawn(drawn: bytearray, what: bytes, begins: int) -> Callable[[], bool]:
    """Whether it was drawn from there on."""
    return lambda: what in drawn[begins:]


def _wait(happened: Callable[[], bool], what: str, fleet: Fleet) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not happened():
        if time.monotonic() > ends_s:
            counts: dict[str, int] = {}
            for standing in fleet.standings().values():
                counts[standing] = counts.get(standing, 0) + 1
            raise Refused(f"This did not happen within {WAIT_S:.0f} s: {what} It is: {counts}.")
        time.sleep(POLL_S)


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
