"""What a customer takes home, line by line.

Apart from paper: how a line looks on a printer or a screen is tested with those.
"""

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.language import CODES, Language
from pos.sale.code import ReceiptCode, recognise
from pos.sale.merchant import Merchant, Role, Store, Terminal
from pos.sale.money import Amount
from pos.sale.order import Discount, Line, Order
from pos.sale.payment import Payment, Scenario, State
from pos.sale.receipt import Receipt
from pos.sale.receipt_lines import lines_of
from pos.sale.refund import Refund, RefundState
from pos.sale.return_line import ReturnLine
from pos.sale.returned import Given, taken_apart
from pos.sale.slip import SlipLine

REGISTER = Terminal(
    "T01",
    Merchant("M-1", "Fjord Kafe", "5814", "987 654 325 MVA"),
    Store("OSL-1", "Fjord Kafe Oslo S", "Jernbanetorget 1, 0154 Oslo"),
    "NOK",
    Role.TILL,
)
BESIDE = replace(REGISTER, role=Role.TERMINAL)
AT = 1_772_366_580.0  # 2026-03-01 13:03 in Oslo
REQUEST_ID = "0123456789abcdef0123456789abcdef"
ORDER = Order(
    "s1",
    "NOK",
    (
        Line("Rømmegrøt", 12_900, 2, 1500),
        Line("Kaffe", 3_900, 1, 1500, discount=Discount(percent=1000)),
        Line("Bok", 10_000, 1, 0),
    ),
    tip=1_000,
).discounted(Discount(value=500))
PAYMENT = Payment(
    REQUEST_ID, "s1", ORDER.total(), Scenario.PAYMENT_CODE, AT,
    state=State.PAID, payment_id="20260301987654321", wallet="AlipayCN",
    customer_amount=Amount(27_455, "CNY"), rate="NOK/CNY 0.68200000",
)  # fmt: skip
REFUND = Refund(
    "f1", REQUEST_ID, Amount(12_736, "NOK"), AT + 60, RefundState.REFUNDED, "sf1",
    lines=(ReturnLine(0, 1),),
)  # fmt: skip
SALE = Receipt(17, PAYMENT, ORDER)
RETURN = Receipt(
    18, PAYMENT, ORDER, REFUND, original=17,
    returned=taken_apart(ORDER, [Given(12_736, REFUND.lines)])[0],
)  # fmt: skip

OSLO = ZoneInfo("Europe/Oslo")
ENGLISH = Language("en", OSLO)

GOLDEN_SALE = """
**Fjord Kafe**
Fjord Kafe Oslo S
Jernbanetorget 1, 0154 Oslo
Org.nr. 987 654 325 MVA
##SALGSKVITTERING##
Kvittering|T01-17
Tid|1. mars 2026 13:03
Kasse|T01
----------------------------------------
Rømmegrøt|258,00
2 x 129,00
Kaffe|39,00
Rabatt|-3,90
Bok|100,00
Rabatt på alt|-5,00
Tips|10,00
----------------------------------------
**SUM|398,10 NOK**
Lommebok|AlipayCN
Trukket fra kunden|274,55 CNY
Kurs|NOK/CNY 0.68200000
----------------------------------------
MVA 15 % av 251,63|37,74
Avgiftsfritt|98,73
Sum uten MVA|350,36
Sum MVA|37,74
----------------------------------------
Betaling i sentralen
20260301987654321
Betaling i kassen
0123456789abcdef0123456789abcdef
[samkassa:receipt:0123456789abcdef0123456789abcdef]
Alipay+
"""

GOLDEN_RETURN = """
**Fjord Kafe**
Fjord Kafe Oslo S
Jernbanetorget 1, 0154 Oslo
Business ID 987 654 325 MVA
##RETURN RECEIPT##
Receipt|T01-18
Returned from|T01-17
Time|1 Mar 2026 13:04
Till|T01
----------------------------------------
1 x Rømmegrøt|127.36
----------------------------------------
**GIVEN BACK|127.36 NOK**
Wallet|AlipayCN
----------------------------------------
VAT 15% of 110.75|16.61
Total without VAT|110.75
VAT in all|16.61
----------------------------------------
Payment at the switch
20260301987654321
Refund
f1
"""

GOLDEN_SLIP = """
**Fjord Kafe**
Fjord Kafe Oslo S
Jernbanetorget 1, 0154 Oslo
Business ID 987 654 325 MVA
##IKKE KVITTERING FOR KJØP##
##NOT A PURCHASE RECEIPT##
EI OSTOKUITTI · EJ KVITTO FÖR KÖP
----------------------------------------
**Paid|398.10 NOK**
Wallet|AlipayCN
Customer charged|274.55 CNY
Rate|NOK/CNY 0.68200000
----------------------------------------
Slip|T01-17
Time|1 Mar 2026 13:03
Till|T01
Payment at the switch
20260301987654321
Payment at the till
0123456789abcdef0123456789abcdef
[samkassa:receipt:0123456789abcdef0123456789abcdef]
Alipay+
"""


def drawn(lines: tuple[SlipLine, ...]) -> list[str]:
    """Each line as text: `|` before what stands on the right, marks around what is strong."""
    texts = []
    for line in lines:
        text = f"{line.text.strip()}|{line.right}" if line.right else line.text.strip()
        if line.rule:
            text = "-" * 40
        elif line.qr:
            text = f"[{line.qr}]"
        elif line.big:
            text = f"##{text}##"
        elif line.strong:
            text = f"**{text}**"
        texts.append(text.replace("\N{NO-BREAK SPACE}", " "))
    return texts


def golden(text: str) -> list[str]:
    """The lines of a golden receipt."""
    return text.strip().splitlines()


def number(text: str) -> int:
    """Minor units of an amount as English and Norwegian write it."""
    return int(re.sub(r"[^\d-]", "", text.split("NOK")[0]))


def test_the_receipt_of_a_sale() -> None:
    """Number, time, seller with number, place, till, goods, discounts, tip, sum, wallet, both
    currencies with the rate, VAT by rate with what is free of it apart, and in all."""
    assert drawn(lines_of(SALE, REGISTER, Language("nb", OSLO))) == golden(GOLDEN_SALE)


def test_the_receipt_of_a_return_has_a_heading_and_a_number_of_its_own() -> None:
    """It names the receipt that the goods were sold on, what came back, and its VAT."""
    assert drawn(lines_of(RETURN, REGISTER, ENGLISH)) == golden(GOLDEN_RETURN)


def test_the_slip_beside_a_cash_register() -> None:
    """No goods, no VAT, no heading of a receipt; what it is not stands first."""
    assert drawn(lines_of(SALE, BESIDE, ENGLISH)) == golden(GOLDEN_SLIP)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("country", ["NO", "FI"])
@pytest.mark.parametrize("receipt", [SALE, RETURN], ids=["sale", "return"])
def test_a_slip_says_in_four_languages_that_it_is_no_receipt(
    receipt: Receipt, country: str, code: str
) -> None:
    """Norwegian, Finnish, Swedish and English, whatever the shop speaks; in the shop's language and
    in that of its law so large as nothing else on the slip."""
    terminal = replace(BESIDE, store=replace(BESIDE.store, country=country))
    language = Language(code, OSLO)
    lines = lines_of(receipt, terminal, language)
    told = " ".join(line.text for line in lines)
    law = {"NO": "IKKE KVITTERING FOR KJØP", "FI": "EI OSTOKUITTI"}[country]
    for sentence in (
        "IKKE KVITTERING FOR KJØP", "EI OSTOKUITTI", "EJ KVITTO FÖR KÖP", "NOT A PURCHASE RECEIPT",
    ):  # fmt: skip
        assert sentence in told
    large = {line.text for line in lines if line.big}
    assert large == {law, language.say("receipt.not_a_receipt")}


@pytest.mark.parametrize("code", CODES)
def test_a_receipt_never_says_that_it_is_none(code: str) -> None:
    """Where this device is the register, nothing of that stands on its receipts."""
    language = Language(code, OSLO)
    told = " ".join(line.text for line in lines_of(SALE, REGISTER, language))
    assert language.say("receipt.title") in told
    assert language.say("receipt.not_a_receipt") not in told
    assert "IKKE KVITTERING" not in told


@pytest.mark.parametrize("terminal", [REGISTER, BESIDE], ids=["till", "terminal"])
@pytest.mark.parametrize("receipt", [SALE, RETURN], ids=["sale", "return"])
def test_a_copy_says_so_and_changes_nothing_else(receipt: Receipt, terminal: Terminal) -> None:
    """One large line more."""
    original = drawn(lines_of(receipt, terminal, ENGLISH))
    copy = drawn(lines_of(replace(receipt, copy=True), terminal, ENGLISH))
    assert [line for line in copy if line != "##COPY##"] == original
    assert copy.count("##COPY##") == 1


def test_a_payment_at_home_names_no_rate() -> None:
    """Only a wallet of another currency adds what the customer was charged."""
    at_home = replace(PAYMENT, customer_amount=None, rate="")
    texts = drawn(lines_of(Receipt(1, at_home, ORDER), REGISTER, ENGLISH))
    assert not [text for text in texts if text.startswith(("Customer", "Rate"))]


def test_what_coupons_saved_stands_under_what_was_paid() -> None:
    """In the merchant's currency, which the sale was in, and only where something was saved."""
    saved = replace(SALE, payment=replace(PAYMENT, savings=Amount(1000, "NOK")))
    told = drawn(lines_of(saved, REGISTER, ENGLISH))
    at = told.index("Saved with coupons|10.00 NOK")
    assert told[at + 1] == "Customer charged|274.55 CNY"
    assert not [line for line in lines_of(SALE, REGISTER, ENGLISH) if "Saved" in line.text]


def test_the_code_on_the_receipt_leads_back_to_the_payment() -> None:
    """The till reads its own receipt, for a refund, and never takes it for a payment code."""
    (code,) = (line.qr for line in lines_of(SALE, REGISTER, ENGLISH) if line.qr)
    assert recognise(code, "QR") == ReceiptCode(REQUEST_ID)


def test_what_the_shop_left_empty_takes_no_line() -> None:
    """No address and no number: the name alone."""
    bare = replace(REGISTER, merchant=Merchant("M", "Bod", "5814"), store=Store("S", "Bod"))
    lines = lines_of(SALE, bare, ENGLISH)
    assert [line.text for line in lines if line.center][:2] == ["Bod", "SALES RECEIPT"]


def test_a_sale_keyed_as_an_amount_is_one_line_of_goods() -> None:
    """The goods have no name, and their VAT is that of the shop's usual class."""
    order = Order("s1", "NOK", (Line("", 12_500, vat=2500),))
    paid = replace(PAYMENT, amount=order.total())
    texts = drawn(lines_of(Receipt(1, paid, order), REGISTER, ENGLISH))
    assert "Goods|125.00" in texts
    assert "VAT 25% of 100.00|25.00" in texts


def test_a_payment_by_the_static_code_says_its_number() -> None:
    """The same number that stood on the screen, so that the two are known to be one."""
    came = replace(PAYMENT, request_id="E-T01-000012", scenario=Scenario.ENTRY_CODE)
    texts = drawn(lines_of(Receipt(17, came), BESIDE, ENGLISH))
    assert texts[texts.index("Wallet|AlipayCN") + 1] == "Static code no.|12"


def test_a_return_by_amount_has_no_goods_but_their_vat() -> None:
    """Each line bears its part of it, so that the tax given back is that of the sale."""
    refund = replace(REFUND, amount=Amount(10_000, "NOK"), lines=())
    returned = taken_apart(ORDER, [Given(10_000)])[0]
    receipt = replace(RETURN, refund=refund, returned=returned)
    texts = drawn(lines_of(receipt, REGISTER, ENGLISH))
    assert "**GIVEN BACK|100.00 NOK**" in texts
    assert not [text for text in texts if " x " in text]
    taxes = [text for text in texts if text.startswith(("VAT 15%", "Free of VAT"))]
    assert taxes == ["VAT 15% of 64.84|9.72", "Free of VAT|25.44"]


def test_who_served_stands_on_the_receipt() -> None:
    """Where somebody was logged in."""
    texts = drawn(lines_of(replace(SALE, staff="kari"), REGISTER, ENGLISH))
    assert "Served by|kari" in texts
    assert not [text for text in drawn(lines_of(SALE, REGISTER, ENGLISH)) if "Served" in text]


LINES = st.builds(
    Line,
    st.just("Vare"),
    st.integers(1, 500_000),
    st.integers(1, 9),
    st.sampled_from([0, 1000, 1200, 1350, 1500, 2500, 2550]),
    discount=st.builds(Discount, percent=st.integers(0, 5_000)),
)
ORDERS = st.builds(
    lambda lines, percent, tip: Order("s1", "NOK", tuple(lines), tip=tip).discounted(
        Discount(percent=percent)
    ),
    st.lists(LINES, min_size=1, max_size=8),
    st.integers(0, 3_000),
    st.integers(0, 10_000),
).filter(lambda order: order.value > 0)


@given(ORDERS)
def test_every_receipt_adds_up(order: Order) -> None:
    """Goods less discounts and the tip are the sum; bases and taxes are it without the tip."""
    paid = replace(PAYMENT, amount=order.total())
    lines = lines_of(Receipt(1, paid, order), REGISTER, ENGLISH)
    rules = [place for place, line in enumerate(lines) if line.rule]
    goods = sum(number(line.right) for line in lines[rules[0] : rules[1]] if line.right)
    assert goods == order.value
    table = [line for line in lines[rules[2] : rules[3]] if line.right]
    in_all = {line.text: number(line.right) for line in table[-2:]}
    assert in_all["Total without VAT"] + in_all["VAT in all"] == order.value - order.tip
    taxes = sum(number(line.right) for line in table[:-2] if line.text.startswith("VAT"))
    assert taxes == in_all["VAT in all"]


@given(ORDERS, st.data())
def test_parts_of_a_sale_that_come_back_add_up_to_it(order: Order, data: st.DataObject) -> None:
    """Whatever comes back first, all of it in the end is what was paid for the goods."""
    left = {place: line.quantity for place, line in enumerate(order.lines)}
    before: list[ReturnLine] = []
    sum_ = 0
    while any(left.values()):
        place = data.draw(st.sampled_from([place for place, count in left.items() if count]))
        back = ReturnLine(place, data.draw(st.integers(1, left[place])))
        left[place] -= back.quantity
        refund = replace(REFUND, lines=(back,))
        receipt = Receipt(2, replace(PAYMENT, amount=order.total()), order, refund, tuple(before))
        lines = lines_of(receipt, REGISTER, ENGLISH)
        sum_ += sum(number(line.right) for line in lines if " x " in line.text)
        before.append(back)
    assert sum_ == order.value - order.tip
