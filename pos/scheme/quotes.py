"""Quotes: what a partner's customers pay in their currency for a price in another.

Apart from judging payments because a quote is made in the same way for a payment, which keeps it
for good, and for a merchant who only asks.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from pos.scheme.answers import wire_quote
from pos.scheme.moments import milliseconds
from pos.scheme.rates import NoRate, Rate, Rates
from pos.scheme.results import SUCCESS, failure
from pos.scheme.routing import QUOTE_MINUTES, Scheme
from pos.switch.wire import (
    InquireExchangeRateRequest,
    InquireExchangeRateResponse,
    PaymentQuote,
)

WITHOUT_MARKUP = "REFERENCE"


class Quotes:
    """Makes quotes from reference rates and the partners' terms, which may both be replaced."""

    def __init__(self, scheme: Scheme, rates: Rates) -> None:
        self._scheme = scheme
        self.rates = rates

    def route_by(self, scheme: Scheme) -> None:
        """Quote on the terms of another table of partners from now on."""
        self._scheme = scheme

    def quote_by(self, rates: Rates) -> None:
        """Quote by other reference rates from now on; what is quoted already stays as it is."""
        self.rates = rates

    def quote(self, wallet: str, sold: str, bought: str, *, of: str, now: datetime) -> Rate:
        """What `wallet` charges its customers in `bought` for a price in `sold`, from now on.

        `of` makes the quote's id its own. Raises NoRate.
        """
        terms = self._scheme.terms(wallet)
        markup = 0 if terms is None else terms.markup
        minutes = QUOTE_MINUTES if terms is None else terms.quote_minutes
        return self.rates.rate(sold, bought, markup).quoted(of, milliseconds(now), minutes)

    def settlement(self, sold: str, bought: str, *, of: str, now: datetime) -> Rate:
        """The rate at which a merchant with prices in `sold` is paid out in `bought`.

        The reference rate; locked, as the payment keeps it for its refunds. Raises NoRate.
        """
        rate = self.rates.rate(sold, bought)
        return rate.quoted(f"S{of}", milliseconds(now), QUOTE_MINUTES)

    def answer(
        self,
        request: InquireExchangeRateRequest,
        now: datetime,
        new_id: Callable[[datetime], str],
    ) -> InquireExchangeRateResponse:
        """The rates that are asked for, each under an id of its own.

        They tell what a payment would be charged at now; a payment has a quote of its own. Where
        several partners' customers hold a currency, at the rate that is best for none of them.
        """
        found: list[Rate] = []
        try:
            for sold, bought in self._pairs(request):
                if sold != bought:
                    found.append(self._dearest(sold, bought, request.rate_type, new_id(now), now))
        except NoRate:
            return InquireExchangeRateResponse(result=failure("CURRENCY_NOT_SUPPORT"))
        return InquireExchangeRateResponse(
            result=SUCCESS,
            quotes=tuple(wire_quote(rate) for rate in found) or None,
            payment_quotes=tuple(_payment_quote(rate) for rate in found) or None,
        )

    def _pairs(self, request: InquireExchangeRateRequest) -> Iterator[tuple[str, str]]:
        """From the currency of the price to that of the customer."""
        for pair in request.currency_pairs or ():
            yield pair.buy_currency, pair.sell_currency
        price = request.buy_currency or request.payment_currency
        if price is not None and request.sell_currency is not None:
            yield price, request.sell_currency
        elif price is not None:
            for home in sorted({row.currency for row in self._scheme.wallets} - {""}):
                yield price, home

    def _dearest(
        self, sold: str, bought: str, rate_type: str | None, of: str, now: datetime
    ) -> Rate:
        if rate_type == WITHOUT_MARKUP:
            return self.rates.rate(sold, bought).quoted(of, milliseconds(now), QUOTE_MINUTES)
        holders = [row.name for row in self._scheme.wallets if row.currency == bought]
        quotes = [self.quote(wallet, sold, bought, of=of, now=now) for wallet in holders]
        if not quotes:
            raise NoRate(f"No partner's customers hold {bought}.")
        return max(quotes, key=lambda quote: quote.price)


def _payment_quote(rate: Rate) -> PaymentQuote:
    return PaymentQuote(
        buy_currency=rate.sold,
        sell_currency=rate.bought,
        quote_id=rate.quote_id,
        exchange_rate=rate.price_text(),
    )
