"""Coupons as people write them: rows of a TOML table, or the options of a command.

Apart from the coupons themselves because here amounts are major units in text, times have zones,
and every mistake is named with its coupon and key.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from pos.errors import SettingsError
from pos.sale.money import EXPONENTS
from pos.scheme.coupons import Coupon
from pos.scheme.moments import milliseconds
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.rates import WHOLE_BASIS_POINTS
from pos.scheme.routing import Scheme

VALUE_MAX = 10**15  # far above any budget; still a whole number everywhere
USES_MAX = 1_000_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"(\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)
_REQUIRED = {"id", "name", "wallet", "currency", "budget"}
_KEYS = _REQUIRED | {
    "off", "percent", "most", "least", "customer_count", "customer_budget", "begins", "ends",
    "merchants", "stacks",
}  # fmt: skip


def read_coupons(text: str, scheme: Scheme | None = None) -> list[Coupon]:
    """The coupons of a TOML file, one `[[promotion]]` each, of the partners of `scheme`.

    Raises SettingsError naming the key.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"The table of coupons is not TOML ({fault}); correct it.") from None
    rows = document.get("promotion")
    if set(document) != {"promotion"} or not isinstance(rows, list):
        raise SettingsError("A table of coupons has [[promotion]] entries and nothing else.")
    return [read_coupon(row, scheme) for row in rows]


def sample_coupons() -> list[Coupon]:
    """The demonstration coupons that ship with the scheme."""
    file = resources.files("pos.scheme").joinpath("promotions.toml")
    return read_coupons(file.read_text("utf-8"))


def read_coupon(row: Mapping[str, Any], scheme: Scheme | None = None) -> Coupon:
    """One coupon of a partner of `scheme`, those that ship if not said.

    Another switch that stands for a partner discounts by its own coupons, so that is none here.
    Raises SettingsError naming the coupon and the key that is wrong.
    """
    reader = _Row(row)
    coupon_id, name = reader.text("id", 64), reader.text("name", 128)
    if not _ID.fullmatch(coupon_id):
        raise reader.fault("id", "takes letters, digits, hyphens and underscores")
    wallet, currency = reader.text("wallet", 32), reader.text("currency", 3)
    homes = [row.name for row in (scheme or shipped_scheme()).wallets if row.upstream is None]
    if wallet not in homes:
        raise reader.fault("wallet", f"is one of {', '.join(homes)}")
    if currency not in EXPONENTS:
        raise reader.fault("currency", f"is one of {', '.join(EXPONENTS)}")
    off, percent = reader.amount("off", currency), reader.percent()
    if (off is None) == (percent is None):
        raise reader.fault("off", "or percent must be there, and not both")
    most = reader.amount("most", currency)
    if (percent is None) != (most is None):
        raise reader.fault("most", "goes with percent: the most that one payment is discounted")
    begins, ends = reader.time("begins"), reader.time("ends")
    coupon = Coupon(
        coupon_id=coupon_id,
        name=name,
        wallet=wallet,
        currency=currency,
        budget=reader.amount("budget", currency) or 0,
        off=off,
        basis_points=percent,
        most=most,
        least=reader.amount("least", currency) or 0,
        customer_count=reader.count("customer_count"),
        customer_budget=reader.amount("customer_budget", currency),
        begins_at_ms=begins or 0,
        ends_at_ms=ends,
        merchants=reader.merchants(),
        stacks=reader.truth("stacks"),
    )
    if ends is not None and ends <= coupon.begins_at_ms:
        raise reader.fault("ends", "comes after begins")
    if coupon.budget < coupon.largest:
        raise reader.fault("budget", "must hold at least one use of the coupon")
    return coupon


class _Row:
    """One row, read key by key."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self._name = str(row.get("id", "without id"))[:64]
        unknown, missing = set(row) - _KEYS, _REQUIRED - set(row)
        if unknown:
            raise self.fault(min(unknown), f"is not known; there are {_listed(_KEYS)}")
        if missing:
            raise self.fault(min(missing), "is missing")

    def fault(self, key: str, what: str) -> SettingsError:
        return SettingsError(f"Coupon {self._name!r}: {key} {what}.")

    def text(self, key: str, characters_max: int) -> str:
        found = self._row[key]
        if not isinstance(found, str) or not 0 < len(found) <= characters_max:
            raise self.fault(key, f"is a text of 1 to {characters_max} characters")
        if not found.isprintable():
            raise self.fault(key, "holds characters that cannot be printed")
        return found

    def amount(self, key: str, currency: str) -> int | None:
        """Smallest units of `currency`, above zero."""
        if key not in self._row:
            return None
        decimals = EXPONENTS[currency]
        match = _NUMBER.fullmatch(str(self._row[key]))
        if match is None or isinstance(self._row[key], float) or len(match[2] or "") > decimals:
            raise self.fault(key, f'is an amount in {currency}, written as text like "100.00"')
        value = int(match[1] + (match[2] or "").ljust(decimals, "0"))
        if not 0 < value <= VALUE_MAX:
            raise self.fault(key, "is above zero, and not astronomical")
        return value

    def percent(self) -> int | None:
        """Hundredths of a percent."""
        if "percent" not in self._row:
            return None
        match = _NUMBER.fullmatch(str(self._row["percent"]))
        points = int(Decimal(match[0]) * 100) if match else 0
        if not 0 < points <= WHOLE_BASIS_POINTS:
            raise self.fault("percent", "is a number above 0, at most 100, with two decimals")
        return points

    def count(self, key: str) -> int | None:
        found = self._row.get(key)
        if found is None:
            return None
        if type(found) is not int or not 0 < found <= USES_MAX:
            raise self.fault(key, "is a whole number above 0")
        return found

    def time(self, key: str) -> int | None:
        found = self._row.get(key)
        try:
            at = datetime.fromisoformat(found) if isinstance(found, str) else found
        except ValueError:
            at = None
        if found is not None and (not isinstance(at, datetime) or at.tzinfo is None):
            raise self.fault(key, "is a time with its zone, like 2026-03-01T00:00:00+01:00")
        return None if at is None else milliseconds(at)

    def merchants(self) -> tuple[str, ...]:
        found = self._row.get("merchants", [])
        if not isinstance(found, list | tuple) or not all(_is_reference(each) for each in found):
            raise self.fault("merchants", "is a list of the merchants' references")
        if len("\n".join(found)) > 4096:
            raise self.fault("merchants", "are too many for one coupon; divide them among several")
        return tuple(found)

    def truth(self, key: str) -> bool:
        found = self._row.get(key, False)
        if not isinstance(found, bool):
            raise self.fault(key, "is true or false")
        return found


def _is_reference(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 64 and text.isprintable()


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
