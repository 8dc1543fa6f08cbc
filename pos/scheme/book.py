"""The rules of the switch: idempotent pay, inquiry, cancel and refund, over store and wallets.

Apart from HTTP so that a simulator can drive these very rules with its own clock and chance.
Each step is one transaction, written before the wallet is asked and again after it answered;
whatever a death leaves between the two is driven on by asking the wallet first.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, bindparam, select

from pos.sale.money import Amount
from pos.scheme import answers, results
from pos.scheme.acquirers import Acquirers
from pos.scheme.coupons import Coupon
from pos.scheme.discounts import Discount, discounts_of, personal, reserve
from pos.scheme.foreign_orders import ForeignOrders
from pos.scheme.intake import Intake, param_hash
from pos.scheme.moments import milliseconds

# utc_now, Offer and OrderRefused are known to callers as the book's.
from pos.scheme.moments import utc_now as utc_now
from pos.scheme.orders import Offer as Offer
from pos.scheme.orders import OrderRefused as OrderRefused
from pos.scheme.orders import Orders
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.partners import Partner, PartnerUnreachable
from pos.scheme.progress import Progress
from pos.scheme.promotions import Promotions
from pos.scheme.quotes import Quotes
from pos.scheme.rates import Rates
from pos.scheme.rates_file import sample_rates
from pos.scheme.records import PaymentRecord, add_payment, payment_again, payment_by_id, payment_of
from pos.scheme.refund_records import RefundRecord, refunds_of
from pos.scheme.refunds import Refunds
from pos.scheme.results import failure
from pos.scheme.routing import Scheme
from pos.scheme.standing import Standing
from pos.scheme.store import Store
from pos.scheme.tables import OPEN_PAYMENT, PaymentState, RefundState
from pos.scheme.tables import payment as payments
from pos.switch.wire import (
    CancelRequest,
    CancelResponse,
    InquireExchangeRateRequest,
    InquireExchangeRateResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    InquiryRefundRequest,
    InquiryRefundResponse,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
)

log = logging.getLogger(__name__)

PUBLIC_URL = "https://qr.samkassa.example"
RECOVERED_AT_ONCE_MAX = 1_000
RECOVERY_S_MAX = 30.0
_LEFT_OPEN = (
    select(payments)
    .where(OPEN_PAYMENT)
    .order_by(payments.c.created_at_ms)
    .limit(bindparam("count_max"))
)
_UNWANTED = (PaymentState.CANCELLING, PaymentState.CANCELLED)
_OPEN = (
    PaymentState.NEW, PaymentState.WALLET_PENDING, PaymentState.CANCELLING, RefundState.PENDING,
)  # fmt: skip


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
        self._acquirers = Acquirers()
        self.promotions = Promotions(store, clock)
        scheme = scheme or shipped_scheme()
        self._quotes = Quotes(scheme, rates or sample_rates())
        self.standing = Standing(scheme, partners, self._quotes)
        self._intake = Intake(scheme, partners, self._quotes, random_bytes, public_url)
        self._progress = Progress(store, partners, clock)
        self._foreign = ForeignOrders(store, partners, self._intake, self._progress)
        self._orders = Orders(
            store, self._progress, self._intake, self.promotions, clock, self._foreign
        )
        self._refunds = Refunds(store, partners, clock, self._intake.new_id)

    def pay(self, client_id: str, request: PayRequest) -> PayResponse:
        """Take money once per (client, request id), however often the request comes.

        Repeated and final: the same answer. Repeated and open: it is pushed on. Other content
        under the same id: REPEAT_REQ_INCONSISTENT. Cancelled before: ORDER_IS_CANCELED.
        """
        code = request.payment_method.payment_method_id
        coupons = self.promotions.running()
        customer = self._holder(code, coupons)
        # A coupon is reserved in the transaction that enters the payment.
        transaction = self._store.write if coupons else self._store.at_once
        with transaction() as connection:
            record, is_new = self._entered(connection, client_id, request)
            # Another switch discounts by its own coupons.
            if is_new and coupons and self._partners[record.wallet or ""].currency:
                now = milliseconds(self._clock())
                funder = self._intake.coupon_funder(record.wallet or "")
                record = reserve(connection, coupons, record, customer, now, funder=funder)
        if record.param_hash not in (None, param_hash(request)):
            return PayResponse(result=failure("REPEAT_REQ_INCONSISTENT"))
        waits_for_wallet = record.state == PaymentState.WALLET_PENDING
        if waits_for_wallet and code is not None and not self._progress.expired(record):
            record = self._progress.charge(record, code, request)
        elif self._foreign.elsewhere(record) and record.order_code is None:
            record = self._foreign.shown(record, request)
        else:
            record = self._progress.advance(record)
        return answers.pay_answer(record, self._psp_name(record), self._discounts(record))

    def enter(self, connection: Connection, client_id: str, request: PayRequest) -> PaymentRecord:
        """Write a new request to pay down, judged, in the caller's own transaction."""
        return self._entered(connection, client_id, request)[0]

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
            # Nothing else was ever given back of.
            paid = record.state == PaymentState.SUCCEEDED
            refunds = refunds_of(connection, record) if paid else []
            discounts = discounts_of(connection, record)
        return answers.payment_answer(record, self._psp_name(record), refunds, discounts)

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
            if record.state not in _UNWANTED:
                record = payment_again(connection, record)
        if refusal is not None:
            return answers.cancel_answer(record, failure(refusal))
        if record.state == PaymentState.CANCELLING:
            record = self._progress.finish_cancel(record)
        open_still = record.state == PaymentState.CANCELLING
        return answers.cancel_answer(record, results.UNKNOWN if open_still else results.SUCCESS)

    def refund(self, client_id: str, request: RefundRequest) -> RefundResponse:
        """Give back part or all of a payment once per (client, refund request id)."""
        return self._refunds.refund(client_id, request)

    def inquire_refund(
        self, client_id: str, request: InquiryRefundRequest
    ) -> InquiryRefundResponse:
        """What became of a refund."""
        return self._refunds.inquire(client_id, request)

    def inquire_exchange_rate(
        self, _client_id: str, request: InquireExchangeRateRequest
    ) -> InquireExchangeRateResponse:
        """At which rates customers pay now in their currencies; nothing is changed by asking."""
        return self._quotes.answer(request, self._clock(), self._intake.new_id)

    def asked(self, order_code: str) -> tuple[Amount, str]:
        """What the merchant asks for, and his name, before it is known who pays.

        Raises OrderRefused for a code that can be paid no more, or is none of ours.
        """
        return self._orders.asked(order_code)

    def preview(self, order_code: str, wallet: str, customer: str | None = None) -> Offer:
        """What a customer of `wallet` would be asked to pay; nothing is changed by looking.

        Without her name, or where the wallet keeps it to itself, coupons that are limited by
        customer do not show. Raises OrderRefused.
        """
        return self._orders.preview(order_code, wallet, customer)

    def decode(self, order_code: str, wallet: str, customer: str | None = None) -> Offer:
        """A customer of `wallet` scanned a merchant code: what she is asked to pay.

        From here on the payment belongs to that wallet, and its coupons are reserved for it.
        Raises OrderRefused.
        """
        return self._orders.decode(order_code, wallet, customer)

    def refresh(self, payment_id: str) -> PaymentState:
        """Ask the wallet what became of an open payment, as when it notifies us of a change."""
        with self._store.read() as connection:
            record = payment_by_id(connection, payment_id)
        return PaymentState(self._progress.advance(record).state)

    def route_by(self, scheme: Scheme) -> None:
        """Route codes, and bound payments, by another table of partners from now on."""
        self._intake.route_by(scheme)
        self._quotes.route_by(scheme)
        self.standing.route_by(scheme)

    def quote_by(self, rates: Rates) -> None:
        """Quote by other reference rates from now on; what is quoted already stays as it is."""
        self._quotes.quote_by(rates)

    def rates_day(self) -> date:
        """The day of the reference rates that it quotes by."""
        return self._quotes.rates.day

    def recover(self, seconds_max: float = RECOVERY_S_MAX) -> int:
        """Drive on what an earlier run left open, by asking the wallets; how much stays open.

        The oldest first, so many and so long that a wallet that is away cannot keep the switch
        from answering: the rest is pursued while it does.
        """
        with self._store.read() as connection:
            found = connection.execute(_LEFT_OPEN, {"count_max": RECOVERED_AT_ONCE_MAX}).mappings()
            rows = [PaymentRecord(**row) for row in found]
        refunds = self._refunds.unfinished(RECOVERED_AT_ONCE_MAX)
        steps: list[Callable[[], PaymentRecord | RefundRecord]] = [
            *(partial(self._progress.advance, row) for row in rows),
            *(partial(self._refunds.advance, refund) for refund in refunds),
        ]
        until_s = time.monotonic() + seconds_max
        return sum(time.monotonic() >= until_s or _stays_open(step) for step in steps)

    def _entered(
        self, connection: Connection, client_id: str, request: PayRequest
    ) -> tuple[PaymentRecord, bool]:
        acquirer = self._acquirers.of(connection, client_id)
        columns = self._intake.columns(client_id, request, self._clock(), acquirer)
        return add_payment(connection, **columns)

    def _holder(self, code: str | None, coupons: tuple[Coupon, ...]) -> str | None:
        """Who shows `code`; asked only of a wallet whose coupons are limited by customer."""
        wallet = self._intake.wallet_of(code or "") if coupons else None
        if wallet is None or not personal(coupons, wallet):
            return None
        try:
            return self._partners[wallet].holder(code or "")
        except PartnerUnreachable:
            return None

    def _discounts(self, record: PaymentRecord) -> tuple[Discount, ...]:
        if record.saved_value is None:
            return ()
        with self._store.read() as connection:
            return discounts_of(connection, record)

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


def _stays_open(step: Callable[[], PaymentRecord | RefundRecord]) -> bool:
    """Whether a payment or refund is still open after one more step."""
    try:
        return step().state in _OPEN
    except Exception:
        # One that cannot be ended must not keep the switch from starting.
        log.exception("A step of the recovery failed")
        return True
