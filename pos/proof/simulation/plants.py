"""Wrong designs, planted one at a time: the proof is worth something only if it finds each.

Apart from the product, which knows none of them: each replaces one rule from the outside and is
taken out again by whoever planted it. They are the mistakes that payment terminals are built
with: no answer read as no, an unknown order read as no, a cancel believed too early.
"""

from dataclasses import replace
from typing import Any

from pos.engine.payments import Payments
from pos.proof.planting import Plant, Planting
from pos.proof.simulation.fate import Rates
from pos.sale import payment as life
from pos.sale import pursuit as patience
from pos.sale.order import Order
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Declined,
    Event,
    Opened,
    Paid,
    Payment,
    Scenario,
    State,
    StillOpen,
)
from pos.sale.pursuit import Act, Pursuit
from pos.scheme import answers
from pos.scheme.book import Book
from pos.scheme.moments import milliseconds
from pos.scheme.progress import Progress
from pos.scheme.records import move_payment, payment_by_id, payment_of
from pos.scheme.tables import PaymentState
from pos.switch import reading
from pos.switch.client import WireSwitch
from pos.switch.wire import CancelResponse, InquiryPaymentResponse

# Worse weather than usual, in which mistakes show sooner.
STORM = Rates(
    request_late=0.15,
    answer_lost=0.1,
    door_shut=0.12,
    till_death=0.03,
    wallet_unreachable=0.15,
)
SILENCES = Rates(request_lost=0.3, request_late=0.1, answer_lost=0.2)
ECHOES = Rates(answer_stale=0.4)


def not_found_is_no(planting: Planting) -> None:
    """ORDER_NOT_EXIST to an inquiry closes the sale as declined, while the pay is still coming."""
    right = reading.read_inquiry

    def read(payment: Payment, answer: InquiryPaymentResponse) -> Event:
        event = right(payment, answer)
        unknown = isinstance(event, StillOpen) and event.result_code == "ORDER_NOT_EXIST"
        return Declined(payment.request_id, "ORDER_NOT_EXIST") if unknown else event

    planting.attribute(reading, "read_inquiry", read)


def silence_is_no(planting: Planting) -> None:
    """No answer to the pay request closes the sale as declined."""
    right = WireSwitch.pay

    def pay(self: WireSwitch, payment: Payment, code: Any) -> Event:
        event = right(self, payment, code)
        silent = isinstance(event, StillOpen) and not event.heard
        return Declined(payment.request_id, "TIMEOUT") if silent else event

    planting.attribute(WireSwitch, "pay", pay)


def no_tombstone(planting: Planting) -> None:
    """The switch agrees to cancel what it does not know, and forgets that it did."""
    right = Book.cancel

    def cancel(self: Book, client_id: str, request: Any) -> CancelResponse:
        with self._store.read() as connection:
            known = payment_of(
                connection, client_id, request_id=request.payment_request_id, payment_id=None
            )
        if known is not None:
            return right(self, client_id, request)
        return CancelResponse(result=answers.SUCCESS, payment_request_id=request.payment_request_id)

    planting.attribute(Book, "cancel", cancel)


def wallet_not_awaited(planting: Planting) -> None:
    """The switch acknowledges a cancel before the wallet has: it may still charge."""

    def finish(self: Progress, record: Any) -> Any:
        with self._store.write() as connection:
            move_payment(
                connection,
                record,
                PaymentState.CANCELLED,
                leaving=(PaymentState.CANCELLING,),
                cancelled_at_ms=milliseconds(self._clock()),
            )
            return payment_by_id(connection, record.payment_id)

    planting.attribute(Progress, "finish_cancel", finish)


def late_success_wins(planting: Planting) -> None:
    """While cancelling the till goes on asking, and a success makes the sale paid after all."""
    right, acted = life._moved, patience.acted

    def asking(pursuit: Pursuit, act: Act, now_s: float) -> Pursuit:
        return replace(acted(pursuit, act, now_s), ask_first=act is Act.CANCEL)

    planting.attribute(patience, "acted", asking)

    def moved(payment: Payment, target: State, event: Event) -> Payment:
        if isinstance(event, Paid) and payment.state is State.CANCELLING:
            return life._paid(replace(payment, state=State.INTENT), State.PAID, event)
        return right(payment, target, event)

    planting.attribute(life, "_moved", moved)


def unacknowledged_cancel(planting: Planting) -> None:
    """The sale is called cancelled when the cancel was sent, whatever came back."""
    right = WireSwitch.cancel

    def cancel(self: WireSwitch, payment: Payment) -> Event:
        event = right(self, payment)
        return CancelDone(payment.request_id) if isinstance(event, StillOpen) else event

    planting.attribute(WireSwitch, "cancel", cancel)


def sent_before_written(planting: Planting) -> None:
    """The request leaves first and is written down when its answer has come."""

    def open_(self: Payments, order: Order, code: Any) -> Payment:
        parts, wall_s = self._parts, self._parts.clock.wall()
        opened = Opened(
            parts.new_id(),
            order.sale_id,
            order.total(),
            Scenario.ORDER_CODE if code is None else Scenario.PAYMENT_CODE,
            wall_s,
            "" if code is None else parts.fingerprints.of(code.secret, wall_s),
        )
        return life.step(None, opened)

    def send(self: Payments, payment: Payment, code: Any) -> None:
        event = self._parts.switch.pay(payment, None if code is None else code.secret)
        self._writer.write(
            Opened(
                payment.request_id,
                payment.sale_id,
                payment.amount,
                payment.scenario,
                payment.opened_at,
                payment.fingerprint,
            )
        )
        now_s = self._parts.clock.monotonic()
        self._pursuits[payment.request_id] = patience.begin(now_s, resumed=False)
        self._take(event)

    planting.attribute(Payments, "open", open_)
    planting.attribute(Payments, "send", send)


def result_read_for_outcome(planting: Planting) -> None:
    """An inquiry that worked (`result` S) is read as a payment that succeeded."""
    right = reading.read_inquiry

    def read(payment: Payment, answer: InquiryPaymentResponse) -> Event:
        worked = answer.result.result_status == "S" and answer.payment_id is not None
        if worked and answer.payment_request_id == payment.request_id:
            return Paid(payment.request_id, answer.payment_id or "", payment.amount)
        return right(payment, answer)

    planting.attribute(reading, "read_inquiry", read)


def foreign_answer_taken(planting: Planting) -> None:
    """A signed answer is believed without a look at which payment it names."""
    pay, inquiry = reading.read_pay, reading.read_inquiry

    def as_ours(payment: Payment, answer: Any) -> Any:
        return answer.model_copy(update={"payment_request_id": payment.request_id})

    planting.attribute(reading, "read_pay", lambda p, a: pay(p, as_ours(p, a)))
    planting.attribute(reading, "read_inquiry", lambda p, a: inquiry(p, as_ours(p, a)))


def given_up_without_cancel(planting: Planting) -> None:
    """When patience ends the sale is called cancelled, and nobody is told."""
    planting.item(life.MOVES, (State.INTENT, CancelAsked), State.CANCELLED)


DESIGNS: tuple[tuple[Plant, Rates], ...] = (
    (not_found_is_no, STORM),
    (silence_is_no, STORM),
    (no_tombstone, STORM),
    (wallet_not_awaited, STORM),
    (late_success_wins, SILENCES),
    (unacknowledged_cancel, STORM),
    (sent_before_written, STORM),
    (result_read_for_outcome, STORM),
    (foreign_answer_taken, ECHOES),
    (given_up_without_cancel, STORM),
)
