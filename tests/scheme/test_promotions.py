"""Coupons in the life of a payment, through the book, on both databases."""

import pytest

from pos.errors import WrongUse
from pos.scheme.clients import Clients
from pos.scheme.coupons import Coupon
from pos.scheme.discover import merchants_near
from pos.scheme.moments import milliseconds
from pos.scheme.partners import PartnerUnreachable
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.stickers import Seller, Stickers
from pos.scheme.wallet import SimulatedWallet
from pos.switch.enrolment import Assignment
from pos.switch.wire import WireAmount, dump
from tests.scheme.conftest import Desk

TEN_OFF = Coupon("ten", "10 off 100", "vipps", "NOK", budget=5_000, off=1_000, least=10_000)
BIG = 5_000_000


def add(desk, *coupons):
    """Let coupons run."""
    desk.scheme.book.promotions.add(coupons)


def accounts(desk):
    """Balances of the ledger by account and currency, and that the books are sound."""
    books = statement(desk.scheme.store)
    assert books["unbalanced"] == []
    return {(row["account"], row["currency"]): row["value"] for row in books["balances"]}


def spending(desk, coupon_id="ten"):
    """Left, reserved and spent of a coupon, which always add up to its budget."""
    (row,) = [r for r in desk.scheme.book.promotions.spending() if r.coupon.coupon_id == coupon_id]
    assert row.left + row.reserved + row.spent == row.coupon.budget
    return row.left, row.reserved, row.spent


def told(results):
    """Name and savings of each line on the wire."""
    return [
        (each.discount.discount_name, str(each.discount.savings_amount.amount()))
        for each in results
    ]


def test_the_merchant_gets_all_the_customer_pays_less_and_the_wallet_the_rest(desk):
    """129.00 sold; 119.00 charged; 10.00 on the wallet's marketing account."""
    add(desk, TEN_OFF)
    answer = desk.pay()
    assert told(answer.promotion_result) == [("10 off 100", "10.00 NOK")]
    assert answer.promotion_result[0].promotion_type == "DISCOUNT"
    assert answer.payment_amount.value == "12900"
    assert answer.actual_payment_amount == WireAmount(currency="NOK", value="11900")
    assert desk.balance() == BIG - 11_900
    assert accounts(desk) == {
        ("wallet:vipps", "NOK"): 11_900,
        ("marketing:vipps", "NOK"): 1_000,
        ("merchant:vipps:till-1", "NOK"): -12_900,
    }
    assert spending(desk) == (4_000, 0, 1_000)
    assert desk.inquire().promotion_results == answer.promotion_result


def test_across_currencies_the_wallet_funds_at_the_payment_s_own_quote(desk):
    """10.00 NOK off 90.61 CNY is 7.02 CNY; every currency sums to zero."""
    add(desk, Coupon("n", "10 off", "alipay", "NOK", budget=9_000, off=1_000))
    before = desk.balance("alipay", "Li Na")
    answer = desk.pay(code=desk.code("alipay", customer="Li Na"))
    assert told(answer.promotion_result) == [("10 off", "10.00 NOK")]
    assert answer.actual_payment_amount.value == str(9_061 - 702)
    assert answer.payment_quote.quote_price == "0.70242863"
    assert desk.balance("alipay", "Li Na") == before - 8_359
    assert accounts(desk) == {
        ("wallet:alipay", "CNY"): 8_359,
        ("marketing:alipay", "CNY"): 702,
        ("exchange", "CNY"): -9_061,
        ("exchange", "NOK"): 12_900,
        ("merchant:vipps:till-1", "NOK"): -12_900,
    }


def test_a_repeated_request_gets_the_same_answer_and_spends_once(desk):
    """Also after the coupon has ended."""
    add(desk, TEN_OFF)
    code = desk.code()
    first = desk.pay(code=code)
    desk.scheme.book.promotions.end("ten")
    assert [dump(desk.pay(code=code)) for _ in range(2)] == [dump(first)] * 2
    assert spending(desk) == (4_000, 0, 1_000)
    assert desk.pay("r-2").promotion_result is None


def test_a_coupon_is_good_only_where_and_when_it_says(desk, clock):
    """Merchant, currency, wallet, threshold and dates."""
    now = milliseconds(clock())
    add(
        desk,
        Coupon("elsewhere", "x", "vipps", "NOK", 5_000, off=100, merchants=("M-0002",)),
        Coupon("here", "here", "vipps", "NOK", 5_000, off=100, merchants=("M-9", "M-0001")),
        Coupon("later", "later", "vipps", "NOK", 5_000, off=500, begins_at_ms=now + 60_000),
        Coupon("over", "x", "vipps", "NOK", 5_000, off=900, ends_at_ms=now + 60_000, least=90_000),
        Coupon("abroad", "x", "vipps", "SEK", 5_000, off=900),
        Coupon("others", "x", "epassi", "EUR", 5_000, off=900),
    )
    assert told(desk.pay("r-1").promotion_result) == [("here", "1.00 NOK")]
    clock.advance(minutes=1)
    assert told(desk.pay("r-2", value=90_000).promotion_result) == [("later", "5.00 NOK")]


@pytest.mark.parametrize("behaves", ["declines", "no-money"])
def test_a_declined_payment_gives_the_budget_back(desk, behaves):
    """Nothing is told, nothing is kept, and the customer may use her coupon another time."""
    add(desk, Coupon("ten", "x", "vipps", "NOK", 5_000, off=1_000, customer_count=1))
    assert desk.pay(code=desk.code(behaves=behaves)).promotion_result is None
    assert spending(desk) == (5_000, 0, 0)
    assert desk.inquire().promotion_results is None
    assert desk.pay("r-2").promotion_result is not None
    assert desk.pay("r-3").promotion_result is None


def test_an_open_payment_holds_the_budget_until_it_expires(desk, clock):
    """Reserved while the customer may still say yes, left again when her time is over."""
    add(desk, TEN_OFF)
    answer = desk.pay(code=desk.code(behaves="silent"), expiry="2026-03-01T11:01:00+00:00")
    assert answer.promotion_result is None
    assert spending(desk) == (4_000, 1_000, 0)
    clock.advance(minutes=1)
    assert desk.inquire().payment_status == "FAIL"
    assert spending(desk) == (5_000, 0, 0)


@pytest.mark.parametrize("behaves", ["pays", "silent"])
def test_a_cancelled_payment_gives_the_budget_back_once(desk, behaves):
    """Before and after the customer was charged; repeating the cancel changes nothing."""
    add(desk, Coupon("ten", "x", "vipps", "NOK", 5_000, off=1_000, customer_budget=1_500))
    desk.pay(code=desk.code(behaves=behaves))
    assert spending(desk)[0] == 4_000
    assert [desk.cancel().result.result_status for _ in range(3)] == ["S"] * 3
    assert spending(desk) == (5_000, 0, 0)
    assert desk.balance() == BIG
    assert not any(accounts(desk).values())
    assert desk.inquire().promotion_results is None
    assert desk.pay("r-2").promotion_result is not None


def test_refunds_give_the_wallet_its_share_and_the_last_takes_the_rest(desk):
    """100.00 NOK, 33.33 off: three refunds; nobody gets more than was paid, nothing is left."""
    add(desk, Coupon("third", "x", "alipay", "NOK", 9_999, off=3_333))
    before = desk.balance("alipay", "Li Na")
    paid = desk.pay(code=desk.code("alipay"), value=10_000)
    assert paid.actual_payment_amount.value == str(7_024 - 2_341)
    for number, value in enumerate((3_333, 3_333, 3_334)):
        assert desk.refund(paid.payment_id, value, f"rf-{number}").result.result_status == "S"
    given = [(row["customer_value"], row["saved_value"]) for row in _refunds(desk)]
    assert given == [(1_561, 780), (1_561, 780), (1_561, 781)]
    assert desk.balance("alipay", "Li Na") == before
    assert not any(accounts(desk).values())
    assert spending(desk, "third") == (6_666, 0, 3_333)  # a refund does not fill the budget again


def _refunds(desk):
    return sorted(statement(desk.scheme.store)["refunds"], key=lambda row: row["refund_request_id"])


def test_a_repeated_refund_is_paid_once(desk):
    """The same request id moves the wallet's share once."""
    add(desk, TEN_OFF)
    paid = desk.pay()
    answers = {dump(desk.refund(paid.payment_id, 6_450)) for _ in range(3)}
    assert len(answers) == 1
    assert accounts(desk)["marketing:vipps", "NOK"] == 500
    assert accounts(desk)["wallet:vipps", "NOK"] == 5_950
    assert desk.balance() == BIG - 5_950


def test_a_customer_has_a_coupon_as_often_as_it_says(desk):
    """Kari twice, and Ola still."""
    add(desk, Coupon("twice", "x", "vipps", "NOK", 90_000, off=100, customer_count=2))
    kari = [desk.pay(f"k-{n}", code=desk.code(customer="Kari")) for n in range(3)]
    ola = desk.pay("o-1", code=desk.code(customer="Ola"))
    assert [answer.promotion_result is not None for answer in (*kari, ola)] == [
        True, True, False, True,
    ]  # fmt: skip


def test_a_customer_has_no_more_of_a_coupon_than_it_says(desk):
    """10 % up to 20.00 in all for each; a use that would go beyond is not cut but left out."""
    add(
        desk,
        Coupon(
            "tenth", "x", "vipps", "NOK", 90_000, basis_points=1_000, most=5_000,
            customer_budget=2_000,
        ),
    )  # fmt: skip
    values = (12_900, 12_900, 7_100)
    answers = [desk.pay(f"r-{n}", value=value) for n, value in enumerate(values)]
    assert [len(answer.promotion_result or ()) for answer in answers] == [1, 0, 1]
    assert spending(desk, "tenth")[2] == 2_000


def test_a_wallet_that_does_not_tell_who_pays_has_no_personal_coupons(store, clock):
    """The payment is made all the same, and other coupons are good."""

    class Discreet:
        def __init__(self, wallet: SimulatedWallet) -> None:
            self._wallet = wallet

        def __getattr__(self, name: str) -> object:
            return getattr(self._wallet, name)

        def holder(self, code: str) -> str | None:
            raise PartnerUnreachable("Not now.")

    desk = Desk(open_scheme(store, clock, reach=Discreet), clock)
    add(
        desk,
        Coupon("hers", "hers", "vipps", "NOK", 90_000, off=5_000, customer_count=2),
        Coupon("all", "all", "vipps", "NOK", 90_000, off=100),
    )
    assert told(desk.pay().promotion_result) == [("all", "1.00 NOK")]


def test_coupons_that_stack_are_all_told(desk):
    """Two lines on the wire, one sum on the marketing account."""
    add(
        desk,
        Coupon("a", "first", "vipps", "NOK", 90_000, off=500, stacks=True),
        Coupon("b", "second", "vipps", "NOK", 90_000, off=700, stacks=True),
        Coupon("c", "alone", "vipps", "NOK", 90_000, off=1_100),
    )
    assert told(desk.pay().promotion_result) == [("first", "5.00 NOK"), ("second", "7.00 NOK")]
    assert accounts(desk)["marketing:vipps", "NOK"] == 1_200


def test_a_budget_is_used_to_its_end_and_then_the_next_best_is_good(desk):
    """A coupon that is used up makes way; purses with small change are emptied together."""
    add(
        desk,
        Coupon("best", "best", "vipps", "NOK", 16_001, off=1_000),
        Coupon("next", "next", "vipps", "NOK", 90_000, off=10),
    )
    names = [told(desk.pay(f"r-{n}").promotion_result)[0][0] for n in range(18)]
    assert names == ["best"] * 16 + ["next"] * 2
    assert spending(desk, "best") == (1, 0, 16_000)


def test_the_customer_of_a_shown_code_sees_her_discount_before_she_says_yes(desk):
    """The offer names price, lines and charge; looking reserves nothing, scanning does."""
    add(desk, Coupon("ten", "10 off", "alipay", "NOK", 5_000, off=1_000, customer_count=1))
    _, code = desk.show()
    book = desk.scheme.book
    assert book.preview(code, "alipay").discounts == ()
    seen = book.preview(code, "alipay", "Li Na")
    assert spending(desk) == (5_000, 0, 0)
    offer = desk.scheme.customers.scan(code, "alipay", "Li Na")
    assert seen == offer
    assert spending(desk) == (4_000, 1_000, 0)
    assert (str(offer.price), str(offer.charge)) == ("129.00 NOK", "83.59 CNY")
    assert [(d.name, str(d.shown), str(d.funded)) for d in offer.discounts] == [
        ("10 off", "10.00 NOK", "7.02 CNY")
    ]
    assert desk.scheme.customers.scan(code, "alipay", "Li Na") == offer
    desk.scheme.customers.approve("alipay", offer.payment_id)
    assert told(desk.inquire().promotion_results) == [("10 off", "10.00 NOK")]
    assert spending(desk) == (4_000, 0, 1_000)


def test_a_shown_code_that_is_declined_gives_the_budget_back(desk):
    """No is no."""
    add(desk, TEN_OFF)
    _, code = desk.show()
    offer = desk.scheme.customers.scan(code, "vipps")
    desk.scheme.customers.decline("vipps", offer.payment_id)
    assert desk.inquire().payment_status == "FAIL"
    assert spending(desk) == (5_000, 0, 0)


def test_who_used_a_coupon_is_not_kept_by_name(desk, store):
    """Only a digest."""
    from sqlalchemy import select

    from pos.scheme.promotion_tables import promotion_customer, promotion_use

    add(desk, Coupon("once", "x", "vipps", "NOK", 90_000, off=100, customer_count=1))
    desk.pay()
    with store.read() as connection:
        rows = [connection.execute(select(t)).all() for t in (promotion_customer, promotion_use)]
    assert [len(found) for found in rows] == [1, 1]
    assert "Kari" not in str(rows)


def test_a_coupon_is_added_once_and_never_changes(desk):
    """Again unchanged is nothing; changed is refused, and then none of the others is added."""
    promotions = desk.scheme.book.promotions
    assert promotions.add([TEN_OFF]) == ["ten"]
    assert promotions.add([TEN_OFF]) == []
    other = Coupon("new", "new", "vipps", "NOK", 5_000, off=1)
    changed = Coupon("ten", "20 off", "vipps", "NOK", 5_000, off=2_000)
    with pytest.raises(WrongUse, match="id of its own"):
        promotions.add([other, changed])
    assert [row.coupon for row in promotions.spending()] == [TEN_OFF]
    with pytest.raises(WrongUse, match="no coupon"):
        promotions.end("none")


def test_discover_lists_merchants_with_what_the_wallet_offers_there(desk, store, clock):
    """Those with offers of their own first; used-up, ended and others' coupons are not shown.

    A till's enrolment tells the address; a merchant with two tills is listed once.
    """
    enrolled = Assignment(
        reference_merchant_id="M-1", merchant_name="Aker Brygge Bar", currency="NOK",
        store_address="Stranden 1",
    )  # fmt: skip
    with store.write() as connection:
        clients = Clients(store, clock)
        clients.admit(connection, "till-1")
        clients.admit(connection, "till-2", dump(enrolled).decode())
        clients.admit(connection, "till-3", dump(enrolled).decode())
    seller = Seller("Fjord Kafe", "M-2", "S", "5814", "NOK")
    Stickers(store, desk.scheme.book, clock).issue("till-1", "T1", seller)
    add(
        desk,
        Coupon("all", "5 %", "vipps", "NOK", 9_000, basis_points=250, most=500, least=1_000),
        Coupon("kafe", "kr 10", "vipps", "NOK", 9_000, off=1_000, merchants=("M-2",)),
        Coupon("sek", "x", "vipps", "SEK", 9_000, off=1_000),
        Coupon("other", "x", "alipay", "CNY", 9_000, off=1_000),
        Coupon("ended", "x", "vipps", "NOK", 9_000, off=1_000),
        Coupon("used", "x", "vipps", "NOK", 1_000, off=1_000, merchants=("M-0001",)),
    )
    desk.scheme.book.promotions.end("ended")
    desk.pay()
    now = milliseconds(clock())
    found = merchants_near(store, desk.scheme.book.promotions, "vipps", "NOK", now)
    assert [(shop.name, shop.address, [o.coupon_id for o in shop.offers]) for shop in found] == [
        ("Fjord Kafe", "", ["all", "kafe"]), ("Aker Brygge Bar", "Stranden 1", ["all"]),
    ]  # fmt: skip
    percent, fixed = found[0].offers
    assert (percent.percent, str(percent.most), str(percent.least)) == (
        "2.5",
        "5.00 NOK",
        "10.00 NOK",
    )
    assert (str(fixed.off), fixed.percent, fixed.ends_at_ms) == ("10.00 NOK", None, None)
    abroad = merchants_near(store, desk.scheme.book.promotions, "epassi", "EUR", now)
    assert [(shop.name, shop.offers) for shop in abroad] == [
        ("Aker Brygge Bar", ()), ("Fjord Kafe", ()),
    ]  # fmt: skip
