"""What a kiosk does for itself: the day that it ends, and the bar that it puts up, to the second.

Apart from the box office, whose tests tell the same as a visitor sees it.
"""

from pos.engine.unattended import DAY_ENDS_AFTER_S, DEAD_AFTER_S, LOOK_EVERY_S
from pos.proof.disk import Files
from pos.sale.input import CameraSays, Charge, MoreTickets, Next, Presenting, PrinterSays, Train
from pos.sale.mode import COUNTER, KIOSK
from pos.sale.view import notice
from tests.engine.conftest import Shop
from tests.engine.line import Faults
from tests.engine.test_engine_box_office import DAYTIME, pay, started

LATE = DAYTIME.replace("last_entry = 30", "last_entry = 1")
HOUR_S = 3600.0
CLOSES_IN_S = 7 * HOUR_S  # the tests begin at eleven, and the site closes at six


def sold(kiosk: Shop) -> None:
    """One ticket, paid for and taken away."""
    kiosk.engine.handle(MoreTickets("GARDEN", 1))
    pay(kiosk)
    kiosk.engine.handle(Next())


def closings(kiosk: Shop) -> int:
    """How many days have ended."""
    return kiosk.kinds().count("ShiftClosed")


def look(kiosk: Shop) -> None:
    """Let the kiosk see to itself once more, and do nothing else."""
    kiosk.fate.pass_time(LOOK_EVERY_S)
    kiosk.work()


def both_dead(kiosk: Shop) -> None:
    """Neither eye nor paper from now on."""
    kiosk.engine.handle(CameraSays(notice("camera.trouble", sentence="It fell.")))
    kiosk.engine.handle(PrinterSays(fault="paper_out"))


def test_a_day_whose_only_sale_was_just_before_closing_ends_and_is_shown(shop: Shop) -> None:
    """The minutes after closing belong to it, and so do those before; the next is on the screen."""
    kiosk = started(shop, LATE)
    kiosk.jump_clock(CLOSES_IN_S - 300.0)
    sold(kiosk)
    assert kiosk.view.office.shift == 1
    look(kiosk)
    kiosk.jump_clock(300.0 + DAY_ENDS_AFTER_S)
    kiosk.fate.pass_time(LOOK_EVERY_S - 1.0)
    kiosk.work()  # the times of entry that are over are taken off the screen
    assert (closings(kiosk), kiosk.view.office.shift) == (0, 1)
    kiosk.fate.pass_time(1.0)
    kiosk.work()
    assert (closings(kiosk), kiosk.view.office.shift) == (1, 2)


def test_it_looks_every_few_seconds_and_not_whenever_it_comes_round(shop: Shop) -> None:
    """The hours of a site are not worked out anew between two keys."""
    kiosk = started(shop, DAYTIME)
    sold(kiosk)
    look(kiosk)
    kiosk.jump_clock(CLOSES_IN_S + DAY_ENDS_AFTER_S)
    kiosk.fate.pass_time(LOOK_EVERY_S - 0.25)
    kiosk.work()
    assert closings(kiosk) == 0
    kiosk.fate.pass_time(0.25)
    kiosk.work()
    assert closings(kiosk) == 1


def test_no_day_ends_while_entries_are_missing(shop: Shop, faults: Faults) -> None:
    """What the switch remembers of a lost entry belongs to the day that it was made in."""
    kiosk = started(shop, DAYTIME)
    sold(kiosk)
    copy = kiosk.copied()
    sold(kiosk)
    kiosk.leave()
    kiosk.files = Files(copy)
    started(kiosk, DAYTIME)
    kiosk.line.plan("inquiryPayment", faults.lost, faults.not_sent)
    kiosk.jump_clock(CLOSES_IN_S + DAY_ENDS_AFTER_S)
    kiosk.go_on()
    assert kiosk.engine.catching_up
    assert closings(kiosk) == 0
    kiosk.go_on(60.0)
    assert not kiosk.engine.catching_up
    assert closings(kiosk) == 1


def test_no_day_ends_while_somebody_trains(shop: Shop) -> None:
    """Practice is no part of a day, and is ended by whoever began it."""
    kiosk = started(shop, DAYTIME)
    sold(kiosk)
    kiosk.engine.handle(Train(on=True))
    kiosk.jump_clock(CLOSES_IN_S + DAY_ENDS_AFTER_S)
    look(kiosk)
    assert closings(kiosk) == 0
    kiosk.engine.handle(Train(on=False))
    look(kiosk)
    assert closings(kiosk) == 1


def test_a_day_ends_nowhere_but_at_an_entrance(shop: Shop) -> None:
    """A counter that sells the same tickets has a cashier, who closes the shift."""
    kiosk = started(shop, DAYTIME)
    sold(kiosk)
    till = started(shop, DAYTIME, mode=COUNTER)
    till.jump_clock(CLOSES_IN_S + DAY_ENDS_AFTER_S)
    look(till)
    assert closings(till) == 0


def test_what_is_found_in_order_draws_nothing_anew(shop: Shop) -> None:
    """The staff's menu would lose its place every five seconds."""
    kiosk = started(shop, DAYTIME)
    look(kiosk)
    count = len(kiosk.views)
    look(kiosk)
    assert len(kiosk.views) == count
    sold(kiosk)
    look(kiosk)
    count = len(kiosk.views)
    look(kiosk)
    assert len(kiosk.views) == count


def test_what_is_out_of_order_draws_nothing_anew(shop: Shop) -> None:
    """It is said once, and stands until somebody has come."""
    kiosk = started(shop)
    both_dead(kiosk)
    look(kiosk)
    kiosk.fate.pass_time(DEAD_AFTER_S)
    look(kiosk)
    assert kiosk.view.barred is not None
    count = len(kiosk.views)
    look(kiosk)
    assert len(kiosk.views) == count


def test_eye_or_paper_that_comes_back_begins_the_minute_again(shop: Shop) -> None:
    """A camera that starts again now and then has not been dead for a minute."""
    kiosk = started(shop)
    both_dead(kiosk)
    kiosk.fate.pass_time(DEAD_AFTER_S - 10.0)
    kiosk.engine.handle(CameraSays(None))
    kiosk.fate.pass_time(LOOK_EVERY_S)
    well_s = kiosk.fate.now_s
    kiosk.work()
    both_dead(kiosk)
    for seconds in (LOOK_EVERY_S, DEAD_AFTER_S - LOOK_EVERY_S):
        kiosk.fate.pass_time(well_s + seconds - kiosk.fate.now_s)
        kiosk.work()
        assert kiosk.view.barred is None
    kiosk.fate.pass_time(well_s + DEAD_AFTER_S - kiosk.fate.now_s)
    kiosk.work()
    assert kiosk.view.barred == notice("barred.devices", grave=True)


def test_a_halted_kiosk_looks_after_nothing(shop: Shop) -> None:
    """Its disk has failed: no day can be ended on it, and its trouble is on the screen."""
    kiosk = started(shop, DAYTIME, mode=KIOSK)
    sold(kiosk)
    kiosk.break_disk("write", "sync")
    kiosk.engine.handle(MoreTickets("GARDEN", 1))
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert kiosk.view.stopped is not None
    kiosk.mend_disk()
    kiosk.jump_clock(CLOSES_IN_S + DAY_ENDS_AFTER_S)
    look(kiosk)
    assert closings(kiosk) == 0
