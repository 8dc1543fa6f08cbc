"""The checker that the other tests trust finds what it is there to find.

Apart because a check that cannot fail proves nothing: each planted difference must be named.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from driving.agreement import disagreements

NOK_129 = {"value": 12900, "currency": "NOK"}


def entry(seq: int, kind: str, **body: Any) -> dict[str, Any]:
    """One line of the journal's export."""
    return {"seq": seq, "kind": kind, "body": body}


JOURNAL = [
    entry(1, "Opened", request_id="a", amount=NOK_129),
    entry(2, "Paid", request_id="a", payment_id="1", amount=NOK_129),
    entry(3, "RefundAsked", refund_id="r", request_id="a", amount={"value": 900}),
    entry(4, "Refunded", refund_id="r"),
    entry(5, "Opened", request_id="b", amount=NOK_129),
    entry(6, "CancelAsked", request_id="b"),
    entry(7, "Paid", request_id="b", payment_id="2", amount=NOK_129),
    entry(8, "CancelDone", request_id="b"),
    entry(9, "Arrived", request_id="E-T01-000001", payment_id="4", amount=NOK_129),
    entry(10, "Lapsed", request_id="E-T01-000002", result_code="ORDER_IS_CLOSED"),
]


def booked(request_id: str, payment_id: str, state: str) -> dict[str, Any]:
    """One payment as the switch tells it."""
    amounts = {"amount": NOK_129, "customer_amount": NOK_129}
    names = {"request_id": request_id, "payment_id": payment_id, "client": "t"}
    return names | amounts | {"state": state}


def moved(payment_id: str, kind: str, value: int) -> dict[str, Any]:
    """One movement of money as the wallet tells it."""
    return {"payment_id": payment_id, "kind": kind, "value": value}


BOOK: dict[str, Any] = {
    "unbalanced": [],
    "payments": [
        booked("a", "1", "SUCCEEDED"),
        booked("b", "2", "CANCELLED"),
        booked("E-T01-000001", "4", "SUCCEEDED"),
        booked("E-T01-000002", "5", "FAILED"),
    ],
    "refunds": [
        {
            "refund_request_id": "r",
            "payment_id": "1",
            "state": "SUCCEEDED",
            "amount": {"value": 900},
        }
    ],
    "wallets": [
        moved("1", "charge", -12900),
        moved("1", "refund", 900),
        moved("2", "charge", -12900),
        moved("2", "reversal", 12900),
        moved("4", "charge", -12900),
    ],
}

Books = tuple[list[dict[str, Any]], dict[str, Any]]

PLANTED: dict[str, Callable[[Books], object]] = {
    "charged without an intent": lambda at: at[1]["payments"].append(booked("c", "3", "SUCCEEDED")),
    "the outcome never written": lambda at: at[0].pop(7),
    "arrived and never written": lambda at: at[0].pop(8),
    "lapsed here, paid there": lambda at: at[1]["payments"][3].update(state="SUCCEEDED"),
    "arrived here, lapsed there": lambda at: at[1]["payments"][2].update(state="FAILED"),
    "arrived twice": lambda at: at[1]["wallets"].append(moved("4", "charge", -12900)),
    "a gap": lambda at: at[0].pop(2),
    "sold and not charged": lambda at: at[1]["wallets"].pop(0),
    "charged twice": lambda at: at[1]["wallets"].append(moved("1", "charge", -12900)),
    "another amount": lambda at: at[1]["payments"][0].update(amount=NOK_129 | {"value": 1}),
    "cancelled and not given back": lambda at: at[1]["wallets"].pop(),
    "cancelled here, paid there": lambda at: at[1]["payments"][1].update(state="SUCCEEDED"),
    "paid here, cancelled there": lambda at: at[1]["payments"][0].update(state="CANCELLED"),
    "unknown there": lambda at: at[1]["payments"].pop(0),
    "a refund of another amount": lambda at: at[1]["refunds"][0]["amount"].update(value=1),
    "a refund that is not in the books": lambda at: at[1]["refunds"].pop(),
    "a refund that was not asked for": lambda at: at[1]["refunds"][0].update(refund_request_id="q"),
    "given back twice": lambda at: at[1]["wallets"].append(moved("1", "refund", 900)),
    "a ledger out of balance": lambda at: at[1]["unbalanced"].append("tx"),
}  # fmt: skip


def test_books_that_agree_agree() -> None:
    """A payment with a refund and a late, cancelled one are no difference."""
    assert disagreements(JOURNAL, BOOK, "t") == []
    assert disagreements([], BOOK, "another till") == []


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_every_planted_difference_is_found(plant: Callable[[Books], object]) -> None:
    """Whatever differs between the two books is named."""
    books = copy.deepcopy((JOURNAL, BOOK))
    plant(books)
    assert disagreements(*books, "t")
