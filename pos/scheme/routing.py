"""The partners that take part in the scheme, and which of them a payment code belongs to.

Apart because only the switch owns the table: a till never guesses the wallet from a code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEME = "scheme"  # names all partners together where one of them may stand, so no partner
QUOTE_MINUTES = 30  # as long as a code can be shown at most


@dataclass(frozen=True, slots=True)
class UpstreamTerms:
    """How another switch is called that stands for the partner, over the wire of the API.

    `key` is the file of our private key, `public_key` the other's as one line of base64, `ca_file`
    a PEM file or "" for the system's own. With `order_codes` it makes the codes that tills show.
    """

    url: str
    client_id: str
    key: str
    public_key: str
    key_version: str = "1"
    ca_file: str = ""
    order_codes: bool = False


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """A partner: `name` here, `psp_name` on the wire, home `currency`.

    People know it as `title`, and by its `colour`, `#rrggbb`; it speaks `languages`. `code` is the
    shape of the codes that its app shows, with `#` for a random digit. Codes that fit one of
    `patterns` are its own, those that fit one of `otherwise` too unless another claims them.
    `limit` is the most of one payment in smallest units of `currency`, None for none. `funds` says
    who pays for what: `{"coupons": "wallet"}` or `{"coupons": "scheme"}`. With `upstream`, another
    switch stands for the partner, and converts by itself: `currency` is then "". For a price in
    another currency its customer pays `markup` basis points above the reference rate, at a quote
    that is good for `quote_minutes`.
    """

    name: str
    psp_name: str
    title: str
    colour: str
    currency: str
    code: str
    patterns: tuple[re.Pattern[str], ...]
    otherwise: tuple[re.Pattern[str], ...] = ()
    languages: tuple[str, ...] = ()
    limit: int | None = None
    funds: Mapping[str, str] = field(default_factory=dict)
    upstream: UpstreamTerms | None = None
    markup: int = 0
    quote_minutes: int = QUOTE_MINUTES

    @property
    def coupon_funder(self) -> str:
        """Who pays what its coupons take off: the partner's own name, or SCHEME."""
        return SCHEME if self.funds.get("coupons") == SCHEME else self.name


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A person to try the scheme with; `balance` in the wallet's smallest unit."""

    wallet: str
    name: str
    balance: int
    msisdn: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """The partners that take part, and their demonstration customers.

    The first partner stands in for a merchant of whom nobody said who enrolled him.
    """

    wallets: tuple[WalletTerms, ...]
    customers: tuple[DemoCustomer, ...]

    def wallet_of(self, code: str) -> str | None:
        """Name of the partner that issued `code`, or None when nobody in the scheme did."""
        for row in self.wallets:
            if any(pattern.fullmatch(code) for pattern in row.patterns):
                return row.name
        for row in self.wallets:
            if any(pattern.fullmatch(code) for pattern in row.otherwise):
                return row.name
        return None

    def terms(self, name: str) -> WalletTerms | None:
        """The partner of that name."""
        return next((row for row in self.wallets if row.name == name), None)

    def order_maker(self) -> str | None:
        """The partner whose switch makes the codes that tills show; None when we do."""
        makers = (row.name for row in self.wallets if row.upstream and row.upstream.order_codes)
        return next(makers, None)

    def psp_names(self) -> dict[str, str]:
        """Each partner's name on the wire, by its name here."""
        return {row.name: row.psp_name for row in self.wallets}
