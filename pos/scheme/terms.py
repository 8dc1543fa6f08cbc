"""On what terms merchants are paid out: fees per wallet, and the units of the files.

Apart because terms are data that a scheme agrees on, and because the arithmetic of fees, in whole
numbers and rounded once, must be readable alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pos.errors import SettingsError
from pos.sale.money import EXPONENTS, major_units

ANY_WALLET = "*"
BASIS_POINTS_MAX = 10_000  # the whole
_FEE_KEYS = {"wallet", "from", "basis_points", "fixed"}


class Units(StrEnum):
    """How a file spells amounts: `12900` or `129.00`."""

    MINOR = "minor"
    MAJOR = "major"

    def text(self, value: int, currency: str) -> str:
        """`value` smallest units of `currency`, signed, as the file spells it."""
        return str(value) if self is Units.MINOR else major_units(value, currency)


@dataclass(frozen=True, slots=True)
class Fee:
    """What is kept of payments with `wallet` from the day `start` on.

    `basis_points` are hundredths of a percent; `fixed` smallest units, by currency.
    """

    wallet: str
    start: date
    basis_points: int
    fixed: Mapping[str, int] = field(default_factory=dict)

    def of(self, value: int, currency: str) -> int:
        """The fee of a payment of `value` smallest units; the percentage is rounded half up."""
        share = (2 * value * self.basis_points + BASIS_POINTS_MAX) // (2 * BASIS_POINTS_MAX)
        return share + self.fixed.get(currency, 0)


def fee_given_back(fee: int, value: int, before: int, refunded: int) -> int:
    """The part of `fee`, kept of a payment of `value`, that goes back with a refund.

    `before` is what was refunded earlier. Each part is the difference of two rounded shares, so
    that the refunds of a whole payment give back the whole fee, to the smallest unit.
    """
    return _share(fee, value, before + refunded) - _share(fee, value, before)


def _share(fee: int, value: int, part: int) -> int:
    return (2 * fee * part + value) // (2 * value)


@dataclass(frozen=True, slots=True)
class Terms:
    """The fees, the units of the two kinds of file, and the name of who settles."""

    fees: tuple[Fee, ...]
    transactions: Units = Units.MINOR
    settlement: Units = Units.MAJOR
    acquirer: str = "Samkassa"

    def fee(self, wallet: str, day: date) -> Fee:
        """The fee of payments of `day` with `wallet`. Raises SettingsError when none is agreed."""
        for name in (wallet, ANY_WALLET):
            begun = [row for row in self.fees if row.wallet == name and row.start <= day]
            if begun:
                return max(begun, key=lambda row: row.start)
        raise SettingsError(
            f"No fee is agreed for {wallet} on {day}; add a [[fee]] row that begins by then."
        )

    @classmethod
    def shipped(cls) -> Self:
        """The terms that ship with the scheme."""
        text = resources.files("pos.scheme").joinpath("terms.toml").read_text("utf-8")
        return cls.parse(tomllib.loads(text))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The terms in the file at `path`. Raises SettingsError naming what is wrong."""
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as fault:
            raise SettingsError(
                f"The terms {path} cannot be read ({fault}); correct the file."
            ) from None
        return cls.parse(document)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """The terms in a parsed file. Raises SettingsError naming the key that is wrong."""
        _known("the terms", document, {"acquirer", "units", "fee"})
        units, fees = document.get("units", {}), document.get("fee", [])
        rows = isinstance(fees, list) and all(isinstance(row, dict) for row in fees)
        if not (rows and isinstance(units, dict)):
            raise SettingsError("The terms are one table [units] and tables [[fee]].")
        _known("[units]", units, {"transactions", "settlement"})
        return cls(
            tuple(_fee(number, row) for number, row in enumerate(fees, 1)),
            _unit(units.get("transactions", "minor")),
            _unit(units.get("settlement", "major")),
            str(document.get("acquirer", "Samkassa")),
        )


def _known(where: str, table: Mapping[str, Any], keys: set[str]) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise SettingsError(
            f"{where} has the unknown key {unknown[0]!r}; use {', '.join(sorted(keys))}."
        )


def _unit(text: Any) -> Units:
    try:
        return Units(text)
    except ValueError:
        raise SettingsError(f"The unit {text!r} is not known; use minor or major.") from None


def _fee(number: int, row: Mapping[str, Any]) -> Fee:
    where = f"[[fee]] {number}"
    _known(where, row, _FEE_KEYS)
    points, start = row.get("basis_points", 0), row.get("from")
    fixed = row.get("fixed", {})
    if not _whole(points) or points > BASIS_POINTS_MAX:
        raise SettingsError(f"{where}: basis_points is a whole number from 0 to 10000.")
    if type(start) is not date:
        raise SettingsError(f"{where}: from is a date; write it like 2026-01-01.")
    if not isinstance(fixed, dict) or not all(
        _whole(value) and currency in EXPONENTS for currency, value in fixed.items()
    ):
        raise SettingsError(
            f"{where}: fixed is smallest units by currency; write it like {{ NOK = 50 }}."
        )
    if not row.get("wallet"):
        raise SettingsError(f'{where}: wallet is missing; name one, or "*" for any.')
    return Fee(str(row["wallet"]), start, points, dict(fixed))


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0
