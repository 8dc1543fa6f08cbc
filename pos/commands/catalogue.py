"""`pos catalogue`: a file of products, tried before the till sees it."""

from pathlib import Path

import click

from pos.commands.options import config_option, opened, state_option
from pos.language import Language
from pos.shelf import load


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--search", metavar="TEXT", help="List only what a search at the till would find.")
@state_option
@config_option
def catalogue(file: Path, search: str | None, state: str | None, config: str | None) -> None:
    """List the products of FILE (.toml or .csv). Exit 2 names every fault with its line."""
    _, settings = opened(state, config)
    words = Language(settings.terminal.language)
    products = load(file, settings.terminal.currency, words.code)
    shown = products.products if search is None else products.search(search)
    for each in shown:
        price = words.amount_text(each.price)
        click.echo(f"{each.reference:<12} {price:>16}  {each.vat:<8}  {each.name(words.code)}")
    click.echo(f"{len(products)} products, {len(products.categories)} categories")
