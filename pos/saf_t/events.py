"""The events of the audit file: what happened at the cash register beside the sales themselves.

Apart from the transactions because an event is one entry of the journal, named by its place in it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pos.saf_t.company import Groups
from pos.saf_t.element import Content, money
from pos.saf_t.report import event_report
from pos.sale.history import Entry, History
from pos.sale.incident import Gap, Started, Stopped
from pos.sale.merchant import Terminal
from pos.sale.order import OrderDropped, OrderParked, OrderRecalled
from pos.sale.printing import DrawerOpened, ReceiptBegun
from pos.sale.report import Report
from pos.sale.shift import (
    Kind,
    Practised,
    ShiftClosed,
    ShiftOpened,
    TrainingBegun,
    TrainingEnded,
    XReported,
)
from pos.sale.staff import LoggedIn, LoggedOut, LogInFailed, Unlocked
from pos.sale.tallying import x_report, z_report


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at` in the shop's zone."""

    seq: int
    at: datetime
    kind: str
    staff_id: str = ""
    number: int = 0
    text: str = ""
    report: Report | None = None

    def content(self, terminal: Terminal, groups: Groups) -> Content:
        """The element's fields."""
        report = self.report
        return [
            ("eventID", str(self.seq)),
            ("eventType", self.kind),
            ("transID", str(self.number) if self.number else None),
            ("empID", self.staff_id or None),
            ("eventDate", f"{self.at:%Y-%m-%d}"),
            ("eventTime", f"{self.at:%H:%M:%S}"),
            ("eventText", self.text or None),
            ("eventReport", event_report(report, terminal, groups, self.at) if report else None),
        ]


class Events:
    """Reads the events out of a journal. What an entry does not date happened no earlier than
    the latest dated one before it, and is told as of then."""

    def __init__(self, terminal: Terminal, zone: tzinfo | None) -> None:
        self._terminal = terminal
        self._zone = zone
        self._history = History()
        self._at = datetime.fromtimestamp(0, UTC).astimezone(zone)

    def read(self, entries: Iterable[tuple[int, Entry]]) -> Iterator[Event]:
        """Every event of these (place, entry) pairs, which begin with the journal's first."""
        for seq, entry in entries:
            x_made = entry if isinstance(entry, XReported) else None
            before = self._x(x_made) if x_made is not None else None
            self._history.apply(entry)
            self._date(entry)
            told = self._told(entry)
            if told is not None:
                yield Event(seq, self._at, *told, self._z(entry) or before)

    def _x(self, entry: XReported) -> Report:
        currency = self._terminal.currency
        return x_report(self._history, currency, entry.at, entry.staff_id, self._zone)

    def _z(self, entry: Entry) -> Report | None:
        if not isinstance(entry, ShiftClosed):
            return None
        return z_report(self._history, entry.number, self._zone)

    def _date(self, entry: Entry) -> None:
        for name in ("at", "opened_at", "asked_at", "placed_at", "parked_at", "dropped_at"):
            if (at := getattr(entry, name, None)) is not None:
                moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
                self._at = max(self._at, moment)

    def _told(self, entry: Entry) -> tuple[str, str, int, str] | None:
        """The kind, who, which document, and a text; None for an entry that is no event."""
        present = self._history.books.attendance.present
        here = present.staff_id if present is not None else ""
        match entry:
            case Started():
                return "START", "", 0, f"version {entry.version}"
            case Stopped():
                return "STOP", here, 0, ""
            case ReceiptBegun():
                return self._receipt(entry, here)
            case ShiftOpened():
                return "OTHER", entry.staff_id, 0, f"Shift {entry.number} opened"
            case Practised():
                return "TRAINING", here, 0, f"transAmntIn {entry.amount.plain()}"
            case Gap():
                return "OTHER", "", 0, "Entries lost; fetched from the switch"
        return _desk_event(entry, here) or _staff_event(entry)

    def _receipt(self, entry: ReceiptBegun, here: str) -> tuple[str, str, int, str]:
        document = self._history.books.documents.get(entry.document_id)
        number = document.number if document is not None else 0
        if entry.copy:
            return "COPYRECEIPT", here, number, ""
        returned = document is not None and document.kind is Kind.RETURN
        return "RETURNRECEIPT" if returned else "SALESRECEIPT", here, number, ""


def _desk_event(entry: Entry, here: str) -> tuple[str, str, int, str] | None:
    """What was done at the desk beside selling."""
    match entry:
        case DrawerOpened():
            return "DRAWER", here, 0, ""
        case OrderParked():
            return "PARK", here, 0, ""
        case OrderRecalled():
            return "RECALL", here, 0, ""
        case OrderDropped():
            return (
                "OTHER",
                here,
                0,
                f"Order given up: {money(entry.order.value, entry.order.currency)}",
            )
    return None


_KINDS = {
    LoggedIn: "LOGIN",
    LoggedOut: "LOGOUT",
    XReported: "XREPORT",
    ShiftClosed: "ZREPORT",
    TrainingBegun: "TRAININGON",
    TrainingEnded: "TRAININGOFF",
}


def _staff_event(entry: Entry) -> tuple[str, str, int, str] | None:
    """What somebody did who is named in the entry."""
    match entry:
        case LogInFailed():
            return "OTHER", entry.staff_id, 0, "Wrong PIN"
        case Unlocked():
            return "OTHER", entry.by_staff_id, 0, f"PIN of {entry.staff_id} unlocked"
        case (
            LoggedIn()
            | LoggedOut()
            | XReported()
            | ShiftClosed()
            | TrainingBegun()
            | (TrainingEnded())
        ):
            return _KINDS[type(entry)], entry.staff_id, 0, ""
    return None
