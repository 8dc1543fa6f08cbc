"""The phone's languages: complete, alike, and the one that the browser asks for."""

import string

import pytest

from pos.sale.money import Amount
from pos.scheme.phone.words import Words, catalogue, languages, preferred


def test_every_sentence_is_there_in_every_language_with_the_same_fields():
    """A customer never meets a hole or a key."""
    fields = lambda text: {name for _, name, _, _ in string.Formatter().parse(text) if name}  # noqa: E731
    assert set(languages()) == {"en", "nb", "fi", "sv", "da", "zh"}
    for key, said in catalogue().items():
        assert set(said) == set(languages()), key
        assert all(text.strip() for text in said.values()), key
        assert len({frozenset(fields(text)) for text in said.values()}) == 1, key


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("zh-CN,zh;q=0.9", "zh"),
        ("de, fi;q=0.5, sv;q=0.7", "sv"),
        ("da;q=0, fi;q=0.1", "fi"),
        ("de,fr", "en"),
        ("fi;q=x, sv", "sv"),
        ("*;q=nan,;;;,,", "en"),
        ("xx," * 500 + "fi", "en"),
    ],
)
def test_the_browsers_preference_is_followed(header, language):
    """By weight and order; what cannot be read is passed over."""
    assert preferred(header) == language


@pytest.mark.parametrize(
    ("header", "spoken", "language"),
    [
        ("fi, sv;q=0.5", ("nb", "sv"), "sv"),
        ("fi", ("zh", "en"), "zh"),
        ("", ("de", "sv"), "sv"),
        ("fi", ("de",), "fi"),
        ("da", (), "da"),
    ],
)
def test_a_wallet_speaks_its_own_languages(header, spoken, language):
    """The browser chooses among them; the first of ours where it wants none of them."""
    assert preferred(header, spoken) == language


def test_amounts_are_written_as_people_write_them():
    """Digits grouped and separated by language; the currency's own decimals."""
    price = Amount(129_000, "NOK")
    assert Words("en").amount(price) == "1,290.00 NOK"
    assert Words("nb").amount(price).replace("\xa0", " ") == "1 290,00 NOK"
    assert Words("da").amount(price) == "1.290,00 NOK"
    assert Words("zh").money(0, "JPY") == "0 JPY"
    assert Words("xx").code == "en"


def test_a_customer_s_pages_are_in_a_language_of_her_wallet(street):
    """Before anybody is chosen in the browser's; then the wallet's first; a choice goes before."""
    pocket = street.pocket(**{"Accept-Language": "da"})
    assert '<html lang="da">' in pocket.get("/phone").text
    for person, language in (("alipay/Li Na", "zh"), ("epassi/Aino", "fi"), ("vipps/Kari", "nb")):
        assert f'<html lang="{language}">' in pocket.take(person).text
    assert '<html lang="da">' in pocket.post("/phone/language", language="da", next="/phone").text
    assert '<html lang="da">' in pocket.take("alipay/Li Na").text


def test_the_language_is_asked_for_or_chosen(street):
    """By the browser at first; after a choice, the choice."""
    pocket = street.pocket(**{"Accept-Language": "fi-FI,fi;q=0.9"})
    assert '<html lang="fi">' in pocket.get("/phone").text
    assert '<html lang="da">' in pocket.post("/phone/language", language="da", next="/phone").text
    assert '<html lang="da">' in pocket.get("/phone/people").text
    assert '<html lang="da">' in pocket.post("/phone/language", language="xx", next="/phone").text
    pocket.http.cookies.set("samkassa-language", "<xx>")
    assert '<html lang="en">' in pocket.get("/phone").text
