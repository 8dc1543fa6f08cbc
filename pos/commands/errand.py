"""One till in the foreground: the same station and engine as behind a screen, worked by hand.

Apart from the commands that use it because selling, giving back and recovering from the shell
differ only in what they put in and what they wait for.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click

from hardware.bench import Devices, open_devices
from pos.commands.options import Command, plain_device_errors, typed_pin
from pos.config import Settings
from pos.embedded import connection
from pos.engine import Engine
from pos.errors import Refused
from pos.language import Language
from pos.sale.input import LogIn
from pos.sale.mode import COUNTER
from pos.sale.secret import Secret
from pos.sale.view import View
from pos.terminal import Station, device_spec

TURN_S = 0.2
CATCH_UP_S = 60.0
PRINTER_S = 15.0


@contextmanager
def foreground(settings: Settings, state: Path, show: Callable[[View], None]) -> Iterator[Engine]:
    """The engine of a till without a scanner, started; paper and lights as the settings say."""
    with ExitStack() as stack:
        with plain_device_errors():
            parts = settings.devices.model_copy(update={"camera": "none", "buttons": "none"})
            spec = device_spec(settings.model_copy(update={"devices": parts}))
            devices: Devices = open_devices(spec)
        connect = stack.enter_context(connection(settings, state))
        station = stack.enter_context(Station(settings, state, COUNTER, devices))
        engine = station.engine(connect(), show)
        engine.start()
        _catch_up(engine, Language(settings.terminal.language))
        try:
            yield engine
        finally:
            # What is printed unheard would be owed, and come out again as a copy.
            work_until(engine, lambda: not engine.printing, PRINTER_S)


def _catch_up(engine: Engine, words: Language) -> None:
    """Where the journal has lost entries, say so and work what the switch remembers of them."""
    told = engine.witness_told
    if told is None or not told.grave:
        return
    click.echo(words.notice(told), err=True)
    if work_until(engine, lambda: not engine.catching_up, CATCH_UP_S) and engine.witness_told:
        click.echo(words.notice(engine.witness_told), err=True)


def staff_option(command: Command) -> Command:
    """`--staff NUMBER`."""
    return click.option(
        "--staff", metavar="NUMBER", help="Who does it, where the till knows staff; asks the PIN."
    )(command)


def log_in(engine: Engine, staff_id: str | None, words: Language) -> None:
    """Let somebody show who they are by their PIN; nobody where none is named.

    Raises Refused for a wrong PIN. A till in the foreground forgets who was there at its end.
    """
    if staff_id is None:
        return
    engine.handle(LogIn(staff_id, Secret(typed_pin())))
    if engine.history.books.attendance.present is None:
        said = engine.view().notice
        raise Refused(words.notice(said) if said else "Nobody is logged in.")


def work_until(engine: Engine, settled: Callable[[], bool], seconds_max: float) -> bool:
    """Work the engine until `settled`, at most `seconds_max`; whether it was."""
    ends_s = time.monotonic() + seconds_max
    while not settled():
        if time.monotonic() >= ends_s:
            return False
        engine.turn(TURN_S)
    return True


@contextmanager
def interrupted(act: Callable[[], None]) -> Iterator[None]:
    """While inside, Ctrl+C calls `act` instead of ending the process in the middle of a sale."""

    def caught(_number: int, _frame: FrameType | None) -> None:
        act()

    before = signal.signal(signal.SIGINT, caught)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
