"""Rates and routing: quotes in whole numbers, and which wallet a code belongs to."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.money import EXPONENTS, Amount, exponent
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.rates import NoRate, Rate, Rates, customer_value
from pos.scheme.rates_file import sample_rates

CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@given(value=st.integers(1, 99_999_999), sold=CURRENCIES, bought=CURRENCIES)
def test_conversion_is_the_price_on_the_wire_rounded_half_up(value, sold, bought):
    """Anybody with the quote and a decimal calculator gets the same amount."""
    rate = sample_rates().rate(sold, bought)
    major = Decimal(value).scaleb(-exponent(sold)) * Decimal(rate.price_text())
    expected = major.scaleb(exponent(bought)).quantize(Decimal(1), ROUND_HALF_UP)
    assert rate.convert(value) == expected


@given(price=st.integers(0, 10**13), sold=CURRENCIES, bought=CURRENCIES)
def test_a_stored_rate_is_the_same_rate(price, sold, bought):
    """What is kept with a payment converts its refunds as it converted the payment."""
    rate = Rate("q", sold, bought, price)
    assert Rate.stored("q", sold, bought, rate.price_text()) == rate


def test_exactly_half_goes_up():
    """Half a smallest unit is rounded up, at every exponent."""
    half = Rate("q", "NOK", "CNY", 50_000_000)
    assert [half.convert(value) for value in (1, 2, 3)] == [1, 1, 2]
    yen = Rate("q", "NOK", "JPY", 100_000_000)
    assert [yen.convert(value) for value in (49, 50, 149, 150)] == [0, 1, 1, 2]


def test_nobody_is_charged_nothing():
    """The smallest price costs the customer at least the smallest unit."""
    tiny = Rate("q", "KRW", "EUR", 1)
    assert customer_value(tiny, Amount(1, "KRW")) == 1


def test_a_currency_without_a_rate_is_refused():
    """No rate is not rate one."""
    rates = Rates(date(2026, 1, 2), {"EUR": Decimal(1), "NOK": Decimal("11.5")})
    assert rates.rate("EUR", "NOK").price_text() == "11.50000000"
    with pytest.raises(NoRate, match="CNY"):
        rates.rate("NOK", "CNY")


@pytest.mark.parametrize(
    ("code", "wallet"),
    [
        ("281031020000000000004711", "vipps"),
        ("281032020000000000004711", "epassi"),
        ("281033020000000000004711", "alipay"),
        ("251001020123456789012345", "alipay"),
        ("28024456785672301", "alipay"),
        ("2893612204263667830", "alipay"),
        ("3012345678901234", "alipay"),
        ("https://qr.vipps.no/28/2/01/031/4799999901?v=1", "vipps"),
        ("https://qr.vipps.no/28/2/05/031/123456", None),
        ("135112298638468293", None),
        ("6212345678901234567", None),
        ("301234567890123", None),
        ("2810310200000000000047110", None),
        ("281031020000000000004711\n", None),
        ("٢٨١٠٣١٠٢٠٠٠٠٠٠٠٠٠٠٠٠٤٧١١", None),
        ("", None),
    ],
)
def test_codes_are_routed_by_the_issuer_table(code, wallet):
    """The demo issuers, the published shapes, and nothing else."""
    assert shipped_scheme().wallet_of(code) == wallet
