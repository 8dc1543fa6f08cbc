"""Who works the till: what each role may do, who stands at it now, and whose PIN is locked.

Apart, and pure, because who did what is part of the books: it is folded from the journal, so a
restart neither forgets a wrong PIN nor leaves anybody logged in.
"""

from dataclasses import dataclass, field
from enum import StrEnum

# A PIN that was typed wrong this often in a row is locked.
FAILURES_MAX = 5


class Duty(StrEnum):
    """What a member of staff may be asked to be allowed to."""

    SELL = "sell"
    SHIFT = "shift"  # open, close, X report
    TRAIN = "train"
    UNLOCK = "unlock"
    GIVE_BACK_MUCH = "give_back_much"  # a refund above the shop's limit


class StaffRole(StrEnum):
    """A cashier sells and closes the day; a supervisor also does what needs a second pair of eyes.

    A lone cashier must be able to close the shop, so that is no privilege.
    """

    CASHIER = "cashier"
    SUPERVISOR = "supervisor"

    def may(self, duty: Duty) -> bool:
        """Whether somebody in this role is allowed to."""
        return self is StaffRole.SUPERVISOR or duty in (Duty.SELL, Duty.SHIFT)


class Proof(StrEnum):
    """How somebody showed who they are."""

    PIN = "pin"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff, without any secret. `pin_version` counts the PINs they have had."""

    staff_id: str
    name: str
    role: StaffRole
    pin_version: int = 1


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody stands at the till from now on, until the next of these entries or a restart.

    Name and role are those of the day, for reports that are made when the staff has changed.
    """

    staff_id: str
    name: str
    role: StaffRole
    proof: Proof
    at: float


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Nobody stands at the till any more."""

    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class LogInFailed:
    """A wrong PIN was typed for somebody; never which."""

    staff_id: str
    pin_version: int
    at: float


@dataclass(frozen=True, slots=True)
class Unlocked:
    """`by_staff_id` lets somebody try their PIN again."""

    staff_id: str
    by_staff_id: str
    at: float


StaffEvent = LoggedIn | LoggedOut | LogInFailed | Unlocked

STAFF_EVENTS: tuple[type[StaffEvent], ...] = StaffEvent.__args__


@dataclass(slots=True)
class Attendance:
    """The fold: who is there, who was ever there, and how often each PIN failed in a row.

    `known` has everybody's latest log-in, `first` their first.
    """

    present: LoggedIn | None = None
    known: dict[str, LoggedIn] = field(default_factory=dict)
    first: dict[str, LoggedIn] = field(default_factory=dict)
    _failures: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, event: StaffEvent) -> None:
        """Take one entry in."""
        match event:
            case LoggedIn():
                self.present = event
                self.known[event.staff_id] = event
                self.first.setdefault(event.staff_id, event)
                self._failures.pop(event.staff_id, None)
            case LoggedOut():
                self.present = None
            case LogInFailed():
                version, count = self._failures.get(event.staff_id, (event.pin_version, 0))
                count = count + 1 if version == event.pin_version else 1
                self._failures[event.staff_id] = (event.pin_version, count)
            case Unlocked():
                self._failures.pop(event.staff_id, None)

    def leave(self) -> None:
        """The till was started anew: whoever was there shows again who they are."""
        self.present = None

    def tries_left(self, member: Member) -> int:
        """How often their PIN may still be typed wrong; 0 when it is locked.

        A new PIN is not locked by what was typed for the one before.
        """
        version, count = self._failures.get(member.staff_id, (member.pin_version, 0))
        return FAILURES_MAX - count if version == member.pin_version else FAILURES_MAX

    def name_of(self, staff_id: str) -> str:
        """The name that they last logged in under; empty for nobody."""
        return self.known[staff_id].name if staff_id in self.known else ""
