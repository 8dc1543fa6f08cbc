"""Settled batches: what a client's day in one currency came to, recorded so that it stays so.

Apart from the job that writes files because the record outlives them: it is what a second run is
held against, and what says in which currencies a client is paid out.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, select

from pos.scheme.store import Store, insert_new
from pos.scheme.tables import settlement_batch as batches


@dataclass(frozen=True, slots=True)
class Batch:
    """One client's day in one currency, as it is recorded; values in smallest units.

    `fee_value` is what is kept less what is given back; `digest` is of the settlement items.
    """

    client_id: str
    day: str
    currency: str
    batch_id: str
    payment_count: int
    refund_count: int
    payment_value: int
    refund_value: int
    fee_value: int
    digest: str


def day_name(day: date) -> str:
    """`20260301`, as batches and files are dated."""
    return f"{day:%Y%m%d}"


def batch_id(client_id: str, day: date, currency: str) -> str:
    """25 digits: the day and 17 made from what the batch is of, so that they are the same again."""
    told = hashlib.sha256(f"{client_id}\n{day}\n{currency}".encode()).digest()
    return f"{day_name(day)}{int.from_bytes(told, 'big') % 10**17:017}"


def settled_currencies(store: Store, client_id: str, day: date) -> set[str]:
    """The currencies that `day` was settled in, or else those of any earlier day."""
    of_client = batches.c.client_id == client_id
    with store.read() as connection:
        for days in (batches.c.day == day_name(day), batches.c.day < day_name(day)):
            query = select(batches.c.currency).where(of_client, days).distinct()
            if found := set(connection.execute(query).scalars()):
                return found
    return set()


def record(store: Store, client_id: str, day: date, made: list[Batch]) -> bool:
    """Whether `made`, by currency, is what the day was settled at; the first time, it is recorded.

    All of the day in one transaction.
    """
    with store.write() as connection:
        kept = _kept(connection, client_id, day)
        if not kept:
            # Another machine may be at it too; whoever comes second is held against the first.
            for batch in made:
                insert_new(connection, batches, **asdict(batch))
            kept = _kept(connection, client_id, day)
    return kept == made


def _kept(connection: Connection, client_id: str, day: date) -> list[Batch]:
    query = (
        select(batches)
        .where(batches.c.client_id == client_id, batches.c.day == day_name(day))
        .order_by(batches.c.currency)
    )
    return [Batch(**row) for row in connection.execute(query).mappings()]
