"""`pos journal`: verify the chain, list it, export it as JSON lines, keep a copy."""

import json
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pos.commands.options import config_option, opened, state_option
from pos.config import Settings
from pos.embedded import caller_of
from pos.errors import JournalDamaged, WrongUse
from pos.folders import JOURNAL_NAME, state_folder
from pos.journal import GENESIS, put_back, read, rows
from pos.journal import keep as keep_copy
from pos.sale.ejournal import found
from pos.sale.testimony import Testimony, Unheard

NAME_LETTERS = frozenset(string.ascii_letters + string.digits + ".-_")


@click.group()
def journal() -> None:
    """Verify, list, export or keep the journal; no entry is ever changed."""


@journal.command()
@click.option("--head", metavar="HEX", help="A head that was noted earlier and must be there.")
@state_option
@config_option
def verify(head: str | None, state: str | None, config: str | None) -> None:
    """Check every entry against the chain, and the end of it against what the switch was told.
    Exit 1 naming the first entry that was changed, or what is missing at the end."""
    folder, settings = opened(state, config)
    heads = {GENESIS.hex(): 0}
    for row in rows(folder / JOURNAL_NAME):
        heads[row.hash.hex()] = row.seq
    last = next(reversed(heads))
    click.echo(f"{len(heads) - 1} entries, unbroken, head {last}")
    if head is not None and head.lower() not in heads:
        raise JournalDamaged(
            "The head that was noted is not in the journal: entries at its end were cut off, or it "
            "is another journal; keep the file and run pos recover."
        )
    click.echo(_witnessed(settings, heads))


def _witnessed(settings: Settings, heads: dict[str, int]) -> str:
    """How the journal stands with the switch. Raises JournalDamaged when its end is missing."""
    if settings.switch is None:
        return "not compared: the till's own switch runs only with the till"
    from pos.switch.client import WireSwitch
    from pos.switch.exchange import Exchange

    switch = WireSwitch(Exchange(caller_of(settings.switch)), settings.parties())
    try:
        said = switch.testify(None)
    finally:
        switch.close()
    if said is Unheard.NO_WITNESS:
        return "not compared: this switch keeps no record of the journal"
    if not isinstance(said, Testimony):
        return "not compared: the switch does not answer"
    if said.seq and heads.get(said.head) != said.seq:
        raise JournalDamaged(
            f"The switch was told of entry {said.seq}, which is not in the journal: its end was "
            "lost or cut off; run pos recover, which fetches what is missing."
        )
    return f"the switch was told of entry {said.seq}: nothing is missing"


@journal.command("list")
@state_option
def list_(state: str | None) -> None:
    """One line an entry."""
    for row in rows(state_folder(state) / JOURNAL_NAME):
        told = " ".join(f"{name}={_short(value)}" for name, value in row.body.items() if value)
        click.echo(f"{row.seq:>6} {row.kind:<15} {told}")


@journal.command()
@click.argument("words", nargs=-1)
@state_option
def find(words: tuple[str, ...], state: str | None) -> None:
    """What happened at the till, newest first; with WORDS, only what holds all of them: a name, a
    product, a wallet, an amount like 129.00, a number like #12, a date like 2026-11-29."""
    history = read(state_folder(state) / JOURNAL_NAME)
    for line in found(history, " ".join(words), None):
        at = datetime.fromtimestamp(line.at, UTC).astimezone()
        number = f"#{line.number}" if line.number else ""
        told = (line.state, line.wallet, line.staff, line.goods, line.document_id)
        click.echo(
            f"{at:%Y-%m-%d %H:%M} {line.happening:<12} {number:>7} {line.amount or ''!s:>16} "
            + " · ".join(part for part in told if part)
        )


@journal.command()
@state_option
def export(state: str | None) -> None:
    """One JSON object a line: seq, kind, body, hash."""
    for row in rows(state_folder(state) / JOURNAL_NAME):
        click.echo(json.dumps({
            "seq": row.seq, "kind": row.kind, "body": row.body, "hash": row.hash.hex(),
        }))  # fmt: skip


@journal.command()
@click.argument("name")
@state_option
def keep(name: str, state: str | None) -> None:
    """Copy the journal as it is into the folder `kept`, under NAME. The last line is one JSON
    object with the copy's path and its head."""
    if not name or not set(name) <= NAME_LETTERS:
        raise WrongUse(f"{name!r} is no name for a copy: use letters, digits, dots and hyphens.")
    folder = state_folder(state)
    if not (folder / JOURNAL_NAME).exists():  # a till that was never started has nothing to keep
        click.echo(json.dumps({"path": "", "head": ""}))
        return
    path, head = keep_copy(folder, name)
    click.echo(json.dumps({"path": str(path), "head": head.hex()}))


@journal.command("put-back")
@click.argument("name")
@state_option
def put_back_(name: str, state: str | None) -> None:
    """Put the kept journal NAME back, if since then the till did nothing but start and stop."""
    count = put_back(state_folder(state), Path(name).name)
    click.echo(f"The journal from before is back; {count} entries of starting and stopping went.")


@journal.command()
@state_option
def standing(state: str | None) -> None:
    """Whether by its journal the till is in the middle of something. Exit 3 with what it is."""
    folder = state_folder(state)
    if not (folder / JOURNAL_NAME).exists():
        return
    history = read(folder / JOURNAL_NAME)
    if history.open_payments() or history.open_refunds() or history.gap is not None:
        click.echo("update.waits_payment")
    elif history.books.current.opened is not None:
        click.echo("update.waits_shift")
    else:
        return
    sys.exit(3)


def _short(value: object) -> str:
    """A field as it fits a line: an amount, what an order holds, or the value itself."""
    if isinstance(value, dict) and "lines" in value:
        named = ((line["quantity"], line["text"] or line["unit_price"]) for line in value["lines"])
        goods = ",".join(f"{quantity}x{text}" for quantity, text in named)
        return f"{goods}{value['currency']}"
    if isinstance(value, dict) and set(value) == {"value", "currency"}:
        return f"{value['value']}{value['currency']}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
