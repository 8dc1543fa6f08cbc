"""The tables of the witness: what each terminal last told of its journal, and what it asked for.

Apart from the other tables because no rule about money reads them.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table

from pos.scheme.tables import BY_CLIENT, metadata

# `number` counts the terminal's acts without a gap.
witness = Table(
    "witness",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("terminal", String(64), primary_key=True),
    Column("session", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# `reference` is the request id of the payment or refund; asked for again, it is no new act.
witness_act = Table(
    "witness_act",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("terminal", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    postgresql_partition_by=BY_CLIENT,
)
Index(
    "witness_act_by_number",
    witness_act.c.client_id,
    witness_act.c.terminal,
    witness_act.c.number,
)
