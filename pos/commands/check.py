"""`pos check`: is this till fit to sell? A line a part, and the remedy under each that is not."""

import dataclasses
import json
import sys

import click

from pos.commands.examining import MARKS
from pos.commands.options import config_option, json_option, opened, state_option
from pos.health import Diagnosis, Standing, examine, fit


@click.command()
@state_option
@config_option
@json_option
def check(state: str | None, config: str | None, *, as_json: bool) -> None:
    """Is this till fit to sell? Camera, lights, printer, codes, clock, disk, heat, power, link,
    certificate, key, journal and what is unfinished: a line each, with its remedy. Exit 1 when
    there is a fault. A till that runs meanwhile is not disturbed."""
    folder, settings = opened(state, config)
    found = []
    for each in examine(settings, folder):
        found.append(each)
        if not as_json:
            _tell(each)
    fault_count = sum(each.standing is Standing.FAULT for each in found)
    poor_count = sum(each.standing is Standing.POOR for each in found)
    if as_json:
        click.echo(json.dumps({
            "fit": fit(found),
            "parts": [dataclasses.asdict(each) for each in found],
        }, ensure_ascii=False))  # fmt: skip
    elif fault_count or poor_count:
        click.echo(f"{fault_count} faults, {poor_count} to look after")
    else:
        click.echo("fit to sell")
    if not fit(found):
        sys.exit(1)


def _tell(each: Diagnosis) -> None:
    click.echo(f"{MARKS[each.standing]:<6}{each.part:<12} {each.found}")
    if each.remedy:
        click.echo(f"{'':<19}{each.remedy}")
