"""Double-entry accounts: every movement of money as entries that sum to zero in each currency.

Apart from the rules so that the arithmetic of the books can be read and checked alone. Entries
are only ever added (the database refuses to change or remove one), and in the same transaction
as the state they belong to. Positive is owed to the scheme, negative is owed by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case, cast, func, insert, select, text

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.scheme.coupons import half_up
from pos.scheme.express import Statement
from pos.scheme.records import PaymentRecord, move_payment, payment_again
from pos.scheme.routing import SCHEME
from pos.scheme.tables import PaymentState, entry
from pos.scheme.tables import payment as payments


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry: `value` smallest units of `currency` on `account`, signed."""

    account: str
    value: int
    currency: str


def capture_legs(
    merchant: str,
    wallet: str,
    price: Amount,
    customer_value: int,
    customer_currency: str,
    *,
    saved_value: int = 0,
    settled: tuple[int, str] | None = None,
    saved_by: str | None = None,
) -> tuple[Leg, ...]:
    """The entries of a payment: the wallet owes the scheme, and the scheme owes the merchant.

    The merchant's account begins with the partner that enrolled him: `merchant:epassi:till-1`.
    What its coupons saved the customer the wallet owes too, or whoever `saved_by` names, on a
    marketing account. Between two currencies an exchange account stands in the middle, so each
    currency sums to 0.
    """
    wallet_legs = (
        Leg(f"wallet:{wallet}", customer_value, customer_currency),
        Leg(f"marketing:{saved_by or wallet}", saved_value, customer_currency),
    )
    if settled is not None:  # the merchant gets this value and currency instead of the price
        return (
            *wallet_legs,
            Leg("exchange", -customer_value - saved_value, customer_currency),
            Leg("exchange", settled[0], settled[1]),
            Leg(f"merchant:{merchant}", -settled[0], settled[1]),
        )
    merchant_leg = Leg(f"merchant:{merchant}", -price.value, price.currency)
    if customer_currency == price.currency:
        return (*wallet_legs, merchant_leg)
    return (
        *wallet_legs,
        Leg("exchange", -customer_value - saved_value, customer_currency),
        Leg("exchange", price.value, price.currency),
        merchant_leg,
    )


def opposite(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """The same entries the other way round."""
    return tuple(Leg(leg.account, -leg.value, leg.currency) for leg in legs)


def post(
    connection: Connection,
    payment: PaymentRecord,
    kind: str,
    reference: str,
    legs: Sequence[Leg],
    at: int,
) -> None:
    """Append `legs` as transaction `kind:reference` of `payment` at `at` (milliseconds).

    Raises IllegalMove when they do not sum to zero in each currency; the database refuses a
    second posting of the same kind and reference, and PostgreSQL a sum that is not zero.
    """
    moving = _moving(kind, legs)
    whole = {
        "client_id": payment.client_id,
        "payment_id": payment.payment_id,
        "tx": f"{kind}:{reference}",
        "at_ms": at,
    }
    if connection.dialect.name == "postgresql":
        # All of them at once, because PostgreSQL checks the sum of what is added at once.
        connection.execute(_POST, whole | _columns(moving))
        return
    rows = [
        whole
        | {"leg": number, "account": leg.account, "value": leg.value, "currency": leg.currency}
        for number, leg in moving
    ]
    connection.execute(_ADD, rows)


def capture(
    connection: Connection,
    payment: PaymentRecord,
    legs: Sequence[Leg],
    at: int,
    abroad: Mapping[str, Any],
) -> PaymentRecord | None:
    """Move a payment that waits for its wallet to SUCCEEDED, and post its capture, at `at`.

    `abroad` are the columns of what another switch charged, if it told. The payment as it then
    stands; None when it waits no more, and then nothing is posted. A single
    statement on PostgreSQL. Raises as `post` does.
    """
    if connection.dialect.name != "postgresql":
        moved = move_payment(
            connection,
            payment,
            PaymentState.SUCCEEDED,
            leaving=(PaymentState.WALLET_PENDING,),
            paid_at_ms=at,
            **abroad,
        )
        if not moved:
            return None
        post(connection, payment, "capture", payment.payment_id, legs, at)
        return payment_again(connection, payment)
    named = {
        "client_id": payment.client_id,
        "request_id": payment.request_id,
        "wallet": payment.wallet,
        "payment_id": payment.payment_id,
        "tx": f"capture:{payment.payment_id}",
        "at_ms": at,
    }
    told = dict.fromkeys(_ABROAD) | dict(abroad)
    if _CAPTURE.row(connection, named | told | _columns(_moving("capture", legs))) is None:
        return None
    if payment.scenario == "PaymentCode":
        # Nothing else of it changes while it waits, so it need not be read again.
        return payment._replace(state=PaymentState.SUCCEEDED, paid_at_ms=at, **abroad)
    return payment_again(connection, payment)


_LEGS = """
    INSERT INTO entry (client_id, tx, leg, payment_id, account, value, currency, at_ms)
    SELECT :client_id, :tx, legs.leg, :payment_id, legs.account, legs.value, legs.currency, :at_ms
    FROM unnest(
        :legs ::integer[], :accounts ::text[], :values ::bigint[], :currencies ::text[]
    ) AS legs(leg, account, value, currency)
"""
_POST = text(_LEGS)
# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_ADD = insert(entry)
_POSTED = select(entry.c.tx).where(
    entry.c.client_id == bindparam("of_client"), entry.c.tx == bindparam("of_tx")
)
_ABROAD = ("abroad_value", "abroad_currency", "abroad_quote_id", "abroad_price")
_CAPTURE = Statement(
    f"""
    WITH moved AS (
        UPDATE payment SET state = 'SUCCEEDED', paid_at_ms = :at_ms,
            {", ".join(f"{name} = :{name}" for name in _ABROAD)}
        WHERE client_id = :client_id AND request_id = :request_id AND state = 'WALLET_PENDING'
            AND wallet IS NOT DISTINCT FROM :wallet
        RETURNING payment_id
    ),
    posted AS ({_LEGS} CROSS JOIN moved)
    SELECT payment_id FROM moved
    """  # noqa: S608 - only our own statements are put together
)


def _columns(moving: Sequence[tuple[int, Leg]]) -> dict[str, list[Any]]:
    return {
        "legs": [number for number, _ in moving],
        "accounts": [leg.account for _, leg in moving],
        "values": [leg.value for _, leg in moving],
        "currencies": [leg.currency for _, leg in moving],
    }


def _moving(kind: str, legs: Sequence[Leg]) -> list[tuple[int, Leg]]:
    """The legs that move something, numbered. Raises IllegalMove for an unbalanced whole."""
    totals: dict[str, int] = defaultdict(int)
    for leg in legs:
        totals[leg.currency] += leg.value
    if not legs or any(totals.values()):
        raise IllegalMove(f"The entries of {kind} do not sum to zero in each currency.")
    # A refund too small for the wallet's currency moves nothing there, and most have no coupon.
    return [(number, leg) for number, leg in enumerate(legs) if leg.value]


def posted(connection: Connection, payment: PaymentRecord, kind: str, reference: str) -> bool:
    """Whether transaction `kind:reference` of `payment` is in the books."""
    named = {"of_client": payment.client_id, "of_tx": f"{kind}:{reference}"}
    return connection.execute(_POSTED, named).first() is not None


def balances(connection: Connection) -> list[Mapping[str, Any]]:
    """`account`, `currency`, `value` of every account, derived from the entries."""
    total = cast(func.sum(entry.c.value), BigInteger).label("value")
    query = (
        select(entry.c.account, entry.c.currency, total)
        .group_by(entry.c.account, entry.c.currency)
        .order_by(entry.c.account, entry.c.currency)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def positions(connection: Connection) -> list[Mapping[str, Any]]:
    """`wallet` owes `acquirer`, whose merchants its customers paid, `value` of `currency`.

    In the merchants' currencies, refunds and reversals taken off; derived from the entries. What
    the scheme pays, for coupons that it funds, it owes under the name `scheme` in the wallet's
    place.
    """
    total = cast(func.sum(-entry.c.value), BigInteger)
    between = (payments.c.wallet, payments.c.acquirer, entry.c.currency)
    query = (
        select(*between, total)
        .select_from(entry.join(payments))
        .where(entry.c.account.startswith("merchant:"))
        .group_by(*between)
    )
    owed = {(row[0], row[1], row[2]): int(row[3]) for row in connection.execute(query)}
    for (wallet, acquirer, currency), value in _paid_by_scheme(connection):
        owed[wallet, acquirer, currency] -= value
        owed[SCHEME, acquirer, currency] = owed.get((SCHEME, acquirer, currency), 0) + value
    return [
        {"wallet": wallet, "acquirer": acquirer, "currency": currency, "value": value}
        for (wallet, acquirer, currency), value in sorted(owed.items())
    ]


def _paid_by_scheme(connection: Connection) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Of each payment whose coupons the scheme funds, its part of what the merchant is owed."""

    def total(account: str) -> Any:
        of_account = entry.c.account.startswith(account)
        return cast(func.coalesce(func.sum(case((of_account, entry.c.value))), 0), BigInteger)

    who = (payments.c.wallet, payments.c.acquirer)
    paid_in = func.max(case((entry.c.account.startswith("merchant:"), entry.c.currency)))
    query = (
        select(*who, paid_in, total("merchant:"), total("marketing:"), total("wallet:"))
        .select_from(entry.join(payments))
        .where(payments.c.saved_by == SCHEME)
        .group_by(payments.c.client_id, payments.c.payment_id, *who)
    )
    for wallet, acquirer, currency, merchant, saved, charged in connection.execute(query):
        if saved:
            yield (wallet, acquirer, currency), half_up(-merchant * saved, saved + charged)


def unbalanced(connection: Connection) -> list[str]:
    """Transactions that do not sum to zero in each currency; always empty in sound books."""
    query = (
        select(entry.c.tx)
        .group_by(entry.c.client_id, entry.c.tx, entry.c.currency)
        .having(func.sum(entry.c.value) != 0)
    )
    return sorted(set(connection.execute(query).scalars()))
