"""The statements that post and capture, on both databases, leg by leg.

Apart from the day at the till, which shows that all of it agrees in the end: each of the two
databases has statements of its own for this.
"""

import pytest
from sqlalchemy import select

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.scheme.ledger import Leg, capture, capture_legs, opposite, post, posted
from pos.scheme.records import add_payment, move_payment, payment_again
from pos.scheme.tables import PaymentState, entry

AT_MS = 1_772_400_000_123
PRICE = Amount(12_900, "NOK")
TOLD = {"abroad_value": 1_110, "abroad_currency": "EUR", "abroad_quote_id": "q1"}


def entries(connection, tx=None):
    """Every entry, or those of one transaction, as plain tuples in the order of their legs."""
    columns = (entry.c.leg, entry.c.account, entry.c.value, entry.c.currency)
    query = select(entry.c.tx, *columns).order_by(entry.c.tx, entry.c.leg)
    return [tuple(row[1:]) for row in connection.execute(query) if tx in (None, row[0])]


def pending(store, scenario="PaymentCode", client="till-1"):
    """The record of a payment that waits for its wallet."""
    with store.write() as connection:
        record, is_new = add_payment(
            connection, client_id=client, request_id="r-1", payment_id=f"p-{client}",
            state=PaymentState.WALLET_PENDING, created_at_ms=AT_MS, scenario=scenario,
            value=PRICE.value, currency=PRICE.currency, wallet="vipps",
            customer_value=PRICE.value, customer_currency=PRICE.currency,
        )  # fmt: skip
    assert is_new
    return record


@pytest.mark.parametrize(
    ("wallet_value", "currency", "extra", "expected"),
    [
        (12_900, "NOK", {}, [
            ("wallet:vipps", 12_900, "NOK"), ("marketing:vipps", 0, "NOK"),
            ("merchant:epassi:t1", -12_900, "NOK"),
        ]),
        (11_900, "NOK", {"saved_value": 1_000}, [
            ("wallet:vipps", 11_900, "NOK"), ("marketing:vipps", 1_000, "NOK"),
            ("merchant:epassi:t1", -12_900, "NOK"),
        ]),
        (11_900, "NOK", {"saved_value": 1_000, "saved_by": "scheme"}, [
            ("wallet:vipps", 11_900, "NOK"), ("marketing:scheme", 1_000, "NOK"),
            ("merchant:epassi:t1", -12_900, "NOK"),
        ]),
        (900, "EUR", {"saved_value": 199}, [
            ("wallet:vipps", 900, "EUR"), ("marketing:vipps", 199, "EUR"),
            ("exchange", -1_099, "EUR"), ("exchange", 12_900, "NOK"),
            ("merchant:epassi:t1", -12_900, "NOK"),
        ]),
        (900, "EUR", {"saved_value": 199, "settled": (1_080, "USD")}, [
            ("wallet:vipps", 900, "EUR"), ("marketing:vipps", 199, "EUR"),
            ("exchange", -1_099, "EUR"), ("exchange", 1_080, "USD"),
            ("merchant:epassi:t1", -1_080, "USD"),
        ]),
    ],
    ids=["plain", "coupon", "coupon of the scheme", "abroad", "paid out in another"],
)  # fmt: skip
def test_a_capture_is_these_entries(wallet_value, currency, extra, expected):
    """To the unit, in this order; each currency sums to zero, and so do they the other way."""
    legs = capture_legs("epassi:t1", "vipps", PRICE, wallet_value, currency, **extra)
    assert legs == tuple(Leg(*each) for each in expected)
    back = opposite(legs)
    assert back == tuple(Leg(account, -value, unit) for account, value, unit in expected)


def test_what_is_posted_is_there_leg_by_leg(store):
    """With whose it is, what it belongs to and when; a leg that moves nothing keeps its number."""
    record = pending(store)
    legs = [Leg("a", 5, "NOK"), Leg("b", 0, "NOK"), Leg("c", -3, "NOK"), Leg("d", -2, "NOK")]
    with store.write() as connection:
        assert not posted(connection, record, "refund", "f1")
        post(connection, record, "refund", "f1", legs, AT_MS)
        assert posted(connection, record, "refund", "f1")
    with store.read() as connection:
        assert entries(connection, "refund:f1") == [
            (0, "a", 5, "NOK"), (2, "c", -3, "NOK"), (3, "d", -2, "NOK"),
        ]  # fmt: skip
        row = connection.execute(select(entry)).mappings().first()
        assert (row["client_id"], row["payment_id"], row["at_ms"]) == (
            record.client_id, record.payment_id, AT_MS,
        )  # fmt: skip
        assert not posted(connection, record, "reversal", "f1")
        assert not posted(connection, record, "refund", "f2")
    other = pending(store, client="till-2")
    with store.read() as connection:
        assert not posted(connection, other, "refund", "f1")
        assert posted(connection, record, "refund", "f1")


def test_what_does_not_balance_is_told_and_leaves_nothing(store):
    """By the kind of transaction, on its way through either of the two that post."""
    record = pending(store)
    wrong = [Leg("a", 1, "NOK"), Leg("b", -1, "SEK"), Leg("c", -1, "NOK"), Leg("d", 2, "SEK")]
    said = "^The entries of capture do not sum to zero in each currency[.]$"
    with pytest.raises(IllegalMove, match=said), store.write() as connection:
        post(connection, record, "capture", "x", wrong, AT_MS)
    with pytest.raises(IllegalMove, match=said), store.write() as connection:
        capture(connection, record, wrong, AT_MS, {})
    with store.read() as connection:
        assert entries(connection) == []
        assert payment_again(connection, record) == record


@pytest.mark.parametrize("scenario", ["PaymentCode", "OrderCode"])
@pytest.mark.parametrize("abroad", [{}, TOLD], ids=["here", "abroad"])
def test_a_captured_payment_is_told_as_it_then_stands(scenario, abroad, store):
    """What is handed back is what is read again; a second capture posts nothing."""
    record = pending(store, scenario)
    assert record.state == PaymentState.WALLET_PENDING
    legs = capture_legs("vipps:till-1", "vipps", PRICE, 12_900, "NOK")
    with store.write() as connection:
        captured = capture(connection, record, legs, AT_MS, abroad)
    with store.write() as connection:
        assert captured == payment_again(connection, record)
        assert (captured.state, captured.paid_at_ms) == (PaymentState.SUCCEEDED, AT_MS)
        assert captured.abroad_value == abroad.get("abroad_value")
        assert captured.abroad_quote_id == abroad.get("abroad_quote_id")
        assert capture(connection, record, legs, AT_MS + 1, {}) is None
        assert entries(connection, f"capture:{record.payment_id}") == [
            (0, "wallet:vipps", 12_900, "NOK"), (2, "merchant:vipps:till-1", -12_900, "NOK"),
        ]  # fmt: skip
        (row, *_) = connection.execute(select(entry)).mappings().all()
        assert (row["client_id"], row["payment_id"], row["at_ms"]) == (
            record.client_id, record.payment_id, AT_MS,
        )  # fmt: skip
        assert posted(connection, record, "capture", record.payment_id)


def test_a_payment_that_is_being_cancelled_is_not_captured(store):
    """Nothing is moved, nothing posted."""
    record = pending(store)
    legs = capture_legs("vipps:till-1", "vipps", PRICE, 12_900, "NOK")
    waiting = (PaymentState.WALLET_PENDING,)
    with store.write() as connection:
        assert move_payment(connection, record, PaymentState.CANCELLING, leaving=waiting)
        before = payment_again(connection, record)
        assert capture(connection, record, legs, AT_MS, {}) is None
        assert payment_again(connection, record) == before
        assert entries(connection) == []
