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
from pos.sale.books import BOOKS_EVENTS, Books, BooksEvent
from pos.sale.configuration import CONFIGURATION_EVENTS, Configuration, ConfigurationEvent
from pos.sale.facts import Facts
from pos.sale.incident import INCIDENTS, Answered, Gap, GapClosed, Incident, Started
from pos.sale.money import Amount
from pos.sale.occupancy import Occupancy
from pos.sale.order import ORDER_EVENTS, OrderDropped, OrderEvent, OrderPlaced
from pos.sale.order_book import OrderBook
from pos.sale.payment import EVENTS, Event, Opened, Payment, State, step
from pos.sale.printing import PRINTING_EVENTS, Printing, PrintingEvent
from pos.sale.refund import (
    REFUND_EVENTS,
    Refund,
    RefundAsked,
    RefundEvent,
    RefundState,
    check_asked,
    step_refund,
)
from pos.sale.return_line import ReturnLine
from pos.sale.shift import Kind
from pos.sale.ticket import TicketsIssued
from pos.sale.ticket_book import TicketBook
from pos.sale.view import SaleRow

Entry = (
    Event | RefundEvent | ArrivalEvent | OrderEvent | PrintingEvent | BooksEvent | TicketsIssued
    | Incident | ConfigurationEvent
)  # fmt: skip

ENTRIES: tuple[type[Entry], ...] = (
    *EVENTS, *REFUND_EVENTS, *ARRIVAL_EVENTS, *ORDER_EVENTS, *PRINTING_EVENTS, *BOOKS_EVENTS,
    TicketsIssued, *INCIDENTS, *CONFIGURATION_EVENTS,
)  # fmt: skip


@dataclass(slots=True)
class History:
    """The fold. Mutable, owned by one thread; `apply` is its only way to change.

    `shown` is a place for what `showing` made of a payment and until which Unix second it holds,
    `listed` for what it made of the newest ones; each entry about a payment empties them. `facts`
    is one for what it made of all, which each entry empties.
    """

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    printing: Printing = field(default_factory=Printing)
    contested: dict[str, str] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    order_book: OrderBook = field(default_factory=OrderBook)
    ticket_book: TicketBook = field(default_factory=TicketBook)
    gap: Gap | None = None
    books: Books = field(default_factory=Books)
    configuration: Configuration = field(default_factory=Configuration)
    occupancy: Occupancy = field(default_factory=Occupancy)
    shown: dict[str, tuple[SaleRow, float]] = field(default_factory=dict, repr=False, compare=False)
    listed: tuple[tuple[SaleRow, ...], float] | None = field(
        default=None, repr=False, compare=False
    )
    facts: Facts | None = field(default=None, repr=False, compare=False)
    _open: dict[str, None] = field(default_factory=dict)
    _open_refunds: dict[str, None] = field(default_factory=dict)
    _refunds_of: dict[str, list[str]] = field(default_factory=dict)
    _used: dict[str, str] = field(default_factory=dict)
    _latest_of: dict[str, str] = field(default_factory=dict)

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
        if isinstance(entry, ORDER_EVENTS):
            self.order_book.check(entry)
        if isinstance(entry, BOOKS_EVENTS):
            self.books.check(entry)
        if isinstance(entry, CONFIGURATION_EVENTS):
            self.configuration.check(entry)
        if isinstance(entry, TicketsIssued):
            self.ticket_book.check(entry)
        return True

    def apply(self, entry: Entry) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        self.facts = None
        if isinstance(entry, EVENTS):
            return self._keep(self._stepped(entry))
        if isinstance(entry, REFUND_EVENTS):
            return self._keep_refund(self._refund_stepped(entry))
        if isinstance(entry, ARRIVAL_EVENTS):
            return self._arrive(entry)
        if isinstance(entry, PRINTING_EVENTS):
            self.books.printed(entry)
            return self.printing.apply(entry)
        if isinstance(entry, ORDER_EVENTS):
            return self._take_order(entry)
        if isinstance(entry, BOOKS_EVENTS):
            return self.books.take(entry)
        if isinstance(entry, CONFIGURATION_EVENTS):
            return self.configuration.take(entry)
        if isinstance(entry, TicketsIssued):
            return self.ticket_book.take(entry)
        return self._note(entry)

    def _note(self, entry: Entry) -> None:
        match entry:
            case Started():
                self.books.attendance.leave()
                self.order_book.park_again()
            case Answered():
                self.contested[entry.request_id] = entry.says
                self._changed(entry.request_id)
            case Gap() if self.gap is None:  # the first, until it is closed
                self.gap = entry
            case GapClosed():
                self.gap = None

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

    def _take_order(self, entry: OrderEvent) -> None:
        self.order_book.take(entry)
        if isinstance(entry, OrderPlaced):
            self.occupancy.placed(entry.order)
        elif isinstance(entry, OrderDropped):
            self.books.dropped(entry.order)

    def _keep(self, payment: Payment) -> None:
        self._enter(payment)
        self.payments[payment.request_id] = payment
        self._changed(payment.request_id)
        if payment.state is State.PAID and self.gap is None:
            self.printing.final(payment.request_id)
        if payment.state.open:
            self._open[payment.request_id] = None
        else:
            self._open.pop(payment.request_id, None)
        self._latest_of[payment.sale_id] = payment.request_id
        if payment.fingerprint:
            self._used[payment.fingerprint] = payment.request_id

    def _enter(self, payment: Payment) -> None:
        """Let the books know who begins a payment, and how it ended."""
        request_id = payment.request_id
        if payment.state is State.PAID:
            self.books.final(Kind.SALE, request_id, request_id, payment.amount)
        elif payment.state in (State.CANCELLED, State.REVERSED):
            self.books.voided(request_id)
        elif request_id not in self.payments:
            self.books.begun(request_id, lost=self.gap is not None)

    def _keep_refund(self, refund: Refund) -> None:
        if refund.refund_id not in self.refunds:
            self.books.begun(refund.refund_id, lost=self.gap is not None)
            self._refunds_of.setdefault(refund.request_id, []).append(refund.refund_id)
        elif refund.state is RefundState.REFUNDED:
            self.books.final(Kind.RETURN, refund.refund_id, refund.request_id, refund.amount)
        self.refunds[refund.refund_id] = refund
        self._changed(refund.request_id)
        if refund.state is RefundState.REFUNDED and self.gap is None:
            self.printing.final(refund.refund_id)
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
        if isinstance(event, Opened):
            self._check_sale(event)
        return step(before, event)

    def _check_sale(self, opened: Opened) -> None:
        """One sale may be tried again, by another code; never while it is or may yet be paid.

        What was lost and comes back from the switch happened before this could be asked.
        """
        before = self.payment_of(opened.sale_id)
        if before is None or not opened.sale_id or self.gap is not None:
            return
        if before.state.open or before.state is State.PAID:
            raise IllegalMove(f"The sale {opened.sale_id} is not to be paid twice.")

    def _refund_stepped(self, event: RefundEvent) -> Refund:
        if isinstance(event, RefundAsked):
            self._check_refund(event)
        return step_refund(self.refunds.get(event.refund_id), event)

    def _check_refund(self, asked: RefundAsked) -> None:
        payment, left = self.payments.get(asked.request_id), self.left(asked.request_id)
        order = None if payment is None else self.order_book.placed.get(payment.sale_id)
        check_asked(asked, payment, left, order, self.returned(asked.request_id))

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

    def returned(self, request_id: str, before: str = "") -> list[ReturnLine]:
        """The goods of this payment that came back or are about to, oldest first.

        With `before`, those of the refunds before that one.
        """
        lines: list[ReturnLine] = []
        for refund in self.refunds_of(request_id):
            if refund.refund_id == before:
                break
            if refund.state is not RefundState.REFUSED:
                lines += refund.lines
        return lines

    def left_amount(self, request_id: str) -> Amount | None:
        """The same as an Amount, or None when nothing is left."""
        left = self.left(request_id)
        return Amount(left, self.payments[request_id].amount.currency) if left > 0 else None

    def payment_of(self, sale_id: str) -> Payment | None:
        """The latest payment of this sale."""
        return self.payments.get(self._latest_of.get(sale_id, ""))

    def open_payments(self) -> list[Payment]:
        """Payments that still have to be worked, oldest first."""
        return [self.payments[each] for each in self._open]

    def open_refunds(self) -> list[Refund]:
        """Refunds whose outcome is not known yet, oldest first."""
        return [self.refunds[each] for each in self._open_refunds]

    def given_back(self) -> dict[str, list[Refund]]:
        """The refunds of every payment that has any, by its request id."""
        return {request_id: self.refunds_of(request_id) for request_id in self._refunds_of}

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
