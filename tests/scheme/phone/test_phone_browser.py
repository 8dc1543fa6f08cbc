"""The phone in a real browser at the size of a telephone, read by the till's own decoder."""

import shutil
from collections.abc import Iterator
from io import BytesIO

import pytest

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("there is no Chromium; apt-get install chromium", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from hardware.decoder import Decoder  # noqa: E402
from hardware.devices import Symbology  # noqa: E402
from tests.scheme.phone.test_phone_discover import enrolled  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TELEPHONE = {"width": 390, "height": 844}
WAIT_MS = 10_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """One browser for all tests here."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium, street):
    """A telephone's screen on which every complaint of the page is a failure."""
    context = chromium.new_context(
        viewport=TELEPHONE, device_scale_factor=3, is_mobile=True, has_touch=True, locale="en-GB"
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    assert complaints == []


def take(screen, street, name="Kari") -> None:
    """Choose whose telephone it is."""
    screen.goto(f"{street.url}/phone")
    screen.get_by_role("button", name=name).click()


def held_to_camera(screen) -> dict[Symbology, str]:
    """What the till's decoder reads on the screen."""
    picture = Image.open(BytesIO(screen.screenshot())).convert("L")
    return {
        symbol.symbology: symbol.text
        for symbol in Decoder().read_thoroughly(np.asarray(picture, dtype=np.uint8))
    }


def test_a_shown_code_is_read_paid_and_answered(screen, street):
    """Both renditions hold the same digits; once the till has charged them, the phone says so."""
    take(screen, street)
    screen.locator("svg.qr").wait_for()
    codes = held_to_camera(screen)
    assert set(codes) == {Symbology.QR, Symbology.CODE_128}
    (code,) = set(codes.values())
    assert len(code) == 24
    assert street.pay(code=code).result.result_code == "SUCCESS"
    screen.get_by_role("heading", name="Paid").wait_for()
    assert screen.locator(".big").inner_text() == "129.00 NOK"


def test_a_code_is_renewed_when_its_time_is_up(screen, street):
    """The countdown runs, and after it another code is there, that pays as well."""
    screen.clock.install()
    take(screen, street, "Aino")
    screen.locator("svg.qr").wait_for()
    first = held_to_camera(screen)[Symbology.QR]
    drawn = screen.locator("#drawn").inner_html()
    screen.clock.run_for(30_000)
    assert 28 <= int(screen.locator("#left").inner_text().split()[0]) <= 31
    with screen.expect_response("**/phone/code"):
        screen.clock.run_for(31_000)
    screen.wait_for_function(
        "before => document.getElementById('drawn').innerHTML !== before", arg=drawn
    )
    second = held_to_camera(screen)[Symbology.QR]
    assert second != first
    assert street.pay(code=second).result.result_code == "SUCCESS"


def test_an_order_code_opened_as_a_link_is_paid(screen, street):
    """What a telephone's camera does with a till's code: choose who, PIN, paid, at home's rate."""
    screen.goto(street.show())
    assert screen.get_by_role("heading", name="Pay 129.00 NOK to Fjord Kafe").is_visible()
    screen.get_by_role("button", name="Li Na").click()
    assert screen.locator(".big").inner_text().endswith("CNY")
    shown = screen.locator(".big").inner_text()
    screen.get_by_label("PIN").fill("2468")
    screen.get_by_role("button", name="Pay").click()
    screen.get_by_role("heading", name="Paid").wait_for()
    assert screen.locator(".big").inner_text() == shown
    answer = street.inquire()
    assert answer.payment_status == "SUCCESS"
    assert shown == f"{answer.actual_payment_amount.amount().plain()} CNY"


def test_a_till_that_asks_is_answered_in_the_app(screen, street):
    """With PIN chosen, the till's charge appears on the phone by itself, and waits for her no."""
    take(screen, street, "Ola")
    screen.get_by_role("button", name="Asks for my PIN").click()
    screen.locator("svg.qr").wait_for()
    code = held_to_camera(screen)[Symbology.QR]
    assert street.pay(code=code).result.result_code == "PAYMENT_IN_PROCESS"
    screen.get_by_role("button", name="Decline").click()
    screen.get_by_role("heading", name="Not paid").wait_for()
    assert street.inquire().payment_status == "FAIL"


def test_nothing_is_wider_than_the_screen(screen, street):
    """In every language, each page fits a small telephone without scrolling sideways."""
    screen.set_viewport_size({"width": 320, "height": 568})
    order = street.show()
    take(screen, street)
    for language in ("en", "nb", "fi", "sv", "da", "zh"):
        screen.goto(f"{street.url}/phone")
        screen.locator(f"button.tongue[value={language}]").click()
        for url in (*(f"{street.url}/phone{page}" for page in ("", "/scan", "/discover")), order):
            screen.goto(url)
            assert screen.evaluate("document.documentElement.lang") == language
            assert screen.evaluate("document.documentElement.scrollWidth") <= 320
            assert screen.locator("nav").evaluate("nav => nav.scrollWidth") <= 320


def test_the_shops_near_the_browser_s_own_position(chromium, street):
    """Allowed, the position is taken to a hundred metres; refused, a town is chosen."""
    for name, place in (("Bar", "59.9110,10.7530"), ("Fisk", "60.3920,5.3240")):
        enrolled(street.clients, name, f"till-{name}", place)
    context = chromium.new_context(
        viewport=TELEPHONE, locale="en-GB",
        geolocation={"latitude": 60.39212345, "longitude": 5.32412345},
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    screen = context.new_page()
    take(screen, street)
    screen.get_by_role("link", name="Discover").click()
    screen.get_by_role("button", name="Use my position").click()
    screen.get_by_text("Your position is not known").wait_for()
    screen.get_by_label("Shops near").select_option("Oslo")
    screen.get_by_role("button", name="Show").click()
    screen.locator("h2", has_text="Bar 800 m").wait_for()
    context.grant_permissions(["geolocation"])
    screen.get_by_role("button", name="Use my position").click()
    screen.locator("li:first-child h2", has_text="Fisk 100 m").wait_for()
    assert screen.get_by_label("Shops near").input_value() == "60.392,5.324"
    context.close()
