"""What a customer's *Discover* page lists: merchants of the scheme, and her wallet's offers there.

Apart from the coupons' use because this is an invitation, not a promise: what a payment is really
discounted is decided when it is made.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pos.sale.money import Amount
from pos.scheme.budgets import budgets_left
from pos.scheme.coupons import Coupon
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
    """One offer at one merchant: `off`, or `percent` (`5`, `2.5`) up to `most`; from `least` on.

    `ends_at_ms` is None where no end is set.
    """

    merchant_name: str
    coupon_id: str
    name: str
    off: Amount | None
    percent: str | None
    most: Amount | None
    least: Amount | None
    ends_at_ms: int | None


@dataclass(frozen=True, slots=True)
class _Merchant:
    name: str
    reference: str
    currency: str | None


def offers(
    store: Store, promotions: Promotions, wallet: str, home: str, at_ms: int
) -> list[Invitation]:
    """What `wallet`, whose currency is `home`, offers now, merchant by merchant.

    At most `SHOWN_MERCHANTS_MAX` merchants; those with offers of their own come first, then by
    name. Coupons whose budget is used up are left out.
    """
    running = [c for c in promotions.running() if c.wallet == wallet and c.good_at(at_ms)]
    with store.read() as connection:
        left = budgets_left(connection, [coupon.coupon_id for coupon in running])
        merchants = list(_merchants(connection)) if running else []
    good = [coupon for coupon in running if left[coupon.coupon_id] >= (coupon.off or 1)]
    listed = []
    for merchant in merchants:
        found = [coupon for coupon in good if _good_at(coupon, merchant, home)]
        if found:
            has_own = any(coupon.merchants for coupon in found)
            listed.append((not has_own, merchant.name.casefold(), merchant.reference, found))
    names = {merchant.reference: merchant.name for merchant in merchants}
    listed.sort(key=lambda each: each[:3])
    return [
        _invitation(names[reference], coupon)
        for _, _, reference, found in listed[:SHOWN_MERCHANTS_MAX]
        for coupon in found
    ]


def _good_at(coupon: Coupon, merchant: _Merchant, home: str) -> bool:
    currencies = (home, merchant.currency or coupon.currency)
    return coupon.good_for(coupon.wallet, merchant.reference, currencies)


def _merchants(connection: Connection) -> Iterator[_Merchant]:
    """Merchants that have a sticker or an enrolled till, each once by its reference."""
    seen = set()
    for merchant in (*_of_stickers(connection), *_of_clients(connection)):
        if merchant.reference not in seen:
            seen.add(merchant.reference)
            yield merchant


def _of_stickers(connection: Connection) -> Iterator[_Merchant]:
    columns = stickers.c
    query = (
        select(columns.merchant_name, columns.merchant_reference, columns.currency)
        .order_by(columns.client_id, columns.terminal)
        .limit(READ_MERCHANTS_MAX)
    )
    for row in connection.execute(query):
        yield _Merchant(row.merchant_name, row.merchant_reference, row.currency)


def _of_clients(connection: Connection) -> Iterator[_Merchant]:
    query = (
        select(clients.c.assignment)
        .where(clients.c.assignment.is_not(None), clients.c.revoked_at_ms.is_(None))
        .order_by(clients.c.client_id)
        .limit(READ_MERCHANTS_MAX)
    )
    for text in connection.execute(query).scalars():
        assigned = load(Assignment, str(text).encode())
        if assigned.merchant_name is not None:
            reference = assigned.reference_merchant_id or assigned.merchant_name
            yield _Merchant(assigned.merchant_name, reference, assigned.currency)


def _invitation(merchant_name: str, coupon: Coupon) -> Invitation:
    def amount(value: int | None) -> Amount | None:
        return Amount(value, coupon.currency) if value else None

    points = coupon.basis_points
    return Invitation(
        merchant_name,
        coupon.coupon_id,
        coupon.name,
        amount(coupon.off),
        None if points is None else f"{points / 100:g}",
        amount(coupon.most),
        amount(coupon.least),
        coupon.ends_at_ms,
    )
