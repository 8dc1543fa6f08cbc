"""`pos scheme sticker`: the printed code of a till.

Apart from the other commands of `pos scheme`, because it says whom a shop's customers will pay.
"""

from pathlib import Path

import click

from pos.commands.options import state_option
from pos.commands.switch import DEFAULT_PORT, default_database
from pos.errors import WrongUse
from pos.folders import SWITCH_FOLDER_NAME, SWITCH_PUBLIC_URL_NAME, state_folder

_SCALES = {".png": 12, ".svg": 4}
QUIET_MODULES = 4


@click.command()
@click.argument("terminal")
@click.option("--client", required=True, metavar="ID", help="The caller whose till it is.")
@click.option("--name", required=True, help="The shop, as its customers know it.")
@click.option(
    "--merchant", metavar="REFERENCE", help="The merchant's; the caller's id if not said."
)
@click.option("--store", metavar="REFERENCE", help="The store's; the terminal's if not said.")
@click.option("--mcc", default="5999", show_default=True, help="Category of the shop, ISO 18245.")
@click.option("--currency", default="NOK", show_default=True, help="What the prices are in.")
@click.option("--image", type=click.Path(path_type=Path), help="Draw it into this .png or .svg.")
@click.option("--mpm", is_flag=True, help="In the form MPM/3, for other wallets' scanners.")
@click.option("--public-url", metavar="URL", help="Where telephones reach the switch.")
@click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")
@state_option
def sticker(
    terminal: str,
    client: str,
    name: str,
    merchant: str | None,
    store: str | None,
    mcc: str,
    currency: str,
    image: Path | None,
    public_url: str | None,
    database: str | None,
    state: str | None,
    *,
    mpm: bool,
) -> None:
    """Print the address of TERMINAL's static code, for a sticker. The same one each time.

    The till shows and prints what is paid by it once its terminal.toml says so.
    """
    from pos.scheme.merchant_codes import in_mpm
    from pos.scheme.phone.parts import read_public_url
    from pos.scheme.simulation import open_scheme
    from pos.scheme.stickers import Seller, Stickers
    from pos.scheme.store import Store

    folder = state_folder(state) / SWITCH_FOLDER_NAME
    begin = read_public_url(public_url or last_public_url(folder))
    seller = Seller(name, merchant or client, store or terminal, mcc, currency)
    with Store.open(database or default_database(folder)) as books:
        made = Stickers(books, open_scheme(books).book).issue(client, terminal, seller)
    url = f"{begin}/s/{made.sticker_id}"
    text = in_mpm(url) if mpm else url
    if image is not None:
        _draw(text, image)
    click.echo(text)
    click.echo(
        "The till shows what is paid here once its terminal.toml has static_code = true under "
        f'[terminal], with reference = "{terminal}", and it is started again.',
        err=True,
    )


def last_public_url(folder: Path) -> str:
    """Where the switch of this folder was last reached, or will be when it is started."""
    try:
        return (folder / SWITCH_PUBLIC_URL_NAME).read_text().strip()
    except OSError:
        return f"http://127.0.0.1:{DEFAULT_PORT}"


def _draw(text: str, image: Path) -> None:
    import segno

    scale = _SCALES.get(image.suffix.lower())
    if scale is None:
        raise WrongUse(f"--image {image} is no picture that can be drawn; end it in .png or .svg.")
    try:
        # A quarter of a sticker may be scratched off.
        segno.make_qr(text, error="q").save(str(image), scale=scale, border=QUIET_MODULES)
    except OSError as error:
        raise WrongUse(
            f"The picture {image} cannot be written ({error.strerror}); check --image."
        ) from None
