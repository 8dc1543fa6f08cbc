"""Amounts: what may be typed, what may not, and what is said about it.

Apart because every amount that exists is valid, so everything invalid must stop here.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pos.errors import AmountError, WrongUse
from pos.sale.money import EXPONENTS, VALUE_MAX, Amount, exponent

CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@given(st.integers(1, VALUE_MAX), CURRENCIES)
def test_what_is_printed_can_be_typed_again(value: int, currency: str) -> None:
    """`plain` and `parse` are each other's inverse, in every currency."""
    amount = Amount(value, currency)
    assert Amount.parse(amount.plain(), currency) == amount
    assert str(amount) == f"{amount.plain()} {currency}"


@given(st.integers(1, 999_999), st.integers(0, 99), st.sampled_from(".,"))
def test_point_and_comma_mean_the_same(whole: int, fraction: int, mark: str) -> None:
    """Both marks are on a keypad somewhere; neither groups thousands."""
    assert Amount.parse(f"{whole}{mark}{fraction:02d}", "NOK").value == whole * 100 + fraction


@pytest.mark.parametrize(
    ("typed", "currency", "value"),
    [
        ("129", "NOK", 12900),
        ("129.", "NOK", 12900),
        ("129.5", "NOK", 12950),
        ("129,50", "NOK", 12950),
        ("0.01", "EUR", 1),
        ("007", "NOK", 700),
        ("  12.00  ", "NOK", 1200),
        ("500", "JPY", 500),
        ("500.", "JPY", 500),
        ("999999.99", "NOK", VALUE_MAX),
    ],
)
def test_amounts_as_people_type_them(typed: str, currency: str, value: int) -> None:
    """Decimals may be left out; blanks around and zeros before do not matter."""
    assert Amount.parse(typed, currency) == Amount(value, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "key"),
    [
        ("0", "NOK", "amount.not_above_zero"),
        ("0.00", "NOK", "amount.not_above_zero"),
        ("-1", "NOK", "amount.not_above_zero"),
        ("-0.01", "NOK", "amount.not_above_zero"),
        ("1000000.00", "NOK", "amount.too_large"),
        ("999999999999", "NOK", "amount.too_large"),
        ("100000000", "JPY", "amount.too_large"),
        ("1.005", "NOK", "amount.too_many_decimals"),
        ("1.000", "NOK", "amount.too_many_decimals"),
        ("1.5", "JPY", "amount.too_many_decimals"),
        ("", "NOK", "amount.unreadable"),
        (" ", "NOK", "amount.unreadable"),
        (".", "NOK", "amount.unreadable"),
        (".50", "NOK", "amount.unreadable"),
        ("1e3", "NOK", "amount.unreadable"),
        ("1_000", "NOK", "amount.unreadable"),
        ("1 000", "NOK", "amount.unreadable"),
        ("1.000,00", "NOK", "amount.unreadable"),
        ("+5", "NOK", "amount.unreadable"),
        ("0x10", "NOK", "amount.unreadable"),
        ("NaN", "NOK", "amount.unreadable"),
        ("inf", "NOK", "amount.unreadable"),
        ("١٢٣", "NOK", "amount.unreadable"),
        ("１２３", "NOK", "amount.unreadable"),
        ("12\n34", "NOK", "amount.unreadable"),
        ("1234567890123", "NOK", "amount.unreadable"),
        ("129", "ZZZ", "amount.currency_unknown"),
        ("129", "nok", "amount.currency_unknown"),
    ],
)
def test_what_cannot_be_paid_gets_a_sentence(typed: str, currency: str, key: str) -> None:
    """Each fault has its key for every language, an English sentence, and exit code 2."""
    with pytest.raises(AmountError) as caught:
        Amount.parse(typed, currency)
    assert caught.value.key == key
    assert caught.value.exit_code == WrongUse.exit_code == 2
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


@given(st.text(max_size=400), CURRENCIES)
@example("\x1b[2J", "NOK")
@example("9" * 400, "NOK")
def test_junk_is_refused_or_is_an_amount(typed: str, currency: str) -> None:
    """Whatever is typed: an amount above zero, or one printable sentence that stays short."""
    try:
        amount = Amount.parse(typed, currency)
    except AmountError as fault:
        said = str(fault)
        assert len(said) < 200
        assert "\n" not in said
        assert "\x1b" not in said
    else:
        assert 0 < amount.value <= VALUE_MAX


@given(st.integers(max_value=0) | st.integers(min_value=VALUE_MAX + 1), CURRENCIES)
def test_no_amount_outside_the_bounds_exists(value: int, currency: str) -> None:
    """Not by any way of making one."""
    with pytest.raises(AmountError):
        Amount(value, currency)


def test_an_unknown_currency_is_named() -> None:
    """With the ones that would do."""
    with pytest.raises(AmountError, match=r"'XYZ' is not known; use one of NOK, EUR"):
        exponent("XYZ")
