"""What somebody far away may know of a till: counts and sums, and no person, code or payment.

Apart from the View's rows, which name payments: these may leave the shop.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Takings:
    """What was ever sold and given back in one currency, in minor units."""

    currency: str
    sold: int
    given_back: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Counts since the journal began. Times are Unix seconds.

    `settings` is the number of the pushed settings that were answered last, `settings_refused` why
    they were refused, or empty.
    """

    open_payments: int = 0
    open_refunds: int = 0
    oldest_open_at: float | None = None
    last_payment_at: float | None = None
    shift: int = 1
    sales: int = 0
    returns: int = 0
    takings: tuple[Takings, ...] = ()
    settings: int = 0
    settings_refused: str = ""
