"""A person asks about a sale: it is hurried while it is open, and compared when it is final.

Apart from the sales because asking moves no money.
"""

import pytest

from pos.sale.input import AskAgain, Stop
from tests.engine.conftest import Shop, said
from tests.engine.line import Faults


def test_a_final_sale_is_the_same_at_the_switch(till: Shop) -> None:
    """It is said, and nothing is written."""
    request_id = till.paid()
    seq = till.book.seq
    till.engine.handle(AskAgain(request_id))
    assert said(till.view.notice) == ("ask.same", {"state": "PAID"}, False)
    assert till.kinds(seq) == []


@pytest.mark.parametrize(
    ("status", "says"),
    [("PROCESSING", "SUCCESS"), ("FAIL", "Declined"), ("CANCELLED", "FoundCancelled")],
)
def test_a_difference_is_written_down_and_put_before_a_person(
    status: str, says: str, till: Shop, faults: Faults
) -> None:
    """Said gravely, and marked on the sale."""
    request_id = till.paid()
    seq = till.book.seq
    till.line.plan("inquiryPayment", faults.altered(paymentStatus=status))
    till.engine.handle(AskAgain(request_id))
    assert said(till.view.notice) == ("ask.differs", {"says": says}, True)
    assert till.entries(seq) == [("Answered", {"request_id": request_id, "says": says})]
    assert till.view.recent[0].contested == says
    assert till.engine.history.payments[request_id].state == "PAID"


def test_a_cancelled_sale_that_was_paid_after_all_is_a_difference(
    till: Shop, faults: Faults
) -> None:
    """Cancelled or failed at the switch is the same; paid is not."""
    request_id = till.charge("silent")
    till.engine.handle(Stop(request_id))
    till.go_on()
    for status, key in (("CANCELLED", "same"), ("FAIL", "same"), ("SUCCESS", "differs")):
        till.line.plan("inquiryPayment", faults.altered(paymentStatus=status))
        till.engine.handle(AskAgain(request_id))
        assert said(till.view.notice)[0] == f"ask.{key}"


def test_a_sale_that_failed_is_compared_too(till: Shop, faults: Faults) -> None:
    """Declined here: the switch says so, or found it cancelled, or never heard of it."""
    till.charge("declines")
    request_id = till.view.request_id
    for fault in (
        faults.altered(),
        faults.altered(paymentStatus="CANCELLED"),
        faults.refused("ORDER_NOT_EXIST"),
    ):
        till.line.plan("inquiryPayment", fault)
        till.engine.handle(AskAgain(request_id))
        assert said(till.view.notice) == ("ask.same", {"state": "DECLINED"}, False)
    till.line.plan("inquiryPayment", faults.lost)
    till.engine.handle(AskAgain(request_id))
    assert said(till.view.notice) == ("link.down", {}, False)
    assert till.view.recent[0].contested == ""


def test_asking_about_an_open_sale_hurries_it(till: Shop) -> None:
    """The next question falls due now."""
    request_id = till.charge("silent")
    assert till.work() == 3.0
    till.engine.handle(AskAgain(request_id))
    assert said(till.view.notice) == ("ask.open", {}, False)
    assert till.line.of("inquiryPayment")[1:] == []
    till.work()
    assert [each.reference for each in till.line.of("inquiryPayment")[1:]] == [request_id]
    assert till.work() > 2.5


def test_asking_about_nothing_says_nothing(till: Shop) -> None:
    """An id that the journal does not know asks nobody."""
    count = len(till.line.asked)
    till.engine.handle(AskAgain("nothing"))
    assert (len(till.line.asked), till.view.notice) == (count, None)
