"""Value added tax: the classes that goods are in, and the rate of each class on a day.

Apart because rates are dated data: a law changes them on a day, and a refund of a sale from before
still carries the rate of that sale. Rates are basis points, because Finland has halves of a
percent.

Sources: the rate tables of Skatteetaten (merverdiavgift) and Verohallinto (arvonlisävero).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pos.errors import SettingsError

FULL_BP = 10_000  # a whole, in basis points


class VatClass(StrEnum):
    """What a law taxes alike. Norway: food is REDUCED, transport and culture LOW."""

    STANDARD = "standard"
    REDUCED = "reduced"
    LOW = "low"
    ZERO = "zero"


_LONG_AGO = date(2000, 1, 1)

# Country (ISO 3166) and class: rates with the first day on which each holds, newest first.
RATES: dict[str, dict[VatClass, tuple[tuple[date, int], ...]]] = {
    "NO": {
        VatClass.STANDARD: ((date(2005, 1, 1), 2500), (_LONG_AGO, 2400)),
        VatClass.REDUCED: ((date(2012, 1, 1), 1500), (_LONG_AGO, 1400)),
        VatClass.LOW: ((date(2018, 1, 1), 1200), (_LONG_AGO, 1000)),
        VatClass.ZERO: ((_LONG_AGO, 0),),
    },
    "FI": {
        VatClass.STANDARD: ((date(2024, 9, 1), 2550), (_LONG_AGO, 2400)),
        VatClass.REDUCED: ((date(2026, 1, 1), 1350), (_LONG_AGO, 1400)),
        VatClass.LOW: ((_LONG_AGO, 1000),),
        VatClass.ZERO: ((_LONG_AGO, 0),),
    },
}


def rate_on(country: str, vat: VatClass, day: date) -> int:
    """Basis points of the class on `day`: 2550 is 25.5 %. Raises SettingsError for a country
    that we have no rates of."""
    if country not in RATES:
        raise SettingsError(
            f"There are no VAT rates of the country {country!r}; use one of {', '.join(RATES)}."
        )
    for since, rate in RATES[country][vat]:
        if day >= since:
            return rate
    return RATES[country][vat][-1][1]


def net_of(gross: int, rate: int) -> int:
    """Minor units without the tax in `gross`, at `rate` basis points, rounded half up."""
    return (2 * gross * FULL_BP + FULL_BP + rate) // (2 * (FULL_BP + rate))


@dataclass(frozen=True, slots=True)
class VatRow:
    """One rate of a VAT table: basis points, and minor units of what was sold at it."""

    rate: int
    net: int
    vat: int
    gross: int


def vat_table(amounts: list[tuple[int, int]]) -> tuple[VatRow, ...]:
    """A row for each rate of the (gross, rate) lines, highest rate first.

    Each line's net is rounded and the rounded ones are summed, as in the example of the Norwegian
    tax authority (SAF-T Cash Register 1.00): 32.80 + 25.80 + 27.80 at 15 % is 75.12 net, though
    86.40 divided at once would be 75.13.
    """
    rows = []
    for rate in sorted({rate for _, rate in amounts}, reverse=True):
        grosses = [gross for gross, each in amounts if each == rate]
        gross, net = sum(grosses), sum(net_of(each, rate) for each in grosses)
        rows.append(VatRow(rate, net, gross - net, gross))
    return tuple(rows)
