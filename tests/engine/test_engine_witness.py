"""A journal held against what the switch remembers of it, before anything is sold.

Apart from the restarts because here the journal itself has lost its end, or lives twice.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pos.proof.disk import Files
from pos.sale.input import AskAgain, Charge, GiveBack, Next, Presenting, Stop
from pos.sale.view import Stage, Verdict
from tests.engine.conftest import CLIENT, WITNESS, Fault, Faults, Shop, said


def copied(shop: Shop) -> dict[str, bytes]:
    """What lies on the till's disk."""
    return {name: bytes(raw) for name, raw in shop.files.contents.items()}


def put_back(shop: Shop, copy: dict[str, bytes], **changes: Any) -> None:
    """The till starts on an older copy of its disk."""
    shop.leave()
    shop.files = Files(copy)
    shop.start(**changes)


def notices(shop: Shop, since: int) -> list[str]:
    """The keys of what was said, in order, without repetitions."""
    keys = [view.notice.key for view in shop.views[since:] if view.notice is not None]
    return [each for at, each in enumerate(keys) if at == 0 or keys[at - 1] != each]


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
    assert f"session={claim['session']},seq=2," in pay.mark
    shop.go_on(66)
    (report,) = told(shop)[2:]
    assert (report["session"], report["seq"]) == (claim["session"], "4")
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


def test_what_the_card_forgot_is_fetched_and_settled_before_the_next_sale(shop: Shop) -> None:
    """A sale, a refund and a sale that failed are gone: said, imported, settled, then sold."""
    shop.start()
    first = shop.paid("10")
    shop.go_on(66)
    copy, seq = copied(shop), shop.book.seq
    second = shop.paid("20")
    shop.engine.handle(GiveBack(first, "4"))
    (refund,) = shop.engine.history.refunds.values()
    third = shop.charge("declines", "30")
    opened = {fields["request_id"]: fields for kind, fields in shop.entries() if kind == "Opened"}
    last_mark = shop.line.of("pay")[-1]
    at, slips = len(shop.views), len(shop.slips)
    put_back(shop, copy)
    kind, gap = shop.entries(seq)[1]
    assert (kind, gap["whole_until"]) == ("Gap", seq + 1)
    assert f"seq={gap['seq']},head={gap['head']}" in last_mark.mark
    assert gap["at"] == shop.entries(seq)[0][1]["at"] + 0.5  # two answers later
    assert shop.kinds(seq)[2:] == ["Opened", "Opened", "RefundAsked"]  # of a sale that is known
    assert said(shop.view.notice) == (
        "witness.gap", {"seq": str(seq + 1), "told": str(gap["seq"])}, True,
    )  # fmt: skip
    assert shop.engine.catching_up
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))
    assert shop.view.stage is Stage.READY
    assert said(shop.view.notice)[0] == "witness.gap"
    shop.go_on()
    assert said(shop.view.notice) == ("witness.closed", {"count": "3"}, False)
    assert shop.engine.witness_told == shop.view.notice
    assert not shop.engine.catching_up
    assert shop.entries()[-1] == ("GapClosed", {"count": 3})
    states = {each: str(p.state) for each, p in shop.engine.history.payments.items()}
    assert states == {first: "PAID", second: "PAID", third: "DECLINED"}
    again = {fields["request_id"]: fields for kind, fields in shop.entries() if kind == "Opened"}
    for each in (second, third):
        # All as it was written, but for the digest and the moment, which is the switch's.
        same = {"sale_id", "amount", "scenario"}
        assert {name: again[each][name] for name in same} == {
            name: opened[each][name] for name in same
        }
    assert shop.engine.history.refunds[refund.refund_id].state == "REFUNDED"
    assert shop.slips[slips:] == []  # these customers had their receipts, and are gone
    assert "witness.closed" in notices(shop, at)
    shop.charge()
    assert shop.view.verdict is Verdict.PAID
    assert said(shop.engine.witness_told)[0] == "witness.closed"


def test_a_journal_that_is_empty_is_behind_its_witness_too(shop: Shop) -> None:
    """A new card in an old till: everything comes back."""
    shop.start()
    sales = [shop.paid() for _ in range(3)]
    put_back(shop, {})
    shop.go_on()
    assert list(shop.engine.history.payments) == sales
    assert {str(p.state) for p in shop.engine.history.payments.values()} == {"PAID"}
    assert shop.entries()[-1] == ("GapClosed", {"count": 3})


def test_the_list_is_read_page_after_page_until_all_is_known(shop: Shop) -> None:
    """Each page asks for what is below the last act of the one before."""
    shop.start()
    known = shop.paid()
    shop.go_on(66)
    copy = copied(shop)
    sales = [shop.paid() for _ in range(6)]

    def short(body: bytes, through: Any) -> bytes:
        answer = json.loads(through(body))
        if answer.get("acts"):
            answer["acts"] = answer["acts"][:3]
            answer["more"] = "true"
        return json.dumps(answer).encode()

    shop.line.plan(WITNESS, *[short] * 20)
    at = len(told(shop))
    put_back(shop, copy)
    pages = [each["before"] for each in told(shop)[at:] if "before" in each]
    assert pages == [str(10**17), "5", "2"]  # acts 7 to 5, 4 to 2, then 1, which is known
    shop.go_on()
    assert list(shop.engine.history.payments) == [known, *sales]
    assert shop.entries()[-1] == ("GapClosed", {"count": 6})


def test_a_list_without_an_end_is_given_up_and_begun_again(shop: Shop, faults: Faults) -> None:
    """A page that answers another question is not taken for this one; the next look asks again."""
    shop.start()
    shop.paid()
    shop.go_on(66)
    copy = copied(shop)
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.altered(before="7"))
    put_back(shop, copy)
    assert shop.engine.catching_up
    assert shop.kinds()[-1] == "Gap"
    shop.go_on(5)
    assert shop.engine.catching_up
    shop.engine.handle(Charge("5", Presenting.CUSTOMER))  # looks again before it refuses
    shop.go_on()
    assert not shop.engine.catching_up
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})


@pytest.mark.parametrize("session", ["f" * 32])
def test_a_page_told_to_another_session_is_not_taken(
    session: str, shop: Shop, faults: Faults
) -> None:
    """Somebody else is the till by now."""
    shop.start()
    shop.paid()
    shop.go_on(66)
    copy = copied(shop)
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.altered(session=session))
    put_back(shop, copy)
    assert "Opened" not in shop.kinds(4)
    assert shop.engine.catching_up


def test_a_page_that_does_not_come_is_asked_for_again(shop: Shop, faults: Faults) -> None:
    """At the next look, from the newest on."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.lost)
    put_back(shop, copy)
    assert shop.engine.catching_up
    shop.go_on(20)
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert [each["before"] for each in told(shop) if "before" in each] == [str(10**17)] * 2


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


def test_two_tills_with_one_identity_are_told_apart(shop: Shop) -> None:
    """The later start is the till; the earlier one is refused, says so, and asks no more."""
    shop.start()
    shop.paid()
    engine, book, copy = shop.engine, shop.book, copied(shop)
    shop.line.plan(WITNESS)
    twin = Shop(shop._folder)
    twin.switch.close()
    twin.switch, twin.fate = shop.switch, shop.fate
    twin.line.fate, twin.line.deliver = shop.fate, shop.line.deliver
    twin.files = Files(copy)
    twin.start()
    assert twin.charge()
    assert twin.view.verdict is Verdict.PAID
    assert shop.engine is engine
    assert shop.book is book
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


def test_a_refund_comes_back_when_its_sale_has(shop: Shop) -> None:
    """First the sale is asked about; of what it left, the refund is asked for under its id."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    (refund,) = shop.engine.history.refunds.values()
    at = len(shop.line.asked)
    put_back(shop, copy)
    shop.go_on()
    calls = [each for each in shop.line.asked[at:] if each.api != WITNESS]
    mine = [each for each in calls if not each.reference.startswith("probe-")]
    assert [(each.api, each.reference) for each in mine] == [
        ("inquiryPayment", request_id), ("refund", refund.refund_id),
    ]  # fmt: skip
    assert shop.kinds()[-4:] == ["Paid", "RefundAsked", "Refunded", "GapClosed"]
    assert shop.switch.truth(CLIENT, request_id).net == 12500


def test_a_sale_that_was_refunded_is_not_given_up_meanwhile(shop: Shop, faults: Faults) -> None:
    """Refunded, so it was paid: asked about past the usual count until the switch says so."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    put_back(shop, copy)
    shop.line.plan("inquiryPayment", *[faults.lost] * 6)
    shop.go_on(60)
    assert "cancel" not in shop.line.apis()
    assert shop.engine.history.payments[request_id].state == "PAID"
    assert shop.entries()[-1] == ("GapClosed", {"count": 2})


def test_a_reversal_that_was_forgotten_is_the_reversal_again(shop: Shop, faults: Faults) -> None:
    """Its refund is in the list, its sale was being cancelled: the same id ends it, once."""
    shop.start()
    request_id = shop.charge("silent")
    (waiting,) = shop.switch.scheme.customers.waiting("vipps")
    shop.engine.handle(Stop(request_id))
    shop.work()
    shop.work()
    assert shop.kinds()[-1] == "CancelAsked"
    copy, seq = copied(shop), shop.book.seq
    shop.switch.scheme.customers.approve("vipps", waiting.payment_id)
    shop.line.plan("cancel", faults.refused("CANCEL_WINDOW_EXCEED"))
    shop.go_on(10)
    (reversal,) = shop.line.of("refund")
    put_back(shop, copy)
    shop.go_on(10)
    kinds = shop.kinds(seq)
    assert kinds[:3] == ["Started", "Gap", "WindowClosed"]
    assert shop.entries(seq)[2][1] == {
        "request_id": request_id, "reversal_id": reversal.reference,
    }  # fmt: skip
    assert kinds[-2:] == ["ReversalDone", "GapClosed"]
    assert shop.entries()[-1][1] == {"count": 1}
    assert shop.engine.history.refunds == {}
    assert {each.reference for each in shop.line.of("refund")} == {reversal.reference}
    assert shop.switch.truth(CLIENT, request_id).net == 0


def with_acts(change: Callable[[list[dict[str, Any]]], None]) -> Fault:
    """A page of the list in which something else stands."""

    def fault(body: bytes, through: Callable[[bytes], bytes]) -> bytes:
        answer = json.loads(through(body))
        change(answer["acts"])
        return json.dumps(answer).encode()

    return fault


def test_more_than_is_left_is_never_given_back_on_a_witness_word(
    shop: Shop, faults: Faults
) -> None:
    """A refund of more than was paid is left out; the gap is closed without it."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))

    def dearer(acts: list[dict[str, Any]]) -> None:
        acts[0]["amount"]["value"] = "12901"

    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(dearer))
    put_back(shop, copy)
    shop.go_on()
    assert shop.engine.history.refunds == {}
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert len(shop.line.of("refund")) == 1


def test_all_that_was_paid_may_come_back_as_a_refund(shop: Shop) -> None:
    """To the last øre; once it is given back nothing is left."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id))
    put_back(shop, copy)
    shop.go_on()
    assert shop.entries()[-1] == ("GapClosed", {"count": 2})
    assert shop.engine.history.left(request_id) == 0


def test_a_known_act_is_one_that_this_journal_wrote_before(shop: Shop, faults: Faults) -> None:
    """Whatever the list says of an act, only the same hash at the same entry makes it known: what
    is known already is not written twice, and what is not is asked about."""
    shop.start()
    known = shop.paid()
    shop.go_on(66)
    copy = copied(shop)
    lost = shop.paid()
    heads: list[str] = []

    def confuse(acts: list[dict[str, Any]]) -> None:
        heads.extend(act["head"] for act in acts)
        acts[1]["head"] = acts[0]["head"]  # the known one looks unknown
        acts[0] |= {"seq": "0", "head": "00" * 32}  # what every journal holds

    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(confuse))
    put_back(shop, copy)
    shop.go_on()
    assert list(shop.engine.history.payments) == [known, lost]
    assert [kind for kind in shop.kinds() if kind == "Opened"] == ["Opened"] * 2
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert len(set(heads)) == 2


def test_a_refund_of_a_sale_that_nobody_knows_is_left_out(shop: Shop, faults: Faults) -> None:
    """There is nothing to give back from."""
    shop.start()
    shop.go_on(66)
    copy = copied(shop)
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(lambda acts: acts.pop(1)))
    put_back(shop, copy)
    shop.go_on()
    assert (shop.engine.history.payments, shop.engine.history.refunds) == ({}, {})
    assert shop.entries()[-1] == ("GapClosed", {"count": 0})


def test_a_till_that_halts_asks_its_witness_no_more(till: Shop) -> None:
    """Nothing is sold, so nothing is to be compared."""
    till.break_disk("write", "sync")
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.scan(till.code())
    assert till.view.stopped is not None
    at = len(told(till))
    till.go_on(10)
    till.engine._probe()
    assert len(told(till)) == at
