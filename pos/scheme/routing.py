"""Which wallet a payment code belongs to, from a table that is data.

Apart because only the switch owns the table: a till never guesses the wallet from a code.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """A wallet: `name` here, `psp_name` on the wire, home `currency`, first six `issuer` digits.

    People know it as `title`, and by its `colour`, `#rrggbb`.
    """

    name: str
    psp_name: str
    title: str
    colour: str
    currency: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """Codes that fit the whole `pattern` belong to `wallet`."""

    wallet: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A person to try the scheme with; `balance` in the wallet's smallest unit."""

    wallet: str
    name: str
    balance: int
    msisdn: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """The wallets that take part, the codes they issue, and their demonstration customers."""

    wallets: tuple[WalletTerms, ...]
    issuers: tuple[Issuer, ...]
    customers: tuple[DemoCustomer, ...]

    def wallet_of(self, code: str) -> str | None:
        """Name of the wallet that issued `code`, or None when nobody in the scheme did."""
        return wallet_of(code, self.issuers)


def wallet_of(code: str, issuers: Sequence[Issuer]) -> str | None:
    """The wallet of the first issuer whose pattern fits the whole of `code`."""
    return next((row.wallet for row in issuers if row.pattern.fullmatch(code)), None)


@cache
def shipped_scheme() -> Scheme:
    """The scheme as `wallets.toml` in this package describes it."""
    text = resources.files("pos.scheme").joinpath("wallets.toml").read_text("utf-8")
    document = tomllib.loads(text)
    return Scheme(
        tuple(WalletTerms(**row) for row in document["wallet"]),
        tuple(
            Issuer(row["wallet"], re.compile(row["pattern"], re.ASCII))
            for row in document["issuer"]
        ),
        tuple(DemoCustomer(**row) for row in document["customer"]),
    )
