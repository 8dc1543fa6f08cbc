"""A simulated wallet: customers, codes and charges in its own tables, in its own transactions.

Apart from the switch's rules, which reach it only through the Partner protocol: the wallet is
the truth about who was charged, and the switch must agree with it after any death in between.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, insert, select, update
from sqlalchemy.engine import RowMapping

from pos.errors import IllegalMove
from pos.scheme.charging import Debit, balance, debit, use_code
from pos.scheme.moments import milliseconds
from pos.scheme.partners import PAID, PENDING, Answer, Behaviour, Charge, Outcome, declined
from pos.scheme.routing import WalletTerms
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import wallet_charge as charges
from pos.scheme.tables import wallet_code as codes
from pos.scheme.tables import wallet_customer as customers
from pos.scheme.tables import wallet_movement as movements

# After how many inquiries a customer whom nobody plays acts on her own.
INQUIRIES_BEFORE_APPROVAL = {Behaviour.PIN: 2, Behaviour.DAWDLES: 6}
SEEN_MAX = 1_000  # charges whose customers' behaviour nobody has asked for yet

_REVERSED = "reversed"
_AT_ONCE = {
    Behaviour.DECLINES: declined("USER_PAYMENT_VERIFICATION_FAILED"),
    Behaviour.NO_MONEY: declined("USER_BALANCE_NOT_ENOUGH"),
    Behaviour.PIN: PENDING,
    Behaviour.DAWDLES: PENDING,
    Behaviour.SILENT: PENDING,
}

# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_OF_PAYMENT = (
    charges.c.wallet == bindparam("of_wallet"),
    charges.c.payment_id == bindparam("of_payment"),
)
_CHARGE = select(charges).where(*_OF_PAYMENT).with_for_update()
_ACCOUNT = (
    select(customers.c.name)
    .where(customers.c.wallet == bindparam("of_wallet"), customers.c.name == bindparam("of_name"))
    .with_for_update()
)
_ADD_MOVEMENT = insert(movements)
_REFUNDED = select(movements.c.reference).where(
    movements.c.wallet == bindparam("of_wallet"),
    movements.c.kind == "refund",
    movements.c.reference == bindparam("of_refund"),
)
_MOVED = select(func.coalesce(func.sum(movements.c.value), 0)).where(
    movements.c.wallet == bindparam("of_wallet"),
    movements.c.payment_id == bindparam("of_payment"),
    movements.c.kind == bindparam("of_kind"),
)


@cache
def _changing(names: tuple[str, ...]) -> Update:
    """The update of the columns `names` of a charge."""
    changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    return update(charges).where(*_OF_PAYMENT).values(changed)


def code_digest(code: str) -> str:
    """What is kept of a payment code: enough to know it again, not enough to pay with."""
    return hashlib.sha256(b"samkassa payment code\n" + code.encode()).hexdigest()


class SimulatedWallet:
    """A partner whose customers live in the switch's database."""

    def __init__(self, terms: WalletTerms, store: Store, clock: Callable[[], datetime]) -> None:
        self.name = terms.name
        self.psp_name = terms.psp_name
        self.title = terms.title
        self.colour = terms.colour
        self.languages = terms.languages
        self.currency = terms.currency
        self.code = terms.code
        self._store = store
        self._clock = clock
        self._seen: dict[str, Behaviour] = {}

    def holder(self, code: str) -> str | None:
        """Who shows the code, used up or not; None for one that is not the wallet's."""
        of_code = select(codes.c.customer).where(
            codes.c.digest == code_digest(code), codes.c.wallet == self.name
        )
        with self._store.read() as connection:
            known = connection.execute(of_code).scalar()
            asked = None if known else self._holder_of_telephone(connection, code)
        return known or (asked[0] if asked else None)

    def charge(self, charge: Charge) -> Outcome:
        """Charge the holder of the code once; a code is used up even when she does not pay."""
        now_ms = milliseconds(self._clock())
        with self._store.write() as connection:
            digest = code_digest(charge.code)
            holder = use_code(connection, self.name, digest, charge.payment_id, now_ms)
            if holder is None:
                known = self._row(connection, charge.payment_id)
                if known is not None:
                    return _outcome(known)
                holder = self._holder_of_telephone(connection, charge.code)
            customer, behaviour = holder or (None, None)
            self._see(charge.payment_id, behaviour)
            if customer is None or behaviour is None:
                outcome = declined("INVALID_PAYMENT_CODE")
            elif behaviour in _AT_ONCE:
                outcome = _AT_ONCE[behaviour]
            else:
                asked = Debit(self.name, self.currency, charge, customer, behaviour, now_ms)
                answer = debit(connection, asked)
                if answer is not None:
                    return PAID if answer is Answer.PAID else declined("USER_BALANCE_NOT_ENOUGH")
                return _outcome(self._known(connection, charge.payment_id))
            if self._enter(connection, charge.payment_id, outcome, customer, behaviour, charge):
                return outcome
            return _outcome(self._known(connection, charge.payment_id))

    def seen(self, payment_id: str) -> Behaviour | None:
        """How the customer behaves whose charge was asked for here just now; told once."""
        return self._seen.pop(payment_id, None)

    def take_up(self, payment_id: str, customer: str, value: int, merchant_name: str) -> Outcome:
        """A customer opened an order; it waits for `approve` or `decline`."""
        order = Charge(payment_id, "", value, merchant_name)
        with self._store.write() as connection:
            if self._enter(connection, payment_id, PENDING, customer, Behaviour.SILENT, order):
                return PENDING
            known = self._known(connection, payment_id)
            if known["customer"] not in (None, customer):
                return declined("ORDER_IS_CLOSED")
            return _outcome(known)

    def status(self, payment_id: str) -> Outcome | None:
        """What became of a charge. A customer whom nobody plays approves after some inquiries."""
        with self._store.write() as connection:
            row = self._row(connection, payment_id)
            if row is None or row["state"] != Answer.PENDING:
                return None if row is None else _outcome(row)
            limit = INQUIRIES_BEFORE_APPROVAL.get(Behaviour(row["behaviour"]))
            asked_count = row["asked_count"] + 1
            if limit is not None and asked_count >= limit:
                return self._approve(connection, row)
            self._change(connection, payment_id, asked_count=asked_count)
            return PENDING

    def approve(self, payment_id: str) -> Outcome:
        """The customer says yes; paid if her money suffices. Not pending: as it already stands."""
        with self._store.write() as connection:
            row = self._known(connection, payment_id)
            if row["state"] != Answer.PENDING:
                return _outcome(row)
            return self._approve(connection, row)

    def decline(self, payment_id: str) -> Outcome:
        """The customer says no. Not pending: as it already stands."""
        with self._store.write() as connection:
            row = self._known(connection, payment_id)
            if row["state"] != Answer.PENDING:
                return _outcome(row)
            return self._refuse(connection, payment_id, "USER_PAYMENT_VERIFICATION_FAILED")

    def close(self, payment_id: str) -> Outcome:
        """Decline the charge unless it is final; one that is not yet known is declined too."""
        with self._store.write() as connection:
            outcome = declined("ORDER_IS_CLOSED")
            if self._enter(connection, payment_id, outcome, None, None, None):
                return outcome
            row = self._known(connection, payment_id)
            if row["state"] != Answer.PENDING:
                return _outcome(row)
            return self._refuse(connection, payment_id, "ORDER_IS_CLOSED")

    def reverse(self, payment_id: str) -> bool:
        """Give back what was taken and refuse the id for ever; whether anything was taken."""
        with self._store.write() as connection:
            outcome = declined("ORDER_IS_CANCELED")
            if self._enter(connection, payment_id, outcome, None, None, None):
                return False
            row = self._known(connection, payment_id)
            if row["state"] == Answer.PENDING:
                self._refuse(connection, payment_id, "ORDER_IS_CANCELED")
            elif row["state"] == Answer.PAID:
                if self._moved(connection, payment_id, "refund"):
                    raise IllegalMove("A refunded charge cannot be reversed.")
                self._change(connection, payment_id, state=_REVERSED)
                self._move(
                    connection, "reversal", payment_id, payment_id, row["customer"], row["value"]
                )
            return row["state"] in (Answer.PAID, _REVERSED)

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """Give back `value`. Raises IllegalMove for more than is left: a fault of the switch."""
        with self._store.write() as connection:
            row = self._known(connection, payment_id)
            named = {"of_wallet": self.name, "of_refund": refund_id}
            if connection.execute(_REFUNDED, named).first() is not None:
                return
            refunded = self._moved(connection, payment_id, "refund")
            if row["state"] != Answer.PAID or refunded + value > row["value"]:
                raise IllegalMove("The refund is more than what is left of the charge.")
            self._move(connection, "refund", refund_id, payment_id, row["customer"], value)

    def balance(self, connection: Connection, customer: str) -> int:
        """What the customer has, in the wallet's smallest unit."""
        return balance(connection, self.name, customer)

    def _see(self, payment_id: str, behaviour: Behaviour | None) -> None:
        if behaviour is not None and len(self._seen) < SEEN_MAX:
            self._seen[payment_id] = behaviour

    def _holder_of_telephone(
        self, connection: Connection, code: str
    ) -> tuple[str, Behaviour] | None:
        """A personal code names a telephone number for ever, so its holder is always asked."""
        if "/031/" not in code:
            return None
        msisdn = code.rpartition("/031/")[2].partition("?")[0]
        name = connection.execute(
            select(customers.c.name).where(
                customers.c.wallet == self.name, customers.c.msisdn == msisdn
            )
        ).scalar()
        return None if name is None else (str(name), Behaviour.PIN)

    def _afford(self, connection: Connection, customer: str, value: int) -> Outcome:
        # Her money is spent by one payment at a time, or two could each find it sufficient.
        connection.execute(_ACCOUNT, {"of_wallet": self.name, "of_name": customer})
        enough = self.balance(connection, customer) >= value
        return PAID if enough else declined("USER_BALANCE_NOT_ENOUGH")

    def _approve(self, connection: Connection, row: RowMapping) -> Outcome:
        outcome = self._afford(connection, row["customer"], row["value"])
        if outcome.answer is Answer.PAID:
            self._change(connection, row["payment_id"], state=Answer.PAID)
            payment_id = row["payment_id"]
            self._move(connection, "charge", payment_id, payment_id, row["customer"], -row["value"])
            return outcome
        return self._refuse(connection, row["payment_id"], outcome.code)

    def _refuse(self, connection: Connection, payment_id: str, reason: str) -> Outcome:
        self._change(connection, payment_id, state=Answer.DECLINED, reason=reason)
        return declined(reason)

    def _row(self, connection: Connection, payment_id: str) -> RowMapping | None:
        named = {"of_wallet": self.name, "of_payment": payment_id}
        return connection.execute(_CHARGE, named).mappings().one_or_none()

    def _known(self, connection: Connection, payment_id: str) -> RowMapping:
        row = self._row(connection, payment_id)
        if row is None:
            raise LookupError("The wallet knows no such payment.")
        return row

    def _enter(
        self,
        connection: Connection,
        payment_id: str,
        outcome: Outcome,
        customer: str | None,
        behaviour: Behaviour | None,
        charge: Charge | None,
    ) -> bool:
        """Enter a charge that is not known yet; whether it was new. A known one stays as it is."""
        return insert_new(
            connection,
            charges,
            wallet=self.name,
            payment_id=payment_id,
            state=outcome.answer,
            reason=outcome.code,
            customer=customer,
            behaviour=behaviour,
            merchant_name=None if charge is None else charge.merchant_name,
            value=None if charge is None else charge.value,
            asked_count=0,
            at_ms=milliseconds(self._clock()),
        )

    def _change(self, connection: Connection, payment_id: str, **columns: object) -> None:
        named = {f"to_{name}": value for name, value in columns.items()}
        named |= {"of_wallet": self.name, "of_payment": payment_id}
        connection.execute(_changing(tuple(columns)), named)

    def _move(
        self,
        connection: Connection,
        kind: str,
        reference: str,
        payment_id: str,
        customer: str,
        value: int,
    ) -> None:
        row = {
            "wallet": self.name, "kind": kind, "reference": reference, "payment_id": payment_id,
            "customer": customer, "value": value, "currency": self.currency,
            "at_ms": milliseconds(self._clock()),
        }  # fmt: skip
        connection.execute(_ADD_MOVEMENT, row)

    def _moved(self, connection: Connection, payment_id: str, kind: str) -> int:
        named = {"of_wallet": self.name, "of_payment": payment_id, "of_kind": kind}
        return int(connection.execute(_MOVED, named).scalar_one())


def _outcome(row: RowMapping) -> Outcome:
    if row["state"] == Answer.PAID:
        return PAID
    if row["state"] == Answer.PENDING:
        return PENDING
    return declined("ORDER_IS_CANCELED" if row["state"] == _REVERSED else row["reason"])
