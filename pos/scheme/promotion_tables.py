"""The tables of marketing: coupons, what is left of their budgets, who used them, and places.

Apart from the tables of money because a coupon belongs to the whole scheme: only its uses belong
to a client. Values are whole smallest units of the coupon's currency where nothing else is said.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
)

from pos.scheme.tables import BY_CLIENT, metadata


class UseState(StrEnum):
    """Life of a coupon's use. RESERVED and SPENT count against its budget, RELEASED does not."""

    RESERVED = "RESERVED"  # the wallet may charge at any moment
    SPENT = "SPENT"
    RELEASED = "RELEASED"  # not paid, or cancelled


promotion = Table(
    "promotion",
    metadata,
    Column("coupon_id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("wallet", String(32), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("budget", BigInteger, nullable=False),
    Column("off", BigInteger),
    Column("basis_points", Integer),
    Column("most", BigInteger),
    Column("least", BigInteger, nullable=False),
    Column("customer_count", Integer),
    Column("customer_budget", BigInteger),
    Column("begins_at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger),
    Column("merchants", String(4096), nullable=False),  # references, one a line; empty: all
    Column("stacks", Boolean, nullable=False),
)

# A budget lies in several purses, so that payments need not wait for each other at one row.
promotion_budget = Table(
    "promotion_budget",
    metadata,
    Column("coupon_id", String(64), primary_key=True),
    Column("purse", Integer, primary_key=True),
    Column("value_left", BigInteger, nullable=False),
    CheckConstraint("value_left >= 0", name="budget_not_overspent"),
)

# What a customer has had of a coupon that is limited by customer. Only a digest says who.
promotion_customer = Table(
    "promotion_customer",
    metadata,
    Column("coupon_id", String(64), primary_key=True),
    Column("customer", String(64), primary_key=True),
    Column("used_count", Integer, nullable=False),
    Column("used_value", BigInteger, nullable=False),
    postgresql_partition_by="HASH (customer)",
)

# A coupon that was taken off a payment. `shown_value` is in the currency of the price,
# `funded_value` in the wallet's own.
promotion_use = Table(
    "promotion_use",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("payment_id", String(64), primary_key=True),
    Column("coupon_id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("shown_value", BigInteger, nullable=False),
    Column("funded_value", BigInteger, nullable=False),
    Column("purse", Integer, nullable=False),
    Column("customer", String(64)),
    postgresql_partition_by=BY_CLIENT,
)
Index("promotion_use_by_coupon", promotion_use.c.coupon_id, promotion_use.c.state)

# Where the till of a caller stands, in millionths of a degree; its customers look for what is near.
place = Table(
    "place",
    metadata,
    Column("client_id", String(64), primary_key=True),
    # Wide, because squares of them are compared.
    Column("latitude", BigInteger, nullable=False),
    Column("longitude", BigInteger, nullable=False),
)
Index("place_by_latitude", place.c.latitude, place.c.longitude)
