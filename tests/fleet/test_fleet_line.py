"""A till's reporter on the shop's real broker: what comes through, and what disturbs no till.

The broker is Mosquitto with the shipped configuration and list of rights, over TLS.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pos.bench.broker import ShopBroker
from pos.errors import SettingsError
from pos.fleet.line import Broker, Line
from pos.fleet.pushing import LIVES_S, FleetKey, Order
from pos.fleet.report import Grade, Part
from pos.fleet.reporter import Pace, Reporter, Surroundings, Who
from pos.fleet.roll import DOWN, Seen, Standing
from pos.fleet.topics import REPORT, SETTINGS, Letter, topic
from pos.fleet.watch import NoBroker, Watch
from pos.sale.configuration import Configure
from pos.sale.facts import Facts
from pos.sale.view import LinkState, Stage, View, notice

VIEW = View(Stage.READY, "NOK", "Fjord Kafe", link=LinkState.UP)
SOON_S = 20.0
PACE = Pace(quiet_s=0.5, again_s=0.5)


class Till:
    """A till that is not there: its reporter, with Views given by hand."""

    def __init__(self, broker: Broker, name: str, public: str = "") -> None:
        self.given: list[Configure] = []
        around = Surroundings(lambda said: said.key, lambda: (), self._put)
        self.reporter = Reporter(
            Who(name, "Oslo S", "T01", "counter"), broker, public, around, PACE
        )

    def _put(self, given: Configure) -> bool:
        self.given.append(given)
        return True


@contextmanager
def reporting(broker: Broker, name: str, public: str = "") -> Iterator[Till]:
    """A till that reports until the end of the `with`."""
    till = Till(broker, name, public)
    till.reporter.show(VIEW)
    till.reporter.start()
    try:
        yield till
    finally:
        till.reporter.close()


def wait(happened: Callable[[], bool], what: str) -> float:
    """Wait until it has happened; seconds it took."""
    began_s = time.monotonic()
    while not happened():
        assert time.monotonic() - began_s < SOON_S, what
        time.sleep(0.01)
    return time.monotonic() - began_s


def one(watch: Watch, name: str) -> Seen | None:
    """How the watch sees this terminal."""
    return next((each for each in watch.seen() if each.name == name), None)


def stands(watch: Watch, name: str, *standings: Standing) -> Callable[[], bool]:
    """Whether it stands so."""

    def now() -> bool:
        seen = one(watch, name)
        return seen is not None and seen.report is not None and seen.standing in standings

    return now


def test_what_a_till_shows_is_seen_and_its_goodbye_too(broker: ShopBroker, name: str) -> None:
    """Changes come by themselves; whoever looks only later finds the same."""
    with Watch(broker.address()) as watch:
        with reporting(broker.address(name), name) as till:
            wait(stands(watch, name, Standing.WELL), "it is well")
            till.reporter.show(replace(VIEW, facts=Facts(open_payments=2, sales=3)))
            wait(stands(watch, name, Standing.UNFINISHED), "it is unfinished")
            till.reporter.show(replace(VIEW, stopped=notice("halt.journal", grave=True)))
            wait(stands(watch, name, Standing.STOPPED), "it has stopped")
            with Watch(broker.address()) as later:
                later.settle()
                seen = one(later, name)
                assert seen is not None
                assert seen.report is not None
                assert (seen.standing, seen.report.stopped) == (Standing.STOPPED, "halt.journal")
        wait(stands(watch, name, Standing.CLOSED), "it said goodbye")


CHILD = """
import sys
from pos.bench.terminals import work
work(sys.stdin, *sys.argv[1:])
"""


def test_a_till_that_dies_without_a_goodbye_is_lost_at_once(broker: ShopBroker) -> None:
    """The broker sends its last will; after that a fresh watch sees the same."""
    address = broker.address()
    # T00001 is nobody's user on this broker, so the child borrows the name of a till.
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.replace("work(sys", "import pos.bench.terminals as t\n"
         "t.name_of = lambda number: f'T{number}'\nwork(sys"),
         address.url, address.password_file, address.ca_file],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    with Watch(address) as watch:
        child.stdin.write("count 39 1\n")
        child.stdin.flush()
        wait(stands(watch, "T39", Standing.WELL), "it is well")
        child.kill()
        child.wait()
        wait(stands(watch, "T39", Standing.LOST), "it is lost")
        with Watch(address) as later:
            later.settle()
            assert stands(later, "T39", Standing.LOST)()
    child.stdin.close()
    child.stdout.close()


def test_a_broker_that_comes_back_is_told_everything_again(
    own_broker: ShopBroker, name: str
) -> None:
    """Also what changed meanwhile, and also when it forgot what it had retained."""
    with Watch(own_broker.address()) as watch, reporting(own_broker.address(name), name) as till:
        wait(stands(watch, name, Standing.WELL), "it is well")
        own_broker.stop(signal.SIGKILL)
        wait(lambda: bool(watch.trouble), "the watch knows that the broker is gone")
        till.reporter.show(replace(VIEW, facts=Facts(open_refunds=1)))
        (own_broker.folder / "mosquitto.db").unlink(missing_ok=True)
        own_broker.start()
        wait(stands(watch, name, Standing.UNFINISHED), "it is unfinished")
        assert watch.trouble == ""
        with Watch(own_broker.address()) as later:
            later.settle()
            assert stands(later, name, Standing.UNFINISHED)()


def test_a_till_speaks_for_itself_alone(broker: ShopBroker, name: str) -> None:
    """The shipped list of rights: it can neither pose as another nor push settings."""
    other = "T38"
    with Watch(broker.address()) as watch, reporting(broker.address(name), name) as till:
        wait(stands(watch, name, Standing.WELL), "it is well")
        seen = one(watch, name)
        assert seen is not None
        assert seen.report is not None
        line = till.reporter._line
        line.send(Letter(topic(other, REPORT), seen.report.encoded()))
        line.send(Letter(topic(name, SETTINGS), b"x"))
        till.reporter.show(replace(VIEW, facts=Facts(sales=1)))
        wait(lambda: (each := one(watch, name)) is not None and each.report is not None
             and each.report.sales == 1, "what came after is here")  # fmt: skip
        assert one(watch, other) is None
        assert till.given == []


def test_without_the_password_nobody_is_let_in(broker: ShopBroker, tmp_path: Path) -> None:
    """Whoever watches is told why, in one sentence."""
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    for address in (replace(broker.address(), password_file=str(wrong)), Broker(broker.url)):
        with Watch(replace(address, ca_file=str(broker.ca_file))) as watch:
            with pytest.raises(NoBroker, match="Not authorized"):
                watch.settle()
            assert watch.seen() == []


# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_with_a_strangers_certificate_is_not_believed(broker: ShopBroker) -> None:
    """Without the shop's authority the line does not come about."""
    with Watch(replace(broker.address(), ca_file="")) as watch, pytest.raises(NoBroker):
        watch.settle()


def test_files_that_cannot_be_used_are_told_at_the_start(
    broker: ShopBroker, name: str, tmp_path: Path
) -> None:
    """Before anything is sold."""
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(SettingsError, match="holds no certificate"):
        Till(replace(broker.address(name), ca_file=str(empty)), name)
    with pytest.raises(SettingsError, match="cannot be read"):
        Till(replace(broker.address(name), password_file=str(tmp_path / "none")), name)
    with pytest.raises(SettingsError, match="public_key"):
        Till(broker.address(name), name, public="x")


def test_pushed_settings_reach_the_till_while_nobody_sells(
    broker: ShopBroker, name: str, tmp_path: Path
) -> None:
    """Offered when the till has been free for a while, again until it answers, and not after."""
    key = FleetKey(tmp_path / "fleet.pem", make=True)
    values = {"terminal.language": "nb"}
    order = Order(to=name, number=3, until=time.time() + LIVES_S, values=values)

    def waiting(number: int) -> Callable[[], bool]:
        def now() -> bool:
            seen = one(watch, name)
            return (
                seen is not None
                and seen.report is not None
                and (seen.report.pushed.waiting == number)
            )

        return now

    with Watch(broker.address()) as watch, reporting(broker.address(name), name, key.public) as it:
        it.reporter.show(replace(VIEW, stage=Stage.PAYING))
        wait(stands(watch, name, Standing.WELL), "it is well")
        watch.push(name, key.sealed(order))
        wait(waiting(3), "it waits for the end of the sale")
        assert it.given == []
        it.reporter.show(VIEW)
        wait(lambda: len(it.given) > 1, "it is offered again")
        assert it.given[0] == Configure(3, order.settings())
        it.reporter.show(replace(VIEW, facts=Facts(settings=3)))
        wait(waiting(0), "it is answered")
        offered = len(it.given)
        # A thief of the broker plays it again, and what he made himself.
        watch.push(name, key.sealed(order))
        watch.push(name, FleetKey(tmp_path / "thief.pem", make=True).sealed(order))
        wait(lambda: (each := one(watch, name)) is not None and each.report is not None
             and bool(each.report.pushed.distrusted), "it is not trusted")  # fmt: skip
        assert len(it.given) == offered


def test_what_was_pushed_while_a_till_was_away_is_there_when_it_comes(
    broker: ShopBroker, name: str, tmp_path: Path
) -> None:
    """The broker keeps it; and once it is taken back it is offered to nobody."""
    key = FleetKey(tmp_path / "fleet.pem", make=True)
    until = time.time() + LIVES_S
    order = Order(to=name, number=1, until=until, values={"order.tips": "true"})
    with Watch(broker.address()) as watch:
        watch.settle()
        watch.push(name, key.sealed(order))
        with reporting(broker.address(name), name, key.public) as till:
            wait(lambda: till.given == [Configure(1, order.settings())], "it is offered")
        watch.push(name, b"")
        with reporting(broker.address(name), name, key.public) as till:
            wait(stands(watch, name, Standing.WELL), "it is well")
            time.sleep(2 * PACE.quiet_s)
            assert till.given == []


def show_for(till: Till, seconds: float) -> float:
    """Show Views as fast as a till may; the longest that one took."""
    longest_s, ends_s, number = 0.0, time.monotonic() + seconds, 0
    while time.monotonic() < ends_s:
        number += 1
        began_s = time.perf_counter()
        till.reporter.show(replace(VIEW, facts=Facts(sales=number)))
        longest_s = max(longest_s, time.perf_counter() - began_s)
        time.sleep(0.001)
    return longest_s


def test_a_broker_that_stands_still_costs_the_till_nothing(
    own_broker: ShopBroker, name: str
) -> None:
    """It takes Views all the same, keeps none of them, and ends in a moment."""
    till = Till(own_broker.address(name), name)
    till.reporter.start()
    with Watch(own_broker.address()) as watch:
        till.reporter.show(VIEW)
        wait(stands(watch, name, Standing.WELL), "it is well")
    own_broker.send(signal.SIGSTOP)
    show_for(till, 1.5)
    assert len(till.reporter._line._client._out_packet) <= 1
    began_s = time.monotonic()
    till.reporter.close()
    assert time.monotonic() - began_s < 12.0


class Hostile:
    """A broker that lets everybody in and then says whatever it likes, over TLS."""

    def __init__(self, broker: ShopBroker, says: bytes, *, again: bool) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder = broker.folder
        context.load_cert_chain(folder / "samkassa.crt", folder / "samkassa.key")
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtts://localhost:{self._door.getsockname()[1]}"
        self.callers = 0
        self.said_bytes = 0
        self._says, self._again = says, again
        self._context = context
        self._ending = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending:
            try:
                plain, _ = self._door.accept()
                with self._context.wrap_socket(plain, server_side=True) as line:
                    self.callers += 1
                    line.settimeout(2.0)
                    line.recv(4096)
                    line.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK: success, no properties
                    while True:
                        line.sendall(self._says)
                        self.said_bytes += len(self._says)
                        if not self._again:
                            line.recv(4096)
            except OSError:
                continue

    def close(self) -> None:
        """Let nobody in any more."""
        self._ending = True
        self._door.close()
        self._thread.join(5.0)


def _publish(payload: bytes) -> bytes:
    body = b"\x00\x01x\x00" + payload
    size, length = b"", len(body)
    while True:
        length, low = divmod(length, 128)
        size += bytes([low | (128 if length else 0)])
        if not length:
            return b"\x30" + size + body


@pytest.mark.parametrize(
    ("says", "again"),
    [
        (_publish(b"y" * 50) * 50, True),  # a flood
        (b"\x30\xff\xff\xff\x7f" + b"z" * 100_000, True),  # one message of 256 MB
        (b"\xff\xff\xff\xff\xff\xff", False),  # no MQTT at all
        (b"\xe0\x00", False),  # shown out, each time
    ],
    ids=["flood", "huge", "rubbish", "shown-out"],
)
def test_a_hostile_broker_is_left_alone(
    broker: ShopBroker, name: str, says: bytes, again: bool
) -> None:
    """The till takes Views all the while, and reads no more of it than a little."""
    hostile = Hostile(broker, says, again=again)
    till = Till(replace(broker.address(name), url=hostile.url), name)
    try:
        till.reporter.show(VIEW)
        till.reporter.start()
        wait(lambda: hostile.callers > 0, "it was called")
        show_for(till, 1.5)
        assert hostile.callers <= 4
        # What the sockets hold on the way is not read by anybody.
        assert hostile.said_bytes < 16_000_000
        assert len(till.reporter._line._client._in_packet["packet"]) < 4_000_000
    finally:
        till.reporter.close()
        hostile.close()


def test_a_line_that_was_never_there_ends_at_once(tmp_path: Path) -> None:
    """Nobody listens at the address."""
    line = Line(Broker("mqtt://localhost:1"), "T1")
    line.open()
    began_s = time.monotonic()
    line.send(Letter(topic("T1", REPORT), b"x"))
    line.close()
    assert time.monotonic() - began_s < 5.0
    assert not line.there


def test_nothing_that_names_a_person_or_a_payment_is_told(broker: ShopBroker, name: str) -> None:
    """Whatever is on the desk, the report holds counts, words of machines and the shop's names."""
    with Watch(broker.address()) as watch, reporting(broker.address(name), name) as till:
        till.reporter.show(
            replace(
                VIEW,
                request_id="REQUEST-CANARY",
                order_code="CODE-CANARY",
                wallet="WALLET-CANARY",
                notice=notice("staff.welcome", name="PERSON-CANARY"),
                facts=Facts(sales=77),
            )
        )
        wait(lambda: (each := one(watch, name)) is not None and each.report is not None
             and each.report.sales == 77, "it is told")  # fmt: skip
        seen = one(watch, name)
        assert seen is not None
        assert "CANARY" not in repr(seen)


def test_poor_devices_are_told_as_parts(broker: ShopBroker, name: str) -> None:
    """The link, and what camera and printer complain of, beside what was examined."""
    with Watch(broker.address()) as watch, reporting(broker.address(name), name) as till:
        said = notice("printer.paper_out")
        till.reporter.show(replace(VIEW, link=LinkState.DOWN, printer=said))
        wait(stands(watch, name, Standing.FAULT), "its link is at fault")
        seen = one(watch, name)
        assert seen is not None
        assert seen.worst == Part(part="link", grade=Grade.FAULT, found="down")
        assert seen.report is not None
        assert Part(part="printer", grade=Grade.POOR, found="printer.paper_out") in (
            seen.report.parts
        )
        assert not DOWN & {seen.standing}
    assert os.environ.get("POS_FLEET_BROKER") is None
