"""The static code of a till: its page, its payments, and the numbers by which the till learns."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pos.errors import AmountError, WrongUse
from pos.sale import arrival
from pos.sale.money import Amount
from pos.scheme.book import OrderRefused
from pos.scheme.clients import Clients
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.stickers import OPEN_MAX, Seller, Sticker, Stickers, request_id
from pos.scheme.store import Store
from pos.switch.signature import public_key_line
from tests.scheme.phone.conftest import TILL_KEY
from tests.scheme.phone.test_phone_pages import answer, refund

CAFE = Seller("Fjord Kafe", "M-0001", "OSL-1", "5814", "NOK")


@pytest.fixture
def stickers(street) -> Stickers:
    """The stickers of the street's scheme."""
    return Stickers(street.scheme.store, street.scheme.book, street.clock)


@pytest.fixture
def sticker(stickers) -> Sticker:
    """The one beside the till."""
    return stickers.issue("till-1", "T01", CAFE)


def test_a_sticker_is_paid_and_the_till_finds_it_by_the_next_number(street, sticker):
    """Amount, wallet, PIN; the till asks for number 1 and learns amount and wallet."""
    assert street.inquire("E-T01-000001").result.result_code == "ORDER_NOT_EXIST"
    pocket = street.pocket(**{"User-Agent": "AliApp(AP/10.5) AlipayClient/10.5"})
    page = pocket.get(f"/s/{sticker.sticker_id}")
    assert "Pay Fjord Kafe" in page.text
    assert "Amount in NOK" in page.text
    page = pocket.post(page.url.path, amount="45,50")
    assert page.url.path.startswith("/c/")
    assert "Pay 45.50 NOK to Fjord Kafe" in page.text
    assert street.inquire("E-T01-000001").payment_status == "PROCESSING"
    page = pocket.post("/phone/people", person="alipay/Li Na", next=page.url.path)
    assert "Paid" in answer(pocket, page, answer="approve").text
    told = street.inquire("E-T01-000001")
    assert told.payment_status == "SUCCESS"
    assert told.payment_amount.amount() == Amount(4_550, "NOK")
    assert told.psp_customer_info.psp_name == "AlipayCN"
    assert told.payment_time is not None


def test_every_payment_has_a_number_of_its_own(street, sticker):
    """Two of the same amount are two payments; an old one is never taken for a new one."""
    for number in (1, 2):
        pocket = street.pocket()
        pocket.take()
        pocket.get(f"/s/{sticker.sticker_id}")
        page = pocket.post(f"/s/{sticker.sticker_id}", amount="20")
        assert "Paid" in answer(pocket, page, answer="approve").text
        assert street.inquire(request_id("T01", number)).payment_status == "SUCCESS"
        assert street.inquire(request_id("T01", number + 1)).result.result_status == "F"
    assert street.scheme.customers.balance("vipps", "Kari") == 5_000_000 - 4_000


def test_a_sticker_payment_is_given_back_like_any_other(street, sticker):
    """The till refunds it over the wire, under its number's payment id."""
    pocket = street.pocket()
    pocket.take()
    pocket.get(f"/s/{sticker.sticker_id}")
    answer(pocket, pocket.post(f"/s/{sticker.sticker_id}", amount="20"), answer="approve")
    refund(street, "E-T01-000001", 500)
    assert street.scheme.customers.balance("vipps", "Kari") == 5_000_000 - 1_500


def test_so_many_customers_and_no_more_are_at_a_sticker(street, stickers, sticker):
    """Whoever opens it for fun fills it for minutes, not for ever, and uses up no number."""
    for _ in range(OPEN_MAX):
        stickers.order(sticker, Amount(100, "NOK"), "browser")
    pocket = street.pocket()
    pocket.get(f"/s/{sticker.sticker_id}")
    refused = pocket.post(f"/s/{sticker.sticker_id}", amount="20")
    assert (refused.status_code, "not accept" in refused.text) == (422, True)
    other = stickers.issue("till-1", "T02", CAFE)
    stickers.order(other, Amount(100, "NOK"), "browser")
    street.clock.advance(minutes=11)
    assert pocket.post(f"/s/{sticker.sticker_id}", amount="20").status_code == 200
    assert street.inquire(request_id("T01", OPEN_MAX + 1)).payment_status == "PROCESSING"
    assert street.inquire(request_id("T01", OPEN_MAX + 2)).result.result_status == "F"


@pytest.mark.parametrize(("terminal", "number"), [("T01", 1), ("a-b_c", 1_234_567)])
def test_till_and_switch_number_alike(terminal, number):
    """Both make the same id, which neither may import from the other."""
    assert request_id(terminal, number) == arrival.request_id(terminal, number)
    assert arrival.numbered(request_id(terminal, number)) == (terminal, number)


@pytest.mark.parametrize("typed", ["", "0", "-5", "1.234", "x", "1e3", "9999999", "１２"])
def test_an_amount_that_cannot_be_paid_enters_nothing(street, sticker, typed):
    """The page says so and keeps what was typed; no number is used up."""
    pocket = street.pocket()
    pocket.get(f"/s/{sticker.sticker_id}")
    refused = pocket.post(f"/s/{sticker.sticker_id}", amount=typed)
    assert refused.status_code == 422
    assert "Write an amount above zero" in refused.text
    assert street.inquire("E-T01-000001").result.result_code == "ORDER_NOT_EXIST"


def test_a_sticker_is_scanned_in_the_app(street, sticker):
    """Its text leads to its page like any other code of ours."""
    pocket = street.pocket()
    pocket.take()
    url = f"{street.url}/s/{sticker.sticker_id}"
    assert "Pay Fjord Kafe" in pocket.post("/phone/scan", code=url).text


def test_a_till_keeps_its_sticker(stickers, sticker):
    """Issued again it is the same, with the shop's new name; other tills have others."""
    again = stickers.issue("till-1", "T01", Seller("Fjord Bar", "M", "S", "5813", "EUR"))
    assert again.sticker_id == sticker.sticker_id
    assert stickers.find(sticker.sticker_id).seller.name == "Fjord Bar"
    assert stickers.issue("till-1", "T02", CAFE).sticker_id != sticker.sticker_id
    assert stickers.find("unknown") is None


def test_numbers_have_no_gap_under_a_crowd(shared_database):
    """Thirty payments of eight customers at once, twenty accepted: numbers 1 to 20 and no more."""
    with Store.open(shared_database, durable=False) as store:
        scheme = open_scheme(store)
        Clients(store).add("till-1", public_key_line(TILL_KEY))
        stickers = Stickers(store, scheme.book)
        sticker = stickers.issue("till-1", "T01", CAFE)

        def ordered(value: int) -> str | None:
            try:
                return stickers.order(sticker, Amount(value, "NOK"), "browser")
            except OrderRefused:
                return None

        with ThreadPoolExecutor(8) as crowd:
            urls = list(crowd.map(ordered, [100] * 15 + list(range(1, 16))))
        assert urls.count(None) == 30 - OPEN_MAX
        assert len(set(urls) - {None}) == OPEN_MAX
        ids = {row["request_id"] for row in statement(store)["payments"]}
        assert ids == {request_id("T01", number) for number in range(1, OPEN_MAX + 1)}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": ""}, WrongUse),
        ({"name": "a\nb"}, WrongUse),
        ({"name": "x" * 257}, WrongUse),
        ({"merchant": " "}, WrongUse),
        ({"mcc": "58"}, WrongUse),
        ({"currency": "XXX"}, AmountError),
    ],
)
def test_a_seller_that_no_request_may_name_is_refused(fields, fault):
    """Before a sticker is printed that nobody could pay."""
    good = {"name": "A", "merchant": "M", "store": "S", "mcc": "5814", "currency": "NOK"}
    with pytest.raises(fault):
        Seller(**(good | fields))


def test_only_a_registered_caller_has_stickers(stickers):
    """And only under a reference that can stand in a request id."""
    with pytest.raises(WrongUse, match="No caller"):
        stickers.issue("nobody", "T01", CAFE)
    for terminal in ("", "T 01", "T/1", "x" * 33):
        with pytest.raises(WrongUse, match="reference"):
            stickers.issue("till-1", terminal, CAFE)
