"""The slip that a customer takes home, line by line.

Apart from paper: how a line looks on a printer or a screen is tested with those.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from pos.language import Language
from pos.sale.code import ReceiptCode, recognise
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import Amount
from pos.sale.payment import Payment, Scenario, State
from pos.sale.receipt import SlipLine, payment_slip, refund_slip
from pos.sale.refund import Refund, RefundState

TERMINAL = Terminal(
    "T01",
    Merchant("M-1", "Fjord Kafe", "5814", "987 654 325 MVA"),
    Store("OSL-1", "Fjord Kafe Oslo S", "Jernbanetorget 1, 0154 Oslo"),
    "NOK",
)
AT = 1_772_366_580.0  # 2026-03-01 13:03 in Oslo
REQUEST_ID = "0123456789abcdef0123456789abcdef"
PAYMENT = Payment(
    REQUEST_ID, "s1", Amount(12900, "NOK"), Scenario.PAYMENT_CODE, AT,
    state=State.PAID, payment_id="20260301987654321", wallet="AlipayCN",
    customer_amount=Amount(8797, "CNY"), rate="NOK/CNY 0.68200000",
)  # fmt: skip
REFUND = Refund("f1", REQUEST_ID, Amount(4500, "NOK"), AT + 60, RefundState.REFUNDED, "sf1")
ENGLISH = Language("en", ZoneInfo("Europe/Oslo"))

GOLDEN_PAYMENT = """
              **Fjord Kafe**
       Jernbanetorget 1, 0154 Oslo
             987 654 325 MVA
   ##NOT A PURCHASE RECEIPT##
----------------------------------------
**Paid|129.00 NOK**
Wallet|AlipayCN
Customer charged|87.97 CNY
Rate|NOK/CNY 0.68200000
----------------------------------------
Slip|T01-17
Time|1 Mar 2026 13:03
Payment at the switch
20260301987654321
Payment at the till
0123456789abcdef0123456789abcdef
[samkassa:receipt:0123456789abcdef0123456789abcdef]
Alipay+
"""

GOLDEN_REFUND = """
              **Fjord Kafe**
       Jernbanetorget 1, 0154 Oslo
             987 654 325 MVA
   ##NOT A PURCHASE RECEIPT##
----------------------------------------
**Given back|45.00 NOK**
Wallet|AlipayCN
----------------------------------------
Slip|T01-18
Time|1 Mar 2026 13:04
Payment at the switch
20260301987654321
Refund
f1
"""


def drawn(lines: tuple[SlipLine, ...]) -> list[str]:
    """Each line as text: `|` before what stands on the right, marks around what is strong."""
    texts = []
    for line in lines:
        text = f"{line.text}|{line.right}" if line.right else line.text
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
    """The lines of a golden slip; blanks at their ends only make it readable here."""
    return [line.strip() for line in text.strip().splitlines()]


def test_the_slip_of_a_payment() -> None:
    """Who sold, that it is no receipt, what was paid by which wallet, and how to find it again."""
    assert drawn(payment_slip(PAYMENT, TERMINAL, 17, ENGLISH)) == golden(GOLDEN_PAYMENT)


def test_the_slip_of_a_refund() -> None:
    """The same head, what was given back, and the ids of both."""
    assert drawn(refund_slip(REFUND, PAYMENT, TERMINAL, 18, ENGLISH)) == golden(GOLDEN_REFUND)


def test_a_payment_at_home_names_no_rate() -> None:
    """Only a wallet of another currency adds what the customer was charged."""
    at_home = replace(PAYMENT, customer_amount=None, rate="")
    texts = drawn(payment_slip(at_home, TERMINAL, 1, ENGLISH))
    assert not [text for text in texts if text.startswith(("Customer", "Rate"))]


def test_what_coupons_saved_stands_under_what_was_paid() -> None:
    """In the merchant's currency, which the sale was in, and only where something was saved."""
    lines = payment_slip(replace(PAYMENT, savings=Amount(1000, "NOK")), TERMINAL, 17, ENGLISH)
    told = drawn(lines)
    at = told.index("Saved with coupons|10.00 NOK")
    assert told[at + 1] == "Customer charged|87.97 CNY"
    saved = [line for line in payment_slip(PAYMENT, TERMINAL, 17, ENGLISH) if "Saved" in line.text]
    assert saved == []


def test_the_code_on_the_slip_leads_back_to_the_payment() -> None:
    """The till reads its own slip, for a refund, and never takes it for a payment code."""
    (code,) = (line.qr for line in payment_slip(PAYMENT, TERMINAL, 1, ENGLISH) if line.qr)
    assert recognise(code, "QR") == ReceiptCode(REQUEST_ID)


def test_a_slip_speaks_the_shops_language() -> None:
    """Words, amounts and times; ids and names stay as they are."""
    norwegian = drawn(payment_slip(PAYMENT, TERMINAL, 17, Language("nb", ZoneInfo("Europe/Oslo"))))
    assert "**Betalt|129,00 NOK**" in norwegian
    assert "**Fjord Kafe**" in norwegian
    assert PAYMENT.payment_id in norwegian


def test_what_the_shop_left_empty_takes_no_line() -> None:
    """No address and no number: the name alone."""
    bare = replace(TERMINAL, merchant=Merchant("M", "Bod", "5814"), store=Store("S", "Bod"))
    lines = payment_slip(PAYMENT, bare, 1, ENGLISH)
    assert [line.text for line in lines if line.center][:2] == ["Bod", "NOT A PURCHASE RECEIPT"]


def test_nothing_is_as_large_as_the_warning() -> None:
    """It has to be half as large again as the amount, so it alone is large."""
    for lines in (
        payment_slip(PAYMENT, TERMINAL, 1, ENGLISH),
        refund_slip(REFUND, PAYMENT, TERMINAL, 2, ENGLISH),
    ):
        assert [line.text for line in lines if line.big] == ["NOT A PURCHASE RECEIPT"]


def test_a_payment_by_the_static_code_says_its_number() -> None:
    """The same number that stood on the screen, so that the two are known to be one."""
    came = replace(PAYMENT, request_id="E-T01-000012", scenario=Scenario.ENTRY_CODE)
    texts = drawn(payment_slip(came, TERMINAL, 17, ENGLISH))
    assert texts[texts.index("Wallet|AlipayCN") + 1] == "Static code no.|12"
