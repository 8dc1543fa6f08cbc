"""Refunds as they stand in the database, and the one way to move their state.

Apart from the rules for the same reason as the payments: every change of state goes through one
compare-and-set, so whoever comes second changes nothing.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Update, bindparam, select, update

from pos.scheme.records import PaymentRecord
from pos.scheme.store import insert_new
from pos.scheme.tables import RefundState
from pos.scheme.tables import refund as refunds


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
    saved_value: int | None = None
    settled_value: int | None = None
    result_code: str | None = None
    refunded_at_ms: int | None = None


# Put together once, as those of the payments.
_REFUNDS_OF = (
    select(*(refunds.c[each.name] for each in fields(RefundRecord)))
    .where(
        refunds.c.client_id == bindparam("client_id"),
        refunds.c.payment_id == bindparam("payment_id"),
        refunds.c.state != RefundState.FAILED,
    )
    .order_by(refunds.c.created_at_ms, refunds.c.refund_id)
)
_BY_REQUEST = select(refunds).where(
    refunds.c.client_id == bindparam("client_id"),
    refunds.c.refund_request_id == bindparam("refund_request_id"),
)


@cache
def _moving(names: tuple[str, ...]) -> Update:
    """The update of a pending refund's state, and of the columns `names`."""
    changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    return (
        update(refunds)
        .where(
            refunds.c.client_id == bindparam("of_client"),
            refunds.c.refund_request_id == bindparam("of_request"),
            refunds.c.state == RefundState.PENDING,
        )
        .values(state=bindparam("to_state"), **changed)
    )


def find_refund(connection: Connection, *conditions: ColumnElement[bool]) -> RefundRecord | None:
    """The refund for which all `conditions` hold."""
    return _found(connection.execute(select(refunds).where(*conditions)))


def refunds_of(connection: Connection, payment: PaymentRecord) -> list[RefundRecord]:
    """Refunds of a payment that are done or under way, oldest first."""
    named = {"client_id": payment.client_id, "payment_id": payment.payment_id}
    return [RefundRecord(*row) for row in connection.execute(_REFUNDS_OF, named)]


def refund_of(
    connection: Connection, client_id: str, refund_request_id: str
) -> RefundRecord | None:
    """The client's refund by its request id."""
    named = {"client_id": client_id, "refund_request_id": refund_request_id}
    return _found(connection.execute(_BY_REQUEST, named))


def _found(done: CursorResult[Any]) -> RefundRecord | None:
    row = done.mappings().one_or_none()
    return None if row is None else RefundRecord(**row)


def add_refund(connection: Connection, **columns: Any) -> RefundRecord:
    """Insert a refund unless its client has one of the same request id; what is there then."""
    record = RefundRecord(**columns)
    if insert_new(connection, refunds, **columns):
        return record
    known = refund_of(connection, record.client_id, record.refund_request_id)
    assert known is not None  # noqa: S101 - rows are never removed
    return known


def move_refund(
    connection: Connection, record: RefundRecord, to: RefundState, **columns: Any
) -> bool:
    """Move the refund from PENDING to `to` if it still is; whether it moved."""
    named = {f"to_{name}": value for name, value in columns.items()}
    named |= {"of_client": record.client_id, "of_request": record.refund_request_id, "to_state": to}
    return connection.execute(_moving(tuple(columns)), named).rowcount == 1
