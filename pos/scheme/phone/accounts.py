"""What a simulated customer finds in her wallet: her balance, her payments, what came of each.

Apart from the pages so that they hold no queries, and from the customers, who act: reading here
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import RowMapping

from pos.sale.money import Amount
from pos.scheme.moments import moment
from pos.scheme.rates import Rate
from pos.scheme.records import payment_by_id, payment_routed
from pos.scheme.store import Store
from pos.scheme.tables import wallet_charge as charges
from pos.scheme.tables import wallet_customer as customers
from pos.scheme.tables import wallet_movement as movements
from pos.scheme.wallet import SimulatedWallet

SHOWN_PAYMENTS_MAX = 30
SHOWN_PEOPLE_MAX = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated customer and the wallet she uses."""

    wallet: SimulatedWallet
    name: str

    @property
    def key(self) -> str:
        """Names her among all customers: `vipps/Kari`."""
        return f"{self.wallet.name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment in her history.

    `state` is the wallet's word: paid, pending, declined, reversed. `refunded` counts smallest
    units of the charge's currency. `rate` is None within one currency.
    """

    payment_id: str
    merchant_name: str
    price: Amount
    charge: Amount
    rate: Rate | None
    state: str
    reason: str
    at: datetime
    expires: datetime
    refunded: int

    @property
    def mark(self) -> str:
        """Changes whenever there is news of this payment."""
        return f"{self.payment_id} {self.state} {self.refunded}"


class Accounts:
    """The customers' own view over one store."""

    def __init__(self, store: Store, wallets: Mapping[str, SimulatedWallet]) -> None:
        self._store = store
        self._wallets = wallets

    def people(self) -> list[tuple[SimulatedWallet, list[tuple[Person, int]]]]:
        """The first customers of each wallet by name, each with her balance."""
        with self._store.read() as connection:
            return [
                (wallet, self._first(connection, wallet)) for wallet in list(self._wallets.values())
            ]

    def person(self, key: str) -> Person | None:
        """The customer of `vipps/Kari`; None when there is no such."""
        wallet_name, _, name = key.partition("/")
        wallet = self._wallets.get(wallet_name)
        if wallet is None:
            return None
        known = select(customers.c.name).where(
            customers.c.wallet == wallet.name, customers.c.name == name
        )
        with self._store.read() as connection:
            found = connection.execute(known).scalar()
        return None if found is None else Person(wallet, found)

    def balance(self, person: Person) -> int:
        """What she has, in the smallest unit of her wallet's currency."""
        with self._store.read() as connection:
            return person.wallet.balance(connection, person.name)

    def history(self, person: Person) -> list[Entry]:
        """Her latest payments, newest first."""
        return self._entries(person, SHOWN_PAYMENTS_MAX)

    def newest(self, person: Person) -> Entry | None:
        """Her latest payment."""
        return next(iter(self._entries(person, 1)), None)

    def entry(self, person: Person, payment_id: str) -> Entry | None:
        """One of her payments; None when it is not hers."""
        query = select(charges).where(
            charges.c.wallet == person.wallet.name,
            charges.c.payment_id == payment_id,
            charges.c.customer == person.name,
        )
        with self._store.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
            return None if row is None else self._entry(connection, person, row)

    def entry_of_code(self, person: Person, order_code: str) -> Entry | None:
        """Her payment of an order code; None when she has not answered it."""
        with self._store.read() as connection:
            payment = payment_routed(connection, order_code)
        return None if payment is None else self.entry(person, payment.payment_id)

    def _entries(self, person: Person, most: int) -> list[Entry]:
        query = (
            select(charges)
            .where(charges.c.wallet == person.wallet.name, charges.c.customer == person.name)
            .order_by(charges.c.at_ms.desc(), charges.c.payment_id)
            .limit(most)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).mappings().all()
            return [self._entry(connection, person, row) for row in rows]

    def _entry(self, connection: Connection, person: Person, row: RowMapping) -> Entry:
        payment = payment_by_id(connection, row["payment_id"])
        refunded = select(func.coalesce(func.sum(movements.c.value), 0)).where(
            movements.c.wallet == person.wallet.name,
            movements.c.payment_id == row["payment_id"],
            movements.c.kind == "refund",
        )
        return Entry(
            row["payment_id"],
            row["merchant_name"] or "",
            payment.price,
            Amount(row["value"], person.wallet.currency),
            payment.rate,
            row["state"],
            row["reason"] or "",
            moment(row["at_ms"]),
            moment(payment.expires_at_ms or 0),
            int(connection.execute(refunded).scalar_one()),
        )

    def _first(self, connection: Connection, wallet: SimulatedWallet) -> list[tuple[Person, int]]:
        query = (
            select(customers.c.name)
            .where(customers.c.wallet == wallet.name)
            .order_by(customers.c.name)
            .limit(SHOWN_PEOPLE_MAX)
        )
        names = connection.execute(query).scalars()
        return [(Person(wallet, name), wallet.balance(connection, name)) for name in names]
