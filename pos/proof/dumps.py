"""What the three stores hold, as plain rows: the till's journal, the switch's ledger, the wallets.

Apart from the checker so that this alone knows file formats. It reads with SQL, and uses
nothing of the product: neither its classes nor its idea of what a row means.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

Row = Mapping[str, Any]
Ask = Callable[[str], list[Row]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a journal as it lies on the disk; `body` is canonical JSON."""

    seq: int
    kind: str
    body: str
    prev: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip that came out of a printer, whole: of a payment or refund, its number, and whether it
    says that it is a copy."""

    document_id: str
    number: int
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Till:
    """One till: who it is for the switch, its journal, and the paper that it used.

    `believed` are the states that the till itself holds, by request and refund id; empty when
    nobody asked it.
    """

    client_id: str
    lines: tuple[Line, ...]
    slips: tuple[Slip, ...] = ()
    believed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """The tables of the switch that speak of money, row by row, and those of its wallets."""

    payments: list[Row]
    refunds: list[Row]
    entries: list[Row]
    waiting: list[Row]
    movements: list[Row]
    charges: list[Row]
    coupon_uses: list[Row]
    budgets: list[Row]


def journal_file(path: Path) -> tuple[Line, ...]:
    """Every row of a journal's file, the oldest first."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return journal_table(connection)


def journal_table(connection: apsw.Connection) -> tuple[Line, ...]:
    """Every row behind an open connection, the oldest first."""
    query = "SELECT seq, kind, body, prev, hash FROM journal ORDER BY seq"
    return tuple(Line(*row) for row in connection.execute(query))


def switch_file(path: Path) -> Switch:
    """The tables in the switch's SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return switch_tables(asking(connection))


def asking(connection: sqlite3.Connection) -> Ask:
    """SELECT statements to rows by name."""

    def ask(query: str) -> list[Row]:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    return ask


# How large each coupon's budget was, and what is left in all its purses.
_BUDGETS = """
SELECT coupon_id, budget, sum(value_left) AS value_left
FROM promotion JOIN promotion_budget USING (coupon_id) GROUP BY coupon_id, budget
"""


def switch_tables(ask: Ask) -> Switch:
    """The tables of any database that answers SELECT. Deposits are left out: they open accounts."""
    return Switch(
        ask("SELECT * FROM payment"),
        ask("SELECT * FROM refund"),
        ask("SELECT * FROM entry"),
        ask("SELECT * FROM outbox WHERE due_at_ms IS NOT NULL"),
        ask("SELECT * FROM wallet_movement WHERE kind <> 'deposit'"),
        ask("SELECT * FROM wallet_charge"),
        ask("SELECT * FROM promotion_use"),
        ask(_BUDGETS),
    )
