"""Payments and refunds as they stand in the database, and the one way to move their state.

Apart from the rules so that every change of state goes through one compare-and-set: whoever
comes second, in another thread or process, changes nothing and sees what the first one did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from pos.sale.money import Amount
from pos.scheme.rates import Rate
from pos.scheme.tables import PaymentState, RefundState
from pos.scheme.tables import payment as payments
from pos.scheme.tables import refund as refunds


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One row of `payment`. A tombstone has neither `param_hash` nor amounts."""

    client_id: str
    request_id: str
    payment_id: str
    state: str
    created_at_ms: int
    param_hash: str | None = None
    scenario: str | None = None
    value: int | None = None
    currency: str | None = None
    merchant_name: str | None = None
    merchant_reference: str | None = None
    store_reference: str | None = None
    order_reference: str | None = None
    order_description: str | None = None
    order_code: str | None = None
    wallet: str | None = None
    customer_value: int | None = None
    customer_currency: str | None = None
    quote_id: str | None = None
    quote_price: str | None = None
    result_code: str | None = None
    expires_at_ms: int | None = None
    paid_at_ms: int | None = None
    cancelled_at_ms: int | None = None

    @property
    def price(self) -> Amount:
        """What the merchant asked for. Only of a payment that was accepted for processing."""
        assert self.value is not None and self.currency is not None  # noqa: S101, PT018
        return Amount(self.value, self.currency)

    @property
    def charge(self) -> Amount:
        """What the customer is charged. Only of a payment that a wallet has taken up."""
        assert self.customer_value is not None  # noqa: S101
        assert self.customer_currency is not None  # noqa: S101
        return Amount(self.customer_value, self.customer_currency)

    @property
    def rate(self) -> Rate | None:
        """The rate that the payment was made at; None within one currency."""
        if self.quote_id is None or self.quote_price is None:
            return None
        return Rate.stored(
            self.quote_id, self.price.currency, self.charge.currency, self.quote_price
        )


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """One row of `refund`."""

    client_id: str
    refund_request_id: str
    refund_id: str
    payment_id: str
    state: str
    value: int
    currency: str
    created_at_ms: int
    customer_value: int | None = None
    result_code: str | None = None
    refunded_at_ms: int | None = None


def find_payment(connection: Connection, *conditions: ColumnElement[bool]) -> PaymentRecord | None:
    """The payment for which all `conditions` hold, locked against others until the end."""
    query = select(payments).where(*conditions).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else PaymentRecord(**row)


def payment_of(
    connection: Connection, client_id: str, *, request_id: str | None, payment_id: str | None
) -> PaymentRecord | None:
    """The client's payment by `payment_id`, which wins, or by `request_id`."""
    of_client = payments.c.client_id == client_id
    if payment_id is not None:
        return find_payment(connection, of_client, payments.c.payment_id == payment_id)
    return find_payment(connection, of_client, payments.c.request_id == request_id)


def payment_by_id(connection: Connection, payment_id: str) -> PaymentRecord:
    """The payment of `payment_id`, whoever's it is; it must exist."""
    found = find_payment(connection, payments.c.payment_id == payment_id)
    if found is None:
        raise LookupError("No such payment.")
    return found


def add_payment(connection: Connection, **columns: Any) -> PaymentRecord:
    """Insert a payment and return it."""
    connection.execute(insert(payments).values(**columns))
    return PaymentRecord(**columns)


def move_payment(
    connection: Connection,
    record: PaymentRecord,
    to: PaymentState,
    *,
    leaving: Sequence[PaymentState],
    **columns: Any,
) -> bool:
    """Move the payment to `to` if its state is still one of `leaving`; whether it moved."""
    done = connection.execute(
        update(payments)
        .where(payments.c.payment_id == record.payment_id, payments.c.state.in_(leaving))
        .values(state=to, **columns)
    )
    return done.rowcount == 1


def find_refund(connection: Connection, *conditions: ColumnElement[bool]) -> RefundRecord | None:
    """The refund for which all `conditions` hold, locked against others until the end."""
    query = select(refunds).where(*conditions).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else RefundRecord(**row)


def refunds_of(connection: Connection, payment_id: str) -> list[RefundRecord]:
    """Refunds of a payment that are done or under way, oldest first."""
    query = (
        select(refunds)
        .where(refunds.c.payment_id == payment_id, refunds.c.state != RefundState.FAILED)
        .order_by(refunds.c.created_at_ms, refunds.c.refund_id)
    )
    return [RefundRecord(**row) for row in connection.execute(query).mappings()]


def add_refund(connection: Connection, **columns: Any) -> RefundRecord:
    """Insert a refund and return it."""
    connection.execute(insert(refunds).values(**columns))
    return RefundRecord(**columns)


def move_refund(
    connection: Connection, record: RefundRecord, to: RefundState, **columns: Any
) -> bool:
    """Move the refund from PENDING to `to` if it still is; whether it moved."""
    done = connection.execute(
        update(refunds)
        .where(refunds.c.refund_id == record.refund_id, refunds.c.state == RefundState.PENDING)
        .values(state=to, **columns)
    )
    return done.rowcount == 1
