"""The phone's words in the languages of the partners, and the one that a browser asks for.

Apart from the till's catalogues because the two sides share only the wire: a wallet speaks to its
customer in words of its own.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from pos.sale.money import Amount, exponent

DEFAULT = "en"
_ACCEPTED_MAX = 20  # entries of Accept-Language that are looked at
_SAME = {"no": "nb", "nn": "nb"}
# From so many metres, and kilometres, on a distance is written in the coarser way.
_IN_METRES_MAX, _IN_TENTHS_MAX_KM = 950, 10
# CLDR locales; plain `en` would write the American way, with 2:32 PM.
_LOCALES = {"en": "en_GB"}


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """What is said, by key and language."""
    text = resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    return tomllib.loads(text)


def languages() -> Mapping[str, str]:
    """The languages, each by its own name: `nb` is `Norsk`."""
    return catalogue()["languages"]


def preferred(accept_language: str, spoken: Sequence[str] = ()) -> str:
    """The first of our languages in the order of an Accept-Language header (RFC 9110, 12.5.4).

    Of those alone that a wallet has `spoken`, if it has any; its first one where none is accepted.
    """
    ours = [code for code in spoken if code in languages()]
    wanted = []
    for place, entry in enumerate(accept_language.split(",")[:_ACCEPTED_MAX]):
        tag, _, quality = entry.strip().partition(";q=")
        code = tag.strip().lower().partition("-")[0]
        code = _SAME.get(code, code)
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if weight > 0 and code in (ours or languages()):
            wanted.append((-weight, place, code))
    return min(wanted)[2] if wanted else (*ours, DEFAULT)[0]


class Words:
    """Says things in one of `languages()`; times are the switch's local ones."""

    def __init__(self, code: str) -> None:
        self.code = code if code in languages() else DEFAULT
        self._locale = _LOCALES.get(self.code, self.code)

    def say(self, key: str, /, **values: object) -> str:
        """The sentence of `key` with `values` in it."""
        return catalogue()[key][self.code].format_map(values)

    def amount(self, amount: Amount) -> str:
        """As people here write it: `1 290,00 NOK`."""
        return self.money(amount.value, amount.currency)

    def money(self, value: int, currency: str) -> str:
        """The same of a plain number of smallest units, which may be nothing."""
        from babel.numbers import format_decimal

        decimals = exponent(currency)
        pattern = "#,##0" + (f".{'0' * decimals}" if decimals else "")
        major = Decimal(value).scaleb(-decimals)
        return f"{format_decimal(major, pattern, locale=self._locale)} {currency}"

    def number(self, text: str) -> str:
        """A number written with a point, as people here write it."""
        from babel.numbers import format_decimal

        return format_decimal(Decimal(text), locale=self._locale)

    def distance(self, metres: int) -> str:
        """`300 m` in hundreds, `2.4 km` below ten, `58 km`: a place is known no better."""
        if metres < _IN_METRES_MAX:
            return f"{max(1, round(metres / 100)) * 100} m"
        tenths = Decimal(metres // 100) / 10
        return f"{self.number(str(tenths if tenths < _IN_TENTHS_MAX_KM else round(tenths)))} km"

    def time(self, at: datetime) -> str:
        """Day and time of day."""
        from babel.dates import format_datetime

        return format_datetime(at.astimezone(), "short", locale=self._locale)
