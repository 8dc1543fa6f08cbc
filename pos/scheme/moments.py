"""Times as the switch keeps them: whole milliseconds since 1970 UTC.

Apart because rules, wallets and answers must agree on one unit and one rounding.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The scheme's business day, whatever the merchant's time zone.
BUSINESS_ZONE = timezone(timedelta(hours=8))
_CANCEL_WINDOW_END = time(0, 15)


def utc_now() -> datetime:
    """The clock of a switch in service."""
    return datetime.now(UTC)


def milliseconds(at: datetime) -> int:
    """`at` (aware) in whole milliseconds, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def moment(at_ms: int) -> datetime:
    """The UTC time of `at_ms`."""
    return _EPOCH + at_ms * _MILLISECOND


def cancel_window_end_ms(paid_at_ms: int) -> int:
    """Until when a payment can be cancelled: 00:15 UTC+8 on the day after it was paid."""
    day = moment(paid_at_ms).astimezone(BUSINESS_ZONE).date() + timedelta(days=1)
    return milliseconds(datetime.combine(day, _CANCEL_WINDOW_END, BUSINESS_ZONE))


def business_day(at: datetime) -> str:
    """The scheme's day at `at`, as `20260301`."""
    return f"{at.astimezone(BUSINESS_ZONE):%Y%m%d}"


def day_of(at_ms: int) -> date:
    """The scheme's day at `at_ms`."""
    return moment(at_ms).astimezone(BUSINESS_ZONE).date()


def day_begins_ms(day: date) -> int:
    """When the scheme's `day` begins: 00:00 UTC+8."""
    return milliseconds(datetime.combine(day, time(), BUSINESS_ZONE))
