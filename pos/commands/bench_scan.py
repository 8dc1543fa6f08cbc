"""`pos bench scan`: our decoder beside the others, and the scanner at work."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.options import json_option, plain_device_errors
from pos.errors import Refused

if TYPE_CHECKING:
    from pos.bench.measure import Figure

COUNT = 40  # pictures of each level
FIRST_SEED = 1_000_000  # none of those that the decoder was made with
SECONDS = 10.0


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--count",
    default=COUNT,
    show_default=True,
    type=click.IntRange(1),
    help="Synthetic pictures of each of the five levels.",
)
@click.option(
    "--seed",
    default=FIRST_SEED,
    show_default=True,
    type=click.IntRange(0),
    help="The first synthetic picture; the same seed gives the same pictures.",
)
@click.option(
    "--union",
    is_flag=True,
    help="Also every other decoder on every treatment of every picture; takes long.",
)
@click.option(
    "--live/--no-live",
    default=True,
    help="Whether the idle cost, the time to a scan and a tick are measured too.",
)
@json_option
def scan(
    folder: Path | None, count: int, seed: int, *, union: bool, live: bool, as_json: bool
) -> None:
    """Measure the reading of codes: ours, pyzbar, zxing-cpp and OpenCV on the same pictures.

    FOLDER holds pictures with their truth: truth.json, a list of {"file", "texts", "kind"}, or a
    .txt file beside each picture. Without it the synthetic phone set is used, and the scanner is
    measured at work. Prints a table and a line each with its limit; exit 1 when one is missed.
    """
    from pos.bench import eye, gallery
    from pos.bench import scan as comparing

    comparison = comparing.Comparison(union)
    pictures = gallery.in_folder(folder) if folder else gallery.synthetic(count, seed)
    with plain_device_errors():
        comparison.run(pictures, lambda line: click.echo(line, err=True))
        figures = list(comparison.figures())
        if not as_json:
            click.echo(comparing.HOW)
            for line in comparison.table():
                click.echo(line)
            for figure in figures:
                click.echo(figure.line())
        if live and folder is None:
            if not as_json:
                click.echo(eye.HOW)
            for figure in eye.measure(SECONDS):
                figures.append(figure)
                if not as_json:
                    click.echo(figure.line())
    if as_json:
        click.echo(json.dumps({"scores": comparison.as_json(), "figures": _told(figures)}))
    if missed := sum(not figure.well for figure in figures):
        raise Refused(
            f"{missed} of the limits were missed; close other programs and measure again."
        )


def _told(figures: "list[Figure]") -> list[dict[str, object]]:
    return [
        {
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "at least" if figure.at_least else "at most": figure.limit,
            "well": figure.well,
        }
        for figure in figures
    ]
