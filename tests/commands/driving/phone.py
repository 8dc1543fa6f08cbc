"""A customer's telephone at the switch's pages, without a screen: it opens them and fills in forms.

Apart from the tills because it knows only what stands on a page.
"""

import re

import httpx

PIN = "1234"
_TOKEN = re.compile(r'data-token="([0-9a-f]{64})"')
_CHARGE = re.compile(r'name="charge" value="([^"]+)"')


def pay_at(url: str, path: str, person: str, amount: str, answers: str) -> None:
    """Open the sticker at `path` as `person`, type `amount`, and answer; empty: never answer.

    AssertionError when the switch does not go along.
    """
    with httpx.Client(
        base_url=url, headers={"Origin": url}, follow_redirects=True, trust_env=False
    ) as http:
        page = http.get("/phone/people")
        page = http.post("/phone/people", data=_form(page, person=person, next=path))
        page = http.post(path, data=_form(page, amount=amount))
        assert page.status_code == 200, page.text
        charge = _CHARGE.search(page.text)
        assert charge, page.text
        if answers:
            form = _form(page, charge=charge[1], pin=PIN, answer=answers)
            assert http.post(page.url.path, data=form).status_code == 200


def _form(page: httpx.Response, **fields: str) -> dict[str, str]:
    """The fields, with the token of the page that is open."""
    token = _TOKEN.search(page.text)
    assert token, page.text
    return {"token": token[1]} | fields
