"""A site's hours and entry times, and what may be bought when."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.box_office import box_office_at, persons_in
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.site import EntryRule, Site, Span, TicketType
from pos.sale.ticketing import unsellable
from pos.sale.vat import VatClass

OSLO = ZoneInfo("Europe/Oslo")
DAY = Span(10 * 60, 18 * 60)
SITE = Site(
    "TOP",
    (("en", "Top"), ("nb", "Toppen")),
    OSLO,
    (None, *[DAY] * 6),  # closed on Mondays
    (TicketType("A", (("en", "Adult"),), Amount(100_00, "NOK"), VatClass.LOW, timed=True),),
    exceptions=((date(2026, 12, 24), Span(600, 720)), (date(2026, 12, 25), None)),
    entry=EntryRule(30, 4),
    last_entry_min=30,
)


def at(text: str) -> float:
    """Unix seconds of a moment in Oslo."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).timestamp()


def empty(_starts_at: int) -> int:
    """Nobody has come."""
    return 0


def order(persons: int, entry_at: int = 0) -> Order:
    """One line of timed tickets."""
    return Order("", "NOK", (Line("A", 100_00, persons, persons=1, timed=True),), entry_at=entry_at)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-11-29", DAY),  # a Sunday
        ("2026-11-30", None),
        ("2026-12-24", Span(600, 720)),
        ("2026-12-25", None),
    ],
)
def test_hours_are_those_of_the_weekday_unless_the_date_has_its_own(
    day: str, hours: Span | None
) -> None:
    """An exception opens a closed day, shortens one, or closes it."""
    assert SITE.span_on(date.fromisoformat(day)) == hours


@pytest.mark.parametrize(
    ("moment", "sells", "times"),
    [
        ("2026-11-29T09:00", True, 15),  # before it opens: tickets for the whole day
        ("2026-11-29T10:24", True, 15),  # the first time can still be reached
        ("2026-11-29T10:26", True, 14),
        ("2026-11-29T17:29", True, 0),
        ("2026-11-29T17:30", False, 0),  # nobody is let in any more
        ("2026-11-30T12:00", False, 0),
    ],
)
def test_what_is_sold_at_a_moment(moment: str, *, sells: bool, times: int) -> None:
    """Past times are not offered, and nothing is after the last entry or on a closed day."""
    office = box_office_at(SITE, at(moment), empty)
    assert (office.sells, len(office.entries)) == (sells, times)


def test_a_closed_site_knows_when_it_opens_again() -> None:
    """Over a closed day and an exception."""
    office = box_office_at(SITE, at("2026-12-24T13:00"), empty)
    assert office.next_opens_at == at("2026-12-26T10:00")


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-14", 24)]
)
def test_a_day_has_the_hours_of_its_clock(day: str, hours: int) -> None:
    """Where the clock is put forward or back, the times of entry follow the clock on the wall."""
    always = replace(SITE, week=(Span(0, 1440),) * 7, last_entry_min=0)
    opens, closes = always.hours_on(date.fromisoformat(day)) or (0, 0)
    assert closes - opens == hours * 3600
    times = always.entry_times(date.fromisoformat(day))
    assert [datetime.fromtimestamp(begin, OSLO).minute for begin, _ in times[-2:]] == [0, 30]


@given(
    taken=st.integers(0, 5),
    persons=st.integers(1, 6),
    minute=st.integers(0, 1439),
    chosen=st.integers(0, 20),
)
def test_nothing_is_sold_for_a_time_that_is_over_or_full(
    taken: int, persons: int, minute: int, chosen: int
) -> None:
    """What may be paid is exactly what is offered and has room for all."""
    now = SITE.moment(date(2026, 11, 29), minute)
    times = SITE.entry_times(date(2026, 11, 29))
    starts_at = times[chosen % len(times)][0]
    office = box_office_at(SITE, now, lambda _: taken)
    entry = office.entry_at(starts_at)
    may = office.sells and entry is not None and entry.left >= persons
    assert (unsellable(order(persons, starts_at), office) is None) == may
    if may:
        assert taken + persons <= 4
        assert now < starts_at + 30 * 60


def test_a_timed_ticket_needs_a_time_and_goods_need_none() -> None:
    """The reason says which."""
    office = box_office_at(SITE, at("2026-11-29T12:00"), empty)
    why = unsellable(order(1), office)
    assert why is not None
    assert why.key == "kiosk.entry_first"
    goods = Order("", "NOK", (Line("Mug", 50_00),))
    assert unsellable(goods, office) is None
    assert unsellable(order(1), None) is None
    assert (persons_in(order(3), timed=True), persons_in(goods), persons_in(None)) == (3, 0, 0)


@pytest.mark.parametrize(
    ("moment", "closed"),
    [("2026-11-29T18:00", "2026-11-29T18:00"), ("2026-12-01T09:00", "2026-11-29T18:00")],
)
def test_the_last_closing_is_found(moment: str, closed: str) -> None:
    """Also over a closed day."""
    assert SITE.last_closing(at(moment)) == at(closed)
