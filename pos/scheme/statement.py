"""The switch's books as plain values, for people and for checks, read apart from any till.

Apart from the rules because reading must not be able to change anything.
"""

from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.engine import RowMapping

from pos.scheme.ledger import balances, positions, unbalanced
from pos.scheme.moments import moment
from pos.scheme.store import Store
from pos.scheme.tables import payment, refund, wallet_movement
from pos.switch.wire import time_text


def statement(store: Store) -> dict[str, Any]:
    """Everything in the books. Amounts are `{"value": minor units, "currency": ISO 4217}`.

    `payments`, `refunds`, `balances` (of the ledger's accounts), `positions` (what the wallets owe
    the partners whose merchants were paid), `wallets` (each movement of
    money as the wallets have it), `customers` (their balances), `unbalanced` (always empty).
    """
    with store.survey() as connection:
        totals = (
            select(
                wallet_movement.c.wallet,
                wallet_movement.c.customer,
                wallet_movement.c.currency,
                cast(func.sum(wallet_movement.c.value), BigInteger).label("value"),
            )
            .group_by(
                wallet_movement.c.wallet, wallet_movement.c.customer, wallet_movement.c.currency
            )
            .order_by(wallet_movement.c.wallet, wallet_movement.c.customer)
        )
        payments = connection.execute(
            select(payment).order_by(payment.c.created_at_ms, payment.c.request_id)
        )
        refunds = connection.execute(
            select(refund).order_by(refund.c.created_at_ms, refund.c.refund_request_id)
        )
        movements = connection.execute(
            select(wallet_movement)
            .where(wallet_movement.c.payment_id.is_not(None))
            .order_by(wallet_movement.c.at_ms, wallet_movement.c.reference)
        )
        return {
            "payments": [_payment(row) for row in payments.mappings()],
            "refunds": [_refund(row) for row in refunds.mappings()],
            "balances": [dict(row) for row in balances(connection)],
            "positions": [dict(row) for row in positions(connection)],
            "wallets": [_movement(row) for row in movements.mappings()],
            "customers": [dict(row) for row in connection.execute(totals).mappings()],
            "unbalanced": unbalanced(connection),
        }


def _payment(row: RowMapping) -> dict[str, Any]:
    return {
        "payment_id": row["payment_id"],
        "request_id": row["request_id"],
        "client": row["client_id"],
        "scenario": row["scenario"],
        "state": row["state"],
        "amount": _amount(row["value"], row["currency"]),
        "acquirer": row["acquirer"],
        "wallet": row["wallet"],
        "customer_amount": _amount(row["customer_value"], row["customer_currency"]),
        "saved_value": row["saved_value"],
        "quote_price": row["quote_price"],
        "result_code": row["result_code"],
        "created": _time(row["created_at_ms"]),
        "paid": _time(row["paid_at_ms"]),
        "cancelled": _time(row["cancelled_at_ms"]),
    }


def _refund(row: RowMapping) -> dict[str, Any]:
    return {
        "refund_id": row["refund_id"],
        "refund_request_id": row["refund_request_id"],
        "payment_id": row["payment_id"],
        "client": row["client_id"],
        "state": row["state"],
        "amount": _amount(row["value"], row["currency"]),
        "customer_value": row["customer_value"],
        "saved_value": row["saved_value"],
        "result_code": row["result_code"],
        "refunded": _time(row["refunded_at_ms"]),
    }


def _movement(row: RowMapping) -> dict[str, Any]:
    """`value` is what it did to the customer's balance: a charge is negative."""
    return {
        "wallet": row["wallet"],
        "kind": row["kind"],
        "reference": row["reference"],
        "payment_id": row["payment_id"],
        "customer": row["customer"],
        "value": row["value"],
        "currency": row["currency"],
    }


def _amount(value: int | None, currency: str | None) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "currency": currency}


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else time_text(moment(at_ms))
