"""`pos receipt`: look at a receipt, print its copy, give its text, and tell true from forged.

Apart from the screens because an accountant, or a customer with a doubt, has only a shell.
"""

import sys
from pathlib import Path

import click

from pos.commands.errand import PRINTER_S, foreground, work_until
from pos.commands.options import (
    NothingThere,
    config_option,
    opened,
    plain_device_errors,
    state_option,
)
from pos.errors import Refused, WrongUse
from pos.folders import JOURNAL_NAME
from pos.journal import read
from pos.language import Language
from pos.sale.carried import Carried, taken_apart, unsigned_of
from pos.sale.input import Reprint
from pos.sale.issuing import receipt_of
from pos.sale.receipt_lines import lines_of
from pos.sale.slip import SlipLine
from pos.seal import Seal, is_true

COLUMNS = 42


@click.group()
def receipt() -> None:
    """Receipts: show, print a copy, verify one that a customer carried home."""


@receipt.command()
@click.argument("document_id")
@click.option("--text", "as_text", is_flag=True, help="The signed text that a phone carries home.")
@state_option
@config_option
def show(document_id: str, state: str | None, config: str | None, *, as_text: bool) -> None:
    """Show the receipt of a payment (its request id) or of a refund (its refund id)."""
    folder, settings = opened(state, config)
    terminal, words = settings.parties(), Language(settings.terminal.language)
    found = receipt_of(read(folder / JOURNAL_NAME), document_id, copy=True)
    if found is None:
        raise NothingThere(f"There is no receipt of {document_id}; see pos payments.")
    if as_text:
        click.echo(Seal(folder).sealed(unsigned_of(found, terminal, words)[0]))
        return
    for line in lines_of(found, terminal, words):
        click.echo(_row(line))


@receipt.command("print")
@click.argument("document_id")
@state_option
@config_option
def print_(document_id: str, state: str | None, config: str | None) -> None:
    """Print a receipt once more, marked as a copy: once, or at last where it is still owed."""
    folder, settings = opened(state, config)
    words = Language(settings.terminal.language)
    with foreground(settings, folder, lambda _: None) as engine:
        tries = engine.history.printing.tries(document_id)
        engine.handle(Reprint(document_id))
        if engine.history.printing.tries(document_id) == tries:
            said = engine.view().notice
            raise Refused(words.notice(said) if said else "Nothing was printed.")
        work_until(engine, lambda: not engine.printing, PRINTER_S)
        trouble = engine.view().printer
    if trouble is not None:
        raise Refused(words.notice(trouble))
    click.echo("printed")


@receipt.command()
@click.argument("text", required=False)
@click.option("--image", type=click.Path(path_type=Path), help="A picture of the code instead.")
@click.option("--key", metavar="LINE", help="The terminal's public key; else this terminal's.")
@state_option
def verify(text: str | None, image: Path | None, key: str | None, state: str | None) -> None:
    """Tell whether TEXT, read from a receipt's code, was signed by the terminal. Without TEXT it
    is read from standard input. Exit 0 if it is true, 1 if not."""
    if image is not None:
        text = _read(image)
    carried = taken_apart(text if text is not None else sys.stdin.read())
    if carried is None:
        raise WrongUse("This is no receipt with a signature; give the whole text of its code.")
    public = key or Seal(opened(state, None)[0]).public
    if not is_true(carried, public):
        raise Refused(_forged(carried))
    click.echo(f"true: receipt {carried.till}-{carried.number}, signed by key {carried.key}")


@receipt.command("key")
@state_option
def key_(state: str | None) -> None:
    """Print the public key that receipts of this terminal are verified with: one line of base64."""
    click.echo(Seal(opened(state, None)[0]).public)


def _forged(carried: Carried) -> str:
    return (
        f"not true: {carried.till}-{carried.number} was changed, or another terminal signed it;"
        " ask the shop for the key of that terminal and give it with --key."
    )


def _read(image: Path) -> str:
    """The text of the receipt's code in a picture."""
    from hardware.decoder import Decoder
    from hardware.pictures import open_picture

    with plain_device_errors():
        luma = open_picture(image)
    for symbol in Decoder().read_thoroughly(luma):
        if taken_apart(symbol.text) is not None:
            return symbol.text
    raise WrongUse(f"No receipt's code was found in {image}; take the picture again, closer.")


def _row(line: SlipLine) -> str:
    if line.rule:
        return "-" * COLUMNS
    if line.qr:
        return f"[{line.qr}]"
    if line.right:
        return f"{line.text:<{max(0, COLUMNS - len(line.right) - 1)}} {line.right}"
    return line.text.center(COLUMNS).rstrip() if line.center else line.text
