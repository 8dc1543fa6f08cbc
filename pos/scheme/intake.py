"""A new request to pay, judged: the row that it becomes, or the reason why it is refused.

Apart from the book's transactions because judging changes nothing: amounts, codes, wallets,
rates and times go in, and the columns of a payment come out.
"""

import hashlib
import string
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pos.errors import AmountError, PosError
from pos.sale.money import EXPONENTS, VALUE_MAX, Amount
from pos.scheme.merchant_codes import whole_url
from pos.scheme.moments import business_day, milliseconds
from pos.scheme.partners import Partner
from pos.scheme.quotes import Quotes
from pos.scheme.rates import NoRate, customer_value
from pos.scheme.routing import Scheme
from pos.scheme.tables import PaymentState
from pos.switch.wire import PayRequest, WireError, read_time

LIFETIME = {
    "PaymentCode": timedelta(minutes=10),
    "OrderCode": timedelta(minutes=3),
    "EntryCode": timedelta(minutes=10),
}
LIFETIME_MAX = timedelta(minutes=30)
ORDER_CODE_HEAD = "28199904"  # issuer 281999 is ours for demonstration, 04 an order code
REFERENCE_LETTERS_MAX = 64  # as the API bounds them
_BASE62 = string.digits + string.ascii_letters


def param_hash(request: PayRequest) -> str:
    """Digest of what may not change under one request id."""
    parts = (
        request.payment_factor.in_store_payment_scenario,
        request.payment_amount.currency,
        request.payment_amount.value,
        request.payment_method.payment_method_id or "",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class OverLimit(PosError):
    """The wallet takes less than this in one payment."""


class Intake:
    """Judges requests to pay and mints ids and codes."""

    def __init__(
        self,
        scheme: Scheme,
        partners: Mapping[str, Partner],
        quotes: Quotes,
        random_bytes: Callable[[int], bytes],
        public_url: str,
    ) -> None:
        self._scheme = scheme
        self._partners = partners
        self._quotes = quotes
        self._random = random_bytes
        self._public_url = public_url

    def columns(
        self, client_id: str, request: PayRequest, now: datetime, acquirer: str | None = None
    ) -> dict[str, Any]:
        """The payment that `request` becomes: pending, waiting for a wallet, or FAILED.

        `acquirer` is the partner that enrolled the client; the scheme's first if nobody said.
        """
        scenario = request.payment_factor.in_store_payment_scenario
        merchant = request.order.merchant
        columns: dict[str, Any] = {
            "client_id": client_id,
            "request_id": request.payment_request_id,
            "payment_id": self.new_id(now),
            "acquirer": acquirer or self._scheme.wallets[0].name,
            "param_hash": param_hash(request),
            "scenario": scenario,
            "value": int(request.payment_amount.value),
            "currency": request.payment_amount.currency,
            "merchant_name": merchant.merchant_name,
            "merchant_reference": merchant.reference_merchant_id[:REFERENCE_LETTERS_MAX],
            "store_reference": merchant.store.reference_store_id[:REFERENCE_LETTERS_MAX],
            "order_reference": request.order.reference_order_id,
            "order_description": request.order.order_description,
            "notify_url": request.payment_notify_url,
            "created_at_ms": milliseconds(now),
        }
        try:
            columns |= self._accepted(request, scenario, columns["payment_id"], now)
        except _Refusal as refusal:
            columns |= {"state": PaymentState.FAILED, "result_code": refusal.code}
        return columns

    def charge_columns(
        self, wallet: str, price: Amount, payment_id: str, now: datetime, *, expires_at_ms: int
    ) -> dict[str, Any]:
        """What the customer of `wallet` is charged for `price`, and the payment's own quote.

        Paid until `expires_at_ms`, and while the quote is good. Raises NoRate, or OverLimit.
        """
        # A partner that converts by itself is owed to us in the merchant's currency.
        home = self._partners[wallet].currency or price.currency
        columns: dict[str, Any] = {"wallet": wallet, "customer_currency": home}
        if home == price.currency:
            columns["customer_value"] = price.value
        else:
            rate = self._quotes.quote(wallet, price.currency, home, of=payment_id, now=now)
            columns["customer_value"] = customer_value(rate, price)
            columns |= {
                "quote_id": rate.quote_id,
                "quote_price": rate.price_text(),
                "quote_at_ms": rate.begins_at_ms,
                "quote_expires_at_ms": rate.expires_at_ms,
                "expires_at_ms": min(expires_at_ms, rate.expires_at_ms or expires_at_ms),
            }
        terms = self._scheme.terms(wallet)
        limit = VALUE_MAX if terms is None or terms.limit is None else terms.limit
        if columns["customer_value"] > limit:
            title = wallet if terms is None else terms.title
            raise OverLimit(f"The amount is above what {title} takes in one payment.")
        return columns

    def wallet_of(self, code: str) -> str | None:
        """The wallet that takes part and issued `code`; None when there is none."""
        wallet = self._scheme.wallet_of(code)
        return wallet if wallet in self._partners else None

    def coupon_funder(self, wallet: str) -> str:
        """Who pays what the coupons of `wallet` take off: itself, or the scheme."""
        terms = self._scheme.terms(wallet)
        return wallet if terms is None else terms.coupon_funder

    def route_by(self, scheme: Scheme) -> None:
        """Judge by another table of partners from now on."""
        self._scheme = scheme

    def new_id(self, now: datetime) -> str:
        """A payment or refund id: the business day and 24 random digits."""
        return business_day(now) + self._characters(24, string.digits)

    def _accepted(
        self, request: PayRequest, scenario: str, payment_id: str, now: datetime
    ) -> dict[str, Any]:
        price = _price(request)
        expires_at_ms = milliseconds(_expiry(request.payment_expiry_time, scenario, now))
        columns: dict[str, Any] = {"expires_at_ms": expires_at_ms}
        columns |= self._settled(request, price, payment_id, now)
        if scenario == "OrderCode":
            maker = self._scheme.order_maker()
            if maker is None:
                return columns | {"state": PaymentState.NEW, "order_code": self.order_code()}
            columns |= self._charged(maker, price, payment_id, now, expires_at_ms)
            return columns | {"state": PaymentState.WALLET_PENDING}
        if scenario == "EntryCode":
            return columns | {"state": PaymentState.NEW, "order_code": self._page()}
        wallet = self.wallet_of(request.payment_method.payment_method_id or "")
        if wallet is None:
            raise _Refusal("INVALID_PAYMENT_CODE")
        columns |= self._charged(wallet, price, payment_id, now, expires_at_ms)
        return columns | {"state": PaymentState.WALLET_PENDING}

    def _settled(
        self, request: PayRequest, price: Amount, payment_id: str, now: datetime
    ) -> dict[str, Any]:
        """What the merchant is paid out, where it asks for another currency than the price's."""
        strategy = request.settlement_strategy
        wanted = None if strategy is None else strategy.settlement_currency
        if wanted in (None, price.currency):
            return {}
        if wanted not in EXPONENTS:
            raise _Refusal("CURRENCY_NOT_SUPPORT")
        try:
            rate = self._quotes.settlement(price.currency, wanted, of=payment_id, now=now)
        except NoRate:
            raise _Refusal("CURRENCY_NOT_SUPPORT") from None
        value = customer_value(rate, price)
        if value > VALUE_MAX:
            raise _Refusal("PAYMENT_AMOUNT_EXCEED_LIMIT")
        return {
            "settled_value": value,
            "settled_currency": wanted,
            "settled_quote_id": rate.quote_id,
            "settled_price": rate.price_text(),
        }

    def _charged(
        self, wallet: str, price: Amount, payment_id: str, now: datetime, expires_at_ms: int
    ) -> dict[str, Any]:
        try:
            return self.charge_columns(wallet, price, payment_id, now, expires_at_ms=expires_at_ms)
        except NoRate:
            raise _Refusal("CURRENCY_NOT_SUPPORT") from None
        except OverLimit:
            raise _Refusal("PAYMENT_AMOUNT_EXCEED_LIMIT") from None

    def order_code(self) -> str:
        """A fresh order code in the Alipay+ form: a URL with 36 characters after the last slash."""
        tail = self._characters(4, string.digits) + self._characters(24, _BASE62)
        return f"{self._public_url}/{ORDER_CODE_HEAD}{tail}"

    def whole(self, order_code: str) -> str:
        """The text under which the order of a scanned code is kept, in whichever form it came."""
        return whole_url(order_code, self._public_url)

    def _page(self) -> str:
        return f"{self._public_url}/c/{self._characters(24, _BASE62)}"

    def _characters(self, count: int, alphabet: str) -> str:
        """`count` characters of `alphabet`; eight random bytes each leave no bias to speak of."""
        numbers = struct.unpack(f">{count}Q", self._random(8 * count))
        size = len(alphabet)
        return "".join([alphabet[number % size] for number in numbers])


class _Refusal(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _price(request: PayRequest) -> Amount:
    wire = request.payment_amount
    if wire.currency not in EXPONENTS:
        raise _Refusal("CURRENCY_NOT_SUPPORT")
    if int(wire.value) == 0:
        raise _Refusal("PARAM_ILLEGAL")
    try:
        return wire.amount()
    except AmountError:
        raise _Refusal("PAYMENT_AMOUNT_EXCEED_LIMIT") from None


def _expiry(asked: str | None, scenario: str, now: datetime) -> datetime:
    if asked is None:
        return now + LIFETIME[scenario]
    try:
        expires = read_time(asked)
    except WireError:
        raise _Refusal("PARAM_ILLEGAL") from None
    if expires <= now:
        raise _Refusal("ORDER_IS_CLOSED")
    return min(expires, now + LIFETIME_MAX)
