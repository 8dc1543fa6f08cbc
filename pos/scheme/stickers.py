"""The static code of a till: one printed sticker, opened by any wallet, many payments.

Apart from the book because a sticker only makes requests to pay, as a till does. They are numbered
without a gap, `E-T01-000001` and on, in the transaction that enters them: the till learns of each
by asking for the next number, and a number that it has seen is never a new payment.
"""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import RowMapping

from pos.errors import WrongUse
from pos.sale.money import Amount, exponent
from pos.scheme.book import Book, OrderRefused, utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import OPEN_PAYMENT, payment
from pos.scheme.tables import client as clients
from pos.scheme.tables import sticker as stickers
from pos.switch.wire import (
    Env,
    Merchant,
    Order,
    PaymentFactor,
    PaymentMethod,
    PayRequest,
    WireAmount,
    time_text,
)
from pos.switch.wire import Store as Shop

ID_CHARACTERS = 24
# Anybody can open a sticker: so many may be at it at a time, among its newest payments.
OPEN_MAX = 20
NEWEST_COUNT = 100
USER_AGENT_CHARACTERS_MAX = 256
_BASE62 = string.digits + string.ascii_letters
_TERMINAL = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_MCC = re.compile(r"[0-9]{4}", re.ASCII)
_TEXT_CHARACTERS_MAX = {"--name": 256, "--merchant": 64, "--store": 64}


@dataclass(frozen=True, slots=True)
class Seller:
    """Who is paid: `mcc` is an ISO 18245 category, `currency` what the prices are in.

    Raises WrongUse or AmountError for what no request to pay may say.
    """

    name: str
    merchant: str
    store: str
    mcc: str
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if not _MCC.fullmatch(self.mcc):
            raise WrongUse(f"--mcc {self.mcc!r} is not a category; write its four digits.")
        texts = {"--name": self.name, "--merchant": self.merchant, "--store": self.store}
        for option, text in texts.items():
            most = _TEXT_CHARACTERS_MAX[option]
            if not (len(text.strip()) > 0 and len(text) <= most and text.isprintable()):
                raise WrongUse(f"{option} must be 1 to {most} printable characters; correct it.")


@dataclass(frozen=True, slots=True)
class Sticker:
    """What one printed code is bound to."""

    sticker_id: str
    client_id: str
    terminal: str
    seller: Seller


def request_id(terminal: str, number: int) -> str:
    """The id of a till's payment by sticker: `E-T01-000001`."""
    return f"E-{terminal}-{number:06d}"


class Stickers:
    """Every sticker of the scheme. Safe for many threads and processes."""

    def __init__(self, store: Store, book: Book, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._book = book
        self._clock = clock

    def issue(self, client_id: str, terminal: str, seller: Seller) -> Sticker:
        """The till's sticker: the one it has, now of `seller`, or a new one. Raises WrongUse."""
        if not _TERMINAL.fullmatch(terminal):
            raise WrongUse(
                "A terminal's reference has 1 to 32 letters, digits, hyphens or underscores."
            )
        of_till = (stickers.c.client_id == client_id, stickers.c.terminal == terminal)
        with self._store.write() as connection:
            known = select(clients.c.client_id).where(clients.c.client_id == client_id)
            if connection.execute(known).first() is None:
                raise WrongUse(
                    f"No caller {client_id!r} is registered; see `pos scheme client add`."
                )
            columns = _columns(seller)
            sticker_id = "".join(secrets.choice(_BASE62) for _ in range(ID_CHARACTERS))
            fresh = insert_new(
                connection,
                stickers,
                client_id=client_id,
                terminal=terminal,
                sticker_id=sticker_id,
                number=0,
                added_at_ms=milliseconds(self._clock()),
                **columns,
            )
            if not fresh:
                connection.execute(update(stickers).where(*of_till).values(columns))
            row = connection.execute(select(stickers).where(*of_till)).mappings().one()
        return _sticker(row)

    def find(self, sticker_id: str) -> Sticker | None:
        """The sticker of a scanned id; None when there is none."""
        query = select(stickers).where(stickers.c.sticker_id == sticker_id)
        with self._store.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _sticker(row)

    def order(self, sticker: Sticker, price: Amount, user_agent: str) -> str:
        """Enter a payment of `price` under the till's next number; the URL that is paid at.

        Raises OrderRefused when the switch does not accept it, or has `OPEN_MAX` of this sticker
        that nobody has finished: then no number is used up.
        """
        now = self._clock()
        of_till = (
            stickers.c.client_id == sticker.client_id,
            stickers.c.terminal == sticker.terminal,
        )
        with self._store.write() as connection:
            # Changed before it is read: whoever comes meanwhile waits for this number's end.
            connection.execute(
                update(stickers).where(*of_till).values(number=stickers.c.number + 1)
            )
            number = connection.execute(select(stickers.c.number).where(*of_till)).scalar_one()
            if _open_count(connection, sticker, number, milliseconds(now)) >= OPEN_MAX:
                raise OrderRefused("Too many payments of this code are open.", "PROCESS_FAIL")
            request = _request(sticker, number, price, user_agent, now)
            self._book.enter(connection, sticker.client_id, request)
        answer = self._book.pay(sticker.client_id, request)
        if answer.redirect_action_form is None:
            raise OrderRefused(
                answer.result.result_message or "Not accepted.", answer.result.result_code
            )
        return answer.redirect_action_form.redirect_url


def _open_count(connection: Connection, sticker: Sticker, number: int, now_ms: int) -> int:
    """How many payments before `number` a customer may still pay."""
    newest = range(max(1, number - NEWEST_COUNT), number)
    query = select(func.count()).where(
        payment.c.client_id == sticker.client_id,
        payment.c.request_id.in_([request_id(sticker.terminal, each) for each in newest]),
        OPEN_PAYMENT,
        payment.c.expires_at_ms > now_ms,
    )
    return int(connection.execute(query).scalar_one())


def _request(
    sticker: Sticker, number: int, price: Amount, user_agent: str, now: datetime
) -> PayRequest:
    seller = sticker.seller
    return PayRequest(
        payment_request_id=request_id(sticker.terminal, number),
        payment_amount=WireAmount.of(price),
        order=Order(
            order_description=seller.name,
            order_amount=WireAmount.of(price),
            merchant=Merchant(
                reference_merchant_id=seller.merchant,
                merchant_mcc=seller.mcc,
                merchant_name=seller.name,
                store=Shop(
                    reference_store_id=seller.store, store_name=seller.name, store_mcc=seller.mcc
                ),
            ),
            env=Env(
                store_terminal_id=sticker.terminal,
                store_terminal_request_time=time_text(now),
                user_agent=user_agent[:USER_AGENT_CHARACTERS_MAX] or "unknown",
            ),
        ),
        payment_method=PaymentMethod(payment_method_type="CONNECT_WALLET"),
        payment_factor=PaymentFactor(in_store_payment_scenario="EntryCode"),
    )


def _columns(seller: Seller) -> dict[str, str]:
    return {
        "merchant_name": seller.name,
        "merchant_reference": seller.merchant,
        "merchant_mcc": seller.mcc,
        "store_reference": seller.store,
        "currency": seller.currency,
    }


def _sticker(row: RowMapping) -> Sticker:
    return Sticker(
        row["sticker_id"],
        row["client_id"],
        row["terminal"],
        Seller(
            row["merchant_name"],
            row["merchant_reference"],
            row["store_reference"],
            row["merchant_mcc"],
            row["currency"],
        ),
    )
