"""What the shop sells: found by reference, by GTIN, by category and by word."""

from pos.sale.catalogue import Benefit, Catalogue, Product, line_of
from pos.sale.money import Amount
from pos.sale.vat import VatClass


def product(reference: str, *names: tuple[str, str], **fields: object) -> Product:
    """One article at 10.00 NOK."""
    return Product(reference, names, Amount(1000, "NOK"), VatClass.REDUCED, **fields)  # type: ignore[arg-type]


SHOP = Catalogue(
    [
        product("K1", ("nb", "Kaffe"), ("fi", "Kahvi"), gtin="7038010000010", category="Varmt"),
        product("K2", ("nb", "Iskaffe"), category="Kaldt"),
        product("K3", ("nb", "Stor kaffe"), ("zh", "大杯咖啡"), category="Varmt"),
        product("K4", ("nb", "Pære på brød"), category="Mat", benefit=Benefit.LUNCH),
        product("4", ("nb", "Øl"), category="Kaldt", age_limit=18),
    ]
)


def found(typed: str) -> list[str]:
    """References, best first."""
    return [each.reference for each in SHOP.search(typed)]


def test_names_that_begin_so_come_first() -> None:
    """Then words that do, then the rest."""
    assert found("kaffe") == ["K1", "K3", "K2"]


def test_search_knows_every_language_and_no_accents() -> None:
    """A tourist's word, a keyboard without the letter, a name in Chinese."""
    assert found("KAHVI") == ["K1"]
    assert found("paere") == ["K4"]
    assert found("brod pære") == ["K4"]
    assert found("ol") == ["4"]
    assert found("咖啡") == ["K3"]


def test_a_whole_reference_or_number_comes_first() -> None:
    """The cashier who knows the number wants that product, not all that hold the digit."""
    assert found("4")[0] == "4"
    assert found("7038010000010") == ["K1"]
    assert found("k2") == ["K2"]


def test_nothing_typed_finds_nothing_and_answers_are_limited() -> None:
    """A list of ten thousand helps nobody."""
    assert found("  ") == []
    assert found("zzz") == []
    assert len(SHOP.search("k", count_max=2)) == 2


def test_categories_keep_the_order_of_the_file() -> None:
    """The keys on the screen stay where they are."""
    assert SHOP.categories == ("Varmt", "Kaldt", "Mat")
    assert [each.reference for each in SHOP.in_category("Kaldt")] == ["K2", "4"]


def test_a_line_copies_what_a_receipt_needs() -> None:
    """So that a price that changes tomorrow changes no sale of today."""
    line = line_of(SHOP.by_reference["4"], "fi", 2500, 2)
    assert (line.text, line.amount, line.vat, line.age_limit) == ("Øl", 2000, 2500, 18)
    lunch = line_of(SHOP.by_reference["K4"], "nb", 1500)
    assert (lunch.product, lunch.category, lunch.benefit) == ("K4", "Mat", "lunch")
