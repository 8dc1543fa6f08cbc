"""The messages of the in-store payment API (Alipay+ / Antom AMS), exactly as it spells them.

Apart from client and switch because both speak with these and neither may bend them. Field
names, lengths and which are required follow the API's published tables; times are ISO 8601 texts
with offset, amounts whole numbers of the smallest unit written as digits.
"""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from pos.switch.codec import (
    BODY_BYTES_MAX,
    DEPTH_MAX,
    Message,
    WireError,
    dump,
    load,
    read_time,
    time_text,
)
from pos.switch.parts import (
    Buyer,
    CodeDetail,
    Env,
    Goods,
    Merchant,
    Order,
    OrderCodeForm,
    PaymentFactor,
    PaymentMethod,
    PromotionResult,
    PspCustomerInfo,
    Quote,
    RedirectActionForm,
    RequestId,
    Result,
    SettlementStrategy,
    Status,
    Store,
    Text32,
    Text64,
    Text256,
    Transaction,
    WireAmount,
    WireDiscount,
)
from pos.switch.quotes import (
    CurrencyPair,
    InquireExchangeRateRequest,
    InquireExchangeRateResponse,
    PaymentQuote,
)

__all__ = [
    "BODY_BYTES_MAX",
    "DEPTH_MAX",
    "PATHS",
    "SANDBOX_PATHS",
    "Buyer",
    "CancelRequest",
    "CancelResponse",
    "CodeDetail",
    "CurrencyPair",
    "Env",
    "Goods",
    "InquireExchangeRateRequest",
    "InquireExchangeRateResponse",
    "InquiryPaymentRequest",
    "InquiryPaymentResponse",
    "InquiryRefundRequest",
    "InquiryRefundResponse",
    "Merchant",
    "Message",
    "NotifyPaymentRequest",
    "NotifyPaymentResponse",
    "Order",
    "OrderCodeForm",
    "PayRequest",
    "PayResponse",
    "PaymentFactor",
    "PaymentMethod",
    "PaymentQuote",
    "PromotionResult",
    "PspCustomerInfo",
    "Quote",
    "RedirectActionForm",
    "RefundRequest",
    "RefundResponse",
    "Result",
    "SettlementStrategy",
    "Store",
    "Transaction",
    "WireAmount",
    "WireDiscount",
    "WireError",
    "dump",
    "load",
    "read_time",
    "time_text",
]

_CALLS = (
    "pay", "inquiryPayment", "cancel", "refund", "inquiryRefund", "inquireExchangeRate",
)  # fmt: skip
PATHS = {call: f"/ams/api/v1/payments/{call}" for call in _CALLS}
SANDBOX_PATHS = {call: f"/ams/sandbox/api/v1/payments/{call}" for call in _CALLS}


class PayRequest(Message):
    """`pay` in its three scenarios; `payment_request_id` is the key of idempotency."""

    product_code: Literal["IN_STORE_PAYMENT"] = "IN_STORE_PAYMENT"
    payment_request_id: RequestId
    payment_amount: WireAmount
    order: Order
    payment_method: PaymentMethod
    payment_factor: PaymentFactor
    payment_expiry_time: str | None = None
    payment_notify_url: str | None = None
    payment_redirect_url: str | None = None
    settlement_strategy: SettlementStrategy | None = None
    merchant_region: Annotated[str, StringConstraints(max_length=2)] | None = None
    merchant_account_id: Text32 | None = None

    @model_validator(mode="after")
    def _scenario_fields(self) -> Self:
        env = self.order.env or Env()
        code = self.payment_method.payment_method_id
        scenario = self.payment_factor.in_store_payment_scenario
        if scenario == "PaymentCode":
            if code is None:
                raise ValueError("a payment code is missing")
            if env.store_terminal_id is None or env.store_terminal_request_time is None:
                raise ValueError("order.env names no terminal")
        elif scenario == "OrderCode" and code is not None:
            raise ValueError("an order code is made by the switch, not sent to it")
        elif scenario == "EntryCode" and env.user_agent is None:
            raise ValueError("order.env.userAgent is missing")
        return self


class PayResponse(Message):
    """Answer to `pay`. Paid only when the result is S **and** `payment_time` is there."""

    result: Result
    payment_request_id: Text64 | None = None
    payment_id: Text64 | None = None
    payment_amount: WireAmount | None = None
    payment_create_time: str | None = None
    payment_time: str | None = None
    actual_payment_amount: WireAmount | None = None
    payment_quote: Quote | None = None
    gross_settlement_amount: WireAmount | None = None
    settlement_quote: Quote | None = None
    psp_customer_info: PspCustomerInfo | None = None
    order_code_form: OrderCodeForm | None = None
    redirect_action_form: RedirectActionForm | None = None
    promotion_result: tuple[PromotionResult, ...] | None = None
    non_guarantee_coupon_value: WireAmount | None = None


class _OfPayment(Message):
    """Names a payment; `payment_id` wins when both are given."""

    payment_request_id: Text64 | None = None
    payment_id: Text64 | None = None
    merchant_account_id: Text32 | None = None

    @model_validator(mode="after")
    def _one_id(self) -> Self:
        if self.payment_request_id is None and self.payment_id is None:
            raise ValueError("neither paymentRequestId nor paymentId is given")
        return self


class InquiryPaymentRequest(_OfPayment):
    """What became of a payment?"""


class InquiryPaymentResponse(Message):
    """`result` speaks of this call alone; the payment's outcome is `payment_status`.

    `payment_status` is upper case: SUCCESS, FAIL, PROCESSING, CANCELLED, PENDING.
    """

    result: Result
    payment_status: Status | None = None
    payment_result_code: Text64 | None = None
    payment_result_message: Text256 | None = None
    payment_request_id: Text64 | None = None
    payment_id: Text64 | None = None
    payment_amount: WireAmount | None = None
    payment_create_time: str | None = None
    payment_time: str | None = None
    actual_payment_amount: WireAmount | None = None
    payment_quote: Quote | None = None
    gross_settlement_amount: WireAmount | None = None
    settlement_quote: Quote | None = None
    psp_customer_info: PspCustomerInfo | None = None
    promotion_results: tuple[PromotionResult, ...] | None = None
    transactions: tuple[Transaction, ...] | None = None
    non_guarantee_coupon_amount: WireAmount | None = None


class CancelRequest(_OfPayment):
    """Undo a payment in full, whatever became of it."""


class CancelResponse(Message):
    """Acknowledged (S, with `cancel_time`), not possible (F), or ask again (U)."""

    result: Result
    payment_request_id: Text64 | None = None
    payment_id: Text64 | None = None
    cancel_time: str | None = None


class RefundRequest(Message):
    """Give back part or all of a payment; `refund_request_id` is the key of idempotency."""

    refund_request_id: RequestId
    payment_id: Text64
    refund_amount: WireAmount
    reference_refund_id: Text64 | None = None
    refund_reason: Text256 | None = None
    is_async_refund: str | None = None


class RefundResponse(Message):
    """Done (S, with `refund_time`), refused (F), or under way (U)."""

    result: Result
    refund_request_id: Text64 | None = None
    refund_id: Text64 | None = None
    payment_id: Text64 | None = None
    refund_amount: WireAmount | None = None
    refund_time: str | None = None
    gross_settlement_amount: WireAmount | None = None
    settlement_quote: Quote | None = None
    refund_non_guarantee_coupon_amount: WireAmount | None = None


class InquiryRefundRequest(Message):
    """What became of a refund? `refund_id` wins when both are given."""

    refund_request_id: Text64 | None = None
    refund_id: Text64 | None = None
    merchant_account_id: Text32 | None = None

    @model_validator(mode="after")
    def _one_id(self) -> Self:
        if self.refund_request_id is None and self.refund_id is None:
            raise ValueError("neither refundRequestId nor refundId is given")
        return self


class InquiryRefundResponse(Message):
    """`result` speaks of this call alone; the refund's outcome is `refund_status`."""

    result: Result
    refund_status: Status | None = None
    refund_request_id: Text64 | None = None
    refund_id: Text64 | None = None
    refund_amount: WireAmount | None = None
    refund_time: str | None = None
    gross_settlement_amount: WireAmount | None = None
    settlement_quote: Quote | None = None


class NotifyPaymentRequest(Message):
    """The switch tells a merchant's server: here `result` is the outcome of the payment itself."""

    notify_type: Literal["PAYMENT_RESULT", "PAYMENT_PENDING"]
    result: Result
    payment_request_id: Text64
    payment_id: Text64
    payment_amount: WireAmount
    payment_create_time: str
    payment_time: str | None = None
    actual_payment_amount: WireAmount | None = None
    payment_quote: Quote | None = None
    gross_settlement_amount: WireAmount | None = None
    settlement_quote: Quote | None = None
    psp_customer_info: PspCustomerInfo | None = None
    promotion_result: tuple[PromotionResult, ...] | None = None


class NotifyPaymentResponse(Message):
    """The acknowledgement: anything but S with SUCCESS lets the switch tell it again."""

    result: Result
