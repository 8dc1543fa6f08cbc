"""What the three stores hold, as plain rows: the till's journal, the switch's ledger, the wallets.

Apart from the checker so that this alone knows file formats. It reads with SQL and JSON, and
uses nothing of the product: neither its classes nor its idea of what a row means.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Switch:
    """The tables of the switch that speak of money, row by row."""

    payments: list[Row]
    refunds: list[Row]
    entries: list[Row]
    movements: list[Row]


def journal_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and fields of every row of a journal's file, the oldest first."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        for kind, body in connection.execute("SELECT kind, body FROM journal ORDER BY seq"):
            yield kind, json.loads(body)


def switch_file(path: Path) -> Switch:
    """The tables in the switch's SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return switch_tables(connection)


def switch_tables(connection: sqlite3.Connection) -> Switch:
    """The tables behind an open connection. Deposits are left out: they open accounts."""

    def rows(query: str) -> list[Row]:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    return Switch(
        rows("SELECT * FROM payment"),
        rows("SELECT * FROM refund"),
        rows("SELECT * FROM entry"),
        rows("SELECT * FROM wallet_movement WHERE kind <> 'deposit'"),
    )
