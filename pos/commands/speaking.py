"""The speaking kiosk: `pos kiosk --speak` on a plain terminal, or on none at all.

Apart from the kiosk with a screen because nothing here is drawn: buttons and keys go in at one end
of a queue, lines and sentences come out at the other, in one thread.
"""

import os
import queue
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from hardware.bench import Devices
from hardware.devices import Button, Camera
from hardware.ladder import SteadyCamera
from hardware.simulated_camera import SimulatedCamera
from pos.commands.afar import examine, start_again
from pos.commands.phones import payment_code
from pos.config import DevicesSection, Settings
from pos.embedded import connection
from pos.errors import PosError
from pos.pulse import Pulse
from pos.sale.glimpse import Glimpse
from pos.sale.mode import KIOSK
from pos.sale.view import Stage, View
from pos.spoken.guide import Guide, Press
from pos.terminal import Station

TICK_S = 0.5
EVENTS_MAX = 256

# The three buttons, by the pins that they have in a shop, and by the keys of a keyboard.
BUTTONS = {Button.CANCEL: Press.NEXT, Button.PAY: Press.CHOOSE, Button.HELP: Press.BACK}
KEYS = {b"1": Press.NEXT, b"2": Press.CHOOSE, b"3": Press.BACK}

# Whose phone a letter holds up, where a kiosk is tried out on a switch of its own.
PHONES = {b"v": "vipps", b"e": "epassi", b"a": "alipay"}
TRYING = """\
A kiosk to try out: 1 is next, 2 chooses, 3 goes back or calls for help. V, E and A hold up a phone
of Vipps, ePassi and Alipay, any other key puts it away. Ctrl+C ends it.
"""

# Clears the screen and what a terminal keeps above it: nothing of a visitor is left to scroll to.
WIPE = "\x1b[2J\x1b[3J\x1b[H"

Event = View | Press | Glimpse


class Events:
    """What happens, from any thread to one. Nobody waits: the oldest makes way for the newest."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue(EVENTS_MAX)

    def put(self, event: Event) -> None:
        """Hand one in."""
        while True:
            with suppress(queue.Full):
                self._queue.put_nowait(event)
                return
            with suppress(queue.Empty):
                self._queue.get_nowait()

    def hand_to(self, guide: Guide) -> None:
        """Hand the next one to the guide, or let half a second pass."""
        try:
            event = self._queue.get(timeout=TICK_S)
        except queue.Empty:
            return
        match event:
            case View():
                guide.apply(event)
            case Press():
                guide.press(event)
            case Glimpse():
                guide.aim(event)


def serve(settings: Settings, folder: Path, devices: Devices) -> None:
    """Serve visitors until the process is told to end."""
    ending = threading.Event()

    def end(*_: object) -> None:
        ending.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    # A kiosk of a shop is ended by whoever runs its machine; one that is tried out, by its keys.
    signal.signal(signal.SIGINT, end if settings.switch is None else signal.SIG_IGN)
    wanted = settings.kiosk.keyboard or devices.buttons is None
    events = Events()
    phone = _Phone(devices.camera, folder) if settings.switch is None else None
    if phone is not None and phone.there and sys.stdout.isatty():
        sys.stdout.write(TRYING)
    with _keys(events.put, sys.stdin if wanted else None, phone):
        again = guide_visitors(settings, folder, devices, events, ending, sys.stdout)
    if again:
        start_again()


def tried_out(settings: Settings) -> Settings:
    """Without a settings file: a simulated camera and printer, and a voice where there is one."""
    voice = "espeak" if shutil.which("espeak-ng") else "none"
    devices = DevicesSection(camera="simulated", printer="simulated", voice=voice)
    return settings.model_copy(update={"devices": devices})


class _Phone:
    """Somebody's phone before a simulated camera; `there` is whether the camera is one."""

    def __init__(self, camera: Camera | None, folder: Path) -> None:
        inner = camera.device if isinstance(camera, SteadyCamera) else camera
        self._camera = inner if isinstance(inner, SimulatedCamera) else None
        self._folder = folder

    @property
    def there(self) -> bool:
        """Whether a phone can be held up."""
        return self._camera is not None

    def press(self, key: bytes) -> None:
        """Hold up the phone of this key, or none."""
        if self._camera is None:
            return
        self._camera.take_away()
        if key in PHONES:
            with suppress(PosError):  # the switch is not up yet
                self._camera.hold_up(payment_code(self._folder, PHONES[key]))


def guide_visitors(
    settings: Settings,
    folder: Path,
    devices: Devices,
    events: Events,
    ending: threading.Event,
    out: TextIO,
) -> bool:
    """Until `ending` is set; whether to start again then. Lines are printed on `out` where that is
    a terminal, and nowhere else: a log would keep what visitors did."""
    parties = settings.parties()
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    pulse = Pulse.of_service("engine", "guide")
    buttons = devices.buttons  # the guide's own: the one for help goes back where there is a way

    def tell(line: str, end: str = "\n") -> None:
        if out.isatty():
            out.write(line + end)
            out.flush()

    if buttons is not None:
        buttons.listen(lambda button: _pressed(button, events))
    with (
        connection(settings, folder) as connect,
        Station(settings, folder, KIOSK, replace(devices, buttons=None), pulse, examine) as station,
    ):
        guide = Guide(
            station.put,
            station.settings.terminal.language,
            first,
            devices.voice,
            tell=tell,
            wipe=lambda: tell(WIPE, ""),
        )
        station.start(connect, events.put, glimpse=events.put)
        while not ending.is_set():
            pulse.beat("guide")
            events.hand_to(guide)
            guide.tick()
    if buttons is not None:
        buttons.close()
    return station.again


def _pressed(button: Button, events: Events) -> None:
    if button in BUTTONS:
        events.put(BUTTONS[button])


@contextmanager
def _keys(
    put: Callable[[Event], object], source: TextIO | None, phone: "_Phone | None" = None
) -> Iterator[None]:
    """While this lasts, the keys 1 to 3 of `source` are the three buttons, and letters a phone."""
    if source is None:
        yield
        return
    number = source.fileno()
    before = termios.tcgetattr(number) if source.isatty() else None
    if before is not None:
        tty.setcbreak(number)  # a key counts at once, and is not printed

    def work() -> None:
        while key := os.read(number, 1):
            if key in KEYS:
                put(KEYS[key])
            elif phone is not None:
                phone.press(key)

    # A daemon: nothing ends the wait for a key that never comes.
    threading.Thread(target=work, name="keys", daemon=True).start()
    try:
        yield
    finally:
        if before is not None:
            termios.tcsetattr(number, termios.TCSADRAIN, before)
