"""Merchants, customers and past payments of any number, made inside a PostgreSQL by itself.

Apart from what is measured because filling must be fast: one statement for each table, with its
indexes and keys taken off before and made again after. The tables are the switch's own, partitions
and all; what is filled in is spread over merchants and customers as chance would, and over time.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import psycopg
from psycopg import sql

from pos.scheme.moments import milliseconds

PAST_DAYS = 90
BALANCE = 1_000_000_000
PRICE = 12_900
LANES = 2  # tables that are filled beside each other, the largest first
TABLES = (
    "entry", "payment", "wallet_movement", "wallet_charge", "wallet_code", "payment_route",
)  # fmt: skip
_MEMORY = "768MB"


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are of each; a past payment is paid, and nothing of it was given back."""

    merchants: int
    users: int
    payments: int


@dataclass(frozen=True, slots=True)
class Home:
    """A wallet whose customers pay, in its currency, at the merchants that it enrolled."""

    wallet: str
    currency: str


def merchant_id(number: int) -> str:
    """The client id of a merchant; the merchant `number` is of home `number % homes`."""
    return f"merchant-{number:06}"


def user_name(number: int) -> str:
    """The name of a customer; the customer `number` is of home `number % homes`."""
    return f"user-{number:07}"


def fill(url: str, homes: tuple[Home, ...], size: Size, public_key: str) -> None:
    """Fill the empty tables at `url`. All merchants have the same `public_key`.

    A transaction for each table: a fill that was broken off leaves a database to throw away.
    """
    now_ms = milliseconds(datetime.now(UTC))
    numbers = {
        "homes": _homes(homes),
        "home_count": sql.Literal(len(homes)),
        "merchants": sql.Literal(size.merchants),
        "users": sql.Literal(size.users),
        "payments": sql.Literal(size.payments),
        "now_ms": sql.Literal(now_ms),
        "key": sql.Literal(public_key),
        "balance": sql.Literal(BALANCE),
        "price": sql.Literal(PRICE),
        "step_ms": sql.Literal(PAST_DAYS * 86_400_000 / max(1, size.payments)),
    }
    numbers["past"] = sql.SQL(_PAST).format(**numbers)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _PEOPLE:
            connection.execute(sql.SQL(statement).format(**numbers))
    if size.payments:
        _fill_past(url, numbers)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def weight_of(url: str) -> str:
    """How large the database is, for people."""
    with psycopg.connect(url) as connection:
        query = "SELECT pg_size_pretty(pg_database_size(current_database()))"
        row = connection.execute(query).fetchone()
    return "" if row is None else str(row[0])


def _homes(homes: tuple[Home, ...]) -> sql.Composable:
    rows = [
        sql.SQL("({}, {}, {})").format(number, home.wallet, home.currency)
        for number, home in enumerate(homes)
    ]
    return sql.SQL("(VALUES {}) AS home(number, wallet, currency)").format(sql.SQL(", ").join(rows))


def _fill_past(url: str, numbers: dict[str, sql.Composable]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        foreign = _keys(connection, "f")
        for table, name, _ in foreign:
            _drop_key(connection, table, name)
    with ThreadPoolExecutor(LANES) as lanes:
        for _ in lanes.map(partial(_fill_table, url, numbers), TABLES):
            pass
    with psycopg.connect(url, autocommit=True) as connection:
        for table, name, definition in foreign:
            _add_key(connection, table, name, definition)


def _fill_table(url: str, numbers: dict[str, sql.Composable], table: str) -> None:
    with psycopg.connect(url) as connection:
        _fill_within(connection, numbers, table)


def _fill_within(
    connection: psycopg.Connection, numbers: dict[str, sql.Composable], table: str
) -> None:
    """The rows of one table; its keys and indexes off before, made again after."""
    keys = [key for key in _keys(connection, "p", "u") if key[0] == table]
    indexes = _indexes(connection, table)
    connection.execute(sql.SQL("SET LOCAL maintenance_work_mem = {}").format(_MEMORY))
    connection.execute("SET LOCAL synchronous_commit = off")
    for _, name, _ in keys:
        _drop_key(connection, table, name)
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    # What is filled in is balanced, and the triggers would say so ten million times.
    switch_triggers = "ALTER TABLE {} {} TRIGGER USER"
    of_table = sql.Identifier(table)
    connection.execute(sql.SQL(switch_triggers).format(of_table, sql.SQL("DISABLE")))
    connection.execute(sql.SQL(_ROWS[table]).format(**numbers))
    connection.execute(sql.SQL(switch_triggers).format(of_table, sql.SQL("ENABLE")))
    for _, name, definition in keys:
        _add_key(connection, table, name, definition)
    for _, definition in indexes:
        connection.execute(sql.SQL(definition))


def _keys(connection: psycopg.Connection, *kinds: str) -> list[tuple[str, str, str]]:
    """Table, name and definition of the keys of these kinds, those of partitions left out."""
    query = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE contype::text = ANY(%s) AND conparentid = 0
          AND connamespace = 'public'::regnamespace
    """
    return connection.execute(query, [list(kinds)]).fetchall()


def _indexes(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    """Name and definition of the indexes of a table that belong to no key."""
    query = """
        SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
        FROM pg_index
        WHERE indrelid = %s::regclass
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    """
    return connection.execute(query, [table]).fetchall()


def _drop_key(connection: psycopg.Connection, table: str, name: str) -> None:
    statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
    connection.execute(statement.format(sql.Identifier(table), sql.Identifier(name)))


def _add_key(connection: psycopg.Connection, table: str, name: str, definition: str) -> None:
    statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
    connection.execute(
        statement.format(
            sql.Identifier(table),
            sql.Identifier(name),
            sql.SQL(definition),
        )
    )


_PEOPLE = (
    """
    INSERT INTO client (client_id, added_at_ms, partner)
    SELECT 'merchant-' || lpad(n::text, 6, '0'), {now_ms}, home.wallet
    FROM generate_series(0, {merchants} - 1) AS n JOIN {homes} ON home.number = n % {home_count}
    """,
    """
    INSERT INTO client_key (client_id, version, public_key, added_at_ms, first_used_at_ms)
    SELECT client_id, 1, {key}, {now_ms}, {now_ms} FROM client WHERE client_id LIKE 'merchant-%'
    """,
    """
    INSERT INTO wallet_customer (wallet, name, currency)
    SELECT home.wallet, 'user-' || lpad(n::text, 7, '0'), home.currency
    FROM generate_series(0, {users} - 1) AS n JOIN {homes} ON home.number = n % {home_count}
    """,
    """
    INSERT INTO wallet_movement (wallet, kind, reference, customer, value, currency, at_ms)
    SELECT wallet, 'deposit', 'opening ' || name, name, {balance}, currency, {now_ms}
    FROM wallet_customer WHERE name LIKE 'user-%'
    """,
)

# Everything that the tables below need of past payment `n`. Four mixes of its number stand in for
# chance: which merchant and customer, and the random digits of its ids. The newest is just over.
_PAST = """
    (
        SELECT n, home.wallet, home.currency,
            'merchant-' || lpad(
                ((mix.a % ({merchants} / {home_count})) * {home_count} + home.number)::text, 6, '0'
            ) AS client_id,
            'user-' || lpad(
                ((mix.b % ({users} / {home_count})) * {home_count} + home.number)::text, 7, '0'
            ) AS customer,
            md5(n::text) AS request_id,
            to_char(
                to_timestamp(at.ms / 1000) AT TIME ZONE 'UTC' + interval '8 hours', 'YYYYMMDD'
            ) || lpad((mix.c % 1000000000000)::text, 12, '0')
              || lpad((mix.d % 1000000000000)::text, 12, '0') AS payment_id,
            at.ms AS at_ms,
            encode(sha256(n::text::bytea), 'hex') AS digest
        FROM generate_series(1, {payments}) AS n
        JOIN {homes} ON home.number = n % {home_count}
        CROSS JOIN LATERAL (SELECT {now_ms} - (({payments} - n) * {step_ms})::bigint AS ms) AS at
        CROSS JOIN LATERAL (
            SELECT hashint8extended(n, 1) & 9223372036854775807 AS a,
                   hashint8extended(n, 2) & 9223372036854775807 AS b,
                   hashint8extended(n, 3) & 9223372036854775807 AS c,
                   hashint8extended(n, 4) & 9223372036854775807 AS d
        ) AS mix
    ) AS past
"""
_ROWS = {
    "payment": """
        INSERT INTO payment (
            client_id, request_id, payment_id, acquirer, param_hash, state, scenario, value,
            currency, merchant_name, merchant_reference, store_reference, order_description,
            wallet, customer_value, customer_currency, created_at_ms, expires_at_ms, paid_at_ms
        )
        SELECT client_id, request_id, payment_id, wallet, digest, 'SUCCEEDED', 'PaymentCode',
            {price}, currency, 'Fjord Kafe', client_id, 'store-1', 'Two coffees and a bun',
            wallet, {price}, currency, at_ms, at_ms + 600000, at_ms
        FROM {past}
    """,
    "payment_route": """
        INSERT INTO payment_route (reference, client_id, request_id)
        SELECT payment_id, client_id, request_id FROM {past}
    """,
    "entry": """
        INSERT INTO entry (client_id, tx, leg, payment_id, account, value, currency, at_ms)
        SELECT client_id, 'capture:' || payment_id, legs.leg, payment_id, legs.account,
            legs.value, currency, at_ms
        FROM {past} CROSS JOIN LATERAL (VALUES
            (0, 'wallet:' || wallet, {price}),
            (2, 'merchant:' || wallet || ':' || client_id, -{price})
        ) AS legs(leg, account, value)
    """,
    "wallet_code": """
        INSERT INTO wallet_code (digest, wallet, customer, behaviour, expires_at_ms, used_by)
        SELECT digest, wallet, customer, 'pays', at_ms + 300000, payment_id FROM {past}
    """,
    "wallet_charge": """
        INSERT INTO wallet_charge (
            payment_id, wallet, state, reason, customer, merchant_name, value, behaviour,
            asked_count, at_ms
        )
        SELECT payment_id, wallet, 'paid', 'SUCCESS', customer, 'Fjord Kafe', {price}, 'pays', 0,
            at_ms
        FROM {past}
    """,
    "wallet_movement": """
        INSERT INTO wallet_movement (
            wallet, kind, reference, payment_id, customer, value, currency, at_ms
        )
        SELECT wallet, 'charge', payment_id, payment_id, customer, -{price}, currency, at_ms
        FROM {past}
    """,
}
