"""The wallet's busiest act: a shown code becomes a charge, whoever shows it is found and debited.

Apart from the wallet's other acts because every sale waits for this one. Each step is put together
once, and on PostgreSQL, where every statement is a journey, two steps are one statement. The
customer is locked by a statement of her own before her money is counted: counted in the same
statement, it would be what she had before another payment that the lock waited for.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, text

from pos.scheme.express import Statement
from pos.scheme.partners import Answer, Behaviour, Charge
from pos.scheme.tables import wallet_movement as movements


@dataclass(frozen=True, slots=True)
class Debit:
    """A charge that `customer` pays if her money suffices, in the wallet's own `currency`."""

    wallet: str
    currency: str
    charge: Charge
    customer: str
    behaviour: Behaviour
    at_ms: int


def use_code(
    connection: Connection, wallet: str, digest: str, payment_id: str, now_ms: int
) -> tuple[str, Behaviour] | None:
    """Use a code up; its holder, who is locked, and how she behaves.

    None for a code that is not good, and for a charge that was asked for before.
    """
    named = {"wallet": wallet, "digest": digest, "payment_id": payment_id, "now_ms": now_ms}
    joined = connection.dialect.name == "postgresql"
    row = (_USE_CODE_AND_LOCK if joined else _USE_CODE).row(connection, named)
    return None if row is None else (row[0], Behaviour(row[1]))


def balance(connection: Connection, wallet: str, customer: str) -> int:
    """What the customer has: the sum of all that moved."""
    named = {"wallet": wallet, "customer": customer}
    return int(connection.execute(_BALANCE, named).scalar_one())


def debit(connection: Connection, asked: Debit) -> Answer | None:
    """Enter the charge of a locked customer as paid, or as declined where her money falls short.

    None when the charge is known already; nothing was done then.
    """
    charge = asked.charge
    row = {
        "wallet": asked.wallet,
        "payment_id": charge.payment_id,
        "customer": asked.customer,
        "merchant_name": charge.merchant_name,
        "value": charge.value,
        "behaviour": asked.behaviour,
        "currency": asked.currency,
        "at_ms": asked.at_ms,
    }
    joined = connection.dialect.name == "postgresql"
    entered = (_ENTER_AND_TAKE if joined else _ENTER_CHARGE).row(connection, row)
    answer = None if entered is None else Answer(entered[0])
    if answer is Answer.PAID and not joined:
        connection.execute(_TAKE_MONEY, row)
    return answer


_USE = """
    UPDATE wallet_code SET used_by = :payment_id
    WHERE digest = :digest AND wallet = :wallet AND used_by IS NULL AND expires_at_ms > :now_ms
        AND NOT EXISTS (
            SELECT 1 FROM wallet_charge WHERE payment_id = :payment_id AND wallet = :wallet
        )
    RETURNING customer, behaviour
"""
_ENTER = """
    INSERT INTO wallet_charge (
        payment_id, wallet, state, reason, customer, merchant_name, value, behaviour, asked_count,
        at_ms
    )
    SELECT :payment_id, :wallet, state, reason, :customer, :merchant_name, :value, :behaviour, 0,
        :at_ms
    FROM (
        SELECT CASE WHEN sum(value) >= :value THEN 'paid' ELSE 'declined' END AS state,
            CASE WHEN sum(value) >= :value THEN 'SUCCESS' ELSE 'USER_BALANCE_NOT_ENOUGH' END
                AS reason
        FROM wallet_movement WHERE wallet = :wallet AND customer = :customer
    ) AS judged
    WHERE true
    ON CONFLICT DO NOTHING
    RETURNING state
"""
_TAKE = """
    INSERT INTO wallet_movement (
        wallet, kind, reference, payment_id, customer, value, currency, at_ms
    )
    SELECT :wallet, 'charge', :payment_id, :payment_id, :customer, -(:value), :currency, :at_ms
"""
_BALANCE = select(func.coalesce(func.sum(movements.c.value), 0)).where(
    movements.c.wallet == bindparam("wallet"), movements.c.customer == bindparam("customer")
)
_USE_CODE = Statement(_USE)
_USE_CODE_AND_LOCK = Statement(
    f"""
    WITH used AS ({_USE})
    SELECT used.customer, used.behaviour
    FROM used JOIN wallet_customer ON wallet_customer.wallet = :wallet
        AND wallet_customer.name = used.customer
    FOR UPDATE OF wallet_customer
    """  # noqa: S608 - only our own statements are put together
)
_ENTER_CHARGE = Statement(_ENTER)
_TAKE_MONEY = text(_TAKE)
_ENTER_AND_TAKE = Statement(
    f"""
    WITH entered AS ({_ENTER}),
    taken AS ({_TAKE} FROM entered WHERE state = 'paid')
    SELECT state FROM entered
    """  # noqa: S608 - the same
)
