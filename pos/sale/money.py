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
            f"The currency {currency!r} is not known; use one of {', '.join(EXPONENTS)}."
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
            raise AmountError("The amount must be above zero.")
        if self.value > VALUE_MAX:
            raise AmountError(
                f"The amount is too large; the most that one sale takes is {VALUE_MAX} "
                f"of the smallest unit of {self.currency}."
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
                raise AmountError("The amount must be above zero.")
            raise AmountError(f"{_shown(typed)} is not an amount; type it like 129.00.")
        whole, fraction = match[1], match[2] or ""
        if len(fraction) > decimals:
            raise AmountError(
                f"{typed.strip()} has too many decimals; {currency} takes {decimals}."
            )
        return cls(int(whole + fraction.ljust(decimals, "0")), currency)

    def plain(self) -> str:
        """Major units with a point and the currency's decimals: `129.00`."""
        decimals = exponent(self.currency)
        if decimals == 0:
            return str(self.value)
        digits = str(self.value).rjust(decimals + 1, "0")
        return f"{digits[:-decimals]}.{digits[-decimals:]}"

    def __str__(self) -> str:
        return f"{self.plain()} {self.currency}"


def _shown(typed: str) -> str:
    """At most 20 printable ASCII characters of what was typed, quoted."""
    kept = "".join(c if c.isascii() and c.isprintable() else "?" for c in typed[:20])
    return f'"{kept}"'
