"""A merchant who asks to be paid out in another currency: at a locked rate, refunds included."""

import csv
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.scheme.rates_file import sample_rates
from pos.scheme.settlement import Settlement
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.terms import Terms
from pos.switch.wire import InquiryRefundRequest, SettlementStrategy
from tests.scheme.conftest import CLIENT, Clock, Desk, check_agreement, pay_request
from tests.scheme.test_quotes import with_rates


def pay(desk, request_id="r-1", wallet="alipay", into="EUR", **fields):
    """A payment by code, to be paid out in `into`."""
    request = pay_request(request_id, desk.code(wallet), **fields)
    asked = {"settlement_strategy": SettlementStrategy(settlement_currency=into)}
    return desk.scheme.book.pay(CLIENT, request.model_copy(update=asked))


def balances(store) -> dict[tuple[str, str], int]:
    """What stands on each account."""
    return {(row["account"], row["currency"]): row["value"] for row in statement(store)["balances"]}


def test_the_rate_is_told_and_the_merchant_is_owed_what_it_makes(desk):
    """129.00 NOK at 0.08521517 are 10.99 EUR, whatever the customer's own currency is."""
    paid = pay(desk)
    assert paid.gross_settlement_amount.amount().plain() == "10.99"
    assert paid.gross_settlement_amount.currency == "EUR"
    assert paid.settlement_quote.quote_currency_pair == "NOK/EUR"
    assert paid.settlement_quote.quote_price == "0.08521517"
    assert paid.actual_payment_amount.value == "9061"
    assert paid.settlement_quote.quote_id != paid.payment_quote.quote_id
    found = desk.inquire()
    assert found.gross_settlement_amount == paid.gross_settlement_amount
    assert found.settlement_quote == paid.settlement_quote
    accounts = balances(desk.scheme.store)
    assert accounts["merchant:vipps:till-1", "EUR"] == -1_099
    assert accounts["wallet:alipay", "CNY"] == 9_061
    check_agreement(desk.scheme.store)


def test_within_one_currency_there_is_no_quote(desk):
    """Asked for or not: the merchant is paid out in the currency of the price."""
    for paid in (pay(desk, "r-1", into="NOK"), desk.pay("r-2")):
        assert paid.result.result_code == "SUCCESS"
        assert (paid.gross_settlement_amount, paid.settlement_quote) == (None, None)


@pytest.mark.parametrize("wallet", ["vipps", "epassi", "alipay"])
def test_a_cancellation_leaves_nothing(desk, wallet):
    """Also where the customer's currency is the merchant's, or that of the price."""
    before = {name: desk.balance(name, who) for name, who in
              (("vipps", "Kari"), ("epassi", "Aino"), ("alipay", "Li Na"))}  # fmt: skip
    assert pay(desk, wallet=wallet).result.result_code == "SUCCESS"
    assert desk.cancel().result.result_code == "SUCCESS"
    assert set(balances(desk.scheme.store).values()) <= {0}
    after = {name: desk.balance(name, who) for name, who in
             (("vipps", "Kari"), ("epassi", "Aino"), ("alipay", "Li Na"))}  # fmt: skip
    assert after == before


def test_a_refund_tells_its_part_at_the_same_rate(desk):
    """At once and when it is asked for; the last one takes the rounding remainder."""
    paid = pay(desk)
    desk.scheme.book.quote_by(with_rates("10.0000"))
    first = desk.refund(paid.payment_id, 4_300, "rf-1")
    assert first.gross_settlement_amount.value == "366"  # 43.00 x 0.08521517 = 3.664
    assert first.settlement_quote == paid.settlement_quote
    asked = desk.scheme.book.inquire_refund(CLIENT, InquiryRefundRequest(refund_request_id="rf-1"))
    assert asked.gross_settlement_amount == first.gross_settlement_amount
    assert asked.settlement_quote == first.settlement_quote
    rest = [desk.refund(paid.payment_id, 4_300, f"rf-{n}") for n in (2, 3)]
    assert [each.gross_settlement_amount.value for each in rest] == ["366", "367"]
    assert set(balances(desk.scheme.store).values()) == {0}
    check_agreement(desk.scheme.store)


@pytest.mark.parametrize("into", ["XXX", "TRY"])
def test_a_currency_that_nobody_can_be_paid_out_in_is_refused(desk, into):
    """Before anything is charged."""
    assert pay(desk, into=into).result.result_code == "CURRENCY_NOT_SUPPORT"
    assert desk.balance("alipay", "Li Na") == 4_000_000


def test_a_currency_without_a_rate_today_is_refused(desk):
    """A currency that exists, but is not in the file."""
    desk.scheme.book.quote_by(with_rates("10.0000"))
    assert pay(desk, into="SEK").result.result_code == "CURRENCY_NOT_SUPPORT"
    desk.scheme.book.quote_by(sample_rates())
    assert pay(desk, "r-2", into="SEK").result.result_code == "SUCCESS"
    assert pay(desk, "r-3", into="KRW", value=99_999_999).result.result_code == (
        "PAYMENT_AMOUNT_EXCEED_LIMIT"
    )


def test_the_day_is_settled_in_the_currency_that_was_asked_for(desk, clock, tmp_path):
    """A batch of its own; amount and fee in EUR beside the price in NOK, and the sums agree."""
    paid = pay(desk)
    desk.pay("r-2", code=desk.code("alipay"))
    desk.refund(paid.payment_id, 4_300)
    clock.advance(days=2)
    job = Settlement(desk.scheme.store, tmp_path, Terms.shipped(), {}, clock)
    files = [written.path for written in job.settle(date(2026, 3, 1))]
    (items,) = [path for path in files if path.name.startswith("settlementItems_CONNECTWALLET_EUR")]
    with items.open(newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["customerId"]]
    told = [
        (row["transactionType"], row["transactionAmountValue"], row["transactionCurrency"],
         row["settlementAmountValue"], row["settlementCurrency"], row["feeAmountValue"],
         row["feeCurrency"])
        for row in rows
    ]  # fmt: skip
    assert told == [
        ("PAYMENT", "129.00", "NOK", "10.83", "EUR", "0.16", "EUR"),  # 1.5 % of 10.99
        ("REFUND", "43.00", "NOK", "-3.61", "EUR", "-0.05", "EUR"),  # 3.66 less 0.05 of the fee
    ]
    assert any(path.name.startswith("settlementItems_CONNECTWALLET_NOK") for path in files)


@settings(max_examples=25, deadline=None)
@given(
    price=st.integers(1, 500_000),
    wallet=st.sampled_from(["vipps", "epassi", "alipay"]),
    into=st.sampled_from(["EUR", "CNY", "KRW"]),
    shares=st.lists(st.integers(1, 200_000), max_size=5),
)
def test_whatever_is_refunded_in_parts_the_accounts_end_empty(price, wallet, into, shares):
    """In every currency, the merchant's and the exchange's with them."""
    with Store.open("sqlite://") as store:
        desk = Desk(open_scheme(store, Clock(), random.Random(7).randbytes), Clock())
        paid = pay(desk, wallet=wallet, into=into, value=price)
        if paid.result.result_status != "S":
            assert paid.result.result_code in ("USER_BALANCE_NOT_ENOUGH",)
            return
        left = price
        for number, share in enumerate([*shares, price]):
            if (part := min(share, left)) == 0:
                break
            refunded = desk.refund(paid.payment_id, part, f"rf-{number}")
            assert refunded.result.result_code == "SUCCESS"
            left -= part
            assert statement(store)["unbalanced"] == []
        assert set(balances(store).values()) <= {0}
