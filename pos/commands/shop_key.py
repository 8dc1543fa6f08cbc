"""`pos shop-key`: the key by which the tills of a shop know each other."""

from pathlib import Path

import click

from pos.errors import SettingsError
from pos.folders import write_private
from pos.shop.messages import ShopKey


@click.command("shop-key")
@click.argument("file", type=click.Path(path_type=Path))
def shop_key(file: Path) -> None:
    """Make the key that the tills of one shop share, and write it into FILE.

    Copy the file to every till of the shop, and name it there as shop.key in terminal.toml."""
    if file.exists():
        raise SettingsError(f"{file} is there already; name another file, or use that one.")
    try:
        write_private(file, ShopKey.new_line())
    except OSError as fault:
        raise SettingsError(f"{file} cannot be written ({fault.strerror}).") from fault
    click.echo(f"{file}: copy it to every till of the shop, and show it to nobody else.")
