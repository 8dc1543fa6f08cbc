"""Wrong designs of the till, planted one at a time: the proof is worth something if it finds each.

Apart from the product, which knows none of them: each replaces one rule from the outside and is
taken out again by whoever planted it. They are the mistakes that payment terminals are built
with: no answer read as no, an unknown order read as no, a cancel believed too early.
"""

from dataclasses import replace
from typing import Any

from pos.engine import refunds
from pos.engine.payments import Payments
from pos.engine.receipts import Receipts
from pos.engine.refunds import Refunds
from pos.proof.planting import Planting
from pos.proof.simulation.till import Till
from pos.sale import payment as life
from pos.sale import pursuit as patience
from pos.sale import refund as refunding
from pos.sale import return_line, switching
from pos.sale.history import History
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
from pos.sale.refund import Refund, RefundEvent, RefundRefused
from pos.sale.testimony import Unheard
from pos.sale.till import Desk, Pay
from pos.switch import reading
from pos.switch.client import WireSwitch
from pos.switch.wire import InquiryPaymentResponse


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


def amount_not_compared(planting: Planting) -> None:
    """A success is believed whatever amount it is for."""
    planting.attribute(reading, "_same", lambda _wired, _amount: True)


def given_up_without_cancel(planting: Planting) -> None:
    """When patience ends the sale is called cancelled, and nobody is told."""
    planting.item(life.MOVES, (State.INTENT, CancelAsked), State.CANCELLED)


def tried_again_while_open(planting: Planting) -> None:
    """After silence the same sale is asked for again under a new id, the first still unknown."""
    right = Payments.send
    planting.attribute(History, "_check_sale", lambda *_: None)  # which would refuse it

    def send(self: Payments, payment: Payment, code: Any) -> None:
        right(self, payment, code)
        after = self._writer.history.payments[payment.request_id]
        if after.state is State.INTENT and code is not None:
            again = replace(payment, request_id=self._parts.new_id())
            self._writer.write(
                Opened(
                    again.request_id,
                    again.sale_id,
                    again.amount,
                    again.scenario,
                    again.opened_at,
                    again.fingerprint,
                )
            )
            now_s = self._parts.clock.monotonic()
            self._pursuits[again.request_id] = patience.begin(now_s, resumed=False)
            right(self, again, code)

    planting.attribute(Payments, "send", send)


def counted_ids(planting: Planting) -> None:
    """Ids are counted instead of random, so a card that forgot makes the till use one twice."""

    def new_id(self: Till) -> str:
        history = self.journal.history
        return f"{len(history.payments) + len(history.refunds) + 1:032x}"

    planting.attribute(Till, "new_id", new_id)


def witness_not_heeded(planting: Planting) -> None:
    """A till whose card forgot sells on without asking the switch what it was asked for."""
    planting.attribute(WireSwitch, "testify", lambda *_: Unheard.NO_WITNESS)


def journal_not_synced(planting: Planting) -> None:
    """An entry counts as written before it is on the disk, so a death takes the newest with it."""

    def lose(self: Till) -> None:
        self.disk.forget(1)

    planting.attribute(Till, "_lose_what_was_not_kept", lose)
    planting.attribute(WireSwitch, "testify", lambda *_: Unheard.NO_WITNESS)


def receipt_before_journal(planting: Planting) -> None:
    """A receipt is printed without a note that it was begun."""
    planting.attribute(Receipts, "_begin", lambda *_: True)


def refunded_under_a_new_id(planting: Planting) -> None:
    """A refund whose answer did not come is asked for again as another one."""
    right = WireSwitch.refund

    def refund(self: WireSwitch, asked: Refund, payment: Payment, *, first: bool) -> RefundEvent:
        if not first:
            asked = replace(asked, refund_id=f"{asked.refund_id[:-4]}again")
        return right(self, asked, payment, first=first)

    planting.attribute(WireSwitch, "refund", refund)


def scanned_before_shown_is_closed(planting: Planting) -> None:
    """A code held up while ours is shown is used at once, and ours is cancelled meanwhile."""

    def go_on(desk: Desk, _shown: Payment, _now_s: float) -> tuple[Desk, Pay | None]:
        return replace(desk, held=None), desk.held

    planting.attribute(switching, "go_on", go_on)
    planting.attribute(History, "_check_sale", lambda *_: None)  # which would refuse it


def goods_come_back_twice(planting: Planting) -> None:
    """What comes back is held against what was sold, and not against what came back before."""
    right = return_line.fits

    def fits(order: Order, lines: Any, _before: Any) -> bool:
        return right(order, lines, ())

    planting.attribute(refunds, "fits", fits)
    planting.attribute(refunding, "fits", fits)


def refund_silence_is_no(planting: Planting) -> None:
    """A refund whose answer did not come is called refused."""
    right = Refunds.ask

    def ask(self: Refunds, refund: Refund) -> None:
        right(self, refund)
        if self._writer.history.refunds[refund.refund_id].state.value == "ASKED":
            self._writer.write(RefundRefused(refund.refund_id, "TIMEOUT"))
            self._pursuits.pop(refund.refund_id, None)

    planting.attribute(Refunds, "ask", ask)
