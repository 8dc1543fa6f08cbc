"""From what is kept to what is answered: records of payments and refunds as wire messages.

Apart from the rules so that the answer is made from the record alone. A repeated request finds
the same record, and so gets the same answer.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pos.scheme.discounts import Discount
from pos.scheme.moments import moment
from pos.scheme.rates import Rate
from pos.scheme.records import PaymentRecord
from pos.scheme.refund_records import RefundRecord
from pos.scheme.results import IN_PROCESS, REFUND_IN_PROCESS, SUCCESS, failure
from pos.scheme.tables import PaymentState, RefundState
from pos.switch.wire import (
    CancelResponse,
    CodeDetail,
    InquiryPaymentResponse,
    InquiryRefundResponse,
    NotifyPaymentRequest,
    OrderCodeForm,
    PayResponse,
    PromotionResult,
    PspCustomerInfo,
    Quote,
    RedirectActionForm,
    RefundResponse,
    Result,
    Transaction,
    WireAmount,
    WireDiscount,
    time_text,
)

KEPT_MAX = 1_000  # of each kind of part that is the same in many answers

_PAYMENT_STATUS = {
    PaymentState.NEW: "PROCESSING",
    PaymentState.WALLET_PENDING: "PROCESSING",
    # Until the wallet has acknowledged, the cancellation is not the truth yet.
    PaymentState.CANCELLING: "PROCESSING",
    PaymentState.SUCCEEDED: "SUCCESS",
    PaymentState.FAILED: "FAIL",
    PaymentState.CANCELLED: "CANCELLED",
}
_REFUND_STATUS = {
    RefundState.PENDING: "PROCESSING",
    RefundState.SUCCEEDED: "SUCCESS",
    RefundState.FAILED: "FAIL",
}


def payment_result(record: PaymentRecord) -> Result:
    """The outcome of the payment itself."""
    if record.state == PaymentState.SUCCEEDED:
        return SUCCESS
    if record.state == PaymentState.FAILED:
        return failure(record.result_code or "PROCESS_FAIL")
    if record.state == PaymentState.CANCELLED:
        return failure("ORDER_IS_CANCELED")
    return IN_PROCESS


def pay_answer(
    record: PaymentRecord, psp_name: str | None, discounts: Sequence[Discount] = ()
) -> PayResponse:
    """The answer to `pay`, whether it is the first or a repeated one."""
    # Also when another switch made the order code: it waits over there.
    waits = record.state in (PaymentState.NEW, PaymentState.WALLET_PENDING)
    paid = record.state == PaymentState.SUCCEEDED
    return PayResponse(
        result=payment_result(record),
        payment_request_id=record.request_id,
        payment_id=record.payment_id,
        payment_amount=_price(record),
        payment_create_time=_time(record.created_at_ms),
        payment_time=_time(record.paid_at_ms) if paid else None,
        actual_payment_amount=_actual(record),
        payment_quote=_quote(record),
        **_settlement(record, record.settled_value),
        psp_customer_info=_psp(record, psp_name),
        order_code_form=_order_code(record) if waits else None,
        redirect_action_form=_redirection(record) if waits else None,
        promotion_result=_promotions(discounts) if paid else None,
    )


def payment_answer(
    record: PaymentRecord,
    psp_name: str | None,
    refunds: Sequence[RefundRecord],
    discounts: Sequence[Discount] = (),
) -> InquiryPaymentResponse:
    """The answer to `inquiryPayment`; `result` says only that the question was answered."""
    outcome = payment_result(record)
    paid = record.state == PaymentState.SUCCEEDED
    return InquiryPaymentResponse(
        result=SUCCESS,
        payment_status=_PAYMENT_STATUS[PaymentState(record.state)],
        payment_result_code=outcome.result_code,
        payment_result_message=outcome.result_message,
        payment_request_id=record.request_id,
        payment_id=record.payment_id,
        payment_amount=_price(record),
        payment_create_time=_time(record.created_at_ms),
        payment_time=_time(record.paid_at_ms) if paid else None,
        actual_payment_amount=_actual(record),
        payment_quote=_quote(record),
        **_settlement(record, record.settled_value),
        psp_customer_info=_psp(record, psp_name),
        transactions=tuple(_transaction(refund) for refund in refunds),
        promotion_results=_promotions(discounts) if paid else None,
    )


def cancel_answer(record: PaymentRecord, result: Result) -> CancelResponse:
    """The answer to `cancel`; `cancel_time` only with S."""
    done = result.result_status == "S"
    return CancelResponse(
        result=result,
        payment_request_id=record.request_id,
        payment_id=record.payment_id,
        cancel_time=_time(record.cancelled_at_ms) if done else None,
    )


def refund_answer(record: RefundRecord, settled: PaymentRecord | None = None) -> RefundResponse:
    """The answer to `refund`, whether it is the first or a repeated one."""
    return RefundResponse(
        result=_refund_result(record),
        refund_request_id=record.refund_request_id,
        refund_id=record.refund_id,
        payment_id=record.payment_id,
        refund_amount=_refunded(record),
        refund_time=_time(record.refunded_at_ms),
        **_settlement(settled, record.settled_value),
    )


def refund_inquiry_answer(
    record: RefundRecord, settled: PaymentRecord | None = None
) -> InquiryRefundResponse:
    """The answer to `inquiryRefund`; the outcome is in `refund_status`."""
    return InquiryRefundResponse(
        result=SUCCESS,
        refund_status=_REFUND_STATUS[RefundState(record.state)],
        refund_request_id=record.refund_request_id,
        refund_id=record.refund_id,
        refund_amount=_refunded(record),
        refund_time=_time(record.refunded_at_ms),
        **_settlement(settled, record.settled_value),
    )


def notification(
    record: PaymentRecord, psp_name: str | None, discounts: Sequence[Discount] = ()
) -> NotifyPaymentRequest:
    """What a merchant's server is told of a payment that succeeded; the same every time."""
    return NotifyPaymentRequest(
        notify_type="PAYMENT_RESULT",
        result=payment_result(record),
        payment_request_id=record.request_id,
        payment_id=record.payment_id,
        payment_amount=WireAmount.of(record.price),
        payment_create_time=time_text(moment(record.created_at_ms)),
        payment_time=_time(record.paid_at_ms),
        actual_payment_amount=_actual(record),
        payment_quote=_quote(record),
        **_settlement(record, record.settled_value),
        psp_customer_info=_psp(record, psp_name),
        promotion_result=_promotions(discounts),
    )


def _settlement(payment: PaymentRecord | None, value: int | None) -> dict[str, Any]:
    """The part of `value` in what the merchant is paid out; nothing within one currency."""
    rate = None if payment is None else payment.settled_rate
    if rate is None or value is None:
        return {}
    gross = WireAmount(currency=rate.bought, value=str(value))
    return {"gross_settlement_amount": gross, "settlement_quote": wire_quote(rate)}


@lru_cache(maxsize=KEPT_MAX)
def wire_quote(rate: Rate) -> Quote:
    """A rate as the wire spells it."""
    return Quote(
        quote_id=rate.quote_id,
        quote_currency_pair=rate.pair(),
        quote_price=rate.price_text(),
        quote_start_time=_time(rate.begins_at_ms),
        quote_expiry_time=_time(rate.expires_at_ms),
    )


def _refund_result(record: RefundRecord) -> Result:
    if record.state == RefundState.SUCCEEDED:
        return SUCCESS
    if record.state == RefundState.FAILED:
        return failure(record.result_code or "PROCESS_FAIL")
    return REFUND_IN_PROCESS


@lru_cache(maxsize=KEPT_MAX)
def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else time_text(moment(at_ms))


def _price(record: PaymentRecord) -> WireAmount | None:
    if record.value is None or record.currency is None:
        return None
    return WireAmount(currency=record.currency, value=str(record.value))


def _refunded(record: RefundRecord) -> WireAmount:
    return WireAmount(currency=record.currency, value=str(record.value))


def _actual(record: PaymentRecord) -> WireAmount | None:
    """What the customer is charged; None for what is priced and charged alike."""
    if (abroad := record.abroad) is not None:
        return WireAmount.of(abroad)
    as_priced = record.quote_id is None and record.saved_value is None
    return None if as_priced else WireAmount.of(record.charge)


def _quote(record: PaymentRecord) -> Quote | None:
    abroad, rate = record.abroad, record.rate
    if abroad is not None and record.abroad_price is not None:
        return Quote(
            quote_id=record.abroad_quote_id,
            quote_currency_pair=f"{record.price.currency}/{abroad.currency}",
            quote_price=record.abroad_price,
        )
    return None if rate is None else wire_quote(rate)


def _promotions(discounts: Sequence[Discount]) -> tuple[PromotionResult, ...] | None:
    """None without any, so that nothing is on the wire."""
    return tuple(_promotion(discount) for discount in discounts) or None


def _promotion(discount: Discount) -> PromotionResult:
    return PromotionResult(
        promotion_type="DISCOUNT",
        discount=WireDiscount(
            discount_name=discount.name, savings_amount=WireAmount.of(discount.shown)
        ),
    )


def _psp(record: PaymentRecord, psp_name: str | None) -> PspCustomerInfo | None:
    return None if psp_name is None or record.wallet is None else PspCustomerInfo(psp_name=psp_name)


def _order_code(record: PaymentRecord) -> OrderCodeForm | None:
    if record.scenario != "OrderCode" or record.order_code is None:
        return None
    return OrderCodeForm(
        payment_method_type="CONNECT_WALLET",
        expire_time=_time(record.expires_at_ms) or "",
        code_details=(
            CodeDetail(code_value_type="QRCODE", display_type="TEXT", code_value=record.order_code),
        ),
    )


def _redirection(record: PaymentRecord) -> RedirectActionForm | None:
    if record.scenario != "EntryCode" or record.order_code is None:
        return None
    return RedirectActionForm(
        method="GET", redirect_url=record.order_code, action_form_type="RedirectActionForm"
    )


def _transaction(record: RefundRecord) -> Transaction:
    return Transaction(
        transaction_type="REFUND",
        transaction_status=_REFUND_STATUS[RefundState(record.state)],
        transaction_id=record.refund_id,
        transaction_request_id=record.refund_request_id,
        transaction_amount=_refunded(record),
        transaction_time=_time(record.refunded_at_ms),
        transaction_result=_refund_result(record),
    )
