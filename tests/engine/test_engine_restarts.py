"""What a dead process left, a disk that fails, a code that comes twice: nothing is paid twice.

Apart from the sales because here something is there already, or nothing can be written.
"""

import errno
import itertools

from pos.engine.parts import Writer
from pos.errors import JournalUnwritable
from pos.proof.disk import Op
from pos.sale.history import Started
from pos.sale.input import Charge, Next, Presenting, Stop
from pos.sale.payment import CancelAsked, CancelDone, Paid, StopReason
from pos.sale.view import Stage, Verdict, notice
from tests.engine.conftest import CLIENT, Shop, said
from tests.engine.line import Faults

PERSONAL_CODE = "https://qr.vipps.no/28/2/01/031/4799999901"
DAY_S = 86_400


def test_a_restart_asks_three_times_and_then_cancels(shop: Shop) -> None:
    """At once, and every three seconds; the code is gone, so nothing is paid again."""
    shop.start()
    request_id = shop.charge("silent")
    began = shop.book.seq
    shop.start()
    assert said(shop.view.notice) == ("recovered", {"count": "1"}, False)
    assert [row.request_id for row in shop.view.unfinished] == [request_id]
    at, start_s = len(shop.line.asked), shop.fate.now_s
    shop.go_on(20)
    calls = [each for each in shop.line.asked[at:] if each.api != "witness"]
    assert [each.api for each in calls] == ["inquiryPayment"] * 3 + ["cancel"]
    assert [round(each.at_s - start_s, 3) for each in calls[:3]] == [0.0, 3.0, 6.0]
    assert shop.kinds(began) == ["Started", "CancelAsked", "CancelDone"]
    assert shop.entries(began)[1][1] == {"request_id": request_id, "reason": "restart"}
    assert shop.view.unfinished == ()
    assert (shop.view.stage, shop.view.request_id) == (Stage.READY, "")


def test_a_restart_finds_what_was_paid_and_prints_its_receipt(shop: Shop, faults: Faults) -> None:
    """The answer was lost with the process; the customer gets her slip all the same."""
    shop.start()
    shop.line.plan("pay", faults.answer_lost)
    request_id = shop.charge()
    shop.start()
    assert shop.slips == []
    shop.work()
    assert shop.engine.history.payments[request_id].state == "PAID"
    assert shop.slips == [(request_id, 1)]


def test_a_restart_with_nothing_open_says_nothing(shop: Shop) -> None:
    """And counts what it did take up."""
    shop.start()
    shop.paid()
    shop.start()
    assert shop.view.notice is None
    shop.charge("silent")
    shop.engine.handle(Stop(shop.view.request_id))
    shop.line.plan("cancel", lambda body, through: b"")
    [shop.work() for _ in range(3)]
    shop.engine.handle(Next())
    shop.charge("silent")
    shop.start()
    assert said(shop.view.notice) == ("recovered", {"count": "2"}, False)


def test_a_code_that_paid_does_not_pay_again(till: Shop) -> None:
    """The second sale says so before anything is written or sent, and still waits for a code."""
    code = till.code()
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.scan(code)
    till.engine.handle(Next())
    till.engine.handle(Charge("6", Presenting.CUSTOMER))
    seq = till.book.seq
    till.scan(code)
    assert (till.view.stage, till.view.notice) == (Stage.SCANNING, notice("code.used"))
    assert (till.kinds(seq), len(till.line.of("pay"))) == ([], 1)
    till.scan(till.code())
    assert till.view.verdict is Verdict.PAID


def test_a_code_is_remembered_for_a_day(till: Shop) -> None:
    """To the second, by the till's own clock; what the switch then says is the switch's."""
    code = till.code()
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.scan(code)
    till.engine.handle(Next())
    opened_at = till.engine.history.recent(1)[0].opened_at
    for seconds, seen in ((DAY_S - 1.0, "code.used"), (DAY_S + 1.0, None)):
        till.jump_clock(opened_at + seconds - till.wall_s())
        till.engine.handle(Charge("6", Presenting.CUSTOMER))
        till.scan(code)
        assert (till.view.notice.key if till.view.notice else None) == seen
        till.engine.handle(Stop())
    assert len(till.line.of("pay")) == 2


def test_a_personal_code_pays_as_often_as_its_owner_approves(till: Shop) -> None:
    """But not twice at a time: while one is open, the next waits."""

    def charge() -> None:
        till.engine.handle(Charge("5", Presenting.CUSTOMER))
        till.scan(PERSONAL_CODE)

    charge()
    request_id = till.view.request_id
    assert till.view.stage is Stage.PAYING
    till.engine.handle(Stop(request_id))
    till.line.plan("cancel", lambda body, through: b"")
    [till.work() for _ in range(3)]
    till.engine.handle(Next())
    charge()
    assert till.view.notice == notice("code.used")
    till.engine.handle(Stop())
    till.go_on(5)
    assert till.engine.history.open_payments() == []
    charge()
    assert till.view.stage is Stage.PAYING


def test_a_sale_that_cannot_be_written_down_is_not_sent(till: Shop) -> None:
    """The disk refuses the intent: no byte leaves, the desk is free, the till says why."""
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.break_disk("write", "sync")
    code = till.code()
    at_s = till.view.stage_since_s
    till.fate.pass_time(2.0)
    till.scan(code)
    assert till.line.of("pay") == []
    view = till.view
    assert (view.stage, view.stage_since_s, view.request_id) == (Stage.READY, at_s, "")
    key, values, grave = said(view.stopped)
    assert (key, grave) == ("halt.journal", True)
    assert "could not be written" in values["sentence"]
    assert "charge" not in view.actions
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    assert (till.view.notice, till.view.stage) == (view.stopped, Stage.READY)
    assert till.work() > 0


def test_a_disk_that_is_nearly_full_sells_nothing_before_it_is_full(till: Shop) -> None:
    """Refused with the reason while there is no room, and sold when there is."""
    till.break_disk("stat")
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    key, values, grave = said(till.view.notice)
    assert (key, grave) == ("halt.journal", True)
    assert "does not answer" in values["sentence"]
    assert (till.view.stopped, till.eye) == (None, [])
    till.mend_disk()
    till.charge()
    assert till.view.verdict is Verdict.PAID


def test_an_answer_that_cannot_be_written_is_not_shown(till: Shop) -> None:
    """She paid, and the disk failed: neither said to be paid nor cancelled, left to the next."""
    till.line.plan(
        "pay", lambda body, through: (through(body), till.break_disk("write", "sync"))[0]
    )
    request_id = till.charge()
    assert till.view.stage is Stage.PAYING
    assert (till.slips, till.engine.unsure) == ([], {request_id})
    assert said(till.view.stopped)[0] == "halt.journal"
    at = len(till.line.asked)
    assert till.work() == 5.0
    till.go_on(120)
    assert "cancel" not in [each.api for each in till.line.asked[at:]]
    assert till.switch.truth(CLIENT, request_id).net == 12900
    till.mend_disk()
    till.files.dead = True
    till.leave()
    till.files.dead = False
    till.start()
    till.go_on()
    assert till.engine.history.payments[request_id].state == "PAID"
    assert till.slips == [(request_id, 1)]


def test_one_that_is_left_to_the_next_start_holds_up_no_other(shop: Shop) -> None:
    """Of two that are open when the disk fails, the one whose success is unsure stays as it is,
    and the other is ended."""
    shop.start()
    first = shop.charge("silent")
    (waiting,) = shop.switch.scheme.customers.waiting("vipps")
    shop.start()
    second = shop.charge("silent")
    shop.switch.scheme.customers.approve("vipps", waiting.payment_id)
    shop.break_disk("write", "sync")
    shop.go_on(20)
    assert shop.engine.unsure == {first}
    assert shop.engine.history.payments[first].state == "INTENT"
    assert shop.engine.history.payments[second].state == "CANCELLED"
    assert {each.reference for each in shop.line.of("cancel")} == {second}


def test_what_is_open_when_the_disk_fails_is_ended_without_money(till: Shop) -> None:
    """Asked about at once, given up and cancelled, all from memory; the next start agrees."""
    request_id = till.charge("silent")
    seq = till.book.seq
    till.break_disk("write", "sync")
    till.engine.handle(Stop(request_id))
    till.go_on(3)
    assert till.line.apis("witness") == ["pay", "inquiryPayment", "cancel"]
    assert said(till.view.stopped)[0] == "halt.journal"
    assert till.view.verdict is Verdict.CANCELLED
    assert till.engine.history.open_payments() == []
    assert till.engine.unsure == set()
    assert (till.book.seq, till.kinds(seq)) == (seq, [])


def test_a_disk_that_fails_between_two_acts_ends_what_is_open(till: Shop) -> None:
    """Nobody waits any longer for what could not be written; the customer is let go."""
    request_id = till.charge("silent")
    till.break_disk("write", "sync", "cut")
    till.grow_log()
    till.work()
    assert said(till.engine.view().stopped)[0] == "halt.journal"
    till.go_on(3)
    assert till.line.apis("witness") == ["pay", "inquiryPayment", "cancel"]
    assert till.engine.history.payments[request_id].state == "CANCELLED"
    assert till.view.verdict is Verdict.CANCELLED


def test_a_late_success_after_the_disk_failed_pays_nothing(till: Shop) -> None:
    """What cannot be written cannot be shown as paid: the money goes back to the customer."""
    request_id = till.charge("silent")
    till.break_disk("write", "sync", "cut")
    till.grow_log()
    till.work()
    (waiting,) = till.switch.scheme.customers.waiting("vipps")
    till.switch.scheme.customers.approve("vipps", waiting.payment_id)
    till.go_on(40)
    assert till.slips == []
    assert all(view.verdict is not Verdict.PAID for view in till.views)
    assert till.engine.history.payments[request_id].state == "CANCELLED"
    assert till.switch.truth(CLIENT, request_id).net == 0


def test_from_memory_only_an_end_without_money_is_taken(till: Shop) -> None:
    """Once each; no success, no new sale, and nothing of a payment that nobody knows."""
    request_id = till.charge("silent")
    writer = Writer(till.book)
    writer.stop(JournalUnwritable("The disk has failed."))
    asked = CancelAsked(request_id, StopReason.RESTART)
    amount = till.engine.history.payments[request_id].amount
    assert not writer.write(Paid(request_id, "p1", amount))
    assert [writer.write(asked), writer.write(asked)] == [True, False]
    assert not writer.write(CancelDone("nobody"))
    assert not writer.write(Started("1", 1.0))
    assert writer.write(CancelDone(request_id))
    assert till.book.history.payments[request_id].state == "CANCELLED"


def test_an_id_that_comes_twice_halts_the_till_for_good(shop: Shop) -> None:
    """A fault of this program, not of the disk: nothing is sent, and nothing more from memory."""
    shop.start(new_id=lambda: "a" * 32)
    request_id = shop.charge("silent")
    shop.engine.handle(Stop(request_id))
    shop.line.plan("cancel", lambda body, through: b"")
    [shop.work() for _ in range(3)]
    shop.engine.handle(Next())
    shop.charge()
    key, values, grave = said(shop.view.stopped)
    assert (key, grave) == ("halt.journal", True)
    assert "was used before" in values["sentence"]
    assert len(shop.line.of("pay")) == 1
    at = len(shop.line.asked)
    shop.fate.pass_time(300.0)
    assert shop.work() == 5.0
    assert len(shop.line.asked) == at
    assert shop.engine.history.open_payments() != []


def test_a_slip_that_cannot_be_begun_is_not_printed(till: Shop) -> None:
    """The sale is paid and written; its receipt is not, so none comes out unnumbered."""
    syncs = itertools.count(1)

    def fail_fourth(op: Op) -> None:
        if op.kind == "sync" and next(syncs) >= 4:
            raise OSError(errno.EIO, "Input/output error")

    till.files.before = fail_fourth
    till.charge()
    assert (till.view.verdict, till.slips) == (Verdict.PAID, [])
    assert said(till.view.stopped)[0] == "halt.journal"
    assert till.engine.unsure == set()
