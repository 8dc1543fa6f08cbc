"""Payments by the till's static code: what their numbers mean, and which one to ask for next.

Apart, and pure, because these payments begin without the till. The switch numbers them without a
gap, `E-T01-000001` and on; the till asks for the next number and writes down how each one ended.
So a number that stands in the journal is never a new payment, and none is skipped.

    The first start looks for the newest number and writes it down: what came before is not shown.
    Every later start goes on from what is written, so that nothing is shown twice and what came
    while the till was off is shown, in the order of the numbers.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from pos.sale.money import Amount
from pos.sale.payment import Payment, Scenario, State
from pos.sale.view import Stage

# Open payments that one round asks past, so that one that stays open hides none behind it.
OPEN_ASKED_MAX = 24
NUMBER_MAX = 2**40

# How long the desk lies still in a stage before an inquiry is not in anybody's way, in seconds.
LULL_S = {Stage.READY: 0.0, Stage.OUTCOME: 3.0, Stage.SCANNING: 20.0}

_REQUEST_ID = re.compile(r"E-([A-Za-z0-9_-]{1,32})-([0-9]{6,13})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Watching:
    """From here on the payments of `terminal` are shown: those after `number`. `at`: Unix s."""

    terminal: str
    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """A signed final success of a payment by the static code; fields as of `payment.Paid`.

    `at` is Unix seconds: when it was paid by the switch's clock, or when it was heard of.
    """

    request_id: str
    payment_id: str
    amount: Amount
    at: float
    wallet: str = ""
    paid_at: str = ""
    customer_amount: Amount | None = None
    rate: str = ""
    savings: Amount | None = None


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A signed final failure or cancellation: nobody paid under this number, or ever will."""

    request_id: str
    result_code: str


ArrivalEvent = Watching | Arrived | Lapsed

ARRIVAL_EVENTS: tuple[type[ArrivalEvent], ...] = ArrivalEvent.__args__


class Found(StrEnum):
    """What the switch says of a number that is not final."""

    NOTHING = "nothing"  # there is no such payment
    OPEN = "open"  # a customer has begun and may still pay
    SILENCE = "silence"  # no answer, or none that says anything of it


Answer = Arrived | Lapsed | Found


def request_id(terminal: str, number: int) -> str:
    """The id under which the switch enters payment `number` of the till's static code."""
    return f"E-{terminal}-{number:06d}"


def numbered(request_id: str) -> tuple[str, int] | None:
    """Terminal and number of such an id; None for any other payment's."""
    match = _REQUEST_ID.fullmatch(request_id)
    return None if match is None else (match[1], int(match[2]))


def number_of(payment: Payment) -> int:
    """The number of a payment by the static code; 0 for a sale that the till itself began."""
    named = numbered(payment.request_id) if payment.scenario is Scenario.ENTRY_CODE else None
    return 0 if named is None else named[1]


def payment_of(arrived: Arrived) -> Payment:
    """The paid payment that arrived. It has no sale: nobody told the till what was bought."""
    return Payment(
        arrived.request_id,
        "",
        arrived.amount,
        Scenario.ENTRY_CODE,
        arrived.at,
        state=State.PAID,
        payment_id=arrived.payment_id,
        wallet=arrived.wallet,
        paid_at=arrived.paid_at,
        customer_amount=arrived.customer_amount,
        rate=arrived.rate,
        savings=arrived.savings,
        result_code="SUCCESS",
    )


@dataclass(frozen=True, slots=True)
class Watch:
    """What is written of a terminal's numbers: all to `number`, and those in `ahead`, are over."""

    number: int
    ahead: frozenset[int] = frozenset()

    def settled(self, number: int) -> "Watch":
        """The same with one more number over."""
        ahead, reached = {*self.ahead, number}, self.number
        while reached + 1 in ahead:
            reached += 1
        return Watch(reached, frozenset(each for each in ahead if each > reached))

    @property
    def newest(self) -> int:
        """The highest number that is over; 0 when there is none."""
        return max(self.ahead, default=self.number)

    def next_number(self, opened: frozenset[int]) -> int | None:
        """The number to ask for, past those found open in this round; None ends the round."""
        if len(opened) >= OPEN_ASKED_MAX:
            return None
        number = self.number + 1
        while number in self.ahead or number in opened:
            number += 1
        return number


@dataclass(frozen=True, slots=True)
class Search:
    """The newest number there is, by doubling and halving: `low` is there, `high` is not."""

    low: int = 0
    high: int | None = None

    @property
    def number(self) -> int:
        """The number to ask for next."""
        if self.high is None:
            return min(max(1, 2 * self.low), NUMBER_MAX)
        return (self.low + self.high) // 2

    @property
    def newest(self) -> int | None:
        """The newest number, or None while it is not known."""
        if self.high is None:
            return self.low if self.low >= NUMBER_MAX else None
        return self.low if self.high - self.low == 1 else None

    def learned(self, *, there: bool) -> "Search":
        """The search after the answer for `number`."""
        return replace(self, low=self.number) if there else replace(self, high=self.number)


def may_look(stage: Stage, waited_s: float) -> bool:
    """Whether an inquiry is in nobody's way after `waited_s` seconds of this stage."""
    return stage in LULL_S and waited_s >= LULL_S[stage]
