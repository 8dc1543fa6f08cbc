"""The box office at the engine: places counted from the journal, the day that ends by itself, and
the kiosk that says it is out of order."""

from importlib.resources import files
from pathlib import Path

import pytest

from pos.sale.input import (
    CameraSays,
    Charge,
    ChooseEntry,
    Drop,
    GiveBack,
    MoreTickets,
    Next,
    Presenting,
    PrinterSays,
    PutInOrder,
    PutOutOfOrder,
    Stop,
)
from pos.sale.mode import COUNTER, KIOSK
from pos.sale.view import Action, Stage, Verdict, notice
from pos.shelf import SiteShelf
from tests.engine.conftest import Shop
from tests.engine.line import Faults

SITE = Path(str(files("pos.demo") / "site.toml"))


def started(shop: Shop, text: str = "", **changes: object) -> Shop:
    """A kiosk at work at 11:00, whose site is the shipped one or that of `text`."""
    path = SITE
    if text:
        path = shop.folder / "site.toml"
        path.write_text(text, encoding="utf-8")
    shelf = SiteShelf(path, shop.folder, "NOK", "en")
    shop.start(**({"mode": KIOSK, "shelf": shelf} | changes))
    return shop


SMALL = SITE.read_text("utf-8").replace("capacity = 40", "capacity = 4")
DAYTIME = SITE.read_text("utf-8").replace("00:00-24:00", "10:00-18:00")


def choose(kiosk: Shop, *references: str, place: int = 0) -> int:
    """These tickets, for this of the times to come; which that is."""
    for each in references:
        kiosk.engine.handle(MoreTickets(each, 1))
    assert kiosk.view.box_office is not None
    starts_at = kiosk.view.box_office.entries[place].starts_at
    kiosk.engine.handle(ChooseEntry(starts_at))
    return starts_at


def left(kiosk: Shop, starts_at: int) -> int:
    """Places at this time."""
    assert kiosk.view.box_office is not None
    entry = kiosk.view.box_office.entry_at(starts_at)
    assert entry is not None
    return entry.left


def pay(kiosk: Shop) -> None:
    """By a code of the customer's, as far as the outcome."""
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    kiosk.scan(kiosk.code())
    kiosk.go_on(6)


def test_places_are_counted_from_the_journal(shop: Shop) -> None:
    """Taken by an open payment, kept by a paid one, also over a restart; not by one that failed."""
    kiosk = started(shop, SMALL)
    at = choose(kiosk, "ADULT", "ADULT", "CHILD")
    assert left(kiosk, at) == 4
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert left(kiosk, at) == 1
    kiosk.engine.handle(Stop(kiosk.view.request_id))
    kiosk.go_on(6)
    assert kiosk.view.verdict is Verdict.CANCELLED
    assert left(kiosk, at) == 4
    kiosk.engine.handle(Next())
    pay(kiosk)
    assert kiosk.view.verdict is Verdict.PAID
    assert left(kiosk, at) == 1
    started(shop, SMALL)
    assert left(kiosk, at) == 1


def test_a_full_time_cannot_be_chosen_or_paid(shop: Shop) -> None:
    """The visitor is told how many places there are, and keeps the tickets."""
    kiosk = started(shop, SMALL)
    at = choose(kiosk, "ADULT", "ADULT", "ADULT")
    pay(kiosk)
    kiosk.engine.handle(Next())
    choose(kiosk, "CHILD", "CHILD")
    assert kiosk.view.notice == notice("kiosk.entry_full", left=1)
    assert kiosk.view.order is not None
    assert kiosk.view.order.entry_at == 0
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert (kiosk.view.stage, kiosk.view.notice) == (Stage.READY, notice("kiosk.entry_first"))
    kiosk.engine.handle(MoreTickets("CHILD", -1))
    kiosk.engine.handle(ChooseEntry(at))
    kiosk.engine.handle(MoreTickets("CHILD", 1))
    assert kiosk.view.notice == notice("kiosk.entry_full", left=1)
    assert kiosk.view.order.value == 9_900


def test_our_code_scanned_away_keeps_the_places_of_its_order(shop: Shop) -> None:
    """The last places: the customer's code takes over from ours, and the order is not full of
    itself."""
    kiosk = started(shop, SMALL)
    at = choose(kiosk, "FAMILY")
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert left(kiosk, at) == 0
    kiosk.scan(kiosk.code())
    kiosk.go_on(8)
    assert kiosk.view.verdict is Verdict.PAID
    assert left(kiosk, at) == 0


def test_tickets_that_are_given_back_free_their_places(shop: Shop) -> None:
    """At the counter, where refunds are made, on the same journal."""
    kiosk = started(shop, SMALL)
    at = choose(kiosk, "FAMILY")
    pay(kiosk)
    started(shop, SMALL, mode=COUNTER)
    kiosk.engine.handle(GiveBack(kiosk.view.recent[0].request_id))
    kiosk.go_on(3)
    assert left(kiosk, at) == 4


def test_a_time_that_is_over_is_neither_offered_nor_paid(shop: Shop) -> None:
    """Whoever waited too long chooses another."""
    kiosk = started(shop)
    at = choose(kiosk, "ADULT")
    kiosk.jump_clock(1_700)
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert kiosk.view.notice == notice("kiosk.entry_gone")
    assert kiosk.view.box_office is not None
    assert kiosk.view.box_office.entry_at(at) is None
    assert kiosk.line.of("pay") == []


def test_a_closed_site_sells_nothing(shop: Shop) -> None:
    """By a rule of the till, whatever a screen sends."""
    kiosk = started(shop, DAYTIME)
    choose(kiosk, "ADULT")
    kiosk.jump_clock(10 * 3600)
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert kiosk.view.notice == notice("kiosk.closed_now")


def test_the_day_ends_by_itself_after_closing(shop: Shop) -> None:
    """With a Z report of what was sold, once; the next day begins with its first sale."""
    kiosk = started(shop, DAYTIME)
    choose(kiosk, "GARDEN")
    pay(kiosk)
    kiosk.engine.handle(Next())
    kiosk.jump_clock(7 * 3600)
    kiosk.go_on(20)
    assert "ShiftClosed" not in kiosk.kinds()  # until a quarter of an hour after closing
    kiosk.jump_clock(1_000)
    kiosk.go_on(20)
    closed = [fields for kind, fields in kiosk.entries() if kind == "ShiftClosed"]
    assert [(each["number"], each["sold"], each["staff_id"]) for each in closed] == [(1, 5_900, "")]
    assert kiosk.view.office.report is None
    kiosk.jump_clock(15 * 3600)
    kiosk.go_on(20)
    choose(kiosk, "GARDEN")
    pay(kiosk)
    kiosk.go_on(20)
    assert [kind for kind, _ in kiosk.entries()].count("ShiftClosed") == 1


def test_a_kiosk_that_was_off_at_closing_ends_the_day_when_it_starts(shop: Shop) -> None:
    """Before anything of the new day is in it."""
    kiosk = started(shop, DAYTIME)
    choose(kiosk, "GARDEN")
    pay(kiosk)
    kiosk.leave()
    kiosk.jump_clock(22 * 3600)
    started(shop, DAYTIME)
    kiosk.go_on(10)
    assert "ShiftClosed" in kiosk.kinds()


def test_without_eye_and_paper_it_is_out_of_order_until_the_staff_has_come(shop: Shop) -> None:
    """After a minute of both, and over a restart; one of the two is no reason."""
    kiosk = started(shop)
    kiosk.engine.handle(CameraSays(notice("camera.trouble", sentence="It fell.")))
    kiosk.go_on(90)
    assert kiosk.view.barred is None
    kiosk.engine.handle(PrinterSays(fault="paper_out"))
    kiosk.go_on(50)
    assert kiosk.view.barred is None
    kiosk.go_on(20)
    assert kiosk.view.barred == notice("barred.devices", grave=True)
    kind, fields = kiosk.entries()[-1]
    assert kind == "OutOfOrder"
    assert set(fields.values()) == {"barred.devices", "", fields["at"]}  # nobody's doing
    count = len(kiosk.views)
    kiosk.go_on(5)
    assert len(kiosk.views) - count <= 1  # the staff's menu is not drawn anew all the time
    started(shop)
    assert kiosk.view.barred == notice("barred.devices", grave=True)
    assert Action.CHARGE not in kiosk.view.actions
    kiosk.engine.handle(MoreTickets("GARDEN", 1))
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert kiosk.line.of("pay") == []
    kiosk.engine.handle(PutInOrder())
    assert kiosk.view.barred is None
    assert Action.CHARGE in kiosk.view.actions


def test_the_staff_takes_it_out_of_order(shop: Shop) -> None:
    """Once; what is begun meanwhile is given up by itself."""
    kiosk = started(shop)
    kiosk.engine.handle(PutOutOfOrder())
    kiosk.engine.handle(PutOutOfOrder())
    assert kiosk.kinds().count("OutOfOrder") == 1
    assert kiosk.view.barred == notice("barred.staff", grave=True)
    kiosk.engine.handle(PutInOrder())
    kiosk.engine.handle(Drop())
    assert kiosk.kinds()[-1] == "InOrder"


@pytest.mark.parametrize("reference", ["NONE", ""])
def test_a_ticket_that_is_not_sold_changes_nothing(shop: Shop, reference: str) -> None:
    """Nor does taking off what is not there."""
    kiosk = started(shop)
    kiosk.engine.handle(MoreTickets(reference, 1))
    kiosk.engine.handle(MoreTickets("ADULT", -1))
    kiosk.engine.handle(ChooseEntry(1))
    assert kiosk.view.order is None


def test_a_limit_holds_for_the_whole_order(shop: Shop, faults: Faults) -> None:
    """However it is asked for."""
    kiosk = started(shop)
    for _ in range(5):
        kiosk.engine.handle(MoreTickets("FAMILY", 1))
    kiosk.engine.handle(MoreTickets("FAMILY", 9))
    assert kiosk.view.order is not None
    assert [line.quantity for line in kiosk.view.order.lines] == [3]
    assert kiosk.view.notice == notice("kiosk.limit", most=3)
