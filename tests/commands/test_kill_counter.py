"""`kill -9` of the counter till, worked by its keys in a terminal of its own, then `pos recover`.

Apart from the sales from the shell because here a screen, a camera and three threads die too.
"""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import pytest
from driving.counter import QUIT, SCAN, SHOW, STOP, Counter
from driving.tills import SwitchProcess, Till

from hardware.devices import Symbology
from hardware.phone import photograph

_numbers = count(1)

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("pseudo_terminals")]
FRAMES, FRAMES_PER_SECOND = 12, 6


@dataclass(frozen=True, slots=True)
class Death:
    """Where the till dies (empty: the test kills it), and in which state its payment may rest."""

    moment: str
    rests: Sequence[str]
    then: Callable[[Counter, Till], None] = lambda counter, till: None


def new_till(switch: SwitchProcess, folder: Path, camera: str = "simulated") -> Till:
    """A till with a camera and a printer, for one death."""
    number = next(_numbers)
    return switch.new_till(
        folder / f"till-{number}", f"counter-{number}", camera=camera, printer="simulated"
    )


def shown(counter: Counter, till: Till) -> None:
    """The switch has made the code that the till is to show."""
    counter.wait(lambda: bool(till.switch.shown_to(till.client_id)))


def paid(counter: Counter, till: Till) -> None:
    """A customer pays by the shown code."""
    shown(counter, till)
    with till.switch.customers() as customers:
        offer = customers.scan(till.switch.shown_to(till.client_id), "vipps")
        assert customers.approve("vipps", offer.payment_id).answer == "paid"


def stopped(counter: Counter, till: Till) -> None:
    """The cashier cancels."""
    shown(counter, till)
    counter.press_until(STOP, lambda: "INTENT" not in till.states())


CANCELLED = ("CANCELLED",)

SHOWING = [
    Death("Opened after", CANCELLED),
    Death("pay answered", CANCELLED),
    Death("", CANCELLED, shown),
    Death("", ("PAID",), paid),
    Death("Paid before", ("PAID",), paid),
    Death("ReceiptBegun after", ("PAID",), paid),
    Death("CancelAsked after", CANCELLED, stopped),
    Death("cancel answered", CANCELLED, stopped),
]


def died(counter: Counter, death: Death) -> None:
    """The till is gone by SIGKILL: its own, or the test's."""
    if not death.moment:
        counter.child.kill()
    assert counter.ended() == -signal.SIGKILL, death


def recovered(till: Till) -> None:
    """`pos recover` settles everything."""
    done = till.pos("recover")
    assert done.code == 0, done


@pytest.mark.parametrize("half", [0, 1])
def test_a_counter_till_that_shows_a_code_survives_its_death(
    half: int, switch: SwitchProcess, tmp_path: Path
) -> None:
    """Amount keyed, code shown, and dead: recovery ends with one truth on both sides."""
    deaths = SHOWING[half::2]

    def die(death: Death) -> Till:
        till = new_till(switch, tmp_path)
        with Counter("--state", str(till.folder), dying_at=death.moment) as counter:
            counter.wait(lambda: bool(till.journal()))
            counter.press("45,50")
            counter.press_until(SHOW, lambda: bool(till.states()))
            death.then(counter, till)
            died(counter, death)
        recovered(till)
        return till

    with ThreadPoolExecutor(2) as pool:
        tills = list(pool.map(die, deaths))
    book = switch.book()
    for death, till in zip(deaths, tills, strict=True):
        assert till.differences(book) == [], death
        assert till.states() == list(death.rests), death


def film(path: Path, code: str) -> None:
    """A customer's phone with `code` on it, held before the camera for a while."""
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (1280, 720)
    )
    for number in range(FRAMES):
        luma = photograph(code, Symbology.QR, 4, number)
        writer.write(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR))
    writer.release()


@pytest.mark.parametrize(
    ("moment", "rests"),
    [
        ("pay answered", "PAID"),
        ("ReceiptPrinted before", "PAID"),
        ("", "PAID"),
    ],
)
def test_a_counter_till_that_reads_a_code_keeps_it_secret_and_survives(
    moment: str, rests: str, switch: SwitchProcess, tmp_path: Path
) -> None:
    """From camera frames to the outcome, killed or closed by its key: the books agree, and the
    code stands in no file and was never drawn."""
    code = switch.new_code()
    film(tmp_path / "phone.avi", code)
    till = new_till(switch, tmp_path, str(tmp_path / "phone.avi"))
    with Counter("--state", str(till.folder), dying_at=moment) as counter:
        counter.wait(lambda: bool(till.journal()))
        counter.press("129")
        counter.press_until(SCAN, lambda: bool(till.states()))
        counter.wait(lambda: till.states() == ["PAID"])
        if moment:
            assert counter.ended() == -signal.SIGKILL
        else:
            counter.press_until(QUIT, lambda: counter.child.poll() is not None)
            assert counter.ended() == 0
    recovered(till)
    assert till.states() == [rests]
    assert till.differences() == []
    key = (till.folder / "till.pem").read_text()
    for secret in (code.encode(), key.splitlines()[10].encode()):
        assert secret not in counter.drawn
        for path in filter(Path.is_file, till.folder.rglob("*")):
            assert path.name == "till.pem" or secret not in path.read_bytes(), path


def test_the_counter_draws_what_it_is_given(till: Till) -> None:
    """The screen that the tests above search does show what it should, and closes by its key."""
    with Counter("--state", str(till.folder)) as counter:
        counter.wait(lambda: b"Fjord" in counter.drawn)
        counter.press_until(QUIT, lambda: counter.child.poll() is not None)
        assert counter.ended() == 0
    assert till.states() == []
