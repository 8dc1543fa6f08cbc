"""The demo in a terminal: the product's own till on the screen, a customer's phone beside it.

Apart from the tour because here two people play: one at the till, one with the phone.
"""

from pathlib import Path

from hardware.bench import Devices, NoIndicator
from hardware.ladder import SteadyCamera
from hardware.simulated import SimulatedCamera
from hardware.simulated_printer import SimulatedPrinter
from pos.config import Settings
from pos.demo.late_scheme import LateScheme
from pos.demo.phone import DemoPhone
from pos.embedded import EmbeddedSwitch
from pos.language import Language
from pos.sale.mode import COUNTER
from pos.sale.view import Stage, View
from pos.terminal import Station

CATALOGUE = Path(__file__).with_name("catalogue.toml")


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
        late = LateScheme(state, embedded)
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
