"""What a client took in and gave back on one day, read in pages.

Apart from the settlement so that everything it reads of payments and refunds stands in one place.
A page is a short transaction of its own: a day that is over does not change any more, so nothing
need be held while files are written, and no payment at the counter waits for a report.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, not_, or_, select

from pos.scheme.store import Store
from pos.scheme.tables import PaymentState, RefundState, payment, refund

PAGE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Movement:
    """A payment that was made, or a refund that was paid; amounts in smallest units.

    `transaction_id` and `request_id` are its own; those of a refund's payment are `payment_id` and
    `payment_request_id`, and of that payment are also the names, `payment_settled` and
    `paid_at_ms`. `settled` is `value` in the currency in which the merchant is paid out, and
    `settled_before` what earlier refunds of the payment took of it.
    """

    is_refund: bool
    at_ms: int
    transaction_id: str
    request_id: str
    value: int
    currency: str
    wallet: str
    payment_id: str
    payment_request_id: str
    settled: int
    settled_currency: str
    payment_settled: int
    paid_at_ms: int
    settled_before: int
    merchant_reference: str
    store_reference: str
    order_reference: str
    order_description: str


def clients(store: Store) -> Iterator[str]:
    """Every client that ever asked for a payment, in order; each is one look into the key."""
    last = ""
    while True:
        query = select(func.min(payment.c.client_id)).where(payment.c.client_id > last)
        with store.read() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            return
        yield found
        last = found


def movements(store: Store, client_id: str, from_ms: int, until_ms: int) -> Iterator[Movement]:
    """What moved from `from_ms` until before `until_ms`, by time, payments first, then by id."""
    paid = _pages(store, client_id, from_ms, until_ms, _payments)
    refunded = _pages(store, client_id, from_ms, until_ms, _refunds)
    return heapq.merge(paid, refunded, key=attrgetter("at_ms", "is_refund", "transaction_id"))


_Page = Callable[[Connection, str, int, int, str], list[Movement]]


def _pages(
    store: Store, client_id: str, from_ms: int, until_ms: int, page: _Page
) -> Iterator[Movement]:
    last_id = ""
    while True:
        with store.read() as connection:
            rows = page(connection, client_id, from_ms, until_ms, last_id)
        yield from rows
        if len(rows) < PAGE_ROWS:
            return
        from_ms, last_id = rows[-1].at_ms, rows[-1].transaction_id


def _payments(
    connection: Connection, client_id: str, from_ms: int, until_ms: int, after_id: str
) -> list[Movement]:
    """Payments of the span, from the one after `after_id` on; at most PAGE_ROWS."""
    query = (
        select(payment)
        .where(
            payment.c.client_id == client_id,
            payment.c.state == PaymentState.SUCCEEDED,
            _after(payment.c.paid_at_ms, payment.c.payment_id, from_ms, until_ms, after_id),
        )
        .order_by(payment.c.paid_at_ms, payment.c.payment_id)
        .limit(PAGE_ROWS)
    )
    return [
        Movement(
            is_refund=False,
            at_ms=row["paid_at_ms"],
            transaction_id=row["payment_id"],
            request_id=row["request_id"],
            value=row["value"],
            settled=_settled(row),
            settled_before=0,
            **_of_payment(row),
        )
        for row in connection.execute(query).mappings()
    ]


def _refunds(
    connection: Connection, client_id: str, from_ms: int, until_ms: int, after_id: str
) -> list[Movement]:
    """Refunds of the span, from the one after `after_id` on; at most PAGE_ROWS."""
    query: Select[Any] = (
        select(
            payment,
            refund.c.refund_id,
            refund.c.refund_request_id,
            refund.c.refunded_at_ms,
            refund.c.value.label("refund_value"),
            func.coalesce(refund.c.settled_value, refund.c.value).label("refund_settled"),
            _settled_before().label("settled_before"),
        )
        .join_from(refund, payment, _same_payment(refund))
        .where(
            refund.c.client_id == client_id,
            refund.c.state == RefundState.SUCCEEDED,
            _after(refund.c.refunded_at_ms, refund.c.refund_id, from_ms, until_ms, after_id),
        )
        .order_by(refund.c.refunded_at_ms, refund.c.refund_id)
        .limit(PAGE_ROWS)
    )
    return [
        Movement(
            is_refund=True,
            at_ms=row["refunded_at_ms"],
            transaction_id=row["refund_id"],
            request_id=row["refund_request_id"],
            value=row["refund_value"],
            settled=row["refund_settled"],
            settled_before=int(row["settled_before"]),
            **_of_payment(row),
        )
        for row in connection.execute(query).mappings()
    ]


def _of_payment(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "currency": row["currency"],
        "settled_currency": row["settled_currency"] or row["currency"],
        "payment_settled": _settled(row),
        "wallet": row["wallet"] or "",
        "payment_id": row["payment_id"],
        "payment_request_id": row["request_id"],
        "paid_at_ms": row["paid_at_ms"],
        "merchant_reference": row["merchant_reference"] or "",
        "store_reference": row["store_reference"] or "",
        "order_reference": row["order_reference"] or "",
        "order_description": row["order_description"] or "",
    }


def _settled(row: Mapping[Any, Any]) -> int:
    """What the merchant is paid out for a payment, before fees."""
    return int(row["value"] if row["settled_value"] is None else row["settled_value"])


def _after(
    at: Column[Any], key: Column[Any], from_ms: int, until_ms: int, after_id: str
) -> ColumnElement[bool]:
    """Within the span, and behind `after_id` where the time is that of the span's beginning."""
    return and_(at >= from_ms, at < until_ms, not_(and_(at == from_ms, key <= after_id)))


def _same_payment(of: Any) -> ColumnElement[bool]:
    return and_(payment.c.client_id == of.c.client_id, payment.c.payment_id == of.c.payment_id)


def _settled_before() -> Any:
    """What was refunded of the same payment before this refund, as the merchant is paid out."""
    earlier = refund.alias()
    return (
        select(func.coalesce(func.sum(func.coalesce(earlier.c.settled_value, earlier.c.value)), 0))
        .where(
            earlier.c.client_id == refund.c.client_id,
            earlier.c.payment_id == refund.c.payment_id,
            earlier.c.state == RefundState.SUCCEEDED,
            or_(
                earlier.c.refunded_at_ms < refund.c.refunded_at_ms,
                and_(
                    earlier.c.refunded_at_ms == refund.c.refunded_at_ms,
                    earlier.c.refund_id < refund.c.refund_id,
                ),
            ),
        )
        .correlate(refund)
        .scalar_subquery()
    )
