"""What the journal says so far: every payment, refund and receipt, folded from the events.

Apart because the engine, the recovery and every command that lists payments read the same
fold of the same records, so they cannot disagree.
"""

from dataclasses import dataclass, field
from itertools import islice

from pos.errors import IllegalMove
from pos.sale.arrival import (
    ARRIVAL_EVENTS,
    ArrivalEvent,
    Arrived,
    Lapsed,
    Watch,
    Watching,
    numbered,
    payment_of,
)
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
from pos.sale.view import SaleRow


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


@dataclass(frozen=True, slots=True)
class Gap:
    """The switch remembers of this till what its journal does not: entries were lost here.

    `whole_until` is the last entry before this one, `seq` and `head` (64 hex digits) what the
    switch had been told of last. What follows, up to GapClosed, was fetched from the switch.
    """

    whole_until: int
    seq: int
    head: str
    at: float


@dataclass(frozen=True, slots=True)
class GapClosed:
    """All that the switch remembers is in the journal again; `count` payments and refunds were
    not. They may still be open."""

    count: int


Entry = (
    Event | RefundEvent | Started | ReceiptBegun | ReceiptPrinted | Answered | Gap | GapClosed
    | ArrivalEvent
)  # fmt: skip

ENTRIES: tuple[type[Entry], ...] = (
    *EVENTS, *REFUND_EVENTS, *ARRIVAL_EVENTS, Started, ReceiptBegun, ReceiptPrinted, Answered,
    Gap, GapClosed,
)  # fmt: skip


@dataclass(slots=True)
class History:
    """The fold. Mutable, owned by one thread; `apply` is its only way to change.

    `shown` is a place for what `showing` made of a payment and until which Unix second it holds,
    `listed` for what it made of the newest ones; each entry about a payment empties them.
    """

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    contested: dict[str, str] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    gap: Gap | None = None
    shown: dict[str, tuple[SaleRow, float]] = field(default_factory=dict, repr=False, compare=False)
    listed: tuple[tuple[SaleRow, ...], float] | None = field(
        default=None, repr=False, compare=False
    )
    _open: dict[str, None] = field(default_factory=dict)
    _open_refunds: dict[str, None] = field(default_factory=dict)
    _refunds_of: dict[str, list[str]] = field(default_factory=dict)
    _used: dict[str, str] = field(default_factory=dict)

    def would_change(self, entry: Entry) -> bool:
        """Whether `apply` would change anything, so that the entry belongs in the journal.

        Raises IllegalMove for a move that no table lists. Changes nothing.
        """
        if isinstance(entry, EVENTS):
            return self._stepped(entry) is not self.payments.get(entry.request_id)
        if isinstance(entry, REFUND_EVENTS):
            return self._refund_stepped(entry) is not self.refunds.get(entry.refund_id)
        if isinstance(entry, Arrived):
            self._check_arrival(entry)
        return True

    def apply(self, entry: Entry) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        if isinstance(entry, EVENTS):
            return self._keep(self._stepped(entry))
        if isinstance(entry, REFUND_EVENTS):
            return self._keep_refund(self._refund_stepped(entry))
        if isinstance(entry, ARRIVAL_EVENTS):
            return self._arrive(entry)
        match entry:
            case ReceiptBegun():
                self.receipts.setdefault(entry.document_id, entry.number)
            case ReceiptPrinted():
                self.printed.add(entry.document_id)
            case Answered():
                self.contested[entry.request_id] = entry.says
                self._changed(entry.request_id)
            case Gap() if self.gap is None:  # the first, until it is closed
                self.gap = entry
            case GapClosed():
                self.gap = None
        return None

    def _arrive(self, entry: ArrivalEvent) -> None:
        match entry:
            case Watching():
                self.watches[entry.terminal] = Watch(entry.number)
            case Arrived():
                self._check_arrival(entry)
                self._keep(payment_of(entry))
                self._settle(entry.request_id)
            case Lapsed():
                self._settle(entry.request_id)

    def _check_arrival(self, arrived: Arrived) -> None:
        if arrived.request_id in self.payments:
            raise IllegalMove(f"The request id {arrived.request_id} was used before.")

    def _settle(self, request_id: str) -> None:
        """A number of a static code is over."""
        named = numbered(request_id)
        if named is not None and named[0] in self.watches:
            self.watches[named[0]] = self.watches[named[0]].settled(named[1])

    def _keep(self, payment: Payment) -> None:
        self.payments[payment.request_id] = payment
        self._changed(payment.request_id)
        if payment.state.open:
            self._open[payment.request_id] = None
        else:
            self._open.pop(payment.request_id, None)
        if payment.fingerprint:
            self._used[payment.fingerprint] = payment.request_id

    def _keep_refund(self, refund: Refund) -> None:
        if refund.refund_id not in self.refunds:
            self._refunds_of.setdefault(refund.request_id, []).append(refund.refund_id)
        self.refunds[refund.refund_id] = refund
        self._changed(refund.request_id)
        if refund.state is RefundState.ASKED:
            self._open_refunds[refund.refund_id] = None
        else:
            self._open_refunds.pop(refund.refund_id, None)

    def _changed(self, request_id: str) -> None:
        self.shown.pop(request_id, None)
        self.listed = None

    def _stepped(self, event: Event) -> Payment:
        before = self.payments.get(event.request_id)
        if before is not None and isinstance(event, Opened):
            raise IllegalMove(f"The request id {event.request_id} was used before.")
        return step(before, event)

    def _refund_stepped(self, event: RefundEvent) -> Refund:
        if isinstance(event, RefundAsked):
            self._check_refund(event)
        return step_refund(self.refunds.get(event.refund_id), event)

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
        refunds = self.refunds_of(request_id)
        return payment.amount.value - sum(
            refund.amount.value for refund in refunds if refund.state is not RefundState.REFUSED
        )

    def refunds_of(self, request_id: str) -> list[Refund]:
        """Every refund of this payment, oldest first."""
        return [self.refunds[each] for each in self._refunds_of.get(request_id, ())]

    def left_amount(self, request_id: str) -> Amount | None:
        """The same as an Amount, or None when nothing is left."""
        left = self.left(request_id)
        return Amount(left, self.payments[request_id].amount.currency) if left > 0 else None

    def open_payments(self) -> list[Payment]:
        """Payments that still have to be worked, oldest first."""
        return [self.payments[each] for each in self._open]

    def open_refunds(self) -> list[Refund]:
        """Refunds whose outcome is not known yet, oldest first."""
        return [self.refunds[each] for each in self._open_refunds]

    def recent(self, count: int) -> list[Payment]:
        """The newest `count` payments, newest first."""
        return list(islice(reversed(self.payments.values()), count))

    def code_used_by(self, fingerprints: set[str], since: float) -> Payment | None:
        """The payment opened after `since` (Unix seconds) with one of these fingerprints."""
        for fingerprint in fingerprints:
            payment = self.payments.get(self._used.get(fingerprint, ""))
            if payment is not None and payment.opened_at >= since:
                return payment
        return None
