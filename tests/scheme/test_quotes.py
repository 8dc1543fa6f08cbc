"""Quotes: mark-up and validity as partners set them, one of its own for each payment, for good."""

import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pos.errors import SettingsError
from pos.scheme.measures import Measures
from pos.scheme.orders import OrderRefused
from pos.scheme.partner_file import read_scheme, shipped_scheme
from pos.scheme.quotes import Quotes
from pos.scheme.rates import Rates
from pos.scheme.rates_file import sample_rates
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.tables import payment, refund
from pos.switch.wire import CurrencyPair, InquireExchangeRateRequest, read_time
from tests.scheme.conftest import Clock, Desk, check_agreement, pay_request


def desk_with(store, clock, **terms) -> Desk:
    """A desk whose Alipay has other `terms` than the one that ships."""
    shipped = shipped_scheme()
    rows = tuple(replace(row, **terms) if row.name == "alipay" else row for row in shipped.wallets)
    scheme = replace(shipped, wallets=rows)
    return Desk(open_scheme(store, clock, random.Random(7).randbytes, terms=scheme), clock)


def with_rates(nok: str) -> Rates:
    """Rates of Monday, 23 November 2026, at which a euro is so many NOK."""
    of_day = {"EUR": Decimal(1), "NOK": Decimal(nok), "CNY": Decimal("8.2430")}
    return Rates(date(2026, 11, 23), of_day)


def test_the_customer_pays_the_markup_and_the_merchant_gets_the_price(store, clock):
    """One and a half per cent above the reference, in her currency; the books still balance."""
    desk = desk_with(store, clock, markup=150)
    paid = desk.pay(code=desk.code("alipay"))
    assert paid.payment_quote.quote_price == "0.71296506"  # 8.2430 / 11.7350 x 1.015
    assert paid.actual_payment_amount.value == "9197"  # 129.00 of it is 91.97249
    assert desk.balance("alipay", "Li Na") == 4_000_000 - 9_197
    books = statement(store)
    assert books["unbalanced"] == []
    owed = {row["account"]: row["value"] for row in books["balances"]}
    assert owed["merchant:vipps:till-1"] == -12_900
    check_agreement(store)


def test_a_quote_has_an_id_and_a_time_of_its_own(store, clock):
    """No two payments share one, and each says from when until when it is good."""
    desk = desk_with(store, clock, quote_minutes=5)
    quotes = [desk.pay(f"r-{n}", code=desk.code("alipay")).payment_quote for n in range(3)]
    assert len({quote.quote_id for quote in quotes}) == 3
    assert all(len(quote.quote_id) <= 64 for quote in quotes)
    for quote in quotes:
        assert read_time(quote.quote_start_time) == clock.now
        life = read_time(quote.quote_expiry_time) - clock.now
        assert life.total_seconds() == 5 * 60


def test_a_payment_keeps_its_quote_whatever_the_rates_do(desk):
    """New rates are for new payments: told again, inquired and refunded at the old one."""
    paid = desk.pay(code=desk.code("alipay"))
    desk.scheme.book.quote_by(with_rates("10.0000"))
    assert desk.inquire().payment_quote == paid.payment_quote
    assert desk.inquire().actual_payment_amount == paid.actual_payment_amount
    desk.refund(paid.payment_id, 4_300)
    desk.refund(paid.payment_id, 8_600, "rf-2")
    back = [row["customer_value"] for row in statement(desk.scheme.store)["refunds"]]
    assert back == [3_020, 6_041]
    later = desk.pay("r-2", code=desk.code("alipay"))
    assert later.payment_quote.quote_price == "0.82430000"
    assert later.payment_quote.quote_id.startswith("REF-20261123-NOKCNY-")
    check_agreement(desk.scheme.store)


def test_a_scanned_code_is_quoted_when_it_is_scanned(desk):
    """At the rate of then, for as long as the customer thinks."""
    answer, code = desk.show()
    assert answer.payment_quote is None
    desk.scheme.book.quote_by(with_rates("10.0000"))
    offer = desk.scheme.customers.scan(code, "alipay")
    assert str(offer.charge) == "106.33 CNY"
    desk.scheme.book.quote_by(sample_rates())
    again = desk.scheme.book.preview(code, "alipay")
    assert (again.charge, again.rate) == (offer.charge, offer.rate)
    desk.scheme.customers.approve("alipay", offer.payment_id)
    found = desk.inquire()
    assert (found.payment_status, found.actual_payment_amount.value) == ("SUCCESS", "10633")
    assert found.payment_quote.quote_id == offer.rate.quote_id


@pytest.mark.parametrize("scenario", ["PaymentCode", "OrderCode"])
def test_nobody_pays_at_a_quote_that_has_expired(store, clock, scenario):
    """The payment ends with it, though it could otherwise have waited longer."""
    desk = desk_with(store, clock, quote_minutes=1)
    if scenario == "PaymentCode":
        answer = desk.pay(code=desk.code("alipay", behaves="silent"))
    else:
        answer, code = desk.show()
        clock.advance(seconds=90)
        desk.scheme.customers.scan(code, "alipay")
    clock.advance(seconds=59)
    assert desk.inquire().payment_status == "PROCESSING"
    clock.advance(seconds=1)
    found = desk.inquire()
    assert (found.payment_status, found.payment_result_code) == ("FAIL", "ORDER_IS_CLOSED")
    assert desk.scheme.customers.approve("alipay", answer.payment_id).answer == "declined"
    assert desk.balance("alipay", "Li Na") == 4_000_000


def test_a_quote_does_not_lengthen_a_payment(desk, clock):
    """A code that ends in a minute ends in a minute, though its quote is good for thirty."""
    ends = "2026-03-01T12:01:01+01:00"
    desk.pay(code=desk.code("alipay", behaves="silent"), expiry=ends)
    clock.advance(minutes=1)
    assert desk.inquire().payment_result_code == "ORDER_IS_CLOSED"


def test_what_no_till_can_show_is_over_the_limit(desk):
    """A price that is possible, but too much once it is converted, is refused and not lost."""
    answer = desk.pay(code=desk.code("epassi"), value=99_999_999, currency="GBP")
    assert answer.result.result_code == "PAYMENT_AMOUNT_EXCEED_LIMIT"
    _, code = desk.show("r-2", value=99_999_999, currency="GBP")
    with pytest.raises(OrderRefused, match="above what ePassi takes"):
        desk.scheme.customers.scan(code, "epassi")


def test_a_partner_s_terms_are_read_from_the_file(tmp_path):
    """Mark-up and validity, each within its bounds; without them none, and half an hour."""
    file = tmp_path / "partners.toml"
    file.write_text('[[partner]]\nname = "alipay"\nmarkup = 75\nquote_minutes = 10\n')
    scheme = read_scheme(file)
    assert (scheme.terms("alipay").markup, scheme.terms("alipay").quote_minutes) == (75, 10)
    assert (scheme.terms("epassi").markup, scheme.terms("epassi").quote_minutes) == (0, 30)
    for line in ("markup = -1", "markup = 2001", "markup = 1.5", "quote_minutes = 0"):
        file.write_text(f'[[partner]]\nname = "alipay"\n{line}\n')
        with pytest.raises(SettingsError, match=f"alipay: {line.split()[0]} is a whole number"):
            read_scheme(file)


def ask(desk, **fields):
    """Ask for rates; the code of the result, and each pair with its price."""
    answer = desk.scheme.book.inquire_exchange_rate("till-1", InquireExchangeRateRequest(**fields))
    told = [(quote.quote_currency_pair, quote.quote_price) for quote in answer.quotes or ()]
    multiplied = [
        (f"{quote.buy_currency}/{quote.sell_currency}", quote.exchange_rate)
        for quote in answer.payment_quotes or ()
    ]
    assert told == multiplied
    return answer.result.result_code, told


def test_rates_are_asked_for_by_pair_by_price_or_all(store, clock):
    """A price currency alone is answered with every currency that customers hold."""
    desk = desk_with(store, clock, markup=150)
    pair = CurrencyPair(sell_currency="CNY", buy_currency="NOK")
    in_cny, in_eur = ("NOK/CNY", "0.71296506"), ("NOK/EUR", "0.08521517")
    assert ask(desk, currency_pairs=(pair,)) == ("SUCCESS", [in_cny])
    assert ask(desk, buy_currency="NOK", sell_currency="EUR") == ("SUCCESS", [in_eur])
    assert ask(desk, payment_currency="NOK") == ("SUCCESS", [in_cny, in_eur])
    bare = ask(desk, payment_currency="NOK", sell_currency="CNY", rate_type="REFERENCE")
    assert bare == ("SUCCESS", [("NOK/CNY", "0.70242863")])
    assert ask(desk, buy_currency="NOK", sell_currency="NOK") == ("SUCCESS", [])
    for bought, sold in (("XXX", "CNY"), ("NOK", "XXX"), ("NOK", "JPY")):
        found = ask(desk, buy_currency=bought, sell_currency=sold)
        assert found == ("CURRENCY_NOT_SUPPORT", [])


def test_of_two_partners_with_one_currency_the_dearer_is_told():
    """No customer then pays more than the merchant was told."""
    shipped = shipped_scheme()
    other = replace(shipped.terms("alipay"), name="other", markup=200)
    quotes = Quotes(replace(shipped, wallets=(*shipped.wallets, other)), sample_rates())
    request = InquireExchangeRateRequest(buy_currency="EUR", sell_currency="CNY")
    (quote,) = quotes.answer(request, datetime(2026, 3, 1, tzinfo=UTC), lambda _now: "1").quotes
    assert quote.quote_price == "8.40786000"


@settings(max_examples=25, deadline=None)
@given(
    price=st.integers(2, 500_000),
    markup=st.integers(0, 2_000),
    shares=st.lists(st.integers(1, 200_000), max_size=6),
)
def test_refunds_of_a_real_payment_end_where_it_began(price, markup, shares):
    """Through the whole switch: however it is refunded in parts, and whatever the rates do
    meanwhile, the customer has back what she paid, and the exchange account is empty.
    """
    with Store.open("sqlite://") as store:
        desk = desk_with(store, Clock(), markup=markup)
        paid = desk.pay(code=desk.code("alipay"), value=price)
        left = price
        for number, share in enumerate([*shares, price]):
            part = min(share, left)
            if part == 0:
                break
            desk.scheme.book.quote_by(with_rates(f"{10 + number}.5"))
            done = desk.refund(paid.payment_id, part, f"rf-{number}")
            assert done.result.result_code == "SUCCESS"
            left -= part
        assert desk.balance("alipay", "Li Na") == 4_000_000
        assert all(row["value"] == 0 for row in statement(store)["balances"])
        with store.read() as connection:
            charged = connection.execute(select(payment.c.customer_value)).scalar_one()
            back = connection.execute(select(refund.c.customer_value)).scalars().all()
        assert sum(back) == charged


def test_the_measures_say_of_which_day_the_rates_are(store, desk):
    """So that those who watch are warned when nobody fetches the file any more."""
    measures = Measures(store, desk.scheme.book.rates_day)
    desk.scheme.book.quote_by(with_rates("10.0000"))
    began = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    (line,) = [
        line
        for line in measures.text().decode().splitlines()
        if line.startswith("samkassa_rates_day_timestamp_seconds ")
    ]
    assert float(line.split()[1]) == began


def test_a_running_switch_takes_up_the_file_by_itself(tmp_path):
    """Its next payment is at the new rates; a broken file is told, and changes nothing."""
    today = datetime.now(UTC).date()
    file, log = tmp_path / "rates.xml", tmp_path / "log"

    def put(nok: str) -> None:
        file.write_text(
            '<x xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
            f"<Cube><Cube time='{today}'><Cube currency='NOK' rate='{nok}'/>"
            "<Cube currency='CNY' rate='8'/></Cube></Cube></x>"
        )

    put("12")
    command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--until-eof"]
    options = ["--state", str(tmp_path / "state"), "--rates", str(file)]
    with (
        log.open("w") as told,
        subprocess.Popen(
            [*command, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True,
        ) as child,
    ):  # fmt: skip
        assert child.stdout.readline().startswith("switch ready")
        for change, said in (
            (lambda: put("16"), f"the reference rates of {today} are in use"),
            (lambda: file.write_text("<half"), f"rates of {today} stay in use: The file"),
        ):
            change()
            for _ in range(200):
                if said in log.read_text():
                    break
                time.sleep(0.05)
            assert said in log.read_text()
        child.stdin.close()
        assert child.wait(20) == 0


def test_a_customer_from_the_shell_pays_at_the_file_that_is_given(tmp_path):
    """`pos scheme scan --rates`: as the switch with the same file would charge her."""
    from click.testing import CliRunner

    from pos.commands.scheme import scheme

    file = tmp_path / "rates.xml"
    file.write_text(
        '<x xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        "<Cube time='2026-01-02'><Cube currency='NOK' rate='16'/>"
        "<Cube currency='CNY' rate='8'/></Cube></x>"
    )
    url = f"sqlite:///{tmp_path}/switch.db"
    with Store.open(url) as store:
        answer = open_scheme(store).book.pay("till-1", pay_request(scenario="OrderCode"))
    code = answer.order_code_form.code_details[0].code_value
    options = ["--wallet", "alipay", "--database", url, "--rates", str(file)]
    done = CliRunner().invoke(scheme, ["scan", code, *options])
    assert done.output == "paid 64.50 CNY for 129.00 NOK to Fjord Kafe\n"
