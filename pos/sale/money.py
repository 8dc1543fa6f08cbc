"""Amounts of money as whole numbers of the currency's smallest unit.

Apart because money never passes through a float, and because every amount that exists is valid.
"""

import re
from dataclasses import dataclass
from typing import Self

from pos.errors import AmountError

# ISO 4217 exponents of the currencies that the scheme's partners hold and shops price in.
EXPONENTS = {
    "NOK": 2, "EUR": 2, "SEK": 2, "DKK": 2, "CNY": 2, "USD": 2, "GBP": 2, "CHF": 2,
    "PLN": 2, "HKD": 2, "SGD": 2, "JPY": 0, "KRW": 0, "ISK": 0,
}  # fmt: skip

# Far above any sale at a till; a slip of the finger beyond it is refused, not charged.
VALUE_MAX = 99_999_999

_TYPED = re.compile(r"(\d{1,12})(?:[.,](\d*))?", re.ASCII)


def exponent(currency: str) -> int:
    """Number of decimals of `currency` (ISO 4217). Raises AmountError for one we do not know."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise AmountError(
            f"The currency {currency!r} is not known; use one of {', '.join(EXPONENTS)}.",
            "amount.currency_unknown",
            currency=currency,
        ) from None


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` minor units (øre, cents) of `currency` (ISO 4217 alphabetic); above zero.

    Raises AmountError when the value is zero, negative, too large, or the currency unknown.
    """

    value: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if self.value <= 0:
            raise AmountError("The amount must be above zero.", "amount.not_above_zero")
        if self.value > VALUE_MAX:
            most = major_units(VALUE_MAX, self.currency)
            raise AmountError(
                f"The amount is too large; one sale takes at most {most}.",
                "amount.too_large",
                most=most,
            )

    @classmethod
    def parse(cls, typed: str, currency: str) -> Self:
        """The amount that a person typed, such as `129`, `129.00` or `129,5`.

        Raises AmountError with a sentence for the person.
        """
        decimals = exponent(currency)
        match = _TYPED.fullmatch(typed.strip())
        if match is None:
            if typed.strip().startswith("-"):
                raise AmountError("The amount must be above zero.", "amount.not_above_zero")
            raise AmountError(
                f"{_shown(typed)} is not an amount; type it like 129.00.", "amount.unreadable"
            )
        whole, fraction = match[1], match[2] or ""
        if len(fraction) > decimals:
            raise AmountError(
                f"{typed.strip()} has too many decimals; {currency} takes {decimals}.",
                "amount.too_many_decimals",
                decimals=decimals,
            )
        return cls(int(whole + fraction.ljust(decimals, "0")), currency)

    def plain(self) -> str:
        """Major units with a point and the currency's decimals: `129.00`."""
        return major_units(self.value, self.currency)

    def __str__(self) -> str:
        return f"{self.plain()} {self.currency}"


def _shown(typed: str) -> str:
    """At most 20 printable ASCII characters of what was typed, quoted."""
    kept = "".join(c if c.isascii() and c.isprintable() else "?" for c in typed[:20])
    return f'"{kept}"'


def major_units(value: int, currency: str) -> str:
    """`value` smallest units, of any sign, with the currency's decimals: `-129.00`."""
    decimals = exponent(currency)
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
