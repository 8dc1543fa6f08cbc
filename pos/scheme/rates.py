"""Currency quotes from the reference rates of one day, and conversion in whole numbers.

Apart so that no float and no second rounding rule can reach money: a price is reckoned as an exact
fraction and rounded once, half up, to hundred-millionths, and an amount is rounded once, half up,
to the target's smallest unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Self

from pos.errors import PosError
from pos.sale.money import Amount, exponent

PRICE_DECIMALS = 8
WHOLE_BASIS_POINTS = 10_000
_SCALE = 10**PRICE_DECIMALS
_MINUTE_MS = 60_000
RATES_KEPT_MAX = 1_000


class NoRate(PosError):
    """There is no reference rate for a currency."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `sold` is `price` hundred-millionths of a unit of `bought`.

    Good from `begins_at_ms` until before `expires_at_ms`, where it was quoted for a time.
    """

    quote_id: str
    sold: str
    bought: str
    price: int
    begins_at_ms: int | None = None
    expires_at_ms: int | None = None

    @classmethod
    @lru_cache(maxsize=RATES_KEPT_MAX)
    def stored(
        cls,
        quote_id: str,
        sold: str,
        bought: str,
        price: str,
        begins_at_ms: int | None = None,
        expires_at_ms: int | None = None,
    ) -> Self:
        """The rate that a payment was made at, from what was stored with it."""
        whole = int(Decimal(price).scaleb(PRICE_DECIMALS))
        return cls(quote_id, sold, bought, whole, begins_at_ms, expires_at_ms)

    def quoted(self, of: str, begins_at_ms: int, minutes: int) -> Self:
        """A quote at this rate for `minutes`, with an id of its own; `of` is no other quote's."""
        return replace(
            self,
            quote_id=f"{self.quote_id}-{of}",
            begins_at_ms=begins_at_ms,
            expires_at_ms=begins_at_ms + minutes * _MINUTE_MS,
        )

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
    """Reference rates of one `day` against one base currency, which is among `per_base` as 1."""

    def __init__(self, day: date, per_base: Mapping[str, Decimal]) -> None:
        self.day = day
        self._per_base = {currency: Fraction(rate) for currency, rate in per_base.items()}
        self._made: dict[tuple[str, str, int], Rate] = {}  # as many as there are pairs and markups

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that have a rate, in the order in which they were published."""
        return tuple(self._per_base)

    def rate(self, sold: str, bought: str, markup: int = 0) -> Rate:
        """The day's rate from `sold` to `bought`, for a buyer who pays `markup` basis points more.

        The cross rate of two currencies against the base, exact until it is rounded half up to
        eight decimals. Raises NoRate for a currency without one.
        """
        known = self._made.get((sold, bought, markup))
        if known is not None:
            return known
        for currency in (sold, bought):
            if currency not in self._per_base:
                raise NoRate(f"There is no reference rate for {currency}.")
        ratio = self._per_base[bought] / self._per_base[sold]
        ratio *= Fraction(WHOLE_BASIS_POINTS + markup, WHOLE_BASIS_POINTS)
        price = int(ratio * _SCALE + Fraction(1, 2))
        made = Rate(f"REF-{self.day:%Y%m%d}-{sold}{bought}", sold, bought, price)
        self._made[sold, bought, markup] = made
        return made


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
