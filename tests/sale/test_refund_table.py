"""The table of a refund's moves, walked in full, and how patiently an open refund is pursued.

Apart from the payment's, because a refund never changes the payment that it gives back from.
"""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.payment import Payment, Scenario, State
from pos.sale.refund import (
    REFUND_EVENTS,
    REFUND_RARELY_S,
    Refund,
    RefundAsked,
    Refunded,
    RefundEvent,
    RefundOpen,
    RefundPursuit,
    RefundRefused,
    RefundState,
    check_asked,
    refund_due_s,
    step_refund,
)
from pos.sale.return_line import ReturnLine

BACK = Amount(500, "NOK")
SAMPLES: dict[type[RefundEvent], RefundEvent] = {
    RefundAsked: RefundAsked("f1", "r1", BACK, 1000.0),
    Refunded: Refunded("f1", "sf1"),
    RefundRefused: RefundRefused("f1", "REFUND_AMOUNT_EXCEED"),
    RefundOpen: RefundOpen("f1", "REFUND_IN_PROCESS"),
}
LISTED = {
    (None, RefundAsked): RefundState.ASKED,
    (RefundState.ASKED, Refunded): RefundState.REFUNDED,
    (RefundState.ASKED, RefundRefused): RefundState.REFUSED,
    (RefundState.ASKED, RefundOpen): RefundState.ASKED,
}
PAIRS = list(itertools.product((None, *RefundState), REFUND_EVENTS))


def in_state(state: RefundState | None) -> Refund | None:
    """A refund that got where it is by moves of its own."""
    if state is None:
        return None
    asked = step_refund(None, SAMPLES[RefundAsked])
    last = {RefundState.REFUNDED: Refunded, RefundState.REFUSED: RefundRefused}.get(state)
    return asked if last is None else step_refund(asked, SAMPLES[last])


def test_every_event_has_its_place() -> None:
    """No event of the product is missing here."""
    assert set(SAMPLES) == set(REFUND_EVENTS)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_moves_as_listed_or_changes_nothing(
    state: RefundState | None, event: type[RefundEvent]
) -> None:
    """A listed move leads where the table says; any other raises and leaves the refund alone."""
    before = in_state(state)
    kept = repr(before)
    if (state, event) in LISTED:
        assert step_refund(before, SAMPLES[event]).state is LISTED[state, event]
    else:
        with pytest.raises(IllegalMove, match=event.__name__):
            step_refund(before, SAMPLES[event])
    assert repr(before) == kept


@pytest.mark.parametrize(
    "event", [Refunded("f2", "sf1"), RefundRefused("f2", "X"), RefundOpen("f2")]
)
def test_an_event_of_another_refund_is_refused(event: RefundEvent) -> None:
    """A foreign refund id moves nothing."""
    with pytest.raises(IllegalMove, match="is not the refund"):
        step_refund(in_state(RefundState.ASKED), event)


def test_an_open_answer_changes_nothing() -> None:
    """The same object comes back, so nothing is journaled."""
    asked = in_state(RefundState.ASKED)
    assert step_refund(asked, SAMPLES[RefundOpen]) is asked


def test_the_outcome_is_kept() -> None:
    """The switch's id of a refund, or its reason to refuse it."""
    done, refused = in_state(RefundState.REFUNDED), in_state(RefundState.REFUSED)
    assert done is not None
    assert refused is not None
    assert (done.switch_refund_id, refused.result_code) == ("sf1", "REFUND_AMOUNT_EXCEED")


PAID = Payment("r1", "s1", Amount(2_000, "NOK"), Scenario.PAYMENT_CODE, 1.0, state=State.PAID)
SOLD = Order("s1", "NOK", (Line("Bolle", 500, 2), Line("Kaffe", 1_000)))
NO_PAYMENT = "There is no payment r1 to give back from."
NOT_THESE = "These lines of r1 cannot be given back."


def asked(value: int, *lines: ReturnLine, currency: str = "NOK") -> RefundAsked:
    """So much is asked for, of these goods."""
    return RefundAsked("f1", "r1", Amount(value, currency), 2.0, lines)


@pytest.mark.parametrize(
    ("wanted", "payment", "left", "order", "before"),
    [
        (asked(2_000), PAID, 2_000, None, []),
        (asked(1), PAID, 1, SOLD, []),
        (asked(500, ReturnLine(0, 1)), PAID, 2_000, SOLD, []),
        (asked(500, ReturnLine(0, 1)), PAID, 1_500, SOLD, [ReturnLine(0, 1)]),
        (asked(2_000, ReturnLine(0, 2), ReturnLine(1, 1)), PAID, 2_000, SOLD, []),
    ],
)
def test_what_is_left_and_was_sold_may_go_back(
    wanted: RefundAsked, payment: Payment, left: int, order: Order, before: list[ReturnLine]
) -> None:
    """To the last coin; goods for what they cost."""
    check_asked(wanted, payment, left, order, before)


@pytest.mark.parametrize(
    ("wanted", "payment", "left", "order", "before", "why"),
    [
        (asked(1), None, 2_000, SOLD, [], NO_PAYMENT),
        (asked(1, currency="EUR"), PAID, 2_000, SOLD, [], NO_PAYMENT),
        (asked(401), PAID, 400, SOLD, [], "Of r1 only 400 is left to give back."),
        (asked(500, ReturnLine(0, 1)), PAID, 499, SOLD, [], "Of r1 only 499 is left to give back."),
        (
            asked(500, ReturnLine(0, 1)), PAID, 2_000, None, [],
            "The sale of r1 has no lines to give back.",
        ),
        (asked(499, ReturnLine(0, 1)), PAID, 2_000, SOLD, [], NOT_THESE),
        (asked(1_500, ReturnLine(0, 3)), PAID, 2_000, SOLD, [], NOT_THESE),
        (asked(500, ReturnLine(0, 1)), PAID, 2_000, SOLD, [ReturnLine(0, 2)], NOT_THESE),
        (asked(1, ReturnLine(2, 1)), PAID, 2_000, SOLD, [], NOT_THESE),
    ],
)  # fmt: skip
def test_anything_else_is_no_move(
    wanted: RefundAsked,
    payment: Payment | None,
    left: int,
    order: Order | None,
    before: list[ReturnLine],
    why: str,
) -> None:
    """A journal or a witness that says so is not believed, and the reason is a sentence."""
    with pytest.raises(IllegalMove, match=f"^{re.escape(why)}$"):
        check_asked(wanted, payment, left, order, before)


@given(st.integers(0, 10_000), st.floats(0, 1e6))
def test_an_open_refund_is_asked_for_for_ever_and_ever_more_rarely(count: int, at: float) -> None:
    """There is always a next time, never sooner than the one before, never over five minutes."""
    wait_s = refund_due_s(RefundPursuit(at, count)) - at
    later_s = refund_due_s(RefundPursuit(at, count + 1)) - at
    assert 0 <= wait_s <= later_s + 1e-6 <= REFUND_RARELY_S + 1e-3
