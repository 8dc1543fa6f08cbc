"""The switch's tables: payments, refunds, ledger entries, callers, and the simulated wallets' own.

Apart from the rules so that the shape of what is kept can be read in one place. Written in
SQLAlchemy Core with plain types, so that SQLite and PostgreSQL get the same schema. What belongs
to a client has the client in every key: PostgreSQL keeps it in partitions by client, and a
database distributed by client can keep it on many servers.
Times are whole milliseconds since 1970 UTC; amounts whole smallest units of their currency.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# How PostgreSQL divides a table; `schema` makes the partitions.
BY_CLIENT = "HASH (client_id)"
# Marks in `Table.info` for the triggers that `schema` makes.
APPEND_ONLY = "append_only"  # no row is ever changed or removed
BALANCED = "balanced"  # the rows of one `tx` sum to zero in each currency


class PaymentState(StrEnum):
    """Life of a payment here. FAILED and CANCELLED absorb; SUCCEEDED leaves only by a cancel."""

    NEW = "NEW"  # a code is shown; no wallet has taken it up
    WALLET_PENDING = "WALLET_PENDING"  # the wallet may charge at any moment
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"  # unwanted; the wallet has not yet acknowledged
    CANCELLED = "CANCELLED"


class RefundState(StrEnum):
    """Life of a refund. PENDING already counts against what may be refunded."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


client = Table(
    "client",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
    Column("assignment", String(4096)),  # JSON: the merchant, store and terminal it stands for
    Column("partner", String(32)),  # that enrolled it, for good; NULL for the scheme's first
)

# Several versions live side by side while a caller changes its key.
client_key = Table(
    "client_key",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("public_key", String(4096), nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("first_used_at_ms", BigInteger),
    Column("expires_at_ms", BigInteger),
    Column("revoked_at_ms", BigInteger),
)

# Of a pairing code only what is derived from it: a name to find it by, a key to check proofs with.
invite = Table(
    "invite",
    metadata,
    Column("invite_id", String(64), primary_key=True),
    Column("proof_key", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("partner", String(32)),
    Column("assignment", String(4096), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("wrong_count", Integer, nullable=False, default=0),
    Column("used_by_key", String(4096)),
    Column("used_version", Integer),
)

# A row without param_hash is a tombstone: cancelled before it was ever seen.
payment = Table(
    "payment",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("request_id", String(64), primary_key=True),
    Column("payment_id", String(64), nullable=False),
    Column("acquirer", String(32)),  # the partner that enrolled the merchant
    Column("param_hash", String(64)),
    Column("state", String(16), nullable=False),
    Column("scenario", String(16)),
    Column("value", BigInteger),
    Column("currency", String(3)),
    Column("merchant_name", String(2048)),
    # The merchant's own names for the sale, for the settlement files.
    Column("merchant_reference", String(64)),
    Column("store_reference", String(64)),
    Column("order_reference", String(64)),
    Column("order_description", String(256)),
    Column("order_code", String(2048)),
    Column("notify_url", String(2048)),
    Column("wallet", String(32)),
    Column("customer_value", BigInteger),
    Column("customer_currency", String(3)),
    Column("saved_value", BigInteger),  # what its coupons take off the charge
    Column("saved_by", String(32)),  # who pays that: the wallet, or the scheme
    # The quote from price to charge, for good: what is refunded is converted by it too.
    Column("quote_id", String(64)),
    Column("quote_price", String(32)),
    Column("quote_at_ms", BigInteger),
    Column("quote_expires_at_ms", BigInteger),
    # What the customer of another switch was charged by it, and its quote; for people to read.
    Column("abroad_value", BigInteger),
    Column("abroad_currency", String(3)),
    Column("abroad_quote_id", String(64)),
    Column("abroad_price", String(32)),
    # What the merchant is paid out for the price, where it asked for another currency.
    Column("settled_value", BigInteger),
    Column("settled_currency", String(3)),
    Column("settled_quote_id", String(64)),
    Column("settled_price", String(32)),
    Column("result_code", String(64)),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("paid_at_ms", BigInteger),
    Column("cancelled_at_ms", BigInteger),
    UniqueConstraint("client_id", "payment_id"),
    postgresql_partition_by=BY_CLIENT,
)
OPEN_PAYMENT = text("state IN ('NEW', 'WALLET_PENDING', 'CANCELLING')")
# Of the few that are open, however many are over.
Index(
    "payment_open",
    payment.c.created_at_ms,
    sqlite_where=OPEN_PAYMENT,
    postgresql_where=OPEN_PAYMENT,
)

# Whose a payment is, for those who name it without its client: a wallet that calls back with the
# payment id, a customer who scanned the order code. Also what makes both unique in the scheme.
payment_route = Table(
    "payment_route",
    metadata,
    Column("reference", String(256), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    postgresql_partition_by="HASH (reference)",
)
# For the settlement of a day. Partial, so that a payment costs it nothing until it is paid.
_paid = payment.c.paid_at_ms.is_not(None)
Index(
    "payment_by_day",
    payment.c.client_id,
    payment.c.paid_at_ms,
    sqlite_where=_paid,
    postgresql_where=_paid,
)

refund = Table(
    "refund",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("refund_request_id", String(64), primary_key=True),
    Column("refund_id", String(64), nullable=False),
    # Not a foreign key: a refused refund may name a payment that does not exist.
    Column("payment_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("customer_value", BigInteger),
    Column("saved_value", BigInteger),  # what goes back to the wallet, of its coupons
    Column("settled_value", BigInteger),  # what comes off the merchant's other currency
    Column("result_code", String(64)),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("refunded_at_ms", BigInteger),
    UniqueConstraint("client_id", "refund_id"),
    postgresql_partition_by=BY_CLIENT,
)
Index("refund_by_payment", refund.c.client_id, refund.c.payment_id)
OPEN_REFUND = text("state = 'PENDING'")
Index("refund_open", refund.c.created_at_ms, sqlite_where=OPEN_REFUND, postgresql_where=OPEN_REFUND)
Index("refund_by_day", refund.c.client_id, refund.c.refunded_at_ms)

# `tx` is the kind and the id of what moved the money, so nothing can be posted twice.
entry = Table(
    "entry",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("tx", String(96), primary_key=True),
    Column("leg", Integer, primary_key=True),
    Column("payment_id", String(64), nullable=False),
    Column("account", String(128), nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("value <> 0", name="entry_moves_something"),
    ForeignKeyConstraint(["client_id", "payment_id"], ["payment.client_id", "payment.payment_id"]),
    postgresql_partition_by=BY_CLIENT,
    info={APPEND_ONLY: True, BALANCED: True},
)
Index("entry_by_account", entry.c.account)

# The printed code of a till. Its payments are numbered without a gap, so that the till can ask
# for the next one by its number.
sticker = Table(
    "sticker",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("terminal", String(32), primary_key=True),
    Column("sticker_id", String(32), nullable=False),
    Column("merchant_name", String(256), nullable=False),
    Column("merchant_reference", String(64), nullable=False),
    Column("merchant_mcc", String(4), nullable=False),
    Column("store_reference", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("number", BigInteger, nullable=False),  # of the newest payment; 0 before the first
    Column("added_at_ms", BigInteger, nullable=False),
)
# Not unique: that would need the client in it, and 24 random characters do not meet twice.
Index("sticker_by_id", sticker.c.sticker_id)

# A settled day of a client in one currency: what its files said, so that they say it again.
# Values are whole smallest units; `fee_value` is less what was given back, `digest` of the items.
settlement_batch = Table(
    "settlement_batch",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("day", String(8), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("batch_id", String(64), nullable=False),
    Column("payment_count", BigInteger, nullable=False),
    Column("refund_count", BigInteger, nullable=False),
    Column("payment_value", BigInteger, nullable=False),
    Column("refund_value", BigInteger, nullable=False),
    Column("fee_value", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    postgresql_partition_by="HASH (client_id)",
)

# The simulated wallets' own books, written in transactions of their own.
wallet_customer = Table(
    "wallet_customer",
    metadata,
    Column("wallet", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("msisdn", String(16)),
)

# Only a digest: the digits are a bearer secret while they live.
wallet_code = Table(
    "wallet_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("wallet", String(32), nullable=False),
    Column("customer", String(64), nullable=False),
    Column("behaviour", String(16), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_by", String(64)),
)

wallet_charge = Table(
    "wallet_charge",
    metadata,
    Column("payment_id", String(64), primary_key=True),
    Column("wallet", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(64)),
    Column("customer", String(64)),
    Column("merchant_name", String(2048)),
    Column("value", BigInteger),
    Column("behaviour", String(16)),
    Column("asked_count", Integer, nullable=False, default=0),
    Column("at_ms", BigInteger, nullable=False),
)

Index(
    "wallet_charge_by_customer",
    wallet_charge.c.wallet,
    wallet_charge.c.customer,
    wallet_charge.c.at_ms,
)

wallet_movement = Table(
    "wallet_movement",
    metadata,
    Column("wallet", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),  # deposit, charge, reversal, refund
    Column("reference", String(64), primary_key=True),
    Column("payment_id", String(64)),
    Column("customer", String(64), nullable=False),
    Column("value", BigInteger, nullable=False),  # what it does to the customer's balance
    Column("currency", String(3), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    info={APPEND_ONLY: True},
)
_PENDING_CHARGE = text("state = 'pending'")
Index(
    "wallet_charge_pending",
    wallet_charge.c.wallet,
    sqlite_where=_PENDING_CHARGE,
    postgresql_where=_PENDING_CHARGE,
)
# With the value, because a customer's movements, which make her balance, lie far apart.
_HOLDER = (wallet_movement.c.wallet, wallet_movement.c.customer)
Index("wallet_movement_by_customer", *_HOLDER, postgresql_include=["value"])
Index("wallet_movement_by_payment", wallet_movement.c.wallet, wallet_movement.c.payment_id)
