"""The whole scheme put together on one store: wallets, book and customers.

Apart because the server, the commands and a simulator all need the same parts joined the same
way, each with its own clock, chance and wallets.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from sqlalchemy import select

from pos.scheme.book import PUBLIC_URL, Book, utc_now
from pos.scheme.customers import Customers
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.partners import Behaviour, Circle, Partner
from pos.scheme.rates import Rates
from pos.scheme.routing import Scheme, WalletTerms
from pos.scheme.store import Store
from pos.scheme.tables import wallet_charge
from pos.scheme.wallet import SimulatedWallet

if TYPE_CHECKING:
    from pos.scheme.upstream import UpstreamPartner


@dataclass(frozen=True, slots=True)
class SimulatedScheme:
    """The parts, joined. `wallets` are the truth about money; `book` must agree with them.

    `partners` has the wallets as the book reaches them, and the other switches that stand for one.
    """

    store: Store
    wallets: dict[str, SimulatedWallet]
    book: Book
    customers: Customers
    partners: Circle
    clock: Callable[[], datetime]
    reach: Callable[[SimulatedWallet], Partner]
    upstreams: dict[str, "UpstreamPartner"] = field(default_factory=dict)

    def adopt(self, scheme: Scheme) -> None:
        """Let the partners of `scheme` take part from now on, and nobody else.

        While the switch runs, too; by one thread at a time. Raises SettingsError for a key file
        that cannot be used, and changes nothing then.
        """
        away = {row.name: self._upstream(row) for row in scheme.wallets if row.upstream is not None}
        for row in scheme.wallets:
            if row.name in away:
                self.partners[row.name] = away[row.name]
            else:
                self.wallets[row.name] = SimulatedWallet(row, self.store, self.clock)
                self.partners[row.name] = self.reach(self.wallets[row.name])
        names = {row.name for row in scheme.wallets}
        for name in set(self.partners) - names:
            del self.partners[name]
        for name in set(self.wallets) - (names - set(away)):
            del self.wallets[name]
        for name, upstream in list(self.upstreams.items()):
            if away.get(name) is not upstream:
                upstream.close_connections()
        self.upstreams.clear()
        self.upstreams.update(away)
        self.book.route_by(scheme)
        self.customers.enrol(scheme.customers)

    def _upstream(self, row: WalletTerms) -> "UpstreamPartner":
        known = self.upstreams.get(row.name)
        if known is not None and known.terms == row:
            return known
        # Here, so that a switch without one does not load what it takes to call another.
        from pos.scheme.upstream import UpstreamPartner

        return UpstreamPartner(row)

    def close(self) -> None:
        """Drop the connections to other switches; may be called twice. The store stays open."""
        for upstream in self.upstreams.values():
            upstream.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def behaviour(self, payment_id: str) -> Behaviour | None:
        """How the customer of a payment behaves; None when no wallet knows the payment."""
        for wallet in self.wallets.values():
            seen = wallet.seen(payment_id)
            if seen is not None:
                return seen
        query = select(wallet_charge.c.behaviour).where(wallet_charge.c.payment_id == payment_id)
        with self.store.read() as connection:
            found = connection.execute(query).scalars().first()
        return None if found is None else Behaviour(found)


def open_scheme(
    store: Store,
    clock: Callable[[], datetime] = utc_now,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    *,
    terms: Scheme | None = None,
    reach: Callable[[SimulatedWallet], Partner] = lambda wallet: wallet,
    public_url: str = PUBLIC_URL,
    rates: Rates | None = None,
) -> SimulatedScheme:
    """The partners and customers of `terms` (those that ship) on `store`, and the book over them.

    Close it where another switch stands for a partner.
    `reach` is how the book reaches a wallet; a simulator puts deaths and silences there.
    `public_url` is where the codes that a till shows lead to; `rates` are the sample if not given.
    """
    scheme = terms or shipped_scheme()
    wallets: dict[str, SimulatedWallet] = {}
    partners = Circle()
    book = Book(
        store, partners, clock, random_bytes, rates=rates, scheme=scheme, public_url=public_url
    )
    customers = Customers(store, book, wallets, clock, random_bytes)
    joined = SimulatedScheme(store, wallets, book, customers, partners, clock, reach)
    joined.adopt(scheme)
    return joined
