"""Every page and form of the phone over real HTTP, against a till on the wire."""

import re

import pytest

from pos.scheme.partners import Behaviour
from pos.switch.wire import RefundRequest, WireAmount, dump

NOBODY = "Whose phone is this?"


def answer(pocket, response, **form: str):
    """Send the form of the payment or order that is open."""
    charge = re.search(r'name="charge" value="([^"]+)"', response.text)[1]
    return pocket.post(response.url.path, **({"charge": charge, "pin": "1234"} | form))


def test_the_phone_first_asks_whose_it_is(street):
    """Every wallet, its customers and what they have; then the chosen one's own pages."""
    pocket = street.pocket()
    page = pocket.get("/phone").text
    for shown in (NOBODY, "Vipps", "ePassi", "Alipay", "Väinö", "50,000.00 NOK", "250.00 EUR"):
        assert shown in page
    assert "ePassi" in pocket.take("epassi/Väinö").text
    assert "250.00 EUR" in pocket.page
    assert NOBODY in pocket.get("/phone/people").text


def test_a_page_that_needs_a_customer_leads_back_to_itself(street):
    """Who opens the scanner or the payments first chooses, and then is there."""
    for path in ("/phone/scan", "/phone/payments"):
        pocket = street.pocket()
        page = pocket.get(path).text
        assert NOBODY in page
        assert f'name="next" value="{path}"' in page
        assert pocket.post("/phone/people", person="vipps/Ola", next=path).url.path == path


def test_an_unknown_customer_is_nobody(street):
    """A customer or wallet that does not exist, in a form or a cookie, holds no phone."""
    pocket = street.pocket()
    for person in ("vipps/Nobody", "bank/Kari", "", "vipps", "vipps/Kari' OR 1=1"):
        assert NOBODY in pocket.take(person).text
    pocket.http.cookies.set("samkassa-person", "vipps%2FNobody")
    assert NOBODY in pocket.get("/phone").text
    assert pocket.get("/phone/news").text == ""
    assert pocket.post("/phone/code").status_code == 404


def test_a_new_code_each_time_and_none_in_any_address(street):
    """The page draws two renditions of a code, and another when asked; digits appear nowhere."""
    pocket = street.pocket()
    first = pocket.take().text
    assert first.count("<svg") == 2
    second = pocket.post("/phone/code").text
    assert second.count("<svg") == 2
    assert second not in first
    assert not re.search(r"\d{24}", first + second)


def test_a_code_that_asks_waits_for_the_pin(any_street):
    """With PIN chosen the till's charge waits, and is paid by the right form of it alone."""
    street = any_street
    pocket = street.pocket()
    pocket.take("alipay/Li Na")
    assert "aria-current" in pocket.post("/phone/asks", asks="1").text
    code = street.scheme.customers.new_code("alipay", "Li Na", Behaviour.SILENT)
    assert street.pay(code=code).result.result_status == "U"
    payment_id = pocket.get("/phone/news").text.split()[0]
    page = pocket.get(f"/phone/payments/{payment_id}")
    assert "Pay 129.00 NOK to Fjord Kafe" in page.text
    assert "90.61 CNY" in page.text
    assert "NOK/CNY 0.70242863" in page.text
    for pin in ("", "12", "12345", "abcd", "１２３４"):
        refused = answer(pocket, page, answer="approve", pin=pin)
        assert refused.status_code == 422
        assert "A PIN is four digits" in refused.text
    assert street.inquire().payment_status == "PROCESSING"
    assert "Paid" in answer(pocket, page, answer="approve").text
    assert street.inquire().payment_status == "SUCCESS"


def test_looking_at_an_order_changes_nothing(street):
    """A link is opened by previewers too: until somebody answers, any wallet may pay."""
    path = street.path(street.show())
    for person in ("vipps/Kari", "epassi/Aino"):
        pocket = street.pocket()
        assert "Pay 129.00 NOK to Fjord Kafe" in pocket.get(path).text
        assert "Pay 129.00 NOK to Fjord Kafe" in pocket.take(person, then=path).text
    assert street.scheme.customers.waiting("vipps") == []
    paid = answer(pocket, pocket.get(path), answer="approve")
    assert paid.url.path.startswith("/phone/payments/")
    assert street.inquire().psp_customer_info.psp_name == "ePassi"


def test_an_order_is_answered_once(any_street):
    """Afterwards its link leads to what became of it; for another it is closed."""
    street = any_street
    path = street.path(street.show())
    kari, aino = street.pocket(), street.pocket()
    aino.take("epassi/Aino")
    late = aino.get(path)
    kari.take(then="/phone")
    receipt = answer(kari, kari.get(path), answer="approve")
    assert "Paid" in receipt.text
    assert kari.get(path).url == receipt.url
    again = answer(kari, receipt_form(receipt, "129.00 NOK"), answer="decline")
    assert "Paid" in again.text
    refused = answer(aino, late, answer="approve")
    assert refused.status_code == 409
    assert "The order is closed" in refused.text
    assert "The order is closed" in street.pocket().get(path).text
    assert street.scheme.customers.balance("vipps", "Kari") == 5_000_000 - 12_900


def receipt_form(response, charge):
    """A receipt has no form; one that was open in another tab still has."""
    response._content = response.content + f'name="charge" value="{charge}"'.encode()
    del response._text
    return response


def test_no_to_an_order_closes_it(street):
    """The till hears it, and the customer reads why."""
    pocket = street.pocket()
    pocket.take()
    page = answer(pocket, pocket.get(street.path(street.show())), answer="decline", pin="")
    assert "Not paid" in page.text
    assert "You said no." in page.text
    assert street.inquire().payment_status == "FAIL"


def test_a_wrong_pin_leaves_an_order_to_others(street):
    """Nothing is taken up, so that another wallet can still pay."""
    path = street.path(street.show())
    pocket = street.pocket()
    pocket.take()
    assert answer(pocket, pocket.get(path), answer="approve", pin="1").status_code == 422
    other = street.pocket()
    other.take("epassi/Aino")
    assert "Paid" in answer(other, other.get(path), answer="approve").text


def test_what_is_seen_is_what_is_paid(street):
    """A yes to another amount than the order's pays nothing."""
    path = street.path(street.show())
    pocket = street.pocket()
    pocket.take()
    refused = answer(pocket, pocket.get(path), answer="approve", charge="1.00 NOK")
    assert refused.status_code == 422
    assert "The amount has changed" in refused.text
    assert street.inquire().payment_status == "PROCESSING"


@pytest.mark.parametrize(
    ("happens", "says"), [("expires", "The code has expired"), ("cancelled", "The order is closed")]
)
def test_an_order_that_is_over_says_so(street, happens, says):
    """Expired or cancelled by the shop: to whoever opens it, known or not."""
    path = street.path(street.show())
    if happens == "expires":
        street.clock.advance(minutes=4)
    else:
        street.cancel()
    pocket = street.pocket()
    assert says in pocket.get(path).text
    pocket.take()
    assert pocket.get(path).status_code == 409
    assert says in pocket.page


def test_a_payment_that_waited_too_long_is_not_paid(street):
    """Her yes after the end comes to nothing, and the page says that it was too late."""
    pocket = street.pocket()
    pocket.take()
    code = street.scheme.customers.new_code("vipps", "Kari", Behaviour.SILENT)
    street.pay(code=code)
    payment_id = pocket.get("/phone/news").text.split()[0]
    page = pocket.get(f"/phone/payments/{payment_id}")
    street.clock.advance(minutes=11)
    assert "The time to pay was over." in answer(pocket, page, answer="approve").text
    assert street.scheme.customers.balance("vipps", "Kari") == 5_000_000


def test_too_little_money_is_told(street):
    """The order fails at the till, and the customer reads why."""
    pocket = street.pocket()
    pocket.take("epassi/Väinö")
    page = pocket.get(street.path(street.show(value=900_000)))
    assert "There was not enough money." in answer(pocket, page, answer="approve").text
    assert street.inquire().payment_result_code == "USER_BALANCE_NOT_ENOUGH"


def test_scanned_text_leads_only_to_codes_of_this_switch(street):
    """Pasted or read by the camera: ours opens, everybody else's is refused and never opened."""
    pocket = street.pocket()
    pocket.take()
    code = street.show()
    assert pocket.post("/phone/scan", code=f"  {code}\n").url.path == street.path(code)
    others = (
        "", "https://evil.example/", f"https://evil.example{street.path(code)}", "281031021234",
        f"{street.url}/phone/../ams", f"{street.url}//evil.example/s/{'a' * 24}", "javascript:1",
        f"{street.url}.evil.example/s/{'a' * 24}", "x" * 512, street.path(code),
    )  # fmt: skip
    pocket.get("/phone/scan")
    for text in others:
        refused = pocket.post("/phone/scan", code=text)
        assert refused.status_code == 422
        assert "not a shop" in refused.text
        assert not refused.history


def test_the_history_tells_payments_refunds_and_cancellations(any_street):
    """Newest first, in the home currency, with what was given back."""
    street = any_street
    pocket = street.pocket()
    pocket.take("alipay/Li Na")
    assert "No payments yet." in pocket.get("/phone/payments").text
    for number, value in enumerate((10_000, 20_000, 30_000)):
        code = street.scheme.customers.new_code("alipay", "Li Na")
        street.pay(f"r-{number}", code=code, value=value)
        street.clock.advance(minutes=1)
    street.cancel("r-1")
    refund(street, "r-2", 10_000)
    page = pocket.get("/phone/payments").text
    sums = re.findall(r'class="sum">([\d.]+) CNY', page)
    assert sums == ["210.73", "140.49", "70.24"]
    assert "Cancelled, all given back" in page
    assert "Given back 70.24 CNY" in page
    receipt = pocket.get(re.search(r"/phone/payments/\d+", page)[0]).text
    for shown in ("Paid", "210.73 CNY", "300.00 NOK", "NOK/CNY", "Given back", "01/03/2026"):
        assert shown in receipt


def refund(street, request_id: str, value: int) -> None:
    """The till gives back part of a payment in NOK."""
    request = RefundRequest(
        refund_request_id=f"f-{request_id}",
        payment_id=street.inquire(request_id).payment_id,
        refund_amount=WireAmount(currency="NOK", value=str(value)),
    )
    assert b'"S"' in street.till.call("refund", dump(request))


def test_nobody_reads_or_answers_another_customers_payment(street):
    """Neither by its number nor by sending its form."""
    kari, ola = street.pocket(), street.pocket()
    kari.take("vipps/Kari")
    code = street.scheme.customers.new_code("vipps", "Kari", Behaviour.SILENT)
    street.pay(code=code)
    path = f"/phone/payments/{kari.get('/phone/news').text.split()[0]}"
    ola.take("vipps/Ola")
    assert ola.get(path).status_code == 404
    assert ola.post(path, answer="approve", pin="1234").status_code == 404
    assert street.inquire().payment_status == "PROCESSING"


def test_paths_that_are_no_codes_are_no_pages(street):
    """Too short, too long, other characters, unknown: not found, or refused in a sentence."""
    pocket = street.pocket()
    pocket.take()
    for path in (
        "/28199904", "/2819990400431aB2", "/28199904x0431aB2cD3eF4gH5iJ6kL7mN8oP",
        "/c/short", "/s/unknown", "/phone/payments/1", "/phone/payments/x", "/phone/nothing",
        "/phone/static/none.js", "/phone/static/..%2fwords.toml",
    ):  # fmt: skip
        assert pocket.get(path).status_code == 404, path
    assert pocket.get("/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP").status_code == 409
    assert "not a shop" in pocket.page
    for name in ("phone.css", "phone.js", "icon.svg"):
        assert pocket.get(f"/phone/static/{name}").status_code == 200
