"""The rules of the switch: idempotent pay, inquiry, cancel and refund, over store and wallets.

Apart from HTTP so that a simulator can drive these very rules with its own clock and chance.
Each step is one transaction, written before the wallet is asked and again after it answered;
whatever a death leaves between the two is driven on by asking the wallet first.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from pos.errors import Refused
from pos.sale.money import Amount
from pos.scheme import answers
from pos.scheme.answers import failure
from pos.scheme.intake import Intake, param_hash
from pos.scheme.moments import milliseconds
from pos.scheme.partners import Partner
from pos.scheme.progress import Progress
from pos.scheme.rates import NoRate, Rate, Rates
from pos.scheme.records import (
    PaymentRecord,
    add_payment,
    payment_again,
    payment_by_id,
    payment_of,
    payment_routed,
    refunds_of,
)
from pos.scheme.refunds import Refunds
from pos.scheme.routing import Scheme, shipped_scheme
from pos.scheme.store import Store
from pos.scheme.tables import OPEN_PAYMENT, PaymentState
from pos.scheme.tables import payment as payments
from pos.switch.wire import (
    CancelRequest,
    CancelResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    InquiryRefundRequest,
    InquiryRefundResponse,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
)

PUBLIC_URL = "https://qr.samkassa.example"
RECOVERED_AT_ONCE_MAX = 1_000
_OPEN = (PaymentState.NEW, PaymentState.WALLET_PENDING, PaymentState.CANCELLING)


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
    charge: Amount  # in the currency that the wallet holds
    rate: Rate | None = None  # from price to charge; None within one currency


def utc_now() -> datetime:
    """The clock of a switch in service."""
    return datetime.now(UTC)


class Book:
    """The switch without its doors. Safe for many threads, and processes on the same store."""

    def __init__(
        self,
        store: Store,
        partners: Mapping[str, Partner],
        clock: Callable[[], datetime] = utc_now,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        rates: Rates | None = None,
        scheme: Scheme | None = None,
        public_url: str = PUBLIC_URL,
    ) -> None:
        self._store = store
        self._partners = partners
        self._clock = clock
        self._intake = Intake(
            scheme or shipped_scheme(), partners, rates or Rates.sample(), random_bytes, public_url
        )
        self._progress = Progress(store, partners, clock)
        self._refunds = Refunds(store, partners, clock, self._intake.new_id)

    def pay(self, client_id: str, request: PayRequest) -> PayResponse:
        """Take money once per (client, request id), however often the request comes.

        Repeated and final: the same answer. Repeated and open: it is pushed on. Other content
        under the same id: REPEAT_REQ_INCONSISTENT. Cancelled before: ORDER_IS_CANCELED.
        """
        with self._store.write() as connection:
            record = payment_of(connection, client_id, request_id=request.payment_request_id)
            if record is None:
                record = self.enter(connection, client_id, request)
            if record.param_hash not in (None, param_hash(request)):
                return PayResponse(result=failure("REPEAT_REQ_INCONSISTENT"))
        code = request.payment_method.payment_method_id
        waits_for_wallet = record.state == PaymentState.WALLET_PENDING
        if waits_for_wallet and code is not None and not self._progress.expired(record):
            record = self._progress.charge(record, code)
        else:
            record = self._progress.advance(record)
        return answers.pay_answer(record, self._psp_name(record))

    def enter(self, connection: Connection, client_id: str, request: PayRequest) -> PaymentRecord:
        """Write a new request to pay down, judged, in the caller's own transaction."""
        columns = self._intake.columns(client_id, request, self._clock())
        record, _ = add_payment(connection, **columns)
        return record

    def inquire_payment(
        self, client_id: str, request: InquiryPaymentRequest
    ) -> InquiryPaymentResponse:
        """What became of a payment, after asking the wallet when that is not known."""
        with self._store.read() as connection:
            record = payment_of(
                connection,
                client_id,
                request_id=request.payment_request_id,
                payment_id=request.payment_id,
            )
        if record is None:
            return InquiryPaymentResponse(result=failure("ORDER_NOT_EXIST"))
        record = self._progress.advance(record)
        with self._store.read() as connection:
            refunds = refunds_of(connection, record)
        return answers.payment_answer(record, self._psp_name(record), refunds)

    def cancel(self, client_id: str, request: CancelRequest) -> CancelResponse:
        """Undo a payment whatever became of it. S only when the wallet can charge no more.

        A request id that was never seen is remembered as cancelled, so a late pay is refused.
        """
        with self._store.write() as connection:
            record = payment_of(
                connection,
                client_id,
                request_id=request.payment_request_id,
                payment_id=request.payment_id,
                locked=True,
            )
            if record is None and request.payment_id is not None:
                return CancelResponse(result=failure("ORDER_NOT_EXIST"))
            if record is None:
                record = self._tombstone(connection, client_id, request.payment_request_id or "")
            refusal = self._progress.begin_cancel(connection, record)
            record = payment_again(connection, record)
        if refusal is not None:
            return answers.cancel_answer(record, failure(refusal))
        if record.state == PaymentState.CANCELLING:
            record = self._progress.finish_cancel(record)
        open_still = record.state == PaymentState.CANCELLING
        return answers.cancel_answer(record, answers.UNKNOWN if open_still else answers.SUCCESS)

    def refund(self, client_id: str, request: RefundRequest) -> RefundResponse:
        """Give back part or all of a payment once per (client, refund request id)."""
        return self._refunds.refund(client_id, request)

    def inquire_refund(
        self, client_id: str, request: InquiryRefundRequest
    ) -> InquiryRefundResponse:
        """What became of a refund."""
        return self._refunds.inquire(client_id, request)

    def asked(self, order_code: str) -> tuple[Amount, str]:
        """What the merchant asks for, and his name, before it is known who pays.

        Raises OrderRefused for a code that can be paid no more, or is none of ours.
        """
        record = self._ordered(order_code)
        if record.state != PaymentState.NEW:
            _offer(record, record.wallet or "")
        return record.price, record.merchant_name or ""

    def preview(self, order_code: str, wallet: str) -> Offer:
        """What a customer of `wallet` would be asked to pay; nothing is changed by looking.

        Raises OrderRefused.
        """
        record = self._ordered(order_code)
        if record.state == PaymentState.NEW:
            columns = self._charge_columns(record, wallet)
            record = replace(record, state=PaymentState.WALLET_PENDING, **columns)
        return _offer(record, wallet)

    def decode(self, order_code: str, wallet: str) -> Offer:
        """A customer of `wallet` scanned a merchant code: what she is asked to pay.

        From here on the payment belongs to that wallet. Raises OrderRefused.
        """
        record = self._ordered(order_code)
        if record.state == PaymentState.NEW:
            record = self._progress.move(
                record,
                PaymentState.WALLET_PENDING,
                PaymentState.NEW,
                **self._charge_columns(record, wallet),
            )
        return _offer(record, wallet)

    def refresh(self, payment_id: str) -> PaymentState:
        """Ask the wallet what became of an open payment, as when it notifies us of a change."""
        with self._store.read() as connection:
            record = payment_by_id(connection, payment_id)
        return PaymentState(self._progress.advance(record).state)

    def recover(self) -> int:
        """Drive on what an earlier run left open, by asking the wallets; how much stays open."""
        query = (
            select(payments)
            .where(OPEN_PAYMENT)
            .order_by(payments.c.created_at_ms)
            .limit(RECOVERED_AT_ONCE_MAX)
        )
        with self._store.read() as connection:
            rows = [PaymentRecord(**row) for row in connection.execute(query).mappings()]
        open_count = sum(self._progress.advance(row).state in _OPEN for row in rows)
        for refund in self._refunds.unfinished(RECOVERED_AT_ONCE_MAX):
            open_count += self._refunds.advance(refund).state == "PENDING"
        return open_count

    def _ordered(self, order_code: str) -> PaymentRecord:
        with self._store.read() as connection:
            record = payment_routed(connection, order_code)
        if record is None:
            raise OrderRefused("This is not an order code of the scheme.", "INVALID_CODE")
        return self._progress.advance(record)

    def _charge_columns(self, record: PaymentRecord, wallet: str) -> dict[str, Any]:
        try:
            return self._intake.charge_columns(wallet, record.price)
        except NoRate as error:
            raise OrderRefused(str(error), "CURRENCY_NOT_SUPPORT") from None

    def _tombstone(self, connection: Connection, client_id: str, request_id: str) -> PaymentRecord:
        now = self._clock()
        record, _ = add_payment(
            connection,
            client_id=client_id,
            request_id=request_id,
            payment_id=self._intake.new_id(now),
            state=PaymentState.CANCELLED,
            created_at_ms=milliseconds(now),
            cancelled_at_ms=milliseconds(now),
        )
        return record

    def _psp_name(self, record: PaymentRecord) -> str | None:
        return self._partners[record.wallet].psp_name if record.wallet else None


def _offer(record: PaymentRecord, wallet: str) -> Offer:
    if record.state == PaymentState.FAILED and record.result_code == "ORDER_IS_CLOSED":
        raise OrderRefused("The code has expired; ask the shop to show a new one.", "EXPIRED_CODE")
    if record.state != PaymentState.WALLET_PENDING or record.wallet != wallet:
        raise OrderRefused(
            "The order is closed: it is paid, cancelled, or taken up by another wallet.",
            "ORDER_IS_CLOSED",
        )
    merchant = record.merchant_name or ""
    return Offer(record.payment_id, merchant, record.price, record.charge, record.rate)
