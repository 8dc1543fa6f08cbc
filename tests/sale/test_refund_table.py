"""The table of a refund's moves, walked in full, and how patiently an open refund is pursued.

Apart from the payment's, because a refund never changes the payment that it gives back from.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import IllegalMove
from pos.sale.money import Amount
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
    refund_due_s,
    step_refund,
)

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


@given(st.integers(0, 10_000), st.floats(0, 1e6))
def test_an_open_refund_is_asked_for_for_ever_and_ever_more_rarely(count: int, at: float) -> None:
    """There is always a next time, never sooner than the one before, never over five minutes."""
    wait_s = refund_due_s(RefundPursuit(at, count)) - at
    later_s = refund_due_s(RefundPursuit(at, count + 1)) - at
    assert 0 <= wait_s <= later_s + 1e-6 <= REFUND_RARELY_S + 1e-3
