"""The composition root: builds the parts of a till, joins them, starts and stops its threads.

Apart because it is the only place that knows concrete classes. Three threads, never more: the
caller's own (a screen, or a wait), the engine's and the scanner's; a printer brings its own, and
so does a hand scanner, and whoever reports to a fleet.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from hardware.bench import Devices, DeviceSpec, Pins
from hardware.devices import Button, Controls
from pos.config import Settings
from pos.display import Display
from pos.door import Door, Mirror
from pos.errors import PosError
from pos.fingerprint import Fingerprints
from pos.fittings import register_key_of, shelf_of
from pos.folders import JOURNAL_NAME
from pos.journal import Journal
from pos.language import Language
from pos.lights import Lights
from pos.log import Log
from pos.paper import SignedTexts, Slips
from pos.pulse import Pulse
from pos.pushed import standing, why_not
from pos.reporting import Examine, reporter_of
from pos.roster import FILE_NAME as STAFF_FILE_NAME
from pos.roster import Roster
from pos.sale.glimpse import Glimpse
from pos.sale.input import CallHelp, Input
from pos.sale.keys import cancel_key, pay_key
from pos.sale.mode import Mode
from pos.sale.till import FREE
from pos.sale.view import Notice, Stage, View, notice
from pos.seal import Seal
from pos.shop import Asking, Hearing, shop_lines
from pos.stamp import Stamp

if TYPE_CHECKING:
    from pos.engine import Engine
    from pos.eyes import Eyes
    from pos.fleet.reporter import Reporter
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Caller

STOP_S = 15.0

Show = Callable[[View], object]
Press = Callable[[Button], object]
Offer = TypeVar("Offer")


class Station:
    """One till with its journal and devices. Use as a context manager.

    The journal is opened at once, so a locked or damaged one is told before any screen comes up.
    Whoever supervises the process hears from `pulse` that the loop "engine" lives. `examine` tells
    a fleet of the machine's health; without it the fleet hears nothing of this process. When
    `again` is set after the end, the process should start again: its `settings` are other ones.
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
        # First, so that an address that cannot be had is told before anything is opened.
        reference = settings.terminal.reference
        self._lines: list[Asking | Hearing | Reporter] = []
        if settings.shop is not None:
            self._lines += shop_lines(settings.shop, reference, self.put)
        self._parties = replace(settings.parties(), pretend=mode.pretend)
        self._state = state
        self._mode = mode
        self._devices = devices
        self._pulse = pulse or Pulse()
        self._journal = Journal(state / JOURNAL_NAME)
        self.settings = standing(settings, self._journal.history.configuration.values)
        self.again = False
        if reporter := reporter_of(self.settings, state, mode.name, examine, self.put):
            self._lines.append(reporter)
        self._fingerprints = Fingerprints(state)
        self._seal = Seal(state)
        self._log = Log(state)
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
        self._door: Door | None = None
        self._mirror: Mirror | None = None

    def engine(
        self, caller: "Caller", show: Show, *, watches: bool = False, tells_wallets: bool = False
    ) -> "Engine":
        """The engine, joined to switch, paper, lights and eye; nothing is started.

        `watches` where somebody sees what the static code brings: it is shown only once;
        `tells_wallets` where somebody sees what each wallet can do.
        """
        # Network, keys and messages are slow to import: the screen comes up before them.
        from pos.engine import Engine, Parts, Terms
        from pos.switch.client import WireSwitch
        from pos.switch.exchange import Exchange

        parties = self._parties
        self._switch = WireSwitch(Exchange(caller), parties, self._log.call)
        words = Language(self.settings.terminal.language)
        lights = Lights(self._devices.indicator, alone=self._mode.headless)
        language = self.settings.terminal.language
        display = self._display = self._offered(lambda: Display(self._state, language))
        door = self._door = self._offered(lambda: Door(self._state, self.put, self._mirror))

        def show_all(view: View) -> None:
            self._view = view
            lights.show(view)
            if display is not None:
                display.show(view)
            for line in self._lines:
                line.show(view)
            if door is not None:
                door.show(view)
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
            shelf=shelf_of(self.settings, self._state, self._mode),
            terms=Terms(
                self.settings.terminal.language,
                self.settings.order.vat_class,
                self.settings.order.tips,
            ),
            watches=watches,
            tells_wallets=tells_wallets,
            carrier=SignedTexts(self._seal, parties, words),
            stamp=Stamp(self._state) if self._mode.entrance else None,
            staff=self._roster,
            pin_above=self.settings.refund_limit(),
            register_key=register_key_of(parties, self._state),
            alive=lambda: self._pulse.beat("engine"),
            noted=self._log.entry,
            try_settings=lambda given: why_not(self.settings, given),
        )
        self._engine = Engine(parts, show_all)
        return self._engine

    def _offered(self, make: Callable[[], Offer]) -> Offer | None:
        """What other processes may come to, the customer's screen or a helper."""
        if not self._displays:
            return None
        try:
            return make()
        except OSError:  # a folder without sockets: that nobody looks on is no reason not to sell
            return None

    def start(
        self,
        connect: "Callable[[], Caller]",
        show: Show,
        press: Press | None = None,
        glimpse: Callable[[Glimpse], object] | None = None,
        mirror: Mirror | None = None,
    ) -> None:
        """Start the eyes and the engine; `connect` may take its time, the screen is up.

        `press` is what a screen does with a button for paying or cancelling; without a screen the
        till itself obeys it. `glimpse` is told what the camera sees while a code is waited for.
        `mirror` is what a helper sees the screen in.
        """
        self._press, self._mirror = press, mirror
        if self._devices.buttons is not None:
            self._devices.buttons.listen(self._pressed)
        self._displays = True
        for line in self._lines:
            line.start()
        if self._devices.camera is not None or self._devices.hand_scanner is not None:
            # Imported here: it brings the decoders, and a till without eyes needs none.
            from pos.eyes import Eyes

            asked = self.settings.camera.preview
            pictures = self._mode.preview if asked is None else asked
            buttons = self._devices.buttons
            self._eyes = Eyes(
                self._devices,
                self.put,
                glimpse,
                pictures=pictures,
                removing=lambda: buttons is not None and buttons.held(Button.REMOVE),
            )
            for name, work in self._eyes.work.items():
                self._begin(name, work)
        self._begin("engine", lambda: self._work(connect, show))

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, connect: "Callable[[], Caller]", show: Show) -> None:
        """The engine's thread: whatever ends it, the screen says that nothing is sold."""
        try:
            watches = self.settings.terminal.static_code
            engine = self.engine(connect(), show, watches=watches, tells_wallets=True)
            # `stop` may have come while there was no engine yet that it could end.
            if not self._ending.is_set():
                if self._eyes is not None:
                    self._eyes.tell()
                engine.run()
                if not self._ending.is_set():  # settings were taken that hold from the next start
                    self._show_stopped(notice("fleet.restarting", grave=True), show)
                    self.again = True
                    os.kill(os.getpid(), signal.SIGTERM)  # as whoever supervises it would
        except PosError as fault:
            self._pulse.stopped("engine", str(fault))
            self._halt(fault, str(fault), show)
        except Exception as fault:  # a fault of ours: say so and stop selling, never hang
            said = f"The till met a fault ({type(fault).__name__}); start it again."
            self._halt(fault, said, show)
            sys.excepthook(type(fault), fault, fault.__traceback__)

    def _halt(self, fault: Exception, sentence: str, show: Show) -> None:
        self._log.tell("stopped", fault=type(fault).__name__)
        self._show_stopped(notice("halt.journal", grave=True, sentence=sentence), show)

    def _show_stopped(self, said: Notice, show: Show) -> None:
        parties = self._parties
        view = View(Stage.READY, parties.currency, parties.merchant.name, stopped=said)
        if self._view is not None:
            view = replace(view, facts=self._view.facts)
        for line in self._lines:
            line.show(view)
        show(view)

    def put(self, given: Input) -> bool:
        """Hand an input to the engine; False when it is not there yet or its inbox is full."""
        return self._engine is not None and self._engine.put(given)

    def _pressed(self, button: Button) -> None:
        """A button: help is called from wherever one is, the others are keys of the screen."""
        if button is Button.HELP:
            self.put(CallHelp())
        elif button is Button.REMOVE:
            # What lies before the camera was read already; now it is to be taken off.
            free = self._view is not None and self._view.stage in FREE
            if self._mode.headless and self._eyes is not None and free:
                self._eyes.arm()
        elif self._press is not None:
            self._press(button)
        elif self._view is not None:
            keys = {Button.PAY: pay_key, Button.CANCEL: cancel_key}
            given = keys[button](self._view) if button in keys else None
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
        self._devices.close()
        if self._display is not None:
            self._display.close()
        for line in self._lines:
            line.close()
        if self._door is not None:
            self._door.close()
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
