"""The till's door: guests on a real socket, asked and answered without a till behind it.

What whole tills and helpers see of it is tested with the commands.
"""

import json
import queue
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pos.door import SOCKET_NAME, Door
from pos.sale.input import Input
from pos.sale.office import Office
from pos.sale.remote import Helper, HelperComes, HelperGoes, Remote
from pos.sale.view import Stage, View

ANSWER_S_MAX = 30.0


class Mirror:
    """A screen that draws nothing."""

    def watch(self, tell: Callable[[bytes], object] | None) -> None:
        """Nothing is ever drawn."""

    def drive(self, keys: bytes) -> None:
        """Nobody types."""


class House:
    """A door, what came in by it, and guests before it."""

    def __init__(self, state: Path, leave: ExitStack) -> None:
        self.came: queue.Queue[Input] = queue.Queue()
        self._path, self._leave = state / SOCKET_NAME, leave
        self.door = Door(state, self._put, Mirror())
        leave.callback(self.door.close)

    def _put(self, given: Input) -> bool:
        self.came.put(given)
        return True

    def guest(self, who: str) -> socket.socket:
        """Somebody who asks to look on."""
        line = self._leave.enter_context(socket.socket(socket.AF_UNIX))
        line.settimeout(ANSWER_S_MAX)
        line.connect(str(self._path))
        line.sendall(json.dumps({"ask": "attach", "who": who}).encode() + b"\n")
        return line

    def shows(self, helper: Helper | None) -> None:
        """The engine decided who looks on."""
        office = Office(remote=Remote(helper))
        self.door.show(View(Stage.READY, "NOK", "Shop", office=office))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An open door."""
    with ExitStack() as leave:
        yield House(tmp_path, leave)


def heard(line: socket.socket) -> dict[str, object]:
    """The next line."""
    said = b""
    while not said.endswith(b"\n"):
        part = line.recv(1)
        assert part, f"hung up after {said!r}"
        said += part
    found: dict[str, object] = json.loads(said)
    return found


def test_of_two_who_come_in_the_same_moment_the_second_is_refused(house: House) -> None:
    """Both are handed on before the engine shows either; it takes one, the other is told so."""
    guests = {}
    for who in ("first", "second"):
        line = house.guest(who)
        came = house.came.get(timeout=ANSWER_S_MAX)
        assert isinstance(came, HelperComes)
        guests[who] = line, came
    house.shows(Helper(guests["first"][1].session, "first"))
    assert heard(guests["first"][0]) == {"asks": False, "drives": False}
    assert heard(guests["second"][0]) == {"refused": "taken"}
    assert guests["second"][0].recv(1) == b""
    assert house.came.get(timeout=ANSWER_S_MAX) == HelperGoes(guests["second"][1].session)


def test_who_comes_while_another_looks_on_is_refused(house: House) -> None:
    """Without a word to the engine."""
    first = house.guest("first")
    came = house.came.get(timeout=ANSWER_S_MAX)
    assert isinstance(came, HelperComes)
    house.shows(Helper(came.session, "first"))
    assert heard(first) == {"asks": False, "drives": False}
    assert heard(house.guest("second")) == {"refused": "taken"}
    assert house.came.empty()
