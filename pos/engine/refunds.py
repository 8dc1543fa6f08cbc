"""The open refunds at work: written down, asked for under one id until they are final.

Apart from the payments because a refund never changes one.
"""

from collections.abc import Callable, Iterator

from pos.engine.attending import Attending
from pos.engine.parts import Parts, Writer
from pos.errors import AmountError
from pos.sale.money import Amount
from pos.sale.payment import Payment, State
from pos.sale.refund import (
    Refund,
    RefundAsked,
    RefundEvent,
    RefundPursuit,
    RefundState,
    refund_due_s,
)
from pos.sale.return_line import fits, value_of
from pos.sale.till import Return, said_by
from pos.sale.view import Notice, notice


class Refunds:
    """Every open refund and how far the work on it has come.

    `settled` is called with a refund when it became final.
    """

    def __init__(
        self, parts: Parts, writer: Writer, attending: Attending, settled: Callable[[Refund], None]
    ) -> None:
        self._parts = parts
        self._writer = writer
        self._attending = attending
        self._settled = settled
        self._pursuits: dict[str, RefundPursuit] = {}
        self._sent: set[str] = set()

    def resume(self) -> int:
        """Take up what an earlier process left open, and is not taken up yet; how many."""
        now_s = self._parts.clock.monotonic()
        known = len(self._pursuits)
        for refund in self._writer.history.open_refunds():
            if refund.refund_id not in self._pursuits:
                self._pursuits[refund.refund_id] = RefundPursuit(now_s)
                self._sent.add(refund.refund_id)
        return len(self._pursuits) - known

    def begin(self, command: Return, unfit: Callable[[], Notice | None]) -> Notice | Refund:
        """Write a refund down that may be given, to be asked for; or why it may not.

        `unfit` tells why nothing may be given back now, and is asked only where it matters.
        """
        amount = self._judge(command)
        if isinstance(amount, Notice):
            return amount
        why = unfit()
        if why is not None:
            return why
        return self._open(command, amount) or self._writer.halt or notice("refund.not_paid")

    def _judge(self, command: Return) -> Notice | Amount:
        """The amount that may be given back, or why it may not.

        That of the goods in the command, or the one that was typed, or all that is left. It is
        never more than is left, and above a limit only with the PIN of somebody who may.
        """
        history = self._writer.history
        payment = history.payments.get(command.request_id)
        if payment is None or payment.state is not State.PAID:
            return notice("refund.not_paid")
        if history.books.training:
            return notice("training.no_refund")
        refunds = history.refunds_of(command.request_id)
        if any(refund.refund_id in self._pursuits for refund in refunds):
            return notice("refund.open_already")
        left = history.left_amount(command.request_id)
        if left is None:
            return notice("refund.too_much", left="0")
        try:
            amount = self._asked(command, payment, left)
        except AmountError as fault:
            return said_by(fault)
        if amount is None:
            return notice("refund.lines")
        if amount.value > left.value:
            return notice("refund.too_much", left=left)
        return self._disapproval(command, amount) or amount

    def _asked(self, command: Return, payment: Payment, left: Amount) -> Amount | None:
        """What was asked for; None for goods that cannot come back. Raises AmountError."""
        if not command.lines:
            return Amount.parse(command.typed, left.currency) if command.typed else left
        order = self._writer.history.order_book.placed.get(payment.sale_id)
        before = self._writer.history.returned(command.request_id)
        if order is None or not fits(order, command.lines, before):
            return None
        return Amount(value_of(order, command.lines, before), left.currency)

    def _disapproval(self, command: Return, amount: Amount) -> Notice | None:
        """Why nobody who may has agreed, or None."""
        above = self._attending.pin_above
        if above is None or amount.value <= above:
            return None
        if command.pin is None:
            return notice("refund.needs_pin")
        return self._attending.disapproval(command.pin)

    def _open(self, command: Return, amount: Amount) -> Refund | None:
        """Write a new refund down; None when it could not be, and so nothing may be sent."""
        parts = self._parts
        asked = RefundAsked(
            parts.new_id(), command.request_id, amount, parts.clock.wall(), command.lines
        )
        if not self._writer.write(asked):
            return None
        self._pursuits[asked.refund_id] = RefundPursuit(parts.clock.monotonic())
        return self._writer.history.refunds[asked.refund_id]

    def hurry(self, request_id: str) -> bool:
        """Ask now about every open refund of this payment; False when there is none."""
        waiting = [
            refund
            for refund in self._writer.history.refunds_of(request_id)
            if refund.refund_id in self._pursuits
        ]
        for refund in waiting:
            self.ask(refund)
        return bool(waiting)

    def dues(self) -> Iterator[tuple[float, Callable[[], None]]]:
        """For each open refund the monotonic second of its next act, and the act."""
        for refund in self._writer.history.open_refunds():
            yield refund_due_s(self._pursuits[refund.refund_id]), self._asking(refund)

    def _asking(self, refund: Refund) -> Callable[[], None]:
        return lambda: self.ask(refund)

    def ask(self, refund: Refund) -> None:
        """Ask for it again under its one id, or what became of it, by turns."""
        switch, refund_id = self._parts.switch, refund.refund_id
        pursuit = self._pursuits[refund_id]
        first = refund_id not in self._sent
        self._sent.add(refund_id)
        event: RefundEvent
        if pursuit.count % 2 == 0:
            payment = self._writer.history.payments[refund.request_id]
            event = switch.refund(refund, payment, first=first)
        else:
            event = switch.inquire_refund(refund)
        now_s = self._parts.clock.monotonic()
        self._pursuits[refund_id] = RefundPursuit(now_s, pursuit.count + 1)
        if self._writer.write(event):
            del self._pursuits[refund_id]
            self._settled(self._writer.history.refunds[refund_id])


def outcome_of(refund: Refund) -> Notice:
    """What to say of a refund that is final."""
    if refund.state is RefundState.REFUSED:
        return notice("refund.refused", grave=True, code=refund.result_code)
    return notice("refund.done", amount=refund.amount)
