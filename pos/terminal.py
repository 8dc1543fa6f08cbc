"""The composition root: builds the parts of a till, joins them, starts and stops its threads.

Apart because it is the only place that knows concrete classes. Three threads, never more: the
caller's own (a screen, or a wait), the engine's and the scanner's; a printer brings its own, and
so does a hand scanner, and whoever reports to a fleet.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hardware.bench import Devices, DeviceSpec, Pins
from hardware.devices import Button, Controls
from pos.config import Settings
from pos.display import Display
from pos.errors import PosError
from pos.fingerprint import Fingerprints
from pos.folders import JOURNAL_NAME
from pos.journal import Journal
from pos.language import Language
from pos.lights import Lights
from pos.paper import SignedTexts, Slips
from pos.pulse import Pulse
from pos.pushed import standing, why_not
from pos.register_key import RegisterKey
from pos.roster import FILE_NAME as STAFF_FILE_NAME
from pos.roster import Roster
from pos.sale.glimpse import Glimpse
from pos.sale.input import CallHelp, Input
from pos.sale.keys import cancel_key, pay_key
from pos.sale.merchant import Role
from pos.sale.mode import Mode
from pos.sale.view import Notice, Stage, View, notice
from pos.seal import Seal
from pos.shelf import CatalogueShelf

if TYPE_CHECKING:
    from pos.engine import Engine
    from pos.eyes import Eyes
    from pos.fleet.report import Part
    from pos.fleet.reporter import Reporter
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Caller

STOP_S = 15.0

Show = Callable[[View], object]
Press = Callable[[Button], object]
Examine = Callable[[Settings, Path], Iterable["Part"]]


class Station:
    """One till with its journal and devices. Use as a context manager.

    The journal is opened at once, so a locked or damaged one is told before any screen comes up.
    Whoever supervises the process hears from `pulse` that the loop "engine" lives. `examine` tells
    a fleet of the machine's health; without it the fleet hears nothing of this process. When
    `again` is set after the end, the process should start again: its settings are other ones.
    """

    def __init__(
        self,
        settings: Settings,
        state: Path,
        mode: Mode,
        devices: Devices,
        pulse: Pulse | None = None,
        examine: Examine | None = None,
    ) -> None:
        self._state = state
        self._mode = mode
        self._devices = devices
        self._pulse = pulse or Pulse()
        self._journal = Journal(state / JOURNAL_NAME)
        self.settings = standing(settings, self._journal.history.configuration.values)
        self.again = False
        self._fingerprints = Fingerprints(state)
        self._seal = Seal(state)
        self._roster = Roster(state / STAFF_FILE_NAME)
        self._eyes: Eyes | None = None
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()
        self._engine: Engine | None = None
        self._switch: WireSwitch | None = None
        self._press: Press | None = None
        self._view: View | None = None
        self._displays = False
        self._display: Display | None = None
        self._reporter = self._new_reporter(examine) if examine is not None else None

    def engine(self, caller: "Caller", show: Show, *, watches: bool = False) -> "Engine":
        """The engine, joined to switch, paper, lights and eye; nothing is started.

        `watches` where somebody sees what the static code brings: it is shown only once.
        """
        # Network, keys and messages are slow to import: the screen comes up before them.
        from pos.engine import Engine, Parts, Terms
        from pos.switch.client import WireSwitch
        from pos.switch.exchange import Exchange

        parties = self.settings.parties()
        self._switch = WireSwitch(Exchange(caller), parties)
        words = Language(self.settings.terminal.language)
        lights = Lights(self._devices.indicator)
        display = self._display = self._second_screen()

        def show_all(view: View) -> None:
            self._view = view
            if self._reporter is not None:
                self._reporter.show(view)
            lights.show(view)
            if display is not None:
                display.show(view)
            show(view)

        printer = self._devices.printer
        parts = Parts(
            self._journal,
            self._switch,
            self._fingerprints,
            parties,
            self._mode,
            eye=self._eyes,
            paper=Slips(printer, parties, words, self.put) if printer is not None else None,
            shelf=self._shelf(parties.currency),
            terms=Terms(
                self.settings.terminal.language,
                self.settings.order.vat_class,
                self.settings.order.tips,
            ),
            watches=watches,
            carrier=SignedTexts(self._seal, parties, words),
            staff=self._roster,
            pin_above=self.settings.refund_limit(),
            register_key=RegisterKey.at(self._state) if parties.role is Role.TILL else None,
            alive=lambda: self._pulse.beat("engine"),
            try_settings=lambda given: why_not(self.settings, given),
        )
        self._engine = Engine(parts, show_all)
        return self._engine

    def _second_screen(self) -> Display | None:
        if not self._displays:
            return None
        try:
            return Display(self._state, self.settings.terminal.language)
        except OSError:  # a folder without sockets: no display is no reason not to sell
            return None

    def _shelf(self, currency: str) -> CatalogueShelf | None:
        order = self.settings.order
        if not order.catalogue:
            return None
        language = self.settings.terminal.language
        return CatalogueShelf(Path(order.catalogue), self._state, currency, language)

    def start(
        self,
        connect: "Callable[[], Caller]",
        show: Show,
        press: Press | None = None,
        glimpse: Callable[[Glimpse], object] | None = None,
    ) -> None:
        """Start the eyes and the engine; `connect` may take its time, the screen is up.

        `press` is what a screen does with a button for paying or cancelling; without a screen the
        till itself obeys it. `glimpse` is told what the camera sees while a code is waited for.
        """
        self._press = press
        if self._devices.buttons is not None:
            self._devices.buttons.listen(self._pressed)
        self._displays = True
        if self._reporter is not None:
            self._reporter.start()
        if self._devices.camera is not None or self._devices.hand_scanner is not None:
            # Imported here: it brings the decoders, and a till without eyes needs none.
            from pos.eyes import Eyes

            asked = self.settings.camera.preview
            pictures = self._mode.preview if asked is None else asked
            self._eyes = Eyes(self._devices, self.put, glimpse, pictures=pictures)
            for name, work in self._eyes.work.items():
                self._begin(name, work)
        self._begin("engine", lambda: self._work(connect, show))

    def _new_reporter(self, examine: Examine) -> "Reporter | None":
        """Whoever tells a fleet of this till. Raises SettingsError."""
        fleet, parties = self.settings.fleet, self.settings.parties()
        if fleet is None:
            return None
        from pos.fleet.line import Broker
        from pos.fleet.reporter import Reporter, Surroundings, Who

        return Reporter(
            Who(fleet.name, parties.store.name, parties.reference, self._mode.name),
            Broker(
                fleet.broker,
                fleet.name if fleet.password_file else "",
                fleet.password_file,
                fleet.ca_file,
            ),
            fleet.public_key,
            Surroundings(
                Language("en").notice, lambda: examine(self.settings, self._state), self.put
            ),
        )

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, connect: "Callable[[], Caller]", show: Show) -> None:
        """The engine's thread: whatever ends it, the screen says that nothing is sold."""
        try:
            watches = self.settings.terminal.static_code
            engine = self.engine(connect(), show, watches=watches)
            # `stop` may have come while there was no engine yet that it could end.
            if not self._ending.is_set():
                if self._eyes is not None:
                    self._eyes.tell()
                engine.run()
                if engine.configuring.leaving:
                    self._start_again(show)
        except PosError as fault:
            self._pulse.stopped("engine", str(fault))
            self._halt(str(fault), show)
        except Exception as fault:  # a fault of ours: say so and stop selling, never hang
            self._halt(f"The till met a fault ({type(fault).__name__}); start it again.", show)
            sys.excepthook(type(fault), fault, fault.__traceback__)

    def _halt(self, sentence: str, show: Show) -> None:
        view = self._stopped(notice("halt.journal", grave=True, sentence=sentence))
        if self._reporter is not None:
            self._reporter.show(view)
        show(view)

    def _start_again(self, show: Show) -> None:
        """Close this process as whoever supervises it would; its end sees `again`."""
        show(self._stopped(notice("fleet.restarting", grave=True)))
        self.again = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _stopped(self, said: Notice) -> View:
        parties = self.settings.parties()
        view = View(Stage.READY, parties.currency, parties.merchant.name, stopped=said)
        return view if self._view is None else replace(view, facts=self._view.facts)

    def put(self, given: Input) -> bool:
        """Hand an input to the engine; False when it is not there yet or its inbox is full."""
        return self._engine is not None and self._engine.put(given)

    def _pressed(self, button: Button) -> None:
        """A button: help is called from wherever one is, the others are keys of the screen."""
        if button is Button.HELP:
            self.put(CallHelp())
        elif self._press is not None:
            self._press(button)
        elif self._view is not None:
            given = pay_key(self._view) if button is Button.PAY else cancel_key(self._view)
            if given is not None:
                self.put(given)

    def stop(self) -> None:
        """Stop the threads, then close devices, link and journal; may be called twice."""
        self._ending.set()
        if not self.again:
            self._pulse.ending()
        if self._engine is not None:
            self._engine.end()
        if self._eyes is not None:
            self._eyes.stop()
        for thread in self._threads:
            thread.join(STOP_S)
        self._threads.clear()
        if self._reporter is not None:
            self._reporter.stop()
        self._devices.close()
        if self._display is not None:
            self._display.close()
        if self._switch is not None:
            self._switch.close()
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def device_spec(settings: Settings) -> DeviceSpec:
    """What `hardware.bench` is to open for these settings."""
    devices, camera = settings.devices.model_dump(), settings.camera
    controls = Controls(camera.lens_position, camera.exposure_us, camera.gain)
    return DeviceSpec(**{**devices, "pins": Pins(**devices["pins"]), "controls": controls})
