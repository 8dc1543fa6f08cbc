"""The ledger leg by leg: what is posted to the unit, refused whole, and summed up again.

Apart from the day at the till, which shows that all of it agrees in the end.
"""

import random

import pytest
from sqlalchemy import insert, select

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.scheme.clients import Clients
from pos.scheme.coupons import Coupon
from pos.scheme.ledger import (
    Leg,
    balances,
    capture,
    capture_legs,
    opposite,
    positions,
    post,
    posted,
    unbalanced,
)
from pos.scheme.partner_file import read_scheme
from pos.scheme.records import payment_again, payment_by_id
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState, entry
from pos.switch.signature import public_key_line
from tests.scheme.conftest import TILL_KEY, Desk

AT_MS = 1_772_400_000_123
PRICE = Amount(12_900, "NOK")
TOLD = {"abroad_value": 1_110, "abroad_currency": "EUR", "abroad_quote_id": "q1"}


def entries(connection, tx=None):
    """Every entry, or those of one transaction, as plain tuples in the order of their legs."""
    columns = (entry.c.leg, entry.c.account, entry.c.value, entry.c.currency)
    query = select(entry.c.tx, *columns).order_by(entry.c.tx, entry.c.leg)
    return [tuple(row[1:]) for row in connection.execute(query) if tx in (None, row[0])]


def pending(desk, scenario="PaymentCode"):
    """The record of a payment that waits for its wallet."""
    if scenario == "PaymentCode":
        answer = desk.pay(code=desk.code(behaves="silent"))
    else:
        answer, code = desk.show()
        desk.scheme.customers.scan(code, "vipps", "Kari")
    with desk.scheme.store.read() as connection:
        return payment_by_id(connection, answer.payment_id)


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


def test_what_is_posted_is_there_leg_by_leg(desk, store):
    """With whose it is, what it belongs to and when; a leg that moves nothing keeps its number."""
    record = pending(desk)
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
    payment_id = desk.pay("r-9", client="till-2").payment_id
    with store.read() as connection:
        other = payment_by_id(connection, payment_id)
        assert not posted(connection, other, "refund", "f1")
        assert posted(connection, other, "capture", other.payment_id)


def test_what_does_not_balance_is_told_and_leaves_nothing(desk, store):
    """By the kind of transaction, on its way through either of the two that post."""
    record = pending(desk)
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
def test_a_captured_payment_is_told_as_it_then_stands(scenario, abroad, desk, store):
    """What is handed back is what is read again; a second capture posts nothing."""
    record = pending(desk, scenario)
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


def test_a_payment_that_is_being_cancelled_is_not_captured(desk, store):
    """Nor one whose wallet is another by now: nothing is moved, nothing posted."""
    record = pending(desk)
    desk.cancel()
    legs = capture_legs("vipps:till-1", "vipps", PRICE, 12_900, "NOK")
    with store.write() as connection:
        before = payment_again(connection, record)
        assert capture(connection, record, legs, AT_MS, {}) is None
        assert payment_again(connection, record) == before
        assert entries(connection) == []


@pytest.fixture
def street(store, clock, tmp_path):
    """Two merchants of two acquirers; the scheme pays the coupons of one wallet."""
    path = tmp_path / "partners.toml"
    path.write_text('[[partner]]\nname = "alipay"\nfunds = { coupons = "scheme" }\n')
    terms = read_scheme(path)
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes, terms=terms), clock)
    clients = Clients(store, clock)
    for name in ("vipps", "epassi"):
        clients.add(f"shop-{name}", public_key_line(TILL_KEY), name)
    return desk


def pay(desk, request_id, shop, wallet, value=12_900, currency="NOK"):
    """A payment at a shop by a customer of a wallet; its payment id."""
    answer = desk.pay(
        request_id, client=f"shop-{shop}", code=desk.code(wallet), value=value, currency=currency
    )
    assert answer.result.result_status == "S"
    return answer.payment_id


def owed(desk):
    """The positions as they are told."""
    with desk.scheme.store.read() as connection:
        return [dict(row) for row in positions(connection)]


def row(wallet, acquirer, currency, value):
    """One of them."""
    return {"wallet": wallet, "acquirer": acquirer, "currency": currency, "value": value}


def test_each_wallet_owes_each_acquirer_what_its_customers_paid_there(street):
    """By currency, in order; refunds and cancelled payments are taken off."""
    pay(street, "r-1", "vipps", "vipps", 10_000)
    pay(street, "r-2", "vipps", "epassi", 2_000)
    pay(street, "r-3", "epassi", "vipps", 300)
    given = pay(street, "r-4", "epassi", "vipps", 4_000)
    pay(street, "r-5", "epassi", "vipps", 50, "EUR")
    pay(street, "r-6", "vipps", "vipps", 6)
    street.refund(given, 1_000, client="shop-epassi")
    street.cancel("r-6", client="shop-vipps")
    assert owed(street) == [
        row("epassi", "vipps", "NOK", 2_000),
        row("vipps", "epassi", "EUR", 50),
        row("vipps", "epassi", "NOK", 3_300),
        row("vipps", "vipps", "NOK", 10_000),
    ]


def test_the_scheme_owes_its_share_of_each_payment_by_itself(street):
    """Rounded payment for payment, so that the acquirer is owed each price to the unit."""
    street.scheme.book.promotions.add(
        [Coupon("c", "10 off", "alipay", "NOK", budget=900_000, off=1_000)]
    )
    for number, value in enumerate((4_321, 4_567, 9_999, 2_003, 7_777)):
        pay(street, f"r-{number}", "vipps", "alipay", value)
    pay(street, "r-9", "epassi", "alipay", 5_555)
    pay(street, "r-8", "epassi", "vipps", 100)
    shares = []
    with street.scheme.store.read() as connection:
        found = connection.execute(
            select(entry.c.payment_id, entry.c.account, entry.c.value).order_by(entry.c.payment_id)
        ).all()
    for payment_id in dict.fromkeys(each[0] for each in found):
        of = {account: value for each, account, value in found if each == payment_id}
        saved = of.get("marketing:scheme", 0)
        price = -min(of.values())
        whole = saved + of.get("wallet:alipay", 0)
        shares.append((price, (2 * price * saved + whole) // (2 * whole) if saved else 0))
    ours = sum(share for price, share in shares if price not in (5_555, 100))
    (abroad,) = (share for price, share in shares if price == 5_555)
    prices = 4_321 + 4_567 + 9_999 + 2_003 + 7_777
    assert owed(street) == [
        row("alipay", "epassi", "NOK", 5_555 - abroad),
        row("alipay", "vipps", "NOK", prices - ours),
        row("scheme", "epassi", "NOK", abroad),
        row("scheme", "vipps", "NOK", ours),
        row("vipps", "epassi", "NOK", 100),
    ]
    assert ours == pytest.approx(5_000, abs=20)


def test_a_coupon_payment_that_was_given_back_leaves_nothing_owed(street):
    """Neither by the wallet nor by the scheme, which is not named then."""
    street.scheme.book.promotions.add(
        [Coupon("c", "10 off", "alipay", "NOK", budget=900_000, off=1_000)]
    )
    pay(street, "r-1", "vipps", "alipay")
    street.cancel("r-1", client="shop-vipps")
    assert owed(street) == [row("alipay", "vipps", "NOK", 0)]


def test_balances_are_told_by_account_and_currency_in_order(desk, store):
    """The sum of the entries of each, whatever the order in which they came."""
    record = pending(desk)
    with store.write() as connection:
        post(connection, record, "b", "1", [Leg("z", 5, "SEK"), Leg("a", -5, "SEK")], AT_MS)
        post(connection, record, "a", "1", [Leg("z", 7, "NOK"), Leg("a", -7, "NOK")], AT_MS)
        post(connection, record, "c", "1", [Leg("z", 1, "SEK"), Leg("m", -1, "SEK")], AT_MS)
        assert balances(connection) == [
            {"account": "a", "currency": "NOK", "value": -7},
            {"account": "a", "currency": "SEK", "value": -5},
            {"account": "m", "currency": "SEK", "value": -1},
            {"account": "z", "currency": "NOK", "value": 7},
            {"account": "z", "currency": "SEK", "value": 6},
        ]


def test_transactions_that_do_not_sum_to_zero_are_named(clock):
    """Put there past the ledger, as by somebody with the file in hand; each once, in order."""
    with Store.open("sqlite://") as store:  # PostgreSQL itself lets nobody
        desk = Desk(open_scheme(store, clock, random.Random(7).randbytes), clock)
        ours = pending(desk)
        theirs = desk.pay(client="till-2", code=desk.code(behaves="silent")).payment_id
        whose = {"till-1": ours.payment_id, "till-2": theirs}

        def forge(connection, tx, *legs, client="till-1"):
            whole = {"client_id": client, "payment_id": whose[client], "at_ms": AT_MS}
            rows = [
                whole | {"tx": tx, "leg": number, "account": "a", "value": value, "currency": unit}
                for number, (value, unit) in enumerate(legs)
            ]
            connection.execute(insert(entry), rows)

        with store.write() as connection:
            forge(connection, "z:1", (1, "NOK"), (2, "SEK"))
            forge(connection, "b:1", (1, "NOK"), (-1, "SEK"))
            forge(connection, "c:1", (1, "NOK"), (-1, "NOK"))
            # What one caller lacks, another does not make up for.
            forge(connection, "d:1", (1, "NOK"))
            forge(connection, "d:1", (-1, "NOK"), client="till-2")
            assert unbalanced(connection) == ["b:1", "d:1", "z:1"]
