"""The training day itself: till, switch, line and customers, joined, and the thread of the last.

Apart from the guest, who is one person, and from the screen: to the till the day is a camera, a
printer and a network.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware.bench import Devices, NoIndicator
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.config import Settings
from pos.demo.late_scheme import LateScheme
from pos.embedded import EmbeddedSwitch
from pos.errors import PosError
from pos.folders import JOURNAL_NAME
from pos.journal import read
from pos.sale.input import Input
from pos.sale.mode import TRAINING
from pos.sale.view import View
from pos.scheme.partners import Behaviour
from pos.screens.party import Scene
from pos.switch.exchange import Caller
from pos.terminal import Station
from pos.training.guest import Guest
from pos.training.line import Line
from pos.training.plan import Customer

LOOK_EVERY_S = 0.1
SETTLE_S_MAX = 60.0
JOIN_S = 10.0


@dataclass(slots=True)
class Served:
    """One customer whom the trainee is done with.

    `request_ids` are the payments that were begun for her.
    """

    customer: Customer
    request_ids: tuple[str, ...] = ()


class TrainingDay:
    """One day in the folder `state`, which it fills and leaves. Use as a context manager.

    `patience` is what every wait of the customers is multiplied by. `over` is set once the last
    one is served and nothing is unfinished.
    """

    def __init__(
        self, settings: Settings, state: Path, customers: Sequence[Customer], patience: float = 1.0
    ) -> None:
        self._state, self._customers, self._patience = state, tuple(customers), patience
        self._language = settings.terminal.language
        self._embedded = EmbeddedSwitch(state)
        self._late = LateScheme(state, self._embedded)
        self._line: Line | None = None
        self._hands = _Hands(self._late, SimulatedCamera(), SimulatedPrinter())
        devices = Devices(SteadyCamera(self._hands.camera), NoIndicator(), self._hands.printer)
        self._station = Station(settings, state, TRAINING, devices)
        # Every View in turn: an outcome that the cashier wipes away at once was seen all the same.
        self._heard: queue.Queue[View | str] = queue.Queue()
        self._view: View | None = None
        self._scene = Scene()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._play, name="customers", daemon=True)
        self._seen_ids: set[str] = set()
        self.served: list[Served] = []
        self.over = threading.Event()

    def start(self, show: Callable[[View], object], **more: object) -> None:
        """Start till and customers; `show` and `more` as Station.start has them."""

        def show_all(view: View) -> None:
            self._heard.put(view)
            show(view)

        self._embedded.spawn()
        self._station.start(self._connect, show_all, **more)  # type: ignore[arg-type]
        self._thread.start()

    def put(self, given: Input) -> bool:
        """Hand an input to the till."""
        return self._station.put(given)

    def scene(self) -> Scene:
        """See Party."""
        return self._scene

    def next_customer(self) -> None:
        """See Party."""
        self._heard.put("next")

    def new_roll(self) -> None:
        """See Party."""
        self._heard.put("roll")

    def slips(self) -> tuple[str, ...]:
        """What the printer has printed, oldest first."""
        return self._hands.printer.receipts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)
        self._station.stop()
        if self._line is not None:
            self._line.__exit__()
        self._embedded.close()
        if self._late.store is not None:
            self._late.store.close()

    def _connect(self) -> Caller:
        """The till reaches the switch by a line that can be cut."""
        caller = self._late.connect()
        self._line = self._hands.line = Line(caller.url).__enter__()
        return replace(caller, url=self._line.url)

    def _play(self) -> None:
        """The customers' thread: one after another, then nobody."""
        try:
            self._late.ready()
        except PosError:
            return  # the till says on its screen that the switch did not come up
        for customer in self._customers:
            if not self._ending.is_set():
                self._serve(customer)
        self._settle()

    def _serve(self, customer: Customer) -> None:
        self._hands.customer = customer
        guest = Guest(customer, self._hands, self._language, self._patience)
        guest.comes(time.monotonic())
        done = False
        while not done and not self._ending.is_set():
            self._show(customer, guest)
            done = self._asked(guest)
        guest.leaves()
        if done:  # nobody is judged by a customer whom the trainee was still serving
            self._note(customer)

    def _asked(self, guest: Guest) -> bool:
        """Wait a moment for the trainee, and let the guest look; whether the next may come."""
        try:
            heard = self._heard.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            heard = self._view or ""
        if isinstance(heard, View):
            self._view = heard
            guest.sees(heard, time.monotonic())
        elif heard == "roll":
            self._hands.paper(there=True)
        return heard == "next"

    def _show(self, customer: Customer, guest: Guest) -> None:
        self._scene = Scene(
            customer.number, len(self._customers), guest.said, guest.gone, self._hands.has_paper
        )

    def _note(self, customer: Customer) -> None:
        """What the journal has got since the last customer left was for this one."""
        ids = tuple(read(self._state / JOURNAL_NAME).payments)
        fresh = tuple(each for each in ids if each not in self._seen_ids)
        self._seen_ids.update(fresh)
        self.served.append(Served(customer, fresh))

    def _settle(self) -> None:
        """Give the till time to end what is unfinished; then the day is over."""
        until_s = time.monotonic() + SETTLE_S_MAX
        while not self._ending.is_set() and time.monotonic() < until_s:
            history = read(self._state / JOURNAL_NAME)
            if not history.open_payments() and not history.open_refunds():
                break
            self._ending.wait(LOOK_EVERY_S)
        self._scene = Scene(len(self._customers), len(self._customers), over=True)
        self.over.set()


@dataclass(slots=True)
class _Hands:
    """See Hands: over the simulated camera and printer, the wallets and the line."""

    late: LateScheme
    camera: SimulatedCamera
    printer: SimulatedPrinter
    line: Line | None = None
    customer: Customer | None = None
    has_paper: bool = True
    link_up: bool = True
    code: str = field(default="", repr=False)
    wallet: str = ""

    def hold_up(self, behaviour: Behaviour, attempt: int) -> None:
        """See Hands. After a wallet without money she tries the next one."""
        scheme, customer = self.late.ready(), self.customer
        if customer is None:
            return
        wallets = tuple(scheme.wallets)
        place = wallets.index(customer.wallet) + attempt - 1
        self.wallet = wallets[place % len(wallets)]
        self.code = scheme.customers.new_code(self.wallet, behaviour=behaviour)
        self.camera.hold_up(self.code)

    def hold_up_again(self) -> None:
        """See Hands."""
        if self.code:
            self.camera.hold_up(self.code)

    def take_away(self) -> None:
        """See Hands."""
        self.camera.take_away()

    def scan(self, order_code: str) -> bool:
        """See Hands."""
        if self.customer is None:
            return False
        self.wallet = self.customer.wallet
        try:
            self.late.ready().customers.scan(order_code, self.wallet)
        except PosError:
            return False
        return True

    def approve(self) -> None:
        """See Hands."""
        customers = self.late.ready().customers
        for waiting in customers.waiting(self.wallet) if self.wallet else ():
            customers.approve(self.wallet, waiting.payment_id)

    def decline(self) -> None:
        """See Hands."""
        customers = self.late.ready().customers
        for waiting in customers.waiting(self.wallet) if self.wallet else ():
            customers.decline(self.wallet, waiting.payment_id)

    def link(self, *, up: bool) -> None:
        """See Hands."""
        if self.line is None or up is self.link_up:
            return
        self.link_up = up
        (self.line.mend if up else self.line.cut)()

    def paper(self, *, there: bool) -> None:
        """See Hands."""
        self.has_paper = there
        (self.printer.put_in_paper if there else self.printer.run_out_of_paper)()

    def printed_count(self) -> int:
        """See Hands."""
        return len(self.printer.documents)
