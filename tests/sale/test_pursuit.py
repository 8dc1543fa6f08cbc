"""How an open payment is pursued: when the switch is asked, and when patience ends.

Apart from the table of moves because this is patience, not money. Time is played here: a
pursuit is walked from act to act with the answers that a test gives.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale import pursuit as patience
from pos.sale.money import Amount
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Event,
    FoundCancelled,
    Opened,
    Paid,
    Payment,
    Scenario,
    State,
    StillOpen,
    StopReason,
    WindowClosed,
    step,
)
from pos.sale.pursuit import Act, Limits, Pursuit

LIMITS = Limits()
PRICE = Amount(12900, "NOK")
SILENCE = StillOpen("r1", "NO_ANSWER", heard=False)
IN_PROCESS = StillOpen("r1", "PAYMENT_IN_PROCESS")


def code_shown(life_s: float) -> StillOpen:
    """The answer to a shown code's payment."""
    return StillOpen("r1", "PAYMENT_IN_PROCESS", order_code="https://x/1", expires_in_s=life_s)


@dataclass
class Walk:
    """One payment pursued through time: every act with the second at which it was due."""

    payment: Payment
    pursuit: Pursuit
    now_s: float = 0.0
    acts: list[tuple[Act, float]] = field(default_factory=list)
    reasons: list[StopReason | None] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """An answer came."""
        if isinstance(event, StillOpen):
            self.pursuit = patience.heard(self.pursuit, event, self.now_s, LIMITS)
        self.payment = step(self.payment, event)

    def on(self, answer: Callable[[Act, float], Event], acts_max: int) -> None:
        """Do what is due until the payment is final or so many acts were done."""
        for _ in range(acts_max):
            due = patience.due(self.payment, self.pursuit, LIMITS)
            if due is None:
                return
            assert due.at_s >= self.now_s - 1e-9, "what is due lies in the past by one act"
            self.now_s = due.at_s
            self.acts.append((due.act, due.at_s))
            self.reasons.append(due.reason)
            self.pursuit = patience.acted(self.pursuit, due.act, self.now_s)
            if due.act is Act.GIVE_UP:
                assert due.reason is not None
                self.take(CancelAsked("r1", due.reason))
            else:
                self.take(answer(due.act, due.at_s))

    def times(self, act: Act) -> list[float]:
        """When this act was done."""
        return [at_s for each, at_s in self.acts if each is act]


def sent(scenario: Scenario = Scenario.PAYMENT_CODE, *, resumed: bool = False) -> Walk:
    """A payment sent at second 0, or found open then by a new process."""
    payment = step(None, Opened("r1", "s1", PRICE, scenario, 1000.0))
    return Walk(payment, patience.begin(0.0, resumed=resumed))


def always(event: Event) -> Callable[[Act, float], Event]:
    """The same answer to everything."""
    return lambda _act, _at: event


def test_silence_is_followed_by_an_inquiry_at_once() -> None:
    """The five seconds of silence are wait enough."""
    walk = sent()
    walk.take(SILENCE)
    walk.on(always(SILENCE), 3)
    assert walk.acts == [(Act.INQUIRE, 0.0), (Act.INQUIRE, 3.0), (Act.INQUIRE, 6.0)]


def test_an_answer_that_settles_nothing_is_followed_every_three_seconds() -> None:
    """First three seconds after it, then each three seconds after the last."""
    walk = sent()
    walk.take(IN_PROCESS)
    walk.on(always(IN_PROCESS), 4)
    assert walk.times(Act.INQUIRE) == [3.0, 6.0, 9.0, 12.0]


@pytest.mark.parametrize("answer", [SILENCE, IN_PROCESS])
def test_after_twenty_inquiries_the_payment_is_given_up_and_cancelled(answer: StillOpen) -> None:
    """At most twenty, then the decision with its reason, then the cancel at once."""
    walk = sent()
    walk.take(answer)
    walk.on(always(answer), 22)
    assert [act for act, _ in walk.acts] == [Act.INQUIRE] * 20 + [Act.GIVE_UP, Act.CANCEL]
    given_up_s = walk.times(Act.GIVE_UP)[0]
    assert given_up_s == walk.times(Act.INQUIRE)[-1] == walk.times(Act.CANCEL)[0]
    assert walk.payment.stop_reason is StopReason.TIMEOUT


def test_nothing_is_due_once_it_is_paid() -> None:
    """A final payment is left in peace."""
    walk = sent()
    walk.take(IN_PROCESS)
    walk.on(always(Paid("r1", "p1", PRICE)), 5)
    assert walk.acts == [(Act.INQUIRE, 3.0)]
    assert patience.due(walk.payment, walk.pursuit, LIMITS) is None


def test_a_shown_code_is_watched_until_it_expires_and_then_cancelled() -> None:
    """Every three seconds, once more at the last second, then EXPIRED."""
    walk = sent(Scenario.ORDER_CODE)
    walk.take(code_shown(100.0))
    walk.on(always(IN_PROCESS), 36)
    asked = walk.times(Act.INQUIRE)
    assert asked == [*(3.0 * n for n in range(1, 34)), 100.0]
    assert walk.times(Act.GIVE_UP) == [100.0]
    assert walk.payment.stop_reason is StopReason.EXPIRED
    assert walk.acts[-1] == (Act.CANCEL, 100.0)


@pytest.mark.parametrize(("life_s", "ends_s"), [(1e9, 180.0), (-5.0, 0.0), (0.0, 0.0)])
def test_the_life_of_a_shown_code_has_bounds(life_s: float, ends_s: float) -> None:
    """Never longer than three minutes; one that came too late is asked about and given up."""
    walk = sent(Scenario.ORDER_CODE)
    walk.take(code_shown(life_s))
    walk.on(always(IN_PROCESS), 100)
    assert walk.times(Act.GIVE_UP) == [ends_s]


def test_a_code_that_never_came_is_cancelled_after_one_inquiry() -> None:
    """Nobody can pay what nobody can see."""
    walk = sent(Scenario.ORDER_CODE)
    walk.take(SILENCE)
    walk.on(always(SILENCE), 3)
    assert [act for act, _ in walk.acts] == [Act.INQUIRE, Act.GIVE_UP, Act.CANCEL]


def test_the_operators_stop_asks_once_more_and_then_gives_up() -> None:
    """Both at once: the customer may have paid this very second."""
    walk = sent()
    walk.take(IN_PROCESS)
    walk.on(always(IN_PROCESS), 2)
    walk.now_s += 1.0
    before_s = walk.now_s
    walk.pursuit = patience.stopped(walk.pursuit, StopReason.OPERATOR)
    due = patience.due(walk.payment, walk.pursuit, LIMITS)
    assert due is not None
    assert (due.act, due.at_s <= before_s) == (Act.INQUIRE, True)
    walk.now_s = due.at_s
    walk.on(always(IN_PROCESS), 3)
    assert [act for act, _ in walk.acts[2:]] == [Act.INQUIRE, Act.GIVE_UP, Act.CANCEL]
    assert walk.payment.stop_reason is StopReason.OPERATOR


def test_the_last_inquiry_of_a_stop_may_find_it_paid() -> None:
    """Then it is paid: nothing was decided yet."""
    walk = sent()
    walk.pursuit = patience.stopped(walk.pursuit, StopReason.OPERATOR)
    walk.on(always(Paid("r1", "p1", PRICE)), 5)
    assert walk.acts == [(Act.INQUIRE, 0.0)]
    assert not walk.payment.state.open


def test_the_first_reason_to_stop_stands() -> None:
    """A second stop does not ask for a second last inquiry."""
    pursuit = patience.stopped(patience.begin(0.0, resumed=False), StopReason.OPERATOR)
    pursuit = patience.acted(pursuit, Act.INQUIRE, 1.0)
    assert patience.stopped(pursuit, StopReason.RESTART) is pursuit


@pytest.mark.parametrize("scenario", list(Scenario))
def test_a_restart_asks_at_once_at_most_three_times_and_gives_up(scenario: Scenario) -> None:
    """The code is gone, so nothing is paid again; a shown code is no longer shown."""
    walk = sent(scenario, resumed=True)
    walk.on(always(SILENCE), 5)
    assert walk.acts == [
        (Act.INQUIRE, 0.0), (Act.INQUIRE, 3.0), (Act.INQUIRE, 6.0),
        (Act.GIVE_UP, 6.0), (Act.CANCEL, 6.0),
    ]  # fmt: skip
    assert walk.payment.stop_reason is StopReason.RESTART


def cancelling() -> Walk:
    """A payment on which it was given up at second 0."""
    walk = sent()
    walk.take(CancelAsked("r1", StopReason.OPERATOR))
    return walk


def test_a_cancel_is_repeated_for_ever_and_more_and_more_rarely() -> None:
    """After 0, 1, 2, 5, 10, 20, 30 seconds, each minute for a quarter of an hour, then every 5."""
    walk = cancelling()
    walk.on(always(SILENCE), 60)
    at_s = walk.times(Act.CANCEL)
    assert len(at_s) == 60
    waits_s = [at_s[0], *(after - before for before, after in itertools.pairwise(at_s))]
    assert waits_s[:7] == [0, 1, 2, 5, 10, 20, 30]
    rarely = waits_s.index(300.0)
    assert set(waits_s[7:rarely]) == {60.0}
    assert 900.0 <= at_s[rarely - 1] < 960.0
    assert set(waits_s[rarely:]) == {300.0}


def test_a_cancel_that_was_refused_is_followed_by_an_inquiry_first() -> None:
    """Three seconds later; then the cancel goes on where it was."""
    walk = cancelling()
    walk.on(always(SILENCE), 1)
    walk.pursuit = patience.replace(walk.pursuit, ask_first=True)
    walk.on(always(SILENCE), 2)
    assert walk.acts == [(Act.CANCEL, 0.0), (Act.INQUIRE, 3.0), (Act.CANCEL, 4.0)]


def test_a_reversal_first_learns_what_it_reverses() -> None:
    """Without the switch's payment id it asks every three seconds; with it, it refunds."""
    walk = cancelling()
    walk.take(WindowClosed("r1", "v1"))
    walk.on(always(IN_PROCESS), 2)
    walk.take(Paid("r1", "p1", PRICE))
    walk.on(always(IN_PROCESS), 1)
    assert walk.acts == [(Act.INQUIRE, 3.0), (Act.INQUIRE, 6.0), (Act.REVERSE, 6.0)]


def test_a_reversal_and_an_inquiry_take_turns_and_become_rare() -> None:
    """The refund is repeated under its id; the inquiry sees if somebody cancelled by hand."""
    walk = cancelling()
    walk.take(WindowClosed("r1", "v1"))
    walk.take(Paid("r1", "p1", PRICE))
    walk.on(always(IN_PROCESS), 12)
    assert [act for act, _ in walk.acts] == [Act.REVERSE, Act.INQUIRE] * 6
    waits_s = [after - before for (_, before), (_, after) in itertools.pairwise(walk.acts)]
    assert waits_s == [3, 5, 3, 15, 3, 60, 3, 300, 3, 300, 3]
    walk.on(always(FoundCancelled("r1")), 2)
    assert walk.payment.state is State.CANCELLED


ANSWERS = st.sampled_from((SILENCE, IN_PROCESS, code_shown(30.0), code_shown(600.0)))


@given(
    st.sampled_from(list(Scenario)),
    st.booleans(),
    st.lists(ANSWERS, min_size=1, max_size=12),
    st.none() | st.integers(0, 30),
)
def test_whatever_is_answered_an_unsettled_payment_is_given_up(
    scenario: Scenario, resumed: bool, answers: list[StillOpen], stopped_after: int | None
) -> None:
    """Within a bounded time and number of questions, and from then on only the cancel counts."""
    walk = sent(scenario, resumed=resumed)
    walk.take(answers[0])
    for count in range(400):
        if count == stopped_after:
            walk.pursuit = patience.stopped(walk.pursuit, StopReason.OPERATOR)
        walk.on(always(answers[count % len(answers)]), 1)
        if walk.acts[-1][0] is Act.GIVE_UP:
            break
    assert walk.acts[-1][0] is Act.GIVE_UP
    assert walk.now_s <= 60 * LIMITS.order_code_life_s_max
    walk.on(always(IN_PROCESS), 10)
    assert {act for act, _ in walk.acts[-10:]} == {Act.CANCEL}
    walk.on(always(CancelDone("r1")), 2)
    assert not walk.payment.state.open
