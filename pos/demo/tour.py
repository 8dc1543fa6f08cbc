"""The tour: a till sells by itself to customers of three wallets, a line for each step.

Apart from the interactive demo because nobody sits at it. It uses the product's own station:
engine, journal, HTTP, scanner and decoder; a phone is held up before the simulated camera and
the till's code is photographed and read back as a phone would.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from hardware.bench import Devices, NoIndicator
from hardware.decoder import Decoder
from hardware.ladder import SteadyCamera
from hardware.phone import photograph
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.config import Settings
from pos.embedded import CLIENT_ID, EmbeddedSwitch
from pos.errors import PosError
from pos.folders import SWITCH_FOLDER_NAME
from pos.language import Language
from pos.sale.input import Charge, GiveBack, Input, Presenting
from pos.sale.mode import COUNTER
from pos.sale.payment import State
from pos.sale.view import LinkState, SaleRow, Stage, View
from pos.scheme.customers import Customers
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.terminal import Station

STEP_S_MAX = 40.0
START_S_MAX = 30.0


class TourStuck(PosError):
    """A step of the tour did not come to its end in time."""


class Desk:
    """The till's latest View, to be waited on from another thread than the engine's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._view: View | None = None

    def show(self, view: View) -> None:
        """Called by the engine."""
        with self._changed:
            self._view = view
            self._changed.notify_all()

    def wait(self, what: str, fits: Callable[[View], bool], seconds: float = STEP_S_MAX) -> View:
        """The first View that fits. Raises TourStuck."""

        def seen() -> bool:
            return self._view is not None and (fits(self._view) or self._view.stopped is not None)

        with self._changed:
            found = self._changed.wait_for(seen, seconds)
            view = self._view
        if not found or view is None or not fits(view):
            why = view.stopped or view.notice or view.stage if view is not None else "no view"
            raise TourStuck(f"The tour waited in vain for {what}: {why}.")
        return view


class Tour:
    """One run in the folder `state`, which it fills and leaves."""

    def __init__(self, settings: Settings, state: Path, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._state = state
        self._tell = tell
        self._words = Language(settings.terminal.language)
        self._camera = SimulatedCamera()
        self._printer = SimulatedPrinter()
        self._desk = Desk()

    def run(self) -> None:
        """Every step; raises TourStuck where one does not end as it should."""
        devices = Devices(SteadyCamera(self._camera), NoIndicator(), self._printer)
        with (
            EmbeddedSwitch(self._state) as embedded,
            Station(self._settings, self._state, COUNTER, devices) as station,
        ):
            embedded.spawn()
            station.start(embedded.connect, self._desk.show)
            self._desk.wait("the switch", lambda v: v.link is LinkState.UP, START_S_MAX)
            self._tell(f"switch up, till open at {self._settings.merchant.name}")
            path = (self._state / SWITCH_FOLDER_NAME / "switch.db").resolve()
            with Store.open(f"sqlite:///{path}") as store:
                scheme = open_scheme(store)
                for line in self._steps(station.put, scheme.customers, tuple(scheme.wallets)):
                    self._tell(line)

    def _steps(
        self, put: Callable[[Input], bool], customers: Customers, wallets: tuple[str, ...]
    ) -> Iterator[str]:
        sold: list[SaleRow] = []
        for number, wallet in enumerate(wallets):
            row = self._scanned(put, customers, wallet, f"{129 + number}.00", Behaviour.PAYS)
            sold.append(row)
            yield self._line("scanned code", row)
        for number, wallet in enumerate(wallets):
            yield self._line("shown code", self._shown(put, customers, wallet, f"{45 + number}.50"))
        row = self._scanned(put, customers, wallets[1], "75.00", Behaviour.ANSWER_LOST)
        yield self._line("answer lost, asked again", row)
        row = self._scanned(put, customers, wallets[0], "99.00", Behaviour.DECLINES)
        yield self._line("customer says no", row)
        yield self._refund(put, sold[0])
        count = len(self._printer.receipts)
        yield f"{count} slips printed, the last with {len(self._printer.receipts[-1])} letters"

    def _scanned(
        self,
        put: Callable[[Input], bool],
        customers: Customers,
        wallet: str,
        amount: str,
        behaviour: Behaviour,
    ) -> SaleRow:
        """The customer holds up a phone, and the camera reads it."""
        put(Charge(amount, Presenting.CUSTOMER))
        self._desk.wait("the armed camera", lambda v: v.stage is Stage.SCANNING)
        self._camera.hold_up(customers.new_code(wallet, behaviour=behaviour))
        self._desk.wait("the code to be read", lambda v: v.stage is not Stage.SCANNING)
        self._camera.take_away()
        return self._outcome(amount)

    def _shown(
        self, put: Callable[[Input], bool], customers: Customers, wallet: str, amount: str
    ) -> SaleRow:
        """The till shows a code; a phone photographs, reads and pays it."""
        put(Charge(amount, Presenting.MERCHANT))
        view = self._desk.wait("the code to show", lambda v: v.stage is Stage.SHOWING)
        symbols = Decoder().read_thoroughly(photograph(view.order_code, seed=len(amount)))
        if not symbols:
            raise TourStuck("The customer's phone could not read the till's code.")
        offer = customers.scan(symbols[0].text, wallet)
        customers.approve(wallet, offer.payment_id)
        return self._outcome(amount)

    def _outcome(self, amount: str) -> SaleRow:
        view = self._desk.wait(f"the outcome of {amount}", lambda v: v.stage is Stage.OUTCOME)
        return next(row for row in view.recent if row.request_id == view.request_id)

    def _refund(self, put: Callable[[Input], bool], row: SaleRow) -> str:
        put(GiveBack(row.request_id, "30.00"))

        def done(view: View) -> bool:
            return any(r.request_id == row.request_id and r.refunded for r in view.recent)

        self._desk.wait("the refund", done)
        return f"{'refund in part':<26} 30.00 of {row.amount} in {row.wallet}: given back"

    def _line(self, how: str, row: SaleRow) -> str:
        end = "paid" if row.state is State.PAID else f"{row.state.lower()} ({row.result_code})"
        return f"{how:<26} {row.amount!s:>12} {row.wallet:<9} {end}"


__all__ = ["CLIENT_ID", "Tour", "TourStuck"]
