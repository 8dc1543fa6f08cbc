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
from pos.engine.gaze import Gaze
from pos.engine.helping import Helping
from pos.engine.offering import Offering
from pos.engine.office import FROM_AFAR, BackOffice
from pos.engine.orders import Orders
from pos.engine.paperwork import Paperwork
from pos.engine.parts import Parts, Writer
from pos.engine.readiness import Readiness
from pos.engine.receipts import Receipts
from pos.engine.refunds import Refunds, outcome_of
from pos.engine.selling import Selling
from pos.engine.signing import Signing
from pos.engine.tickets import Tickets
from pos.engine.unattended import Unattended
from pos.engine.witnessed import Witnessed
from pos.sale import showing, till
from pos.sale.history import History
from pos.sale.incident import Started, Stopped
from pos.sale.input import CameraSays, Input, Ordering, PaperInput, PrinterSays, Scanned
from pos.sale.refund import Refund, RefundState
from pos.sale.view import Notice, View, notice

INBOX_MAX = 64
IDLE_S = 5.0


class Engine:
    """The till at work. `put` and `end` may be called from any thread; the rest from one only."""

    def __init__(self, parts: Parts, show: Callable[[View], None]) -> None:
        self._parts = parts
        self._show = show
        self._inbox: queue.Queue[Input | None] = queue.Queue(INBOX_MAX)
        self._ending = False
        self._writer = Writer(parts.journal, parts.noted)
        self._attending = Attending(parts, self._writer)
        self._office = BackOffice(parts, self._writer, self._attending)
        self.configuring = self._office.configuring
        self._refunds = Refunds(parts, self._writer, self._attending, self._settled)
        self._tickets = Tickets(parts, self._writer)
        self._receipts = Receipts(parts, self._writer, self._tickets)
        self._orders = Orders(parts, self._writer)
        self._selling = Selling(
            parts, self._writer, self._orders, self._office,
            unfit=self._unfit, sold=self._sold, publish=self._publish,
        )  # fmt: skip
        self._signing = Signing(parts, self._writer, self._orders)
        self._paperwork = Paperwork(
            parts, self._writer, self._receipts, self._tickets, self._attending
        )
        self._helping = Helping(parts, self._writer, self._attending, self._paperwork)
        self._arrivals = Arrivals(parts, self._writer, self._sold)
        self._offering = Offering(parts, self._writer)
        self._gaze = Gaze(parts.eye)
        self._witnessed = Witnessed(parts, self._writer, self._take_up)
        self._readiness = Readiness(
            parts, self._writer, self._witnessed, self._office, self._selling.say
        )
        self._unattended = Unattended(parts, self._writer, self._office)
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
            self._selling.say(notice("recovered", count=count))
        self._signing.catch_up()
        self._tickets.catch_up()
        self._helping.start()
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
            case _ if (after := self._helping.obey(given, self._selling.desk)) is not None:
                self._selling.desk = after
            case _ if self._office.is_for(given):
                self._run_office(given)
            case _ if isinstance(given, PaperInput):
                self._selling.say(self._paperwork.obey(given) or self._selling.desk.notice)
            case _ if isinstance(given, Ordering):
                self._order(given)
            case Scanned() if self._selling.desk.stage in till.FREE:
                self._read(given)
            case _:
                self._obey(given)
        self._publish()

    def _read(self, given: Scanned) -> None:
        """While no sale is on the desk, a code is that of a receipt or of goods."""
        if self._paperwork.is_receipt(given):
            self._selling.say(self._paperwork.find(given))
        else:
            self._order(given)

    def work(self) -> float:
        """Do the one thing most overdue, if any; seconds until the next is due."""
        now_s = self._parts.clock.monotonic()
        self._leave_idle(now_s)
        if self._writer.halt is not None:
            if not self._writer.from_memory:
                return IDLE_S
            self._selling.payments.stop_all()
        if self._selling.go_on():
            self._publish()
            return 0.0
        # A refund that no witness heard of could be forgotten by the card, and given back twice.
        heard = self._witnessed.heard
        refunds = self._refunds.dues() if heard else ()
        payments = self._selling.payments.dues(witnessed=heard, known=self._witnessed.knows)
        dues = sorted((*payments, *refunds), key=lambda due: due[0])
        if dues and dues[0][0] <= now_s:
            self._readiness.busy(now_s)
            dues[0][1]()
            self._readiness.told(now_s)
            self._readiness.heed_witness()
            self._publish()
            return 0.0
        look_s = self._arrivals.due_s(self._selling.desk, now_s)
        if look_s <= now_s:
            if self._arrivals.look(now_s):
                self._publish()
            return 0.0
        self._tickets.look(now_s)
        if self._receipts.due_s <= now_s:
            self._receipts.look()
        stage = self._selling.desk.stage
        news = self._unattended.look(now_s, self._camera, self._receipts.trouble)
        news |= self._offering.look(stage, now_s)
        if stage in till.FREE and (self._orders.look(now_s) or news):
            self._publish()
        if self._readiness.keep_house(now_s, quiet=not dues):
            self._publish()
        next_s = min(
            look_s,
            self._receipts.due_s,
            self._selling.due_s,
            dues[0][0] if dues else now_s + IDLE_S,
        )
        return next_s - now_s

    def _leave_idle(self, now_s: float) -> None:
        """Free a desk that nobody came back to, where nobody stands beside it."""
        left = self._selling.desk
        self._selling.desk = self._orders.idle(left, now_s)
        if self._selling.desk is not left:
            self._publish()

    def view(self) -> View:
        """All that may be shown right now."""
        parts = self._parts
        around = showing.Around(
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
            papers=self._paperwork.papers(self._selling.desk),
            products=self._orders.products,
            shelf=self._orders.fault,
            office=self._office.shown(),
            box_office=self._orders.box_office,
            wallets=self._offering.shown(),
            help_desk=self._helping.shown(),
        )
        return showing.view_of(self._selling.desk, self._writer.history, around)

    def _run_office(self, given: Input) -> None:
        if isinstance(given, FROM_AFAR):
            self._office.obey_afar(given, self._selling.desk, printing=self.printing)
            return
        said = self._office.obey(given, free=self._selling.desk.stage in till.FREE)
        self._selling.say(said)

    def _order(self, given: Ordering | Scanned) -> None:
        if self._writer.halt is not None:
            return
        if (why := self._office.unfit()) is not None:
            self._selling.say(why)
        else:
            now_s = self._parts.clock.monotonic()
            self._selling.desk = self._orders.obey(self._selling.desk, given, now_s)

    def _obey(self, given: Input) -> None:
        match self._selling.obey(given):
            case till.Ask() as command:
                self._ask(command.request_id)
            case till.Return() as command:
                self._give_back(command)

    def _sold(self, request_id: str) -> None:
        self._signing.catch_up()
        self._tickets.issue(request_id)
        self._receipts.of(request_id)

    def _ask(self, request_id: str) -> None:
        refunds_asked = self._witnessed.heard and self._refunds.hurry(request_id)
        if refunds_asked or self._selling.payments.hurry(request_id):
            return self._selling.say(notice("ask.open"))
        payment = self._writer.history.payments.get(request_id)
        if payment is not None:
            self._selling.say(compared(self._parts.switch, self._writer, payment))
        return None

    def _give_back(self, command: till.Return) -> None:
        made = self._refunds.begin(command, self._unfit)
        if isinstance(made, Notice):
            return self._selling.say(made)
        self._tickets.given_back()
        self._selling.say(notice("refund.registered", amount=made.amount))
        self._publish()
        return self._refunds.ask(made)

    def _settled(self, refund: Refund) -> None:
        self._selling.say(outcome_of(refund))
        self._tickets.given_back()
        if refund.state is RefundState.REFUNDED:
            self._sold(refund.refund_id)

    def _take_up(self) -> int:
        return self._selling.payments.resume() + self._refunds.resume()

    def _unfit(self) -> Notice | None:
        return self._readiness.unfit()

    def _publish(self) -> None:
        self._parts.alive()
        view = self.view()
        if self._helping.follow(view):
            view = replace(view, help=self._helping.shown())
        self._gaze.follow(view, seeking=self._paperwork.seeking)
        self._show(view)
