"""`kill -9` at any moment, then `pos recover`: the till and the switch agree, every time.

Apart from the simulator, which dies between far more steps: here the process, its files, the
sockets and the switch are real, and death is SIGKILL.
"""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from driving import shell
from driving.tills import SwitchProcess, Till

AT_ONCE = 2
_numbers = count(1)

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = pytest.mark.timeout(400)

FIRST_LINE = "Waiting"  # what `pos sell` says once the request is on its way
SHOWN = "/28199904"


@dataclass(frozen=True, slots=True)
class Death:
    """Where the process dies, and in which states its payments may rest after `pos recover`."""

    moment: str
    rests: Sequence[str] = ("PAID",)
    behaves: str = "pays"
    recovery_dies_at: str = ""
    devices: dict[str, str] = field(default_factory=dict)


PRINTING = {"printer": "simulated"}
NOTHING: Sequence[str] = ()
CANCELLED = ("CANCELLED",)
# A request that has left may still be on its way when the till asks: then it is cancelled.
EITHER = ("PAID", "CANCELLED")

SCANNED = {
    "before a byte has left": [
        Death("Opened before", NOTHING),
        Death("Opened after", CANCELLED),
        Death("pay before", CANCELLED),
    ],
    "around the answer": [
        Death("pay sent", EITHER),
        Death("pay answered"),
        Death("Paid before"),
        Death("Paid after"),
    ],
    "around the receipt": [
        Death("ReceiptBegun after", devices=PRINTING),
        Death("ReceiptPrinted before", devices=PRINTING),
    ],
    "when the customer says no": [
        Death("pay sent", ("DECLINED", "CANCELLED"), "declines"),
        Death("Declined before", ("DECLINED",), "declines"),
    ],
    "while the customer has not answered": [
        Death("pay answered", ("PAID",), "pin"),
        Death("inquiryPayment sent#2", ("PAID",), "pin"),
        Death("pay answered", CANCELLED, "dawdles"),
    ],
    "when the answer is lost": [
        Death("pay sent", EITHER, "answer-lost"),
        Death("inquiryPayment before#2", behaves="answer-lost"),
        Death("inquiryPayment answered#2", behaves="answer-lost"),
    ],
    "and again while recovering": [
        Death("pay before", CANCELLED, recovery_dies_at="CancelAsked after"),
        Death("pay answered", CANCELLED, "silent", recovery_dies_at="cancel answered"),
        Death("pay answered", recovery_dies_at="Paid before"),
    ],
}


def killed(done: shell.Ran) -> bool:
    """Whether the process died by SIGKILL, so that the moment was truly reached."""
    return done.code == -signal.SIGKILL


def recovered(till: Till) -> None:
    """`pos recover` settles everything, and says so."""
    done = till.pos("recover")
    assert done.code == 0, done
    assert done.out.splitlines()[-1].endswith("0 are left")


def new_till(switch: SwitchProcess, folder: Path, **devices: str) -> Till:
    """A till of its own for one death."""
    number = next(_numbers)
    return switch.new_till(folder / f"till-{number}", f"mortal-{number}", **devices)


def each(deaths: Sequence[Death], die: Callable[[Death], Till]) -> list[Till]:
    """Let them happen, a few at the same time; the tills after their recovery."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(die, deaths))


def check(switch: SwitchProcess, deaths: Sequence[Death], tills: Sequence[Till]) -> None:
    """Journal and switch agree for each, and each payment rests where it may."""
    book = switch.book()
    for death, till in zip(deaths, tills, strict=True):
        assert till.differences(book) == [], death
        rest = till.states()
        assert set(rest) <= set(death.rests), (death, rest)
        assert len(rest) == bool(death.rests), (death, rest)


@pytest.mark.parametrize("deaths", SCANNED.values(), ids=SCANNED)
def test_a_sale_by_scanned_code_survives_its_death(
    deaths: Sequence[Death], switch: SwitchProcess, tmp_path: Path
) -> None:
    """Wherever `pos sell` dies, recovery ends with one truth on both sides."""

    def die(death: Death) -> Till:
        till = new_till(switch, tmp_path, **death.devices)
        code = switch.new_code(death.behaves)
        assert killed(till.sell(code, dying_at=death.moment)), death
        if death.recovery_dies_at:
            assert killed(till.pos("recover", dying_at=death.recovery_dies_at)), death
        recovered(till)
        return till

    check(switch, deaths, each(deaths, die))


GIVEN_UP = [
    Death("CancelAsked after", CANCELLED, "silent"),
    Death("cancel answered", CANCELLED, "silent"),
    Death("CancelDone before", CANCELLED, "silent"),
]


def test_a_sale_that_is_being_given_up_survives_its_death(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """Ctrl+C asks for the cancel; dying anywhere in it still ends in the cancel."""

    def die(death: Death) -> Till:
        till = new_till(switch, tmp_path)
        code = switch.new_code(death.behaves)
        selling = till.start("sell", "--amount", "9", "--code", code, dying_at=death.moment)
        shell.line_with(selling, FIRST_LINE)
        selling.send_signal(signal.SIGINT)
        assert killed(shell.finish(selling)), death
        recovered(till)
        return till

    check(switch, GIVEN_UP, each(GIVEN_UP, die))


SHOWING = [
    Death("pay sent", CANCELLED),
    Death("pay answered", CANCELLED),
]


def test_a_shown_code_survives_a_death_before_it_is_shown(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """A code that nobody saw is cancelled, so that nobody can pay it later."""

    def die(death: Death) -> Till:
        till = new_till(switch, tmp_path)
        assert killed(till.pos("sell", "--amount", "45.50", "--show", dying_at=death.moment))
        recovered(till)
        return till

    check(switch, SHOWING, each(SHOWING, die))


SEEN = {
    "nobody": Death("seen by nobody", CANCELLED),
    "looks": Death("seen by a customer who is still looking", CANCELLED),
    "pays": Death("paid, and the till had not asked yet"),
    "pays after": Death("paid by a customer while the till was dead"),
}


def test_a_shown_code_survives_a_death_while_it_is_shown(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """Killed from outside with its code on the screen: paid in the meantime counts, else not."""
    manners = {id(death): manner for manner, death in SEEN.items()}

    def die(death: Death) -> Till:
        manner = manners[id(death)]
        till = new_till(switch, tmp_path)
        selling = till.start("sell", "--amount", "45.50", "--show")
        text = shell.line_with(selling, SHOWN)
        with switch.customers() as customers:
            offer = None if manner == "nobody" else customers.scan(text, "epassi")
            if manner == "pays" and offer is not None:
                customers.approve("epassi", offer.payment_id)
            selling.kill()
            assert killed(shell.finish(selling)), death
            if manner == "pays after" and offer is not None:
                customers.approve("epassi", offer.payment_id)
        recovered(till)
        return till

    deaths = list(SEEN.values())
    check(switch, deaths, each(deaths, die))


REFUNDED = ("RefundAsked after", "refund sent", "Refunded before")


def test_a_refund_survives_its_death(switch: SwitchProcess, tmp_path: Path) -> None:
    """Wherever `pos refund` dies, the money is given back once, and both sides know it."""

    def die(death: Death) -> Till:
        till = new_till(switch, tmp_path)
        paid = till.sell(switch.new_code()).last["request_id"]
        part = ("refund", paid, "--amount", "30.00")
        assert killed(till.pos(*part, dying_at=death.moment)), death
        recovered(till)
        return till

    deaths = [Death(moment) for moment in REFUNDED]
    tills = each(deaths, die)
    check(switch, deaths, tills)
    for till in tills:
        kinds = [entry["kind"] for entry in till.journal()]
        assert kinds.count("Refunded") == 1
