"""The composition root: builds the parts of a till, joins them, starts and stops its threads.

Apart because it is the only place that knows concrete classes. Three threads, never more: the
caller's own (a screen, or a wait), the engine's and the scanner's; a printer brings its own.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hardware.bench import Devices, DeviceSpec
from hardware.decoder import Decoder
from hardware.devices import Align, PrintLine, ReceiptPrinter, Symbol
from hardware.scanner import Scanner
from pos.config import Settings
from pos.errors import PosError
from pos.fingerprint import Fingerprints
from pos.folders import JOURNAL_NAME
from pos.journal import Journal
from pos.language import Language
from pos.lights import Lights
from pos.pulse import Pulse
from pos.sale.input import CameraSays, Input, PrinterSays, Scanned
from pos.sale.merchant import Terminal
from pos.sale.mode import Mode
from pos.sale.payment import Payment
from pos.sale.receipt import SlipLine, payment_slip, refund_slip
from pos.sale.refund import Refund
from pos.sale.secret import Secret
from pos.sale.view import Stage, View, notice

if TYPE_CHECKING:
    from pos.engine import Engine
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Caller

STOP_S = 15.0

Show = Callable[[View], object]


@dataclass(frozen=True, slots=True)
class Slips:
    """The engine's paper: slips in the shop's language on a receipt printer."""

    printer: ReceiptPrinter
    terminal: Terminal
    words: Language
    put: Callable[[Input], bool]

    def receipt(self, payment: Payment, number: int) -> None:
        """See pos.engine.Paper."""
        self._submit(payment.request_id, payment_slip(payment, self.terminal, number, self.words))

    def refund_slip(self, refund: Refund, payment: Payment, number: int) -> None:
        """See pos.engine.Paper."""
        lines = refund_slip(refund, payment, self.terminal, number, self.words)
        self._submit(refund.refund_id, lines)

    def _submit(self, document_id: str, lines: Sequence[SlipLine]) -> None:
        def done(fault: str | None) -> None:
            self.put(PrinterSays(document_id, fault or ""))

        self.printer.submit([print_line(line) for line in lines], done)


def print_line(line: SlipLine) -> PrintLine:
    """The same line as the printer's library names it."""
    return PrintLine(
        line.text,
        line.right,
        bold=line.strong,
        big=line.big,
        align=Align.CENTER if line.center else Align.LEFT,
        qr=line.qr or None,
        rule=line.rule,
    )


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
        self._mode = mode
        self._devices = devices
        self._pulse = pulse or Pulse()
        self._journal = Journal(state / JOURNAL_NAME)
        self._fingerprints = Fingerprints(state)
        self._scanner: Scanner | None = None
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()
        self._engine: Engine | None = None
        self._switch: WireSwitch | None = None

    def engine(self, caller: "Caller", show: Show, *, watches: bool = False) -> "Engine":
        """The engine, joined to switch, paper, lights and eye; nothing is started.

        `watches` where somebody sees what the static code brings: it is shown only once.
        """
        # Network, keys and messages are slow to import: the screen comes up before them.
        from pos.engine import Engine, Parts
        from pos.switch.client import WireSwitch
        from pos.switch.exchange import Exchange

        parties = self._settings.parties()
        self._switch = WireSwitch(Exchange(caller), parties)
        words = Language(self._settings.terminal.language)
        lights = Lights(self._devices.indicator)

        def show_all(view: View) -> None:
            lights.show(view)
            show(view)

        printer = self._devices.printer
        parts = Parts(
            self._journal,
            self._switch,
            self._fingerprints,
            parties,
            self._mode,
            eye=self._scanner,
            paper=Slips(printer, parties, words, self.put) if printer is not None else None,
            watches=watches,
            alive=lambda: self._pulse.beat("engine"),
        )
        self._engine = Engine(parts, show_all)
        return self._engine

    def start(self, connect: "Callable[[], Caller]", show: Show) -> None:
        """Start the scanner and the engine; `connect` may take its time, the screen is up."""
        if self._devices.camera is not None:
            self._scanner = Scanner(self._devices.camera, Decoder(), self._found, self._trouble)
            self._begin("scanner", self._scanner.run)
        self._begin("engine", lambda: self._work(connect, show))

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, connect: "Callable[[], Caller]", show: Show) -> None:
        """The engine's thread: whatever ends it, the screen says that nothing is sold."""
        try:
            watches = self._settings.terminal.static_code
            engine = self.engine(connect(), show, watches=watches)
            # `stop` may have come while there was no engine yet that it could end.
            if not self._ending.is_set():
                engine.run()
        except PosError as fault:
            self._pulse.stopped("engine", str(fault))
            show(self._stopped(str(fault)))
        except Exception as fault:  # a fault of ours: say so and stop selling, never hang
            show(self._stopped(f"The till met a fault ({type(fault).__name__}); start it again."))
            sys.excepthook(type(fault), fault, fault.__traceback__)

    def _stopped(self, sentence: str) -> View:
        said = notice("halt.journal", grave=True, sentence=sentence)
        parties = self._settings.parties()
        return View(Stage.READY, parties.currency, parties.merchant.name, stopped=said)

    def put(self, given: Input) -> bool:
        """Hand an input to the engine; False when it is not there yet or its inbox is full."""
        return self._engine is not None and self._engine.put(given)

    def _found(self, symbol: Symbol) -> None:
        self.put(Scanned(Secret(symbol.text), symbol.symbology.value))

    def _trouble(self, sentence: str | None) -> None:
        said = notice("camera.trouble", sentence=sentence) if sentence else None
        self.put(CameraSays(said))

    def stop(self) -> None:
        """Stop the threads, then close devices, link and journal; may be called twice."""
        self._ending.set()
        self._pulse.ending()
        if self._engine is not None:
            self._engine.end()
        if self._scanner is not None:
            self._scanner.stop()
        for thread in self._threads:
            thread.join(STOP_S)
        self._threads.clear()
        self._devices.close()
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
    return DeviceSpec(**settings.devices.model_dump())
