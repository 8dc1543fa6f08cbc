"""The loop itself: inputs in, the most overdue thing done, a View out.

Apart from the payments and refunds it drives so that what happens when is read on one page.
"""

import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from pos import __version__
from pos.engine.arrivals import Arrivals
from pos.engine.attending import Attending
from pos.engine.comparison import compared
from pos.engine.configuring import Configuring
from pos.engine.gaze import Gaze
from pos.engine.office import BackOffice
from pos.engine.orders import Orders
from pos.engine.paperwork import Paperwork
from pos.engine.parts import Parts, Writer
from pos.engine.payments import Payments
from pos.engine.readiness import Readiness
from pos.engine.receipts import Receipts
from pos.engine.refunds import Refunds, outcome_of
from pos.engine.signing import Signing
from pos.engine.witnessed import Witnessed
from pos.sale import showing, till
from pos.sale.history import History
from pos.sale.incident import Started, Stopped
from pos.sale.input import CameraSays, Input, Ordering, PaperInput, PrinterSays, Scanned
from pos.sale.money import Amount
from pos.sale.payment import Payment, State, StillOpen, StopReason
from pos.sale.refund import Refund, RefundState
from pos.sale.view import Notice, Stage, Verdict, View, notice

INBOX_MAX = 64
IDLE_S = 5.0


class Engine:
    """The till at work. `put` and `end` may be called from any thread; the rest from one only."""

    def __init__(self, parts: Parts, show: Callable[[View], None]) -> None:
        self._parts = parts
        self._show = show
        self._inbox: queue.Queue[Input | None] = queue.Queue(INBOX_MAX)
        self._ending = False
        self._writer = Writer(parts.journal)
        self._payments = Payments(parts, self._writer, self._moved, self._shown)
        self._attending = Attending(parts, self._writer)
        self._office = BackOffice(parts, self._writer, self._attending)
        self._refunds = Refunds(parts, self._writer, self._attending, self._settled)
        self._receipts = Receipts(parts, self._writer)
        self._orders = Orders(parts, self._writer)
        self._signing = Signing(parts, self._writer, self._orders)
        self._paperwork = Paperwork(parts, self._writer, self._receipts, self._attending)
        self._arrivals = Arrivals(parts, self._writer, self._sold)
        self._gaze = Gaze(parts.eye)
        self._witnessed = Witnessed(parts, self._writer, self._take_up)
        self._readiness = Readiness(parts, self._writer, self._witnessed, self._office, self._say)
        self.configuring = Configuring(parts, self._writer)
        self._desk = till.Desk(since_s=parts.clock.monotonic())
        self._camera: Notice | None = None

    @property
    def history(self) -> History:
        """Everything that is written down; for the engine's own thread."""
        return self._writer.history

    @property
    def catching_up(self) -> bool:
        """Whether entries were lost, and what the switch remembers of them is not settled yet."""
        return self._writer.history.gap is not None

    @property
    def printing(self) -> bool:
        """Whether the printer has a receipt and did not answer yet."""
        return self._receipts.busy

    @property
    def unsure(self) -> set[str]:
        """Payments whose success could not be written, or was all the same: the next start asks."""
        return self._writer.unsure

    @property
    def witness_told(self) -> Notice | None:
        """What a person should hear of the witness, or None."""
        return self._witnessed.told

    def put(self, given: Input) -> bool:
        """Hand in one input; False when the inbox is full and it was dropped."""
        try:
            self._inbox.put_nowait(given)
        except queue.Full:
            return False
        return True

    def end(self) -> None:
        """Ask `run` to return after what it is doing now."""
        self._ending = True
        with suppress(queue.Full):  # a full inbox wakes the loop just as well
            self._inbox.put_nowait(None)

    def run(self) -> None:
        """Work until `end`."""
        self.start()
        while not (self._ending or self.configuring.leaving):
            self.turn()
        self._receipts.finish(self._inbox)
        self._writer.write(Stopped(self._parts.clock.wall()))

    def turn(self, wait_s_max: float = IDLE_S) -> None:
        """Do what is due, then take one input if one comes before the next thing is."""
        self._parts.alive()
        wait_s = max(0.0, min(self.work(), wait_s_max))
        try:
            given = self._inbox.get(timeout=wait_s)
        except queue.Empty:
            return
        if given is not None:
            self.handle(given)

    def start(self) -> None:
        """Note the start, learn about the link, and take up whatever was left unfinished."""
        self._writer.write(Started(__version__, self._parts.clock.wall()))
        if count := self._take_up():
            self._say(notice("recovered", count=count))
        self._signing.catch_up()
        self._receipts.start()
        self._readiness.probe()
        self._publish()

    def handle(self, given: Input) -> None:
        """Take one input to its end: desk, journal, switch, and what everybody is shown."""
        match given:
            case CameraSays():
                self._camera = given.trouble
            case PrinterSays():
                self._arrivals.printed(given.document_id)
                self._receipts.heard(given)
            case Configure():
                self.configuring.obey(given, self._desk, printing=self.printing)
            case _ if self._office.is_for(given):
                self._run_office(given)
            case _ if isinstance(given, PaperInput):
                self._say(self._paperwork.obey(given) or self._desk.notice)
            case _ if isinstance(given, Ordering):
                self._order(given)
            case Scanned() if self._desk.stage in till.FREE and self._paperwork.is_receipt(given):
                self._say(self._paperwork.find(given))
            case Scanned() if self._desk.stage in till.FREE:
                self._order(given)
            case _:
                self._obey(given)
        self._publish()

    def work(self) -> float:
        """Do the one thing most overdue, if any; seconds until the next is due."""
        now_s = self._parts.clock.monotonic()
        self._desk = self._orders.idle(self._desk, now_s)
        if self._writer.halt is not None:
            if not self._writer.from_memory:
                return IDLE_S
            self._payments.stop_all()
        # A refund that no witness heard of could be forgotten by the card, and given back twice.
        heard = self._witnessed.heard
        refunds = self._refunds.dues() if heard else ()
        payments = self._payments.dues(witnessed=heard, known=self._witnessed.knows)
        dues = sorted((*payments, *refunds), key=lambda due: due[0])
        if dues and dues[0][0] <= now_s:
            self._readiness.busy(now_s)
            dues[0][1]()
            self._readiness.told(now_s)
            self._readiness.heed_witness()
            self._publish()
            return 0.0
        look_s = self._arrivals.due_s(self._desk, now_s)
        if look_s <= now_s:
            if self._arrivals.look(now_s):
                self._publish()
            return 0.0
        if self._receipts.due_s <= now_s:
            self._receipts.look()
        if self._desk.stage in till.FREE and self._orders.look(now_s):
            self._publish()
        if self._readiness.keep_house(now_s, quiet=not dues):
            self._publish()
        next_s = min(look_s, self._receipts.due_s, dues[0][0] if dues else now_s + IDLE_S)
        return next_s - now_s

    def view(self) -> View:
        """All that may be shown right now."""
        parts = self._parts
        return showing.view_of(
            self._desk,
            self._writer.history,
            currency=parts.terminal.currency,
            merchant_name=parts.terminal.merchant.name,
            mode=parts.mode,
            limits=parts.limits,
            wall_s=parts.clock.wall(),
            link=parts.switch.link,
            camera=self._camera,
            printer=self._receipts.trouble,
            arrived=self._arrivals.news,
            watch=self._arrivals.trouble,
            stopped=self._writer.halt,
            can_scan=parts.eye is not None,
            papers=self._paperwork.papers(self._desk),
            products=self._orders.products,
            shelf=self._orders.fault,
            office=self._office.shown(),
        )

    def _run_office(self, given: Input) -> None:
        said = self._office.obey(given, free=self._desk.stage in till.FREE)
        self._desk = replace(self._desk, notice=said)

    def _order(self, given: Ordering | Scanned) -> None:
        if self._writer.halt is not None:
            return
        if (why := self._office.unfit()) is not None:
            self._say(why)
        else:
            self._desk = self._orders.obey(self._desk, given, self._parts.clock.monotonic())

    def _obey(self, given: Input) -> None:
        now_s, parts = self._parts.clock.monotonic(), self._parts
        before = self._desk.stage
        self._desk, command = till.advance(
            self._desk, given, now_s, parts.terminal.currency, parts.mode, tips=parts.terms.tips
        )
        match command:
            case till.Pay():
                self._pay(command)
            case till.GiveUp():
                self._payments.stop(command.request_id, StopReason.OPERATOR)
            case till.Ask():
                self._ask(command.request_id)
            case till.Return():
                self._give_back(command)
        if self._desk.stage is Stage.SCANNING and before is not Stage.SCANNING:
            self._begin_scanning()

    def _begin_scanning(self) -> None:
        """A till that cannot sell now says so before the customer holds up a code."""
        if (why := self._readiness.unfit()) is not None:
            self._desk = till.back(self._desk, why)

    def _pay(self, command: till.Pay) -> None:
        if (why := self._readiness.unfit()) is not None:
            self._desk = till.back(self._desk, why)
            return
        if command.code is not None and self._payments.used(command.code):
            self._desk = till.refused(self._desk, notice("code.used"))
            return
        if self._office.training:
            self._practise(command.amount)
            return
        payment = self._payments.open(self._orders.placed(command), command.code)
        if payment is None:
            self._desk = till.back(self._desk, None)
            return
        self._desk = till.paying(self._desk, payment, self._parts.clock.monotonic())
        self._publish()
        self._payments.send(payment, command.code)

    def _moved(self, payment: Payment) -> None:
        self._desk = till.followed(self._desk, payment, self._parts.clock.monotonic())
        if payment.state is State.PAID:
            self._sold(payment.request_id)

    def _sold(self, request_id: str) -> None:
        self._signing.catch_up()
        self._receipts.of(request_id)

    def _practise(self, amount: Amount) -> None:
        """A sale in training ends at once: nothing is asked of anybody."""
        now_s = self._parts.clock.monotonic()
        ended = till.Desk(Stage.OUTCOME, now_s, amount, verdict=Verdict.TRAINED)
        self._desk = ended if self._office.practise(amount) else till.back(self._desk, None)

    def _shown(self, event: StillOpen, expires_at_s: float) -> None:
        if event.request_id == self._desk.request_id and self._desk.stage is Stage.PAYING:
            self._desk = till.showing(self._desk, event, expires_at_s)

    def _ask(self, request_id: str) -> None:
        refunds_asked = self._witnessed.heard and self._refunds.hurry(request_id)
        if refunds_asked or self._payments.hurry(request_id):
            return self._say(notice("ask.open"))
        payment = self._writer.history.payments.get(request_id)
        if payment is not None:
            self._say(compared(self._parts.switch, self._writer, payment))
        return None

    def _give_back(self, command: till.Return) -> None:
        made = self._refunds.begin(command, self._readiness.unfit)
        if isinstance(made, Notice):
            return self._say(made)
        self._say(notice("refund.registered", amount=made.amount))
        self._publish()
        return self._refunds.ask(made)

    def _settled(self, refund: Refund) -> None:
        self._say(outcome_of(refund))
        if refund.state is RefundState.REFUNDED:
            self._sold(refund.refund_id)

    def _take_up(self) -> int:
        return self._payments.resume() + self._refunds.resume()

    def _say(self, said: Notice | None) -> None:
        self._desk = replace(self._desk, notice=said)

    def _publish(self) -> None:
        self._parts.alive()
        view = self.view()
        products = len(view.products) > 0 or self._paperwork.seeking
        self._gaze.follow(self._desk.stage, products=products, badge=view.office.log_in_needed)
        self._show(view)
