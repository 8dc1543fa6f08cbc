"""The line between the tills of a shop: real sockets, a network that loses, and an attacker on it.

What a stranger sends, and what was recorded and is sent again, must neither call nor answer.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pos.errors import SettingsError
from pos.sale.assistance import Cause, HelpAnswered, HelpAsked, HelpDesk, HelpHeard, HelpTold
from pos.sale.input import Input
from pos.sale.view import Stage, View
from pos.shop import shop_lines
from pos.shop.asking import Asking
from pos.shop.hearing import SILENT_S, Hearing
from pos.shop.messages import Answers, Asks, ShopKey
from pos.shop_settings import ShopSection

WAIT_S_MAX = 30.0
ASKED = HelpAsked("h1", "S01", Cause.AGE, "Øl 0,5 l", 18, 1.0)
ANSWER = HelpAnswered("h1", "T01", approved=True, staff_id="2", at=2.0)
EMPTY = View(Stage.READY, "NOK", "Shop")
WANTS = replace(EMPTY, help=HelpDesk(asked=(ASKED,)))
ANSWERED = replace(EMPTY, help=HelpDesk(answers=(ANSWER,)))


def until(true: Callable[[], bool]) -> None:
    """Wait for something that a thread does."""
    ends_s = time.monotonic() + WAIT_S_MAX
    while not true():
        assert time.monotonic() < ends_s, "it never came"
        threading.Event().wait(0.01)


@dataclass
class Taken:
    """An engine's inbox; `takes` is whether there is room in it."""

    inputs: list[Input] = field(default_factory=list)
    takes: bool = True

    def put(self, given: Input) -> bool:
        """Keep it, if there is room."""
        if self.takes:
            self.inputs.append(given)
        return self.takes


@pytest.fixture
def key(tmp_path: Path) -> ShopKey:
    """The shop's key, read from its file."""
    path = tmp_path / "shop.key"
    path.write_bytes(ShopKey.new_line())
    return ShopKey(path)


@dataclass
class Counter:
    """A counter that hears. `now_s` is its clock."""

    hearing: Hearing
    taken: Taken
    clock: list[float]


@pytest.fixture
def counter(key: ShopKey) -> Iterator[Counter]:
    """A counter at work on a free port."""
    taken, clock = Taken(), [0.0]
    hearing = Hearing(key, "T01", "127.0.0.1:0", taken.put, lambda: clock[0])
    hearing.start()
    yield Counter(hearing, taken, clock)
    hearing.close()
    hearing.close()


@pytest.fixture
def checkout(key: ShopKey, counter: Counter) -> Iterator[tuple[Asking, Taken]]:
    """A till that asks that counter, and one more that is not there."""
    taken = Taken()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"127.0.0.1:{nobody.getsockname()[1]}"
    asking = Asking(key, "S01", [away, f"127.0.0.1:{counter.hearing.port}"], taken.put)
    asking.start()
    yield asking, taken
    asking.close()
    asking.close()


def test_what_is_asked_is_heard_and_the_answer_comes_back(
    counter: Counter, checkout: tuple[Asking, Taken]
) -> None:
    """There, and back, and over: each is told once to the engine, however often it is sent."""
    asking, answers = checkout
    asking.show(WANTS)
    until(lambda: counter.taken.inputs == [HelpHeard("S01", (ASKED,))])
    counter.hearing.show(ANSWERED)
    until(lambda: HelpTold(ANSWER) in answers.inputs)
    asking.show(replace(EMPTY, help=HelpDesk(heard=ANSWER)))
    until(lambda: counter.taken.inputs[-1] == HelpHeard("S01", (), ANSWER))
    assert len(counter.taken.inputs) == 2


def test_an_engine_that_has_no_room_is_told_again(
    counter: Counter, checkout: tuple[Asking, Taken]
) -> None:
    """Nothing is lost by an inbox that was full, or by an engine that was not there yet."""
    asking, answers = checkout
    counter.taken.takes = answers.takes = False
    asking.show(WANTS)
    counter.hearing.show(ANSWERED)
    threading.Event().wait(0.2)
    counter.taken.takes = answers.takes = True
    until(lambda: counter.taken.inputs == [HelpHeard("S01", (ASKED,))])
    until(lambda: HelpTold(ANSWER) in answers.inputs)


def test_a_till_that_falls_silent_is_no_longer_shown(
    counter: Counter, checkout: tuple[Asking, Taken]
) -> None:
    """Its power is gone: what it asked is not over, but nobody can answer it."""
    asking, _ = checkout
    asking.show(WANTS)
    until(lambda: bool(counter.taken.inputs))
    asking.close()

    def is_silent() -> bool:
        counter.clock[0] += SILENT_S + 1.0  # its last word may be heard late
        return counter.taken.inputs[-1] == HelpHeard("S01", (), whole=False)

    until(is_silent)


@dataclass
class Attacker:
    """A socket on the shop's network; with the `key` it is a till, without one it is not."""

    port: int
    socket: socket.socket

    def send(self, datagram: bytes) -> None:
        """Send to the counter."""
        self.socket.sendto(datagram, ("127.0.0.1", self.port))

    def hears(self) -> bytes | None:
        """What comes back within a moment."""
        try:
            return self.socket.recv(9000)
        except TimeoutError:
            return None


@pytest.fixture
def attacker(counter: Counter) -> Iterator[Attacker]:
    """Somebody on the network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(1.5)
        yield Attacker(counter.hearing.port, made)


def test_strangers_are_neither_heard_nor_answered(
    counter: Counter, attacker: Attacker, tmp_path: Path
) -> None:
    """Noise, another shop's key, a flipped bit: not a byte comes back, the engine hears nothing."""
    path = tmp_path / "other.key"
    path.write_bytes(ShopKey.new_line())
    foreign = ShopKey(path).sealed(Asks("S01", "run", 1, (), (ASKED,)))
    for datagram in (b"", b"x" * 9, b"\0" * 4000, foreign):
        attacker.send(datagram)
    assert attacker.hears() is None
    assert counter.taken.inputs == []


def test_nobody_is_believed_before_the_challenge_is_echoed(
    counter: Counter, attacker: Attacker, key: ShopKey
) -> None:
    """What was recorded before this counter was started calls nobody, whoever had the key then;
    what was recorded since is older than what was said last."""
    attacker.send(key.sealed(Asks("S01", "run", 5, ("yesterday's",), (ASKED,))))
    reply = key.opened(attacker.hears() or b"")
    assert isinstance(reply, Answers)
    assert counter.taken.inputs == []
    true = key.sealed(Asks("S01", "run", 6, (reply.challenge,), (ASKED,)))
    attacker.send(true)
    until(lambda: counter.taken.inputs == [HelpHeard("S01", (ASKED,))])
    attacker.send(key.sealed(Asks("S01", "run", 7, (reply.challenge,), ())))
    until(lambda: counter.taken.inputs[-1] == HelpHeard("S01", ()))
    attacker.send(true)  # recorded, and sent again
    attacker.send(key.sealed(Asks("S02", "other", 1, (reply.challenge,), ())))
    until(lambda: counter.taken.inputs[-1] == HelpHeard("S02", ()))
    assert counter.taken.inputs.count(HelpHeard("S01", (ASKED,))) == 1


def test_an_answer_counts_for_this_run_and_for_what_is_asked(key: ShopKey) -> None:
    """One recorded in an earlier run of the till, or for another question, is no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as counter:
        counter.bind(("127.0.0.1", 0))
        counter.settimeout(WAIT_S_MAX)
        taken = Taken()
        asking = Asking(key, "S01", [f"127.0.0.1:{counter.getsockname()[1]}"], taken.put)
        asking.start()
        asking.show(WANTS)
        datagram, sender = counter.recvfrom(9000)
        asks = key.opened(datagram)
        assert isinstance(asks, Asks)
        other = replace(ANSWER, help_id="h9")
        for run, answer in (("earlier", ANSWER), (asks.run, other), (asks.run, ANSWER)):
            counter.sendto(key.sealed(Answers("T01", run, "c", (answer,))), sender)
        until(lambda: bool(taken.inputs))
        assert taken.inputs == [HelpTold(ANSWER)]
        asking.close()


def test_nothing_of_it_is_readable_on_the_network(key: ShopKey) -> None:
    """What somebody buys, and who of the staff answered, is the shop's own."""
    for message in (Asks("S01", "run", 1, (), (ASKED,)), Answers("T01", "run", "c", (ANSWER,))):
        datagram = key.sealed(message)
        assert b"S01" not in datagram
        assert "Øl".encode() not in datagram
        assert key.sealed(message) != datagram, "never the same twice"
        assert key.opened(datagram) == message


@pytest.mark.parametrize("content", ["", "no base64!", "c2hvcnQ=", "\0"])
def test_a_file_without_a_key_is_told(tmp_path: Path, content: str) -> None:
    """Before anything is opened, with the command that makes one."""
    path = tmp_path / "shop.key"
    path.write_text(content)
    with pytest.raises(SettingsError, match="pos shop-key"):
        ShopKey(path)
    with pytest.raises(SettingsError, match="pos shop-key"):
        ShopKey(tmp_path / "none")


def test_an_address_that_cannot_be_had_is_told(key: ShopKey, tmp_path: Path) -> None:
    """Taken by another program, or none of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        section = ShopSection(
            key=str(tmp_path / "shop.key"), listen=f"127.0.0.1:{taken.getsockname()[1]}"
        )
        with pytest.raises(SettingsError, match=r"shop\.listen names"):
            shop_lines(section, "T01", Taken().put)
    assert shop_lines(ShopSection(key=section.key), "T01", Taken().put) == []
