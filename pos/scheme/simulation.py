"""The whole scheme put together on one store: wallets, book and customers.

Apart because the server, the commands and a simulator all need the same parts joined the same
way, each with its own clock, chance and wallets.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from pos.scheme.book import PUBLIC_URL, Book, utc_now
from pos.scheme.customers import Customers
from pos.scheme.partners import Behaviour, Partner
from pos.scheme.routing import shipped_scheme
from pos.scheme.store import Store
from pos.scheme.tables import wallet_charge
from pos.scheme.wallet import SimulatedWallet


@dataclass(frozen=True, slots=True)
class SimulatedScheme:
    """The parts, joined. `wallets` are the truth about money; `book` must agree with them."""

    store: Store
    wallets: Mapping[str, SimulatedWallet]
    book: Book
    customers: Customers

    def behaviour(self, payment_id: str) -> Behaviour | None:
        """How the customer of a payment behaves; None when no wallet knows the payment."""
        query = select(wallet_charge.c.behaviour).where(wallet_charge.c.payment_id == payment_id)
        with self.store.read() as connection:
            found = connection.execute(query).scalars().first()
        return None if found is None else Behaviour(found)


def open_scheme(
    store: Store,
    clock: Callable[[], datetime] = utc_now,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    *,
    reach: Callable[[SimulatedWallet], Partner] = lambda wallet: wallet,
    public_url: str = PUBLIC_URL,
) -> SimulatedScheme:
    """The shipped wallets and customers on `store`, and the book over them.

    `reach` is how the book reaches a wallet; a simulator puts deaths and silences there.
    `public_url` is where the codes that a till shows lead to.
    """
    scheme = shipped_scheme()
    wallets = {terms.name: SimulatedWallet(terms, store, clock) for terms in scheme.wallets}
    partners = {name: reach(wallet) for name, wallet in wallets.items()}
    book = Book(store, partners, clock, random_bytes, scheme=scheme, public_url=public_url)
    customers = Customers(store, book, wallets, clock, random_bytes)
    customers.enrol(scheme.customers)
    return SimulatedScheme(store, wallets, book, customers)
