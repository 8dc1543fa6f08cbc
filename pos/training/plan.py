"""Who comes on a training day, what each of them wants, and what goes wrong with it.

Apart, and pure, so that a seed makes the same day on every machine and can be set as homework.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pos.errors import WrongUse
from pos.sale.catalogue import Catalogue, Product
from pos.sale.money import Amount

CUSTOMERS_MAX = 100
GOODS_MAX = 3


class Mishap(StrEnum):
    """What goes wrong with a customer."""

    NONE = "none"
    LATE = "late"  # the payment holds, but the answer is lost on its way
    PAPER_OUT = "paper"
    TORN = "torn"  # the receipt came out in two halves
    SECOND_SCAN = "again"  # wants to be scanned once more
    REFUND = "refund"
    WALKS_AWAY = "walks"
    DECLINED = "declined"
    LINK_DOWN = "link"
    WRONG_AMOUNT = "amount"  # wants less, when the payment was begun already
    CLAIMS = "claims"  # says that it is paid, and it is not


@dataclass(frozen=True, slots=True)
class Customer:
    """One of them. `goods` are to be paid; `spare` is what she leaves out in the end, or None."""

    number: int
    mishap: Mishap
    wallet: str
    goods: tuple[Product, ...]
    spare: Product | None = None

    @property
    def first_amount(self) -> Amount:
        """What she asks for when she comes."""
        spared = self.spare.price.value if self.spare is not None else 0
        return Amount(self.amount.value + spared, self.amount.currency)

    @property
    def amount(self) -> Amount:
        """What she is to pay in the end."""
        total = sum(each.price.value for each in self.goods)
        return Amount(total, self.goods[0].price.currency)


def planned(
    seed: int, count: int, products: Catalogue, wallets: Sequence[str]
) -> tuple[Customer, ...]:
    """`count` customers, each mishap as often as any other, the first customer without one.

    Raises WrongUse for a count that makes no day, or a shop that sells too little.
    """
    if not 1 <= count <= CUSTOMERS_MAX:
        raise WrongUse(f"A training day has 1 to {CUSTOMERS_MAX} customers; give another number.")
    shelf = [each for each in products.products if each.price.value > 0 and not each.age_limit]
    if len(shelf) < 2:
        raise WrongUse("The catalogue has too few products to train with; name another one.")
    chance = random.Random(seed)  # noqa: S311 - a timetable, not a secret
    mishaps = [Mishap.NONE]
    while len(mishaps) < count:
        block = [each for each in Mishap if each is not Mishap.NONE]
        chance.shuffle(block)
        mishaps += block
    return tuple(
        _customer(number, mishap, chance, shelf, wallets)
        for number, mishap in enumerate(mishaps[:count], 1)
    )


def _customer(
    number: int,
    mishap: Mishap,
    chance: random.Random,
    shelf: Sequence[Product],
    wallets: Sequence[str],
) -> Customer:
    picked = chance.sample(shelf, chance.randint(2, min(GOODS_MAX, len(shelf))))
    wallet = wallets[(number - 1) % len(wallets)]
    if mishap is Mishap.WRONG_AMOUNT:
        return Customer(number, mishap, wallet, tuple(picked[:-1]), picked[-1])
    return Customer(number, mishap, wallet, tuple(picked))
