"""`pos scheme client allow` and `disallow`: at which addresses a caller may be notified.

Apart from who may call: this is about whom the switch itself calls, which is nobody by default.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pos.commands.options import state_option
from pos.commands.switch import default_database
from pos.folders import SWITCH_FOLDER_NAME, state_folder

if TYPE_CHECKING:
    from pos.scheme.targets import AllowList

Command = Callable[..., Any]


def _of_a_caller(command: Command) -> Command:
    """The arguments and options of both commands."""
    command = click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")(
        state_option(command)
    )
    return click.argument("client_id", metavar="ID")(click.argument("url", metavar="URL")(command))


@click.command()
@_of_a_caller
def allow(client_id: str, url: str, database: str | None, state: str | None) -> None:
    """Let caller ID be notified of its payments at URL and below; prints all such addresses."""
    with _allow_list(database, state) as allowed:
        allowed.allow(client_id, url)
        _print(allowed, client_id)


@click.command()
@_of_a_caller
def disallow(client_id: str, url: str, database: str | None, state: str | None) -> None:
    """Notify caller ID at URL no more; prints the addresses that are left."""
    with _allow_list(database, state) as allowed:
        allowed.disallow(client_id, url)
        _print(allowed, client_id)


def _print(allowed: "AllowList", client_id: str) -> None:
    for url in allowed.of(client_id):
        click.echo(f"{client_id} may be notified at {url}")


@contextmanager
def _allow_list(database: str | None, state: str | None) -> Iterator["AllowList"]:
    from pos.scheme.store import Store
    from pos.scheme.targets import AllowList

    folder = state_folder(state) / SWITCH_FOLDER_NAME
    with Store.open(database or default_database(folder)) as store:
        yield AllowList(store)
