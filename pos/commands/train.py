"""`pos train`: a training day with pretend customers, and a score at the end."""

import secrets
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import click

from pos.commands.options import config_option, opened
from pos.errors import Refused, WrongUse

SEEDS = 10_000


@click.command()
@click.option("--customers", "count", default=11, help="How many come (1 to 100).")
@click.option("--seed", type=int, help="Repeat the day of this number.")
@click.option("--language", help="en, nb, fi, sv, da or zh; else the till's own.")
@click.option("--keep", metavar="DIR", help="Keep the day's books here, in a new folder.")
@config_option
def train(
    count: int, seed: int | None, language: str | None, keep: str | None, config: str | None
) -> None:
    """A training day at the counter till: customers come, and some of them bring trouble.

    The till is the product's own, with this shop's settings and products, but it sells through a
    switch that exists for this day only; the shop's journal is not touched. The customer stands
    beside the till and says what she wants. N calls the next one, R puts a new roll into the
    printer. Afterwards the two books tell what went well; exit 1 if they ever differ, 3 if
    the till was left with a payment unfinished."""
    if not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):
        raise WrongUse("A training day needs a terminal to sit at; start it in one.")
    from pos.language import Language
    from pos.training.play import play, prepared

    seed = secrets.randbelow(SEEDS) if seed is None else seed
    _, settings = opened(None, config)
    settings = prepared(settings, language)
    kept = nullcontext(_new_folder(keep)) if keep else tempfile.TemporaryDirectory(prefix="train-")
    with kept as folder:
        result = play(settings, Path(folder).absolute(), seed, count)
    for line in result.lines(Language(settings.terminal.language)):
        click.echo(line)
    click.echo(f"pos train --seed {seed} --customers {count}")
    if result.unfinished:
        raise click.exceptions.Exit(3)
    if not result.books.equal:
        raise Refused("The switch's books and the till's journal differ; this must never happen.")


def _new_folder(named: str) -> str:
    """A folder that holds nothing yet, so that no shop's journal is ever practised on."""
    folder = Path(named)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        empty = not any(folder.iterdir())
    except OSError as fault:
        raise WrongUse(f"{named} cannot be made ({fault.strerror}); name another.") from fault
    if not empty:
        raise WrongUse(f"{named} is not empty; name a new folder with --keep.")
    return named
