"""The back office at work: who logs in, when a shift begins and ends, what is reported.

Apart from the payments because nothing here moves money; but nothing is sold while somebody has
to log in or open the shift first.
"""

from pos.engine.parts import Parts, Writer
from pos.sale.code import BadgeCode, recognise
from pos.sale.ejournal import find
from pos.sale.input import (
    OFFICE_INPUTS,
    CloseShift,
    Find,
    Input,
    Leave,
    LogIn,
    LogOut,
    MakeReport,
    OpenShift,
    Scanned,
    ShowShift,
    Train,
    Unlock,
)
from pos.sale.money import Amount
from pos.sale.office import JournalLine, Office, StaffRow
from pos.sale.report import Report
from pos.sale.secret import Secret
from pos.sale.shift import (
    Practised,
    ShiftClosed,
    ShiftOpened,
    TrainingBegun,
    TrainingEnded,
    XReported,
)
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
from pos.sale.tallying import unfinished_of, x_report, z_report
from pos.sale.view import Notice, notice


class BackOffice:
    """What the engine does when nobody sells. `said` answers the last input, or is None."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self._report: Report | None = None
        self._found: tuple[JournalLine, ...] | None = None
        self._found_for = ""

    def shown(self) -> Office:
        """As front ends may show it."""
        members, books = self._members(), self._writer.history.books
        present, opened = books.attendance.present, books.current.opened
        return Office(
            staff=tuple(
                StaffRow(each.staff_id, each.name, books.attendance.tries_left(each))
                for each in members
            ),
            present=present if members else None,
            shift=books.current.number,
            shift_opened_at=opened.at if opened is not None else None,
            # Where nobody logs in, a shift begins by itself with its first sale.
            shift_open=opened is not None or not members,
            training=books.training,
            duties=frozenset(duty for duty in Duty if self._forbidden(duty) is None),
            report=self._report,
            found=self._found,
            found_for=self._found_for,
        )

    def unfit(self) -> Notice | None:
        """Why nobody may sell here now, or None."""
        members, history = self._members(), self._writer.history
        if members and history.books.attendance.present is None:
            return notice("staff.log_in_first")
        if members and history.books.current.opened is None:
            return notice("shift.open_first")
        return None

    def is_for(self, given: Input) -> bool:
        """Whether this input is the office's."""
        if isinstance(given, Scanned):
            return isinstance(recognise(given.text.reveal(), given.symbology), BadgeCode)
        return isinstance(given, OFFICE_INPUTS)

    def obey(self, given: Input, *, free: bool) -> Notice | None:
        """Do it, and what to say. `free` is whether no sale is on the desk."""
        if self._writer.halt is not None:
            return None  # it says itself why nothing is done
        match given:
            case Leave():
                self._report, self._found, self._found_for = None, None, ""
                return None
            case Find():
                return self._find(given)
            case ShowShift():
                return self._show_shift(given)
            case MakeReport():
                return self._x()
        if not free:
            return notice("office.busy")
        return self._change(given)

    def _change(self, given: Input) -> Notice | None:
        """What changes who stands here, or what a sale would mean."""
        match given:
            case LogIn():
                return self._log_in(given)
            case Scanned():
                return self._badge(given)
            case LogOut():
                return self._log_out()
            case OpenShift():
                return self._open()
            case CloseShift():
                return self._close()
            case Train():
                return self._train(on=given.on)
            case Unlock():
                return self._unlock(given)
        return None

    @property
    def pin_above(self) -> int | None:
        """Minor units above which a refund needs a supervisor's PIN now; None for never."""
        if not self._members() or self._forbidden(Duty.GIVE_BACK_MUCH) is None:
            return None
        return self._parts.pin_above

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

    def practise(self, amount: Amount) -> bool:
        """Write down a sale in training; whether it is."""
        entry = Practised(self._parts.new_id(), amount, self._parts.clock.wall())
        return self._writer.write(entry)

    @property
    def training(self) -> bool:
        """Whether sales are for practice."""
        return self._writer.history.books.training

    def _members(self) -> tuple[Member, ...]:
        return self._parts.staff.members() if self._parts.staff is not None else ()

    def _member(self, staff_id: str) -> Member | None:
        return next((each for each in self._members() if each.staff_id == staff_id), None)

    def _log_in(self, given: LogIn) -> Notice | None:
        staff, attendance = self._parts.staff, self._writer.history.books.attendance
        member = self._member(given.staff_id)
        if staff is None or member is None:
            return notice("staff.unknown")
        if attendance.tries_left(member) == 0:
            return notice("staff.locked", grave=True, name=member.name)
        if not staff.has_pin(given.staff_id, given.pin):
            return self._wrong_pin(member)
        return self._come(member, Proof.PIN)

    def _wrong_pin(self, member: Member) -> Notice:
        at = self._parts.clock.wall()
        self._writer.write(LogInFailed(member.staff_id, member.pin_version, at))
        left = self._writer.history.books.attendance.tries_left(member)
        if left == 0:
            return notice("staff.locked", grave=True, name=member.name)
        return notice("staff.wrong_pin", left=left)

    def _badge(self, given: Scanned) -> Notice | None:
        staff = self._parts.staff
        member = None if staff is None else staff.with_badge(given.text)
        if member is None:
            return notice("staff.unknown_badge")
        return self._come(member, Proof.BADGE)

    def _come(self, member: Member, proof: Proof) -> Notice | None:
        """The one before leaves by it: a badge is all that a change of hands takes."""
        self._go()
        at = self._parts.clock.wall()
        if not self._writer.write(LoggedIn(member.staff_id, member.name, member.role, proof, at)):
            return None
        return notice("staff.welcome", name=member.name)

    def _log_out(self) -> Notice | None:
        return notice("staff.left") if self._go() else None

    def _go(self) -> bool:
        self._report, self._found = None, None
        present = self._writer.history.books.attendance.present
        if present is None:
            return False
        return self._writer.write(LoggedOut(present.staff_id, self._parts.clock.wall()))

    def _forbidden(self, duty: Duty) -> Notice | None:
        """Why whoever is there may not, or None."""
        if not self._members():
            return None
        present = self._writer.history.books.attendance.present
        if present is None:
            return notice("staff.log_in_first")
        # Somebody who was let go or made a cashier since is that at once.
        now = self._member(present.staff_id)
        if now is None or not now.role.may(duty):
            return notice("staff.not_allowed")
        return None

    @property
    def _staff_id(self) -> str:
        present = self._writer.history.books.attendance.present
        return present.staff_id if present is not None else ""

    def _open(self) -> Notice | None:
        if (why := self._forbidden(Duty.SHIFT)) is not None:
            return why
        current = self._writer.history.books.current
        if current.opened is not None:
            return notice("shift.open_already", number=current.number)
        opened = ShiftOpened(current.number, self._staff_id, self._parts.clock.wall())
        return notice("shift.opened", number=current.number) if self._writer.write(opened) else None

    def _close(self) -> Notice | None:
        """Close by place in the journal; what is unfinished is named and goes over."""
        history = self._writer.history
        if (why := self._forbidden(Duty.SHIFT)) is not None:
            return why
        if history.gap is not None:
            return notice("shift.gap", grave=True)
        if history.books.training:
            return notice("shift.training")
        at, currency = self._parts.clock.wall(), self._parts.terminal.currency
        unfinished = unfinished_of(history)
        total = x_report(history, currency, at, self._staff_id, self._parts.zone).total
        closed = ShiftClosed(
            history.books.current.number,
            self._staff_id,
            at,
            currency,
            total.sold.value,
            total.returned.value,
            tuple(each.document_id for each in unfinished),
        )
        if not self._writer.write(closed):
            return None
        self._report = z_report(history, closed.number, self._parts.zone)
        if unfinished:
            return notice("shift.closed_open", number=closed.number, count=len(unfinished))
        return notice("shift.closed", number=closed.number)

    def _x(self) -> Notice | None:
        if (why := self._forbidden(Duty.SHIFT)) is not None:
            return why
        history, at = self._writer.history, self._parts.clock.wall()
        currency = self._parts.terminal.currency
        made = x_report(history, currency, at, self._staff_id, self._parts.zone)
        if self._writer.write(XReported(made.number, self._staff_id, at)):
            self._report = made
        return None

    def _show_shift(self, given: ShowShift) -> Notice | None:
        if (why := self._forbidden(Duty.SHIFT)) is not None:
            return why
        made = z_report(self._writer.history, given.number, self._parts.zone)
        if made is None:
            return notice("shift.none", number=given.number)
        self._report = made
        return None

    def _find(self, given: Find) -> Notice | None:
        if (why := self._forbidden(Duty.SHIFT)) is not None:
            return why
        self._found = find(self._writer.history, given.typed, self._parts.zone)
        self._found_for = given.typed
        return None

    def _train(self, *, on: bool) -> Notice | None:
        if (why := self._forbidden(Duty.TRAIN)) is not None:
            return why
        if on == self.training:
            return None
        entry = TrainingBegun if on else TrainingEnded
        if not self._writer.write(entry(self._staff_id, self._parts.clock.wall())):
            return None
        return notice("training.on", grave=True) if on else notice("training.off")

    def _unlock(self, given: Unlock) -> Notice | None:
        if (why := self._forbidden(Duty.UNLOCK)) is not None:
            return why
        member = self._member(given.staff_id)
        if member is None:
            return notice("staff.unknown")
        at = self._parts.clock.wall()
        self._writer.write(Unlocked(member.staff_id, self._staff_id, at))
        return notice("staff.unlocked", name=member.name)
