"""What a switch tells those who watch over it: calls, their results and times, and what is open.

Apart from the doors so that these only report. Counts are of this process alone, as Prometheus
expects; what is open is read from the database when it is asked for.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from pos.scheme.outbox import backlog
from pos.scheme.store import Store
from pos.scheme.tables import OPEN_PAYMENT, OPEN_REFUND
from pos.scheme.tables import payment as payments
from pos.scheme.tables import refund as refunds

log = logging.getLogger(__name__)

# Seconds; a till waits five for a payment and three for an inquiry.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measures:
    """The measures of one process of the switch, in a registry of their own."""

    def __init__(self, store: Store, rates_day: Callable[[], date]) -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            "samkassa_call_seconds",
            "Time from a whole request to its answer, by call and result code.",
            ("call", "code"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._notifications = Counter(
            "samkassa_notifications",
            "Attempts to notify a merchant, by how they ended.",
            ("outcome",),
            registry=self._registry,
        )
        rates = Gauge(
            "samkassa_rates_day_timestamp_seconds",
            "When the day began (UTC) whose reference rates are in use.",
            registry=self._registry,
        )
        rates.set_function(lambda: _began_s(rates_day()))
        self._registry.register(_Open(store))

    def answered(self, call: str, code: str, seconds: float) -> None:
        """A call was answered with a result code, after so many seconds."""
        self._calls.labels(call, code).observe(seconds)

    def notified(self, outcome: str) -> None:
        """An attempt to notify a merchant ended."""
        self._notifications.labels(outcome).inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)


class _Open(Collector):
    """What is open now, in all processes together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: so that registering asks no database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; without the database only that it does not answer."""
        up = GaugeMetricFamily("samkassa_database_up", "Whether the database answers.")
        try:
            found = list(self._read())
        except SQLAlchemyError:
            log.exception("The database does not answer")
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield from found

    def _read(self) -> Iterator[GaugeMetricFamily]:
        by_state = (
            select(payments.c.state, func.count()).where(OPEN_PAYMENT).group_by(payments.c.state)
        )
        with self._store.read() as connection:
            states = connection.execute(by_state).all()
            open_refunds = connection.execute(
                select(func.count()).select_from(refunds).where(OPEN_REFUND)
            ).scalar_one()
            waiting = backlog(connection)
        open_now = GaugeMetricFamily(
            "samkassa_open_payments", "Payments that are not final.", labels=("state",)
        )
        for state, count in states:
            open_now.add_metric((state,), count)
        yield open_now
        yield _gauge("samkassa_open_refunds", "Refunds that are not final.", open_refunds)
        yield _gauge("samkassa_outbox", "Notifications still to be made, now or later.", waiting)


def _began_s(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, what)
    gauge.add_metric((), value)
    return gauge
