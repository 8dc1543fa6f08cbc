"""`pos bench`: the till measured against limits taken in the same run."""

import tempfile
from pathlib import Path

import click

from pos.errors import Refused


@click.command()
@click.option(
    "--state", metavar="DIR", help="Measure on this folder's disk (default: a temporary one)."
)
def bench(state: str | None) -> None:
    """Measure: journal commits, time to the wire, time to the first screen, memory. Prints a
    line each with its limit; exit 1 when one is missed."""
    from pos.bench import commits, counter, wire

    if state:
        Path(state).mkdir(parents=True, exist_ok=True)
    missed = 0
    with tempfile.TemporaryDirectory(prefix="samkassa-bench-", dir=state) as name:
        folder = Path(name)
        for figure in (commits.measure(folder), wire.measure(folder), *counter.measure(folder)):
            click.echo(figure.line())
            missed += not figure.well
    if missed:
        raise Refused(
            f"{missed} of the limits were missed; close other programs and measure again."
        )
