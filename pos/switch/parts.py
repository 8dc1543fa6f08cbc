"""The parts that the messages of the payment API are made of: amounts, orders, quotes, results.

Apart from `wire.py`, which names the calls, so that each of the two can be read against the
API's tables in one sitting. Callers import everything from `wire`.
"""

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints

from pos.sale.money import Amount
from pos.switch.codec import Message

AMOUNTS_KEPT_MAX = 1_000

# Ids that the caller makes: letters, digits, `_` and `-` only.
RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text16 = Annotated[str, StringConstraints(max_length=16)]
Text32 = Annotated[str, StringConstraints(max_length=32)]
Text64 = Annotated[str, StringConstraints(max_length=64)]
Text128 = Annotated[str, StringConstraints(max_length=128)]
Text256 = Annotated[str, StringConstraints(max_length=256)]
# The documentation itself shows `SUCCESS` and `Success`.
Status = Annotated[str, StringConstraints(max_length=16), AfterValidator(str.upper)]
Scenario = Literal["PaymentCode", "OrderCode", "EntryCode"]


class WireAmount(Message):
    """`value`: digits, whole smallest units; `currency`: ISO 4217 alphabetic."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    value: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")]

    @classmethod
    @lru_cache(maxsize=AMOUNTS_KEPT_MAX)
    def of(cls, amount: Amount) -> Self:
        """`amount` as the wire spells it; one that was spelled lately is the same object."""
        return cls(currency=amount.currency, value=str(amount.value))

    def amount(self) -> Amount:
        """The same as an Amount. Raises AmountError for zero, too much, or an unknown currency."""
        return Amount(int(self.value), self.currency)


class Result(Message):
    """How a call ended: S finally well, F finally not, U nobody knows yet."""

    result_code: Text64
    result_status: Literal["S", "F", "U"]
    result_message: Text256 | None = None


class Quote(Message):
    """One unit of the first currency of `quote_currency_pair` is `quote_price` of the second."""

    quote_id: Text64 | None = None
    quote_currency_pair: Text16
    quote_price: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]
    quote_start_time: str | None = None
    quote_expiry_time: str | None = None
    guaranteed: str | None = None


class PspCustomerInfo(Message):
    """The wallet that paid. Its spellings vary: compare `psp_name` without regard to case."""

    psp_name: Text64 | None = None
    psp_customer_id: Text64 | None = Field(default=None, repr=False)
    display_customer_id: Text64 | None = Field(default=None, repr=False)


class Store(Message):
    """The store within `Merchant`."""

    reference_store_id: str
    store_name: str
    store_mcc: str = Field(alias="storeMCC")
    store_display_name: str | None = None
    store_terminal_id: str | None = None
    store_operator_id: str | None = None


class Merchant(Message):
    """Who sells; `merchant_mcc` is an ISO 18245 category of four digits."""

    reference_merchant_id: str
    merchant_mcc: str = Field(alias="merchantMCC")
    merchant_name: str
    merchant_display_name: str | None = None
    store: Store


class Env(Message):
    """Where the order is made: a till (PaymentCode) or a browser (EntryCode)."""

    store_terminal_id: str | None = None
    store_terminal_request_time: str | None = None
    user_agent: str | None = None


class Goods(Message):
    """One line of the order."""

    reference_goods_id: Text64
    goods_name: Text256
    goods_category: Text64 | None = None
    goods_unit_amount: WireAmount | None = None
    goods_quantity: str | None = None


class Buyer(Message):
    """The merchant's own id of a known buyer."""

    reference_buyer_id: Text64 | None = None


class Order(Message):
    """What is sold, by whom and where."""

    reference_order_id: Text64 | None = None
    order_description: Text256
    order_amount: WireAmount
    merchant: Merchant
    env: Env | None = None
    goods: tuple[Goods, ...] | None = Field(default=None, max_length=100)
    buyer: Buyer | None = None


class PaymentMethod(Message):
    """`payment_method_id` holds the digits of the customer's code: a bearer secret, never shown."""

    payment_method_type: Text64
    payment_method_id: Text128 | None = Field(default=None, repr=False)


class PaymentFactor(Message):
    """How customer and merchant met."""

    in_store_payment_scenario: Scenario


class SettlementStrategy(Message):
    """The currency in which the merchant wants its money."""

    settlement_currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None


class CodeDetail(Message):
    """One rendition of an order code; `TEXT` is to be drawn by the receiver."""

    code_value_type: Text16
    display_type: Text16
    code_value: str


class OrderCodeForm(Message):
    """The code that a till shows; not after `expire_time`."""

    payment_method_type: Text64
    expire_time: str
    code_details: tuple[CodeDetail, ...] = Field(min_length=1, max_length=4)
    extend_info: str | None = None


class RedirectActionForm(Message):
    """Where to send the customer's browser after an entry code."""

    method: Literal["GET", "POST"]
    redirect_url: str
    parameters: str | None = None
    action_form_type: Text64 | None = None


class WireDiscount(Message):
    """A discount that the customer had; `savings_amount` is in the currency of the price."""

    discount_tag: Text64 | None = None
    discount_name: Text128 | None = None
    savings_amount: WireAmount | None = None
    estimate_savings_amount: WireAmount | None = None


class PromotionResult(Message):
    """One promotion that was applied: DISCOUNT, with its `discount`, or INTEREST_FREE."""

    promotion_type: Text32
    discount: WireDiscount | None = None


class Transaction(Message):
    """A refund or cancellation that followed a payment."""

    transaction_type: Text32
    transaction_status: Status
    transaction_id: Text64 | None = None
    transaction_request_id: Text64 | None = None
    transaction_amount: WireAmount | None = None
    transaction_time: str | None = None
    transaction_result: Result | None = None
