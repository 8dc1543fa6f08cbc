"""What the journal says so far: every payment, refund and receipt, folded from the events.

Apart because the engine, the recovery and every command that lists payments read the same
fold of the same records, so they cannot disagree.
"""

from dataclasses import dataclass, field

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.sale.payment import EVENTS, Event, Opened, Payment, State, step
from pos.sale.refund import (
    REFUND_EVENTS,
    Refund,
    RefundAsked,
    RefundEvent,
    RefundState,
    step_refund,
)


@dataclass(frozen=True, slots=True)
class Started:
    """A process of this terminal opened the journal. `at` is Unix seconds."""

    version: str
    at: float


@dataclass(frozen=True, slots=True)
class ReceiptBegun:
    """Bytes of a receipt are about to go to the printer. `number` counts receipts without gaps."""

    document_id: str
    number: int
    copy: bool


@dataclass(frozen=True, slots=True)
class ReceiptPrinted:
    """The printer took the whole receipt."""

    document_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The switch said of a final payment something else than we hold; a person must look."""

    request_id: str
    says: str


Entry = Event | RefundEvent | Started | ReceiptBegun | ReceiptPrinted | Answered

ENTRIES: tuple[type[Entry], ...] = (
    *EVENTS, *REFUND_EVENTS, Started, ReceiptBegun, ReceiptPrinted, Answered,
)  # fmt: skip


@dataclass(slots=True)
class History:
    """The fold. Mutable, owned by one thread; `apply` is its only way to change."""

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    contested: dict[str, str] = field(default_factory=dict)

    def apply(self, entry: Entry) -> bool:
        """Take one entry in. True when it changed anything and so belongs in the journal.

        Raises IllegalMove, having changed nothing, for a move that no table lists.
        """
        if isinstance(entry, EVENTS):
            return self._apply_payment(entry)
        if isinstance(entry, REFUND_EVENTS):
            return self._apply_refund(entry)
        match entry:
            case ReceiptBegun():
                self.receipts.setdefault(entry.document_id, entry.number)
            case ReceiptPrinted():
                self.printed.add(entry.document_id)
            case Answered():
                self.contested[entry.request_id] = entry.says
        return True

    def _apply_payment(self, event: Event) -> bool:
        before = self.payments.get(event.request_id)
        if before is not None and isinstance(event, Opened):
            raise IllegalMove(f"The request id {event.request_id} was used before.")
        after = step(before, event)
        self.payments[event.request_id] = after
        return after is not before

    def _apply_refund(self, event: RefundEvent) -> bool:
        before = self.refunds.get(event.refund_id)
        if isinstance(event, RefundAsked):
            self._check_refund(event)
        after = step_refund(before, event)
        self.refunds[event.refund_id] = after
        return after is not before

    def _check_refund(self, asked: RefundAsked) -> None:
        payment = self.payments.get(asked.request_id)
        left = self.left(asked.request_id)
        if payment is None or asked.amount.currency != payment.amount.currency:
            raise IllegalMove(f"There is no payment {asked.request_id} to give back from.")
        if asked.amount.value > left:
            raise IllegalMove(f"Of {asked.request_id} only {left} is left to give back.")

    def left(self, request_id: str) -> int:
        """Minor units that may still be given back; open refunds count as spent."""
        payment = self.payments.get(request_id)
        if payment is None or payment.state is not State.PAID:
            return 0
        return payment.amount.value - sum(
            refund.amount.value
            for refund in self.refunds.values()
            if refund.request_id == request_id and refund.state is not RefundState.REFUSED
        )

    def left_amount(self, request_id: str) -> Amount | None:
        """The same as an Amount, or None when nothing is left."""
        left = self.left(request_id)
        return Amount(left, self.payments[request_id].amount.currency) if left > 0 else None

    def open_payments(self) -> list[Payment]:
        """Payments that still have to be worked, oldest first."""
        return [payment for payment in self.payments.values() if payment.state.open]

    def open_refunds(self) -> list[Refund]:
        """Refunds whose outcome is not known yet, oldest first."""
        return [r for r in self.refunds.values() if r.state is RefundState.ASKED]

    def recent(self, count: int) -> list[Payment]:
        """The newest `count` payments, newest first."""
        return list(self.payments.values())[: -count - 1 : -1]

    def code_used_by(self, fingerprints: set[str], since: float) -> Payment | None:
        """The payment opened after `since` (Unix seconds) with one of these fingerprints."""
        for payment in reversed(self.payments.values()):
            if payment.opened_at < since:
                # A clock that jumped may have left younger entries further back, so go on.
                continue
            if payment.fingerprint and payment.fingerprint in fingerprints:
                return payment
        return None
