"""`pos kiosk`: tickets for visitors, with nobody around."""

import signal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.devices import Button
from pos.commands.afar import examine, start_again
from pos.commands.options import config_option, opened, plain_device_errors, state_option

if TYPE_CHECKING:
    from pos.config import Settings

SCREEN_BEAT_S = 1.0
PRESSED = {Button.PAY: "on", Button.CANCEL: "back"}


@click.command()
@state_option
@config_option
@click.option("--speak", is_flag=True, help="Numbered lines and a voice instead of a screen.")
def kiosk(state: str | None, config: str | None, *, speak: bool) -> None:
    """Tickets for visitors, with nobody around: the site, its hours and prices as a file says.

    Nobody gets out of it but by the staff's menu (a badge, or three touches on the clock and a
    PIN; see `pos staff`) or by ending the process. With --speak it is worked by ear and with
    three buttons: next, choose, and back or help.
    """
    from hardware.bench import open_devices
    from pos.embedded import connection
    from pos.pulse import Pulse
    from pos.sale.mode import KIOSK
    from pos.sale.view import Stage, View
    from pos.screens.kiosk.app import KioskApp
    from pos.terminal import Station, device_spec

    folder, settings = opened(state, config)
    settings = with_site(settings, folder)
    with plain_device_errors():
        devices = open_devices(device_spec(settings))
    if speak or settings.kiosk.speaking:
        from pos.commands.speaking import serve

        serve(settings, folder, devices)
        return
    parties = settings.parties()
    pulse = Pulse.of_service("engine", "screen")
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    with (
        connection(settings, folder) as connect,
        Station(settings, folder, KIOSK, devices, pulse, examine) as station,
    ):

        def opened_app(app: KioskApp) -> None:
            app.set_interval(SCREEN_BEAT_S, lambda: pulse.beat("screen"))
            press = lambda key: app.press(PRESSED[key])  # noqa: E731
            station.start(connect, app.show, press, mirror=app.mirror)

        app = KioskApp(
            station.put,
            station.settings.terminal.language,
            first,
            keyboard=settings.kiosk.keyboard,
            theme=station.settings.terminal.theme,
            opened=opened_app,
        )
        signal.signal(signal.SIGTERM, lambda _number, _frame: app.exit())
        signal.signal(signal.SIGHUP, lambda _number, _frame: app.exit())
        app.run()
    if station.again:
        start_again()


def with_site(settings: "Settings", folder: Path) -> "Settings":
    """The settings with a site file that can be read, now or at an earlier start.

    The one that is shipped, where a till runs a switch of its own: nobody is charged there.
    Raises SettingsError.
    """
    from pos.errors import SettingsError
    from pos.shelf import SiteShelf

    if not settings.kiosk.site:
        if settings.switch is not None:
            raise SettingsError(
                "There is no site to sell tickets of; name its file as kiosk.site in the settings."
            )
        kiosk = settings.kiosk.model_copy(update={"site": str(files("pos.demo") / "site.toml")})
        settings = settings.model_copy(update={"kiosk": kiosk})
    terminal = settings.terminal
    shelf = SiteShelf(Path(settings.kiosk.site), folder, terminal.currency, terminal.language)
    if shelf.site is None and shelf.fault is not None:
        raise SettingsError(dict(shelf.fault.values)["sentence"])
    return settings
