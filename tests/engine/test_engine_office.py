"""The office at the till: shifts open and close, X and Z, training, the journal on the screen.

What the switch booked decides what a report must say.
"""

from datetime import UTC, timedelta, timezone

import pytest

from pos.sale.input import (
    Charge,
    CloseShift,
    Find,
    GiveBack,
    Input,
    Leave,
    LogOut,
    MakeReport,
    Next,
    OpenShift,
    Presenting,
    PrintReport,
    PutInOrder,
    PutOutOfOrder,
    ShowShift,
    Stop,
    Train,
)
from pos.sale.money import Amount
from pos.sale.office import Happening
from pos.sale.report import Report, ReportKind
from pos.sale.view import Stage, Verdict
from tests.engine.conftest import Shop, said
from tests.engine.crew import KARI, OLA, Crew, hired
from tests.engine.line import Faults

FAR_EAST = timezone(timedelta(hours=14))


@pytest.fixture
def crew(shop: Shop) -> Crew:
    """Staff at work at the shop's till."""
    made = hired(shop.folder)
    shop.start(staff=made.roster, zone=UTC)
    return made


def told(shop: Shop, *inputs: Input) -> tuple[str, dict[str, str], bool]:
    """What is said of the last of these inputs."""
    for each in inputs:
        shop.engine.handle(each)
    return said(shop.view.notice)


def report(shop: Shop) -> Report:
    """The one that is shown."""
    found = shop.view.office.report
    assert found is not None
    return found


def test_a_shift_is_opened_once(shop: Shop, crew: Crew) -> None:
    """By whoever is there, under its number and time; a second time is refused."""
    shop.engine.handle(KARI)
    at_s = shop.wall_s()
    assert told(shop, OpenShift()) == ("shift.opened", {"number": "1"}, False)
    assert shop.entries()[-1] == ("ShiftOpened", {"number": 1, "staff_id": "1", "at": at_s})
    office = shop.view.office
    assert (office.shift, office.shift_opened_at, office.shift_open) == (1, at_s, True)
    count = len(shop.entries())
    assert told(shop, OpenShift()) == ("shift.open_already", {"number": "1"}, False)
    assert len(shop.entries()) == count


def test_where_nobody_logs_in_the_shift_begins_by_itself(till: Shop) -> None:
    """And may be opened all the same, by nobody."""
    assert (till.view.office.shift_open, till.view.office.shift_opened_at) == (True, None)
    assert told(till, OpenShift())[0] == "shift.opened"
    assert till.entries()[-1][1]["staff_id"] == ""


def test_a_shift_that_closes_says_what_was_sold(shop: Shop, crew: Crew) -> None:
    """Totals of its own sales and refunds, the next number after it, and its report on paper."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    sold = shop.paid("129")
    shop.paid("71")
    shop.engine.handle(GiveBack(sold, "29"))
    at_s = shop.wall_s()
    assert told(shop, CloseShift()) == ("shift.closed", {"number": "1"}, False)
    closed = dict(shop.entries()[-1][1])
    assert closed == {
        "number": 1, "staff_id": "1", "at": at_s, "currency": "NOK",
        "sold": 20_000, "given_back": 2_900, "carried": [],
    }  # fmt: skip
    made = report(shop)
    assert (made.kind, made.number, made.made_by, made.until) == (ReportKind.Z, 1, "1", at_s)
    assert (made.total.sold.value, made.total.returned.value) == (20_000, 2_900)
    assert shop.paper.reports == [made]
    assert (shop.view.office.shift, shop.view.office.shift_open) == (2, False)
    assert shop.switch.scheme.book is not None


def test_what_is_unfinished_goes_over(till: Shop, faults: Faults) -> None:
    """A sale whose outcome nobody knows is named, and is the next shift's."""
    open_id = till.charge("silent", "50")
    assert told(till, CloseShift()) == ("office.busy", {}, False)
    till.line.plan("cancel", *[faults.lost] * 9)
    till.engine.handle(Stop(open_id))
    till.go_on(1.0)
    assert till.view.stage is Stage.STOPPING
    till.engine.handle(Next())
    expected = {"number": "1", "count": "1"}
    assert told(till, CloseShift()) == ("shift.closed_open", expected, False)
    assert till.entries()[-1][1]["carried"] == [open_id]
    assert [each.document_id for each in report(till).unfinished] == [open_id]


def test_without_a_printer_the_report_is_shown(shop: Shop) -> None:
    """And asking for paper says why there is none."""
    shop.start(paper=None)
    assert told(shop, CloseShift())[0] == "shift.closed"
    assert report(shop).kind is ReportKind.Z
    assert told(shop, PrintReport()) == ("printer.none", {}, False)


def test_an_x_report_looks_and_counts_on(shop: Shop, crew: Crew) -> None:
    """It closes nothing; each is written down under its own number; it is printed when asked."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    shop.paid("129")
    at_s = shop.wall_s()
    for number in (1, 2):
        shop.engine.handle(MakeReport())
        assert shop.view.notice is None
        entry = {"number": number, "staff_id": "1", "at": at_s}
        assert shop.entries()[-1] == ("XReported", entry)
    made = report(shop)
    assert made.until == at_s
    assert (made.kind, made.number, made.made_by, made.currency) == (ReportKind.X, 2, "1", "NOK")
    assert made.total.sold.value == 12_900
    assert shop.paper.reports == []
    shop.engine.handle(PrintReport())
    assert shop.paper.reports == [made]
    assert shop.view.notice is None
    shop.engine.handle(Leave())
    assert shop.view.office.report is None
    shop.engine.handle(PrintReport())
    assert shop.paper.reports == [made]


def test_hours_are_those_of_the_shop(shop: Shop) -> None:
    """Reports, earlier shifts and the journal are told in the shop's own time."""
    shop.start(zone=FAR_EAST)
    shop.paid("10")
    shop.engine.handle(MakeReport())
    assert [hour for hour, _ in report(shop).by_hour] == [0]  # 10 o'clock UTC
    shop.engine.handle(CloseShift())
    assert [hour for hour, _ in report(shop).by_hour] == [0]
    for each in (Leave(), ShowShift(1)):
        shop.engine.handle(each)
    assert [hour for hour, _ in report(shop).by_hour] == [0]
    for each in (Leave(), Find("2026-")):
        shop.engine.handle(each)
    day = [line.happening for line in shop.view.office.found or ()]
    shop.engine.handle(Find(" 00:00"))
    assert [line.happening for line in shop.view.office.found or ()] == day


def test_an_earlier_shift_is_shown_again(shop: Shop, crew: Crew) -> None:
    """By its number; one that is not there is said to be none."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    shop.paid("129")
    for each in (CloseShift(), Leave(), ShowShift(1)):
        shop.engine.handle(each)
    assert (report(shop).kind, report(shop).number) == (ReportKind.Z, 1)
    assert report(shop).total.sold.value == 12_900
    shop.engine.handle(Leave())
    assert told(shop, ShowShift(7)) == ("shift.none", {"number": "7"}, False)
    assert shop.view.office.report is None


def test_the_journal_is_searched_and_left(shop: Shop, crew: Crew) -> None:
    """What was looked for is shown with what was found, until it is left, or the till."""
    for each in (KARI, OpenShift()):
        shop.engine.handle(each)
    shop.paid("129")
    shop.paid("71")
    shop.engine.handle(Find("129.00"))
    office = shop.view.office
    assert office.found is not None
    assert [line.amount for line in office.found] == [Amount(12_900, "NOK")]
    assert office.found_for == "129.00"
    shop.engine.handle(Leave())
    assert (shop.view.office.found, shop.view.office.found_for) == (None, "")
    for each in (MakeReport(), Find("sale"), LogOut()):
        shop.engine.handle(each)
    assert (shop.view.office.found, shop.view.office.report) == (None, None)


def test_books_are_nobodys_who_is_not_there(shop: Shop, crew: Crew) -> None:
    """Reports, shifts and the journal ask who is there."""
    for given in (MakeReport(), CloseShift(), ShowShift(1), Find("")):
        assert told(shop, given) == ("staff.log_in_first", {}, False)
    assert (shop.view.office.report, shop.view.office.found) == (None, None)


def test_training_sells_nothing(shop: Shop, crew: Crew) -> None:
    """A practised sale is written down apart and never called paid; the switch hears nothing."""
    for each in (OLA, OpenShift()):
        shop.engine.handle(each)
    at_s = shop.wall_s()
    assert told(shop, Train(on=True)) == ("training.on", {}, True)
    assert shop.entries()[-1] == ("TrainingBegun", {"staff_id": "2", "at": at_s})
    assert shop.view.office.training
    count = len(shop.entries())
    shop.engine.handle(Train(on=True))
    assert len(shop.entries()) == count
    asked = len(shop.line.of("pay"))
    shop.engine.handle(Charge("50", Presenting.MERCHANT))
    assert (shop.view.stage, shop.view.verdict) == (Stage.OUTCOME, Verdict.TRAINED)
    kind, fields = shop.entries()[-1]
    assert (kind, fields["amount"], fields["at"]) == (
        "Practised",
        {"value": 5_000, "currency": "NOK"},
        shop.wall_s(),
    )
    assert fields["sale_id"]
    assert len(shop.line.of("pay")) == asked
    shop.engine.handle(Next())
    assert told(shop, CloseShift()) == ("shift.training", {}, False)
    assert told(shop, Train(on=False)) == ("training.off", {}, False)
    assert shop.entries()[-1][0] == "TrainingEnded"
    assert not shop.view.office.training
    shop.engine.handle(Find("training"))
    found = shop.view.office.found or ()
    assert [line.happening for line in found] == [Happening.TRAINING]


def test_a_shift_waits_for_what_the_card_forgot(shop: Shop) -> None:
    """While entries are missing nobody knows what was sold: it is said, and the shift stays."""
    shop.start()
    copy = shop.copied()
    shop.paid("20")
    shop.paid("30")
    shop.put_back(copy)
    assert shop.engine.catching_up
    assert told(shop, CloseShift()) == ("shift.gap", {}, True)
    assert "ShiftClosed" not in shop.kinds()
    shop.go_on()
    assert told(shop, CloseShift()) == ("shift.closed", {"number": "1"}, False)


def test_a_practised_sale_shows_its_amount(shop: Shop, crew: Crew) -> None:
    """And since when, like any other that has ended."""
    for each in (OLA, OpenShift(), Train(on=True), Charge("50", Presenting.MERCHANT)):
        shop.engine.handle(each)
    assert shop.view.amount == Amount(5_000, "NOK")
    assert shop.view.stage_since_s == shop.fate.now_s


def test_a_dead_disk_opens_and_closes_nothing(till: Shop) -> None:
    """Neither shift nor training nor report comes of what could not be written."""
    till.break_disk("write", "sync")
    till.engine.handle(OpenShift())
    assert till.view.office.shift_opened_at is None
    assert till.view.stopped is not None
    for each in (CloseShift(), MakeReport(), Train(on=True), Find("")):
        till.engine.handle(each)
    office = till.view.office
    assert (office.report, office.found, office.training, office.shift) == (None, None, False, 1)


@pytest.mark.parametrize("given", [CloseShift(), MakeReport(), Train(on=True)])
def test_what_the_disk_does_not_take_is_not_said(till: Shop, given: Input) -> None:
    """The first thing that fails shows nothing and says nothing of having worked."""
    till.break_disk("write", "sync")
    till.engine.handle(given)
    assert till.view.office.report is None
    assert not till.view.office.training
    assert till.view.notice is None
    assert till.paper.reports == []


def test_practice_that_cannot_be_written_is_no_sale(till: Shop) -> None:
    """The desk is free again, and nobody is told that they practised."""
    till.engine.handle(Train(on=True))
    till.break_disk("write", "sync")
    till.engine.handle(Charge("50", Presenting.MERCHANT))
    assert till.view.verdict is None
    assert till.view.stage is Stage.READY


def test_whoever_closes_shifts_puts_the_till_out_of_order_and_in_again(
    shop: Shop, crew: Crew
) -> None:
    """Under their name and at its time, once each; nobody who is not there does."""
    for each in (PutOutOfOrder(), KARI, PutOutOfOrder(), PutOutOfOrder()):
        shop.engine.handle(each)
    at_s = shop.wall_s()
    barred = {"cause": "barred.staff", "staff_id": "1", "at": at_s}
    assert shop.entries()[-1] == ("OutOfOrder", barred)
    shop.engine.handle(PutInOrder())
    shop.engine.handle(PutInOrder())
    assert shop.entries()[-1] == ("InOrder", {"staff_id": "1", "at": shop.wall_s()})
    assert shop.kinds()[-3:] == ["LoggedIn", "OutOfOrder", "InOrder"]
