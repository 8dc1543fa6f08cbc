"""A journal held against what the switch remembers of it, before anything is sold.

Apart from the restarts because here the journal itself has lost its end, or lives twice.
"""

from typing import Any

from pos.proof.disk import Files
from pos.sale.input import AskAgain, Charge, GiveBack, Next, Presenting, Stop
from pos.sale.view import Stage, Verdict
from tests.engine.conftest import Shop, said
from tests.engine.line import WITNESS, Faults


def told(shop: Shop) -> list[dict[str, Any]]:
    """What was said to the witness."""
    return [each.body for each in shop.line.of(WITNESS)]


def test_a_new_till_claims_its_place_and_tells_how_far_it_is(shop: Shop) -> None:
    """Asked first, claimed with the journal's end, told again every minute, and in each mark."""
    shop.start()
    asked, claim = told(shop)
    assert asked == {"storeTerminalId": "T01"}
    assert (claim["seq"], claim["head"]) == ("1", shop.book.head.hex())
    assert (len(claim["session"]), "replaces" in claim) == (32, False)
    shop.charge()
    (pay,) = shop.line.of("pay")
    assert f"session={claim['session']},seq=3," in pay.mark
    shop.go_on(66)
    (report,) = told(shop)[2:]
    assert (report["session"], report["seq"]) == (claim["session"], "5")
    assert report["head"] == shop.book.head.hex()
    assert (shop.engine.witness_told, shop.engine.catching_up) == (None, False)


def test_a_restart_claims_with_the_head_that_it_replaces(shop: Shop) -> None:
    """A new session, on the journal that the switch was last told of: no gap."""
    shop.start()
    shop.paid()
    shop.go_on(66)
    head = shop.book.head.hex()
    first = told(shop)[1]["session"]
    shop.start()
    claim = told(shop)[-1]
    assert claim["replaces"] == head
    assert claim["session"] != first
    assert "Gap" not in shop.kinds()
    assert shop.charge()
    assert shop.view.verdict is Verdict.PAID


def test_a_silent_witness_keeps_the_till_from_selling(shop: Shop, faults: Faults) -> None:
    """Until it has answered; looked after every ten seconds, and before each refusal."""
    shop.line.plan(WITNESS, *[faults.lost] * 3)
    shop.start()
    assert shop.view.notice is None
    for _ in range(2):
        shop.engine.handle(Charge("5", Presenting.CUSTOMER))
        assert said(shop.view.notice) == ("witness.unheard", {}, False)
        assert shop.view.stage is Stage.READY
    shop.go_on(16)
    assert len(told(shop)) == 3 + 2
    shop.charge()
    assert shop.view.verdict is Verdict.PAID


def test_a_claim_that_is_not_answered_is_made_again(shop: Shop, faults: Faults) -> None:
    """Not granted yet, so nothing is sold."""
    shop.line.plan(WITNESS, faults.altered(), faults.lost, faults.altered(), faults.lost)
    shop.start()
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))
    assert said(shop.view.notice) == ("witness.unheard", {}, False)
    shop.charge()
    assert shop.view.verdict is Verdict.PAID


def test_a_switch_without_a_witness_is_said_once_and_sold_with(shop: Shop) -> None:
    """It is another acquirer's; nothing is told to it, and it is not asked again."""
    shop.line.has_witness = False
    shop.start()
    assert said(shop.view.notice) == ("witness.none", {}, False)
    assert shop.engine.witness_told == shop.view.notice
    shop.line.has_witness = True
    shop.charge()
    assert shop.view.verdict is Verdict.PAID
    assert shop.line.of("pay")[0].mark == ""
    shop.engine.handle(Next())
    shop.go_on(130)
    assert told(shop) == []
    assert shop.view.notice is None


def test_without_a_witness_what_a_restart_left_is_given_up_all_the_same(shop: Shop) -> None:
    """And refunds are asked for: there is nobody who could know better."""
    shop.line.has_witness = False
    shop.start()
    request_id = shop.paid()
    shop.line.plan("refund", lambda body, through: b"")
    shop.engine.handle(GiveBack(request_id, "5"))
    shop.charge("silent")
    shop.start()
    shop.go_on(20)
    assert shop.engine.history.open_payments() == []
    assert shop.engine.history.open_refunds() == []


def test_what_a_restart_left_waits_for_the_witness(shop: Shop, faults: Faults) -> None:
    """Asked about, but neither given up nor given back, until the witness was heard."""
    shop.start()
    request_id = shop.paid()
    shop.line.plan("refund", lambda body, through: b"")
    shop.engine.handle(GiveBack(request_id, "5"))
    shop.charge("silent")
    shop.line.plan(WITNESS, *[faults.lost] * 3)
    shop.start()
    at, start_s = len(shop.line.asked), shop.fate.now_s
    shop.go_on(14)
    calls = [each for each in shop.line.asked[at:] if each.api != WITNESS]
    mine = [each for each in calls if not each.reference.startswith("probe-")]
    assert {each.api for each in mine} == {"inquiryPayment"}
    assert [round(each.at_s - start_s, 3) for each in mine[:3]] == [0.0, 3.0, 6.0]
    assert len(mine) > 3  # more often than a restart asks
    shop.engine.handle(AskAgain(request_id))
    assert shop.line.of("inquiryRefund") == []  # a refund is not hurried either
    shop.go_on(60)
    assert shop.engine.history.open_payments() == []
    assert shop.engine.history.open_refunds() == []


def twin_of(shop: Shop) -> Shop:
    """Another device at work with a copy of the till's card."""
    copy = shop.copied()
    twin = Shop(shop.folder)
    twin.switch.close()
    twin.switch, twin.fate = shop.switch, shop.fate
    twin.line.fate, twin.line.deliver = shop.fate, shop.line.deliver
    twin.files = Files(copy)
    twin.start()
    return twin


def test_a_till_whose_place_was_taken_says_so_though_it_has_just_sold(shop: Shop) -> None:
    """What it asked of the switch told that the link is up, and no more: the witness is asked
    every minute all the same, and what it says is shown at once."""
    shop.start()
    shop.go_on(30)
    shop.engine.handle(Stop(shop.charge("silent")))
    shop.go_on()
    twin = twin_of(shop)
    shop.fate.pass_time(31)
    at = len(shop.line.asked)
    shop.work()
    assert [each.api for each in shop.line.asked[at:]] == [WITNESS]
    assert said(shop.view.notice) == ("witness.superseded", {}, True)
    twin.leave()


def test_two_tills_with_one_identity_are_told_apart(shop: Shop) -> None:
    """The later start is the till; the earlier one is refused, says so, and asks no more."""
    shop.start()
    shop.paid()
    twin = twin_of(shop)
    assert twin.charge()
    assert twin.view.verdict is Verdict.PAID
    shop.go_on(66)
    assert said(shop.view.notice) == ("witness.superseded", {}, True)
    assert said(shop.engine.witness_told) == ("witness.superseded", {}, True)
    at = len(told(shop))
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))
    assert said(shop.view.notice) == ("witness.superseded", {}, True)
    assert shop.view.stage is Stage.READY
    shop.go_on(130)
    assert len(told(shop)) == at
    twin.go_on(66)
    assert twin.engine.witness_told is None
    twin.leave()


def test_a_disk_that_cannot_say_what_it_holds_halts_the_till(shop: Shop) -> None:
    """Whether the journal is whole cannot be known; what is open is ended without money."""
    shop.start()
    request_id = shop.charge("silent")
    shop.open()
    shop.forget_statements("SELECT hash")
    shop.engine.start()
    key, values, grave = said(shop.engine.view().stopped)
    assert (key, grave) == ("halt.journal", True)
    assert "cannot be read" in values["sentence"]
    assert len(told(shop)) == 3  # it was asked, and could not be answered
    shop.go_on(5)
    assert shop.engine.history.payments[request_id].state != "PAID"
    assert shop.line.of("refund") == []


def test_a_till_that_halts_asks_its_witness_no_more(till: Shop) -> None:
    """Nothing is sold, so nothing is to be compared."""
    till.break_disk("write", "sync")
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.scan(till.code())
    assert till.view.stopped is not None
    at = len(told(till))
    till.go_on(66)
    assert len(told(till)) == at
