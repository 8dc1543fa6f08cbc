"""The loop itself: inputs in, the most overdue thing done, a View out.

Apart from the payments and refunds that it drives so that what happens when can be read on one
page.
"""

import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from pos import __version__
from pos.engine.arrivals import Arrivals
from pos.engine.comparison import compared, link_notice
from pos.engine.parts import Parts, Writer
from pos.engine.payments import Payments
from pos.engine.receipts import Receipts
from pos.engine.refunds import Refunds
from pos.engine.witnessed import Witnessed
from pos.errors import JournalError
from pos.sale import showing, till
from pos.sale.history import History, Started
from pos.sale.input import CameraSays, Input, PrinterSays
from pos.sale.order import order_of
from pos.sale.payment import Payment, State, StillOpen, StopReason
from pos.sale.refund import Refund, RefundState
from pos.sale.view import Notice, Stage, View, notice

INBOX_MAX = 64
IDLE_S = 5.0
PROBE_UP_EVERY_S = 60.0
PROBE_DOWN_WAITS_S = (10.0, 20.0, 30.0)  # a sale that is begun meanwhile looks at once
TIDY_AFTER_S = 30.0


class Engine:
    """The till at work. `put` and `end` may be called from any thread; the rest from one only."""

    def __init__(self, parts: Parts, show: Callable[[View], None]) -> None:
        self._parts = parts
        self._show = show
        self._inbox: queue.Queue[Input | None] = queue.Queue(INBOX_MAX)
        self._ending = False
        self._writer = Writer(parts.journal)
        self._payments = Payments(parts, self._writer, self._moved, self._shown)
        self._refunds = Refunds(parts, self._writer, self._settled)
        self._receipts = Receipts(parts, self._writer)
        self._arrivals = Arrivals(parts, self._writer, self._receipts.of_payment)
        self._witnessed = Witnessed(parts, self._writer, self._take_up)
        now_s = parts.clock.monotonic()
        self._desk = till.Desk(since_s=now_s)
        self._heard: Notice | None = None
        self._camera: Notice | None = None
        self._probed_s = self._busy_s = now_s
        self._probed_down_count = 0

    @property
    def history(self) -> History:
        """Everything that is written down; for the engine's own thread."""
        return self._writer.history

    @property
    def catching_up(self) -> bool:
        """Whether entries were lost, and what the switch remembers of them is not settled yet."""
        return self._writer.history.gap is not None

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
        while not self._ending:
            self.turn()

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
        self._probe()
        self._publish()

    def handle(self, given: Input) -> None:
        """Take one input to its end: desk, journal, switch, and what everybody is shown."""
        match given:
            case CameraSays():
                self._camera = given.trouble
            case PrinterSays():
                self._arrivals.printed(given.document_id)
                self._receipts.heard(given)
            case _:
                self._obey(given)
        self._publish()

    def work(self) -> float:
        """Do the one thing most overdue, if any; seconds until the next is due."""
        now_s = self._parts.clock.monotonic()
        self._desk = till.idle(self._desk, self._parts.mode, now_s)
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
            self._busy_s = now_s
            dues[0][1]()
            if self._well() or link_notice(self._parts.switch) is not None:
                self._probed_s = now_s  # it told of the link what a probe would
            self._heed_witness()
            self._publish()
            return 0.0
        look_s = self._arrivals.due_s(self._desk, now_s)
        if look_s <= now_s:
            if self._arrivals.look(now_s):
                self._publish()
            return 0.0
        self._keep_house(now_s, quiet=not dues)
        return min(dues[0][0] - now_s if dues else IDLE_S, look_s - now_s)

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
        )

    def _obey(self, given: Input) -> None:
        now_s, parts = self._parts.clock.monotonic(), self._parts
        before = self._desk.stage
        self._desk, command = till.advance(
            self._desk, given, now_s, parts.terminal.currency, parts.mode
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
        self._mind_the_eye()

    def _begin_scanning(self) -> None:
        """A till that cannot sell now says so before the customer holds up a code."""
        if (why := self._unfit_to_sell()) is not None:
            self._desk = till.Desk(since_s=self._desk.since_s, notice=why)
        elif self._parts.eye is not None:
            self._parts.eye.arm()

    def _pay(self, command: till.Pay) -> None:
        if (why := self._unfit_to_sell()) is not None:
            self._desk = till.Desk(since_s=self._desk.since_s, notice=why)
            return
        if command.code is not None and self._payments.used(command.code):
            self._desk = till.refused(self._desk, notice("code.used"))
            return
        order = order_of(self._parts.new_id(), command.amount)
        payment = self._payments.open(order, command.code)
        if payment is None:
            self._desk = till.Desk(since_s=self._desk.since_s)
            return
        self._desk = till.paying(payment, self._parts.clock.monotonic())
        self._mind_the_eye()
        self._publish()
        self._payments.send(payment, command.code)

    def _moved(self, payment: Payment) -> None:
        self._desk = till.followed(self._desk, payment, self._parts.clock.monotonic())
        if payment.state is State.PAID:
            self._receipts.of_payment(payment)

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
        judged = self._refunds.refusal(command.request_id, command.typed)
        if isinstance(judged, Notice):
            return self._say(judged)
        if (why := self._unfit_to_sell()) is not None:
            return self._say(why)
        refund = self._refunds.open(command.request_id, judged)
        if refund is not None:
            self._say(notice("refund.registered", amount=judged))
            self._publish()
            self._refunds.ask(refund)
        return None

    def _settled(self, refund: Refund) -> None:
        if refund.state is RefundState.REFUSED:
            return self._say(notice("refund.refused", grave=True, code=refund.result_code))
        self._say(notice("refund.done", amount=refund.amount))
        return self._receipts.of_refund(refund)

    def _unfit_to_sell(self) -> Notice | None:
        """Why nothing may be sold or given back now, or None."""
        if self._writer.halt is not None:
            return self._writer.halt
        try:
            self._parts.journal.check_room()
        except JournalError as fault:
            return notice("halt.journal", grave=True, sentence=fault)
        if not self._well():
            self._probe()
        return link_notice(self._parts.switch) or self._witnessed.unfit()

    def _well(self) -> bool:
        """Whether neither the link nor the witness stands in the way of selling."""
        return link_notice(self._parts.switch) is None and self._witnessed.unfit() is None

    def _probe(self) -> None:
        self._parts.switch.probe()
        self._probed_s = self._parts.clock.monotonic()
        self._probed_down_count += 1
        if link_notice(self._parts.switch) is None:
            self._probed_down_count = 0
            self._witnessed.look()
            self._heed_witness()

    def _heed_witness(self) -> None:
        """Let the witness's standing come on, and say what is new of it."""
        for told in (self._witnessed.told, self._witnessed.work()):
            if told is not None and told != self._heard:
                self._heard = told
                self._say(told)

    def _take_up(self) -> int:
        return self._payments.resume() + self._refunds.resume()

    def _keep_house(self, now_s: float, *, quiet: bool) -> None:
        """What is done when nothing is due: watch the link, fold the journal's log."""
        times = min(self._probed_down_count, len(PROBE_DOWN_WAITS_S) - 1)
        if now_s - self._probed_s >= (
            PROBE_UP_EVERY_S if self._well() else PROBE_DOWN_WAITS_S[times]
        ):
            self._probe()
            self._publish()
        if self._parts.journal.large() or (quiet and now_s - self._busy_s >= TIDY_AFTER_S):
            self._busy_s = now_s
            self._writer.tidy()

    def _mind_the_eye(self) -> None:
        if self._parts.eye is not None and self._desk.stage is not Stage.SCANNING:
            self._parts.eye.disarm()

    def _say(self, said: Notice) -> None:
        self._desk = replace(self._desk, notice=said)

    def _publish(self) -> None:
        self._parts.alive()
        self._show(self.view())
