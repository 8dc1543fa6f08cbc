"""`pos tickets`: what a kiosk issued, the key that its gates need, the list of those given back."""

import json
import time
from pathlib import Path

import click

from pos.commands.options import NothingThere, config_option, json_option, opened, state_option
from pos.errors import WrongUse
from pos.folders import JOURNAL_NAME
from pos.journal import read
from pos.language import Language
from pos.sale.revocation import KEPT_S
from pos.sale.ticket_book import void_of, void_serials
from pos.sale.ticket_lines import when_of
from pos.stamp import Stamp


@click.group()
def tickets() -> None:
    """Tickets of a site: what was issued, the gates' key, those that were given back."""


@tickets.command("key")
@state_option
def key_(state: str | None) -> None:
    """Print the public key by which gates know this kiosk's tickets: one line of base64."""
    click.echo(Stamp(opened(state, None)[0]).public)


@tickets.command("list")
@click.argument("request_id", required=False)
@json_option
@state_option
@config_option
def list_(request_id: str | None, state: str | None, config: str | None, *, as_json: bool) -> None:
    """The tickets in the journal, or of one payment: payment, number, kind, persons, time, and
    whether it was given back. No ticket can be made of what is printed here."""
    folder, settings = opened(state, config)
    history, words = read(folder / JOURNAL_NAME), Language(settings.terminal.language)
    issued = history.ticket_book.issued
    if request_id is not None and request_id not in issued:
        raise NothingThere(f"There are no tickets of {request_id}; see pos payments.")
    for each in [request_id] if request_id is not None else list(issued):
        void = void_of(history, each, history.refunds_of(each))
        for ticket in issued[each].tickets:
            told = {
                "request_id": each, "number": ticket.number, "kind": ticket.kind,
                "persons": ticket.persons, "begins_at": ticket.begins_at,
                "ends_at": ticket.ends_at, "given_back": ticket in void,
            }  # fmt: skip
            line = f"{each}  {ticket.number}  {ticket.kind} x{ticket.persons}  "
            line += when_of(ticket, words) + ("  given back" if ticket in void else "")
            click.echo(json.dumps(told) if as_json else line)


@tickets.command()
@click.option("--site", help="The site's reference, where the journal holds no ticket of it.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write it there.")
@state_option
def revoked(site: str | None, out: Path | None, state: str | None) -> None:
    """The signed list of tickets that were given back, made now. A running kiosk keeps one in its
    folder, revoked-tickets.txt, by itself."""
    folder = opened(state, None)[0]
    history = read(folder / JOURNAL_NAME)
    sites = {each.site for told in history.ticket_book.issued.values() for each in told.tickets}
    if site is None and len(sites) != 1:
        raise WrongUse("Say of which site the list is to be, with --site.")
    now = time.time()
    text = Stamp(folder).revoked(site or sites.pop(), int(now), void_serials(history, now - KEPT_S))
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_bytes(text)
