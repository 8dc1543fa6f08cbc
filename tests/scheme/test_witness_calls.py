"""What the switch keeps of a till's journal, over real HTTP, and whom it lets be the till."""

import json

from pos.sale.testimony import NEWEST
from pos.switch.signature import Signer, content_to_sign
from pos.switch.wire import PATHS, CancelRequest, RefundRequest, WireAmount, dump
from pos.switch.witness import (
    ACTS_PER_PAGE_MAX,
    MARK_HEADER,
    MARK_SIGNATURE_HEADER,
    SUPERSEDED,
    WITNESS_PATH,
    Mark,
    WitnessRequest,
    mark_content,
)
from tests.scheme.conftest import TILL_KEY, TIME, pay_request

FIRST, SECOND = "1" * 32, "2" * 32


def head(seq: int) -> str:
    """A head that belongs to `seq`."""
    return f"{seq:064x}"


def ask(till, session=None, seq=None, replaces=None, before=str(NEWEST), terminal="T07"):
    """The witness's answer as JSON."""
    request = WitnessRequest(
        store_terminal_id=terminal,
        session=session,
        seq=None if seq is None else str(seq),
        head=None if seq is None else head(seq),
        replaces=replaces,
        before=None if session else before,
    )
    reply = till.call(WITNESS_PATH, dump(request))
    assert reply.signed
    return json.loads(reply.raw)


def marked(till, call, request, session, seq, spoil=""):
    """A call that tells how far the journal is; `spoil` is put in the place of the mark."""
    body = dump(request)
    signer = Signer(TILL_KEY)
    signature = signer.header(content_to_sign("POST", PATHS[call], "till-1", TIME, body))
    mark = Mark("T07", session, seq, head(seq)).text()
    own = signer.header(mark_content("till-1", mark, signature))
    headers = {MARK_HEADER: spoil or mark, MARK_SIGNATURE_HEADER: own}
    return till.call(PATHS[call], body, signature=signature, **headers)


def pay(till, request_id, session=FIRST, seq=1, behaves="pays", **more):
    """A marked request to pay."""
    request = pay_request(request_id, till.desk.code(behaves=behaves))
    return marked(till, "pay", request, session, seq, **more)


def test_a_terminal_that_was_never_heard_of_has_no_past(till):
    """And asking makes none."""
    for _ in range(2):
        said = ask(till)
        assert (said["seq"], "head" in said, said["acts"]) == ("0", False, [])


def test_what_a_till_asked_for_is_told_newest_first_with_what_came_of_it(till):
    """A payment that was paid, one declined, a refund; each where the journal stood then."""
    assert ask(till, FIRST, 1)["session"] == FIRST
    paid = pay(till, "r-1", seq=2)
    pay(till, "r-2", seq=4, behaves="declines")
    back = RefundRequest(
        refund_request_id="f-1",
        payment_id=json.loads(paid.raw)["paymentId"],
        refund_amount=WireAmount(currency="NOK", value="400"),
    )
    assert marked(till, "refund", back, FIRST, 6).code == "SUCCESS"
    said = ask(till)
    assert (said["seq"], said["head"], said["session"]) == ("6", head(6), FIRST)
    told = [(act["number"], act["kind"], act["seq"], act["head"]) for act in said["acts"]]
    assert told == [
        ("3", "refund", "6", head(6)), ("2", "pay", "4", head(4)), ("1", "pay", "2", head(2)),
    ]  # fmt: skip
    refund, declined, first = said["acts"]
    assert (refund["refundRequestId"], refund["paymentRequestId"]) == ("f-1", "r-1")
    assert refund["amount"] == {"currency": "NOK", "value": "400"}
    assert declined["paymentRequestId"] == "r-2"
    assert first["amount"] == {"currency": "NOK", "value": "12900"}
    assert first["inStorePaymentScenario"] == "PaymentCode"


def test_what_comes_late_takes_nothing_back_and_counts_once(till):
    """A request that was overtaken, and one that comes twice."""
    ask(till, FIRST, 1)
    pay(till, "r-2", seq=8)
    request = pay_request("r-1", till.desk.code())
    for _ in range(2):
        assert marked(till, "pay", request, FIRST, 3).code == "SUCCESS"
    said = ask(till)
    assert said["seq"] == "8"
    assert [act["number"] for act in said["acts"]] == ["2", "1"]


def test_only_who_knows_what_was_told_last_becomes_the_till(till):
    """A claim over another head is not granted; the right one is, and the first is out."""
    ask(till, FIRST, 5)
    assert ask(till, SECOND, 9, replaces=head(4))["session"] == FIRST
    said = ask(till, SECOND, 3, replaces=head(5))
    assert (said["session"], said["seq"]) == (SECOND, "3")
    assert ask(till, FIRST, 20)["session"] == SECOND


def test_a_process_that_is_no_longer_the_till_moves_no_money(till):
    """Its pay, cancel and refund are refused and never carried out, also when they come late."""
    ask(till, FIRST, 1)
    paid = json.loads(pay(till, "r-1", seq=2).raw)["paymentId"]
    ask(till, SECOND, 4, replaces=head(2))
    back = RefundRequest(
        refund_request_id="f-1",
        payment_id=paid,
        refund_amount=WireAmount(currency="NOK", value="400"),
    )
    balance = till.desk.balance()
    assert pay(till, "r-2", seq=3).code == SUPERSEDED
    cancel = CancelRequest(payment_request_id="r-1")
    assert marked(till, "cancel", cancel, FIRST, 3).code == SUPERSEDED
    assert marked(till, "refund", back, FIRST, 3).code == SUPERSEDED
    assert till.desk.balance() == balance
    assert till.desk.inquire("r-2").result.result_code == "ORDER_NOT_EXIST"
    assert marked(till, "cancel", cancel, SECOND, 5).code == "SUCCESS"


def test_a_mark_that_was_altered_or_unsigned_stops_the_request(till):
    """Nobody can make a till look further than it is, nor another process look like it."""
    ask(till, FIRST, 1)
    other = Mark("T07", FIRST, 99, head(99)).text()
    assert pay(till, "r-1", spoil=other).code == "SIGNATURE_INVALID"
    unsigned = till.call(
        PATHS["pay"], dump(pay_request("r-2", till.desk.code())), **{MARK_HEADER: other}
    )
    assert unsigned.code == "SIGNATURE_INVALID"
    assert ask(till)["acts"] == []
    assert till.desk.inquire("r-1").result.result_code == "ORDER_NOT_EXIST"


def test_a_till_without_a_witness_is_served_as_ever(till):
    """Callers that tell nothing of a journal, as those of other makers."""
    ask(till, FIRST, 1)
    assert till.pay("r-1").code == "SUCCESS"
    assert ask(till)["acts"] == []


def test_terminals_and_callers_have_each_their_own_past(till):
    """One caller's T08 is not its T07, and another caller's T07 neither."""
    ask(till, FIRST, 5)
    assert ask(till, terminal="T08")["seq"] == "0"
    body = dump(WitnessRequest(store_terminal_id="T07"))
    other = json.loads(till.call(WITNESS_PATH, body, client="till-2").raw)
    assert other["seq"] == "0"


def test_a_long_past_is_told_in_pages(till):
    """Each act once, to the very first; cancelled unseen, it has no amount."""
    ask(till, FIRST, 1)
    count = ACTS_PER_PAGE_MAX + 3
    till.desk.cancel("r-0")
    for number in range(count):
        request = pay_request(f"r-{number}", "000000000000000000")  # no wallet's
        marked(till, "pay", request, FIRST, number + 2)
    numbers, before = [], str(NEWEST)
    for _ in range(3):
        said = ask(till, before=before)
        numbers += [int(act["number"]) for act in said["acts"]]
        if "more" not in said:
            break
        before = said["acts"][-1]["number"]
    assert numbers == list(range(count, 0, -1))
    assert "amount" not in said["acts"][-1]
