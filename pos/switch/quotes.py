"""The messages of `inquireExchangeRate`: what a price would come to in other currencies.

Apart from the messages about payments because this one moves nothing, and because its fields are
known from Alipay's published client alone. Callers import everything from `wire`.
"""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from pos.switch.codec import Message
from pos.switch.parts import Quote, Result, Text32, Text64

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
PAIRS_MAX = 50


class CurrencyPair(Message):
    """As the merchant sees it: the price is in `buy_currency`, what is paid in `sell_currency`."""

    sell_currency: Currency
    buy_currency: Currency


class PaymentQuote(Message):
    """A price in `buy_currency` times `exchange_rate` is what is paid in `sell_currency`."""

    buy_currency: Currency
    sell_currency: Currency
    quote_id: Text64
    exchange_rate: Text32


class InquireExchangeRateRequest(Message):
    """At which rates is it paid in other currencies?

    For `currency_pairs`, and for the pair of `sell_currency` with `buy_currency`, or with
    `payment_currency`, that of the price; where nobody says what the customers hold, for every
    currency that they do. `rate_type` REFERENCE asks for the rates without any mark-up.
    """

    merchant_account_id: Text32 | None = None
    payment_currency: Currency | None = None
    currency_pairs: tuple[CurrencyPair, ...] | None = Field(default=None, max_length=PAIRS_MAX)
    sell_currency: Currency | None = None
    buy_currency: Currency | None = None
    product_code: Text64 | None = None
    rate_type: Text32 | None = None

    @model_validator(mode="after")
    def _names_a_price(self) -> Self:
        if not (self.currency_pairs or self.buy_currency or self.payment_currency):
            raise ValueError("no currency of a price is given")
        return self


class InquireExchangeRateResponse(Message):
    """The same rates twice: each quote as payments carry it, and as the merchant multiplies."""

    result: Result
    quotes: tuple[Quote, ...] | None = None
    payment_quotes: tuple[PaymentQuote, ...] | None = None
