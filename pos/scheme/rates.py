"""Currency quotes from a dated file of reference rates, and conversion in whole numbers.

Apart so that no float and no second rounding rule can reach money: a price is a whole number of
hundred-millionths, and an amount is rounded once, half up, to the target's smallest unit.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any, Self

from pos.errors import PosError, SettingsError
from pos.sale.money import Amount, exponent

PRICE_DECIMALS = 8
_SCALE = 10**PRICE_DECIMALS
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


class NoRate(PosError):
    """There is no reference rate for a currency."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `sold` is `price` hundred-millionths of a unit of `bought`."""

    quote_id: str
    sold: str
    bought: str
    price: int

    @classmethod
    def stored(cls, quote_id: str, sold: str, bought: str, price: str) -> Self:
        """The rate that a payment was made at, from what was stored with it."""
        return cls(quote_id, sold, bought, int(Decimal(price).scaleb(PRICE_DECIMALS)))

    def pair(self) -> str:
        """The currency pair as the wire spells it: `NOK/CNY`."""
        return f"{self.sold}/{self.bought}"

    def price_text(self) -> str:
        """The price with eight decimals: `0.70242864`."""
        whole, fraction = divmod(self.price, _SCALE)
        return f"{whole}.{fraction:0{PRICE_DECIMALS}d}"

    def convert(self, value: int) -> int:
        """`value` smallest units of `sold` in smallest units of `bought`, rounded half up."""
        top = value * self.price * 10 ** exponent(self.bought)
        bottom = _SCALE * 10 ** exponent(self.sold)
        rounded: int = (2 * top + bottom) // (2 * bottom)
        return rounded


class Rates:
    """Reference rates of one day against one base currency."""

    def __init__(self, day: date, per_base: Mapping[str, Decimal]) -> None:
        self._day = day
        self._per_base = dict(per_base)

    @classmethod
    def sample(cls) -> Self:
        """The rates that ship with the scheme."""
        text = resources.files("pos.scheme").joinpath("rates.toml").read_text("utf-8")
        return cls.read(tomllib.loads(text))

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Rates from a parsed file. Raises SettingsError naming the currency that is wrong."""
        per_base = {str(document["base"]): Decimal(1)}
        for currency, text in document["rates"].items():
            if not (isinstance(text, str) and _NUMBER.fullmatch(text) and Decimal(text) > 0):
                raise SettingsError(
                    f"The reference rate of {currency} is not a number above 0; write it as "
                    'text, like "11.7350".'
                )
            per_base[currency] = Decimal(text)
        return cls(document["date"], per_base)

    def rate(self, sold: str, bought: str) -> Rate:
        """Today's rate from `sold` to `bought`. Raises NoRate for a currency without one."""
        for currency in (sold, bought):
            if currency not in self._per_base:
                raise NoRate(f"There is no reference rate for {currency}.")
        ratio = self._per_base[bought] / self._per_base[sold]
        price = int((ratio * _SCALE).to_integral_value(ROUND_HALF_UP))
        return Rate(f"REF-{self._day:%Y%m%d}-{sold}{bought}", sold, bought, price)


def customer_value(rate: Rate, price: Amount) -> int:
    """What the customer is charged for `price`; never nothing, however small the price."""
    return max(1, rate.convert(price.value))


def refund_value(rate: Rate | None, refunded: int, *, left: int, customer_left: int) -> int:
    """What goes back to the customer for `refunded` smallest units of the price.

    `left` and `customer_left` are what of price and charge has not been refunded before. The
    refund that takes all of `left` also takes the rounding remainder; no refund exceeds it.
    """
    if refunded == left or rate is None:
        return customer_left if refunded == left else refunded
    return min(rate.convert(refunded), customer_left)
