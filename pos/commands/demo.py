"""`pos demo`: the whole scheme on this machine, with no account, no camera and no Pi."""

import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import click

from pos.config import DevicesSection, Settings
from pos.errors import Refused


@click.command()
@click.option("--tour", is_flag=True, help="Let the till sell by itself, and compare the books.")
@click.option("--language", default="en", help="en, nb, fi, sv, da or zh.")
@click.option("--state", metavar="DIR", help="Keep everything here instead of throwing it away.")
def demo(language: str, state: str | None, *, tour: bool) -> None:
    """The whole scheme: switch, three wallets, a counter till with simulated devices.

    In a terminal the till is on the screen with a customer's phone beside it. Without one, or
    with --tour, it sells by itself and ends with the table of charges and sales; exit 0 only
    when the two are equal."""
    settings = Settings.model_validate({
        "terminal": {"language": language},
        "devices": DevicesSection(camera="simulated", printer="simulated").model_dump(),
    })  # fmt: skip
    kept = nullcontext(state) if state else tempfile.TemporaryDirectory(prefix="samkassa-")
    with kept as folder:
        path = Path(folder).absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if tour or not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):
            _tour(settings, path)
        else:
            from pos.demo.interactive import play

            play(settings, path)


def _tour(settings: Settings, state: Path) -> None:
    from pos.demo.totals import totals
    from pos.demo.tour import CLIENT_ID, Tour

    began_s = time.monotonic()

    def tell(line: str) -> None:
        click.echo(f"{time.monotonic() - began_s:5.1f} s  {line}")

    Tour(settings, state, tell).run()
    table = totals(state, CLIENT_ID, settings.terminal.currency)
    for line in table.lines():
        click.echo(line)
    if not table.equal:
        raise Refused("The switch's books and the till's journal differ; this must never happen.")
