"""The roll of a fleet: what every terminal told last, and what is to be thought of it now.

Apart from the line so that it can be tried without a broker, in any order of messages: a will that
comes after the terminal is back, a report that lay in the broker since yesterday, a terminal that
died together with the broker. Ages are seconds of this machine's monotonic clock.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pos.fleet.pushing import claimed_number
from pos.fleet.report import Grade, Part, Presence, Report, State, Unreadable
from pos.fleet.topics import PRESENCE, REPORT, Letter, parts_of

# A report that should have been told again, and once more, and was not.
LATE_TIMES = 2.5
TERMINALS_MAX = 20_000
PERSON_AFTER_S = 900.0


class Standing(StrEnum):
    """What is wrong with a terminal, worst first; WELL and CLOSED are nothing wrong."""

    LOST = "lost"  # the line broke without a goodbye
    SILENT = "silent"  # it should have told something, and did not
    STOPPED = "stopped"  # it runs, and sells nothing
    FAULT = "fault"
    PERSON = "person"  # a payment has been open for too long
    UNFINISHED = "unfinished"
    POOR = "poor"
    BEHIND = "behind"  # others have a newer version
    WELL = "well"
    CLOSED = "closed"  # it said goodbye


ORDER = {standing: place for place, standing in enumerate(Standing)}
DOWN = frozenset({Standing.LOST, Standing.SILENT})
FINE = frozenset({Standing.WELL, Standing.CLOSED})


@dataclass(frozen=True, slots=True)
class Seen:
    """One terminal as it is seen now. `report` is the last one, however old; None where only the
    line is known. `changed_s` is when (monotonic) anything but the time in it changed, and
    `pushed` the number of the settings that lie ready for it, 0 for none."""

    name: str
    standing: Standing
    age_s: float | None
    report: Report | None
    behind: bool
    changed_s: float
    pushed: int

    @property
    def unfinished(self) -> int:
        """Payments and refunds that it last told to be open."""
        return 0 if self.report is None else self.report.unfinished

    @property
    def worst(self) -> Part | None:
        """The part that most needs to be looked after, or None."""
        parts = [] if self.report is None else self.report.parts
        for grade in (Grade.FAULT, Grade.POOR):
            for part in parts:
                if part.grade is grade:
                    return part
        return None


@dataclass(slots=True)
class _Known:
    report: Report | None = None
    reported_s: float = 0.0
    presence: Presence | None = None
    present_s: float = 0.0
    changed_s: float = 0.0
    pushed: int = 0


class Roll:
    """The fold of everything that came. Owned by one thread at a time; `revision` counts changes.

    `unreadable` counts what no version of this program says.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self.revision = 0
        self.unreadable = 0

    def take(self, letter: Letter, now_s: float) -> None:
        """Take one message in; what cannot be read is counted and left alone."""
        place = parts_of(letter.topic)
        if place is None or (place[0] not in self._known and len(self._known) >= TERMINALS_MAX):
            self.unreadable += 1
            return
        name, kind = place
        try:
            self._take(name, kind, letter, now_s)
        except Unreadable:
            self.unreadable += 1

    def _take(self, name: str, kind: str, letter: Letter, now_s: float) -> None:
        origin_s = now_s - letter.age_s
        known = self._known.get(name) or _Known(changed_s=origin_s)
        changed = True
        if not letter.payload:  # somebody had it forgotten
            self._forget(known, kind)
        elif kind == REPORT:
            report = Report.decoded(letter.payload)
            changed = known.report is None or _lasting(report) != _lasting(known.report)
            known.report, known.reported_s = report, origin_s
        elif kind == PRESENCE:
            presence = Presence.decoded(letter.payload)
            changed = presence != known.presence and not _outlived(presence, known)
            if changed:
                known.presence, known.present_s = presence, origin_s
        else:
            known.pushed = claimed_number(letter.payload)
        if changed:
            known.changed_s = max(known.changed_s, origin_s)
        self._known[name] = known
        if known.report is None and known.presence is None:
            del self._known[name]
        self.revision += 1

    @staticmethod
    def _forget(known: _Known, kind: str) -> None:
        if kind == REPORT:
            known.report = None
        elif kind == PRESENCE:
            known.presence = None
        else:
            known.pushed = 0

    def seen(self, now_s: float) -> list[Seen]:
        """Every terminal, in the order of their names."""
        versions = [
            version_key(known.report.version)
            for known in self._known.values()
            if known.report is not None
        ]
        newest = max(versions, default=())
        return [self._seen(name, self._known[name], newest, now_s) for name in sorted(self._known)]

    def _seen(self, name: str, known: _Known, newest: tuple[int, ...], now_s: float) -> Seen:
        report = known.report
        behind = report is not None and version_key(report.version) < newest
        standing = _line_of(known, now_s)
        if standing is None and report is not None:
            standing = _told_by(report, behind=behind)
        age_s = None if report is None else max(0.0, now_s - known.reported_s)
        return Seen(
            name, standing or Standing.WELL, age_s, report, behind, known.changed_s, known.pushed
        )


def _outlived(presence: Presence, known: _Known) -> bool:
    """Whether it is the will of a session that another one has followed already."""
    if presence.state is not State.LOST or known.presence is None or known.report is None:
        return False
    return presence.session not in (known.presence.session, known.report.session)


def _line_of(known: _Known, now_s: float) -> Standing | None:
    """What the line says, None while the terminal is there."""
    presence, report = known.presence, known.report
    if presence is not None and presence.state is not State.UP:
        # A will that was sent late is of a session before the one that reported since.
        current = report is None or presence.session == report.session
        if current or known.present_s > known.reported_s:
            return Standing.CLOSED if presence.state is State.CLOSED else Standing.LOST
    every_s = report.every_s if report is not None else 0.0
    last_s = known.reported_s if report is not None else known.present_s
    if presence is not None and presence.state is State.UP:
        last_s = max(last_s, known.present_s)
    return Standing.SILENT if now_s - last_s > LATE_TIMES * (every_s or 30.0) else None


def _told_by(report: Report, *, behind: bool) -> Standing:
    """What the terminal says of itself, worst first."""
    grades = {part.grade for part in report.parts}
    opened_s = report.at - (report.oldest_open_at or report.at)
    if report.stopped:
        return Standing.STOPPED
    if Grade.FAULT in grades:
        return Standing.FAULT
    if report.unfinished and opened_s > PERSON_AFTER_S:
        return Standing.PERSON
    if report.unfinished:
        return Standing.UNFINISHED
    if Grade.POOR in grades:
        return Standing.POOR
    return Standing.BEHIND if behind else Standing.WELL


@lru_cache(256)
def version_key(version: str) -> tuple[int, ...]:
    """Its numbers, by which 0.10.0 is newer than 0.9.2."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", version)[:6])


def _lasting(report: Report) -> Report:
    """The report without what is another each time it is told."""
    return report.model_copy(update={"at": 0.0})
