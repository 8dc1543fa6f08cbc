"""How often one caller may come: token buckets, kept in memory by each process.

Apart from the doors so that the arithmetic of limits has a clock of its own, and because losing
these counts with a process loses nothing that matters.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

BUCKETS_MAX = 100_000
# Resolving what is open must go on when paying has long been too much.
RESOLVING_SHARE = 4


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` calls a second in the long run, `burst` of them at once; 0 per second: any number."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What each caller may do in one process of the switch.

    `paying` is for pay and refund, `resolving` for inquiries and cancels, each caller by itself.
    `strangers` is for all callers together who have not proved who they are. `wrong_codes` is
    for enrolments that failed, by network address.
    """

    paying: Rate = Rate(50, 200)
    resolving: Rate = Rate(50 * RESOLVING_SHARE, 200 * RESOLVING_SHARE)
    strangers: Rate = Rate(100, 1_000)
    wrong_codes: Rate = Rate(1 / 60, 10)

    @classmethod
    def of_paying(cls, per_s: float) -> "Limits":
        """The limits with `per_s` payments a second for each caller; 0: any number."""
        burst = max(4 * per_s, 1)
        share = RESOLVING_SHARE
        return cls(paying=Rate(per_s, burst), resolving=Rate(share * per_s, share * burst))


class Buckets:
    """A bucket for every key, full at first. Safe for many threads.

    Of more than `BUCKETS_MAX` keys the one unseen for longest is forgotten. `clock_s` is seconds
    of a clock that never steps back.
    """

    def __init__(self, rate: Rate, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one from the bucket of `key`; False when nothing is left in it."""
        return self._drawn(key, 1.0)

    def left(self, key: str) -> bool:
        """Whether there is one to take; takes none."""
        return self._drawn(key, 0.0)

    def _drawn(self, key: str, count: float) -> bool:
        if self._rate.per_s <= 0:
            return True
        now_s = self._clock_s()
        with self._lock:
            held, at_s = self._buckets.pop(key, (self._rate.burst, now_s))
            held = min(self._rate.burst, held + (now_s - at_s) * self._rate.per_s)
            enough = held >= 1.0
            self._buckets[key] = (held - count if enough else held, now_s)
            if len(self._buckets) > BUCKETS_MAX:
                self._buckets.popitem(last=False)
        return enough
