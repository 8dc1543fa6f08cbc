"""The static code of a till, from a customer's phone to the till's screen and paper.

A real switch, a real counter till in a terminal of its own, and the pages that a phone opens.
Apart from the other sales because here the till learns of money that it never asked for.
"""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from driving import shell
from driving.counter import QUIT, WAIT_S_MAX, Counter
from driving.phone import pay_at
from driving.tills import SwitchProcess, Till

from hardware.bench import open_devices
from pos.commands.errand import work_until
from pos.config import load
from pos.embedded import caller_of
from pos.engine import Engine
from pos.engine.arrivals import LOOK_EVERY_S
from pos.folders import JOURNAL_NAME
from pos.sale.input import Charge, Presenting, Stop
from pos.sale.mode import COUNTER
from pos.sale.view import Stage, Verdict, View, notice
from pos.terminal import Station, device_spec

_numbers = count(1)
ONE, TWO, THREE = (f"E-T01-00000{number}" for number in (1, 2, 3))

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("pseudo_terminals")]


@dataclass(frozen=True, slots=True)
class Stall:
    """A till with a sticker beside it; `paper` is what its printer was sent."""

    till: Till
    sticker: str
    paper: Path

    def pay(self, amount: str, answers: str = "approve", person: str = "vipps/Kari") -> None:
        """A customer opens the sticker, types `amount`, and answers; empty: she dawdles."""
        pay_at(self.till.switch.url, self.sticker, person, amount, answers)

    def counter(self, dying_at: str = "") -> Counter:
        """The till, started."""
        return Counter("--state", str(self.till.folder), dying_at=dying_at)

    def kinds(self, kind: str) -> list[str]:
        """What the entries of this kind speak of, oldest first."""
        return [
            entry["body"].get("request_id") or entry["body"].get("document_id") or ""
            for entry in self.till.journal()
            if entry["kind"] == kind
        ]

    def came(self, *request_ids: str) -> Callable[[], bool]:
        """Whether just these have arrived so far, in this order."""
        return lambda: self.kinds("Arrived") == list(request_ids)

    def watching(self) -> bool:
        """Whether the till has found where the numbers stand."""
        return bool(self.kinds("Watching"))

    def slips(self, request_id: str) -> int:
        """How many slips of this payment came out of the printer."""
        paper = self.paper.read_bytes() if self.paper.exists() else b""
        return paper.count(request_id.encode())


def stall(switch: SwitchProcess, folder: Path) -> Stall:
    """A new till with its sticker, told to show what it brings."""
    name = f"stall-{next(_numbers)}"
    paper = folder / f"{name}.bin"
    till = switch.new_till(folder / name, name, printer=f"file:{paper}")
    settings = till.folder / "terminal.toml"
    settings.write_text(settings.read_text() + "[terminal]\nstatic_code = true\n")
    return Stall(till, switch.sticker(name), paper)


def drawn(counter: Counter, text: str) -> bool:
    """Whether this stood on the screen at some time."""
    return text.encode() in counter.drawn


def closed(counter: Counter) -> None:
    """The till is closed by its key."""
    counter.press_until(QUIT, lambda: counter.child.poll() is not None)
    assert counter.ended() == 0


def test_what_is_paid_is_shown_and_printed_once(switch: SwitchProcess, tmp_path: Path) -> None:
    """A customer who dawdles hides nobody behind her, and one who declines is no payment; the
    till gives back like any other, and both books agree."""
    at = stall(switch, tmp_path)
    made = shell.run("scheme", "sticker", "T01", "--client", at.till.client_id, "--name", "Cafe",
                     "--state", str(switch.state))  # fmt: skip
    assert made.out == f"{switch.url}{at.sticker}\n"
    assert "static_code = true" in made.err
    with at.counter() as counter:
        counter.wait(at.watching)
        at.pay("45.50", answers="")
        at.pay("99")
        counter.wait(at.came(TWO))
        counter.wait(lambda: TWO in at.kinds("ReceiptPrinted"))
        counter.wait(lambda: drawn(counter, "99.00\N{NO-BREAK SPACE}NOK"))
        assert drawn(counter, "no. 2")
        assert not drawn(counter, "no. 1")
        at.pay("12", answers="decline")
        counter.wait(lambda: at.kinds("Lapsed") == [THREE])
        closed(counter)
    assert at.kinds("Arrived") == at.kinds("ReceiptBegun") == [TWO]
    assert (at.slips(TWO), at.slips(ONE)) == (1, 0)
    assert at.till.pos("refund", TWO, "--amount", "9.00").code == 0
    assert "refunded 900" in at.till.pos("payments").out
    assert at.till.pos("journal", "verify").code == 0
    open_still = [f"{ONE}: money without an intent"]
    assert at.till.differences() == open_still


# Where the till dies, and whether the payment that it was about is shown after the restart.
DEATHS = {"Arrived before": True, "Arrived after": False, "ReceiptBegun after": False}


def test_an_arrival_survives_the_tills_death(switch: SwitchProcess, tmp_path: Path) -> None:
    """Wherever the till dies, the payment is written once, never shown after it was written, and
    its slip, which is owed, printed once; the next one is shown, and both books agree."""

    def die(moment: str) -> Stall:
        at = stall(switch, tmp_path)
        with at.counter(dying_at=moment) as counter:
            counter.wait(at.watching)
            at.pay("45.50")
            assert counter.ended() == -signal.SIGKILL, moment
        at.pay("99")
        with at.counter() as counter:
            counter.wait(at.came(ONE, TWO))
            counter.wait(lambda: TWO in at.kinds("ReceiptPrinted"))
            counter.wait(lambda: drawn(counter, "no. 2"))
            assert drawn(counter, "no. 1") == DEATHS[moment], moment
        return at

    with ThreadPoolExecutor(2) as pool:
        stalls = list(pool.map(die, DEATHS))
    book = switch.book()
    for moment, at in zip(DEATHS, stalls, strict=True):
        assert at.slips(ONE) == 1, moment
        assert at.slips(TWO) == 1, moment
        assert at.till.differences(book) == [], moment


@dataclass(frozen=True, slots=True)
class Desk:
    """The same till without a screen: its engine, and every View that a front end was given."""

    engine: Engine
    views: list[View]

    def wait(self, happened: Callable[[], bool]) -> None:
        """Work until it has happened."""
        assert work_until(self.engine, happened, WAIT_S_MAX), self.views[-1]

    def shown(self) -> list[int]:
        """The numbers that came on the screen, in order, each once."""
        rows = (row.static_number for view in self.views for row in view.arrived)
        return list(dict.fromkeys(rows))


@contextmanager
def desk(till: Till) -> Iterator[Desk]:
    """The till at work in this process, with a screen that is only a list."""
    settings = load(till.folder / "terminal.toml")
    assert settings.switch is not None
    views: list[View] = []
    devices = open_devices(device_spec(settings))
    with Station(settings, till.folder, COUNTER, devices) as station:
        engine = station.engine(caller_of(settings.switch), views.append, watches=True)
        engine.start()
        yield Desk(engine, views)


def test_only_what_is_new_is_shown_and_all_of_it(switch: SwitchProcess, tmp_path: Path) -> None:
    """Paid before the till first watched: not shown. Paid while it was off: shown, in order."""
    at = stall(switch, tmp_path)
    at.pay("10")
    with desk(at.till) as first:
        first.wait(at.watching)
    at.pay("20")
    at.pay("30", person="alipay/Li Na")
    with desk(at.till) as second:
        second.wait(lambda: at.kinds("ReceiptPrinted") == [TWO, THREE])
        assert second.shown() == [2, 3]
        (two, three) = second.views[-1].arrived
        assert (str(two.amount), two.wallet) == ("20.00 NOK", "Vipps")
        assert (str(three.amount), three.wallet) == ("30.00 NOK", "AlipayCN")
    at.pay("40", answers="")
    with desk(at.till) as third:
        at.pay("50")
        third.wait(lambda: len(at.kinds("Arrived")) == 3)
        assert (first.shown(), third.shown()) == ([], [5])
    assert [at.slips(each) for each in (ONE, TWO, THREE)] == [0, 1, 1]


def test_a_sale_is_made_undisturbed(switch: SwitchProcess, tmp_path: Path) -> None:
    """While a code is on the screen nobody asks for arrivals; they come when the desk is free."""
    at = stall(switch, tmp_path)
    with desk(at.till) as working:
        working.wait(at.watching)
        working.engine.handle(Charge("45.50", Presenting.MERCHANT))
        at.pay("99")
        ends_s = time.monotonic() + LOOK_EVERY_S + 1
        working.wait(lambda: time.monotonic() > ends_s)
        assert working.views[-1].stage is Stage.SHOWING
        assert at.kinds("Arrived") == []
        working.engine.handle(Stop(working.views[-1].request_id))
        working.wait(at.came(ONE))
        # The cancelled sale stays on the desk: an arrival is not its outcome.
        assert working.views[-1].verdict is Verdict.CANCELLED
        assert working.shown() == [1]
    kinds = [entry["kind"] for entry in at.till.journal()]
    assert kinds.index("CancelDone") < kinds.index("Arrived")
    assert at.till.differences() == []


@pytest.mark.parametrize("paid", [0, 2], ids=["fewer", "others"])
def test_numbers_of_another_switch_are_not_taken_for_ours(
    paid: int, switch: SwitchProcess, tmp_path: Path
) -> None:
    """A journal that was taken to another caller's numbers says so, and shows none of them."""
    at, other = stall(switch, tmp_path), stall(switch, tmp_path)
    with desk(at.till) as working:
        working.wait(at.watching)
        at.pay("40")
        working.wait(at.came(ONE))
    for _ in range(paid):
        other.pay("50")
    (other.till.folder / JOURNAL_NAME).write_bytes((at.till.folder / JOURNAL_NAME).read_bytes())
    with desk(other.till) as working:
        working.wait(lambda: working.views[-1].watch is not None)
        assert working.views[-1].watch == notice("static_code.other_books", grave=True)
        other.pay("60")
        ends_s = time.monotonic() + LOOK_EVERY_S
        working.wait(lambda: time.monotonic() > ends_s)
        assert working.shown() == []
    assert other.kinds("Arrived") == [ONE]


def test_errands_leave_arrivals_to_the_till(switch: SwitchProcess, tmp_path: Path) -> None:
    """`pos recover` shows nobody anything, so what came meanwhile is still new to the counter."""
    at = stall(switch, tmp_path)
    with desk(at.till) as working:
        working.wait(at.watching)
    at.pay("40")
    assert at.till.pos("recover").code == 0
    assert at.kinds("Arrived") == []
    with desk(at.till) as working:
        working.wait(at.came(ONE))
        assert working.shown() == [1]
