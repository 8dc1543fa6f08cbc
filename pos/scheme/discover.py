"""What a customer's *Discover* page lists: merchants of the scheme, and her wallet's offers there.

Apart from the coupons' use because this is an invitation, not a promise: what a payment is really
discounted is decided when it is made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from pos.sale.money import Amount
from pos.scheme.budgets import budgets_left
from pos.scheme.coupons import Coupon
from pos.scheme.places import Spot, nearest
from pos.scheme.promotions import Promotions
from pos.scheme.store import Store
from pos.scheme.tables import client as clients
from pos.scheme.tables import sticker as stickers
from pos.switch.enrolment import Assignment
from pos.switch.wire import load

SHOWN_MERCHANTS_MAX = 50
READ_MERCHANTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Invitation:
    """One offer: `off`, or `percent` (`5`, `2.5`) up to `most`; from `least` on.

    `ends_at_ms` is None where no end is set.
    """

    coupon_id: str
    name: str
    off: Amount | None
    percent: str | None
    most: Amount | None
    least: Amount | None
    ends_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A merchant and what the wallet offers there; `address` "" and metres None if not known."""

    name: str
    reference: str
    address: str
    distance_m: int | None
    offers: tuple[Invitation, ...]


@dataclass(frozen=True, slots=True)
class _Merchant:
    client_id: str
    name: str
    reference: str
    currency: str | None
    address: str = ""


def merchants_near(
    store: Store,
    promotions: Promotions,
    wallet: str,
    home: str,
    at_ms: int,
    near: Spot | None = None,
) -> list[Listed]:
    """Merchants, and what `wallet`, whose currency is `home`, offers at each now.

    At most `SHOWN_MERCHANTS_MAX`, each once: those nearest to `near`, then those of whom no place
    is known; among these, or where `near` is None, those with offers of their own come first, then
    by name. Coupons whose budget is used up are left out.
    """
    running = [c for c in promotions.running() if c.wallet == wallet and c.good_at(at_ms)]
    with store.read() as connection:
        left = budgets_left(connection, [coupon.coupon_id for coupon in running])
        metres: Mapping[str, int] = {}
        if near is not None:
            metres = nearest(connection, near, SHOWN_MERCHANTS_MAX, READ_MERCHANTS_MAX)
        merchants = [*_merchants(connection, list(metres)), *_merchants(connection)]
    good = [coupon for coupon in running if left[coupon.coupon_id] >= (coupon.off or 1)]
    order: dict[str, tuple[tuple[bool, int, bool, str], Listed]] = {}
    for merchant in merchants:
        found = [coupon for coupon in good if _good_at(coupon, merchant, home)]
        distance_m = metres.get(merchant.client_id)
        place = (
            distance_m is None,
            distance_m or 0,
            not any(coupon.merchants for coupon in found),
            merchant.name.casefold(),
        )
        listed = Listed(
            merchant.name,
            merchant.reference,
            merchant.address,
            distance_m,
            tuple(_invitation(coupon) for coupon in found),
        )
        # A merchant with several tills is listed by the nearest of them.
        known = order.get(merchant.reference)
        if known is None or place < known[0]:
            order[merchant.reference] = (place, listed)
    ranked = sorted(order.values(), key=lambda each: (each[0], each[1].reference))
    return [listed for _, listed in ranked[:SHOWN_MERCHANTS_MAX]]


def _good_at(coupon: Coupon, merchant: _Merchant, home: str) -> bool:
    currencies = (home, merchant.currency or coupon.currency)
    return coupon.good_for(coupon.wallet, merchant.reference, currencies)


def _merchants(connection: Connection, of: list[str] | None = None) -> Iterator[_Merchant]:
    """Merchants that have a sticker or an enrolled till: those of the callers `of`, or the first.

    A till's own address is told only by its enrolment, so that comes first.
    """
    yield from _of_clients(connection, of)
    yield from _of_stickers(connection, of)


def _of_stickers(connection: Connection, of: list[str] | None) -> Iterator[_Merchant]:
    columns = stickers.c
    query = (
        select(
            columns.client_id, columns.merchant_name, columns.merchant_reference, columns.currency
        )
        .join(clients, clients.c.client_id == columns.client_id)
        .where(clients.c.revoked_at_ms.is_(None))
        .order_by(columns.client_id, columns.terminal)
    )
    for row in connection.execute(_limited(query, of)):
        yield _Merchant(row.client_id, row.merchant_name, row.merchant_reference, row.currency)


def _of_clients(connection: Connection, of: list[str] | None) -> Iterator[_Merchant]:
    query = (
        select(clients.c.client_id, clients.c.assignment)
        .where(clients.c.assignment.is_not(None), clients.c.revoked_at_ms.is_(None))
        .order_by(clients.c.client_id)
    )
    for row in connection.execute(_limited(query, of)):
        assigned = load(Assignment, str(row.assignment).encode())
        if assigned.merchant_name is not None:
            yield _Merchant(
                row.client_id,
                assigned.merchant_name,
                assigned.reference_merchant_id or row.client_id,
                assigned.currency,
                assigned.store_address or "",
            )


def _limited(query: Select[tuple[str, ...]], of: list[str] | None) -> Select[tuple[str, ...]]:
    if of is not None:
        query = query.where(clients.c.client_id.in_(of))
    return query.limit(READ_MERCHANTS_MAX)


def _invitation(coupon: Coupon) -> Invitation:
    def amount(value: int | None) -> Amount | None:
        return Amount(value, coupon.currency) if value else None

    points = coupon.basis_points
    return Invitation(
        coupon.coupon_id,
        coupon.name,
        amount(coupon.off),
        None if points is None else f"{points / 100:g}",
        amount(coupon.most),
        amount(coupon.least),
        coupon.ends_at_ms,
    )
