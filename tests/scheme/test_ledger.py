"""The books: double entry, append-only, equal to what the wallets say."""

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from pos.errors import IllegalMove, SettingsError
from pos.scheme.ledger import Leg, post
from pos.scheme.records import payment_by_id
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.tables import entry, wallet_movement


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
