"""Payments as they stand in the database, and the one way to move their state.

Apart from the rules so that every change of state goes through one compare-and-set: whoever
comes second, in another thread or process, changes nothing and sees what the first one did.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite

from pos.sale.money import Amount
from pos.scheme.express import Statement
from pos.scheme.rates import Rate
from pos.scheme.tables import PaymentState
from pos.scheme.tables import payment as payments
from pos.scheme.tables import payment_route as routes


class PaymentRecord(NamedTuple):
    """One row of `payment`. A tombstone has neither `param_hash` nor amounts."""

    client_id: str
    request_id: str
    payment_id: str
    state: str
    created_at_ms: int
    acquirer: str | None = None
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
    notify_url: str | None = None
    wallet: str | None = None
    customer_value: int | None = None
    customer_currency: str | None = None
    saved_value: int | None = None
    saved_by: str | None = None
    quote_id: str | None = None
    quote_price: str | None = None
    quote_at_ms: int | None = None
    quote_expires_at_ms: int | None = None
    abroad_value: int | None = None
    abroad_currency: str | None = None
    abroad_quote_id: str | None = None
    abroad_price: str | None = None
    settled_value: int | None = None
    settled_currency: str | None = None
    settled_quote_id: str | None = None
    settled_price: str | None = None
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
    def merchant(self) -> str:
        """The merchant as the ledger names him, after the partner that enrolled him."""
        return f"{self.acquirer}:{self.client_id}"

    @property
    def charge(self) -> Amount:
        """What the customer is charged, after discounts. Only of one that a wallet has taken up."""
        assert self.customer_value is not None  # noqa: S101
        assert self.customer_currency is not None  # noqa: S101
        return Amount(self.customer_value, self.customer_currency)

    @property
    def rate(self) -> Rate | None:
        """The rate that the payment was made at; None within one currency."""
        if self.quote_id is None or self.quote_price is None:
            return None
        return Rate.stored(
            self.quote_id,
            self.price.currency,
            self.charge.currency,
            self.quote_price,
            self.quote_at_ms,
            self.quote_expires_at_ms,
        )

    @property
    def abroad(self) -> Amount | None:
        """What another switch charged its customer, where that is not the price."""
        if self.abroad_value is None or self.abroad_currency is None:
            return None
        return Amount(self.abroad_value, self.abroad_currency)

    @property
    def settled_rate(self) -> Rate | None:
        """From the price to what the merchant is paid out; None within one currency."""
        if None in (quoted := (self.settled_quote_id, self.settled_currency, self.settled_price)):
            return None
        quote_id, currency, price = map(str, quoted)
        return Rate.stored(quote_id, self.price.currency, currency, price)


# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_PAYMENT = select(*(payments.c[name] for name in PaymentRecord._fields))
_OF_CLIENT = _PAYMENT.where(payments.c.client_id == bindparam("client_id"))
_BY_REQUEST = _OF_CLIENT.where(payments.c.request_id == bindparam("request_id"))
_BY_PAYMENT = _OF_CLIENT.where(payments.c.payment_id == bindparam("payment_id"))
_ROUTE = select(routes.c.client_id, routes.c.request_id).where(
    routes.c.reference == bindparam("reference")
)
_BY_REQUEST_LOCKED = _BY_REQUEST.with_for_update()
_BY_PAYMENT_LOCKED = _BY_PAYMENT.with_for_update()


@cache
def _moving(names: tuple[str, ...]) -> Update:
    """The update of a payment's state, and of the columns `names`, by their values as given."""
    changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    return (
        update(payments)
        .where(
            payments.c.client_id == bindparam("of_client"),
            payments.c.request_id == bindparam("of_request"),
            payments.c.state.in_(bindparam("leaving", expanding=True)),
            payments.c.wallet.is_not_distinct_from(bindparam("of_wallet")),
        )
        .values(state=bindparam("to_state"), **changed)
    )


_COUNTED = {"preserve_rowcount": True}


_COLUMNS = tuple(column.name for column in payments.c)
_ADD = sqlite.insert(payments).on_conflict_do_nothing()
_ADD_ROUTES = insert(routes)
# The payment, and the routes of what was inserted of it.
_ADD_ROUTED = Statement(
    f"""
    WITH new AS (
        INSERT INTO payment ({", ".join(_COLUMNS)})
        VALUES ({", ".join(map(":{}".format, _COLUMNS))})
        ON CONFLICT DO NOTHING
        RETURNING payment_id, order_code, client_id, request_id
    )
    INSERT INTO payment_route (reference, client_id, request_id)
    SELECT payment_id, client_id, request_id FROM new
    UNION ALL
    SELECT order_code, client_id, request_id FROM new WHERE order_code IS NOT NULL
    RETURNING reference
    """  # noqa: S608 - the names are the table's own
)


def payment_of(
    connection: Connection,
    client_id: str,
    *,
    request_id: str | None = None,
    payment_id: str | None = None,
    locked: bool = False,
) -> PaymentRecord | None:
    """The client's payment by `payment_id`, which wins, or by `request_id`.

    With `locked`, in a transaction that writes, nobody else changes it until the end.
    """
    if payment_id is not None:
        query = _BY_PAYMENT_LOCKED if locked else _BY_PAYMENT
        named: dict[str, Any] = {"client_id": client_id, "payment_id": payment_id}
    else:
        query = _BY_REQUEST_LOCKED if locked else _BY_REQUEST
        named = {"client_id": client_id, "request_id": request_id}
    row = connection.execute(query, named).one_or_none()
    return None if row is None else PaymentRecord(*row)


def payment_again(
    connection: Connection, record: PaymentRecord, *, locked: bool = False
) -> PaymentRecord:
    """The payment of `record` as it stands now."""
    found = payment_of(connection, record.client_id, request_id=record.request_id, locked=locked)
    if found is None:
        raise LookupError("No such payment.")
    return found


def payment_routed(connection: Connection, reference: str) -> PaymentRecord | None:
    """The payment of a payment id or an order code, whoever's it is."""
    route = connection.execute(_ROUTE, {"reference": reference}).one_or_none()
    if route is None:
        return None
    return payment_of(connection, route.client_id, request_id=route.request_id)


def payment_by_id(connection: Connection, payment_id: str) -> PaymentRecord:
    """The payment of `payment_id`, whoever's it is; it must exist."""
    found = payment_routed(connection, payment_id)
    if found is None:
        raise LookupError("No such payment.")
    return found


def add_payment(connection: Connection, **columns: Any) -> tuple[PaymentRecord, bool]:
    """Insert a payment unless its client has one of the same request id; what is there then.

    Whether it is the new one is the second value. An old one comes locked. A single statement on
    PostgreSQL unless there is an old one.
    """
    record = PaymentRecord(**columns)
    if _inserted(connection, record):
        return record, True
    return payment_again(connection, record, locked=True), False


def _inserted(connection: Connection, record: PaymentRecord) -> bool:
    """Whether the payment and what leads to it were new, and are there now."""
    row = record._asdict()
    if connection.dialect.name == "postgresql":
        return _ADD_ROUTED.row(connection, row) is not None
    if connection.execute(_ADD, row, execution_options=_COUNTED).rowcount == 0:
        return False
    references = [record.payment_id, *([record.order_code] if record.order_code else [])]
    connection.execute(
        _ADD_ROUTES,
        [
            {"reference": each, "client_id": record.client_id, "request_id": record.request_id}
            for each in references
        ],
    )
    return True


def move_payment(
    connection: Connection,
    record: PaymentRecord,
    to: PaymentState,
    *,
    leaving: Sequence[PaymentState],
    **columns: Any,
) -> bool:
    """Move the payment to `to` if its state is still one of `leaving`; whether it moved.

    And its wallet that of `record`: what one wallet says does not move another's payment.
    """
    named = {f"to_{name}": value for name, value in columns.items()}
    named |= {
        "of_client": record.client_id,
        "of_request": record.request_id,
        "of_wallet": record.wallet,
        "leaving": list(leaving),
        "to_state": to,
    }
    done = connection.execute(_moving(tuple(columns)), named)
    return done.rowcount == 1


def show_order_code(
    connection: Connection, record: PaymentRecord, code: str, **columns: Any
) -> bool:
    """Give a pending order its code, with `columns`, unless it has one; whether it was given.

    Not given either when the code is another payment's.
    """
    done = connection.execute(
        update(payments)
        .where(
            payments.c.client_id == record.client_id,
            payments.c.request_id == record.request_id,
            payments.c.state == PaymentState.WALLET_PENDING,
            payments.c.order_code.is_(None),
            ~select(routes).where(routes.c.reference == code).exists(),
        )
        .values(order_code=code, **columns)
    )
    if done.rowcount != 1:
        return False
    connection.execute(
        insert(routes).values(
            reference=code, client_id=record.client_id, request_id=record.request_id
        )
    )
    return True
