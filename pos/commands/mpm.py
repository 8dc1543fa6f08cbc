"""`pos scheme mpm`: merchant codes of the form MPM/3, read and made.

Apart from the other commands of `pos scheme` because it opens no books: it knows the format alone.
"""

import json
from dataclasses import asdict

import click

from pos.commands.options import json_option


@click.group()
def mpm() -> None:
    """Merchant codes of the form MPM/3."""


@mpm.command("read")
@click.argument("text")
@json_option
def read_code(text: str, *, as_json: bool) -> None:
    """Say who is to be paid by the merchant code TEXT, a line each; without what it leaves out."""
    from pos.scheme.mpm import parse

    said = {name: value for name, value in asdict(parse(text.strip())).items() if value}
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for name, value in said.items():
        click.echo(f"{name.replace('_', ' ')}  {value}")


@mpm.command("make")
@click.argument("url", required=False)
@click.option("--host", default="", help="The domain that the code leads to.")
@click.option("--platform", default="", help="Whose merchant it is.")
@click.option("--merchant", "merchant_id", default="", metavar="ID", help="The merchant there.")
@click.option("--issuer", default="", help="Whose rules apply, such as a partner's.")
@click.option("--kind", default="", metavar="05", help="Kind of code by those rules.")
@click.option("--mini-program", default="", metavar="ID", help="The mini program that opens it.")
def make_code(url: str | None, **said: str) -> None:
    """Print the merchant code for URL, a code of this scheme, or for what the options say."""
    from pos.scheme.merchant_codes import in_mpm
    from pos.scheme.mpm import MerchantCode, build

    click.echo(in_mpm(url) if url is not None else build(MerchantCode(**said)))
