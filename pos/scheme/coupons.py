"""What a coupon is, and how much it takes off: whole numbers, rounded half up, never too much.

Apart from budgets and tables so that the arithmetic of marketing can be read and tested alone.
The merchant is paid in full; the customer is charged less, and her wallet pays what she saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pos.sale.money import Amount
from pos.scheme.rates import WHOLE_BASIS_POINTS, Rate


@dataclass(frozen=True, slots=True)
class Coupon:
    """A discount that `wallet` funds, of `off` or of `basis_points` up to `most`.

    Amounts are smallest units of `currency`: that of prices where the coupon is good, or the
    wallet's own, and then it is good for prices in every currency. `least` is the smallest amount
    that it is good for; `budget` bounds all its uses together, `customer_count` and
    `customer_budget` those of one customer. Good from `begins_at_ms` until before `ends_at_ms`, at
    `merchants` (their references; empty: at all). Coupons that stack are good together.
    """

    coupon_id: str
    name: str
    wallet: str
    currency: str
    budget: int
    off: int | None = None
    basis_points: int | None = None
    most: int | None = None
    least: int = 0
    customer_count: int | None = None
    customer_budget: int | None = None
    begins_at_ms: int = 0
    ends_at_ms: int | None = None
    merchants: tuple[str, ...] = ()
    stacks: bool = False

    @property
    def personal(self) -> bool:
        """Whether it must be known who uses it."""
        return self.customer_count is not None or self.customer_budget is not None

    @property
    def largest(self) -> int:
        """The most that one use of it takes."""
        return self.off or self.most or self.budget

    def good_at(self, at_ms: int) -> bool:
        """Whether it is good at that time."""
        ends = self.ends_at_ms
        return self.begins_at_ms <= at_ms and (ends is None or at_ms < ends)

    def good_for(self, wallet: str, merchant: str, currencies: Sequence[str]) -> bool:
        """Whether it is good for a customer of `wallet` at `merchant`, with these currencies."""
        return (
            self.wallet == wallet
            and self.currency in currencies
            and (not self.merchants or merchant in self.merchants)
        )

    def of(self, basis: int) -> int:
        """What it takes off `basis`, both in smallest units of its own currency."""
        if basis < self.least:
            return 0
        if self.off is not None:
            return self.off
        share = half_up(basis * (self.basis_points or 0), WHOLE_BASIS_POINTS)
        return share if self.most is None else min(share, self.most)


@dataclass(frozen=True, slots=True)
class Bill:
    """What the merchant asks for, what it is in the wallet's currency, and the rate between."""

    price: Amount
    charge: Amount
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Saving:
    """What one coupon takes off one bill.

    `value` counts against its budget, in its own currency; `shown` is the same in the currency of
    the price; `funded` what the wallet pays instead of its customer, in the wallet's currency.
    """

    coupon: Coupon
    value: int
    shown: int
    funded: int


def best_savings(coupons: Sequence[Coupon], bill: Bill) -> tuple[Saving, ...]:
    """All coupons that stack, or a single one, whichever saves the customer more."""
    choices = [savings([coupon for coupon in coupons if coupon.stacks], bill)]
    choices += [savings([coupon], bill) for coupon in coupons]
    return max(choices, key=lambda choice: sum(saving.funded for saving in choice))


def savings(coupons: Sequence[Coupon], bill: Bill) -> tuple[Saving, ...]:
    """What `coupons` take off together, in the order of their ids.

    Each is reckoned on the whole bill. The customer always pays at least the smallest unit: what
    would go beyond is cut, and a coupon that saves nothing in either currency is left out.
    """
    taken: list[Saving] = []
    shown_left, funded_left = bill.price.value - 1, bill.charge.value - 1
    for coupon in sorted(coupons, key=lambda each: each.coupon_id):
        saving = _saving(coupon, bill, shown_left, funded_left)
        if saving.shown > 0 and saving.funded > 0:
            taken.append(saving)
            shown_left -= saving.shown
            funded_left -= saving.funded
    return tuple(taken)


def shares_of_refund(
    back: int, charge: int, saved: int, *, charge_left: int, saved_left: int
) -> tuple[int, int]:
    """How `back`, in the wallet's currency, is divided between the customer and her wallet.

    In the proportion of what each paid, `charge` and `saved`; neither gets more than is left of
    it, so the refund that takes all of the rest also takes the rounding remainder.
    """
    to_customer = half_up(back * charge, charge + saved)
    to_customer = max(back - saved_left, min(to_customer, back, charge_left))
    return to_customer, back - to_customer


def half_up(top: int, bottom: int) -> int:
    """`top / bottom` rounded half up; neither is negative."""
    return (2 * top + bottom) // (2 * bottom)


def _saving(coupon: Coupon, bill: Bill, shown_left: int, funded_left: int) -> Saving:
    if coupon.currency == bill.price.currency:
        shown = min(coupon.of(bill.price.value), shown_left)
        funded = shown if bill.rate is None else bill.rate.convert(shown)
        return Saving(coupon, shown, shown, min(funded, funded_left))
    funded = min(coupon.of(bill.charge.value), funded_left)
    # At the payment's own quote, which made the charge of the price.
    shown = half_up(funded * bill.price.value, bill.charge.value)
    return Saving(coupon, funded, min(shown, shown_left), funded)
