"""What the shop sells: products with a price, found by reference, by GTIN, by category or by word.

Apart from the file that it is read from, so that the till can be given one in a test, and from
the order, which copies of a product what a receipt needs: a price that changes tomorrow changes
no sale of today.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pos.sale.money import Amount
from pos.sale.order import Line
from pos.sale.vat import VatClass


class Benefit(StrEnum):
    """What an employee benefit may pay for, by ePassi's categories."""

    LUNCH = "lunch"
    SPORT = "sport"
    CULTURE = "culture"
    COMMUTING = "commuting"
    WELLBEING = "wellbeing"


@dataclass(frozen=True, slots=True)
class Product:
    """One article. `price` includes VAT; `names` are (language, name), the shop's own first.

    `gtin` is 8 or 13 digits with a right check digit, or empty; `age_limit` is years, or 0.
    A ticket admits `persons`, and a `timed` one at an entry time; other goods admit nobody.
    `limit` is how many of it are sold in one order, 0 for any number.
    """

    reference: str
    names: tuple[tuple[str, str], ...]
    price: Amount
    vat: VatClass
    gtin: str = ""
    category: str = ""
    age_limit: int = 0
    benefit: Benefit | None = None
    persons: int = 0
    limit: int = 0
    timed: bool = False

    def name(self, language: str) -> str:
        """The name in this language, or the first one there is."""
        return dict(self.names).get(language, self.names[0][1])


def line_of(product: Product, language: str, vat: int, quantity: int = 1) -> Line:
    """A line of an order for `quantity` of the product, at `vat` basis points."""
    return Line(
        product.name(language),
        product.price.value,
        quantity,
        vat,
        product=product.reference,
        gtin=product.gtin,
        category=product.category,
        benefit=product.benefit or "",
        age_limit=product.age_limit,
        persons=product.persons,
        timed=product.timed,
    )


class Catalogue:
    """The products of a shop, in the order of its file. Never changes; a new file makes a new one.

    `categories` are in the order in which they first occur.
    """

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self.products = tuple(products)
        self.by_reference = {each.reference: each for each in self.products}
        self.by_gtin = {each.gtin: each for each in self.products if each.gtin}
        self.categories = tuple(dict.fromkeys(p.category for p in self.products if p.category))
        self._shelf = [(each, _haystack(each)) for each in self.products]

    def __len__(self) -> int:
        return len(self.products)

    def in_category(self, category: str) -> tuple[Product, ...]:
        """The products of one category."""
        return tuple(each for each in self.products if each.category == category)

    def search(self, typed: str, count_max: int = 50) -> tuple[Product, ...]:
        """Products that hold every typed word, in any language, without regard to case or accents.

        Best first: the whole reference or GTIN, then names that begin with what was typed, then
        words that do, then the rest; within each as the file has them. None for an empty text.
        """
        text = " ".join(folded(typed).split())
        if not text:
            return ()
        words = text.split()
        whole, begins = f"\n\n{text}\n", f"\n {text}"
        starts = [f" {word}" for word in words]
        found: tuple[list[Product], ...] = ([], [], [], [])
        for product, haystack in self._shelf:
            if not all(word in haystack for word in words):
                continue
            if whole in haystack:
                rank = 0
            elif begins in haystack:
                rank = 1
            else:
                rank = 2 if all(start in haystack for start in starts) else 3
            found[rank].append(product)
        return tuple([each for rank in found for each in rank][:count_max])


NOTHING = Catalogue()


# Letters that Unicode does not take apart, though a foreign keyboard lacks them.
_LETTERS = str.maketrans({"ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "đ": "d", "Đ": "d", "ł": "l"})


def folded(text: str) -> str:
    """Lower case without accents, so that `kjott` finds `Kjøtt` and `paron` finds `Päron`."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold())
    return "".join(mark for mark in plain if not unicodedata.combining(mark))


def _haystack(product: Product) -> str:
    """All that a search looks at: a line end before each name, a space before each word, and two
    line ends before what names the product as a whole."""
    names = "".join(f"\n {' '.join(folded(name).split())}" for _, name in product.names)
    return f"{names}\n\n{folded(product.reference)}\n\n{product.gtin}\n"
