"""Journal commits a second, against bare SQLite with the same settings on the same disk.

Apart because it needs no till: what it measures is the price of chain, encoding and history.
"""

import json
import statistics
import time
from pathlib import Path

import apsw

from pos.bench.measure import Figure
from pos.journal import PRAGMAS, Journal
from pos.sale.money import Amount
from pos.sale.payment import Opened, Scenario

ROUND_COUNT = 7
COMMIT_COUNT = 400
RATIO_MIN = 0.7


def measure(folder: Path) -> Figure:
    """The median over rounds of the ratio of two rates taken one after the other."""
    ratios, ours, bare = [], [], []
    for number in range(ROUND_COUNT):
        ours.append(_journal_rate(folder / f"journal-{number}.db", number))
        bare.append(_bare_rate(folder / f"bare-{number}.db"))
        ratios.append(ours[-1] / bare[-1])
    detail = f"({statistics.median(ours):.0f} of {statistics.median(bare):.0f} commits a second)"
    ratio = statistics.median(ratios)
    return Figure(
        "journal commits / bare SQLite commits", ratio, "", RATIO_MIN, at_least=True, detail=detail
    )


def _journal_rate(path: Path, number: int) -> float:
    entries = [
        Opened(f"{number:04}-{n:026}", f"{n:032}", Amount(12900, "NOK"),
               Scenario.PAYMENT_CODE, 1_795_000_000.0, "f" * 32)
        for n in range(COMMIT_COUNT)
    ]  # fmt: skip
    with Journal(path) as journal:
        began_s = time.perf_counter()
        for entry in entries:
            journal.append(entry)
        return COMMIT_COUNT / (time.perf_counter() - began_s)


def _bare_rate(path: Path) -> float:
    body = json.dumps({"amount": {"currency": "NOK", "value": 12900}, "fingerprint": "f" * 32,
                       "opened_at": 1_795_000_000.0, "request_id": "0" * 31,
                       "sale_id": "0" * 32, "scenario": "PaymentCode"})  # fmt: skip
    connection = apsw.Connection(str(path))
    for pragma in PRAGMAS:
        connection.execute(pragma).fetchall()
    connection.execute(
        "CREATE TABLE bare (seq INTEGER PRIMARY KEY, kind TEXT, body TEXT, prev BLOB, hash BLOB)"
    )
    began_s = time.perf_counter()
    for seq in range(COMMIT_COUNT):
        with connection:
            connection.execute(
                "INSERT INTO bare VALUES (?, ?, ?, ?, ?)",
                (seq, "Opened", body, bytes(32), bytes(32)),
            )
    rate = COMMIT_COUNT / (time.perf_counter() - began_s)
    connection.close()
    return rate
