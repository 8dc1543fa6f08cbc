"""From which number the till's static code is watched, and whose numbers they are.

Apart from the arrivals themselves because here it is the start that matters.
"""

from collections.abc import Callable

import pytest

from pos.sale.view import notice
from tests.engine.conftest import Shop
from tests.engine.counter import LOOK_S, Counter, beside
from tests.engine.line import SILENCE_S, TAKES_S, Faults


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


def test_the_first_start_looks_for_the_newest_number(at: Counter) -> None:
    """By doubling and halving; it is written down, and what came before is never shown."""
    for _ in range(5):
        at.pay()
    at.shop.start(watches=True)
    began_s, count = at.shop.wall_s(), len(at.shop.views)
    at.shop.go_on(2.0)
    assert len(at.shop.views) == count  # nothing is drawn for it
    assert at.asked() == [1, 2, 4, 8, 6, 5, 6]
    kind, fields = at.shop.entries()[-1]
    assert (kind, fields["terminal"], fields["number"]) == ("Watching", "T01", 5)
    assert fields["at"] == began_s + 6 * TAKES_S
    assert (at.shop.view.arrived, at.shop.slips) == ((), [])


def test_silence_while_looking_for_the_newest_changes_nothing(at: Counter, faults: Faults) -> None:
    """The same number is asked for again, after a quarter of a minute."""
    at.pay()
    at.shop.start(watches=True)
    at.shop.line.plan("inquiryPayment", faults.lost)
    at.shop.go_on(60.0)
    assert at.asked()[:4] == [1, 1, 2, 2]
    looks = [each for each in at.shop.line.asked if each.reference.startswith("E-")]
    assert looks[1].at_s - looks[0].at_s == pytest.approx(SILENCE_S + 15.0, abs=1.0)
    assert at.shop.kinds()[-1] == "Watching"


def test_a_later_start_goes_on_from_what_is_written(till: Counter) -> None:
    """What came while the till was off is shown; the last written number is asked for first."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    till.pay()
    shop.start(watches=True)
    at = len(shop.line.asked)
    assert shop.view.arrived == ()
    shop.go_on(1.0)
    assert till.asked(at)[:2] == [1, 2]
    assert till.news() == [2]
    assert till.written("Arrived") == [1, 2]


def test_a_later_start_of_a_code_that_nobody_used_asks_for_the_first(till: Counter) -> None:
    """There is no number yet that the switch must know."""
    till.shop.start(watches=True)
    at = len(till.shop.line.asked)
    till.pay()
    till.shop.go_on(1.0)
    assert till.asked(at)[:1] == [1]
    assert till.news() == [1]


def test_a_look_that_brings_nothing_draws_nothing(till: Counter) -> None:
    """The screen is left alone: at the first look of a start, for an open one, and for none."""
    till.pay()
    till.shop.go_on(LOOK_S + 1.0)
    till.begin()
    till.shop.start(watches=True)
    count, at = len(till.shop.views), len(till.shop.line.asked)
    for _ in range(3):
        till.shop.work()
    assert till.asked(at) == [1, 2, 3]
    till.lapse()
    till.shop.fate.pass_time(LOOK_S)
    for _ in range(3):
        till.shop.work()
    assert till.written("Lapsed") == [3]
    assert len(till.shop.views) == count


def another(at: Counter, faults: Faults) -> None:
    """The switch knows another payment under this number than the till wrote down."""
    at.shop.line.plan("inquiryPayment", faults.altered(), faults.altered(paymentId="9" * 30))


def none_there(at: Counter, faults: Faults) -> None:
    """The switch knows no such number."""
    at.shop.line.plan("inquiryPayment", faults.altered(), faults.refused("ORDER_NOT_EXIST"))


@pytest.mark.parametrize("other", [another, none_there], ids=["another", "none"])
def test_numbers_of_another_switch_are_not_taken_for_ours(
    other: Callable[[Counter, Faults], None], till: Counter, faults: Faults
) -> None:
    """It is said gravely, and none is shown from then on."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    other(till, faults)
    shop.start(watches=True)
    shop.go_on(1.0)
    assert shop.view.watch == notice("static_code.other_books", grave=True)
    at = len(shop.line.asked)
    till.pay()
    shop.go_on(60.0)
    assert till.asked(at) == []
    assert till.written("Arrived") == [1]


def test_silence_over_the_last_number_is_no_answer(till: Counter, faults: Faults) -> None:
    """It is asked for again before any other."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    shop.line.plan("inquiryPayment", faults.altered(), faults.lost)
    shop.start(watches=True)
    at = len(shop.line.asked)
    shop.go_on(40.0)
    assert till.asked(at)[:3] == [1, 1, 2]
    assert shop.view.watch is None


def test_a_number_that_stands_here_already_is_no_new_payment(till: Counter) -> None:
    """Written under a watch of its own, it says that the numbers are others."""
    shop = till.shop
    till.pay()
    shop.go_on(LOOK_S + 1.0)
    shop.book.history.watches["T01"] = type(shop.book.history.watches["T01"])(0)
    shop.go_on(10.0)
    assert shop.view.watch == notice("static_code.other_books", grave=True)
    assert till.written("Arrived") == [1]
