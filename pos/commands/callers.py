"""`pos scheme client` and `pos scheme invite`: who may call the switch, and who is to join.

Apart from the other commands of `pos scheme`, which play customers or read books: these give and
take away access.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.options import partners_option, state_option
from pos.commands.switch import default_database, key_file
from pos.errors import WrongUse
from pos.folders import SWITCH_FOLDER_NAME, state_folder

if TYPE_CHECKING:
    from pos.scheme.clients import Clients

Command = Callable[..., Any]


def _of_a_switch(command: Command) -> Command:
    """The two options that say which switch is meant."""
    database = click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")
    return database(state_option(command))


def _enrolled_by(command: Command) -> Command:
    """The options that say which partner enrols a merchant."""
    partner = click.option(
        "--partner", metavar="NAME", help="Who enrols the merchant; the first one if not said."
    )
    return partner(partners_option(command))


def _check_partner(name: str | None, file: Path | None) -> None:
    """Raises WrongUse when the scheme has no such partner."""
    from pos.scheme.partner_file import read_scheme

    scheme = read_scheme(file)
    if name is not None and scheme.terms(name) is None:
        known = ", ".join(row.name for row in scheme.wallets)
        raise WrongUse(f"There is no partner {name!r}; the scheme has {known}.")


@click.group()
def client() -> None:
    """Who may call the switch."""


@client.command("add")
@click.argument("client_id", metavar="ID")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), help="The caller's public key."
)
@_enrolled_by
@_of_a_switch
def add_client(
    client_id: str,
    key: Path,
    partner: str | None,
    partners: Path | None,
    database: str | None,
    state: str | None,
) -> None:
    """Register caller ID by its public key, and print the switch's own public key."""
    from pos.scheme.clients import own_key
    from pos.switch.signature import public_key_line

    _check_partner(partner, partners)
    with _clients(database, state) as clients:
        clients.add(client_id, key_file(key), partner)
    click.echo(public_key_line(own_key(_folder(state))))


@client.command("list")
@_of_a_switch
def list_clients(database: str | None, state: str | None) -> None:
    """List every caller and every version of its key: a line each."""
    from pos.scheme.invitations import merchant_name

    with _clients(database, state) as clients:
        for row in clients.rows():
            words = [row["client_id"], f"key {row['version'] or '-'}", row["state"]]
            if row["added_at_ms"] is not None:
                words.append(f"since {_day(row['added_at_ms'])}")
            if row["expires_at_ms"] is not None and row["state"] == "good":
                words.append(f"until {_day(row['expires_at_ms'])}")
            if name := merchant_name(row["assignment"]):
                words.append(name)
            click.echo("  ".join(words))


@client.command("revoke")
@click.argument("client_id", metavar="ID")
@click.option(
    "--version", type=click.IntRange(1), metavar="N", help="Only this version of its key."
)
@_of_a_switch
def revoke_client(
    client_id: str, version: int | None, database: str | None, state: str | None
) -> None:
    """Refuse caller ID from this moment on, in every running process of the switch."""
    with _clients(database, state) as clients:
        clients.revoke(client_id, version)
    what = f"key version {version} of {client_id}" if version is not None else client_id
    click.echo(f"revoked {what}")


@client.command("place")
@click.argument("client_id", metavar="ID")
@click.argument("spot", metavar="[LAT,LONG]", required=False)
@_of_a_switch
def place_client(client_id: str, spot: str | None, database: str | None, state: str | None) -> None:
    """Say where the till of caller ID stands, like 59.911,10.753; nothing: it is not known."""
    from pos.scheme.places import Spot

    with _clients(database, state) as clients:
        clients.place(client_id, None if spot is None else Spot.parse(spot))
    click.echo(f"{client_id} is at {spot}" if spot else f"{client_id} has no place")


@click.command()
@click.option("--client", "client_id", metavar="ID", help="Which caller; a new one if not said.")
@click.option("--merchant", metavar="NAME", help="Name of the merchant.")
@click.option("--merchant-id", metavar="ID", help="The merchant's id; the caller's if not said.")
@click.option("--mcc", metavar="5814", help="The merchant's category, ISO 18245.")
@click.option("--org-number", metavar="N", help="The merchant's organisation number.")
@click.option("--store", metavar="NAME", help="Name of the store; the merchant's if not said.")
@click.option("--store-id", metavar="ID", help="The store's id; the caller's if not said.")
@click.option("--address", metavar="TEXT", help="Address of the store.")
@click.option("--place", metavar="59.911,10.753", help="Where it is: latitude and longitude.")
@click.option("--terminal-id", metavar="ID", help="The terminal's number in the store.")
@click.option("--currency", metavar="NOK", help="What the terminal sells in.")
@click.option("--language", metavar="nb", help="What it speaks: en, nb, fi, sv, da or zh.")
@click.option("--hours", type=float, default=24.0, show_default=True, help="How long it is good.")
@click.option("--url", metavar="URL", help="Where the switch is; goes into the picture.")
@click.option("--image", type=click.Path(path_type=Path), help="Draw it as a QR code (PNG, SVG).")
@_enrolled_by
@_of_a_switch
def invite(
    client_id: str | None,
    hours: float,
    url: str | None,
    image: Path | None,
    partner: str | None,
    partners: Path | None,
    database: str | None,
    state: str | None,
    **said: str | None,
) -> None:
    """Print a pairing code, with which one device becomes a caller by `pos enrol`."""
    from pos.scheme.invitations import Invitations
    from pos.switch.pairing import switch_url

    if image is not None and url is None:
        raise WrongUse("A picture says where the switch is: give --url with --image.")
    if url is not None:
        url = switch_url(url)
    assignment = _assignment(said)
    _check_partner(partner, partners)
    with _clients(database, state) as clients:
        client_id, code = Invitations(clients).invite(client_id, assignment, hours, partner)
    if image is not None and url is not None:
        from pos.switch.pairing import qr_text

        _draw(qr_text(url, code), image)
    click.echo(f"client {client_id}, good for {hours:g} hours, once")
    click.echo(code.shown())


def _assignment(said: dict[str, str | None]) -> Any:
    """What the options say of merchant, store and terminal. Raises WrongUse."""
    from pydantic import ValidationError

    from pos.switch.enrolment import Assignment

    name = said["merchant"]
    try:
        return Assignment(
            reference_merchant_id=said["merchant_id"],
            merchant_name=name,
            merchant_mcc=said["mcc"],
            org_number=said["org_number"],
            reference_store_id=said["store_id"],
            store_name=said["store"] or name,
            store_address=said["address"],
            store_place=said["place"],
            store_terminal_id=said["terminal_id"],
            currency=said["currency"],
            language=said["language"],
        )
    except ValidationError as fault:
        field = str(fault.errors()[0]["loc"][0])
        raise WrongUse(f"The invitation cannot say this as {field}; correct it.") from None


def _draw(text: str, image: Path) -> None:
    """The QR code of an invitation as a picture. Raises WrongUse."""
    import segno

    try:
        image.touch(mode=0o600)  # it is as good as the code
        segno.make_qr(text, error="m").save(str(image), scale=8, border=4)
    except (OSError, ValueError) as error:
        raise WrongUse(f"The picture {image} cannot be written ({error}); check --image.") from None


def _folder(state: str | None) -> Path:
    return state_folder(state) / SWITCH_FOLDER_NAME


@contextmanager
def _clients(database: str | None, state: str | None) -> Iterator["Clients"]:
    from pos.scheme.clients import Clients
    from pos.scheme.store import Store

    with Store.open(database or default_database(_folder(state))) as store:
        yield Clients(store)


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
