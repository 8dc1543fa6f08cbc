"""The till's day: from a Z report to the next, and what is written down of it.

Apart, and pure, because a day is closed by its place in the journal and never by the clock.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pos.sale.money import Amount
from pos.sale.order import Order


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """Shift `number` begins. Without it a shift begins by itself after the one before."""

    number: int
    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """Shift `number` ends with its Z report; what is final later belongs to the next.

    `sold` and `given_back` are minor units of `currency`. `carried` are the payments and refunds
    that are unfinished, by request id and refund id.
    """

    number: int
    staff_id: str
    at: float
    currency: str
    sold: int
    given_back: int
    carried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class XReported:
    """An X report was made: number `number` of this till."""

    number: int
    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class TrainingBegun:
    """From now on sales are for practice: no money moves, and no total knows of them."""

    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """Sales are real again."""

    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Practised:
    """A sale in training: nobody was charged."""

    sale_id: str
    amount: Amount
    at: float


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """Nothing is sold any more, because of `cause`: a key of the language catalogue.

    `staff_id` is who said so, empty for the till itself. It holds until InOrder, also after a
    restart.
    """

    cause: str
    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class InOrder:
    """Somebody of the staff saw to it, and the till sells again."""

    staff_id: str
    at: float


ShiftEvent = (
    ShiftOpened | ShiftClosed | XReported | TrainingBegun | TrainingEnded | Practised
    | OutOfOrder | InOrder
)  # fmt: skip

SHIFT_EVENTS: tuple[type[ShiftEvent], ...] = ShiftEvent.__args__


class Kind(StrEnum):
    """What a numbered document tells of."""

    SALE = "sale"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Document:
    """A sale or a refund that is final, with the receipt's number: 1, 2, 3... of this till.

    `document_id` is the request id of a sale, the refund id of a return; `request_id` the sale's.
    """

    number: int
    kind: Kind
    document_id: str
    request_id: str
    staff_id: str
    shift: int


@dataclass(slots=True)
class Shift:
    """One shift as it is folded.

    `brought` is what the shift before carried over, `grand_before` what was ever sold and given
    back before this one, in minor units by currency; `voided` are payments that were cancelled,
    `dropped` orders that were given up before any payment.
    """

    number: int
    brought: tuple[str, ...] = ()
    grand_before: dict[str, tuple[int, int]] = field(default_factory=dict)
    opened: ShiftOpened | None = None
    closed: ShiftClosed | None = None
    documents: list[Document] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    practised: list[Practised] = field(default_factory=list)
    drawer_openings: int = 0
    dropped: list[Order] = field(default_factory=list)
