"""The catalogue file: taken in both forms, refused with line and remedy, and the good one kept."""

import os
from pathlib import Path

import pytest

from pos.sale.catalogue import Benefit, Catalogue
from pos.sale.money import Amount
from pos.sale.vat import VatClass
from pos.shelf import CatalogueError, CatalogueShelf, load

TOML = """
[[product]]
reference = "K1"
name = { nb = "Kaffe", fi = "Kahvi", zh = "咖啡" }
price = "45.00"
vat = "standard"
gtin = "4006381333931"
category = "Varmt"

[[product]]
reference = "B/2"
name = "Brød"
price = 39
vat = "reduced"
gtin = "036000291452"
category = "Mat"
age_limit = 18
benefit = "lunch"
"""
CSV = """\
reference;name;name_fi;name_zh;price;vat;gtin;category;age_limit;benefit
K1;Kaffe;Kahvi;咖啡;45,00;standard;4006381333931;Varmt;;
B/2;Brød;;;39;reduced;036000291452;Mat;18;lunch
"""


def written(folder: Path, text: str | bytes, name: str = "products.csv") -> Path:
    """A catalogue file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(path: Path) -> Catalogue:
    """Its products, in a Norwegian shop."""
    return load(path, "NOK", "nb")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", TOML),
        ("a.csv", CSV),
        ("b.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        ("c.csv", CSV.replace("45,00", "45.00").replace(";", ",")),
        ("d.csv", CSV.replace(";", "\t")),
        ("e.csv", CSV.replace("45,00", '"45,00"').replace(";", ",") + "\n  ,,,,,,,,,\n"),
    ],
)
def test_both_forms_hold_the_same_products(tmp_path: Path, name: str, text: str) -> None:
    """TOML, and CSV as spreadsheets of different countries write it."""
    catalogue = loaded(written(tmp_path, text, name))
    coffee, bread = catalogue.products
    assert coffee.names == (("nb", "Kaffe"), ("fi", "Kahvi"), ("zh", "咖啡"))
    assert (coffee.price, coffee.vat) == (Amount(4500, "NOK"), VatClass.STANDARD)
    assert (coffee.age_limit, coffee.benefit) == (0, None)
    assert (bread.reference, bread.price, bread.vat) == (
        "B/2",
        Amount(3900, "NOK"),
        VatClass.REDUCED,
    )
    assert (bread.age_limit, bread.benefit) == (18, Benefit.LUNCH)
    assert catalogue.by_gtin == {"4006381333931": coffee, "0036000291452": bread}
    assert catalogue.categories == ("Varmt", "Mat")


HEAD = "reference;name;price;vat;gtin"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"{HEAD}\n1;A;1;standard;96385074\n2;B;1;standard;96385074", 3,
         "the gtin 96385074 is that of line 2 too; remove one"),
        (f"{HEAD}\n1;A;1;standard;\n1;B;1;standard;", 3, "the reference 1 is that of line 2 too"),
        (f"{HEAD}\n\n1;A;1;standard;4006381333932", 3, "a right check digit; type it again"),
        (f"{HEAD}\n1;A;1;standard;123", 2, "not 8, 12 or 13 digits"),
        (f"{HEAD}\n1;A;1;standard;４００６３８１３", 2, "not 8, 12 or 13 digits"),
        (f"{HEAD}\n1;A;1;half;", 2, "the vat 'half' is not known; use one of standard, reduced"),
        (f"{HEAD}\n1;A;;standard;", 2, "is not an amount; type it like 129.00"),
        (f"{HEAD}\n1;A;0;standard;", 2, "must be above zero"),
        (f"{HEAD}\n1;A;1.234;standard;", 2, "too many decimals"),
        (f"{HEAD}\n1;;1;standard;", 2, "no name; give it one"),
        (f"{HEAD}\n1;{'x' * 61};1;standard;", 2, "longer than 60"),
        (f"{HEAD}\n1;A\x1b[2J;1;standard;", 2, "cannot be printed"),
        (f"{HEAD}\n?;A;1;standard;", 2, "the reference '?' is not"),
        (f"{HEAD};age_limit\n1;A;1;standard;;old", 2, "the age_limit 'old' is not"),
        (f"{HEAD};benefit\n1;A;1;standard;;gold", 2, "the benefit 'gold' is not known"),
        (f"{HEAD};colour\n1;A;1;standard;;red", 2, "the field colour is not known"),
        ("reference;name;vat\n1;A;standard", 1, "the header has no column price"),
        ("reference;price;vat\n1;1;standard", 1, "the header has no column name"),
        (f"{HEAD};vat\n", 1, "the header has vat twice"),
        (HEAD, 1, "there is no product in it"),
        ("", 1, "there is no product in it"),
        ("reference,name,price,vat\n1,A,45,00,standard", 2, "5 fields and the header 4; put"),
        (f'{HEAD}\n1;"A;1;standard;', 2, "close the quotes"),
        ("reference,name,price,vat\n1,Kaffe,1,standard\n2,Brød,39,reduced".encode("latin-1"), 3,
         "it is not UTF-8 (perhaps Latin-1); save it again as UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_csv_is_refused_with_line_and_remedy(
    tmp_path: Path, text: str | bytes, line: int, said: str
) -> None:
    """The file, the line that a person finds in an editor, and what to do there."""
    path = written(tmp_path, text)
    with pytest.raises(CatalogueError) as caught:
        loaded(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}, line {line}: "), sentence
    assert said in sentence
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (TOML.replace('"standard"', '"half"'), 2, "the vat 'half' is not known"),
        (
            TOML.replace('gtin = "036000291452"', 'gtin = "4006381333931"'),
            10,
            "is that of line 2 too",
        ),
        (TOML.replace("price = 39", "price = 39.0001"), 10, "too many decimals"),
        (TOML.replace("price = 39", "price = [39]"), 10, "is not an amount"),
        (TOML.replace("price = 39", "price = true"), 10, "is not an amount"),
        (TOML.replace('"45.00"', '"45.00'), 5, "it is not TOML"),
        (TOML + "\n[shop]\nname = 1", 1, "not shop; remove it"),
        ("product = 1", 1, "[[product]] tables only"),
        ("product = [1]", 1, "the field product is not known"),
    ],
)
def test_a_bad_toml_is_refused_with_line_and_remedy(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    """The line is that of the [[product]] that holds the fault."""
    path = written(tmp_path, text, "products.toml")
    with pytest.raises(CatalogueError) as caught:
        loaded(path)
    assert str(caught.value).startswith(f"{path}, line {line}: "), str(caught.value)
    assert said in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """A shop owner mends a file in one go, not in thirty."""
    rows = "\n".join(f"{number};A;0;standard;" for number in range(30))
    with pytest.raises(CatalogueError) as caught:
        loaded(written(tmp_path, f"{HEAD}\n{rows}"))
    told = str(caught.value).splitlines()
    assert [f"line {number}:" in told[number - 2] for number in range(2, 22)] == [True] * 20
    assert len(told) == 20


def shelf(folder: Path, path: Path) -> CatalogueShelf:
    """The till's catalogue with its state in `folder`."""
    return CatalogueShelf(path, folder, "NOK", "nb")


def later(path: Path, text: str) -> None:
    """The file, saved again a second later."""
    at_ns = path.stat().st_mtime_ns + 10**9
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at_ns, at_ns))


def test_the_till_goes_on_with_the_last_good_file(tmp_path: Path) -> None:
    """A bad one is told and not taken, also by the next start; the mended one is."""
    path = written(tmp_path, CSV)
    at_work = shelf(tmp_path, path)
    assert (len(at_work.catalogue), at_work.fault, at_work.look()) == (2, None, False)
    later(path, CSV.replace("reduced", "half"))
    for each in (at_work, shelf(tmp_path, path)):
        each.look()
        assert len(each.catalogue) == 2
        assert each.fault is not None
        assert each.fault.key == "shelf.refused"
        assert "line 3" in dict(each.fault.values)["sentence"]
        assert each.look() is False
    later(path, CSV + "C3;Te;;;30;standard;;;;")
    assert at_work.look() is True
    assert (len(at_work.catalogue), at_work.fault) == (3, None)


def test_a_file_that_went_is_told_and_its_products_are_sold(tmp_path: Path) -> None:
    """As when a memory stick was pulled out."""
    path = written(tmp_path, TOML, "products.toml")
    at_work = shelf(tmp_path, path)
    path.unlink()
    assert at_work.look() is True
    assert at_work.fault is not None
    assert len(at_work.catalogue) == len(shelf(tmp_path, path).catalogue) == 2


def test_without_any_good_file_the_till_sells_by_amount(tmp_path: Path) -> None:
    """And says what is wrong, with how many more faults there are."""
    bad = CSV.replace("standard", "x").replace("reduced", "y")
    at_work = shelf(tmp_path, written(tmp_path, bad))
    assert len(at_work.catalogue) == 0
    assert at_work.fault is not None
    assert at_work.fault.key == "shelf.refused_more"
    assert dict(at_work.fault.values)["count"] == "1"
