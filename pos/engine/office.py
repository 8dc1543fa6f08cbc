"""The back office at work: who logs in, when a shift begins and ends, what is reported.

Apart from the payments because nothing here moves money; but nothing is sold while somebody has
to log in or open the shift first.
"""

from pos.engine.attending import Attending
from pos.engine.configuring import Configuring
from pos.engine.parts import Parts, Writer
from pos.engine.remote import RemoteHands
from pos.sale.code import BadgeCode, recognise
from pos.sale.configuration import Configure
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
    PrintReport,
    PutInOrder,
    PutOutOfOrder,
    Scanned,
    ShowShift,
    Train,
    Unlock,
)
from pos.sale.money import Amount
from pos.sale.office import JournalLine, Office, StaffRow
from pos.sale.remote import REMOTE_INPUTS, Remote, RemoteInput
from pos.sale.report import Report
from pos.sale.shift import (
    InOrder,
    OutOfOrder,
    Practised,
    ShiftClosed,
    ShiftOpened,
    TrainingBegun,
    TrainingEnded,
    XReported,
)
from pos.sale.showing import barred_by
from pos.sale.staff import Duty, Member
from pos.sale.tallying import unfinished_of, x_report, z_report
from pos.sale.till import Desk
from pos.sale.view import Notice, notice

FROM_AFAR = (*REMOTE_INPUTS, Configure)


class BackOffice:
    """What the engine does when nobody sells. `said` answers the last input, or is None."""

    def __init__(self, parts: Parts, writer: Writer, attending: Attending) -> None:
        self._parts = parts
        self._writer = writer
        self._attending = attending
        self.remote = RemoteHands(parts, writer, attending)
        self.configuring = Configuring(parts, writer)
        self._report: Report | None = None
        self._found: tuple[JournalLine, ...] | None = None
        self._found_for = ""
        self._shown: tuple[tuple[object, ...], Office] | None = None

    def shown(self) -> Office:
        """As front ends may show it."""
        members, books = self._attending.members(), self._writer.history.books
        present, opened = books.attendance.present, books.current.opened
        staff = tuple(
            [
                StaffRow(each.staff_id, each.name, books.attendance.tries_left(each))
                for each in members
            ]
        )
        remote = self.remote.shown()
        facts = (
            staff, members, present, books.current.number, opened, books.training,
            self._report, self._found, self._found_for, remote,
        )  # fmt: skip
        if self._shown is None or self._shown[0] != facts:
            self._shown = facts, self._office(members, staff, remote)
        return self._shown[1]

    def _office(
        self, members: tuple[Member, ...], staff: tuple[StaffRow, ...], remote: Remote
    ) -> Office:
        books = self._writer.history.books
        present, opened = books.attendance.present, books.current.opened
        return Office(
            staff=staff,
            present=present if members else None,
            shift=books.current.number,
            shift_opened_at=opened.at if opened is not None else None,
            # Where nobody logs in, a shift begins by itself with its first sale.
            shift_open=opened is not None or not self._attending.gates,
            attended=self._parts.mode.idle_reset_s is None,
            training=books.training or self._parts.mode.pretend,
            duties=frozenset(duty for duty in Duty if self._may(duty)),
            report=self._report,
            found=self._found,
            found_for=self._found_for,
            remote=remote,
        )

    def _may(self, duty: Duty) -> bool:
        # Nobody begins or ends training within a day that is nothing else.
        idle = duty is Duty.TRAIN and self._parts.mode.pretend
        return not idle and self._attending.forbidden(duty) is None

    def obey_afar(self, given: RemoteInput | Configure, desk: Desk, *, printing: bool) -> None:
        """What a helper at the screen, or whoever pushes settings, wants of the till."""
        if isinstance(given, Configure):
            self.configuring.obey(given, desk, printing=printing)
        else:
            self.remote.obey(given, desk)

    def unfit(self) -> Notice | None:
        """Why nobody may sell here now, or None."""
        if self.remote.resting:
            return notice("update.resting")
        books = self._writer.history.books
        if (barred := barred_by(self._writer.history)) is not None:
            return barred
        if not self._attending.gates:
            return None
        if books.attendance.present is None:
            return notice("staff.log_in_first")
        return notice("shift.open_first") if books.current.opened is None else None

    def is_for(self, given: Input) -> bool:
        """Whether this input is the office's."""
        if isinstance(given, Scanned):
            return isinstance(recognise(given.text.reveal(), given.symbology), BadgeCode)
        return isinstance(given, OFFICE_INPUTS + FROM_AFAR)

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
            case PrintReport():
                return self._print()
        if not free:
            return notice("office.busy")
        if self.remote.resting:
            return notice("update.resting")
        return self._change(given)

    def _change(self, given: Input) -> Notice | None:
        """What changes who stands here, or what a sale would mean."""
        match given:
            case LogIn():
                return self._attending.log_in(given)
            case Scanned():
                return self._attending.badge(given)
            case LogOut():
                self._report, self._found = None, None
                return self._attending.log_out()
            case OpenShift():
                return self._open()
            case CloseShift():
                return self._close()
            case Train():
                return self._train(on=given.on)
            case PutOutOfOrder() | PutInOrder():
                return self._bar(on=isinstance(given, PutOutOfOrder))
            case Unlock():
                return self._attending.unlock(given)
        return None

    def practise(self, amount: Amount) -> bool:
        """Write down a sale in training; whether it is."""
        entry = Practised(self._parts.new_id(), amount, self._parts.clock.wall())
        return self._writer.write(entry)

    @property
    def training(self) -> bool:
        """Whether sales are for practice."""
        return self._writer.history.books.training

    def _open(self) -> Notice | None:
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        current = self._writer.history.books.current
        if current.opened is not None:
            return notice("shift.open_already", number=current.number)
        opened = ShiftOpened(current.number, self._attending.staff_id, self._parts.clock.wall())
        return notice("shift.opened", number=current.number) if self._writer.write(opened) else None

    def _close(self) -> Notice | None:
        """Close by place in the journal; what is unfinished is named and goes over."""
        history = self._writer.history
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        if history.gap is not None:
            return notice("shift.gap", grave=True)
        if history.books.training:
            return notice("shift.training")
        return self._closed()

    def end_day(self) -> None:
        """Close the shift with nobody there to ask for it: its report is printed, and not shown."""
        self._closed()
        self._report = None

    def _closed(self) -> Notice | None:
        history = self._writer.history
        at, currency = self._parts.clock.wall(), self._parts.terminal.currency
        unfinished = unfinished_of(history)
        total = x_report(history, currency, at, self._attending.staff_id, self._parts.zone).total
        closed = ShiftClosed(
            history.books.current.number,
            self._attending.staff_id,
            at,
            currency,
            total.sold.value,
            total.returned.value,
            tuple(each.document_id for each in unfinished),
        )
        if not self._writer.write(closed):
            return None
        self._report = z_report(history, closed.number, self._parts.zone)
        if self._parts.paper is not None:
            self._print()
        if unfinished:
            return notice("shift.closed_open", number=closed.number, count=len(unfinished))
        return notice("shift.closed", number=closed.number)

    def _x(self) -> Notice | None:
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        history, at = self._writer.history, self._parts.clock.wall()
        currency = self._parts.terminal.currency
        made = x_report(history, currency, at, self._attending.staff_id, self._parts.zone)
        if self._writer.write(XReported(made.number, self._attending.staff_id, at)):
            self._report = made
        return None

    def _show_shift(self, given: ShowShift) -> Notice | None:
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        made = z_report(self._writer.history, given.number, self._parts.zone)
        if made is None:
            return notice("shift.none", number=given.number)
        self._report = made
        return None

    def _print(self) -> Notice | None:
        if self._parts.paper is None:
            return notice("printer.none")
        if self._report is not None:
            self._parts.paper.report(self._report)
        return None

    def _find(self, given: Find) -> Notice | None:
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        self._found = find(self._writer.history, given.typed, self._parts.zone)
        self._found_for = given.typed
        return None

    def _bar(self, *, on: bool) -> Notice | None:
        """Whoever may close a shift may say that the till sells, or does not."""
        if (why := self._attending.forbidden(Duty.SHIFT)) is not None:
            return why
        staff_id, at = self._attending.staff_id, self._parts.clock.wall()
        barred = self._writer.history.books.barred is not None
        if on and not barred:
            self._writer.write(OutOfOrder("barred.staff", staff_id, at))
        elif barred and not on:
            self._writer.write(InOrder(staff_id, at))
        return None

    def _train(self, *, on: bool) -> Notice | None:
        if (why := self._attending.forbidden(Duty.TRAIN)) is not None:
            return why
        if on == self.training:
            return None
        entry = TrainingBegun if on else TrainingEnded
        if not self._writer.write(entry(self._attending.staff_id, self._parts.clock.wall())):
            return None
        return notice("training.on", grave=True) if on else notice("training.off")
