"""The box office at one moment: what a visitor may buy, and for when.

Apart from the site, which never changes, because this depends on the clock and on what was sold;
and from the engine, so that every rule of it is walked by a test without either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pos.sale.order import Order
from pos.sale.site import Site

# Whoever buys an entry time has to be able to reach the door before it is over.
WALK_S = 300


@dataclass(frozen=True, slots=True)
class EntryTime:
    """From `starts_at` to `ends_at` (Unix seconds) `left` more persons may come in."""

    starts_at: int
    ends_at: int
    left: int


@dataclass(frozen=True, slots=True)
class BoxOffice:
    """One moment of it. `opens_at` and `closes_at` are today's (Unix seconds), 0 when closed.

    `sells` is whether tickets for today are sold now. `next_opens_at` is that of another day, 0
    when none is known. `entries` are those of today that are not over, full ones with 0 left.
    """

    site: Site
    day: date
    opens_at: int
    closes_at: int
    sells: bool
    next_opens_at: int
    entries: tuple[EntryTime, ...] = ()

    @property
    def sold_out(self) -> bool:
        """Whether no entry time of today has room, though the site lets people in by time."""
        return self.site.entry is not None and not any(each.left for each in self.entries)

    def entry_at(self, starts_at: int) -> EntryTime | None:
        """The entry time that begins then, while it may still be sold."""
        return next((each for each in self.entries if each.starts_at == starts_at), None)


def box_office_at(site: Site, at: float, taken: Callable[[int], int]) -> BoxOffice:
    """The box office at this Unix second; `taken` is how many persons an entry time has."""
    day = site.day_at(at)
    hours = site.hours_on(day)
    opens_at, closes_at = hours or (0, 0)
    entries: tuple[EntryTime, ...] = ()
    if site.entry is not None:
        capacity = site.entry.capacity
        entries = tuple(
            EntryTime(begin, end, max(0, capacity - taken(begin)))
            for begin, end in site.entry_times(day)
            if at <= end - min(WALK_S, (end - begin) // 2)
        )
    return BoxOffice(
        site,
        day,
        opens_at,
        closes_at,
        hours is not None and at < closes_at - 60 * site.last_entry_min,
        site.next_opening(day) or 0,
        entries,
    )


def persons_in(order: Order | None, *, timed: bool = False) -> int:
    """How many persons the order's tickets admit; with `timed`, those for an entry time alone."""
    if order is None:
        return 0
    return sum(line.persons * line.quantity for line in order.lines if line.timed or not timed)
