"""`pos journal`: verify the chain, list it, or export it as JSON lines. Reads only."""

import json

import click

from pos.commands.options import state_option
from pos.folders import JOURNAL_NAME, state_folder
from pos.journal import rows


@click.group()
def journal() -> None:
    """Verify, list or export the journal; it is never changed."""


@journal.command()
@state_option
def verify(state: str | None) -> None:
    """Check every entry against the chain; exit 1 naming the first that was changed."""
    count, head = 0, bytes(32)
    for row in rows(state_folder(state) / JOURNAL_NAME):
        count, head = row.seq, row.hash
    click.echo(f"{count} entries, unbroken, head {head.hex()}")


@journal.command("list")
@state_option
def list_(state: str | None) -> None:
    """One line an entry."""
    for row in rows(state_folder(state) / JOURNAL_NAME):
        told = " ".join(f"{name}={_short(value)}" for name, value in row.body.items() if value)
        click.echo(f"{row.seq:>6} {row.kind:<15} {told}")


@journal.command()
@state_option
def export(state: str | None) -> None:
    """One JSON object a line: seq, kind, body, hash."""
    for row in rows(state_folder(state) / JOURNAL_NAME):
        click.echo(json.dumps({
            "seq": row.seq, "kind": row.kind, "body": row.body, "hash": row.hash.hex(),
        }))  # fmt: skip


def _short(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['value']}{value['currency']}"
    return str(value)
