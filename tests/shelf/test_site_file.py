"""A site file: what it holds, and how each fault in one is told."""

from importlib.resources import files
from pathlib import Path

import pytest

from pos.sale.site import EntryRule, Span
from pos.shelf import SiteError, SiteShelf, load_site

SHIPPED = Path(str(files("pos.demo") / "site.toml"))

GOOD = """reference = "TOP"
name = "Toppen"
time_zone = "Europe/Oslo"
last_entry = 30

[hours]
monday = "10:00-18:00"
sunday = "closed"

[[exception]]
day = 2026-12-24
hours = "10:00-14:00"

[entry]
every = 30
capacity = 40

[[ticket]]
reference = "A"
name = { nb = "Voksen", zh = "成人票" }
price = "199.00"
vat = "low"
valid = "entry"
"""


def written(folder: Path, text: str = GOOD) -> Path:
    """A file with this text."""
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_site_can_be_read() -> None:
    """All six languages have a name for the place and for each ticket."""
    site = load_site(SHIPPED, "NOK", "nb")
    assert {code for code, _ in site.names} == {"nb", "en", "fi", "sv", "da", "zh"}
    for ticket in site.tickets:
        assert len(ticket.names) == 6
    assert site.entry == EntryRule(30, 40)


def test_a_good_file_says_what_it_says(tmp_path: Path) -> None:
    """Days that are not named are closed, and names lead with the shop's own language."""
    site = load_site(written(tmp_path), "NOK", "nb")
    assert site.week == (Span(600, 1080), None, None, None, None, None, None)
    (ticket,) = site.tickets
    assert (ticket.names[0], ticket.price.value, ticket.timed) == (("nb", "Voksen"), 19_900, True)
    assert (ticket.persons, ticket.limit, site.last_entry_min) == (1, 10, 30)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('reference = "TOP"', 'reference = "a b"', 1, "is not 1 to 24 letters"),
        ('name = "Toppen"', 'name = { xx = "Top" }', 2, "there is no language 'xx'"),
        ("Europe/Oslo", "Mars/Phobos", 3, "is not known; write one like Europe/Oslo"),
        ("last_entry = 30", "last_entry = -1", 4, "write a whole number from 0 to 600"),
        ("10:00-18:00", "18:00-10:00", 7, "are no hours of one day"),
        ("10:00-18:00", "10:00-25:00", 7, "are no hours of one day"),
        ("sunday", "sonntag", 8, "the key sonntag is not known"),
        ("2026-12-24", '"2026-12-24"', 11, "is no date; write it like 2026-12-24"),
        ("every = 30", "every = 1", 15, "every is 1; write a whole number"),
        ('price = "199.00"', 'price = "199.999"', 21, "decimals"),
        ('vat = "low"', 'vat = "tiny"', 22, "use one of standard"),
        ('valid = "entry"', 'valid = "week"', 23, "use one of day, entry"),
        ('valid = "entry"', "colour = 1", 23, "the key colour is not known"),
        ("[entry]\nevery = 30\ncapacity = 40\n", "", 20, "there are no entry times"),
    ],
)
def test_a_fault_is_told_with_its_line_and_a_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    """One sentence for each."""
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SiteError) as refused:
        load_site(path, "NOK", "nb")
    assert f"{path}, line {line}: " in str(refused.value)
    assert words in str(refused.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to start the kiosk once for each."""
    text = GOOD.replace("Europe/Oslo", "Mars").replace("199.00", "x").replace('"low"', '"no"')
    with pytest.raises(SiteError) as refused:
        load_site(written(tmp_path, text), "NOK", "nb")
    assert str(refused.value).count("\n") == 2


@pytest.mark.parametrize("text", ["reference = ", "\x00", "[[ticket]\n"])
def test_what_is_no_toml_is_said_so(tmp_path: Path, text: str) -> None:
    """With the line at which it ends to be TOML."""
    with pytest.raises(SiteError, match="line 1: it is not TOML"):
        load_site(written(tmp_path, text), "NOK", "nb")


def test_a_broken_file_leaves_the_last_good_one_in_use(tmp_path: Path) -> None:
    """Also for the next process, which finds the broken one at its start."""
    path = written(tmp_path)
    shelf = SiteShelf(path, tmp_path, "NOK", "nb")
    path.write_text(GOOD + "[[ticket]]\n", encoding="utf-8")
    assert shelf.look()
    assert shelf.fault is not None
    assert shelf.site is not None
    after = SiteShelf(path, tmp_path, "NOK", "nb")
    assert after.site == shelf.site
    assert [each.reference for each in after.catalogue.products] == ["A"]
    path.write_text(GOOD, encoding="utf-8")
    assert after.look()
    assert after.fault is None
