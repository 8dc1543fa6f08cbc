"""The coupons that the wallets fund: added, listed, ended, and kept at hand for every payment.

Apart from their use in a payment because these are the acts of the people who run the scheme.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping

from pos.errors import WrongUse
from pos.scheme.budgets import budgets_left, open_purses
from pos.scheme.coupons import Coupon
from pos.scheme.moments import milliseconds
from pos.scheme.promotion_tables import UseState
from pos.scheme.promotion_tables import promotion as promotions
from pos.scheme.promotion_tables import promotion_use as uses
from pos.scheme.store import Store

AT_HAND_S_MAX = 0.25  # after that, what another process added or ended is seen here too
AT_ONCE_MAX = 1_000
# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_RUNNING = (
    select(promotions)
    .where(
        or_(
            promotions.c.ends_at_ms.is_(None),
            promotions.c.ends_at_ms > bindparam("now_ms"),
        )
    )
    .order_by(promotions.c.coupon_id)
    .limit(AT_ONCE_MAX + 1)
)


@dataclass(frozen=True, slots=True)
class Spending:
    """A coupon and its budget: `left`, `reserved` by open payments, and `spent`."""

    coupon: Coupon
    left: int
    reserved: int
    spent: int


class Promotions:
    """The coupons of one store. Safe for many threads and processes."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._clock_s = clock_s
        self._at_hand: tuple[float, tuple[Coupon, ...]] | None = None

    def add(self, coupons: Iterable[Coupon]) -> list[str]:
        """Add coupons, all or none; the ids of those that are new.

        One that is there already may be added again unchanged. Raises WrongUse for an id that
        stands for another, and for too many coupons at once.
        """
        added = []
        with self._store.write() as connection:
            for coupon in coupons:
                known = _find(connection, coupon.coupon_id)
                if known is None:
                    connection.execute(insert(promotions).values(**_row(coupon)))
                    open_purses(connection, coupon)
                    added.append(coupon.coupon_id)
                elif known != coupon:
                    raise WrongUse(
                        f"There is another coupon {coupon.coupon_id} already, and a coupon does "
                        "not change; give the new one an id of its own."
                    )
            if len(self._read(connection)) > AT_ONCE_MAX:
                raise WrongUse(f"At most {AT_ONCE_MAX} coupons run at once; end some first.")
        self._at_hand = None
        return added

    def end(self, coupon_id: str) -> None:
        """From now on the coupon is good no more; payments that have it keep it.

        Raises WrongUse for an unknown id.
        """
        now_ms = milliseconds(self._clock())
        of_coupon = promotions.c.coupon_id == coupon_id
        ends = promotions.c.ends_at_ms
        with self._store.write() as connection:
            if _find(connection, coupon_id) is None:
                raise WrongUse(f"There is no coupon {coupon_id}; see pos scheme promote list.")
            connection.execute(
                update(promotions)
                .where(of_coupon, or_(ends.is_(None), ends > now_ms))
                .values(ends_at_ms=now_ms)
            )
        self._at_hand = None

    def running(self) -> tuple[Coupon, ...]:
        """Coupons that have not ended, as they were a moment ago. Not inside a transaction."""
        at_hand, now_s = self._at_hand, self._clock_s()
        if at_hand is not None and now_s - at_hand[0] < AT_HAND_S_MAX:
            return at_hand[1]
        with self._store.read() as connection:
            found = self._read(connection)
        self._at_hand = (now_s, found)
        return found

    def spending(self) -> list[Spending]:
        """Every coupon that ever was, by id, and what became of its budget."""
        total = cast(func.sum(uses.c.value), BigInteger)
        query = (
            select(uses.c.coupon_id, uses.c.state, total)
            .where(uses.c.state != UseState.RELEASED)
            .group_by(uses.c.coupon_id, uses.c.state)
        )
        with self._store.survey() as connection:
            known = connection.execute(select(promotions).order_by(promotions.c.coupon_id))
            coupons = [_coupon(row) for row in known.mappings()]
            left = budgets_left(connection, [coupon.coupon_id for coupon in coupons])
            used = {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}
        return [
            Spending(
                coupon,
                left[coupon.coupon_id],
                used.get((coupon.coupon_id, UseState.RESERVED), 0),
                used.get((coupon.coupon_id, UseState.SPENT), 0),
            )
            for coupon in coupons
        ]

    def _read(self, connection: Connection) -> tuple[Coupon, ...]:
        found = connection.execute(_RUNNING, {"now_ms": milliseconds(self._clock())})
        return tuple(_coupon(row) for row in found.mappings())


def _find(connection: Connection, coupon_id: str) -> Coupon | None:
    query = select(promotions).where(promotions.c.coupon_id == coupon_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _coupon(row)


def _row(coupon: Coupon) -> dict[str, Any]:
    return asdict(coupon) | {"merchants": "\n".join(coupon.merchants)}


def _coupon(row: RowMapping) -> Coupon:
    merchants = tuple(row["merchants"].split("\n")) if row["merchants"] else ()
    return Coupon(**{**row, "merchants": merchants})
