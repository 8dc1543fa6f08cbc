"""The tables of notifications: whom the switch may call, and what is still to be told.

Apart from the other tables because nothing of money stands here: a lost row costs an announcement.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from pos.scheme.tables import BY_CLIENT, metadata

# Below which URLs a client may be notified; nothing else is ever called.
notify_target = Table(
    "notify_target",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("url", String(2048), primary_key=True),
)

# Payments whose merchants are to be told of their success; `due_at_ms` is of the next attempt, and
# empty once it was acknowledged or given up.
outbox = Table(
    "outbox",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("payment_id", String(64), primary_key=True),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("due_at_ms", BigInteger),
    Column("delivered_at_ms", BigInteger),
    Column("last_fault", String(64)),
    postgresql_partition_by=BY_CLIENT,
)
_due = outbox.c.due_at_ms.is_not(None)
Index("outbox_due", outbox.c.due_at_ms, sqlite_where=_due, postgresql_where=_due)
