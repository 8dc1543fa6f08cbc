"""The till's static code: what customers paid there is found, written, shown and printed once.

Apart from the sales because the till asked for none of it.
"""

import itertools

import pytest

from pos.sale.arrival import OPEN_ASKED_MAX
from pos.sale.input import CameraSays, Charge, Presenting, PrinterSays
from pos.sale.view import Stage
from tests.engine.conftest import OPENS_S, Shop
from tests.engine.counter import LOOK_S, Counter, beside
from tests.engine.line import TAKES_S, Faults


@pytest.fixture
def at(shop: Shop) -> Counter:
    """A till that has not been started, with a sticker of its own."""
    return beside(shop)


@pytest.fixture
def till(at: Counter) -> Counter:
    """A till at work that watches its static code, of which nothing was paid before."""
    at.shop.start(watches=True)
    at.watching()
    return at


def test_a_look_is_short(till: Counter) -> None:
    """Whoever comes to the desk meanwhile does not wait for it for long."""
    till.shop.go_on(5.0)
    looks = [each for each in till.shop.line.asked if each.reference.startswith("E-")]
    assert {each.total_s for each in looks} == {1.0}


def test_a_till_that_does_not_watch_asks_for_nothing(at: Counter) -> None:
    """Nor writes, nor shows."""
    at.shop.start()
    at.pay()
    at.shop.go_on(30.0)
    assert at.asked() == []
    assert "Watching" not in at.shop.kinds()
    assert at.shop.view.watch is None


def test_what_is_paid_is_written_then_shown_and_printed(till: Counter) -> None:
    """Within three seconds, once, with everything that the customer's app knew."""
    shop = till.shop
    seq, count = shop.book.seq, len(shop.views)
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    arrived, begun = shop.entries(seq)
    assert (arrived[0], begun[0]) == ("Arrived", "ReceiptBegun")
    assert arrived[1]["amount"] == {"value": 4550, "currency": "NOK"}
    assert (arrived[1]["request_id"], arrived[1]["wallet"]) == ("E-T01-000001", "Vipps")
    assert till.news() == [1]
    assert shop.slips == [("E-T01-000001", 1)]
    assert len(shop.views) > count
    assert shop.view.stage is Stage.READY
    assert shop.view.recent[0].static_number == 1
    at = len(shop.line.asked)
    shop.go_on(30.0)
    assert shop.kinds(seq) == ["Arrived", "ReceiptBegun"]
    assert set(till.asked(at)) == {2}


@pytest.mark.parametrize("told", ["2026-03-01T09:00:00+00:00", "some time ago", None])
def test_an_arrival_has_the_moment_at_which_it_was_paid(
    told: str | None, till: Counter, faults: Faults
) -> None:
    """By the switch's clock; where it does not say, by the till's when it heard of it."""
    shop = till.shop
    till.pay()
    shop.fate.pass_time(LOOK_S)
    shop.line.plan("inquiryPayment", faults.altered(paymentTime=told))
    before_s = shop.wall_s()
    shop.work()
    kind, arrived = shop.entries()[-2]
    assert kind == "Arrived"
    nine_s = OPENS_S - 3600.0
    assert arrived["at"] == (nine_s if told and told.startswith("2026") else before_s)


def test_a_look_is_followed_by_whatever_is_due(till: Counter) -> None:
    """At once; and when the round is over the till rests until the next."""
    shop = till.shop
    till.begin()
    shop.fate.pass_time(LOOK_S)
    shop.engine.handle(CameraSays(None))
    assert [shop.work(), shop.work()] == [0.0, 0.0]
    assert shop.work() == LOOK_S


def test_a_round_comes_every_three_seconds(till: Counter) -> None:
    """Counted from the answer."""
    till.shop.go_on(30.0)
    looks = [each.at_s for each in till.shop.line.asked if each.reference.startswith("E-")][2:]
    between = [round(b - a, 3) for a, b in itertools.pairwise(looks)]
    assert set(between) == {LOOK_S + TAKES_S}


def test_the_next_is_taken_when_the_slip_of_the_last_is_printed(till: Counter) -> None:
    """Or after five seconds; so many slips come out one after the other, in their order."""
    shop = till.shop
    till.pay()
    till.pay()
    till.pay()
    shop.go_on(LOOK_S + 0.5)
    assert till.news() == [1]
    shop.engine.handle(PrinterSays("something else"))
    shop.go_on(1.0)
    assert till.news() == [1]
    shop.engine.handle(PrinterSays("E-T01-000001"))
    shop.go_on(0.5)
    assert till.news() == [1, 2]
    two_s = shop.fate.now_s
    shop.go_on(4.0)
    assert till.news() == [1, 2]
    shop.go_on(two_s + 6.0 - shop.fate.now_s)
    assert till.news() == [1, 2, 3]
    assert [number for _, number in shop.slips] == [1, 2, 3]


def test_without_a_printer_the_next_follows_at_once(at: Counter) -> None:
    """Nothing has to come out first."""
    at.shop.start(watches=True, paper=None)
    at.watching()
    at.pay()
    at.pay()
    at.shop.go_on(LOOK_S + 1.0)
    assert at.news() == [1, 2]
    assert at.shop.kinds()[-2:] == ["Arrived", "Arrived"]


def test_a_payment_that_stays_open_hides_none_behind_it(till: Counter) -> None:
    """Asked about in every round, and passed; one that nobody pays is over in the end."""
    shop = till.shop
    first = till.begin()
    till.pay()
    till.lapse()
    at = len(shop.line.asked)
    shop.go_on(LOOK_S + 12.0)
    assert (till.news(), till.written("Arrived"), till.written("Lapsed")) == ([2], [2], [3])
    rounds = till.asked(at)
    assert rounds[:2] == [1, 2]
    assert rounds.count(1) >= 2
    shop.switch.scheme.customers.approve("vipps", first)
    shop.go_on(LOOK_S + 1.0)
    assert till.news() == [2, 1]


def test_so_many_open_ones_end_a_round(till: Counter) -> None:
    """The next round begins with the first again, three seconds later."""
    for _ in range(OPEN_ASKED_MAX - 5):
        till.begin()
    at = len(till.shop.line.asked)
    till.shop.go_on(LOOK_S + 10.0)
    asked = till.asked(at)
    count = OPEN_ASKED_MAX - 4
    assert asked[:count] == list(range(1, count + 1))
    assert asked[count] == 1


def test_news_are_shown_for_two_minutes(till: Counter) -> None:
    """Then they stand among the last sales only, and the screen is told."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    arrived_s = next(at for at in [shop.fate.now_s] if till.news() == [1])
    shop.go_on(115.0)
    assert till.news() == [1]
    shop.go_on(10.0)
    assert till.news() == []
    assert shop.fate.now_s - arrived_s < 130.0
    assert shop.view.recent[0].static_number == 1


def test_news_end_in_time_though_nothing_can_be_asked(till: Counter, faults: Faults) -> None:
    """On a line that is down the screen is cleared all the same."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    shop.line.plan("inquiryPayment", *[faults.lost] * 100)
    shop.go_on(110.0)
    assert till.news() == [1]
    at = len(shop.line.asked)
    shop.go_on(20.0)
    assert till.news() == []
    assert till.asked(at) == []


def test_only_the_newest_hundred_are_news(at: Counter) -> None:
    """The screen counts those that it does not show."""
    at.shop.start(watches=True, paper=None)
    at.watching()
    for _ in range(103):
        at.pay()
    for _ in range(103):
        at.shop.go_on()
        at.shop.fate.pass_time(0.01)
    at.shop.go_on(LOOK_S + 1.0)
    assert at.written("Arrived") == list(range(1, 104))
    assert at.news() == [101, 102, 103]
    assert at.shop.view.arrived_more == 97


def test_nobody_is_asked_while_a_sale_lies_on_the_desk(till: Counter) -> None:
    """What came meanwhile is taken when the desk lies still again."""
    shop = till.shop
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.pay()
    at = len(shop.line.asked)
    shop.go_on(19.0)
    assert till.asked(at) == []
    shop.go_on(3.0)
    assert till.written("Arrived") == [1]


def test_an_arrival_that_cannot_be_written_is_not_shown(till: Counter) -> None:
    """The till halts instead, says so at once, and asks for no more that it could not write."""
    shop = till.shop
    till.pay()
    shop.break_disk("write", "sync")
    count, at = len(shop.views), len(shop.line.asked)
    shop.go_on(30.0)
    assert (till.news(), shop.slips) == ([], [])
    assert len(shop.views) > count
    assert shop.view.stopped is not None
    assert till.asked(at) == [1]
