"""The demo in a terminal: the product's own till on the screen, a customer's phone beside it.

Apart from the tour because here two people play: one at the till, one with the phone.
"""

import threading
from pathlib import Path

from hardware.bench import Devices, NoIndicator
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.config import Settings
from pos.demo.phone import DemoPhone
from pos.embedded import EmbeddedSwitch
from pos.folders import SWITCH_FOLDER_NAME
from pos.language import Language
from pos.sale.mode import COUNTER
from pos.sale.view import Stage, View
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.store import Store
from pos.switch.exchange import Caller
from pos.terminal import Station

READY_S_MAX = 20.0

CATALOGUE = Path(__file__).with_name("catalogue.toml")


class _LateScheme:
    """The scheme's customers, as soon as the switch has made its books."""

    def __init__(self, state: Path, embedded: EmbeddedSwitch) -> None:
        self._state = state
        self._embedded = embedded
        self._up = threading.Event()
        self._scheme: SimulatedScheme | None = None
        self.store: Store | None = None

    def connect(self) -> Caller:
        """Start the switch, then let the phone in."""
        caller = self._embedded.connect()
        path = (self._state / SWITCH_FOLDER_NAME / "switch.db").resolve()
        self.store = Store.open(f"sqlite:///{path}")
        self._scheme = open_scheme(self.store)
        self._up.set()
        return caller

    def ready(self) -> SimulatedScheme:
        """Wait for it, at most twenty seconds."""
        self._up.wait(READY_S_MAX)
        if self._scheme is None:
            raise TimeoutError("The switch did not come up.")
        return self._scheme


def play(settings: Settings, state: Path) -> None:
    """Run until somebody leaves the till."""
    from pos.screens.app import PosApp

    if not settings.order.catalogue:
        order = settings.order.model_copy(update={"catalogue": str(CATALOGUE)})
        settings = settings.model_copy(update={"order": order})
    camera = SimulatedCamera()
    devices = Devices(SteadyCamera(camera), NoIndicator(), SimulatedPrinter())
    parties = settings.parties()
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    with (
        EmbeddedSwitch(state) as embedded,
        Station(settings, state, COUNTER, devices) as station,
    ):
        embedded.spawn()
        late = _LateScheme(state, embedded)
        app = PosApp(
            station.put,
            Language(settings.terminal.language),
            first,
            phone=DemoPhone(late.ready, camera),
            theme=settings.terminal.theme,
            opened=lambda app: station.start(late.connect, app.show, glimpse=app.glimpse),
        )
        app.run()
        if late.store is not None:
            late.store.close()
