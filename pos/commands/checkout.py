"""`pos checkout`: the till without a screen, where customers serve themselves."""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from hardware.bench import Devices, open_devices
from hardware.devices import DeviceError
from hardware.simulated_desk import WORDS, SimulatedDesk
from pos.aloud import Aloud
from pos.commands.afar import examine, start_again
from pos.commands.options import config_option, opened, plain_device_errors, state_option
from pos.commands.phones import payment_code
from pos.config import DevicesSection, Settings, find
from pos.embedded import connection
from pos.errors import PosError, SettingsError
from pos.pulse import Pulse, note
from pos.sale.mode import CHECKOUT
from pos.sale.view import View
from pos.terminal import Station, device_spec

TICK_S = 0.5
CATALOGUE = Path(__file__).parents[1] / "demo" / "catalogue.toml"
_PHONE = "  phone WALLET        hold up a fresh payment code: vipps, epassi or alipay"


@click.command()
@state_option
@config_option
def checkout(state: str | None, config: str | None) -> None:
    """Self-checkout without a screen: camera, lights, buzzer, buttons and a voice.

    Devices are as terminal.toml says. Simulated ones, which are all there is without a settings
    file, are worked by words on standard input."""
    folder, settings = opened(state, config)
    if find(config, folder) is None:
        settings = _without_devices(settings)
    with plain_device_errors():
        devices = open_devices(device_spec(settings))
    if devices.camera is None and devices.hand_scanner is None:
        devices.close()
        raise SettingsError(
            "A checkout reads its products: set up devices.camera or devices.hand_scanner."
        )
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # systemd stops a till so: the engine ends the call that it is in, and nothing is lost.
        signal.signal(number, lambda _number, _frame: ending.set())
    _lend_hands(devices, folder if settings.switch is None else None)
    if serve(settings, folder, devices, ending, Pulse.of_service("engine", "desk")):
        start_again()


def serve(
    settings: Settings, folder: Path, devices: Devices, ending: threading.Event, pulse: Pulse
) -> bool:
    """Serve customers until `ending` is set; whether to start again then. Raises PosError where
    the till cannot begin."""
    with (
        connection(settings, folder) as connect,
        Station(settings, folder, CHECKOUT, devices, pulse, examine) as station,
    ):
        front = Aloud(station.put, devices.voice, CHECKOUT, station.settings.terminal.language)
        station.start(connect, _with_log(front.show), front.press)
        while not ending.wait(TICK_S):
            pulse.beat("desk")
            front.tick()
    return station.again


def _without_devices(settings: Settings) -> Settings:
    """Everything simulated, and the demo's products."""
    simulated = DevicesSection(
        camera="simulated",
        indicator="simulated",
        buttons="simulated",
        printer="simulated",
        voice="simulated",
    )
    order = settings.order.model_copy(update={"catalogue": str(CATALOGUE)})
    return settings.model_copy(update={"devices": simulated, "order": order})


def _with_log(show: Callable[[View], object]) -> Callable[[View], None]:
    """Also put into the log why nothing is sold: there is no screen that says it."""
    told = ""

    def show_and_log(view: View) -> None:
        nonlocal told
        sentence = "" if view.stopped is None else dict(view.stopped.values).get("sentence", "")
        if sentence and sentence != told:
            click.echo(sentence, err=True)
            note(sentence)
        told = sentence
        show(view)

    return show_and_log


def _lend_hands(devices: Devices, own_switch: Path | None) -> None:
    """From now on the words on standard input work the simulated devices.

    `own_switch` is the folder of a switch that this till runs itself, whose customers have
    phones; None where it pays into another one.
    """
    desk = SimulatedDesk(devices, click.echo)
    if not desk.simulated or sys.stdin is None:
        return
    if sys.stdin.isatty():
        click.echo("A checkout with simulated devices. What a customer does is a word here:")
        click.echo("\n".join([WORDS, _PHONE] if own_switch is not None else [WORDS]))
        click.echo("Ctrl+C ends it. The demo sells 2000000000015 (coffee), 2000000000084 (a bun),")
        click.echo("and 2000000000077 (beer, from 18 years).")

    def work() -> None:
        for line in sys.stdin:
            _obey(desk, line, own_switch)

    # A daemon: nothing ends the wait for a line that never comes.
    threading.Thread(target=work, name="hands", daemon=True).start()


def _obey(desk: SimulatedDesk, line: str, own_switch: Path | None) -> None:
    word, _, wallet = line.strip().partition(" ")
    try:
        if word == "phone" and wallet and own_switch is not None:
            desk.show(payment_code(own_switch, wallet.strip()))
        elif not desk.obey(line):
            click.echo(f"{word} means nothing here.", err=True)
    except (DeviceError, PosError) as fault:
        click.echo(str(fault), err=True)
