"""VAT: the rate of a class on a day, and the table as the authority's own example sums it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import SettingsError
from pos.sale.vat import RATES, VatClass, VatRow, net_of, rate_on, vat_table


@pytest.mark.parametrize(
    ("country", "vat", "day", "rate"),
    [
        ("NO", VatClass.STANDARD, date(2026, 11, 29), 2500),
        ("NO", VatClass.REDUCED, date(2026, 11, 29), 1500),
        ("NO", VatClass.LOW, date(2026, 11, 29), 1200),
        ("NO", VatClass.ZERO, date(2026, 11, 29), 0),
        ("FI", VatClass.STANDARD, date(2024, 8, 31), 2400),
        ("FI", VatClass.STANDARD, date(2024, 9, 1), 2550),
        ("FI", VatClass.REDUCED, date(2025, 12, 31), 1400),
        ("FI", VatClass.REDUCED, date(2026, 1, 1), 1350),
        ("FI", VatClass.LOW, date(2026, 1, 1), 1000),
        ("FI", VatClass.REDUCED, date(1990, 1, 1), 1400),
    ],
)
def test_a_rate_is_that_of_the_day(country: str, vat: VatClass, day: date, rate: int) -> None:
    """A law changes a rate from one day to the next."""
    assert rate_on(country, vat, day) == rate


def test_every_country_has_every_class_newest_first() -> None:
    """Or a product could be without a rate, or with a rate that is over."""
    for classes in RATES.values():
        assert set(classes) == set(VatClass)
        for dated in classes.values():
            days = [since for since, _ in dated]
            assert days == sorted(days, reverse=True)


def test_a_country_without_rates_is_refused() -> None:
    """With the countries that may be named."""
    with pytest.raises(SettingsError, match=r"'XX'.*NO, FI"):
        rate_on("XX", VatClass.STANDARD, date(2026, 1, 1))


def test_the_table_sums_as_the_authoritys_example() -> None:
    """32.80, 25.80 and 27.80 at 15 % are 75.12 net; dividing their sum would give 75.13."""
    table = vat_table([(3280, 1500), (2580, 1500), (2780, 1500)])
    assert table == (VatRow(1500, 7512, 1128, 8640),)
    assert net_of(8640, 1500) == 7513


def test_the_table_has_a_row_for_each_rate_highest_first() -> None:
    """Exempt goods stand apart."""
    table = vat_table([(1000, 0), (1150, 1500), (2500, 2500)])
    assert table == (
        VatRow(2500, 2000, 500, 2500), VatRow(1500, 1000, 150, 1150), VatRow(0, 1000, 0, 1000),
    )  # fmt: skip


@given(st.integers(0, 99_999_999), st.sampled_from([0, 1000, 1200, 1350, 1400, 1500, 2500, 2550]))
def test_net_is_the_nearest_whole_unit(gross: int, rate: int) -> None:
    """No more than half a unit from the exact quotient, and a half goes up."""
    net = net_of(gross, rate)
    assert -(10_000 + rate) <= 2 * (gross * 10_000 - net * (10_000 + rate)) < 10_000 + rate
