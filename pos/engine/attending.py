"""Who stands at the till: log-ins by PIN and badge, wrong tries, and who may do what.

Apart from the office because every one of its acts, and a large refund, asks here first.
"""

from pos.engine.parts import Parts, Writer
from pos.sale.input import LogIn, Scanned, Unlock
from pos.sale.secret import Secret
from pos.sale.staff import (
    Duty,
    LoggedIn,
    LoggedOut,
    LogInFailed,
    Member,
    Proof,
    StaffRole,
    Unlocked,
)
from pos.sale.view import Notice, notice


class Attending:
    """The staff of this till. Its methods return what to say, or None."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer

    @property
    def pin_above(self) -> int | None:
        """Minor units above which a refund needs a supervisor's PIN now; None for never."""
        if not self.members() or self.forbidden(Duty.GIVE_BACK_MUCH) is None:
            return None
        return self._parts.pin_above

    @property
    def staff_id(self) -> str:
        """Who is there; empty for nobody."""
        present = self._writer.history.books.attendance.present
        return present.staff_id if present is not None else ""

    def disapproval(self, pin: Secret) -> Notice | None:
        """Why nobody who may has agreed, or None. Whoever is there types a limited number."""
        present = self._writer.history.books.attendance.present
        member = None if present is None else self._member(present.staff_id)
        if self._parts.staff is None or member is None:
            return notice("staff.log_in_first")
        if self._writer.history.books.attendance.tries_left(member) == 0:
            return notice("staff.locked", grave=True, name=member.name)
        if self._parts.staff.owner_of(pin, StaffRole.SUPERVISOR) is None:
            return self._wrong_pin(member)
        return None

    @property
    def gates(self) -> bool:
        """Whether somebody has to log in before anything is sold: not where customers serve
        themselves, whose mode forgets them after a while."""
        return self._parts.mode.idle_reset_s is None and bool(self.members())

    def members(self) -> tuple[Member, ...]:
        """Everybody; nobody where the till asks for no PIN."""
        return self._parts.staff.members() if self._parts.staff is not None else ()

    def _member(self, staff_id: str) -> Member | None:
        return next((each for each in self.members() if each.staff_id == staff_id), None)

    def forbidden(self, duty: Duty) -> Notice | None:
        """Why whoever is there may not, or None."""
        if not self.members():
            return None
        present = self._writer.history.books.attendance.present
        if present is None:
            return notice("staff.log_in_first")
        # Somebody who was let go or made a cashier since is that at once.
        now = self._member(present.staff_id)
        if now is None or not now.role.may(duty):
            return notice("staff.not_allowed")
        return None

    def log_in(self, given: LogIn) -> Notice | None:
        """By PIN, unless it is locked."""
        staff, attendance = self._parts.staff, self._writer.history.books.attendance
        member = self._member(given.staff_id)
        if staff is None or member is None:
            return notice("staff.unknown")
        if attendance.tries_left(member) == 0:
            return notice("staff.locked", grave=True, name=member.name)
        if not staff.has_pin(given.staff_id, given.pin):
            return self._wrong_pin(member)
        return self._come(member, Proof.PIN)

    def badge(self, given: Scanned) -> Notice | None:
        """By badge, which also ends the lock of a PIN."""
        staff = self._parts.staff
        member = None if staff is None else staff.with_badge(given.text)
        if member is None:
            return notice("staff.unknown_badge")
        return self._come(member, Proof.BADGE)

    def log_out(self) -> Notice | None:
        """Whoever is there leaves."""
        return notice("staff.left") if self._go() else None

    def unlock(self, given: Unlock) -> Notice | None:
        """Let somebody try their PIN again."""
        if (why := self.forbidden(Duty.UNLOCK)) is not None:
            return why
        member = self._member(given.staff_id)
        if member is None:
            return notice("staff.unknown")
        at = self._parts.clock.wall()
        self._writer.write(Unlocked(member.staff_id, self.staff_id, at))
        return notice("staff.unlocked", name=member.name)

    def _wrong_pin(self, member: Member) -> Notice:
        at = self._parts.clock.wall()
        self._writer.write(LogInFailed(member.staff_id, member.pin_version, at))
        left = self._writer.history.books.attendance.tries_left(member)
        if left == 0:
            return notice("staff.locked", grave=True, name=member.name)
        return notice("staff.wrong_pin", left=left)

    def _come(self, member: Member, proof: Proof) -> Notice | None:
        """The one before leaves by it: a badge is all that a change of hands takes."""
        self._go()
        at = self._parts.clock.wall()
        if not self._writer.write(LoggedIn(member.staff_id, member.name, member.role, proof, at)):
            return None
        return notice("staff.welcome", name=member.name)

    def _go(self) -> bool:
        present = self._writer.history.books.attendance.present
        if present is None:
            return False
        return self._writer.write(LoggedOut(present.staff_id, self._parts.clock.wall()))
