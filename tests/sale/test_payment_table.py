"""The table of a payment's moves, walked in full against one written here by hand.

Apart from the product's table so that a slip in either is seen.
"""

import itertools

import pytest

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.sale.payment import (
    EVENTS,
    CancelAsked,
    CancelDone,
    CancelRefused,
    Declined,
    Event,
    FoundCancelled,
    Mismatch,
    NotSent,
    Opened,
    Paid,
    Payment,
    ReversalDone,
    Scenario,
    State,
    StillOpen,
    StopReason,
    WindowClosed,
    step,
)

PRICE = Amount(12900, "NOK")
IN_EUROS = Amount(1110, "EUR")
SAVED = Amount(1000, "NOK")

SAMPLES: dict[type[Event], Event] = {
    Opened: Opened("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1000.0, "f1"),
    Paid: Paid(
        "r1", "p1", PRICE, "Vipps", "2026-03-01T12:00:00Z", IN_EUROS, "NOK/EUR 0.086", SAVED
    ),
    Declined: Declined("r1", "USER_BALANCE_NOT_ENOUGH"),
    NotSent: NotSent("r1"),
    FoundCancelled: FoundCancelled("r1"),
    StillOpen: StillOpen("r1", "PAYMENT_IN_PROCESS", "p1", "https://x/1", 60.0),
    Mismatch: Mismatch("r1"),
    CancelAsked: CancelAsked("r1", StopReason.OPERATOR),
    CancelDone: CancelDone("r1"),
    CancelRefused: CancelRefused("r1", "ORDER_STATUS_INVALID"),
    WindowClosed: WindowClosed("r1", "v1"),
    ReversalDone: ReversalDone("r1"),
}

# One row per state, one column per event, as the specification reads: where it leads, or "-".
COLUMNS = (
    Opened, Paid, Declined, NotSent, FoundCancelled, StillOpen, Mismatch, CancelAsked,
    CancelDone, CancelRefused, WindowClosed, ReversalDone,
)  # fmt: skip
TABLE = """
none       INTENT     -          -         -        -         -          -          -          -         -          -         -
INTENT     -          PAID       DECLINED  DECLINED CANCELLED INTENT     CANCELLING CANCELLING -         -          -         -
CANCELLING -          CANCELLING CANCELLED -        CANCELLED CANCELLING CANCELLING CANCELLING CANCELLED CANCELLING REVERSING -
REVERSING  -          REVERSING  CANCELLED -        CANCELLED REVERSING  REVERSING  REVERSING  -         -          -         REVERSED
PAID       -          -          -         -        -         -          -          -          -         -          -         -
DECLINED   -          -          -         -        -         -          -          -          -         -          -         -
CANCELLED  -          -          -         -        -         -          -          -          -         -          -         -
REVERSED   -          -          -         -        -         -          -          -          -         -          -         -
"""  # noqa: E501
EXPECTED = {
    (None if name == "none" else State(name), event): None if to == "-" else State(to)
    for name, *cells in (line.split() for line in TABLE.strip().splitlines())
    for event, to in zip(COLUMNS, cells, strict=True)
}
STATES: tuple[State | None, ...] = (None, *State)


def in_state(state: State | None) -> Payment | None:
    """A payment that got where it is by moves of its own."""
    ways: dict[State | None, tuple[type[Event], ...]] = {
        State.INTENT: (Opened,),
        State.PAID: (Opened, Paid),
        State.DECLINED: (Opened, Declined),
        State.CANCELLING: (Opened, CancelAsked),
        State.CANCELLED: (Opened, CancelAsked, CancelDone),
        State.REVERSING: (Opened, CancelAsked, WindowClosed),
        State.REVERSED: (Opened, CancelAsked, WindowClosed, ReversalDone),
    }
    payment = None
    for each in ways.get(state, ()):
        payment = step(payment, SAMPLES[each])
    assert (payment.state if payment else None) is state
    return payment


def test_the_table_here_is_whole() -> None:
    """Every state and every event of the product stands in the table of this test."""
    assert set(COLUMNS) == set(EVENTS) == set(SAMPLES)
    assert set(EXPECTED) == set(itertools.product(STATES, EVENTS))


@pytest.mark.parametrize(
    ("state", "event"), EXPECTED, ids=lambda each: getattr(each, "__name__", each)
)
def test_every_pair_moves_as_listed_or_changes_nothing(
    state: State | None, event: type[Event]
) -> None:
    """A listed move leads where the table says; any other raises and leaves the payment alone."""
    before = in_state(state)
    kept = repr(before)
    target = EXPECTED[state, event]
    if target is None:
        with pytest.raises(IllegalMove, match=event.__name__):
            step(before, SAMPLES[event])
    else:
        assert step(before, SAMPLES[event]).state is target
    assert repr(before) == kept


@pytest.mark.parametrize("state", [each for each in State if not each.open])
def test_final_states_take_nothing(state: State) -> None:
    """No event at all moves a final payment."""
    assert all(EXPECTED[state, event] is None for event in EVENTS)


@pytest.mark.parametrize("event", [each for each in EVENTS if each is not Opened])
@pytest.mark.parametrize("state", list(State))
def test_an_event_of_another_payment_is_refused(state: State, event: type[Event]) -> None:
    """A foreign request id never moves a payment, whatever the event."""
    payment = in_state(state)
    fields = {name: getattr(SAMPLES[event], name) for name in SAMPLES[event].__slots__}
    foreign = event(**(fields | {"request_id": "r2"}))
    said = "r2 is not the payment r1" if EXPECTED[state, event] else event.__name__
    with pytest.raises(IllegalMove, match=said):
        step(payment, foreign)


@pytest.mark.parametrize("state", [State.INTENT, State.CANCELLING, State.REVERSING])
@pytest.mark.parametrize("amount", [Amount(12901, "NOK"), Amount(12900, "SEK")])
def test_a_success_over_another_amount_is_refused(state: State, amount: Amount) -> None:
    """Neither another value nor another currency can pay; the payment stays as it was."""
    payment = in_state(state)
    with pytest.raises(IllegalMove, match="does not pay"):
        step(payment, Paid("r1", "p1", amount))
    assert payment is not None
    assert payment.state is state


def test_an_intent_is_kept_whole() -> None:
    """Sale, price, who presents the code, when, and the digest of the code."""
    opened = in_state(State.INTENT)
    assert opened == Payment("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1000.0, "f1")


def test_a_success_is_kept_whole() -> None:
    """Payment id, wallet, time, customer's amount and rate stand on the paid payment."""
    paid = in_state(State.PAID)
    assert paid is not None
    assert (paid.payment_id, paid.wallet, paid.paid_at) == ("p1", "Vipps", "2026-03-01T12:00:00Z")
    assert (paid.customer_amount, paid.rate) == (IN_EUROS, "NOK/EUR 0.086")
    assert paid.savings == SAVED
    assert (paid.amount, paid.fingerprint, paid.result_code) == (PRICE, "f1", "SUCCESS")


def test_a_refusal_keeps_its_reason() -> None:
    """The switch's code stands on a declined payment, NOT_SENT on one that never left."""
    assert step(in_state(State.INTENT), SAMPLES[Declined]).result_code == "USER_BALANCE_NOT_ENOUGH"
    assert step(in_state(State.INTENT), SAMPLES[NotSent]).result_code == "NOT_SENT"


def test_a_late_success_is_remembered_and_changes_nothing_else() -> None:
    """While cancelling, a success leaves state and wishes alone and gives the refund its id."""
    before = in_state(State.CANCELLING)
    late = step(before, SAMPLES[Paid])
    assert (late.state, late.late_success, late.payment_id) == (State.CANCELLING, True, "p1")
    assert late.wallet == ""
    assert late.stop_reason is StopReason.OPERATOR
    assert step(late, SAMPLES[Paid]) is late
    # The newest id is the one that a refund has to name; none at all is a success all the same.
    assert step(late, Paid("r1", "p2", PRICE)).payment_id == "p2"
    assert step(before, Paid("r1", "", PRICE)).late_success


@pytest.mark.parametrize("event", [StillOpen, CancelAsked, CancelRefused, Mismatch])
def test_what_changes_nothing_gives_back_the_same_payment(event: type[Event]) -> None:
    """So that the journal is not filled with answers that say nothing new."""
    cancelling = in_state(State.CANCELLING)
    assert step(cancelling, SAMPLES[event]) is cancelling


def test_the_first_reason_to_stop_stands() -> None:
    """A payment that was given up for its amount is not later said to be the operator's doing."""
    given_up = step(in_state(State.INTENT), Mismatch("r1"))
    assert given_up.stop_reason is StopReason.MISMATCH
    again = step(given_up, CancelAsked("r1", StopReason.OPERATOR))
    assert again.stop_reason is StopReason.MISMATCH


def test_a_reversal_keeps_its_id() -> None:
    """The full refund in place of a cancel is asked for under one stored id."""
    reversing = in_state(State.REVERSING)
    assert reversing is not None
    assert reversing.reversal_id == "v1"
    assert step(reversing, SAMPLES[ReversalDone]).state is State.REVERSED
