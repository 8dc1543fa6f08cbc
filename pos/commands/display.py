"""`pos display`: the customer's screen of the till that runs on this machine."""

import threading

import click

from pos.commands.options import config_option, opened, state_option


@click.command()
@state_option
@config_option
def display(state: str | None, config: str | None) -> None:
    """The customer's screen: lines, sum, code and outcome of the till with the same --state.

    Open it in a second terminal or on a second monitor. It waits for the till, follows it, and
    waits again when the till is closed."""
    from pos.display import follow
    from pos.language import Language
    from pos.screens.display import DisplayApp

    folder, settings = opened(state, config)
    ending = threading.Event()

    def begin(app: DisplayApp) -> None:
        threading.Thread(
            target=follow, args=(folder, app.show, ending), name="display", daemon=True
        ).start()

    DisplayApp(
        Language, settings.terminal.language, theme=settings.terminal.theme, opened=begin
    ).run()
    ending.set()
