"""Chance, time and death: what no part of the simulation has of its own.

Apart because every decision must come from one seeded source, in one order, and every wait from
one clock, or a seed would not be a history.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

# Hours of the day at which a shop opens; cancelling ends at 16:15 UTC, for what was paid by 16:00.
MORNING_HOURS = (1.0, 8.0)
HOURS = (8.0, 12.0, 15.6, 15.9, 15.97, 16.2)
DAY_S = 86_400.0
EVENING_S = 15.99 * 3600.0
DAY = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


class TillDied(BaseException):
    """The till's process ended between two steps. Not an Exception: nothing may handle it."""


class SwitchDied(BaseException):
    """The switch's process ended between two of its transactions."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities: of each fault for each request, of each death for each step.

    `clock_jump` is for each sale and till, `evening` for each sale, which then is one of the last
    that can be cancelled until 16:15, `long_outage` for each outage, `printer_fault` for each
    slip, `disk_forgets` for each death of a till whose card acknowledged what it had not kept,
    `amount_altered` for each payment that a faulty switch takes for another amount than was asked.
    """

    not_sent: float = 0.02
    request_lost: float = 0.05
    request_late: float = 0.06
    request_doubled: float = 0.05
    answer_lost: float = 0.07
    answer_unsigned: float = 0.02
    answer_garbage: float = 0.02
    answer_stale: float = 0.03
    door_shut: float = 0.05
    outage: float = 0.006
    wallet_unreachable: float = 0.04
    till_death: float = 0.006
    switch_death: float = 0.003
    clock_jump: float = 0.15
    printer_fault: float = 0.1
    disk_forgets: float = 0.0
    amount_altered: float = 0.0
    long_outage: float = 0.25
    evening: float = 0.02


NONE = Rates(*(0.0,) * 19)
STORM = Rates(
    request_late=0.15,
    answer_lost=0.1,
    door_shut=0.12,
    till_death=0.03,
    wallet_unreachable=0.15,
)
SILENCES = Rates(request_lost=0.3, request_late=0.1, answer_lost=0.2)
ECHOES = Rates(answer_stale=0.4, amount_altered=0.15, evening=0.0)
LYING_CARD = Rates(disk_forgets=0.6, till_death=0.02)
CLOSING = Rates(evening=1.0, outage=0.06, long_outage=0.8)

WEATHERS = {
    "fair": NONE,
    "usual": Rates(),
    "storm": STORM,
    "silences": SILENCES,
    "echoes": ECHOES,
    "lying card": LYING_CARD,
    "closing": CLOSING,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """At which step of a sale, counted from 1, the till or the switch is to die; 0 for never."""

    till_dies_at: int = 0
    switch_dies_at: int = 0


@dataclass(slots=True)
class Fate:
    """One random source, one clock, one agenda of what is to happen by itself.

    `now_s` is monotonic seconds, `epoch_s` the Unix second at which it was zero. `calm` ends all
    faults. `chance` may be wound back to tell the same story again; `names` never is, because an
    id or a code is never made twice.
    """

    seed: int
    rates: Rates
    chance: random.Random = field(init=False)
    names: random.Random = field(init=False)
    now_s: float = 0.0
    epoch_s: float = 0.0
    calm: bool = False
    plan: Plan = field(default_factory=Plan)
    till_step_count: int = 0
    switch_step_count: int = 0
    till_death_count: int = 0
    switch_death_count: int = 0
    fault_count: int = 0
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _entered: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.names = random.Random(f"names of {self.seed}")
        # A payment taken for another amount, and too late to cancel, is left to a person for ever.
        hours = MORNING_HOURS if self.rates.amount_altered else HOURS
        self.epoch_s = DAY + 3600.0 * self.chance.choice(hours)

    def begin(self, story: int, plan: Plan) -> None:
        """Let the next sale go as the story `story` goes, but for what `plan` adds to it."""
        self.chance.seed(story)
        self.plan = plan
        self.till_step_count = self.switch_step_count = 0

    def strikes(self, probability: float) -> bool:
        """Whether a fault of this probability happens now."""
        return probability > 0.0 and not self.calm and self.chance.random() < probability

    def until_evening_s(self) -> float:
        """Seconds until the last moments of the switch's business day, which ends at 16:00 UTC."""
        of_day_s = (self.epoch_s + self.now_s) % DAY_S
        return (EVENING_S - of_day_s) % DAY_S

    def utc(self) -> datetime:
        """The time as the switch, whose clock is right, reads it."""
        return datetime.fromtimestamp(self.epoch_s + self.now_s, UTC)

    def till_step(self) -> None:
        """A point at which the till may die."""
        self.till_step_count += 1
        planned = self.till_step_count == self.plan.till_dies_at
        if planned or self.strikes(self.rates.till_death):
            self.till_death_count += 1
            raise TillDied

    def switch_step(self) -> None:
        """A point at which the switch may die."""
        self.switch_step_count += 1
        planned = self.switch_step_count == self.plan.switch_dies_at
        if planned or self.strikes(self.rates.switch_death):
            self.switch_death_count += 1
            raise SwitchDied

    def later(self, in_s: float, act: Callable[[], None]) -> None:
        """Let `act` happen by itself in `in_s` seconds."""
        self._entered += 1
        heapq.heappush(self._agenda, (self.now_s + in_s, self._entered, act))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything on the agenda happen in its turn."""
        until_s = self.now_s + seconds
        while self._agenda and self._agenda[0][0] <= until_s:
            at_s, _, act = heapq.heappop(self._agenda)
            self.now_s = max(self.now_s, at_s)
            act()
        self.now_s = max(self.now_s, until_s)

    def next_s(self) -> float | None:
        """Seconds until the next thing on the agenda; None when it is empty."""
        return max(0.0, self._agenda[0][0] - self.now_s) if self._agenda else None
