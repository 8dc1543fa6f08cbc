"""Answers of the switch turned into events of a payment or refund: one answer in, one event out.

Apart, and pure, because a wrong reading here is the cheapest way to a false "paid": an answer
counts only when it names our request id, and only `paymentStatus` tells what an inquiry found.
"""

from pos.errors import AmountError
from pos.sale.arrival import Answer, Arrived, Found, Lapsed
from pos.sale.money import Amount
from pos.sale.payment import (
    CancelDone,
    CancelRefused,
    Declined,
    Event,
    FoundCancelled,
    Mismatch,
    Paid,
    Payment,
    ReversalDone,
    Scenario,
    StillOpen,
)
from pos.sale.refund import Refund, Refunded, RefundEvent, RefundOpen, RefundRefused
from pos.switch.codec import WireError, read_time
from pos.switch.wire import (
    CancelResponse,
    InquiryPaymentResponse,
    InquiryRefundResponse,
    OrderCodeForm,
    PayResponse,
    Quote,
    RefundResponse,
    WireAmount,
)
from pos.switch.witness import SUPERSEDED

# The caller, its key or the call itself is wrong: says nothing about the payment.
SETUP_FAULTS = frozenset({
    "SIGNATURE_INVALID", "INVALID_SIGNATURE", "KEY_NOT_FOUND", "CLIENT_INVALID", "INVALID_CLIENT",
    "ACCESS_DENIED", "INVALID_API", "NO_INTERFACE_DEF", "METHOD_NOT_SUPPORTED",
    "MEDIA_TYPE_NOT_ACCEPTABLE", "INVALID_TOKEN", SUPERSEDED,
})  # fmt: skip

# Failures that do not say that this payment or refund failed: ask instead.
_ASK_INSTEAD = SETUP_FAULTS | {
    "REPEAT_REQ_INCONSISTENT", "ORDER_STATUS_INVALID", "SYSTEM_ERROR", "UNKNOWN_EXCEPTION",
    "REQUEST_TRAFFIC_EXCEED_LIMIT", "ORDER_NOT_EXIST", "PAYMENT_NOT_EXIST",
}  # fmt: skip

# Longer than any till shows a code; the pursuit's own limit then decides.
UNKNOWN_LIFE_S = 1800.0

_NOT_THERE = frozenset({"ORDER_NOT_EXIST", "PAYMENT_NOT_EXIST"})

WINDOW_CLOSED = frozenset({"CANCEL_WINDOW_EXCEED"})


def read_pay(payment: Payment, answer: PayResponse) -> Event:
    """The answer to `pay`."""
    code = answer.result.result_code
    ours = answer.payment_request_id == payment.request_id
    if not ours:
        return StillOpen(payment.request_id, code)
    if answer.result.result_status == "F":
        if code in _ASK_INSTEAD:
            return StillOpen(payment.request_id, code)
        return Declined(payment.request_id, code)
    # A code to show is never yet a payment, whatever the status beside it says.
    shown = answer.order_code_form
    settled = answer.result.result_status == "S" and answer.payment_time is not None
    if settled and (shown is None or payment.scenario is Scenario.PAYMENT_CODE):
        return _success(payment, answer)
    return StillOpen(
        payment.request_id,
        code,
        payment_id=answer.payment_id or "",
        order_code=_text_code(shown) if shown else "",
        expires_in_s=_life_s(shown, answer.payment_create_time) if shown else 0.0,
    )


def read_inquiry(payment: Payment, answer: InquiryPaymentResponse) -> Event:
    """The answer to `inquiryPayment`: its `result` speaks of the call, never of the payment."""
    code = answer.result.result_code
    if answer.result.result_status != "S" or answer.payment_request_id != payment.request_id:
        return StillOpen(payment.request_id, code)
    match answer.payment_status:
        case "SUCCESS":
            return _success(payment, answer)
        case "FAIL":
            return Declined(payment.request_id, answer.payment_result_code or "PROCESS_FAIL")
        case "CANCELLED":
            return FoundCancelled(payment.request_id)
        case _:
            return StillOpen(payment.request_id, answer.payment_result_code or code)


def read_arrival(request_id: str, answer: InquiryPaymentResponse, wall_s: float) -> Answer:
    """The answer to an inquiry for a payment that the till did not begin; `wall_s`: Unix now."""
    result = answer.result
    if result.result_status == "F" and result.result_code in _NOT_THERE:
        return Found.NOTHING
    if result.result_status != "S" or answer.payment_request_id != request_id:
        return Found.SILENCE
    match answer.payment_status:
        case "SUCCESS":
            return _arrived(request_id, answer, wall_s)
        case "FAIL":
            return Lapsed(request_id, answer.payment_result_code or "PROCESS_FAIL")
        case "CANCELLED":
            return Lapsed(request_id, "ORDER_IS_CANCELED")
        case _:
            return Found.OPEN


def _arrived(request_id: str, answer: InquiryPaymentResponse, wall_s: float) -> Answer:
    amount = _amount(answer.payment_amount)
    if amount is None or answer.payment_id is None:
        return Found.OPEN  # not told whole: nothing is shown, and nothing behind it is hidden
    paid = _paid(request_id, answer.payment_id, amount, answer)
    try:
        at = read_time(paid.paid_at).timestamp()
    except WireError:
        at = wall_s
    return Arrived(
        request_id, paid.payment_id, amount, at, paid.wallet, paid.paid_at,
        paid.customer_amount, paid.rate, paid.savings,
    )  # fmt: skip


def read_cancel(payment: Payment, answer: CancelResponse) -> Event:
    """The answer to `cancel`."""
    code = answer.result.result_code
    # A refusal need not repeat the id, but one that names another payment is not for ours.
    if answer.payment_request_id not in (None, payment.request_id):
        return StillOpen(payment.request_id, code)
    match answer.result.result_status:
        case "S" if answer.payment_request_id is not None:
            return CancelDone(payment.request_id)
        case "F" if code not in SETUP_FAULTS:
            return CancelRefused(payment.request_id, code)
        case _:
            return StillOpen(payment.request_id, code)


def read_refund(refund: Refund, answer: RefundResponse) -> RefundEvent:
    """The answer to `refund`."""
    code = answer.result.result_code
    if answer.refund_request_id != refund.refund_id:
        return RefundOpen(refund.refund_id, code)
    match answer.result.result_status:
        case "S" if _same(answer.refund_amount, refund.amount) and answer.refund_id:
            return Refunded(refund.refund_id, answer.refund_id)
        case "F" if code not in _ASK_INSTEAD:
            return RefundRefused(refund.refund_id, code)
        case _:
            return RefundOpen(refund.refund_id, code)


def read_refund_inquiry(refund: Refund, answer: InquiryRefundResponse) -> RefundEvent:
    """The answer to `inquiryRefund`: the outcome is `refundStatus`."""
    code = answer.result.result_code
    if answer.result.result_status != "S" or answer.refund_request_id != refund.refund_id:
        return RefundOpen(refund.refund_id, code)
    match answer.refund_status:
        case "SUCCESS" if _same(answer.refund_amount, refund.amount) and answer.refund_id:
            return Refunded(refund.refund_id, answer.refund_id)
        case "FAIL":
            return RefundRefused(refund.refund_id, "PROCESS_FAIL")
        case _:
            return RefundOpen(refund.refund_id, code)


def read_reversal(payment: Payment, answer: RefundResponse) -> Event:
    """The answer to the full refund that stands in for a cancel."""
    done = (
        answer.result.result_status == "S"
        and answer.refund_request_id == payment.reversal_id
        and _same(answer.refund_amount, payment.amount)
    )
    if done:
        return ReversalDone(payment.request_id)
    return StillOpen(payment.request_id, answer.result.result_code)


def _success(payment: Payment, answer: PayResponse | InquiryPaymentResponse) -> Event:
    if answer.payment_id is None or answer.payment_amount is None:
        return StillOpen(payment.request_id, answer.result.result_code)
    if not _same(answer.payment_amount, payment.amount):
        return Mismatch(payment.request_id)
    return _paid(payment.request_id, answer.payment_id, payment.amount, answer)


def _paid(
    request_id: str, payment_id: str, amount: Amount, answer: PayResponse | InquiryPaymentResponse
) -> Paid:
    customer = answer.psp_customer_info
    abroad = _amount(answer.actual_payment_amount)
    quote = answer.payment_quote
    return Paid(
        request_id,
        payment_id,
        amount,
        wallet=(customer.psp_name or "") if customer else "",
        paid_at=answer.payment_time or "",
        customer_amount=abroad if abroad and abroad.currency != amount.currency else None,
        rate=_rate(quote) if quote else "",
        savings=_savings(answer, amount.currency),
    )


def _savings(answer: PayResponse | InquiryPaymentResponse, currency: str) -> Amount | None:
    """What all discounts in the currency of the price come to; None without any."""
    told = answer.promotion_result if isinstance(answer, PayResponse) else answer.promotion_results
    saved = [
        int(each.discount.savings_amount.value)
        for each in told or ()
        if each.discount is not None
        and each.discount.savings_amount is not None
        and each.discount.savings_amount.currency == currency
    ]
    try:
        return Amount(sum(saved), currency)
    except AmountError:
        return None


def _rate(quote: Quote) -> str:
    return f"{quote.quote_currency_pair} {quote.quote_price}"


def _same(wired: WireAmount | None, amount: Amount) -> bool:
    return wired is not None and (wired.currency, wired.value) == (
        amount.currency, str(amount.value),
    )  # fmt: skip


def _amount(wired: WireAmount | None) -> Amount | None:
    try:
        return wired.amount() if wired is not None else None
    except AmountError:
        return None


def _text_code(form: OrderCodeForm) -> str:
    """The rendition that we draw ourselves, or nothing when only pictures are offered."""
    texts = (d.code_value for d in form.code_details if d.display_type == "TEXT")
    return next(texts, "")


def _life_s(form: OrderCodeForm, created: str | None) -> float:
    """Seconds from creation to expiry, both by the switch's clock, so that ours may be wrong."""
    try:
        return (read_time(form.expire_time) - read_time(created or "")).total_seconds()
    except WireError:
        return UNKNOWN_LIFE_S
