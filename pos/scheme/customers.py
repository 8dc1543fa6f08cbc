"""The simulated customers: what each can do with the telephone in her hand.

Apart from the wallet so that the wallet keeps accounts and this plays people: shows a fresh
payment code, scans a merchant code, approves or declines what waits in the app.
"""

import secrets
import string
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select

from pos.errors import WrongUse
from pos.sale.money import Amount
from pos.scheme.book import Book, Offer, OrderRefused, utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.partners import Answer, Behaviour, Outcome
from pos.scheme.routing import DemoCustomer
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import wallet_charge, wallet_code, wallet_customer, wallet_movement
from pos.scheme.wallet import SimulatedWallet, code_digest

CODE_LIFETIME = timedelta(minutes=5)
NAMES_TOLD_MAX = 10

# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_ADD_CODE = insert(wallet_code)
_OF_WALLET = select(wallet_customer.c.name).where(
    wallet_customer.c.wallet == bindparam("of_wallet")
)
_NAMES = _OF_WALLET.order_by(wallet_customer.c.name)
_FIRST = _NAMES.limit(1)
_NAMED = _OF_WALLET.where(wallet_customer.c.name == bindparam("of_name"))
_WAITING = select(wallet_charge).where(
    wallet_charge.c.wallet == bindparam("of_wallet"), wallet_charge.c.state == Answer.PENDING
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits in a customer's app for her yes or no."""

    wallet: str
    customer: str
    payment_id: str
    merchant_name: str
    charge: Amount


@dataclass(frozen=True, slots=True)
class Charged:
    """A payment in a customer's history; `charge` is in the currency that her wallet holds."""

    payment_id: str
    merchant_name: str
    charge: Amount
    answer: Answer


class Customers:
    """Everybody who tries the scheme out, in every simulated wallet."""

    def __init__(
        self,
        store: Store,
        book: Book,
        wallets: Mapping[str, SimulatedWallet],
        clock: Callable[[], datetime] = utc_now,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._book = book
        self._wallets = wallets
        self._clock = clock
        self._random = random_bytes

    def enrol(self, people: tuple[DemoCustomer, ...]) -> None:
        """Give each of `people` an account with her opening balance, once."""
        with self._store.write() as connection:
            for person in people:
                self._enrol(connection, person)

    def names(self, wallet: str) -> list[str]:
        """The wallet's customers in alphabetical order. Raises WrongUse."""
        chosen = self._wallet(wallet).name
        with self._store.read() as connection:
            return self._names(connection, chosen)

    def new_code(
        self,
        wallet: str,
        customer: str | None = None,
        behaviour: Behaviour = Behaviour.PAYS,
    ) -> str:
        """A fresh payment code of the wallet's shape, good for one payment within five minutes.

        Without `customer`, of the wallet's first by name. Raises WrongUse for an unknown name.
        """
        chosen = self._wallet(wallet)
        count = chosen.code.count("#")
        numbers = struct.unpack(f">{count}Q", self._random(8 * count))
        digits = iter([string.digits[number % 10] for number in numbers])
        code = "".join([next(digits) if mark == "#" else mark for mark in chosen.code])
        with self._store.write() as connection:
            row = {
                "digest": code_digest(code),
                "wallet": chosen.name,
                "customer": self._customer(connection, chosen.name, customer),
                "behaviour": behaviour,
                "expires_at_ms": milliseconds(self._clock() + CODE_LIFETIME),
            }
            connection.execute(_ADD_CODE, row)
        return code

    def scan(self, text: str, wallet: str, customer: str | None = None) -> Offer:
        """Scan a merchant code; the offer then waits for `approve` or `decline`.

        Raises OrderRefused for a code that is unknown, expired or taken, WrongUse for a name.
        """
        chosen = self._wallet(wallet)
        with self._store.read() as connection:
            name = self._customer(connection, chosen.name, customer)
        offer = self._book.decode(text.strip(), chosen.name, name)
        outcome = chosen.take_up(offer.payment_id, name, offer.charge.value, offer.merchant_name)
        if outcome.answer is Answer.DECLINED:
            raise OrderRefused("The order is closed; ask the shop for a new one.", outcome.code)
        return offer

    def approve(self, wallet: str, payment_id: str) -> Outcome:
        """Say yes, and let the switch know. Returns what came of it."""
        outcome = self._wallet(wallet).approve(payment_id)
        self._book.refresh(payment_id)
        return outcome

    def decline(self, wallet: str, payment_id: str) -> Outcome:
        """Say no, and let the switch know. Returns what came of it."""
        outcome = self._wallet(wallet).decline(payment_id)
        self._book.refresh(payment_id)
        return outcome

    def waiting(self, wallet: str, customer: str | None = None) -> list[Waiting]:
        """What waits in the apps of the wallet, or of one customer."""
        chosen = self._wallet(wallet)
        query, named = _WAITING, {"of_wallet": chosen.name}
        if customer is not None:
            query = query.where(wallet_charge.c.customer == customer)
        with self._store.read() as connection:
            return [
                Waiting(
                    chosen.name,
                    row.customer,
                    row.payment_id,
                    row.merchant_name,
                    Amount(row.value, chosen.currency),
                )
                for row in connection.execute(query, named)
            ]

    def charges(self, wallet: str, customer: str) -> list[Charged]:
        """The customer's payments in no order, whatever became of them."""
        chosen = self._wallet(wallet)
        query = select(wallet_charge).where(
            wallet_charge.c.wallet == chosen.name, wallet_charge.c.customer == customer
        )
        known = {Answer.PAID: Answer.PAID, Answer.PENDING: Answer.PENDING}
        with self._store.read() as connection:
            return [
                Charged(
                    row.payment_id,
                    row.merchant_name or "",
                    Amount(row.value, chosen.currency),
                    known.get(row.state, Answer.DECLINED),
                )
                for row in connection.execute(query)
            ]

    def balance(self, wallet: str, customer: str) -> int:
        """What the customer has, in the wallet's smallest unit."""
        chosen = self._wallet(wallet)
        with self._store.read() as connection:
            name = self._customer(connection, chosen.name, customer)
            return chosen.balance(connection, name)

    def _enrol(self, connection: Connection, person: DemoCustomer) -> None:
        currency = self._wallet(person.wallet).currency
        if not insert_new(
            connection,
            wallet_customer,
            wallet=person.wallet,
            name=person.name,
            currency=currency,
            msisdn=person.msisdn,
        ):
            return
        connection.execute(
            insert(wallet_movement).values(
                wallet=person.wallet,
                kind="deposit",
                reference=f"opening {person.name}",
                customer=person.name,
                value=person.balance,
                currency=currency,
                at_ms=milliseconds(self._clock()),
            )
        )

    def _wallet(self, name: str) -> SimulatedWallet:
        try:
            return self._wallets[name.lower()]
        except KeyError:
            known = ", ".join(self._wallets)
            raise WrongUse(f"There is no wallet {name!r}; the scheme has {known}.") from None

    def _customer(self, connection: Connection, wallet: str, name: str | None) -> str:
        wanted, named = (_FIRST, {}) if name is None else (_NAMED, {"of_name": name})
        found: str | None = connection.execute(wanted, {"of_wallet": wallet} | named).scalar()
        if found is not None:
            return found
        names = self._names(connection, wallet)
        for known in names:
            if name is not None and known.casefold() == name.casefold():
                return known
        raise WrongUse(
            f"{wallet} has no customer {name!r}; try {', '.join(names[:NAMES_TOLD_MAX])}."
        )

    def _names(self, connection: Connection, wallet: str) -> list[str]:
        return list(connection.execute(_NAMES, {"of_wallet": wallet}).scalars())
