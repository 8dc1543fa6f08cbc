"""The open payments at work: opened, asked about, cancelled, reversed, each until it is final.

Apart from the loop, which only says when, and from the refunds, which never touch a payment.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pos.engine.parts import Parts, Writer
from pos.fingerprint import DAY_S
from pos.sale import pursuit as patience
from pos.sale.code import PaymentCode
from pos.sale.order import Order, OrderPlaced
from pos.sale.payment import (
    CancelAsked,
    CancelRefused,
    Event,
    Opened,
    Payment,
    Scenario,
    StillOpen,
    StopReason,
    WindowClosed,
)
from pos.sale.pursuit import Act, Due, Pursuit
from pos.switch.reading import WINDOW_CLOSED

LONG_AGO_S = 1e6
_GIVING_BACK = (Act.CANCEL, Act.REVERSE)


class Payments:
    """Every open payment and how far its pursuit has come.

    `moved` is called with a payment whenever what is written of it changed; `shown` with the
    answer that carries a code to show and the monotonic second at which it ends.
    """

    def __init__(
        self,
        parts: Parts,
        writer: Writer,
        moved: Callable[[Payment], None],
        shown: Callable[[StillOpen, float], None],
    ) -> None:
        self._parts = parts
        self._writer = writer
        self._moved = moved
        self._shown = shown
        self._pursuits: dict[str, Pursuit] = {}

    def resume(self) -> int:
        """Take up what an earlier process left open, and is not taken up yet; how many."""
        now_s = self._parts.clock.monotonic()
        known = len(self._pursuits)
        for payment in self._writer.history.open_payments():
            begun = patience.begin(now_s, resumed=True)
            self._pursuits.setdefault(payment.request_id, begun)
        return len(self._pursuits) - known

    def used(self, code: PaymentCode) -> bool:
        """Whether this code paid or may have paid within a day; a personal one, while open."""
        wall_s = self._parts.clock.wall()
        digests = self._parts.fingerprints.every(code.secret, wall_s)
        before = self._writer.history.code_used_by(digests, wall_s - DAY_S)
        return before is not None and (code.single_use or before.state.open)

    def open(self, order: Order, code: PaymentCode | None) -> Payment | None:
        """Write a sale and its payment down; None when they could not be, and so nothing may be
        sent. The order comes first, once: no payment is without the lines that it pays for."""
        parts, wall_s = self._parts, self._parts.clock.wall()
        placed = order.sale_id in self._writer.history.order_book.placed
        if not placed and not self._writer.write(OrderPlaced(order, wall_s)):
            return None
        opened = Opened(
            parts.new_id(),
            order.sale_id,
            order.total(),
            Scenario.ORDER_CODE if code is None else Scenario.PAYMENT_CODE,
            wall_s,
            "" if code is None else parts.fingerprints.of(code.secret, wall_s),
        )
        if not self._writer.write(opened):
            return None
        now_s = parts.clock.monotonic()
        self._pursuits[opened.request_id] = patience.begin(now_s, resumed=False)
        return self._writer.history.payments[opened.request_id]

    def send(self, payment: Payment, code: PaymentCode | None) -> None:
        """Ask for the money, once in the life of this payment."""
        event = self._parts.switch.pay(payment, code.secret if code is not None else None)
        pursuit = self._pursuits[payment.request_id]
        # Patience counts from the answer, or from the end of the silence.
        self._pursuits[payment.request_id] = replace(
            pursuit, asked_at_s=self._parts.clock.monotonic()
        )
        self._take(event)

    def stop(self, request_id: str, reason: StopReason) -> None:
        """The payment is no longer wanted: one last inquiry falls due, then the cancel."""
        if request_id in self._pursuits:
            self._pursuits[request_id] = patience.stopped(self._pursuits[request_id], reason)

    def stop_all(self) -> None:
        """None of them can be paid any more: the disk that would have to say so has failed."""
        for request_id in self._pursuits:
            self.stop(request_id, StopReason.RESTART)

    def hurry(self, request_id: str) -> bool:
        """Make the next act of an open payment due now; False when it is not open."""
        if request_id not in self._pursuits:
            return False
        long_ago_s = self._parts.clock.monotonic() - LONG_AGO_S
        self._pursuits[request_id] = replace(self._pursuits[request_id], asked_at_s=long_ago_s)
        return True

    def dues(
        self, *, witnessed: bool, known: Callable[[str], bool]
    ) -> Iterator[tuple[float, Callable[[], None]]]:
        """For each open payment the monotonic second of its next act, and the act.

        Unless `witnessed`, nothing that gives back: it waits for the witness as refunds do, or it
        could come late for a till that forgot it. What a restart left is asked about, and not
        given up, until all is `known` of it.
        """
        for payment in self._writer.history.open_payments():
            if payment.request_id in self._writer.unsure:
                continue
            pursuit = self._pursuits[payment.request_id]
            due = patience.due(payment, pursuit, self._parts.limits)
            if due is None:
                continue
            waits = pursuit.resumed and pursuit.stop is None and not known(payment.request_id)
            if due.act is Act.GIVE_UP and waits:
                due = patience.patient(pursuit, self._parts.limits)
            if witnessed or due.act not in _GIVING_BACK:
                yield due.at_s, self._act(payment, due)

    def _act(self, payment: Payment, due: Due) -> Callable[[], None]:
        switch = self._parts.switch

        def act() -> None:
            # Counted from the asking, so that silence does not stretch the time between two.
            began_s = self._parts.clock.monotonic()
            event: Event
            match due.act:
                case Act.INQUIRE:
                    event = switch.inquire(payment)
                case Act.CANCEL:
                    event = switch.cancel(payment)
                case Act.REVERSE:
                    event = switch.reverse(payment)
                case Act.GIVE_UP:
                    event = CancelAsked(payment.request_id, due.reason or StopReason.TIMEOUT)
            pursuit = self._pursuits[payment.request_id]
            self._pursuits[payment.request_id] = patience.acted(pursuit, due.act, began_s)
            self._take(event)

        return act

    def _take(self, event: Event) -> None:
        """Write down what an answer means; only then does anything else follow."""
        request_id = event.request_id
        if isinstance(event, StillOpen):
            return self._waited(event)
        if isinstance(event, CancelRefused):
            if event.result_code not in WINDOW_CLOSED:
                pursuit = self._pursuits[request_id]
                self._pursuits[request_id] = replace(pursuit, ask_first=True)
                return None
            event = WindowClosed(request_id, self._parts.new_id())
        if self._writer.write(event):
            payment = self._writer.history.payments[request_id]
            if not payment.state.open:
                del self._pursuits[request_id]
            self._moved(payment)
        return None

    def _waited(self, event: StillOpen) -> None:
        now_s = self._parts.clock.monotonic()
        pursuit = self._pursuits[event.request_id]
        after = patience.heard(pursuit, event, now_s, self._parts.limits)
        self._pursuits[event.request_id] = after
        if event.order_code and after.expires_s is not None:
            self._shown(event, after.expires_s)
