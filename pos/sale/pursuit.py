"""What is due next for an open payment, and in how many seconds.

Apart from `payment` because this is patience, not money: it lives in memory, starts afresh
after a restart, and no mistake here can change what an answer means. Times are monotonic
seconds; the numbers are those of the in-store guidance and of reversal practice.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pos.sale.payment import Payment, Scenario, State, StillOpen, StopReason

DOUBLED_MAX = 16  # times that a wait is doubled, whatever its limit in seconds


class Act(StrEnum):
    """What the engine does next for a payment."""

    INQUIRE = "inquire"
    GIVE_UP = "give up"
    CANCEL = "cancel"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class Limits:
    """Waits in seconds and counts. Each loop they steer ends in a final state or a person."""

    poll_every_s: float = 3.0
    unheard_poll_s_max: float = 30.0
    inquiry_count_max: int = 20
    order_code_life_s_max: float = 180.0
    restart_inquiry_count_max: int = 3
    cancel_waits_s: tuple[float, ...] = (0, 1, 2, 5, 10, 20, 30)
    cancel_later_s: float = 60.0
    cancel_rarely_s: float = 300.0
    reversal_waits_s: tuple[float, ...] = (0, 5, 15, 60)
    person_after_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Pursuit:
    """How far the work on one open payment has come, since this process took it up.

    `asked_at_s` is when the switch was last asked anything; `stop` is why it is to end after
    one last inquiry; `ask_first` makes the next act in CANCELLING or REVERSING an inquiry.
    """

    began_s: float
    asked_at_s: float
    resumed: bool = False
    inquiry_count: int = 0
    cancel_count: int = 0
    reversal_count: int = 0
    heard: bool = True
    expires_s: float | None = None
    stop: StopReason | None = None
    asked_since_stop: bool = False
    ask_first: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The next act and the monotonic second at which it falls due."""

    act: Act
    at_s: float
    reason: StopReason | None = None


def begin(now_s: float, *, resumed: bool) -> Pursuit:
    """Take up a payment: just sent, or found open after a restart."""
    return Pursuit(began_s=now_s, asked_at_s=now_s, resumed=resumed)


def stopped(pursuit: Pursuit, reason: StopReason) -> Pursuit:
    """The same pursuit, to end after one last inquiry; the first reason stands."""
    if pursuit.stop is not None:
        return pursuit
    return replace(pursuit, stop=reason, asked_since_stop=False)


def acted(pursuit: Pursuit, act: Act, now_s: float) -> Pursuit:
    """The pursuit after `act` was carried out at `now_s`."""
    match act:
        case Act.INQUIRE:
            return replace(
                pursuit,
                asked_at_s=now_s,
                inquiry_count=pursuit.inquiry_count + 1,
                asked_since_stop=pursuit.stop is not None,
                ask_first=False,
            )
        case Act.CANCEL:
            return replace(pursuit, asked_at_s=now_s, cancel_count=pursuit.cancel_count + 1)
        case Act.REVERSE:
            # Somebody may have cancelled it by hand: then no refund can ever be final.
            count = pursuit.reversal_count + 1
            return replace(pursuit, asked_at_s=now_s, reversal_count=count, ask_first=True)
        case Act.GIVE_UP:
            return replace(pursuit, asked_at_s=now_s, inquiry_count=0, ask_first=False)


def heard(pursuit: Pursuit, event: StillOpen, now_s: float, limits: Limits) -> Pursuit:
    """The pursuit after an answer that settled nothing; notes when a shown code expires."""
    after = pursuit
    if event.heard is not pursuit.heard:
        after = replace(pursuit, heard=event.heard)
    if event.order_code and pursuit.expires_s is None:  # told again, it lives no longer
        life_s = min(max(event.expires_in_s, 0.0), limits.order_code_life_s_max)
        after = replace(after, expires_s=now_s + life_s)
    return after


def due(payment: Payment, pursuit: Pursuit, limits: Limits) -> Due | None:
    """What to do next for `payment`, or None when it is final."""
    match payment.state:
        case State.INTENT:
            return _due_intent(payment, pursuit, limits)
        case State.CANCELLING:
            if pursuit.ask_first:
                return Due(Act.INQUIRE, pursuit.asked_at_s + limits.poll_every_s)
            return Due(Act.CANCEL, pursuit.asked_at_s + _cancel_wait_s(pursuit, limits))
        case State.REVERSING:
            wait_s = _reversal_wait_s(pursuit, limits)
            if not payment.payment_id or pursuit.ask_first:
                return Due(Act.INQUIRE, pursuit.asked_at_s + limits.poll_every_s)
            return Due(Act.REVERSE, pursuit.asked_at_s + wait_s)
        case _:
            return None


def patient(pursuit: Pursuit, limits: Limits) -> Due:
    """What to do for a payment that may not be given up yet: inquire, ever more rarely."""
    beyond = min(max(0, pursuit.inquiry_count - limits.restart_inquiry_count_max), DOUBLED_MAX)
    wait_s = min(limits.poll_every_s * 2.0**beyond, limits.unheard_poll_s_max)
    return Due(Act.INQUIRE, pursuit.asked_at_s + wait_s)


def _due_intent(payment: Payment, pursuit: Pursuit, limits: Limits) -> Due:
    if pursuit.stop is not None:
        act = Act.GIVE_UP if pursuit.asked_since_stop else Act.INQUIRE
        return Due(act, pursuit.asked_at_s, pursuit.stop)
    if pursuit.resumed:
        return _due_counted(pursuit, limits, limits.restart_inquiry_count_max, StopReason.RESTART)
    if payment.scenario is Scenario.PAYMENT_CODE:
        return _due_counted(pursuit, limits, limits.inquiry_count_max, StopReason.TIMEOUT)
    expires_s = pursuit.expires_s
    if expires_s is None:
        # Nothing came that could be shown, so nobody can pay: make sure, then cancel.
        return _due_counted(pursuit, limits, 1, StopReason.TIMEOUT)
    next_s = pursuit.asked_at_s + limits.poll_every_s
    if pursuit.asked_at_s >= expires_s:
        return Due(Act.GIVE_UP, pursuit.asked_at_s, StopReason.EXPIRED)
    return Due(Act.INQUIRE, min(next_s, expires_s))


def _due_counted(pursuit: Pursuit, limits: Limits, count_max: int, reason: StopReason) -> Due:
    if pursuit.inquiry_count >= count_max:
        return Due(Act.GIVE_UP, pursuit.asked_at_s, reason)
    # Silence has already lasted its five seconds; a restart has no time to lose.
    at_once = pursuit.inquiry_count == 0 and (pursuit.resumed or not pursuit.heard)
    return Due(Act.INQUIRE, pursuit.asked_at_s + (0.0 if at_once else limits.poll_every_s))


def _cancel_wait_s(pursuit: Pursuit, limits: Limits) -> float:
    if pursuit.cancel_count < len(limits.cancel_waits_s):
        return limits.cancel_waits_s[pursuit.cancel_count]
    worked_s = pursuit.asked_at_s - pursuit.began_s
    return limits.cancel_later_s if worked_s < limits.person_after_s else limits.cancel_rarely_s


def _reversal_wait_s(pursuit: Pursuit, limits: Limits) -> float:
    if pursuit.reversal_count < len(limits.reversal_waits_s):
        return limits.reversal_waits_s[pursuit.reversal_count]
    return limits.cancel_rarely_s
