"""The budgets of coupons: drawn from before a payment, given back when it comes to nothing.

Apart from the coupons because this alone keeps a budget from being overspent. A budget lies in up
to sixteen purses; a payment draws on one that nobody else holds, and only when none has enough are
all of them locked, in order. Callers take coupons in the order of their ids, so nobody waits in a
circle.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, insert, select, update

from pos.scheme.coupons import Coupon
from pos.scheme.promotion_tables import promotion_budget as purses
from pos.scheme.promotion_tables import promotion_customer as customers
from pos.scheme.store import insert_new

PURSES_MAX = 16
USES_PER_PURSE_MIN = 8  # a purse that holds fewer would too often have too little

# Put together once, as in `records`.
_LEFT = (
    select(purses.c.coupon_id, cast(func.sum(purses.c.value_left), BigInteger))
    .where(purses.c.coupon_id.in_(bindparam("wanted", expanding=True)))
    .group_by(purses.c.coupon_id)
)
_OF_COUPON = purses.c.coupon_id == bindparam("of_coupon")
_OF_PURSE = purses.c.purse == bindparam("of_purse")
_HOLDS = purses.c.value_left >= bindparam("wanted")
_FREE = (
    select(purses.c.purse)
    .where(_OF_COUPON, _HOLDS)
    .order_by(purses.c.purse)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_ALL = (
    select(purses.c.purse, purses.c.value_left)
    .where(_OF_COUPON)
    .order_by(purses.c.purse)
    .with_for_update()
)
_TAKE = (
    update(purses)
    .where(_OF_COUPON, _OF_PURSE, _HOLDS)
    .values(value_left=purses.c.value_left - bindparam("wanted"))
)
_GIVE_BACK = (
    update(purses)
    .where(_OF_COUPON, _OF_PURSE)
    .values(value_left=purses.c.value_left + bindparam("given"))
)


def open_purses(connection: Connection, coupon: Coupon) -> None:
    """Divide the budget of a new coupon."""
    uses = coupon.budget // coupon.largest
    count = max(1, min(PURSES_MAX, uses // USES_PER_PURSE_MIN))
    each, over = divmod(coupon.budget, count)
    rows = [
        {"coupon_id": coupon.coupon_id, "purse": number, "value_left": each + (number < over)}
        for number in range(count)
    ]
    connection.execute(insert(purses), rows)


def budgets_left(connection: Connection, coupon_ids: Iterable[str]) -> dict[str, int]:
    """What is left of each budget just now; nothing is locked."""
    found = connection.execute(_LEFT, {"wanted": list(coupon_ids)})
    return {row[0]: row[1] for row in found}


def draw(connection: Connection, coupon: Coupon, value: int) -> int | None:
    """Take `value` from the budget; the purse to give it back to, or None when it does not hold."""
    named = {"of_coupon": coupon.coupon_id}
    free = connection.execute(_FREE, named | {"wanted": value}).scalar()
    if free is not None and _take(connection, coupon, free, value):
        return int(free)
    if budgets_left(connection, [coupon.coupon_id]).get(coupon.coupon_id, 0) < value:
        return None
    rows = connection.execute(_ALL, named).all()
    if sum(row.value_left for row in rows) < value:
        return None
    missing = value
    for row in rows:
        part = min(missing, row.value_left)
        if part and not _take(connection, coupon, row.purse, part):
            raise RuntimeError("A locked purse held less than was read.")
        missing -= part
    return int(rows[0].purse)


def give_back(connection: Connection, coupon_id: str, purse: int, value: int) -> None:
    """Put `value` back into the budget."""
    named = {"of_coupon": coupon_id, "of_purse": purse, "given": value}
    connection.execute(_GIVE_BACK, named)


def count_use(connection: Connection, coupon: Coupon, customer: str, value: int) -> bool:
    """Count one use of a personal coupon; False when it is more than the customer may have."""
    insert_new(
        connection,
        customers,
        coupon_id=coupon.coupon_id,
        customer=customer,
        used_count=0,
        used_value=0,
    )
    count_max, value_max = coupon.customer_count, coupon.customer_budget
    within = [customers.c.coupon_id == coupon.coupon_id, customers.c.customer == customer]
    if count_max is not None:
        within.append(customers.c.used_count < count_max)
    if value_max is not None:
        within.append(customers.c.used_value + value <= value_max)
    counted = connection.execute(
        update(customers)
        .where(*within)
        .values(
            used_count=customers.c.used_count + 1,
            used_value=customers.c.used_value + value,
        )
    )
    return counted.rowcount == 1


def uncount_use(connection: Connection, coupon_id: str, customer: str, value: int) -> None:
    """Take back what `count_use` counted."""
    connection.execute(
        update(customers)
        .where(customers.c.coupon_id == coupon_id, customers.c.customer == customer)
        .values(
            used_count=customers.c.used_count - 1,
            used_value=customers.c.used_value - value,
        )
    )


def customer_may(connection: Connection, coupon: Coupon, customer: str, value: int) -> bool:
    """Whether `count_use` would succeed just now; nothing is locked."""
    row = connection.execute(
        select(customers).where(
            customers.c.coupon_id == coupon.coupon_id, customers.c.customer == customer
        )
    ).one_or_none()
    count, used = (row.used_count, row.used_value) if row is not None else (0, 0)
    within_count = coupon.customer_count is None or count < coupon.customer_count
    return within_count and (
        coupon.customer_budget is None or used + value <= coupon.customer_budget
    )


def _take(connection: Connection, coupon: Coupon, purse: int, value: int) -> bool:
    named = {"of_coupon": coupon.coupon_id, "of_purse": purse, "wanted": value}
    return connection.execute(_TAKE, named).rowcount == 1
