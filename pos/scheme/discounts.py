"""Coupons in the life of a payment: offered, reserved, then spent or released.

Apart from the book because each step here is part of the transaction that moves the payment: with
it or not at all, and once, because the payment moves once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from pos.sale.money import Amount
from pos.scheme.budgets import (
    budgets_left,
    count_use,
    customer_may,
    draw,
    give_back,
    uncount_use,
)
from pos.scheme.coupons import Bill, Coupon, Saving, best_savings
from pos.scheme.promotion_tables import UseState
from pos.scheme.promotion_tables import promotion_use as uses
from pos.scheme.records import PaymentRecord
from pos.scheme.tables import payment as payments

# Put together once, as in `records`.
_OF_PAYMENT = (
    uses.c.client_id == bindparam("of_client"),
    uses.c.payment_id == bindparam("of_payment"),
)
_IS_HELD = uses.c.state.in_(bindparam("held", expanding=True))
_USES = select(uses).where(*_OF_PAYMENT).order_by(uses.c.coupon_id)
_HELD = select(uses).where(*_OF_PAYMENT, _IS_HELD).order_by(uses.c.coupon_id)
_MOVE = update(uses).where(*_OF_PAYMENT, _IS_HELD).values(state=bindparam("to_state"))
_RESERVE = insert(uses)
_SAVE = (
    update(payments)
    .where(
        payments.c.client_id == bindparam("of_client"),
        payments.c.request_id == bindparam("of_request"),
    )
    .values(
        {name: bindparam(f"to_{name}") for name in ("customer_value", "saved_value", "saved_by")}
    )
)


@dataclass(frozen=True, slots=True)
class Discount:
    """A line that the customer is shown: `shown` in the currency of the price.

    `funded` is the same in the currency that her wallet holds.
    """

    name: str
    shown: Amount
    funded: Amount


def personal(coupons: Iterable[Coupon], wallet: str) -> bool:
    """Whether `wallet` has coupons for which it must be known who pays."""
    return any(coupon.personal and coupon.wallet == wallet for coupon in coupons)


def offer(
    connection: Connection,
    coupons: Sequence[Coupon],
    record: PaymentRecord,
    customer: str | None,
    at_ms: int,
) -> tuple[Saving, ...]:
    """What would be taken off a payment that a wallet takes up now; nothing is reserved.

    `customer` is her name at the wallet; None where the wallet does not tell, and then coupons
    that are limited by customer are not good. `record.charge` is still the whole charge.
    """
    wallet = record.wallet or ""
    currencies = (record.price.currency, record.charge.currency)
    bill = Bill(record.price, record.charge, record.rate)
    good = [
        coupon
        for coupon in coupons
        if coupon.good_at(at_ms)
        and coupon.good_for(wallet, record.merchant_reference or "", currencies)
        and (customer is not None or not coupon.personal)
    ]
    if not good:
        return ()
    left = budgets_left(connection, [coupon.coupon_id for coupon in good])
    affordable = []
    for coupon in good:
        saving = best_savings([coupon], bill)
        value = saving[0].value if saving else 0
        if (
            value
            and value <= left.get(coupon.coupon_id, 0)
            and (
                customer is None
                or not coupon.personal
                or customer_may(connection, coupon, digest(wallet, customer), value)
            )
        ):
            affordable.append(coupon)
    return best_savings(affordable, bill)


def reserve(
    connection: Connection,
    coupons: Sequence[Coupon],
    record: PaymentRecord,
    customer: str | None,
    at_ms: int,
    *,
    funder: str,
) -> PaymentRecord:
    """Take off a payment what it has coupons for; the payment as it then stands.

    `funder` pays what is taken off: the wallet, or the scheme.

    In the transaction in which a wallet takes the payment up. A coupon that others used up in
    between is left out.
    """
    kept = []
    for saving in offer(connection, coupons, record, customer, at_ms):
        who = digest(record.wallet or "", customer) if customer is not None else None
        who = who if saving.coupon.personal else None
        purse = _drawn(connection, saving, who)
        if purse is not None:
            kept.append((saving, purse, who))
    if not kept:
        return record
    rows = [
        {
            "client_id": record.client_id,
            "payment_id": record.payment_id,
            "coupon_id": saving.coupon.coupon_id,
            "name": saving.coupon.name,
            "state": UseState.RESERVED,
            "value": saving.value,
            "shown_value": saving.shown,
            "funded_value": saving.funded,
            "purse": purse,
            "customer": who,
        }
        for saving, purse, who in kept
    ]
    connection.execute(_RESERVE, rows)
    saved = sum(saving.funded for saving, _, _ in kept)
    changed = {"customer_value": record.charge.value - saved, "saved_value": saved}
    named: dict[str, Any] = {"of_client": record.client_id, "of_request": record.request_id}
    named["to_saved_by"] = funder
    named |= {f"to_{name}": value for name, value in changed.items()}
    connection.execute(_SAVE, named)
    return record._replace(
        customer_value=changed["customer_value"],
        saved_value=changed["saved_value"],
        saved_by=funder,
    )


def spend(connection: Connection, record: PaymentRecord) -> None:
    """The payment is made: its coupons are used up. In the transaction that says so."""
    if record.saved_value is not None:
        _move(connection, record, UseState.SPENT, leaving=(UseState.RESERVED,))


def release(connection: Connection, record: PaymentRecord) -> None:
    """The payment came to nothing: budgets get back what it took. In the transaction that says so.

    The payment must be moving to its end for the first time, so that this happens once.
    """
    if record.saved_value is None:
        return
    held = (UseState.RESERVED, UseState.SPENT)
    rows = connection.execute(_HELD, _of(record) | {"held": list(held)}).all()
    for row in rows:
        if row.customer is not None:
            uncount_use(connection, row.coupon_id, row.customer, row.value)
        give_back(connection, row.coupon_id, row.purse, row.value)
    _move(connection, record, UseState.RELEASED, leaving=held)


def discounts_of(connection: Connection, record: PaymentRecord) -> tuple[Discount, ...]:
    """The lines of what is, or was, taken off a payment, in the order of the coupons' ids."""
    if record.saved_value is None:
        return ()
    return tuple(
        Discount(
            row.name,
            Amount(row.shown_value, record.price.currency),
            Amount(row.funded_value, record.charge.currency),
        )
        for row in connection.execute(_USES, _of(record))
    )


def lines_of(savings: Sequence[Saving], record: PaymentRecord) -> tuple[Discount, ...]:
    """The same of what would be taken off."""
    return tuple(
        Discount(
            saving.coupon.name,
            Amount(saving.shown, record.price.currency),
            Amount(saving.funded, record.charge.currency),
        )
        for saving in savings
    )


def digest(wallet: str, customer: str) -> str:
    """What is kept of who used a coupon: enough to know her again, not who she is."""
    return hashlib.sha256(f"samkassa customer\n{wallet}\n{customer}".encode()).hexdigest()


def _drawn(connection: Connection, saving: Saving, who: str | None) -> int | None:
    """The purse that pays, after the use was counted; None when either limit does not allow it."""
    if who is not None and not count_use(connection, saving.coupon, who, saving.value):
        return None
    purse = draw(connection, saving.coupon, saving.value)
    if purse is None and who is not None:
        uncount_use(connection, saving.coupon.coupon_id, who, saving.value)
    return purse


def _move(
    connection: Connection, record: PaymentRecord, to: UseState, *, leaving: Sequence[UseState]
) -> None:
    connection.execute(_MOVE, _of(record) | {"held": list(leaving), "to_state": to})


def _of(record: PaymentRecord) -> dict[str, Any]:
    return {"of_client": record.client_id, "of_payment": record.payment_id}
