"""What is still to be told to merchants: notifications that wait, and who takes which.

Apart from sending so that the row is written in the very transaction in which the payment succeeds,
and so that several processes can take rows without ever taking one twice. An attempt is written
down before it is made: a process that dies in it leaves the row to the next resend.
"""

import logging
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pos.scheme.outbox_tables import outbox
from pos.scheme.records import PaymentRecord
from pos.scheme.store import Store
from pos.scheme.targets import Forbidden, allowed_target, allowed_urls

log = logging.getLogger(__name__)

# Seconds from each attempt to the next; the first is at once. As the API documents it.
RESEND_AFTER_S = (0, 120, 600, 600, 3_600, 7_200, 21_600, 54_000)
LOOKED_AT_MAX = 32
RESTING_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """The attempt number `number`, from 1, to tell of a payment. It is written down already."""

    client_id: str
    payment_id: str
    number: int


def put(connection: Connection, record: PaymentRecord, now_ms: int) -> None:
    """Let the merchant be told that `record` succeeded, where it asked to be and may be."""
    if record.notify_url is None:
        return
    try:
        allowed_target(record.notify_url, allowed_urls(connection, record.client_id))
    except Forbidden:
        # The payment stands, and the till asks: only the operator can do something about this.
        log.warning("%s asks for notifications at an address that is not allowed", record.client_id)
        return
    row = {"client_id": record.client_id, "payment_id": record.payment_id, "due_at_ms": now_ms}
    connection.execute(insert(outbox).values(attempt_count=0, added_at_ms=now_ms, **row))


def take(store: Store, now_ms: int, resting: Collection[str] = ()) -> Attempt | None:
    """An attempt that is due now, for the caller alone; None when there is none.

    Of clients in `resting` nothing is taken.
    """
    due = outbox.c.due_at_ms <= now_ms
    query = select(outbox).where(due).order_by(outbox.c.due_at_ms).limit(LOOKED_AT_MAX)
    if resting:
        query = query.where(outbox.c.client_id.not_in(list(resting)[:RESTING_MAX]))
    with store.read() as connection:
        rows: Sequence[Any] = connection.execute(query).mappings().all()
    # In no order, so that several takers seldom meet; where they do, one of them wins.
    for row in random.sample(rows, len(rows)):
        if _taken(store, row, now_ms):
            return Attempt(row["client_id"], row["payment_id"], row["attempt_count"] + 1)
    return None


def close(store: Store, attempt: Attempt, now_ms: int, fault: str | None) -> None:
    """Write down how the attempt ended: told, where `fault` is None, or what was wrong."""
    told: dict[str, Any] = {"delivered_at_ms": now_ms, "due_at_ms": None}
    with store.write() as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.client_id == attempt.client_id)
            .where(outbox.c.payment_id == attempt.payment_id)
            .values(last_fault=fault, **(told if fault is None else {}))
        )


def drop(store: Store, attempt: Attempt, fault: str) -> None:
    """No further attempt: there is nothing true left to tell."""
    with store.write() as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.client_id == attempt.client_id)
            .where(outbox.c.payment_id == attempt.payment_id)
            .values(last_fault=fault, due_at_ms=None)
        )


def backlog(connection: Connection) -> int:
    """How many notifications are still to be made, now or later."""
    query = select(func.count()).select_from(outbox).where(outbox.c.due_at_ms.is_not(None))
    return int(connection.execute(query).scalar_one())


def _taken(store: Store, row: Any, now_ms: int) -> bool:
    made = row["attempt_count"] + 1
    again = made < len(RESEND_AFTER_S)
    with store.write() as connection:
        done = connection.execute(
            update(outbox)
            .where(outbox.c.client_id == row["client_id"])
            .where(outbox.c.payment_id == row["payment_id"])
            .where(outbox.c.attempt_count == row["attempt_count"])
            .where(outbox.c.due_at_ms.is_not(None))
            .values(
                attempt_count=made,
                due_at_ms=now_ms + RESEND_AFTER_S[made] * 1000 if again else None,
            )
        )
    return done.rowcount == 1
