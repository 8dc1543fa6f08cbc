"""`pos scheme rates`: what a file of reference rates says, and how a fetched one gets into use.

Apart from the other commands of `pos scheme` because it opens no books. A switch never fetches:
what is fetched is checked here first, and then put where the switch looks, in one step.
"""

from pathlib import Path

import click

from pos.commands.options import partners_option
from pos.errors import SettingsError


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="RATES",
    help="Put FILE there if it is good: the file that `pos switch --rates` looks at.",
)
@partners_option
def rates(file: Path | None, into: Path | None, partners: Path | None) -> None:
    """Check FILE, the ECB's daily XML, and print each partner's rates; without it, the sample's.

    Fetch it after 16:15 in Frankfurt: curl -fsSo new.xml
    https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml
    """
    from pos.scheme.partner_file import read_scheme
    from pos.scheme.rates_file import RatesFile, put_in_place, sample_rates

    scheme = read_scheme(partners)
    if into is not None:
        if file is None:
            raise SettingsError("--into needs the FILE that is to be put there; name it first.")
        put_in_place(file, into)
    of_day = sample_rates() if file is None else RatesFile(file).rates
    click.echo(f"{of_day.day}  {len(of_day.currencies)} currencies")
    homes = [row for row in scheme.wallets if row.currency in of_day.currencies]
    for row in homes:
        for sold in of_day.currencies:
            if sold != row.currency:
                rate = of_day.rate(sold, row.currency, row.markup)
                click.echo(f"{row.name}  {rate.pair()}  {rate.price_text()}")
