"""The sale at the desk: begun, shown, scanned, paid by whichever code came first, and followed.

Apart from the loop, which only says when, because the desk and the payment on it move together,
and in no other place is a payment begun.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from pos.engine.office import BackOffice
from pos.engine.orders import Orders
from pos.engine.parts import Parts, Writer
from pos.engine.payments import Payments
from pos.sale import switching, till
from pos.sale.input import Input
from pos.sale.money import Amount
from pos.sale.payment import Payment, State, StillOpen, StopReason
from pos.sale.till import Desk
from pos.sale.view import Notice, Stage, Verdict, notice


class Selling:
    """`desk` is what lies on it; `payments` are all that are open, also behind its back.

    `unfit` says why nothing may be sold now, `sold` is called with the id of each payment that is
    paid, and `publish` whenever the desk moved and the switch is about to be asked.
    """

    def __init__(
        self,
        parts: Parts,
        writer: Writer,
        orders: Orders,
        office: BackOffice,
        *,
        unfit: Callable[[], Notice | None],
        sold: Callable[[str], None],
        publish: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._writer = writer
        self._orders = orders
        self._office = office
        self._unfit = unfit
        self._sold = sold
        self._publish = publish
        self.payments = Payments(parts, writer, self._moved, self._shown)
        self.desk = Desk(since_s=parts.clock.monotonic())

    def say(self, said: Notice | None) -> None:
        """Put a notice on the desk, or take it off."""
        self.desk = replace(self.desk, notice=said)

    def obey(self, given: Input) -> till.Ask | till.Return | None:
        """Take one input of the sale; the command that is about another payment, or None."""
        now_s, parts, before = self._now_s(), self._parts, self.desk.stage
        self.desk, command = till.advance(
            self.desk, given, now_s, parts.terminal.currency, parts.mode, tips=parts.terms.tips
        )
        if self.desk.stage is Stage.SCANNING and before is not Stage.SCANNING:
            # A till that cannot sell now says so before the customer holds up a code.
            if (why := self._unfit()) is not None:
                self.desk = till.back(self.desk, why)
            return None
        match command:
            case till.Pay():
                self._pay(command)
            case till.GiveUp():
                self._give_up(command.request_id)
            case _:
                return command
        return None

    @property
    def due_s(self) -> float:
        """The monotonic second at which a code that is held is forgotten; else infinite."""
        return math.inf if self.desk.held is None else self.desk.held_until_s

    def go_on(self) -> bool:
        """Use or forget the code that is held, once that may be; whether anything moved."""
        if self.desk.held is None:
            return False
        shown = self._writer.history.payments[self.desk.request_id]
        before = self.desk
        self.desk, command = switching.go_on(before, shown, self._now_s())
        if command is not None:
            self._pay(command)
        return self.desk is not before

    def _pay(self, command: till.Pay) -> None:
        if (why := self._unfit() or self._unsellable(command)) is not None:
            # A code that is shown stays there: it may be paid as long as it is not closed.
            showing = self.desk.stage is Stage.SHOWING
            self.desk = (till.refused if showing else till.back)(self.desk, why)
            return
        if command.code is not None and self.payments.used(command.code):
            self.desk = till.refused(self.desk, notice("code.used"))
            return
        if self._office.training:
            self._practise(command.amount)
        elif self.desk.stage is Stage.SHOWING:
            self.desk = switching.hold(self.desk, command, self._now_s())
            self.payments.stop(command.instead_of, StopReason.SCANNED_INSTEAD)
        else:
            self._begin(command)

    def _unsellable(self, command: till.Pay) -> Notice | None:
        """Why this order cannot be paid; one whose code is shown has its places already."""
        return None if self.desk.stage is Stage.SHOWING else self._orders.unfit(command.order)

    def _begin(self, command: till.Pay) -> None:
        payment = self.payments.open(self._orders.placed(command), command.code)
        if payment is None:
            self.desk = till.back(self.desk, None)
            return
        self.desk = till.paying(self.desk, payment, self._now_s())
        self._publish()
        self.payments.send(payment, command.code)

    def _give_up(self, request_id: str) -> None:
        self.payments.stop(request_id, StopReason.OPERATOR)
        # Where it is being cancelled already, because another code was held, the desk says so now.
        payment = self._writer.history.payments[request_id]
        self.desk = till.followed(self.desk, payment, self._now_s())

    def _practise(self, amount: Amount) -> None:
        """A sale in training ends at once: nothing is asked of anybody."""
        ended = Desk(Stage.OUTCOME, self._now_s(), amount)
        ended = replace(ended, verdict=Verdict.TRAINED)
        self.desk = ended if self._office.practise(amount) else till.back(self.desk, None)

    def _moved(self, payment: Payment) -> None:
        self.desk = till.followed(self.desk, payment, self._now_s())
        if payment.state is State.PAID:
            self._sold(payment.request_id)

    def _shown(self, event: StillOpen, expires_at_s: float) -> None:
        if event.request_id == self.desk.request_id and self.desk.stage is Stage.PAYING:
            self.desk = till.showing(self.desk, event, expires_at_s)

    def _now_s(self) -> float:
        return self._parts.clock.monotonic()
