"""How each partner stands right now: what a till may promise its customers.

Apart from the book because nothing of money is asked or moved here: a partner that does not answer
may answer in a minute, and a payment is tried all the same when somebody asks for it.
"""

from collections.abc import Mapping
from typing import Protocol, cast

from pos.scheme.partners import Partner
from pos.scheme.quotes import Quotes
from pos.scheme.rates import NoRate
from pos.scheme.results import SUCCESS
from pos.scheme.routing import Scheme, WalletTerms
from pos.switch.offering import (
    YES,
    Ability,
    OfferingRequest,
    OfferingResponse,
    WalletOffered,
)


class _Far(Protocol):
    """A partner behind another switch."""

    def answers(self) -> bool:
        """Whether that answered when it was last asked, a moment ago."""


class Standing:
    """The partners of `scheme`, which may be replaced, as far as they can be used now."""

    def __init__(self, scheme: Scheme, partners: Mapping[str, Partner], quotes: Quotes) -> None:
        self._scheme = scheme
        self._partners = partners
        self._quotes = quotes

    def route_by(self, scheme: Scheme) -> None:
        """Tell of another table of partners from now on."""
        self._scheme = scheme

    def tell(self, _client_id: str, request: OfferingRequest) -> OfferingResponse:
        """Every partner in the table, in its order."""
        return OfferingResponse(
            result=SUCCESS,
            wallets=tuple(self._offered(row, request.currency) for row in self._scheme.wallets),
        )

    def _offered(self, row: WalletTerms, currency: str) -> WalletOffered:
        reached = self._reached(row.name)
        takes: Ability = reached if reached != YES else self._takes(row, currency)
        scan: Ability = takes if row.patterns or row.otherwise else "not_offered"
        return WalletOffered(
            psp_name=row.psp_name, scan=scan, show=self._shown(row, takes), refund=reached
        )

    def _shown(self, row: WalletTerms, takes: Ability) -> Ability:
        """Whether its customers can pay a code that a till shows, whoever makes those codes."""
        maker = self._scheme.order_maker()
        if row.upstream is not None and row.name != maker:
            return "not_offered"
        made: Ability = YES if maker is None else self._reached(maker)
        return takes if made == YES else made

    def _reached(self, name: str) -> Ability:
        terms = self._scheme.terms(name)
        if terms is None or name not in self._partners:
            return "unreachable"
        if terms.upstream is None:
            return YES
        return YES if cast(_Far, self._partners[name]).answers() else "unreachable"

    def _takes(self, row: WalletTerms, currency: str) -> Ability:
        if row.currency in ("", currency):
            return YES
        try:
            self._quotes.rates.rate(currency, row.currency)
        except NoRate:
            return "currency"
        return YES
