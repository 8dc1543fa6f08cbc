"""A place with an entrance: when it is open, what its tickets are, and when one may come in.

Apart from the file that it is read from, and from the till, because opening hours and entry times
are rules that a test can walk. Days and minutes are those of the site's own time zone; moments are
whole Unix seconds.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pos.sale.catalogue import Catalogue, Product
from pos.sale.money import Amount
from pos.sale.vat import VatClass

DAY_MIN = 24 * 60
# How far ahead an opening is looked for: a site that opens for one season has one a year.
AHEAD_DAYS_MAX = 400
BACK_DAYS_MAX = 8

Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Open from minute `opens` of the day to minute `closes`, which may be 1440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class TicketType:
    """One kind of ticket. `price` includes VAT and is for one ticket, which admits `persons`.

    At most `limit` are sold in one purchase. A `timed` one is for an entry time, any other for
    the day. `names` are (language, name), the site's own language first.
    """

    reference: str
    names: Names
    price: Amount
    vat: VatClass
    persons: int = 1
    limit: int = 10
    timed: bool = False

    def product(self) -> Product:
        """The same as what a catalogue holds, so that it is sold as goods are."""
        return Product(
            self.reference,
            self.names,
            self.price,
            self.vat,
            persons=self.persons,
            limit=self.limit,
            timed=self.timed,
        )


@dataclass(frozen=True, slots=True)
class EntryRule:
    """Entry times: one every `every_min` minutes from opening, and `capacity` persons in each.

    The capacity is this kiosk's share of the place.
    """

    every_min: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Site:
    """The place. `week` are its hours from Monday on, None where it is closed.

    `exceptions` are days on which other hours hold. Nobody is let in, and nothing is sold, in the
    `last_entry_min` minutes before it closes.
    """

    reference: str
    names: Names
    zone: tzinfo
    week: tuple[Span | None, ...]
    tickets: tuple[TicketType, ...]
    exceptions: tuple[tuple[date, Span | None], ...] = ()
    entry: EntryRule | None = None
    last_entry_min: int = 0

    def name(self, language: str) -> str:
        """The name in this language, or the first one there is."""
        return dict(self.names).get(language, self.names[0][1])

    def catalogue(self) -> Catalogue:
        """Its tickets, as products."""
        return Catalogue(each.product() for each in self.tickets)

    def day_at(self, at: float) -> date:
        """The day there at this Unix second."""
        return datetime.fromtimestamp(at, UTC).astimezone(self.zone).date()

    def span_on(self, day: date) -> Span | None:
        """Its hours on this day, None when it is closed."""
        exceptions = dict(self.exceptions)
        return exceptions[day] if day in exceptions else self.week[day.weekday()]

    def moment(self, day: date, minute: int) -> int:
        """Unix seconds of this minute of the day, as the clock on its wall shows it."""
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        return int(local.replace(tzinfo=self.zone).timestamp())

    def hours_on(self, day: date) -> tuple[int, int] | None:
        """When it opens and closes on this day; None when it does not."""
        span = self.span_on(day)
        if span is None:
            return None
        return self.moment(day, span.opens), self.moment(day, span.closes)

    def next_opening(self, day: date) -> int | None:
        """When it opens on the first day after this one, or None within a year."""
        for ahead in range(1, AHEAD_DAYS_MAX + 1):
            hours = self.hours_on(day + timedelta(days=ahead))
            if hours is not None:
                return hours[0]
        return None

    def last_closing(self, at: float) -> int | None:
        """When it last closed before this Unix second, or None within a week."""
        today = self.day_at(at)
        for back in range(BACK_DAYS_MAX):
            hours = self.hours_on(today - timedelta(days=back))
            if hours is not None and hours[1] <= at:
                return hours[1]
        return None

    def entry_times(self, day: date) -> tuple[tuple[int, int], ...]:
        """Begin and end of every entry time of the day, in order."""
        span = self.span_on(day)
        if span is None or self.entry is None:
            return ()
        last = span.closes - self.last_entry_min
        return tuple(
            (self.moment(day, begin), self.moment(day, min(begin + self.entry.every_min, last)))
            for begin in range(span.opens, last, self.entry.every_min)
        )
