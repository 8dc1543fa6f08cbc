"""What keeps strangers' web sites, names and texts away from a customer's yes."""

import logging
import re

import httpx
import pytest

from pos.errors import SettingsError
from pos.scheme.phone.parts import read_public_url
from pos.scheme.stickers import Seller, Stickers

FORMS = {
    "/phone/people": {"person": "vipps/Ola"},
    "/phone/asks": {"asks": "1"},
    "/phone/language": {"language": "fi"},
    "/phone/code": {},
    "/phone/scan": {"code": "x"},
    "/phone/place": {"place": "59.913,10.739"},
}


def every_page(street, pocket) -> list[httpx.Response]:
    """One response of each kind of page."""
    return [
        pocket.get(path)
        for path in (
            "/phone", "/phone/people", "/phone/scan", "/phone/payments", "/phone/payments/1",
            "/phone/news", "/phone/discover", "/phone/static/phone.css", street.path(street.show()),
        )
    ]  # fmt: skip


def test_every_page_is_fenced_and_says_that_it_is_a_simulator(street):
    """Only our own resources, no frames, nothing kept, and the mark on each page."""
    pocket = street.pocket()
    pocket.take()
    for response in every_page(street, pocket):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "http://" not in response.text.replace("http://www.w3.org/2000/svg", "")
        if "<html" in response.text:
            assert "Simulator: no real money" in response.text
            nonce = re.search(r"'nonce-([^']+)'", policy)[1]
            assert response.text.count("<style") == response.text.count(f'<style nonce="{nonce}"')
            assert not re.search(r"<script(?! src=)|style=|onclick=", response.text)


def test_a_nonce_serves_once(street):
    """Two pages never share one."""
    pocket = street.pocket()
    policies = {pocket.get("/phone").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "OURS", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "OURS", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_form_from_elsewhere_is_refused(street, path, headers):
    """A stranger's page, a sandboxed frame, another site, or no word of where it comes from."""
    pocket = street.pocket()
    pocket.take()
    sent = {name: value.replace("OURS", street.url) for name, value in headers.items()}
    response = pocket.http.post(path, data={"token": pocket.token} | FORMS[path], headers=sent)
    assert response.status_code == 403
    assert "came from elsewhere" in response.text
    assert "set-cookie" not in response.headers


def test_a_form_without_its_browsers_token_is_refused(street):
    """None, another browser's, or one sent without the cookie that it belongs to."""
    kari, other = street.pocket(), street.pocket()
    kari.take()
    other.take()
    ours = kari.token
    for token in ("", other.token, ours[:-1], ours + "0", "ø"):
        kari.token = token
        assert kari.post("/phone/asks", asks="1").status_code == 403
    stranger = street.pocket()
    stranger.token = ours
    assert stranger.post("/phone/asks", asks="1").status_code == 403
    kari.token = ours
    assert kari.post("/phone/asks", asks="1").status_code == 200


def test_a_form_that_is_too_large_or_broken_is_refused(street):
    """Nothing beyond the limits is held or read."""
    pocket = street.pocket()
    pocket.take()
    headers = {"Origin": street.url, "Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"token=" + b"a" * 5_000, b"\xff\xfe=1", b"a=1&" * 100, b""):
        assert pocket.http.post("/phone/asks", content=body, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost", 200),
        ("192.168.1.20:8790", 200),
        ("[::1]:8790", 200),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_a_name_that_strangers_can_point_at_us_shows_nothing(street, host, status):
    """An address, localhost and the public URL's name are ours; any other name may be a trick."""
    response = street.pocket().get("/phone", Host=host)
    assert response.status_code in (status, 400)
    assert (response.status_code == 200) == (status == 200)


def test_cookies_are_out_of_reach_of_scripts(street):
    """HttpOnly, SameSite, and no more in them than whose phone it is."""
    pocket = street.pocket()
    responses = [pocket.get("/phone"), *pocket.take().history]
    set_cookies = [c for r in responses for c in r.headers.get_list("set-cookie")]
    assert len(set_cookies) == 2
    assert all("HttpOnly" in c and "SameSite=lax" in c for c in set_cookies)


def test_nobody_is_sent_to_another_site(street):
    """What a form says comes next is one of our pages, or the first."""
    pocket = street.pocket()
    pocket.get("/phone/people")
    for target in (
        "https://evil.example", "//evil.example", "/\\evil.example", "/phone/../..//evil.example",
        "/phone?x=1", "javascript:alert(1)", "/ams/api/v1/payments/pay", "",
    ):  # fmt: skip
        assert pocket.take("vipps/Kari", then=target).url == f"{street.url}/phone"
        assert pocket.post("/phone/language", language="en", next=target).url.path == "/phone"


def test_texts_of_shops_are_shown_and_never_run(street):
    """A shop may call itself anything."""
    bad = "<script>alert(1)</script>\"'{{7*7}}"
    stickers = Stickers(street.scheme.store, street.scheme.book, street.clock)
    sticker = stickers.issue("till-1", "T01", Seller(bad, "M", "S", "5814", "NOK"))
    pocket = street.pocket()
    pocket.take()
    path = f"/s/{sticker.sticker_id}"
    for page in (pocket.get(path), pocket.post(path, amount="<b>1"), pocket.post(path, amount="5")):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "{{7*7}}" in page.text
        assert "<b>1" not in page.text


def test_nothing_secret_is_logged(street, caplog):
    """Serving every page and form leaves no word in the log."""
    caplog.set_level(logging.INFO, logger="pos")
    caplog.set_level(logging.INFO, logger="uvicorn")
    pocket = street.pocket()
    pocket.take()
    every_page(street, pocket)
    pocket.post("/phone/code")
    assert [r for r in caplog.records if r.name.startswith(("pos", "uvicorn"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "", "192.168.1.10:8790", "ftp://a", "http://", "http://a/path", "http://a?b", "http://u@a",
        "https://a:x", "http://[::1", "javascript:1",
    ],
)  # fmt: skip
def test_a_public_url_that_cannot_begin_a_code_is_refused(text):
    """With a sentence that shows a good one."""
    with pytest.raises(SettingsError, match="--public-url"):
        read_public_url(text)


def test_a_public_url_is_taken_without_its_slash():
    """Both spellings begin the same codes."""
    assert read_public_url("https://pay.example/") == "https://pay.example"
    assert read_public_url("http://[::1]:8790") == "http://[::1]:8790"
