"""The composition root: builds the parts of a till, joins them, starts and stops its threads.

Apart because it is the only place that knows concrete classes. Three threads, never more: the
caller's own (a screen, or a wait), the engine's and the scanner's; a printer brings its own, and
so does a hand scanner.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hardware.bench import Devices, DeviceSpec, Pins
from hardware.devices import Button, Controls
from pos.config import Settings
from pos.display import Display
from pos.door import Door, Mirror
from pos.errors import PosError
from pos.fingerprint import Fingerprints
from pos.folders import JOURNAL_NAME
from pos.journal import Journal
from pos.language import Language
from pos.lights import Lights
from pos.log import Log
from pos.paper import SignedTexts, Slips
from pos.pulse import Pulse
from pos.register_key import RegisterKey
from pos.roster import FILE_NAME as STAFF_FILE_NAME
from pos.roster import Roster
from pos.sale.glimpse import Glimpse
from pos.sale.input import CallHelp, Input
from pos.sale.keys import cancel_key, pay_key
from pos.sale.merchant import Role
from pos.sale.mode import Mode
from pos.sale.till import FREE
from pos.sale.view import Stage, View, notice
from pos.seal import Seal
from pos.shelf import CatalogueShelf, SiteShelf
from pos.shop import Asking, Hearing, shop_lines
from pos.stamp import Stamp

if TYPE_CHECKING:
    from pos.engine import Engine
    from pos.eyes import Eyes
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Caller

STOP_S = 15.0

Show = Callable[[View], object]
Press = Callable[[Button], object]


class Station:
    """One till with its journal and devices. Use as a context manager.

    The journal is opened at once, so a locked or damaged one is told before any screen comes up.
    Whoever supervises the process hears from `pulse` that the loop "engine" lives.
    """

    def __init__(
        self,
        settings: Settings,
        state: Path,
        mode: Mode,
        devices: Devices,
        pulse: Pulse | None = None,
    ) -> None:
        self._settings = settings
        # First, so that an address that cannot be had is told before anything is opened.
        reference = settings.terminal.reference
        self._shop_lines: list[Asking | Hearing] = []
        if settings.shop is not None:
            self._shop_lines = shop_lines(settings.shop, reference, self.put)
        self._parties = replace(settings.parties(), pretend=mode.pretend)
        self._state = state
        self._mode = mode
        self._devices = devices
        self._pulse = pulse or Pulse()
        self._journal = Journal(state / JOURNAL_NAME)
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
        words = Language(self._settings.terminal.language)
        lights = Lights(self._devices.indicator, alone=self._mode.headless)
        display = self._display = self._second_screen()
        door = self._door = self._opened_door()

        def show_all(view: View) -> None:
            self._view = view
            lights.show(view)
            if display is not None:
                display.show(view)
            for line in self._shop_lines:
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
            shelf=self._shelf(parties.currency),
            terms=Terms(
                self._settings.terminal.language,
                self._settings.order.vat_class,
                self._settings.order.tips,
            ),
            watches=watches,
            tells_wallets=tells_wallets,
            carrier=SignedTexts(self._seal, parties, words),
            stamp=Stamp(self._state) if self._mode.entrance else None,
            staff=self._roster,
            pin_above=self._settings.refund_limit(),
            register_key=self._register_key(),
            alive=lambda: self._pulse.beat("engine"),
            noted=self._log.entry,
        )
        self._engine = Engine(parts, show_all)
        return self._engine

    def _register_key(self) -> RegisterKey | None:
        """Where the law takes the device for a cash register, and what it sells for true."""
        true = self._parties.role is Role.TILL and not self._parties.pretend
        return RegisterKey.at(self._state) if true else None

    def _second_screen(self) -> Display | None:
        if not self._displays:
            return None
        try:
            return Display(self._state, self._settings.terminal.language)
        except OSError:  # a folder without sockets: no display is no reason not to sell
            return None

    def _opened_door(self) -> Door | None:
        if not self._displays:
            return None
        try:
            return Door(self._state, self.put, self._mirror)
        except OSError:  # as above: nobody looks on, and an update waits until the till is closed
            return None

    def _shelf(self, currency: str) -> CatalogueShelf | SiteShelf | None:
        order, language = self._settings.order, self._settings.terminal.language
        if self._mode.entrance:
            return SiteShelf(Path(self._settings.kiosk.site), self._state, currency, language)
        if not order.catalogue:
            return None
        return CatalogueShelf(Path(order.catalogue), self._state, currency, language)

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
        for line in self._shop_lines:
            line.start()
        if self._devices.camera is not None or self._devices.hand_scanner is not None:
            # Imported here: it brings the decoders, and a till without eyes needs none.
            from pos.eyes import Eyes

            asked = self._settings.camera.preview
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
            watches = self._settings.terminal.static_code
            engine = self.engine(connect(), show, watches=watches, tells_wallets=True)
            # `stop` may have come while there was no engine yet that it could end.
            if not self._ending.is_set():
                if self._eyes is not None:
                    self._eyes.tell()
                engine.run()
        except PosError as fault:
            self._log.tell("stopped", fault=type(fault).__name__)
            self._pulse.stopped("engine", str(fault))
            show(self._stopped(str(fault)))
        except Exception as fault:  # a fault of ours: say so and stop selling, never hang
            self._log.tell("stopped", fault=type(fault).__name__)
            show(self._stopped(f"The till met a fault ({type(fault).__name__}); start it again."))
            sys.excepthook(type(fault), fault, fault.__traceback__)

    def _stopped(self, sentence: str) -> View:
        said = notice("halt.journal", grave=True, sentence=sentence)
        parties = self._parties
        return View(Stage.READY, parties.currency, parties.merchant.name, stopped=said)

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
        for line in self._shop_lines:
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
