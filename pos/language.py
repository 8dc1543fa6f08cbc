"""The words of the till in one language: sentences by key, amounts, times.

Apart so that the till speaks in keys and every front end says them in the person's language.
The catalogues are gettext `.po` files whose msgid is the key and whose msgstr holds `{name}`
fields. A Language is an object, not a setting of the process: two screens may differ.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from pos.errors import AmountError, SettingsError
from pos.sale.money import Amount, exponent
from pos.sale.view import Notice

CODES = ("en", "nb", "fi", "sv", "da", "zh")

FOLDER = Path(__file__).parent / "languages"

# CLDR locales; plain `en` would write the American way, with 2:32 PM.
_LOCALES = {"en": "en_GB"}

# What a wallet's customers speak: by its name, and by the first six digits of its codes. The names
# of the digits are those of the switch's own table; what is not here is spoken to as the shop is.
_WALLETS = {
    "vipps": "nb", "281031": "nb",
    "epassi": "fi", "281032": "fi",
    "alipay": "zh", "alipaycn": "zh", "281033": "zh",
    "mobilepay": "da", "swish": "sv",
}  # fmt: skip

_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?) ([A-Z]{3})")

# A voice passes over the point of a Chinese number, and reads what follows as another number.
_POINT = re.compile(r"\.([0-9]+)")
_DIGITS = "零一二三四五六七八九"

# Values that are names of the program, and the keys under which people know them.
_NAMED = {"state": "state.{}", "says": "says.{}"}


def customer_language(*known: str) -> str | None:
    """The code of the language of the customer, from what is known of the wallet: its name, or
    the issuer of its code. None when nothing of it tells."""
    return next((_WALLETS[each.lower()] for each in known if each.lower() in _WALLETS), None)


class Language:
    """Says things in the language `code`, one of CODES, with times in `zone` (default: local).

    Raises SettingsError for another code.
    """

    def __init__(self, code: str = "en", zone: tzinfo | None = None) -> None:
        if code not in CODES:
            raise SettingsError(f"There is no language {code!r}; use one of {', '.join(CODES)}.")
        self.code = code
        self._locale = _LOCALES.get(code, code)
        self._zone = zone

    def say(self, key: str, /, **values: object) -> str:
        """The sentence of `key` with `values` in it.

        A key that this catalogue lacks is said in English, a result code that no catalogue
        knows by its code, and anything else by one general sentence: a till never shows a key.
        """
        sentence = self._sentences.get(key) or catalogue("en").get(key)
        if sentence is None:
            if key.startswith("reason."):
                return self.say("reason.other", code=key.removeprefix("reason."))
            return self.say("said.unknown")
        if key.startswith("reason."):
            values.setdefault("code", key.removeprefix("reason."))
        try:
            return sentence.format_map(values)
        except (KeyError, IndexError, ValueError):
            return self.say("said.unknown")

    def notice(self, said: Notice) -> str:
        """The sentence of a Notice; amounts, states and moments in it are put into words."""
        return self.say(said.key, **{name: self._value(name, value) for name, value in said.values})

    def amount_text(self, amount: Amount) -> str:
        """`1 299,00 NOK` as this language writes it, with the ISO 4217 code."""
        return f"{self.number_text(amount)}\N{NO-BREAK SPACE}{amount.currency}"

    def number_text(self, amount: Amount) -> str:
        """The same without the currency."""
        return self.minor_text(amount.value, amount.currency)

    def minor_text(self, value: int, currency: str) -> str:
        """The same of minor units of any sign, such as a discount."""
        from babel.numbers import format_decimal

        decimals = exponent(currency)
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        major = Decimal(value).scaleb(-decimals)
        return str(format_decimal(major, format=pattern, locale=self._locale))

    def spoken_amount(self, amount: Amount) -> str:
        """The same as a voice says it: `1299,50 norske kroner`, without decimals that are zero."""
        from babel.numbers import format_currency

        decimals = exponent(amount.currency)
        major = Decimal(amount.value).scaleb(-decimals)
        whole = major == major.to_integral_value()
        text = str(
            format_currency(
                Decimal(int(major)) if whole else major,  # one euro, not 1.00 euros
                amount.currency,
                "0" if whole else "0." + "0" * decimals,
                locale=self._locale,
                currency_digits=False,
                format_type="name",
            )
        )
        return _POINT.sub(_chinese_point, text) if self.code == "zh" else text

    def percent_text(self, rate: int) -> str:
        """A rate in basis points as this language writes it: `25 %`, `13,5 %`."""
        from babel.numbers import format_percent

        part = Decimal(rate).scaleb(-4)
        return str(format_percent(part, locale=self._locale, decimal_quantization=False))

    @cached_property
    def decimal_mark(self) -> str:
        """What stands before the decimals."""
        from babel.numbers import get_decimal_symbol

        return str(get_decimal_symbol(self._locale))

    @cached_property
    def group_mark(self) -> str:
        """What stands between thousands."""
        from babel.numbers import get_group_symbol

        return str(get_group_symbol(self._locale))

    def time_text(self, at: float) -> str:
        """Date, hour and minute of a moment (Unix seconds), as they stand on a slip."""
        return self._moment(at, "yMMMd")

    def short_time_text(self, at: float) -> str:
        """The same without the year, for a list on a screen."""
        return self._moment(at, "MMMd")

    def clock_text(self, at: float) -> str:
        """Hour and minute of a moment."""
        from babel.dates import format_time

        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return str(format_time(moment, "short", tzinfo=moment.tzinfo, locale=self._locale))

    def day_text(self, at: float) -> str:
        """Weekday, day and month of a moment."""
        from babel.dates import format_skeleton

        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return str(format_skeleton("EEEEdMMMM", moment, tzinfo=moment.tzinfo, locale=self._locale))

    def _moment(self, at: float, skeleton: str) -> str:
        from babel.dates import format_skeleton, format_time

        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        day = format_skeleton(skeleton, moment, tzinfo=moment.tzinfo, locale=self._locale)
        clock = format_time(moment, "short", tzinfo=moment.tzinfo, locale=self._locale)
        return f"{day} {clock}"

    @cached_property
    def _sentences(self) -> Mapping[str, str]:
        return catalogue(self.code)

    def _value(self, name: str, value: str) -> str:
        if name in _NAMED:
            key = _NAMED[name].format(value)
            return self.say(key) if key in catalogue("en") else value
        if name == "moment" and value.isdecimal():
            return self.clock_text(int(value))
        if match := _AMOUNT.fullmatch(value):
            try:
                return self.amount_text(Amount.parse(match[1], match[2]))
            except AmountError:
                return value
        return value


def _chinese_point(decimals: re.Match[str]) -> str:
    return "点" + "".join(_DIGITS[int(digit)] for digit in decimals[1])


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """Sentences by key of one of CODES. Raises SettingsError when the file cannot be read."""
    from babel.messages.pofile import PoFileError, read_po

    path = FOLDER / f"{code}.po"
    try:
        with path.open("rb") as file:
            messages = read_po(file, locale=code, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as fault:
        raise SettingsError(
            f"The language file {path.name} cannot be read; install Samkassa again. ({fault})"
        ) from fault
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id
    }


class Tongues:
    """Called with a code, gives its Language, on the clock of a site once that is known. `make` is
    given code and zone."""

    def __init__(self, make: Callable[[str, tzinfo | None], Language]) -> None:
        self._make = make
        self._zone: tzinfo | None = None
        self._made: dict[str, Language] = {}

    def use_clock_of(self, zone: tzinfo) -> None:
        """Say times as the clocks of the site show them."""
        if zone is not self._zone:
            self._zone = zone
            self._made.clear()

    def __call__(self, code: str) -> Language:
        """The language of this code."""
        if code not in self._made:
            self._made[code] = self._make(code, self._zone)
        return self._made[code]
