"""The books folded from the journal: numbers without gaps, shifts by place, signatures in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import IllegalMove
from pos.sale.history import Entry, History
from pos.sale.incident import Gap, GapClosed, Started
from pos.sale.money import Amount
from pos.sale.payment import CancelAsked, CancelDone, Opened, Paid, Scenario, StopReason
from pos.sale.printing import ReceiptBegun, ReceiptPrinted, ReceiptUnprinted
from pos.sale.refund import RefundAsked, Refunded, RefundRefused
from pos.sale.shift import (
    Document,
    Kind,
    Practised,
    ShiftClosed,
    ShiftOpened,
    TrainingBegun,
    TrainingEnded,
    XReported,
)
from pos.sale.signing import Signed
from pos.sale.staff import LoggedIn, LoggedOut, Proof, StaffRole

PRICE = Amount(10000, "NOK")


def sold(name: str, value: int = 10000) -> tuple[Entry, ...]:
    """The entries of a paid sale."""
    amount = Amount(value, "NOK")
    opened = Opened(name, f"s-{name}", amount, Scenario.PAYMENT_CODE, 1000.0)
    return opened, Paid(name, f"p-{name}", amount, "VIPPS")


def given_back(name: str, of: str, value: int) -> tuple[Entry, ...]:
    """The entries of a final refund."""
    return RefundAsked(name, of, Amount(value, "NOK"), 1500.0), Refunded(name, f"w-{name}")


def here(staff_id: str, name: str) -> LoggedIn:
    """Somebody logs in."""
    return LoggedIn(staff_id, name, StaffRole.CASHIER, Proof.PIN, 900.0)


def closed(number: int, carried: tuple[str, ...] = ()) -> ShiftClosed:
    """A shift ends."""
    return ShiftClosed(number, "", 2000.0, "NOK", 0, 0, carried)


def folded(*entries: Entry) -> History:
    """A history of these entries."""
    history = History()
    for entry in entries:
        assert history.would_change(entry)
        history.apply(entry)
    return history


def numbers(history: History) -> dict[str, int]:
    """The number of each document."""
    return {each: document.number for each, document in history.books.documents.items()}


def test_a_number_is_given_once_the_money_is_sure_and_in_that_order() -> None:
    """Not when a sale begins: what is cancelled, refused or unknown leaves no gap."""
    begun = Opened("open", "s0", PRICE, Scenario.PAYMENT_CODE, 900.0)
    gone = Opened("gone", "s1", PRICE, Scenario.PAYMENT_CODE, 901.0)
    history = folded(
        begun, gone, CancelAsked("gone", StopReason.OPERATOR), CancelDone("gone"),
        *sold("a"), *given_back("back", "a", 3000),
        RefundAsked("no", "a", Amount(100, "NOK"), 1600.0), RefundRefused("no", "RISK_REJECT"),
        *sold("b"), Paid("open", "p0", PRICE, "VIPPS"),
    )  # fmt: skip
    assert numbers(history) == {"a": 1, "back": 2, "b": 3, "open": 4}
    assert history.books.current.voided == ["gone"]


@given(st.lists(st.sampled_from(["sale", "return", "close", "start"]), max_size=40))
def test_numbers_have_no_gap_whatever_happens_and_are_the_same_after_a_restart(
    acts: list[str],
) -> None:
    """They are folded from the journal, so every fold of it finds the same ones."""
    entries: list[Entry] = []
    names: list[str] = []
    for place, act in enumerate(acts):
        name = f"d{place}"
        if act == "sale":
            entries += sold(name)
            names.append(name)
        elif act == "return" and names:
            entries += given_back(name, names.pop(), 10000)
        elif act == "close":
            shift = 1 + sum(isinstance(each, ShiftClosed) for each in entries)
            entries.append(closed(shift))
        else:
            entries.append(Started("1", 950.0))
    history = folded(*entries)
    assert list(numbers(history).values()) == list(range(1, len(numbers(history)) + 1))
    assert numbers(folded(*entries)) == numbers(history)
    documents = [each for shift in history.books.shifts for each in shift.documents]
    assert documents == list(history.books.documents.values())


def test_a_sale_is_of_whoever_began_it_and_of_the_shift_in_which_it_became_sure() -> None:
    """A log-out or a Z report in between changes neither."""
    opened, paid = sold("late")
    history = folded(
        here("1", "Kari"), opened, LoggedOut("1", 901.0), here("2", "Ola"),
        closed(1, ("late",)), paid, *sold("next"),
    )  # fmt: skip
    first, second = history.books.shifts
    assert first.documents == []
    assert second.brought == ("late",)
    assert second.documents == [
        Document(1, Kind.SALE, "late", "late", "1", 2),
        Document(2, Kind.SALE, "next", "next", "2", 2),
    ]


def test_what_comes_back_from_the_switch_is_of_nobody() -> None:
    """After lost entries nobody remembers who sold; whoever is there now did not."""
    history = folded(here("1", "Kari"), Gap(1, 9, "00" * 32, 950.0), *sold("lost"), GapClosed(1))
    assert history.books.documents["lost"].staff_id == ""


def test_shifts_are_numbered_in_order_and_opened_once() -> None:
    """A shift that nobody opened is one all the same."""
    history = folded(closed(1), ShiftOpened(2, "1", 2001.0), closed(2))
    assert [shift.number for shift in history.books.shifts] == [1, 2, 3]
    for wrong in (
        ShiftOpened(2, "", 1.0),
        ShiftOpened(4, "", 1.0),
        closed(2),
        XReported(2, "", 1.0),
    ):
        with pytest.raises(IllegalMove):
            history.apply(wrong)
    history.apply(ShiftOpened(3, "", 1.0))
    with pytest.raises(IllegalMove):
        history.apply(ShiftOpened(3, "", 1.0))


def test_grand_totals_go_on_over_every_shift() -> None:
    """What a shift began with is what was ever sold and given back before it."""
    history = folded(*sold("a"), *given_back("x", "a", 4000), closed(1), *sold("b", 500), closed(2))
    before = [shift.grand_before.get("NOK", (0, 0)) for shift in history.books.shifts]
    assert before == [(0, 0), (10000, 4000), (10500, 4000)]


def test_practice_needs_training_and_is_no_document() -> None:
    """It is kept apart: no number, no total."""
    practised = Practised("t1", PRICE, 1000.0)
    with pytest.raises(IllegalMove):
        folded(practised)
    history = folded(TrainingBegun("", 999.0), practised, TrainingEnded("", 1001.0))
    assert history.books.current.practised == [practised]
    assert (numbers(history), history.books.training) == ({}, False)


def test_a_copy_is_counted_in_the_shift_that_printed_it() -> None:
    """However old the sale is."""
    begun, printed = ReceiptBegun("a", 1, copy=True), ReceiptPrinted("a", 1)
    history = folded(*sold("a"), ReceiptBegun("a", 1, copy=False), printed, closed(1), begun)
    assert history.books.copy_count("a") == 0
    history.apply(printed)
    assert [shift.copies for shift in history.books.shifts] == [[], ["a"]]


def test_a_copy_that_never_reached_the_paper_is_none() -> None:
    """The printer said that it took nothing of it."""
    history = folded(*sold("a"), ReceiptBegun("a", 1, copy=True), ReceiptUnprinted("a", 1))
    assert history.books.copy_count("a") == 0


def test_documents_are_signed_in_order_and_none_twice() -> None:
    """Only the next one fits, so the chain has no gap either."""

    def signed(document_id: str, number: int) -> Signed:
        return Signed(document_id, number, "2026-11-29", "12:00:00", 1, 1, "NOK", "c2ln", "1")

    history = folded(*sold("a"), *sold("b"))
    for wrong in (signed("b", 2), signed("b", 1), signed("a", 2)):
        with pytest.raises(IllegalMove):
            history.would_change(wrong)
    history.apply(signed("a", 1))
    history.apply(signed("b", 2))
    with pytest.raises(IllegalMove):
        history.apply(signed("b", 3))
