"""Fees in whole numbers, and the file that they are agreed in."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import SettingsError
from pos.scheme.terms import Fee, Terms, Units, fee_given_back

START = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("value", "points", "fixed", "fee"),
    [
        (12_900, 150, {}, 194),  # 193.5, half up
        (12_900, 149, {}, 192),  # 192.21
        (10_000, 100, {"NOK": 50}, 150),
        (10_000, 100, {"EUR": 5}, 100),
        (1, 0, {}, 0),
        (49, 100, {}, 0),
        (50, 100, {}, 1),
    ],
)
def test_a_fee_is_rounded_once_half_up(value, points, fixed, fee):
    """A percentage in hundredths of a percent, and a fixed part of the payment's currency."""
    assert Fee("vipps", START, points, fixed).of(value, "NOK") == fee


@given(
    value=st.integers(1, 10**8),
    points=st.integers(0, 10_000),
    fixed=st.integers(0, 500),
    cuts=st.lists(st.integers(1, 10**8), max_size=5),
)
def test_refunds_of_all_of_a_payment_give_back_all_of_its_fee(value, points, fixed, cuts):
    """In whatever parts; no part gives back more than is left of the fee, nor takes any."""
    fee = Fee("vipps", START, points, {"NOK": fixed}).of(value, "NOK")
    edges = [0, *sorted({cut for cut in cuts if cut < value}), value]
    parts = [
        fee_given_back(fee, value, before, after - before)
        for before, after in itertools.pairwise(edges)
    ]
    assert sum(parts) == fee
    assert min(parts) >= 0


def test_the_newest_row_that_has_begun_counts():
    """A price agreed later changes no earlier day; a wallet without a row has that of any."""
    terms = Terms(
        (
            Fee("*", date(2026, 1, 1), 300),
            Fee("vipps", date(2026, 1, 1), 100),
            Fee("vipps", date(2026, 3, 1), 90),
        )
    )
    assert terms.fee("vipps", date(2026, 2, 28)).basis_points == 100
    assert terms.fee("vipps", date(2026, 3, 1)).basis_points == 90
    assert terms.fee("bluecode", date(2026, 3, 1)).basis_points == 300
    with pytest.raises(SettingsError, match="No fee is agreed for vipps on 2025-12-31"):
        terms.fee("vipps", date(2025, 12, 31))


def test_the_terms_that_ship_can_be_read():
    """Every wallet has a fee, and the units are those of the documentation."""
    terms = Terms.shipped()
    assert (terms.transactions, terms.settlement) == (Units.MINOR, Units.MAJOR)
    assert terms.fee("vipps", START).basis_points > 0
    assert terms.fee("anybody", START).basis_points > 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[fee]]\nwallet = 'vipps'\nbasis_points = 99\nfrom = 2026-01-01\npercent = 1", "percent"),
        ("[[fee]]\nwallet = 'vipps'\nbasis_points = 0.99\nfrom = 2026-01-01", "basis_points"),
        ("[[fee]]\nwallet = 'vipps'\nbasis_points = 10001\nfrom = 2026-01-01", "basis_points"),
        ("[[fee]]\nwallet = 'vipps'\nbasis_points = 99\nfrom = '2026-01-01'", "from is a date"),
        ("[[fee]]\nbasis_points = 99\nfrom = 2026-01-01", "wallet is missing"),
        ("[[fee]]\nwallet = 'v'\nfrom = 2026-01-01\nfixed = { NKR = 5 }", "fixed"),
        ("[[fee]]\nwallet = 'v'\nfrom = 2026-01-01\nfixed = 5", "fixed"),
        ("[fee]\nwallet = 'v'", r"\[\[fee\]\]"),
        ("units = 'minor'", r"\[units\]"),
        ("[units]\ntransactions = 'cents'", "minor or major"),
        ("[unit]\n", "unknown key 'unit'"),
        ("fee = [", "cannot be read"),
    ],
)
def test_wrong_terms_are_told_by_their_key(tmp_path, text, told):
    """One sentence that names what is wrong."""
    path = tmp_path / "terms.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=told):
        Terms.load(path)


def test_amounts_are_spelled_in_either_unit():
    """Also below zero, and in a currency without decimals."""
    assert Units.MINOR.text(-5, "NOK") == "-5"
    assert Units.MAJOR.text(-5, "NOK") == "-0.05"
    assert Units.MAJOR.text(12_900, "NOK") == "129.00"
    assert Units.MAJOR.text(129, "JPY") == "129"
