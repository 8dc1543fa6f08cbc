"""`pos kiosk`: tickets for visitors, with nobody around."""

import os
import signal
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.devices import Button
from pos.commands.afar import examine, start_again
from pos.commands.options import config_option, opened, plain_device_errors, state_option

if TYPE_CHECKING:
    from pos.config import Settings
    from pos.screens.kiosk.app import KioskApp

SCREEN_BEAT_S = 1.0
RETRY_AFTER_S = 30.0
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
    from pos.config import find
    from pos.embedded import connection
    from pos.errors import PosError
    from pos.pulse import Pulse
    from pos.sale.mode import KIOSK
    from pos.sale.view import Stage, View, notice
    from pos.screens.kiosk.app import KioskApp
    from pos.terminal import Station, device_spec

    folder, settings = opened(state, config)
    settings = with_site(settings, folder)
    speaking = speak or settings.kiosk.speaking
    if speaking:
        from pos.commands.speaking import serve, tried_out

        settings = tried_out(settings) if find(config, folder) is None else settings
    with plain_device_errors():
        devices = open_devices(device_spec(settings))
    if speaking:
        serve(settings, folder, devices)
        return
    parties = settings.parties()
    pulse = Pulse.of_service("engine", "screen")
    first = View(Stage.READY, parties.currency, parties.merchant.name)
    made = partial(KioskApp, keyboard=settings.kiosk.keyboard)
    own = settings.terminal
    with connection(settings, folder) as connect, ExitStack() as closing:
        try:
            till = Station(settings, folder, KIOSK, devices, pulse, examine)
            station = closing.enter_context(till)
        except PosError as fault:
            devices.close()
            if "NOTIFY_SOCKET" not in os.environ:  # somebody sits at a shell and reads it there
                raise
            why = notice("halt.journal", grave=True, sentence=fault)
            stopped = replace(first, stopped=why)
            said = made(lambda _: False, own.language, stopped, theme=own.theme, opened=_retry)
            _run(said)
            raise

        def opened_app(app: KioskApp) -> None:
            app.set_interval(SCREEN_BEAT_S, lambda: pulse.beat("screen"))
            press = lambda key: app.press(PRESSED[key])  # noqa: E731
            station.start(connect, app.show, press, mirror=app.mirror)

        own = station.settings.terminal  # with what was pushed
        _run(made(station.put, own.language, first, theme=own.theme, opened=opened_app))
    if station.again:
        start_again()


def _run(app: "KioskApp") -> None:
    """Until the staff closes it, or the process is told to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: app.exit())
    app.run()


def _retry(app: "KioskApp") -> None:
    """A kiosk that cannot open its journal says so, and tries again when it is started anew."""
    app.set_timer(RETRY_AFTER_S, app.exit)


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
