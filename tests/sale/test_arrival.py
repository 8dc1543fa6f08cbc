"""The numbers of a static code: which to ask for next, and what the answers make of them.

Apart from the engine's tests because these are rules, walked as tables.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import IllegalMove
from pos.sale.arrival import (
    LULL_S,
    NUMBER_MAX,
    OPEN_ASKED_MAX,
    Arrived,
    Lapsed,
    Search,
    Watch,
    Watching,
    may_look,
    numbered,
    request_id,
)
from pos.sale.history import History
from pos.sale.money import Amount
from pos.sale.payment import Opened, Scenario, State
from pos.sale.refund import RefundAsked
from pos.sale.view import Stage

PRICE = Amount(4_550, "NOK")


def arrived(number: int, terminal: str = "T01") -> Arrived:
    """A payment by the static code."""
    return Arrived(request_id(terminal, number), f"p{number}", PRICE, 1000.0, "Vipps")


def lapsed(number: int) -> Lapsed:
    """A number that nobody paid under."""
    return Lapsed(request_id("T01", number), "ORDER_IS_CLOSED")


def folded(*entries: object) -> History:
    """A history of these entries."""
    history = History()
    for entry in entries:
        assert history.would_change(entry)  # type: ignore[arg-type]
        history.apply(entry)  # type: ignore[arg-type]
    return history


@pytest.mark.parametrize(
    ("written", "opened", "number"),
    [
        (Watch(0), (), 1),
        (Watch(7), (), 8),
        (Watch(7), (8,), 9),
        (Watch(7), (8, 9), 10),
        (Watch(7).settled(9), (), 8),
        (Watch(7).settled(9), (8,), 10),
        (Watch(7).settled(8), (), 9),
        (Watch(7).settled(9).settled(8), (), 10),
        (Watch(7).settled(9).settled(11), (8, 10), 12),
        (Watch(0), range(1, OPEN_ASKED_MAX), OPEN_ASKED_MAX),
        (Watch(0), range(1, OPEN_ASKED_MAX + 1), None),
    ],
)
def test_the_next_number_is_the_first_that_nothing_is_known_of(
    written: Watch, opened: tuple[int, ...], number: int | None
) -> None:
    """Past what is over and what is open in this round, and not for ever past what is open."""
    assert written.next_number(frozenset(opened)) == number


@given(st.permutations(list(range(4, 15))))
def test_numbers_may_be_over_in_any_order(order: list[int]) -> None:
    """What is over is not asked for again, what is not always is, and nothing piles up."""
    watch = Watch(3)
    for count, number in enumerate(order, start=1):
        watch = watch.settled(number)
        left = sorted(set(range(4, 15)) - set(order[:count]))
        assert watch.next_number(frozenset()) == (left[0] if left else 15)
        assert watch.newest == max(3, *order[:count])
    assert watch == Watch(14)


@given(st.integers(0, NUMBER_MAX - 1))
def test_the_newest_number_is_found_in_few_questions(newest: int) -> None:
    """By doubling and halving, whatever it is."""
    search = Search()
    for asked in itertools.count():
        if search.newest is not None:
            break
        assert asked <= 2 * max(1, newest).bit_length() + 2
        search = search.learned(there=search.number <= newest)
    assert search.newest == newest


def test_a_switch_that_knows_every_number_does_not_hold_the_search_up() -> None:
    """It would be a fault of the switch; the search ends all the same."""
    search = Search()
    for _ in range(50):
        if search.newest is None:
            search = search.learned(there=True)
    assert search.newest == NUMBER_MAX


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("E-T01-000001", ("T01", 1)),
        ("E-T01-1000001", ("T01", 1_000_001)),
        ("E-a-b_c-000007", ("a-b_c", 7)),
        ("E-T01-00001", None),
        ("E--000001", None),
        ("F-T01-000001", None),
        ("E-T 1-000001", None),
        ("E-T01-٠٠٠٠٠١", None),
        ("0f3a", None),
    ],
)
def test_only_such_ids_are_read_as_numbers(text: str, named: tuple[str, int] | None) -> None:
    """Terminal and number, and back."""
    assert numbered(text) == named
    if named is not None:
        assert request_id(*named) == text


def test_an_arrival_is_a_paid_payment_like_any_other() -> None:
    """It can be given back in part, and it is open nowhere."""
    history = folded(Watching("T01", 0, 1.0), arrived(1))
    payment = history.payments["E-T01-000001"]
    assert (payment.state, payment.scenario) == (State.PAID, Scenario.ENTRY_CODE)
    assert (payment.amount, payment.payment_id, payment.wallet) == (PRICE, "p1", "Vipps")
    assert history.open_payments() == []
    history.apply(RefundAsked("f1", "E-T01-000001", Amount(550, "NOK"), 2.0))
    assert history.left("E-T01-000001") == 4_000


def test_a_payment_arrives_once() -> None:
    """The second time it is refused, whatever it says; so is the id of another payment."""
    history = folded(Watching("T01", 0, 1.0), arrived(1))
    for entry in (arrived(1), Arrived("E-T01-000001", "other", PRICE, 1.0)):
        with pytest.raises(IllegalMove):
            history.would_change(entry)
        with pytest.raises(IllegalMove):
            history.apply(entry)
    with pytest.raises(IllegalMove):
        history.apply(Opened("E-T01-000001", "s", PRICE, Scenario.PAYMENT_CODE, 1.0))
    assert history.watches == {"T01": Watch(1)}


def test_the_journal_says_where_to_go_on() -> None:
    """Each terminal by itself; a number without money is over too."""
    history = folded(
        Watching("T01", 5, 1.0), Watching("T02", 0, 1.0),
        arrived(7), lapsed(6), arrived(9), arrived(1, "T02"),
    )  # fmt: skip
    assert history.watches == {"T01": Watch(7, frozenset({9})), "T02": Watch(1)}
    assert list(history.payments) == ["E-T01-000007", "E-T01-000009", "E-T02-000001"]


def test_nobody_looks_while_a_sale_is_made() -> None:
    """A free desk at once, a desk that lies still after a while, and no other at all."""
    assert may_look(Stage.READY, 0.0)
    for stage in Stage:
        assert may_look(stage, 1e6) == (stage in LULL_S)
        assert stage is Stage.READY or not may_look(stage, 1.0)
