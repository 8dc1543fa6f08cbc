"""The fleet as Prometheus reads it, and the door at which it asks.

Apart from the screen because nobody sits before it. The names are those that grafana.json draws.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pos.errors import SettingsError
from pos.fleet.report import Grade, Report
from pos.fleet.roll import DOWN, Seen, Standing
from pos.fleet.watch import Watch

GRADES = {Grade.GOOD: 0, Grade.ABSENT: 0, Grade.UNKNOWN: 0, Grade.POOR: 1, Grade.FAULT: 2}


class FleetCollector(Collector):
    """Made anew from the roll at each question: a till that was forgotten is in it no more."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def describe(self) -> list[Metric]:
        """Nothing: registering asks no broker."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every measure of every till."""
        seen = self._watch.seen()
        up = GaugeMetricFamily("samkassa_fleet_broker_up", "Whether the broker answers.")
        up.add_metric((), not self._watch.trouble)
        yield up
        standings = GaugeMetricFamily(
            "samkassa_fleet_terminals", "Terminals by how they stand.", labels=("standing",)
        )
        for standing in Standing:
            standings.add_metric((standing,), sum(each.standing is standing for each in seen))
        yield standings
        yield from _of_terminals(seen)
        yield from _of_health(seen)


def _of_terminals(seen: list[Seen]) -> Iterator[Metric]:
    told = [(each.name, each.report) for each in seen if each.report is not None]
    yield _gauge(
        "up", "Whether it is there.", [(each.name, each.standing not in DOWN) for each in seen]
    )
    yield _gauge(
        "report_age_seconds",
        "How old its last report is.",
        [(each.name, each.age_s) for each in seen if each.age_s is not None],
    )
    yield _gauge("behind", "Whether others run newer.", [(each.name, each.behind) for each in seen])
    info = GaugeMetricFamily(
        "samkassa_terminal_info", "What it is.", labels=("terminal", "store", "version", "mode")
    )
    for name, report in told:
        info.add_metric((name, report.store, report.version, report.mode), 1)
    yield info
    gauges: dict[str, tuple[str, Callable[[Report], float]]] = {
        "stopped": ("Whether it sells nothing.", lambda each: bool(each.stopped)),
        "open_payments": ("Payments that are not final.", lambda each: each.open_payments),
        "open_refunds": ("Refunds that are not final.", lambda each: each.open_refunds),
        "oldest_open_seconds": ("Age of the oldest of them.", _oldest_s),
        "started_timestamp_seconds": ("When it was started.", lambda each: each.started_at),
    }
    for measure, (what, value) in gauges.items():
        yield _gauge(measure, what, [(name, value(report)) for name, report in told])
    yield from _of_sales(told)


def _of_sales(told: list[tuple[str, Report]]) -> Iterator[Metric]:
    for measure, what in (("sales", "Sales that are final."), ("returns", "Returns likewise.")):
        counter = CounterMetricFamily(f"samkassa_terminal_{measure}", what, labels=("terminal",))
        for name, report in told:
            counter.add_metric((name,), getattr(report, measure))
        yield counter
    for measure, what in (("sold", "Sold, in minor units."), ("given_back", "Given back.")):
        counter = CounterMetricFamily(
            f"samkassa_terminal_{measure}_minor", what, labels=("terminal", "currency")
        )
        for name, report in told:
            for each in report.sums:
                counter.add_metric((name, each.currency), getattr(each, measure))
        yield counter


def _of_health(seen: list[Seen]) -> Iterator[Metric]:
    health = GaugeMetricFamily(
        "samkassa_terminal_health", "0 well, 1 poor, 2 a fault.", labels=("terminal", "part")
    )
    for each in seen:
        for part in each.report.parts if each.report is not None else ():
            health.add_metric((each.name, part.part), GRADES[part.grade])
    yield health


def _oldest_s(report: Report) -> float:
    return 0.0 if report.oldest_open_at is None else max(0.0, report.at - report.oldest_open_at)


def _gauge(measure: str, what: str, values: list[tuple[str, float | bool]]) -> Metric:
    gauge = GaugeMetricFamily(f"samkassa_terminal_{measure}", what, labels=("terminal",))
    for name, value in values:
        gauge.add_metric((name,), float(value))
    return gauge


@contextmanager
def serve(watch: Watch, port: int) -> Iterator[int]:
    """Answer `/metrics` on this machine alone, at `port`, or any free one when it is 0, which is
    yielded. Raises SettingsError."""
    registry = CollectorRegistry()
    registry.register(FleetCollector(watch))
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry)
    except OSError as fault:
        raise SettingsError(
            f"Port {port} is not free ({fault.strerror}); give --metrics another one."
        ) from fault
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
