"""The fold of everything written down: what is open, what is left, what was used.

Apart from the journal, which stores the entries and knows nothing of their meaning.
"""

from dataclasses import replace

import pytest

from pos.errors import IllegalMove
from pos.sale.history import Entry, History
from pos.sale.incident import Answered, Gap, Started
from pos.sale.money import Amount
from pos.sale.order import (
    Line,
    Order,
    OrderDropped,
    OrderEvent,
    OrderParked,
    OrderPlaced,
    OrderRecalled,
)
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Declined,
    Opened,
    Paid,
    Scenario,
    State,
    StillOpen,
    StopReason,
    WindowClosed,
)
from pos.sale.printing import ReceiptBegun, ReceiptPrinted
from pos.sale.refund import RefundAsked, Refunded, RefundOpen, RefundRefused, RefundState

PRICE = Amount(10000, "NOK")


def opened(request_id: str, fingerprint: str = "", at: float = 1000.0) -> Opened:
    """The birth of a payment over 100.00 NOK."""
    return Opened(request_id, f"s-{request_id}", PRICE, Scenario.PAYMENT_CODE, at, fingerprint)


def folded(*entries: Entry) -> History:
    """A history of these entries."""
    history = History()
    for entry in entries:
        assert history.would_change(entry)
        history.apply(entry)
    return history


def paid(request_id: str = "r1") -> History:
    """A history of one paid payment."""
    return folded(opened(request_id), Paid(request_id, "p1", PRICE))


def kr(value: int) -> Amount:
    """Whole kroner."""
    return Amount(value * 100, "NOK")


def test_payments_are_open_until_they_are_final_oldest_first() -> None:
    """Cancelling is still open; the order is that of opening."""
    history = folded(
        opened("r1"), opened("r2"), opened("r3"),
        CancelAsked("r1", StopReason.OPERATOR), Declined("r2", "X"),
    )  # fmt: skip
    assert [each.request_id for each in history.open_payments()] == ["r1", "r3"]
    history.apply(CancelDone("r1"))
    assert [each.request_id for each in history.open_payments()] == ["r3"]


def test_the_newest_come_first_among_the_recent() -> None:
    """At most as many as asked for."""
    history = folded(*(opened(f"r{n}") for n in range(5)))
    assert [each.request_id for each in history.recent(3)] == ["r4", "r3", "r2"]


@pytest.mark.parametrize(
    "outcome", [None, Declined("r1", "X"), CancelAsked("r1", StopReason.TIMEOUT)]
)
def test_a_request_id_is_never_used_twice(outcome: Entry | None) -> None:
    """Whatever became of the first payment."""
    history = folded(opened("r1"), *([outcome] if outcome else []))
    state = history.payments["r1"].state
    for act in (history.would_change, history.apply):
        with pytest.raises(IllegalMove, match="used before"):
            act(opened("r1"))
    assert history.payments["r1"].state is state


@pytest.mark.parametrize(
    ("before", "may"),
    [
        ((), False),
        ((Paid("r1", "p1", PRICE),), False),
        ((CancelAsked("r1", StopReason.SCANNED_INSTEAD),), False),
        ((CancelAsked("r1", StopReason.SCANNED_INSTEAD), WindowClosed("r1", "v1")), False),
        ((CancelAsked("r1", StopReason.SCANNED_INSTEAD), CancelDone("r1")), True),
        ((Declined("r1", "PROCESS_FAIL"),), True),
    ],
)
def test_a_sale_is_tried_again_only_where_it_can_no_longer_be_paid(
    before: tuple[Entry, ...], may: bool
) -> None:
    """Two payments of one sale, one after the other; never one beside another."""
    history = folded(opened("r1"), *before)
    again = replace(opened("r2"), sale_id="s-r1")
    if may:
        history.apply(again)
        with pytest.raises(IllegalMove, match="paid twice"):
            history.apply(replace(again, request_id="r3"))
    else:
        with pytest.raises(IllegalMove, match="paid twice"):
            history.would_change(again)


def test_what_comes_back_from_the_switch_is_taken_as_it_happened() -> None:
    """A card that forgot both payments of a sale hears of both before it hears how they ended."""
    history = folded(Gap(1, 9, "", 1.0), opened("r1"))
    history.apply(replace(opened("r2"), sale_id="s-r1"))
    assert len(history.open_payments()) == 2


def test_an_illegal_entry_changes_nothing() -> None:
    """The fold before and after is the same."""
    history = paid()
    before = repr(history)
    for entry in (Declined("r1", "X"), CancelDone("r1"), Paid("nobody", "p", PRICE)):
        with pytest.raises(IllegalMove):
            history.apply(entry)
        with pytest.raises(IllegalMove):
            history.would_change(entry)
    assert repr(history) == before


def test_what_says_nothing_new_does_not_belong_in_the_journal() -> None:
    """An answer that settles nothing is told apart before it is written."""
    history = folded(opened("r1"))
    assert history.would_change(StillOpen("r1", "PAYMENT_IN_PROCESS")) is False
    asked = folded(opened("r1"), Paid("r1", "p1", PRICE), RefundAsked("f1", "r1", kr(1), 1.0))
    assert asked.would_change(RefundOpen("f1")) is False


def test_asking_whether_changes_nothing() -> None:
    """`would_change` only looks."""
    history = folded(opened("r1"))
    before = repr(history)
    assert history.would_change(Paid("r1", "p1", PRICE))
    assert repr(history) == before


def test_open_refunds_count_as_spent_until_they_are_refused() -> None:
    """What is left shrinks with the asking and grows back with the no."""
    history = paid()
    assert history.left("r1") == 10000
    history.apply(RefundAsked("f1", "r1", kr(60), 1.0))
    assert (history.left("r1"), history.left_amount("r1")) == (4000, kr(40))
    assert [each.refund_id for each in history.open_refunds()] == ["f1"]
    history.apply(RefundRefused("f1", "X"))
    assert history.left("r1") == 10000
    assert history.open_refunds() == []
    history.apply(RefundAsked("f2", "r1", kr(100), 2.0))
    history.apply(Refunded("f2", "sf2"))
    assert (history.left("r1"), history.left_amount("r1")) == (0, None)
    assert [each.state for each in history.refunds_of("r1")] == [
        RefundState.REFUSED,
        RefundState.REFUNDED,
    ]


@pytest.mark.parametrize(
    "asked",
    [
        RefundAsked("f9", "r1", kr(41), 3.0),
        RefundAsked("f9", "r1", Amount(100, "SEK"), 3.0),
        RefundAsked("f9", "nobody", kr(1), 3.0),
        RefundAsked("f1", "r1", kr(1), 3.0),
    ],
)
def test_a_refund_beyond_what_is_left_is_no_move(asked: RefundAsked) -> None:
    """Too much, another currency, no such payment, an id used before."""
    history = paid()
    history.apply(RefundAsked("f1", "r1", kr(60), 1.0))
    with pytest.raises(IllegalMove):
        history.apply(asked)
    assert len(history.refunds) == 1


@pytest.mark.parametrize(
    "entries",
    [
        (opened("r1"),),
        (opened("r1"), Declined("r1", "X")),
        (opened("r1"), CancelAsked("r1", StopReason.OPERATOR), Paid("r1", "p1", PRICE)),
        (opened("r1"), CancelAsked("r1", StopReason.OPERATOR), CancelDone("r1")),
    ],
)
def test_nothing_is_given_back_of_what_was_not_paid(entries: tuple[Entry, ...]) -> None:
    """A late success is no payment either."""
    history = folded(*entries)
    assert history.left("r1") == 0
    with pytest.raises(IllegalMove):
        history.apply(RefundAsked("f1", "r1", kr(1), 1.0))


def test_a_used_code_is_known_by_any_of_its_digests_within_a_day() -> None:
    """The key may have turned at midnight; yesterday's payments do not count."""
    history = folded(opened("r1", "aa", 1000.0), opened("r2", "bb", 2000.0))
    found = history.code_used_by({"zz", "aa"}, 500.0)
    assert found is not None
    assert found.request_id == "r1"
    assert history.code_used_by({"aa"}, 1000.5) is None
    assert history.code_used_by({"zz"}, 0.0) is None
    assert history.code_used_by(set(), 0.0) is None


def test_payments_without_a_code_use_none() -> None:
    """The empty digest of a shown code matches nothing."""
    assert folded(opened("r1")).code_used_by({""}, 0.0) is None


def test_receipts_keep_their_first_number() -> None:
    """A copy does not take a new one."""
    history = folded(
        Started("0.1.0", 1.0),
        ReceiptBegun("r1", 1, copy=False),
        ReceiptBegun("r1", 7, copy=True),
        ReceiptPrinted("r1", 1),
    )
    assert history.printing.numbers == {"r1": 1}
    assert history.printing.printed == {"r1"}


def test_what_the_switch_contests_is_kept_by_payment() -> None:
    """The state stays as it is: a person must look."""
    history = paid()
    history.apply(Answered("r1", "FoundCancelled"))
    assert history.contested == {"r1": "FoundCancelled"}
    assert history.payments["r1"].state is State.PAID


BUN = Order("s1", "NOK", (Line("Bolle", 3900, vat=1500),))


def test_an_order_is_found_by_its_sale_and_placed_once() -> None:
    """A sale id is never reused: the lines of a receipt cannot change afterwards."""
    history = folded(OrderPlaced(BUN, 1000.0))
    assert history.order_book.placed == {"s1": BUN}
    with pytest.raises(IllegalMove):
        history.would_change(OrderPlaced(BUN, 1001.0))


def test_a_parked_order_waits_until_it_is_recalled() -> None:
    """Oldest first, also after a restart, and only once."""
    first, second = (OrderParked(name, "Bord 4", BUN, 1000.0) for name in ("p1", "p2"))
    history = folded(first, second)
    assert list(history.order_book.parked.values()) == [first, second]
    history.apply(OrderRecalled("p1"))
    assert list(history.order_book.parked) == ["p2"]
    wrong: tuple[OrderEvent, ...] = (OrderRecalled("p1"), second)
    for entry in wrong:
        with pytest.raises(IllegalMove):
            history.apply(entry)
    assert list(history.order_book.parked) == ["p2"]


@pytest.mark.parametrize(
    ("then", "waiting"),
    [
        ((), ["p1", "p2"]),
        ((OrderPlaced(BUN, 1003.0),), ["p2"]),
        ((OrderDropped(BUN, 1003.0),), ["p2"]),
        ((OrderParked("p3", "", BUN, 1003.0),), ["p2", "p3"]),
        ((Started("1", 1003.0), OrderRecalled("p1"), OrderPlaced(BUN, 1004.0)), ["p2"]),
    ],
    ids=["nothing", "placed", "given up", "parked again", "recalled again"],
)
def test_a_recalled_order_is_parked_again_when_the_till_ends_before_it_is_settled(
    then: tuple[Entry, ...], waiting: list[str]
) -> None:
    """In its old place; unless it was placed, given up or parked anew meanwhile."""
    first, second = (OrderParked(f"p{at}", "", BUN, 1000.0 + at) for at in (1, 2))
    history = folded(first, second, OrderRecalled("p1"), *then)
    assert "p1" not in history.order_book.parked
    history.apply(Started("1", 1005.0))
    assert list(history.order_book.parked) == waiting


def test_orders_given_up_are_kept_for_the_report() -> None:
    """A cash register counts them."""
    assert folded(OrderDropped(BUN, 1000.0)).books.current.dropped == [BUN]
