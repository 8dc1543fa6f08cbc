"""`pos counter`: the till at a counter."""

import signal

import click

from hardware.devices import Button
from pos.commands.afar import examine, start_again
from pos.commands.options import config_option, opened, plain_device_errors, state_option

# What the buttons beside the screen are on its keyboard.
KEYS = {Button.PAY: "enter", Button.CANCEL: "escape"}
SCREEN_BEAT_S = 1.0


@click.command()
@state_option
@config_option
def counter(state: str | None, config: str | None) -> None:
    """The till at a counter: screen, camera, lights and printer as terminal.toml says."""
    from hardware.bench import open_devices
    from pos.commands.examining import examined
    from pos.embedded import connection
    from pos.language import Language
    from pos.pulse import Pulse
    from pos.sale.mode import COUNTER
    from pos.sale.view import Stage, View
    from pos.screens.app import PosApp
    from pos.terminal import Station, device_spec

    folder, settings = opened(state, config)
    with plain_device_errors():
        devices = open_devices(device_spec(settings))
    parties = settings.parties()
    pulse = Pulse.of_service("engine", "screen")
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    with (
        connection(settings, folder) as connect,
        Station(settings, folder, COUNTER, devices, pulse, examine) as station,
    ):

        def press(button: Button) -> None:
            if button in KEYS:
                app.press(KEYS[button])

        def opened_app(app: PosApp) -> None:
            app.set_interval(SCREEN_BEAT_S, lambda: pulse.beat("screen"))
            station.start(connect, app.show, press, app.glimpse, app.mirror)

        app = PosApp(
            station.put,
            Language(station.settings.terminal.language),
            first,
            theme=station.settings.terminal.theme,
            opened=opened_app,
            examine=lambda: examined(settings, folder),
        )
        # systemd stops a till so: the engine ends the call that it is in, and nothing is lost.
        signal.signal(signal.SIGTERM, lambda _number, _frame: app.exit())
        app.run()
    if station.again:
        start_again()
