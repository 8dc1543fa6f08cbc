"""A start after a death that left very much open, or what can never be ended."""

import random
from collections import Counter

import pytest

from pos.scheme.partners import PartnerUnreachable
from pos.scheme.pursuit import QUIET_MS, Pursuit
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from tests.scheme.conftest import Desk, check_agreement
from tests.scheme.test_deaths import Line, Reached, restarted
from tests.scheme.test_operations import states

TAKEN_UP = 30  # by a start, here; in service it is a thousand
BEYOND = 12
STEPS_MAX = 100


class AlwaysCut(Line):
    """The wallets do what they are asked, and nobody ever hears of it."""

    def strike(self, call: str, when: str) -> None:
        """After every call."""
        if when == "after":
            raise PartnerUnreachable(call)


@pytest.fixture
def quick(database):
    """A database of either engine that does not wait for a disk: nothing here kills it."""
    with Store.open(database, durable=False) as opened:
        yield opened


@pytest.fixture
def left(quick, clock):
    """A desk whose switch will leave everything open."""
    line = AlwaysCut({})
    chance = random.Random(7).randbytes
    return Desk(open_scheme(quick, clock, chance, reach=lambda w: Reached(w, line)), clock)


def test_more_than_a_start_takes_up_is_driven_on_by_the_worker(quick, clock, left, monkeypatch):
    """More payments were charged and not written down than the start takes up: it ends as many as
    it does, and the worker all others, after the minute for which they are left to their tills.
    """
    monkeypatch.setattr("pos.scheme.book.RECOVERED_AT_ONCE_MAX", TAKEN_UP)
    for number in range(TAKEN_UP + BEYOND):
        left.pay(f"r-{number:04}", value=100, code=left.code())
        clock.advance(milliseconds=1)
    desk = restarted(left)
    assert Counter(states(quick)) == {"SUCCEEDED": TAKEN_UP, "WALLET_PENDING": BEYOND}
    clock.advance(milliseconds=QUIET_MS)
    _pursue(Pursuit(quick, desk.scheme.book, clock))
    assert set(states(quick)) == {"SUCCEEDED"}
    check_agreement(quick)


def test_a_start_that_may_take_no_time_leaves_everything_to_the_worker(quick, clock, left):
    """Nothing is asked before the switch answers, nothing is forgotten, and all of it ends."""
    for number in range(3):
        left.pay(f"r-{number}", code=left.code())
    book = open_scheme(quick, clock, random.Random(8).randbytes).book
    assert book.recover(seconds_max=0) == 3
    assert set(states(quick)) == {"WALLET_PENDING"}
    clock.advance(milliseconds=QUIET_MS)
    _pursue(Pursuit(quick, book, clock))
    assert set(states(quick)) == {"SUCCEEDED"}


def test_what_can_never_be_ended_does_not_stop_the_start(quick, clock, left):
    """A payment whose wallet holds something impossible stays open; the others are ended."""
    for number in range(3):
        left.pay(f"r-{number}", code=left.code())
    with quick.write() as connection:
        connection.exec_driver_sql(
            "UPDATE wallet_charge SET behaviour = 'unheard-of', state = 'pending' WHERE payment_id"
            " = (SELECT payment_id FROM payment WHERE request_id = 'r-0')"
        )
    restarted(left)
    assert Counter(states(quick)) == {"SUCCEEDED": 2, "WALLET_PENDING": 1}


def _pursue(pursuit: Pursuit) -> None:
    """Steps until there is no more."""
    for _ in range(STEPS_MAX):
        if not pursuit.drive_on():
            return
    raise AssertionError("the worker found no end")
