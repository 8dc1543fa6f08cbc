"""The books: double entry, append-only, equal to what the wallets say."""

import random

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from pos.errors import IllegalMove, SettingsError
from pos.scheme.clients import Clients
from pos.scheme.coupons import Coupon
from pos.scheme.ledger import Leg, balances, positions, post, unbalanced
from pos.scheme.partner_file import read_scheme
from pos.scheme.records import payment_by_id
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.tables import entry, wallet_movement
from pos.switch.signature import public_key_line
from tests.scheme.conftest import TILL_KEY, Desk

AT_MS = 1_772_400_000_123


def test_a_day_at_the_till_balances(desk):
    """After sales, a cancel, refunds and a decline, the accounts are what the wallets moved."""
    paid = desk.pay("r-1")
    desk.pay("r-2", code=desk.code("alipay"))
    desk.pay("r-3", code=desk.code("epassi"), currency="SEK")
    desk.pay("r-4", code=desk.code(behaves="declines"))
    desk.refund(paid.payment_id, 3_000)
    desk.cancel("r-2")
    books = statement(desk.scheme.store)
    accounts = {(row["account"], row["currency"]): row["value"] for row in books["balances"]}
    aino = desk.balance("epassi", "Aino")
    assert accounts == {
        ("wallet:vipps", "NOK"): 9_900,
        ("wallet:epassi", "EUR"): 500_000 - aino,
        ("wallet:alipay", "CNY"): 0,
        ("merchant:vipps:till-1", "NOK"): -9_900,
        ("merchant:vipps:till-1", "SEK"): -12_900,
        ("exchange", "NOK"): 0,
        ("exchange", "CNY"): 0,
        ("exchange", "SEK"): 12_900,
        ("exchange", "EUR"): aino - 500_000,
    }
    assert books["unbalanced"] == []
    states = {row["request_id"]: row["state"] for row in books["payments"]}
    assert states == {
        "r-1": "SUCCEEDED", "r-2": "CANCELLED", "r-3": "SUCCEEDED", "r-4": "FAILED",
    }  # fmt: skip


@pytest.mark.parametrize("table", [entry, wallet_movement], ids=lambda table: table.name)
@pytest.mark.parametrize("verb", [update, delete], ids=["update", "delete"])
def test_nothing_posted_can_be_changed_or_removed(desk, store, table, verb):
    """The database itself refuses, whoever asks."""
    desk.pay()
    statement_ = verb(table)
    if verb is update:
        statement_ = statement_.values(value=1)
    with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
        connection.execute(statement_)


def test_entries_that_do_not_balance_are_refused(desk, store):
    """Sums are zero in each currency, or nothing is written."""
    paid = desk.pay()
    for legs in (
        [],
        [Leg("a", 1, "NOK")],
        [Leg("a", 1, "NOK"), Leg("b", -1, "SEK")],
    ):
        with pytest.raises(IllegalMove), store.write() as connection:
            post(connection, payment_by_id(connection, paid.payment_id), "capture", "x", legs, 0)


def test_nothing_is_posted_twice(desk, store):
    """One capture per payment, however wrong a program is."""
    paid = desk.pay()
    legs = [Leg("a", 1, "NOK"), Leg("b", -1, "NOK")]
    with store.read() as connection:
        payment = payment_by_id(connection, paid.payment_id)
    with pytest.raises(IntegrityError), store.write() as connection:
        post(connection, payment, "capture", paid.payment_id, legs, 0)


def test_a_transaction_that_fails_leaves_nothing(store):
    """All of it or nothing."""
    row = {
        "wallet": "vipps", "kind": "deposit", "reference": "x", "customer": "Kari",
        "value": 1, "currency": "NOK", "at_ms": 0,
    }  # fmt: skip
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(insert(wallet_movement), [row, row])
    assert statement(store)["customers"] == []


def test_a_database_file_keeps_everything_durably(tmp_path):
    """Settings that survive a power cut, on every connection."""
    with Store.open(f"sqlite:///{tmp_path}/new/switch.db") as store, store.read() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas["synchronous"] == 3
    assert pragmas["journal_mode"] in ("wal", "delete")
    assert (pragmas["foreign_keys"], pragmas["busy_timeout"]) == (1, 10_000)


@pytest.mark.parametrize("url", ["switch.db", "mysql://x/y", "sqlite:////proc/nowhere/switch.db"])
def test_an_unusable_database_is_told_in_a_sentence(url):
    """What is no database, or cannot be one, is refused with the remedy."""
    with pytest.raises(SettingsError, match="--database"):
        Store.open(url)


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path):
    """A text file is refused and left alone."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(SettingsError, match="--database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


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
    payment_id = desk.pay(code=desk.code(behaves="silent")).payment_id
    with store.write() as connection:
        record = payment_by_id(connection, payment_id)
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
        whose = {
            client: desk.pay(client=client, code=desk.code(behaves="silent")).payment_id
            for client in ("till-1", "till-2")
        }

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
