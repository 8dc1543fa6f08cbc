"""Tickets of a museum, and gates before which they are held up.

Apart from the tests so that the rules, the links and the command all admit in one way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hardware.simulated import SimulatedIndicator
from pos.gate.admitting import Admission, Gate
from pos.gate.book import Book
from pos.gate.links import Links
from pos.gate.turnstile import Turnstile
from pos.sale.ticket import Ticket
from pos.stamp import Stamp, TicketKeys

SITE = "troll"
DAY_BEGINS = 1_795_903_200  # 2026-11-29 at midnight in Oslo
NOON = DAY_BEGINS + 12 * 3600
DAY = Ticket("0123456789abcdef", SITE, "adult", 1, DAY_BEGINS, DAY_BEGINS + 86_400)


def ticket(number: int, **changes: object) -> Ticket:
    """A ticket for the day, each number another one."""
    return replace(DAY, serial=f"{number:016x}", **changes)  # type: ignore[arg-type]


@dataclass
class Door:
    """A gate and what came out of it."""

    turnstile: Turnstile
    book: Book
    lights: SimulatedIndicator
    told: list[Admission]
    complaints: list[str]
    now: float = float(NOON)

    def verdicts(self) -> list[str]:
        """What was said of each code, in order."""
        return [each.verdict.value for each in self.told]

    def hold_up(self, text: str) -> str:
        """Hold a code before the camera; what was said of it, "" for nothing."""
        count = len(self.told)
        self.turnstile.read(text)
        self.turnstile.turn(1.0)
        return self.told[-1].verdict.value if len(self.told) > count else ""


Opener = Callable[..., Door]


@pytest.fixture
def stamp(tmp_path: Path) -> Stamp:
    """The site's key."""
    folder = tmp_path / "kiosk"
    folder.mkdir()
    return Stamp(folder)


@pytest.fixture
def opener(tmp_path: Path, stamp: Stamp) -> Iterator[Opener]:
    """Opens gates by name; the same name again is the same gate after a restart."""
    opened: dict[str, Door] = {}

    def open_gate(
        name: str = "north",
        *,
        revoked: tuple[str, ...] = (),
        share: Path | None = None,
        keys: str = "",
        called: str = "",
    ) -> Door:
        if name in opened:
            opened.pop(name).book.close()
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        book, lights = Book(folder), SimulatedIndicator()
        gate = Gate(called or name, SITE, TicketKeys(keys or stamp.public), book, leeway_s=900.0)
        links = Links(revoked, share, called or name, book.since(0.0), every_s=0.05)
        told: list[Admission] = []
        complaints: list[str] = []
        door: Door
        turnstile = Turnstile(
            gate, links, lights,
            tell=told.append, complain=complaints.append, wall=lambda: door.now,
        )  # fmt: skip
        door = opened[name] = Door(turnstile, book, lights, told, complaints)
        return door

    yield open_gate
    for door in opened.values():
        door.turnstile.close()
        door.book.close()
