"""The till between two sales: the inbox, the line, the journal's log, the desk that lies still.

Apart from the sales because nothing here moves money.
"""

import threading
import time

from pos import __version__
from pos.engine.loop import INBOX_MAX
from pos.engine.parts import random_id
from pos.engine.receipts import LOOK_AGAIN_S
from pos.sale.input import CameraSays, Charge, Next, Presenting, PrinterSays, Stop
from pos.sale.mode import KIOSK
from pos.sale.pursuit import Limits
from pos.sale.view import LinkState, Stage, notice
from tests.engine.conftest import Shop, said


def probes(till: Shop) -> list[float]:
    """When the line was looked after, in monotonic seconds."""
    return [each.at_s for each in till.line.asked if each.reference.startswith("probe-")]


def folds(till: Shop) -> int:
    """How often the journal's log was folded into its file."""
    return sum(op.kind == "cut" and op.name.endswith("-wal") for op in till.files.tape)


def test_a_start_is_noted_and_shown(shop: Shop) -> None:
    """Version and time stand in the journal; the line is known; the desk is free."""
    at_s = shop.wall_s()
    shop.start()
    assert shop.entries() == [("Started", {"version": __version__, "at": at_s})]
    assert len(probes(shop)) == 1
    assert (shop.view.stage, shop.view.link) == (Stage.READY, LinkState.UP)
    assert (shop.view.notice, shop.view.stopped, shop.view.recent) == (None, None, ())
    assert (shop.view.camera, shop.view.printer, shop.view.watch) == (None, None, None)
    assert not shop.engine.catching_up
    assert (shop.engine.unsure, shop.engine.witness_told) == (set(), None)


def test_whoever_follows_the_journal_is_told_each_entry(shop: Shop) -> None:
    """With its number, once it is durable; of what could not be written nothing."""
    told: list[tuple[int, str]] = []
    shop.start(noted=lambda seq, entry: told.append((seq, type(entry).__name__)))
    shop.paid()
    assert told == list(enumerate([kind for kind, _ in shop.all_entries()], 1))
    count = len(told)
    shop.break_disk("write", "sync")
    shop.engine.handle(Charge("5", Presenting.MERCHANT))
    assert len(told) == count


def test_what_is_put_in_is_taken_in_turn(till: Shop) -> None:
    """One input for each turn; an empty inbox holds nobody up when nothing may be waited for."""
    assert till.engine.put(CameraSays(notice("camera.dark")))
    assert till.engine.put(CameraSays(None))
    till.engine.turn(0.0)
    assert till.view.camera == notice("camera.dark")
    till.engine.turn(0.0)
    assert till.view.camera is None
    count = len(till.views)
    till.engine.turn(0.0)
    assert len(till.views) == count


def test_an_idle_till_waits_for_the_next_input_and_no_longer(till: Shop) -> None:
    """It sleeps until somebody does something, or until the time it was given is over."""
    later = threading.Timer(0.05, till.engine.put, [CameraSays(notice("camera.dark"))])
    later.start()
    till.engine.turn(60.0)
    later.join()
    assert till.view.camera == notice("camera.dark")
    till.engine.turn(0.01)


def test_ids_are_random_and_long() -> None:
    """128 bits in hex, never the same."""
    ids = {random_id() for _ in range(100)}
    assert len(ids) == 100
    assert {len(bytes.fromhex(each)) for each in ids} == {16}


def test_a_full_inbox_drops_what_comes_and_says_so(till: Shop) -> None:
    """Sixty-four inputs wait; the next is refused, and the till can be ended all the same."""
    taken = [till.engine.put(CameraSays(None)) for _ in range(INBOX_MAX + 1)]
    assert taken == [True] * INBOX_MAX + [False]
    till.engine.end()
    till.engine.turn(0.0)
    assert till.engine.put(CameraSays(None))


def test_a_due_act_comes_before_the_next_input(till: Shop) -> None:
    """A question that is due is not put off by keys."""
    till.charge("silent")
    till.fate.pass_time(3.0)
    till.engine.put(CameraSays(notice("camera.dark")))
    till.engine.turn(10.0)
    assert len([each for each in till.line.apis() if each == "inquiryPayment"]) == 1
    assert till.view.camera == notice("camera.dark")


def test_the_loop_runs_until_it_is_ended(shop: Shop) -> None:
    """It starts, works, takes inputs from other threads, and returns soon after `end`."""
    shop.open()
    seen = threading.Event()
    told = shop.views

    def work() -> None:
        shop.engine.put(CameraSays(notice("camera.dark")))
        for _ in range(1000):
            if told and told[-1].camera is not None:
                seen.set()
                break
            time.sleep(0.005)
        shop.engine.end()

    other = threading.Thread(target=work)
    other.start()
    shop.engine.run()
    other.join()
    assert seen.is_set()
    assert shop.kinds() == ["Started", "Stopped"]


def test_a_till_that_was_ended_before_it_ran_only_starts(shop: Shop) -> None:
    """Its first turn is not begun."""
    shop.open()
    shop.engine.end()
    shop.engine.run()
    assert shop.kinds() == ["Started", "Stopped"]


def test_work_tells_how_long_nothing_is_due(till: Shop) -> None:
    """Five seconds at most; less when a question is due sooner."""
    assert till.work() == 5.0
    till.charge("silent")
    assert till.work() == 3.0
    till.fate.pass_time(1.0)
    assert till.work() == 2.0


def test_a_printer_in_trouble_is_looked_at_in_time(till: Shop) -> None:
    """The till does not sleep over it."""
    till.engine.handle(PrinterSays(fault="paper_out"))
    assert till.work() == LOOK_AGAIN_S[0]


def test_the_most_overdue_act_is_done_first(till: Shop) -> None:
    """Of two open payments the one that has waited longer, though it is the newer one."""
    one = till.charge("silent")
    till.fate.pass_time(2.0)
    till.engine.handle(Stop(one))
    till.go_on()  # cancelled
    two = till.charge("silent")
    till.engine.handle(Stop(two))
    till.line.plan("cancel", lambda body, through: b"{}")
    till.work()
    till.work()
    till.work()
    till.engine.handle(Next())
    three = till.charge("silent")
    till.fate.pass_time(10.0)
    at = len(till.line.asked)
    till.work()
    assert till.line.asked[at].reference == two
    till.work()
    assert [each.reference for each in till.line.asked[at:] if each.api != "witness"] == [
        two, three,
    ]  # fmt: skip


def test_the_log_is_folded_when_the_till_has_been_quiet(till: Shop) -> None:
    """Half a minute after the last act, and every half a minute of quiet."""
    till.paid()
    before = folds(till)
    till.go_on(27)
    assert folds(till) == before
    till.go_on(10)
    assert folds(till) == before + 1
    till.go_on(30)
    assert folds(till) == before + 2


def test_the_quiet_is_counted_from_the_last_act(shop: Shop) -> None:
    """To the second, first from the start of the process."""
    began_s = shop.fate.now_s
    shop.start()
    shop.fate.pass_time(began_s + 29.5 - shop.fate.now_s)
    shop.work()
    assert folds(shop) == 0
    shop.fate.pass_time(0.5)
    shop.work()
    assert folds(shop) == 1
    shop.fate.pass_time(29.5)
    shop.work()
    assert folds(shop) == 1
    shop.fate.pass_time(0.5)
    shop.work()
    assert folds(shop) == 2


def test_the_log_is_not_folded_while_a_payment_is_open(till: Shop) -> None:
    """A sale is never held up by it."""
    till.charge("silent")
    before = folds(till)
    till.go_on(55)
    assert till.engine.history.open_payments()
    assert folds(till) == before


def test_a_log_that_has_grown_large_is_folded_at_once(till: Shop) -> None:
    """Even while a payment is open, between two acts."""
    till.charge("silent")
    before = folds(till)
    till.grow_log()
    till.work()
    assert folds(till) == before + 1


def test_a_log_that_cannot_be_folded_stops_the_selling(till: Shop) -> None:
    """The disk has failed, so nothing is promised on it any more."""
    till.break_disk("write", "cut", "sync")
    till.go_on(36)
    key, values, grave = said(till.engine.view().stopped)
    assert (key, grave) == ("halt.journal", True)
    assert "could not be tidied" in values["sentence"]


def test_a_desk_that_nobody_watches_is_cleared_after_a_minute(shop: Shop) -> None:
    """By the rule of the mode, from when the stage began; a counter waits for ever."""
    shop.start(mode=KIOSK)
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))
    shop.fate.pass_time(59.5)
    shop.work()
    assert shop.engine.view().stage is Stage.SCANNING
    shop.fate.pass_time(1.0)
    shop.work()
    view = shop.engine.view()
    assert (view.stage, view.stage_since_s) == (Stage.READY, shop.fate.now_s)
    assert "refund" not in view.actions


def test_a_counter_is_never_cleared(till: Shop) -> None:
    """Its cashier does that."""
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.go_on(120)
    assert till.engine.view().stage is Stage.SCANNING


def test_an_unfinished_sale_comes_before_a_person_in_time(shop: Shop) -> None:
    """By the limits that were given, by the wall clock."""
    shop.start(limits=Limits(person_after_s=30.0))
    request_id = shop.charge("silent")
    shop.engine.handle(CameraSays(None))
    assert not shop.view.recent[0].needs_person
    shop.jump_clock(31.0)
    shop.engine.handle(CameraSays(None))
    assert shop.view.recent[0].needs_person
    assert (shop.view.unfinished, shop.view.request_id) == ((), request_id)


def test_the_printers_trouble_is_shown_until_it_prints(till: Shop) -> None:
    """In its own words; what it printed is written down with the number of the receipt."""
    request_id = till.charge()
    till.engine.handle(PrinterSays(request_id, "jam", "The paper is out."))
    assert said(till.view.printer) == ("printer.trouble", {"sentence": "The paper is out."}, False)
    assert till.kinds()[-1] == "ReceiptUnprinted"
    till.engine.handle(PrinterSays(request_id))
    assert till.view.printer is None
    assert till.entries()[-1] == ("ReceiptPrinted", {"document_id": request_id, "number": 1})
    till.engine.handle(PrinterSays("something else"))
    assert till.entries()[-1] == ("ReceiptPrinted", {"document_id": "something else", "number": 0})
