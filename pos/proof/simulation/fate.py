"""Chance, time and death: what no part of the simulation has of its own.

Apart because every decision must come from one seeded source, in one order, and every wait from
one clock, or a seed would not be a history.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


class TillDied(BaseException):
    """The till's process ended between two steps. Not an Exception: nothing may handle it."""


class SwitchDied(BaseException):
    """The switch's process ended between two of its transactions."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities: of each fault for each request, of each death for each step."""

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
    till_death: float = 0.012
    switch_death: float = 0.004


NONE = Rates(*(0.0,) * 13)


@dataclass(slots=True)
class Fate:
    """One random source, one clock, one agenda of what is to happen by itself.

    `now_s` is monotonic seconds, `epoch_s` the Unix second at which it was zero. `calm` ends all
    faults. `till_dies_at` names one step of the till, counted from 1, at which it dies.
    """

    seed: int
    rates: Rates
    chance: random.Random = field(init=False)
    now_s: float = 0.0
    epoch_s: float = 0.0
    calm: bool = False
    till_dies_at: int = 0
    till_step_count: int = 0
    till_death_count: int = 0
    switch_death_count: int = 0
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _entered: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        day = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
        hour = self.chance.choice((8.0, 12.0, 15.6, 15.95, 16.2))  # cancelling ends at 16:15 UTC
        self.epoch_s = day + 3600.0 * hour

    def strikes(self, probability: float) -> bool:
        """Whether a fault of this probability happens now."""
        return not self.calm and self.chance.random() < probability

    def wall_s(self) -> float:
        """Unix seconds."""
        return self.epoch_s + self.now_s

    def utc(self) -> datetime:
        """The same as the switch reads it."""
        return datetime.fromtimestamp(self.wall_s(), UTC)

    def till_step(self) -> None:
        """A point at which the till may die."""
        self.till_step_count += 1
        if self.till_step_count == self.till_dies_at or self.strikes(self.rates.till_death):
            self.till_death_count += 1
            raise TillDied

    def switch_step(self) -> None:
        """A point at which the switch may die."""
        if self.strikes(self.rates.switch_death):
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
