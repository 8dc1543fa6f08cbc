"""The back office at the engine: log-ins, locks, the shift's gate, training, approvals.

Worked through the engine's own inputs against a real switch, which says who was charged.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from driving.phone import pay_at
from driving.tills import SwitchProcess, Till

from hardware.bench import open_devices
from pos.commands.errand import foreground, work_until
from pos.config import FILE_NAME, load
from pos.embedded import caller_of
from pos.engine import Engine
from pos.roster import FILE_NAME as STAFF_FILE_NAME
from pos.roster import Roster
from pos.sale.input import (
    Charge,
    CloseShift,
    GiveBack,
    Leave,
    LogIn,
    LogOut,
    MakeReport,
    Next,
    OpenShift,
    Presenting,
    Scanned,
    Stop,
    Train,
    Unlock,
)
from pos.sale.mode import COUNTER, KIOSK
from pos.sale.money import Amount
from pos.sale.remote import AnswerHelper, HelperAsks, HelperComes, Rest
from pos.sale.secret import Secret
from pos.sale.staff import FAILURES_MAX, Member, StaffRole
from pos.sale.tallying import x_report
from pos.sale.view import Action, Stage, Verdict, View
from pos.terminal import Station, device_spec

KARI, OLA = ("1", Secret("4071")), ("2", Secret("907214"))


class Desk:
    """An engine in the foreground, and the latest View of it."""

    def __init__(self, till: Till, engine: Engine, views: list[View]) -> None:
        self.till, self.engine, self._views = till, engine, views

    @property
    def view(self) -> View:
        """The latest."""
        return self._views[-1]

    @property
    def said(self) -> str:
        """The key of what is said."""
        return self.view.notice.key if self.view.notice is not None else ""

    def do(self, *given: object) -> str:
        """Hand in inputs; what is said of the last."""
        for each in given:
            self.engine.handle(each)  # type: ignore[arg-type]
        return self.said


@pytest.fixture
def staffed(till: Till) -> tuple[Till, str]:
    """A till with Kari, a cashier, and Ola, a supervisor with the badge."""
    roster = Roster(till.folder / STAFF_FILE_NAME)
    roster.add(Member("1", "Kari", StaffRole.CASHIER), "4071")
    roster.add(Member("2", "Ola", StaffRole.SUPERVISOR), "907214")
    return till, roster.new_badge("2")


@pytest.fixture
def desk(staffed: tuple[Till, str]) -> Iterator[Desk]:
    """The till at work."""
    till, _ = staffed
    views: list[View] = []
    settings = load(till.folder / FILE_NAME)
    with foreground(settings, till.folder, views.append) as engine:
        yield Desk(till, engine, views)


def test_nobody_sells_before_log_in_and_an_open_shift(desk: Desk) -> None:
    """Each is asked for in turn, and offered when it is due."""
    assert Action.CHARGE not in desk.view.actions
    assert desk.do(Charge("10", Presenting.MERCHANT)) == "staff.log_in_first"
    assert desk.do(LogIn(*KARI)) == "staff.welcome"
    assert desk.do(Charge("10", Presenting.MERCHANT)) == "shift.open_first"
    assert desk.do(OpenShift()) == "shift.opened"
    assert Action.CHARGE in desk.view.actions
    desk.do(Charge("10", Presenting.MERCHANT))
    assert desk.view.stage is Stage.SHOWING
    assert desk.do(LogOut()) == "office.busy"
    assert desk.till.booked()[0]["amount"]["value"] == 1_000


def test_five_wrong_pins_lock_until_a_supervisor_unlocks(desk: Desk) -> None:
    """The right one does not open it either; a new process still knows."""
    wrong = LogIn("1", Secret("0000"))
    said = [desk.do(wrong) for _ in range(FAILURES_MAX)]
    assert said == ["staff.wrong_pin"] * (FAILURES_MAX - 1) + ["staff.locked"]
    assert desk.do(LogIn(*KARI)) == "staff.locked"
    assert desk.do(Unlock("1")) == "staff.log_in_first"
    assert desk.do(LogIn(*OLA), Unlock("1")) == "staff.unlocked"
    assert desk.do(LogOut(), LogIn(*KARI)) == "staff.welcome"


def test_a_badge_changes_hands_and_opens_a_lock(desk: Desk, staffed: tuple[Till, str]) -> None:
    """One scan logs the other out; a stranger's badge does nothing; no sale comes of it."""
    _, badge = staffed
    for _ in range(FAILURES_MAX):
        desk.do(LogIn("2", Secret("0000")))
    desk.do(LogIn(*KARI), OpenShift())
    assert desk.do(Scanned(Secret(badge), "QR")) == "staff.welcome"
    present = desk.engine.history.books.attendance.present
    assert present is not None
    assert (present.staff_id, present.proof) == ("2", "badge")
    stranger = badge[:-4] + ("AAAA" if badge[-4:] != "AAAA" else "BBBB")
    assert desk.do(Scanned(Secret(stranger), "QR")) == "staff.unknown_badge"
    assert desk.view.stage is Stage.READY


def test_a_cashier_neither_trains_nor_unlocks(desk: Desk) -> None:
    """Whoever was made a cashier, or let go, since he logged in is that at once."""
    assert desk.do(LogIn(*KARI), Train(on=True)) == "staff.not_allowed"
    assert desk.do(Unlock("1")) == "staff.not_allowed"
    desk.do(LogIn(*OLA))
    Roster(desk.till.folder / STAFF_FILE_NAME).remove("2")
    assert desk.do(Train(on=True)) == "staff.not_allowed"


def test_training_charges_nobody_and_is_never_called_paid(desk: Desk) -> None:
    """By code and by shown code alike; the switch never hears of it, nothing is given back."""
    desk.do(LogIn(*OLA), OpenShift(), Train(on=True))
    assert desk.view.office.training
    desk.do(Charge("50", Presenting.MERCHANT))
    assert desk.view.verdict is Verdict.TRAINED
    assert desk.do(Next(), CloseShift()) == "shift.training"
    assert desk.do(Train(on=False)) == "training.off"
    assert desk.till.booked() == []
    assert desk.engine.history.payments == {}
    assert [each.amount for each in desk.engine.history.books.current.practised] == [
        Amount(5_000, "NOK")
    ]


def test_reports_are_numbered_and_the_next_shift_is_closed(desk: Desk) -> None:
    """X reports count on, a Z report closes; the next shift has to be opened."""
    desk.do(LogIn(*KARI), OpenShift(), MakeReport(), MakeReport())
    assert desk.engine.history.books.x_count == 2
    assert desk.do(CloseShift()) == "shift.closed"
    report = desk.view.office.report
    assert report is not None
    assert (report.kind, report.number, report.made_by) == ("Z", 1, "1")
    assert (desk.view.office.shift, desk.view.office.closed) == (2, True)


def test_what_is_unfinished_is_named_when_the_shift_is_closed(tmp_path: Path) -> None:
    """A sale that was set aside while nobody knows its outcome goes over by its id."""
    with SwitchProcess(tmp_path / "switch") as switch:
        _close_with_one_open(switch, switch.new_till(tmp_path / "till", "till-open"))


def _close_with_one_open(switch: SwitchProcess, till: Till) -> None:
    views: list[View] = []
    with foreground(load(till.folder / FILE_NAME), till.folder, views.append) as engine:
        desk = Desk(till, engine, views)
        desk.do(Charge("10", Presenting.MERCHANT))
        request_id = desk.view.request_id
        assert desk.do(CloseShift()) == "office.busy"
        switch.stop()
        desk.do(Stop(request_id))
        assert work_until(engine, lambda: desk.view.stage is Stage.STOPPING, 30.0)
        assert desk.do(Next(), CloseShift()) == "shift.closed_open"
        report = desk.view.office.report
        assert report is not None
        assert [each.document_id for each in report.unfinished] == [request_id]
        assert engine.history.books.current.brought == (request_id,)


def test_a_refund_above_the_limit_needs_a_supervisor(desk: Desk) -> None:
    """A cashier with a supervisor's PIN, or the supervisor; wrong PINs are counted."""
    desk.do(LogIn(*KARI), OpenShift(), Charge("900", Presenting.MERCHANT))
    with desk.till.switch.customers() as customers:
        offer = customers.scan(desk.view.order_code, "vipps")
        customers.approve("vipps", offer.payment_id)
    assert work_until(desk.engine, lambda: desk.view.stage is Stage.OUTCOME, 30.0)
    request_id = desk.view.request_id
    assert desk.view.papers.pin_above == 50_000
    assert desk.do(Next(), GiveBack(request_id, "500.01")) == "refund.needs_pin"
    wrong = GiveBack(request_id, "500.01", pin=KARI[1])
    assert desk.do(wrong) == "staff.wrong_pin"
    assert len(desk.engine.history.refunds) == 0
    assert desk.do(GiveBack(request_id, "500.01", pin=OLA[1])) == "refund.done"
    assert desk.do(GiveBack(request_id, "100")) == "refund.done"
    desk.do(LogIn(*OLA))
    assert desk.view.papers.pin_above is None


def test_a_staff_file_that_breaks_while_the_till_sells_changes_nothing(desk: Desk) -> None:
    """It goes on with the staff that it knows."""
    path: Path = desk.till.folder / STAFF_FILE_NAME
    path.write_text("[[staff")
    assert desk.do(LogIn(*KARI)) == "staff.welcome"


def test_a_payment_by_the_static_code_is_signed_as_a_keyed_amount(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """A cash register takes it for one line at the shop's usual rate, and writes that down."""
    till = switch.new_till(tmp_path / "till", "till-coded")
    with (till.folder / FILE_NAME).open("a") as file:
        file.write('[terminal]\nrole = "till"\nstatic_code = true\n')
    settings = load(till.folder / FILE_NAME)
    assert settings.switch is not None
    devices = open_devices(device_spec(settings))
    views: list[View] = []
    with Station(settings, till.folder, COUNTER, devices) as station:
        engine = station.engine(caller_of(settings.switch), views.append, watches=True)
        engine.start()
        assert work_until(engine, lambda: bool(engine.history.watches), 30.0)
        pay_at(switch.url, switch.sticker("till-coded"), "vipps/Kari", "125", "approve")
        books = engine.history.books
        assert work_until(engine, lambda: len(books.signatures.signed) == 1, 60.0)
        (signed,) = books.signatures.signed
        assert (signed.gross, signed.net) == (12_500, 10_000)
        report = x_report(engine.history, "NOK", 0.0, "", None)
        assert [(row.rate, row.gross) for row in report.by_vat] == [(2500, 12_500)]


def test_a_kiosk_sells_without_staff_and_asks_for_a_badge_at_the_office(
    staffed: tuple[Till, str],
) -> None:
    """Visitors are no staff; closing the shift is not theirs."""
    till, badge = staffed
    views: list[View] = []
    settings = load(till.folder / FILE_NAME)
    assert settings.switch is not None
    devices = open_devices(device_spec(settings))
    with Station(settings, till.folder, KIOSK, devices) as station:
        engine = station.engine(caller_of(settings.switch), views.append)
        engine.start()
        desk = Desk(till, engine, views)
        assert not desk.view.office.closed
        assert desk.do(CloseShift()) == "staff.log_in_first"
        desk.do(Charge("10", Presenting.MERCHANT))
        assert desk.view.stage is Stage.SHOWING
        request_id = desk.view.request_id
        desk.do(Stop(request_id))
        assert work_until(engine, lambda: not engine.history.payments[request_id].state.open, 30.0)
        assert desk.do(Next(), Scanned(Secret(badge), "QR"), CloseShift()) == "shift.closed"


def test_an_update_waits_for_the_end_of_the_shift(desk: Desk) -> None:
    """While it is open the till does not rest; closed, and with nobody there, it does."""
    desk.do(LogIn(*OLA), OpenShift(), Rest(on=True))
    assert desk.view.office.remote.waits_for == "update.waits_shift"
    desk.do(CloseShift(), Leave(), Rest(on=True))
    assert desk.view.office.remote.waits_for == "update.waits_shift", "somebody is still there"
    desk.do(LogOut(), Rest(on=True))
    assert desk.view.office.remote.resting
    assert desk.do(LogIn(*OLA)) == "update.resting"


def test_the_leave_of_somebody_who_went_is_no_leave(desk: Desk) -> None:
    """A helper drives while whoever allowed it is there; the journal says by whom."""
    desk.do(LogIn(*OLA), OpenShift(), HelperComes("a1", "Support"), HelperAsks("a1"))
    desk.do(AnswerHelper("a1", allowed=True))
    helper = desk.view.office.remote.helper
    assert helper is not None
    assert helper.drives
    desk.do(LogOut())
    helper = desk.view.office.remote.helper
    assert helper is not None
    assert not helper.drives
    noted = {row["kind"]: row["body"] for row in desk.till.journal()}
    assert noted["HelperAllowed"]["by"] == "2"
