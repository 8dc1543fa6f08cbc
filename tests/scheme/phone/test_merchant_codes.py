"""Merchant codes of the form MPM/3 on their way to a payment: scanned, opened, and from a shell."""

import json
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from pos.commands.scheme import scheme
from pos.errors import Refused, WrongUse
from pos.sale.code import NotOurs, Reason, recognise
from pos.scheme.book import OrderRefused
from pos.scheme.clients import Clients
from pos.scheme.merchant_codes import ORDER_KIND, PLATFORM, STATIC_KIND, in_mpm
from pos.scheme.mpm import MerchantCode, build, parse
from pos.scheme.statement import statement
from pos.scheme.stickers import Seller, Stickers
from pos.scheme.store import Store
from pos.switch.signature import public_key_line
from tests.scheme.phone.conftest import TILL_KEY
from tests.scheme.phone.test_phone_pages import answer
from tests.scheme.test_mpm import SAMPLE

CAFE = Seller("Fjord Kafe", "M-0001", "OSL-1", "5814", "NOK")


@pytest.fixture
def static_url(street) -> str:
    """The static code beside the till."""
    stickers = Stickers(street.scheme.store, street.scheme.book, street.clock)
    return f"{street.url}/s/{stickers.issue('till-1', 'T01', CAFE).sticker_id}"


def test_a_static_code_is_scanned_in_the_form_mpm_and_paid(street, static_url):
    """It lands on *Pay Fjord Kafe*, asks for the amount, and the till learns of the payment."""
    pocket = street.pocket()
    pocket.take("alipay/Li Na")
    pocket.get("/phone/scan")
    page = pocket.post("/phone/scan", code=in_mpm(static_url))
    assert "Pay Fjord Kafe" in page.text
    page = pocket.post(page.url.path, amount="45.50")
    assert "Pay 45.50 NOK to Fjord Kafe" in page.text
    assert "Paid" in answer(pocket, page, answer="approve").text
    assert street.inquire("E-T01-000001").payment_status == "SUCCESS"


def test_an_order_code_is_scanned_in_the_form_mpm_and_paid(street):
    """It lands on *Pay 129.00 NOK to Fjord Kafe*, as its URL does."""
    pocket = street.pocket()
    pocket.take()
    code = street.show()
    pocket.get("/phone/scan")
    page = pocket.post("/phone/scan", code=in_mpm(code))
    assert page.url.path == street.path(code)
    assert "Pay 129.00 NOK to Fjord Kafe" in page.text
    assert "Paid" in answer(pocket, page, answer="approve").text


def test_a_wallet_that_scans_it_takes_up_the_very_same_order(street):
    """`preview` and `decode` know both spellings of one order; another platform's they refuse."""
    code = street.show()
    text = in_mpm(code)
    book, customers = street.scheme.book, street.scheme.customers
    assert book.preview(text, "vipps") == book.preview(code, "vipps")
    offer = customers.scan(text, "epassi")
    assert (offer.merchant_name, str(offer.price)) == ("Fjord Kafe", "129.00 NOK")
    moved = text.replace("HTTPS://127.0.0.1", "HTTPS://QR.OTHER.EXAMPLE")
    assert customers.scan(moved, "epassi").payment_id == offer.payment_id
    name = parse(text).merchant_id
    for stranger in (
        SAMPLE,
        build(MerchantCode("QR.EXAMPLE", "OTHER", name, kind=ORDER_KIND)),
        build(MerchantCode("QR.EXAMPLE", PLATFORM, name, kind=STATIC_KIND)),
        build(MerchantCode("QR.EXAMPLE", PLATFORM, name[:-1], kind=ORDER_KIND)),
        build(MerchantCode("QR.EXAMPLE", PLATFORM, name)),
        text[:-4],
    ):
        with pytest.raises(OrderRefused):
            customers.scan(stranger, "epassi")


def test_a_telephone_s_camera_opens_it_as_a_link(street, static_url):
    """Also where a slash of the base64 arrives as one; a stranger's leads to no page."""
    pocket = street.pocket()
    for url in (static_url, street.show()):
        path = urlsplit(in_mpm(url)).path
        assert pocket.get(path).url.path == urlsplit(url).path
        assert pocket.get(path.replace("%3D", "=")).url.path == urlsplit(url).path
    for bad in (urlsplit(SAMPLE).path, "/MPM/3/", "/MPM/3/a/b", "/MPM/3/%2e%2e/phone"):
        assert pocket.get(bad).status_code == 404
    pocket.take()
    pocket.get("/phone/scan")
    assert pocket.post("/phone/scan", code=SAMPLE).status_code == 422


def test_a_till_knows_each_of_them_for_a_merchant_s_code(static_url, street):
    """Held to its own camera by mistake, in either form."""
    for url in (static_url, street.show()):
        for text in (url, in_mpm(url)):
            assert recognise(text, "QR") == NotOurs(Reason.MERCHANT)


def run(state, *arguments: str) -> str:
    """What `pos scheme …` prints on standard output. Sentences are raised."""
    result = CliRunner().invoke(scheme, [*arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_static_codes_are_made_and_paid_from_a_shell(tmp_path):
    """`pos scheme sticker --mpm`, and `pos scheme scan --amount` of either form."""
    (tmp_path / "switch").mkdir()
    where = ("--state", str(tmp_path))
    url = f"sqlite:///{tmp_path}/switch/switch.db"
    with Store.open(url) as store:
        Clients(store).add("till-1", public_key_line(TILL_KEY))
    command = ("sticker", "T01", "--client", "till-1", "--name", "Kafe", *where)
    plain, text = run(tmp_path, *command), run(tmp_path, *command, "--mpm")
    assert parse(text).merchant_id == plain.rpartition("/")[2]
    for code in (plain, text):
        said = run(tmp_path, "scan", code, "--wallet", "vipps", "--amount", "45.50", *where)
        assert said == "paid 45.50 NOK to Kafe"
    with pytest.raises(WrongUse, match="--amount"):
        run(tmp_path, "scan", text, "--wallet", "vipps", *where)
    with pytest.raises(WrongUse, match="leave --amount out"):
        run(tmp_path, "scan", "https://x/1", "--wallet", "vipps", "--amount", "1", *where)
    nobody = f"http://x/s/{'a' * 24}"
    with pytest.raises(Refused, match="no such static code"):
        run(tmp_path, "scan", nobody, "--wallet", "vipps", "--amount", "1", *where)
    with Store.open(url) as store:
        ids = [row["request_id"] for row in statement(store)["payments"]]
    assert ids == ["E-T01-000001", "E-T01-000002"]


def test_codes_are_read_and_made_from_a_shell():
    """The published sample, in lines, as JSON, and back; and the code for a URL of ours."""
    said = json.loads(run(None, "mpm", "read", SAMPLE, "--json"))
    assert said["merchant_id"] == "SAMPLEMERID"
    assert "mini program  MINIPROGRAMID" in run(None, "mpm", "read", SAMPLE)
    options = {
        "merchant": said.pop("merchant_id"),
        "mini-program": said.pop("mini_program"),
        **said,
    }
    made = run(None, "mpm", "make", *(part for k, v in options.items() for part in (f"--{k}", v)))
    assert made == SAMPLE
    url = "https://pay.example/2819990400431aB2cD3eF4gH5iJ6kL7mN8oP"
    assert parse(run(None, "mpm", "make", url)) == MerchantCode(
        "PAY.EXAMPLE", PLATFORM, url.rpartition("/")[2], kind=ORDER_KIND
    )
    for arguments in (("read", "https://x"), ("make", "https://x/y"), ("make",)):
        with pytest.raises(WrongUse):
            run(None, "mpm", *arguments)
