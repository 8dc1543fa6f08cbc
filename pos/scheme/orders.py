"""Merchant codes that a shop shows: what they ask for, and the wallet that takes one up.

Apart from the book because here the customer comes to the payment, with her wallet, its rate and
its coupons, while everything that the merchant asks for comes through the book's other methods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.errors import Refused
from pos.sale.money import Amount
from pos.scheme.discounts import Discount, discounts_of, lines_of, offer, reserve
from pos.scheme.foreign_orders import ForeignOrders
from pos.scheme.intake import Intake, OverLimit
from pos.scheme.moments import milliseconds
from pos.scheme.progress import Progress
from pos.scheme.promotions import Promotions
from pos.scheme.rates import NoRate, Rate
from pos.scheme.records import PaymentRecord, move_payment, payment_again, payment_routed
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState


class OrderRefused(Refused):
    """A merchant code cannot be paid; `code` is the API's result code."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Offer:
    """What a customer's wallet shows after scanning a merchant code."""

    payment_id: str
    merchant_name: str
    price: Amount
    charge: Amount  # in the currency that the wallet holds, after the discounts
    rate: Rate | None = None  # from price to charge; None within one currency
    discounts: tuple[Discount, ...] = ()  # what her coupons take off


class Orders:
    """The shown codes of one store; used through the book."""

    def __init__(
        self,
        store: Store,
        progress: Progress,
        intake: Intake,
        promotions: Promotions,
        clock: Callable[[], datetime],
        foreign: ForeignOrders,
    ) -> None:
        self._store = store
        self._progress = progress
        self._intake = intake
        self._promotions = promotions
        self._clock = clock
        self._foreign = foreign

    def asked(self, order_code: str) -> tuple[Amount, str]:
        """What the merchant asks for, and his name, before it is known who pays.

        Raises OrderRefused for a code that can be paid no more, or is none of ours.
        """
        record = self._ordered(order_code)
        if record.state != PaymentState.NEW:
            _check_offered(record, record.wallet or "")
        return record.price, record.merchant_name or ""

    def preview(self, order_code: str, wallet: str, customer: str | None = None) -> Offer:
        """What a customer of `wallet` would be asked to pay; nothing is changed by looking.

        Without her name, or where the wallet keeps it to itself, coupons that are limited by
        customer do not show. Raises OrderRefused.
        """
        record = self._ordered(order_code)
        if record.state != PaymentState.NEW and not self._foreign.elsewhere(record):
            return self._offer(record, wallet)
        columns = self._charge_columns(record, wallet)
        record = record._replace(state=PaymentState.WALLET_PENDING, **columns)
        coupons = self._promotions.running()
        now = milliseconds(self._clock())
        with self._store.read() as connection:
            savings = offer(connection, coupons, record, customer, now)
        saved = sum(saving.funded for saving in savings)
        charged = record._replace(customer_value=record.charge.value - saved)
        return _offer(charged, lines_of(savings, record))

    def decode(self, order_code: str, wallet: str, customer: str | None = None) -> Offer:
        """A customer of `wallet` scanned a merchant code: what she is asked to pay.

        From here on the payment belongs to that wallet, and its coupons are reserved for it.
        Raises OrderRefused.
        """
        record = self._ordered(order_code)
        if self._foreign.elsewhere(record):
            record = self._foreign.taken_back(record)
        if record.state == PaymentState.NEW:
            columns = self._charge_columns(record, wallet)
            coupons = self._promotions.running()
            now = milliseconds(self._clock())
            new, taken_up = (PaymentState.NEW,), PaymentState.WALLET_PENDING
            with self._store.write() as connection:
                moved = move_payment(connection, record, taken_up, leaving=new, **columns)
                record = payment_again(connection, record)
                if moved:
                    funder = self._intake.coupon_funder(wallet)
                    record = reserve(connection, coupons, record, customer, now, funder=funder)
        return self._offer(record, wallet)

    def _offer(self, record: PaymentRecord, wallet: str) -> Offer:
        _check_offered(record, wallet)
        with self._store.read() as connection:
            return _offer(record, discounts_of(connection, record))

    def _ordered(self, order_code: str) -> PaymentRecord:
        with self._store.read() as connection:
            record = payment_routed(connection, self._intake.whole(order_code))
        if record is None:
            raise OrderRefused("This is not an order code of the scheme.", "INVALID_CODE")
        return self._progress.advance(record)

    def _charge_columns(self, record: PaymentRecord, wallet: str) -> dict[str, Any]:
        try:
            return self._intake.charge_columns(
                wallet,
                record.price,
                record.payment_id,
                self._clock(),
                expires_at_ms=record.expires_at_ms or 0,
            )
        except NoRate as error:
            raise OrderRefused(str(error), "CURRENCY_NOT_SUPPORT") from None
        except OverLimit as error:
            raise OrderRefused(str(error), "PAYMENT_AMOUNT_EXCEED_LIMIT") from None


def _check_offered(record: PaymentRecord, wallet: str) -> None:
    if record.state == PaymentState.FAILED and record.result_code == "ORDER_IS_CLOSED":
        raise OrderRefused("The code has expired; ask the shop to show a new one.", "EXPIRED_CODE")
    if record.state != PaymentState.WALLET_PENDING or record.wallet != wallet:
        raise OrderRefused(
            "The order is closed: it is paid, cancelled, or taken up by another wallet.",
            "ORDER_IS_CLOSED",
        )


def _offer(record: PaymentRecord, discounts: tuple[Discount, ...]) -> Offer:
    merchant = record.merchant_name or ""
    return Offer(record.payment_id, merchant, record.price, record.charge, record.rate, discounts)
