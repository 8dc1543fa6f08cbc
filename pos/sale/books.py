"""The books of a till: who was there, what was numbered and signed, shift by shift.

Apart from the payments that they are about because a receipt's number is the place of its sale
among all that are final. It is stored nowhere, so no power cut can leave a gap or give it twice.
"""

from dataclasses import dataclass, field

from pos.errors import IllegalMove
from pos.sale.assistance import ASSISTANCE_EVENTS, Assistance, AssistanceEvent
from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.printing import (
    DrawerOpened,
    PrintingEvent,
    ReceiptBegun,
    ReceiptPrinted,
    ReceiptUnprinted,
)
from pos.sale.shift import (
    SHIFT_EVENTS,
    Document,
    InOrder,
    Kind,
    OutOfOrder,
    Practised,
    Shift,
    ShiftClosed,
    ShiftEvent,
    ShiftOpened,
    TrainingBegun,
    TrainingEnded,
    XReported,
)
from pos.sale.signing import Signatures, Signed
from pos.sale.staff import STAFF_EVENTS, Attendance, StaffEvent

BooksEvent = StaffEvent | ShiftEvent | AssistanceEvent | Signed

BOOKS_EVENTS: tuple[type[BooksEvent], ...] = (
    *STAFF_EVENTS, *SHIFT_EVENTS, *ASSISTANCE_EVENTS, Signed,
)  # fmt: skip


@dataclass(slots=True)
class Books:
    """The fold: every shift, the last of which is not closed, and every document by its id."""

    attendance: Attendance = field(default_factory=Attendance)
    signatures: Signatures = field(default_factory=Signatures)
    assistance: Assistance = field(default_factory=Assistance)
    shifts: list[Shift] = field(default_factory=lambda: [Shift(1)])
    documents: dict[str, Document] = field(default_factory=dict)
    document_ids: list[str] = field(default_factory=list)
    return_count: int = 0
    x_count: int = 0
    training: bool = False
    barred: OutOfOrder | None = None
    _staff: dict[str, str] = field(default_factory=dict)
    _copying: set[str] = field(default_factory=set)
    _copies: dict[str, int] = field(default_factory=dict)
    _grand: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def current(self) -> Shift:
        """The shift that takes in what comes."""
        return self.shifts[-1]

    def shift(self, number: int) -> Shift | None:
        """Shift `number` (from 1), or None when there was none yet."""
        return self.shifts[number - 1] if 1 <= number <= len(self.shifts) else None

    def check(self, event: BooksEvent) -> None:
        """Raise IllegalMove for an entry that does not fit; change nothing."""
        current = self.current
        if isinstance(event, ASSISTANCE_EVENTS):
            return self.assistance.check(event)
        match event:
            case ShiftOpened() if event.number != current.number or current.opened is not None:
                raise IllegalMove(f"Shift {event.number} cannot be opened: {current.number} is on.")
            case ShiftClosed() if event.number != current.number:
                raise IllegalMove(f"Shift {event.number} cannot be closed: {current.number} is on.")
            case XReported() if event.number != self.x_count + 1:
                raise IllegalMove(f"X report {event.number} does not follow {self.x_count}.")
            case TrainingBegun() if self.training:
                raise IllegalMove("Training is on already.")
            case TrainingEnded() | Practised() if not self.training:
                raise IllegalMove("Training is off.")
            case Signed():
                self.signatures.check(event, self.document_ids)
        return None

    def take(self, event: BooksEvent) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        if isinstance(event, STAFF_EVENTS):
            return self.attendance.take(event)
        if isinstance(event, ASSISTANCE_EVENTS):
            return self.assistance.take(event)
        self.check(event)
        match event:
            case ShiftOpened():
                self.current.opened = event
            case ShiftClosed():
                self.current.closed = event
                self.shifts.append(Shift(event.number + 1, event.carried, dict(self._grand)))
            case XReported():
                self.x_count = event.number
            case TrainingBegun() | TrainingEnded():
                self.training = isinstance(event, TrainingBegun)
            case OutOfOrder() | InOrder():
                self.barred = event if isinstance(event, OutOfOrder) else None
            case Practised():
                self.current.practised.append(event)
            case Signed():
                self.signatures.take(event)
        return None

    def printed(self, event: PrintingEvent) -> None:
        """Something was put on paper, or the drawer opened: copies and openings are counted."""
        match event:
            case ReceiptBegun() if event.copy:
                self._copying.add(event.document_id)
            case ReceiptUnprinted():
                self._copying.discard(event.document_id)
            case ReceiptPrinted() if event.document_id in self._copying:
                self._copying.discard(event.document_id)
                self.current.copies.append(event.document_id)
                self._copies[event.document_id] = self.copy_count(event.document_id) + 1
            case DrawerOpened():
                self.current.drawer_openings += 1

    def copy_count(self, document_id: str) -> int:
        """How often a receipt was printed once more."""
        return self._copies.get(document_id, 0)

    def voided(self, request_id: str) -> None:
        """A payment was cancelled, or given back before it was a sale."""
        self.current.voided.append(request_id)

    def dropped(self, order: Order) -> None:
        """An order was given up before any payment."""
        self.current.dropped.append(order)

    def begun(self, document_id: str, *, lost: bool) -> None:
        """A payment or refund was begun by whoever is there now, and stays theirs.

        `lost` is one that came back from the switch: nobody remembers who began it.
        """
        if self.attendance.present is not None and not lost:
            self._staff[document_id] = self.attendance.present.staff_id

    def staff_of(self, document_id: str) -> str:
        """Who began this payment or refund; empty when nobody was logged in."""
        return self._staff.get(document_id, "")

    def final(self, kind: Kind, document_id: str, request_id: str, amount: Amount) -> None:
        """A sale or a refund is final: it has the next number, once."""
        if document_id in self.documents:
            return
        document = Document(
            len(self.documents) + 1, kind, document_id, request_id,
            self.staff_of(document_id), self.current.number,
        )  # fmt: skip
        self.documents[document_id] = document
        self.document_ids.append(document_id)
        self.current.documents.append(document)
        self.return_count += kind is Kind.RETURN
        sold, returned = self._grand.get(amount.currency, (0, 0))
        grown = (sold + amount.value, returned), (sold, returned + amount.value)
        self._grand[amount.currency] = grown[kind is Kind.RETURN]

    @property
    def grand(self) -> dict[str, tuple[int, int]]:
        """What was ever sold and given back, in minor units by currency."""
        return dict(self._grand)

    def number_of(self, document_id: str) -> int:
        """The receipt's number, or 0 while there is none."""
        document = self.documents.get(document_id)
        return 0 if document is None else document.number
