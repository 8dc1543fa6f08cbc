"""`/docs`: the description as a page, complete, of itself alone, and readable in a browser."""

import re
import shutil

import pytest
import requests

from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.description_page import render
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import Signer, load_private_key, new_private_key
from tests.scheme.conftest import Clock


@pytest.fixture
def served():
    """The URL of a running switch."""
    with Store.open("sqlite://") as store:
        scheme = open_scheme(store, Clock())
        key = load_private_key(new_private_key())
        with RunningSwitch(create_app(scheme.book, Clients(store), Signer(key))) as running:
            yield running.url


def test_every_call_and_every_field_of_every_message_is_on_the_page(served):
    """As the description has them; every link leads somewhere on the page."""
    description = requests.get(f"{served}/openapi.json", timeout=10).json()
    page = requests.get(f"{served}/docs", timeout=10).text
    for path in description["paths"]:
        assert f'<span class="path">{path}</span>' in page
    for name, message in description["components"]["schemas"].items():
        table = page.split(f'<h3 id="{name}">')[1].split("</table>")[0]
        for field in message.get("properties", {}):
            assert f"<code>{field}</code>" in table, (name, field)
    marks = set(re.findall(r'id="([^"]+)"', page))
    assert len(marks) == page.count(" id=")
    assert {link[1:] for link in re.findall(r'href="(#[^"]+)"', page)} <= marks


def test_the_page_loads_nothing_and_may_not(served):
    """No script, no other site, no frame: it works where there is no network."""
    answer = requests.get(f"{served}/docs", timeout=10)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for loading in ("<script", "<link", "src=", "@import", "url(", "http://", "https://"):
        assert loading not in answer.text
    assert set(re.findall(r'href="([^#"][^"]*)"', answer.text)) == {"/openapi.json"}


def test_whatever_a_description_says_is_text():
    """Nothing in it becomes part of the page's own markup."""
    bad = "<script>alert(1)</script>\"'&`x`"
    answer = {"200": {"description": bad, "content": {bad: {"schema": {"enum": [bad]}}}}}
    page = render(
        {
            "openapi": bad,
            "info": {"title": bad, "description": bad},
            "paths": {f"/{bad}": {bad: {"summary": bad, "responses": answer}}},
            "components": {
                "schemas": {
                    bad: {"description": bad, "properties": {bad: {"type": bad, "pattern": bad}}}
                }
            },
        }
    )
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_is_drawn_in_a_browser_with_its_own_style(served):
    """Chromium finds nothing to complain about, and a link leads to its message."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium; apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{served}/docs")
        page.locator("td a", has_text="PayRequest").first.click()
        assert page.url.endswith("#PayRequest")
        assert page.locator("h3#PayRequest").is_visible()
        assert page.locator(".verb").first.evaluate("e => getComputedStyle(e).color") == (
            "rgb(255, 255, 255)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert [each for each in complaints if "favicon" not in each] == []
