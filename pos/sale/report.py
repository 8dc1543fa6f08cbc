"""What an X or Z report says: a shift's totals by wallet, VAT rate, staff, group and hour.

Apart from the adding up, so that paper, screen, audit file and export are made of one value.

The fields are those that the Norwegian cash register regulation asks for (SAF-T Cash Register
1.00, `eventReport`). Money is minor units of the report's currency.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos.sale.shift import Kind
from pos.sale.vat import VatRow


class ReportKind(StrEnum):
    """X looks, Z closes."""

    X = "X"
    Z = "Z"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and how much in all."""

    count: int = 0
    value: int = 0


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was sold and what was given back."""

    sold: Tally = Tally()
    returned: Tally = Tally()

    @property
    def net(self) -> int:
        """What is left."""
        return self.sold.value - self.returned.value


@dataclass(frozen=True, slots=True)
class Group:
    """A category's turnover of one member of staff; `quantity` is returned ones taken off."""

    staff_id: str
    category: str
    quantity: int
    value: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A payment or refund whose outcome is not known. `begun_at` is Unix seconds."""

    document_id: str
    kind: Kind
    value: int
    begun_at: float


@dataclass(frozen=True, slots=True)
class Report:
    """One X or Z report. `until` is when it was made, `opened_at` None where nobody opened.

    `number` is the shift's for Z and a count of its own for X. What is keyed by wallet, staff id
    or hour (that in which a sale or refund began, 0 to 23) is sorted by it. `voids` are payments
    that were cancelled, `dropped` orders that were given up before any payment, `corrections` lines
    that were taken off an order before it was paid.
    `elsewhere` are the turnovers in other currencies, which no other figure counts.
    `brought` came over from the shift before; `unfinished` goes over to the next. The grand
    totals count from the till's first sale and never begin anew.
    """

    kind: ReportKind
    number: int
    shift: int
    currency: str
    opened_at: float | None
    opened_by: str
    until: float
    made_by: str
    first_number: int
    last_number: int
    total: Turnover
    by_wallet: tuple[tuple[str, Turnover], ...]
    by_staff: tuple[tuple[str, Turnover], ...]
    by_staff_wallet: tuple[tuple[tuple[str, str], Turnover], ...]
    by_hour: tuple[tuple[int, Turnover], ...]
    by_vat: tuple[VatRow, ...]
    by_group: tuple[Group, ...]
    discounts: Tally
    tips: Tally
    corrections: Tally
    copies: Tally
    drawer_openings: int
    training: Tally
    voids: Tally
    dropped: Tally
    elsewhere: tuple[tuple[str, Turnover], ...]
    brought: tuple[str, ...]
    unfinished: tuple[Unfinished, ...]
    grand_sold: int
    grand_returned: int
    staff_names: tuple[tuple[str, str], ...] = ()

    def name_of(self, staff_id: str) -> str:
        """The name of a member of staff who stands on this report, or the bare id."""
        return dict(self.staff_names).get(staff_id) or staff_id
