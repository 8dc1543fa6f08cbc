"""A journal that lost its end: all that the switch remembers is settled before the next sale.

Apart from the witness's ordinary day, on which nothing is missing.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pos.sale.input import Charge, GiveBack, Presenting, PrinterSays, Stop
from pos.sale.view import Stage, Verdict
from tests.engine.conftest import CLIENT, Shop, said
from tests.engine.line import WITNESS, Fault, Faults


def pages_asked(shop: Shop, since: int = 0) -> list[str]:
    """Below which number each page of the list was asked for."""
    return [each.body["before"] for each in shop.line.of(WITNESS)[since:] if "before" in each.body]


def notices(shop: Shop, since: int) -> list[str]:
    """The keys of what was said, in order, without repetitions."""
    keys = [view.notice.key for view in shop.views[since:] if view.notice is not None]
    return [each for at, each in enumerate(keys) if at == 0 or keys[at - 1] != each]


def test_what_the_card_forgot_is_fetched_and_settled_before_the_next_sale(shop: Shop) -> None:
    """A sale, a refund and a sale that failed are gone: said, imported, settled, then sold."""
    shop.start()
    first = shop.paid("10")
    shop.engine.handle(PrinterSays(first))
    shop.go_on(66)
    copy, seq = shop.copied(), shop.book.seq
    second = shop.paid("20")
    shop.engine.handle(GiveBack(second, "1"))
    shop.engine.handle(GiveBack(first, "4"))
    (_, refund) = shop.engine.history.refunds.values()
    third = shop.charge("declines", "30")
    opened = {fields["request_id"]: fields for kind, fields in shop.entries() if kind == "Opened"}
    last_mark = shop.line.of("pay")[-1]
    at, slips = len(shop.views), len(shop.slips)
    shop.put_back(copy)
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
    assert said(shop.view.notice) == ("witness.closed", {"count": "4"}, False)
    assert shop.engine.witness_told == shop.view.notice
    assert not shop.engine.catching_up
    assert shop.entries()[-1] == ("GapClosed", {"count": 4})
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
    shop.put_back({})
    shop.go_on()
    assert list(shop.engine.history.payments) == sales
    assert {str(p.state) for p in shop.engine.history.payments.values()} == {"PAID"}
    assert shop.entries()[-1] == ("GapClosed", {"count": 3})


def test_the_list_is_read_page_after_page_until_all_is_known(shop: Shop) -> None:
    """Each page asks for what is below the last act of the one before."""
    shop.start()
    known = shop.paid()
    shop.go_on(66)
    copy = shop.copied()
    sales = [shop.paid() for _ in range(6)]

    def short(body: bytes, through: Any) -> bytes:
        answer = json.loads(through(body))
        if answer.get("acts"):
            answer["acts"] = answer["acts"][:3]
            answer["more"] = "true"
        return json.dumps(answer).encode()

    shop.line.plan(WITNESS, *[short] * 20)
    at = len(shop.line.of(WITNESS))
    shop.put_back(copy)
    pages = pages_asked(shop, at)
    assert pages == [str(10**17), "5", "2"]  # acts 7 to 5, 4 to 2, then 1, which is known
    shop.go_on()
    assert list(shop.engine.history.payments) == [known, *sales]
    assert shop.entries()[-1] == ("GapClosed", {"count": 6})


def test_a_list_without_an_end_is_given_up_and_begun_again(shop: Shop, faults: Faults) -> None:
    """A page that answers another question is not taken for this one; the next look asks again."""
    shop.start()
    shop.paid()
    shop.go_on(66)
    copy = shop.copied()
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.altered(before="7"))
    shop.put_back(copy)
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
    copy = shop.copied()
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.altered(session=session))
    shop.put_back(copy)
    assert "Opened" not in shop.kinds(4)
    assert shop.engine.catching_up


def test_a_page_that_does_not_come_is_asked_for_again(shop: Shop, faults: Faults) -> None:
    """At the next look, from the newest on."""
    shop.start()
    shop.go_on(66)
    copy = shop.copied()
    shop.paid()
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), faults.lost)
    shop.put_back(copy)
    assert shop.engine.catching_up
    shop.go_on(20)
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert pages_asked(shop) == [str(10**17)] * 2


def test_a_refund_comes_back_when_its_sale_has(shop: Shop) -> None:
    """First the sale is asked about; of what it left, the refund is asked for under its id."""
    shop.start()
    shop.go_on(66)
    copy = shop.copied()
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    (refund,) = shop.engine.history.refunds.values()
    at = len(shop.line.asked)
    shop.put_back(copy)
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
    copy = shop.copied()
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    shop.put_back(copy)
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
    copy, seq = shop.copied(), shop.book.seq
    shop.switch.scheme.customers.approve("vipps", waiting.payment_id)
    shop.line.plan("cancel", faults.refused("CANCEL_WINDOW_EXCEED"))
    shop.go_on(10)
    (reversal,) = shop.line.of("refund")
    shop.put_back(copy)
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
    copy = shop.copied()
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))

    def dearer(acts: list[dict[str, Any]]) -> None:
        acts[0]["amount"]["value"] = "12901"

    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(dearer))
    shop.put_back(copy)
    shop.go_on()
    assert shop.engine.history.refunds == {}
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert len(shop.line.of("refund")) == 1


def test_all_that_was_paid_may_come_back_as_a_refund(shop: Shop) -> None:
    """To the last øre; once it is given back nothing is left."""
    shop.start()
    shop.go_on(66)
    copy = shop.copied()
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id))
    shop.put_back(copy)
    shop.go_on()
    assert shop.entries()[-1] == ("GapClosed", {"count": 2})
    assert shop.engine.history.left(request_id) == 0


def test_a_known_act_is_one_that_this_journal_wrote_before(shop: Shop, faults: Faults) -> None:
    """Whatever the list says of an act, only the same hash at the same entry makes it known: what
    is known already is not written twice, and what is not is asked about."""
    shop.start()
    known = shop.paid()
    shop.go_on(66)
    copy = shop.copied()
    lost = shop.paid()
    heads: list[str] = []

    def confuse(acts: list[dict[str, Any]]) -> None:
        heads.extend(act["head"] for act in acts)
        acts[1]["head"] = acts[0]["head"]  # the known one looks unknown
        acts[0] |= {"seq": "0", "head": "00" * 32}  # what every journal holds

    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(confuse))
    shop.put_back(copy)
    shop.go_on()
    assert list(shop.engine.history.payments) == [known, lost]
    assert [kind for kind in shop.kinds() if kind == "Opened"] == ["Opened"] * 2
    assert shop.entries()[-1] == ("GapClosed", {"count": 1})
    assert len(set(heads)) == 2


def test_a_refund_of_a_sale_that_nobody_knows_is_left_out(shop: Shop, faults: Faults) -> None:
    """There is nothing to give back from."""
    shop.start()
    shop.go_on(66)
    copy = shop.copied()
    request_id = shop.paid()
    shop.engine.handle(GiveBack(request_id, "4"))
    shop.line.plan(WITNESS, faults.altered(), faults.altered(), with_acts(lambda acts: acts.pop(1)))
    shop.put_back(copy)
    shop.go_on()
    assert (shop.engine.history.payments, shop.engine.history.refunds) == ({}, {})
    assert shop.entries()[-1] == ("GapClosed", {"count": 0})
