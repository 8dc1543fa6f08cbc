"""The back office of a till as front ends may show it: staff, shift, training, reports, journal.

Apart from `view`, which holds one of these, because none of it is about the sale on the desk.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pos.sale.money import Amount
from pos.sale.remote import Remote
from pos.sale.report import Report
from pos.sale.staff import Duty, LoggedIn


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One who may log in. `tries_left` is 0 when the PIN is locked."""

    staff_id: str
    name: str
    tries_left: int


class Happening(StrEnum):
    """What a line tells of."""

    SALE = "sale"
    RETURN = "return"
    TRAINING = "training"
    SHIFT_OPENED = "shift_opened"
    SHIFT_CLOSED = "shift_closed"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line. `number` is the receipt's or the shift's, 0 for none; `state` a payment's or a
    refund's. `goods` is what was sold, `staff` a name; `at` Unix seconds."""

    happening: Happening
    at: float
    number: int = 0
    amount: Amount | None = None
    state: str = ""
    wallet: str = ""
    staff: str = ""
    goods: str = ""
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """One moment of it. `staff` is empty where nobody has to log in.

    `attended` is False where customers serve themselves: there only the office asks for a badge.
    `shift_open` is False where somebody has to open the shift before anything is sold.
    `duties` is what whoever is there may do. `report` and `found` are there from when they were
    asked for until `Leave`; `found_for` is the text that was looked for.
    """

    staff: tuple[StaffRow, ...] = ()
    present: LoggedIn | None = None
    shift: int = 1
    shift_opened_at: float | None = None
    shift_open: bool = True
    attended: bool = True
    training: bool = False
    duties: frozenset[Duty] = frozenset(Duty)
    report: Report | None = None
    found: tuple[JournalLine, ...] | None = None
    found_for: str = ""
    remote: Remote = field(default_factory=Remote)

    @property
    def log_in_needed(self) -> bool:
        """Whether the till knows staff and none of them is there."""
        return self.attended and bool(self.staff) and self.present is None

    @property
    def closed(self) -> bool:
        """Whether nothing may be sold or given back until somebody comes, or opens the shift."""
        return self.log_in_needed or not self.shift_open
