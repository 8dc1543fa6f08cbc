"""Refunds: full and partial, once per request id, never more than was paid.

Apart from payments because a refund has its own life: it is written down and counted against the
payment first, then the wallet pays it, then both are marked done.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from pos.scheme.answers import refund_answer, refund_inquiry_answer
from pos.scheme.coupons import shares_of_refund
from pos.scheme.ledger import capture_legs, opposite, post
from pos.scheme.moments import milliseconds
from pos.scheme.partners import Partner, PartnerUnreachable, RefundRefused
from pos.scheme.progress import settled_part
from pos.scheme.rates import refund_value
from pos.scheme.records import PaymentRecord, payment_of
from pos.scheme.refund_records import (
    RefundRecord,
    add_refund,
    find_refund,
    move_refund,
    refund_of,
    refunds_of,
)
from pos.scheme.results import failure
from pos.scheme.store import Store
from pos.scheme.tables import OPEN_REFUND, PaymentState, RefundState
from pos.scheme.tables import refund as refunds
from pos.switch.wire import (
    InquiryRefundRequest,
    InquiryRefundResponse,
    RefundRequest,
    RefundResponse,
)

WINDOW = timedelta(days=365)
_UNFINISHED = (
    select(refunds)
    .where(OPEN_REFUND)
    .order_by(refunds.c.created_at_ms)
    .limit(bindparam("count_max"))
)
_REFUSED_BY_STATE = {
    PaymentState.CANCELLING: "ORDER_IS_CANCELED",
    PaymentState.CANCELLED: "ORDER_IS_CANCELED",
    PaymentState.FAILED: "ORDER_IS_CLOSED",
}


class Refunds:
    """The rules of refunds over one store; used through the book."""

    def __init__(
        self,
        store: Store,
        partners: Mapping[str, Partner],
        clock: Callable[[], datetime],
        new_id: Callable[[datetime], str],
    ) -> None:
        self._store = store
        self._partners = partners
        self._clock = clock
        self._new_id = new_id

    def refund(self, client_id: str, request: RefundRequest) -> RefundResponse:
        """Refund once per (client, refund request id). A refusal is kept too, and repeated:
        a copy of the request that comes late must not pay out what was once refused.
        """
        with self._store.write() as connection:
            record = refund_of(connection, client_id, request.refund_request_id)
            if record is None:
                record = self._enter(connection, client_id, request)
            if not _same(record, request):
                return RefundResponse(result=failure("REPEAT_REQ_INCONSISTENT"))
        return refund_answer(self.advance(record), self._settled(record))

    def inquire(self, client_id: str, request: InquiryRefundRequest) -> InquiryRefundResponse:
        """What became of a refund; one that is under way is pushed on first."""
        with self._store.read() as connection:
            if request.refund_id is None:
                record = refund_of(connection, client_id, request.refund_request_id or "")
            else:
                which = refunds.c.refund_id == request.refund_id
                record = find_refund(connection, refunds.c.client_id == client_id, which)
        if record is None:
            return InquiryRefundResponse(result=failure("ORDER_NOT_EXIST"))
        return refund_inquiry_answer(self.advance(record), self._settled(record))

    def advance(self, record: RefundRecord) -> RefundRecord:
        """Let the wallet pay a pending refund, and mark it done; as it is when it is final."""
        if record.state != RefundState.PENDING:
            return record
        with self._store.read() as connection:
            payment = payment_of(connection, record.client_id, payment_id=record.payment_id)
        assert payment is not None  # noqa: S101 - a pending refund is of a payment
        back = record.customer_value or 0
        partner = self._partners[payment.wallet or ""]
        refusal: str | None = None
        try:
            partner.refund(record.refund_id, payment.payment_id, back)
        except PartnerUnreachable:
            return record
        except RefundRefused as refused:
            refusal = refused.code
        now = milliseconds(self._clock())
        with self._store.write() as connection:
            if refusal is not None:
                move_refund(connection, record, RefundState.FAILED, result_code=refusal)
            elif move_refund(connection, record, RefundState.SUCCEEDED, refunded_at_ms=now):
                _post(connection, payment, record, now)
            done = refund_of(connection, record.client_id, record.refund_request_id)
        assert done is not None  # noqa: S101 - rows are never removed
        return done

    def unfinished(self, count_max: int) -> list[RefundRecord]:
        """At most `count_max` refunds that the wallet has not paid yet."""
        with self._store.read() as connection:
            found = connection.execute(_UNFINISHED, {"count_max": count_max}).mappings()
            return [RefundRecord(**row) for row in found]

    def _settled(self, record: RefundRecord) -> PaymentRecord | None:
        """The payment of a refund that comes off another currency than the price's."""
        if record.settled_value is None:
            return None
        with self._store.read() as connection:
            return payment_of(connection, record.client_id, payment_id=record.payment_id)

    def _enter(
        self, connection: Connection, client_id: str, request: RefundRequest
    ) -> RefundRecord:
        now = self._clock()
        # Locked, so that neither a cancellation nor another refund comes between judging and
        # writing.
        payment = payment_of(connection, client_id, payment_id=request.payment_id, locked=True)
        earlier = [] if payment is None else refunds_of(connection, payment)
        refusal = _refusal(payment, earlier, request, milliseconds(now))
        customer_back = wallet_back = settled_back = None
        if payment is not None and refusal is None:
            refunded = int(request.refund_amount.value)
            customer_back, wallet_back = _shares(payment, earlier, refunded)
            settled_back = _settled_share(payment, earlier, refunded)
        return add_refund(
            connection,
            client_id=client_id,
            refund_request_id=request.refund_request_id,
            refund_id=self._new_id(now),
            payment_id=request.payment_id,
            state=RefundState.PENDING if refusal is None else RefundState.FAILED,
            value=int(request.refund_amount.value),
            currency=request.refund_amount.currency,
            customer_value=customer_back,
            saved_value=wallet_back,
            settled_value=settled_back,
            result_code=refusal,
            created_at_ms=milliseconds(now),
        )


def _refusal(
    payment: PaymentRecord | None,
    earlier: list[RefundRecord],
    request: RefundRequest,
    now_ms: int,
) -> str | None:
    """The result code under which the refund is refused, or None."""
    if payment is None:
        return "ORDER_NOT_EXIST"
    if payment.state != PaymentState.SUCCEEDED:
        return _REFUSED_BY_STATE.get(PaymentState(payment.state), "ORDER_STATUS_INVALID")
    asked = int(request.refund_amount.value)
    if request.refund_amount.currency != payment.price.currency or asked == 0:
        return "PARAM_ILLEGAL"
    if now_ms - (payment.paid_at_ms or 0) > WINDOW // timedelta(milliseconds=1):
        return "REFUND_WINDOW_EXCEED"
    if asked > payment.price.value - sum(row.value for row in earlier):
        return "REFUND_AMOUNT_EXCEED"
    return None


def _shares(
    payment: PaymentRecord, earlier: list[RefundRecord], refunded: int
) -> tuple[int, int | None]:
    """What the customer gets back, and the wallet for its coupons if the payment had any."""
    charge_left = payment.charge.value - sum(row.customer_value or 0 for row in earlier)
    saved_left = (payment.saved_value or 0) - sum(row.saved_value or 0 for row in earlier)
    back = refund_value(
        payment.rate,
        refunded,
        left=payment.price.value - sum(row.value for row in earlier),
        customer_left=charge_left + saved_left,
    )
    if payment.saved_value is None:
        return back, None
    return shares_of_refund(
        back,
        payment.charge.value,
        payment.saved_value,
        charge_left=charge_left,
        saved_left=saved_left,
    )


def _settled_share(
    payment: PaymentRecord, earlier: list[RefundRecord], refunded: int
) -> int | None:
    """What comes off what the merchant is paid out in another currency than the price's."""
    if payment.settled_value is None:
        return None
    return refund_value(
        payment.settled_rate,
        refunded,
        left=payment.price.value - sum(row.value for row in earlier),
        customer_left=payment.settled_value - sum(row.settled_value or 0 for row in earlier),
    )


def _same(record: RefundRecord, request: RefundRequest) -> bool:
    return (record.payment_id, record.value, record.currency) == (
        request.payment_id,
        int(request.refund_amount.value),
        request.refund_amount.currency,
    )


def _post(
    connection: Connection, payment: PaymentRecord, record: RefundRecord, now_ms: int
) -> None:
    """The payment's entries the other way round, for the refunded part."""
    back = type(payment.price)(record.value, record.currency)
    legs = capture_legs(
        payment.merchant,
        payment.wallet or "",
        back,
        record.customer_value or 0,
        payment.charge.currency,
        saved_value=record.saved_value or 0,
        settled=settled_part(payment, record.settled_value),
        saved_by=payment.saved_by,
    )
    post(connection, payment, "refund", record.refund_id, opposite(legs), now_ms)
