"""Options that several commands share, and what they lead to.

Apart so that `--state` and `--config` mean the same wherever they are typed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hardware.devices import DeviceError
from pos.config import Settings, find, load
from pos.errors import PosError, SettingsError
from pos.folders import state_folder

Command = Callable[..., Any]


def state_option(command: Command) -> Command:
    """`--state DIR`."""
    return click.option(
        "--state", metavar="DIR", help="Folder of everything that is kept (or POS_STATE)."
    )(command)


def config_option(command: Command) -> Command:
    """`--config FILE`."""
    return click.option(
        "--config", metavar="FILE", help="Settings (or POS_CONFIG, or terminal.toml in --state)."
    )(command)


def partners_option(command: Command) -> Command:
    """`--partners FILE`, or POS_PARTNERS."""
    return click.option(
        "--partners",
        metavar="FILE",
        envvar="POS_PARTNERS",
        type=click.Path(path_type=Path),
        help="Partners that join those that ship, or change them (or POS_PARTNERS).",
    )(command)


def rates_option(command: Command) -> Command:
    """`--rates FILE`, or POS_RATES."""
    return click.option(
        "--rates",
        metavar="FILE",
        envvar="POS_RATES",
        type=click.Path(path_type=Path),
        help="Reference rates, as the ECB's daily XML (or POS_RATES); else a sample.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")(command)


def opened(state: str | None, config: str | None) -> tuple[Path, Settings]:
    """The state folder and the settings that these options lead to."""
    folder = state_folder(state)
    return folder, load(find(config, folder))


@contextmanager
def plain_device_errors() -> Iterator[None]:
    """Turn a device's own error into one that the commands report as a sentence."""
    try:
        yield
    except DeviceError as fault:
        raise SettingsError(str(fault)) from fault


def typed_pin(*, twice: bool = False) -> str:
    """A PIN, unseen; from standard input as it stands where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    # On standard error: what is asked for stays alone on standard output.
    pin: str = click.prompt(
        "PIN", hide_input=True, confirmation_prompt="Once more" if twice else False, err=True
    )
    return pin


class NothingThere(PosError):
    """What was asked for does not exist."""
