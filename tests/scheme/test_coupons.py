"""The arithmetic of coupons: never too much, never nothing, and every unit in its place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import SettingsError
from pos.sale.money import Amount
from pos.scheme.coupon_table import read_coupon, read_coupons, sample_coupons
from pos.scheme.coupons import Bill, Coupon, best_savings, savings, shares_of_refund
from pos.scheme.rates import customer_value
from pos.scheme.rates_file import sample_rates

RATES = sample_rates()
HOMES = {"vipps": "NOK", "epassi": "EUR", "alipay": "CNY"}


def bill(value: int, currency: str = "NOK", home: str = "CNY") -> Bill:
    """What a merchant asks for, and what it is to the customer."""
    price = Amount(value, currency)
    if home == currency:
        return Bill(price, price)
    rate = RATES.rate(currency, home)
    return Bill(price, Amount(customer_value(rate, price), home), rate)


def coupon(coupon_id: str = "c", **fields: object) -> Coupon:
    """A coupon of Alipay in NOK, 10.00 off if nothing else is said."""
    terms = {"wallet": "alipay", "currency": "NOK", "budget": 10**9} | fields
    if "basis_points" not in terms:
        terms.setdefault("off", 1_000)
    return Coupon(coupon_id, f"Coupon {coupon_id}", **terms)  # type: ignore[arg-type]


def told(taken) -> list[tuple[str, int, int]]:
    """Id, value in the price's currency and in the wallet's, of each."""
    return [(saving.coupon.coupon_id, saving.shown, saving.funded) for saving in taken]


def test_a_fixed_coupon_in_the_price_s_currency_is_funded_at_the_quote():
    """10.00 NOK is 7.02 CNY at 0.70242863."""
    assert told(savings([coupon()], bill(12_900))) == [("c", 1_000, 702)]


def test_a_coupon_in_the_wallet_s_currency_is_good_for_any_price():
    """10.00 CNY off; the till is told what that is in NOK, at the payment's own quote."""
    taken = savings([coupon(currency="CNY")], bill(12_900))
    assert told(taken) == [("c", 1_424, 1_000)]  # 10.00 x 129.00 / 90.61 = 14.2368
    assert taken[0].value == 1_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [(9_999, 0), (10_000, 500), (10_010, 501), (10_009, 500), (90_000, 2_000)],
)
def test_a_percentage_is_rounded_half_up_from_its_threshold_to_its_cap(value, expected):
    """5 % from 100.00 on, 20.00 at most."""
    five = coupon(wallet="vipps", basis_points=500, most=2_000, least=10_000)
    taken = savings([five], bill(value, home="NOK"))
    assert sum(saving.shown for saving in taken) == expected


def test_those_that_stack_go_together_and_all_are_told():
    """Each is reckoned on the whole price, in the order of the ids."""
    both = [
        coupon("b", wallet="vipps", stacks=True),
        coupon("a", wallet="vipps", basis_points=1_000, most=5_000, stacks=True),
    ]
    taken = best_savings(both, bill(12_900, home="NOK"))
    assert told(taken) == [("a", 1_290, 1_290), ("b", 1_000, 1_000)]


@pytest.mark.parametrize(("alone", "expected"), [(2_100, ["alone"]), (1_999, ["a", "b"])])
def test_the_customer_gets_whichever_saves_her_more(alone, expected):
    """Two that stack, or the one that does not."""
    offered = [
        coupon("alone", off=alone),
        coupon("a", stacks=True),
        coupon("b", stacks=True),
    ]
    taken = best_savings(offered, bill(12_900))
    assert [saving.coupon.coupon_id for saving in taken] == expected


def test_no_coupon_takes_nothing_off():
    """Nothing offered, nothing taken."""
    assert best_savings([], bill(12_900)) == ()


AMOUNTS = st.integers(1, 200_000)


@st.composite
def coupons(draw) -> Coupon:
    """Any coupon of Alipay."""
    fixed = draw(st.booleans())
    return coupon(
        draw(st.text("abcdef", min_size=1, max_size=3)),
        currency=draw(st.sampled_from(["NOK", "CNY", "JPY"])),
        off=draw(AMOUNTS) if fixed else None,
        basis_points=None if fixed else draw(st.integers(1, 10_000)),
        most=None if fixed else draw(AMOUNTS),
        least=draw(st.one_of(st.just(0), AMOUNTS)),
        stacks=draw(st.booleans()),
    )


@given(
    st.lists(coupons(), max_size=5, unique_by=lambda each: each.coupon_id),
    st.integers(1, 99_999_999),
    st.sampled_from(["NOK", "CNY", "JPY"]),
)
def test_whatever_the_coupons_the_customer_pays_something_and_saves_no_more(
    offered, value, currency
):
    """Every line is above zero, in bounds, and all together stay below price and charge."""
    asked = bill(min(value, 9_999_999), currency)
    good = [each for each in offered if each.currency in (currency, "CNY")]
    taken = best_savings(good, asked)
    assert sum(saving.shown for saving in taken) < asked.price.value
    assert sum(saving.funded for saving in taken) < asked.charge.value
    for saving in taken:
        assert saving.shown > 0
        assert saving.funded > 0
        assert 0 < saving.value <= saving.coupon.largest
        if asked.rate is None:
            assert saving.shown == saving.funded == saving.value
    for each in good:
        alone = savings([each], asked)
        assert sum(s.funded for s in alone) <= sum(s.funded for s in taken)


@given(st.integers(2, 10**6), st.data())
def test_refunds_give_back_to_both_exactly_what_each_paid(total, data):
    """However the charge is cut, the parts add up, and no part exceeds what is left."""
    saved = data.draw(st.integers(1, total - 1))
    charge = total - saved
    charge_left, saved_left = charge, saved
    while charge_left + saved_left:
        back = data.draw(st.integers(0, charge_left + saved_left))
        if back == 0:
            back = charge_left + saved_left
        to_customer, to_wallet = shares_of_refund(
            back, charge, saved, charge_left=charge_left, saved_left=saved_left
        )
        assert to_customer + to_wallet == back
        assert 0 <= to_customer <= charge_left
        assert 0 <= to_wallet <= saved_left
        charge_left, saved_left = charge_left - to_customer, saved_left - to_wallet


def test_a_third_refunded_is_a_third_to_each():
    """Of 90.00 and 10.00, 33.33 goes back as 30.00 and 3.33."""
    assert shares_of_refund(3_333, 9_000, 1_000, charge_left=9_000, saved_left=1_000) == (
        3_000,
        333,
    )


ROW = {"id": "x", "name": "X", "wallet": "alipay", "currency": "NOK", "budget": "100", "off": "10"}


def test_a_row_is_read_in_major_units_and_with_times():
    """Text amounts, zones, and all that a coupon knows."""
    read = read_coupon(
        ROW
        | {
            "least": "99.50",
            "customer_count": 2,
            "customer_budget": "30",
            "begins": "2026-03-01T00:00:00+01:00",
            "ends": "2026-03-02T00:00:00+01:00",
            "merchants": ["M-0001"],
            "stacks": True,
        }
    )
    assert read == Coupon(
        "x", "X", "alipay", "NOK", 10_000, off=1_000, least=9_950, customer_count=2,
        customer_budget=3_000, begins_at_ms=1_772_319_600_000, ends_at_ms=1_772_406_000_000,
        merchants=("M-0001",), stacks=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "a b"}, "id"),
        ({"name": ""}, "name"),
        ({"name": "a\x1b[2J"}, "name"),
        ({"wallet": "paypal"}, "wallet"),
        ({"currency": "XXX"}, "currency"),
        ({"budget": "9.99"}, "budget"),
        ({"budget": 100.5}, "budget"),
        ({"budget": "-1"}, "budget"),
        ({"budget": "0"}, "budget"),
        ({"budget": "1" + "0" * 14}, "budget"),
        ({"off": "10.001"}, "off"),
        ({"off": None}, "off"),
        ({"percent": "5", "most": "5"}, "off"),
        ({"off": None, "percent": "5"}, "most"),
        ({"off": None, "percent": "101", "most": "5"}, "percent"),
        ({"most": "5"}, "most"),
        ({"customer_count": 0}, "customer_count"),
        ({"customer_count": True}, "customer_count"),
        ({"begins": "tomorrow"}, "begins"),
        ({"ends": "2026-03-01T00:00:00"}, "ends"),
        ({"begins": "2026-03-02T00:00:00Z", "ends": "2026-03-01T00:00:00Z"}, "ends"),
        ({"merchants": "M-0001"}, "merchants"),
        ({"merchants": ["a\nb"]}, "merchants"),
        ({"stacks": "yes"}, "stacks"),
        ({"discount": "10"}, "discount"),
    ],
)
def test_a_wrong_row_is_refused_by_coupon_and_key(change, named):
    """The sentence names both."""
    row = {key: value for key, value in (ROW | change).items() if value is not None}
    with pytest.raises(SettingsError, match=rf"Coupon '.*': {named} "):
        read_coupon(row)


@pytest.mark.parametrize("text", ["promotion = 1", "[[coupon]]\nid = 'x'", "[[", ""])
def test_a_file_that_is_no_table_of_coupons_is_refused(text):
    """Not TOML, or of something else."""
    with pytest.raises(SettingsError, match="coupons"):
        read_coupons(text)


def test_the_coupons_that_ship_are_good_somewhere():
    """Every one saves something on a price of 200 in its own currency."""
    shipped = sample_coupons()
    assert {each.wallet for each in shipped} == set(HOMES)
    for each in shipped:
        asked = bill(20_000, each.currency, HOMES[each.wallet])
        assert savings([replace(each, customer_count=None)], asked)
