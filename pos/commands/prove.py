"""`pos prove`: the proof that no money is lost or doubled, run here and now."""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pos.commands.options import json_option
from pos.errors import Refused

if TYPE_CHECKING:
    from pos.proof.gate import Gate, Progress

BAR_STEPS = 1_000
LINE_EVERY = 0.1  # of a gate's time, where no bar can be drawn


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0.01), default=10.0, show_default=True,
    help="For all gates together.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Where to begin (default: anywhere).")
@click.option("--gate", "names", metavar="GATE", multiple=True, help="Only this gate; repeatable.")
@click.option("--replay", metavar="GATE:TOKEN", help="Run one history of the table again.")
@json_option
def prove(
    minutes: float,
    seed: int | None,
    names: tuple[str, ...],
    replay: str | None,
    *,
    as_json: bool,
) -> None:
    """Attack the payment path with deaths, faults and planted bugs, and check the three books.

    Prints a table, a line per gate, and how to see a violation again. Exit 1 on a single
    violation, and on a planted bug that is not found."""
    from pos.proof import report
    from pos.proof.gates import chosen, gate_of

    if replay is not None:
        gate_name, _, token = replay.partition(":")
        return _replay(gate_of(gate_name), token)
    gates = chosen(names)
    start = secrets.randbelow(1_000_000_000) if seed is None else seed
    click.echo(f"Seed {start}.", err=True)
    budget_s = 60.0 * minutes / sum(gate.share for gate in gates)
    found = []
    for gate in gates:
        with _progress(gate) as told:
            found.append((gate, gate.run(budget_s * gate.share, start, told)))
    if as_json:
        click.echo(json.dumps({"seed": start, "gates": report.plain(found)}))
    else:
        for line in report.table(found):
            click.echo(line)
    if not all(result.well for _, result in found):
        raise Refused(report.verdict(found))
    if not as_json:
        click.echo(report.verdict(found))
    return None


def _replay(gate: "Gate", token: str) -> None:
    found = gate.replay(token)
    for each in found:
        click.echo(each)
    if found:
        raise Refused(f"{len(found)} violations.")
    click.echo("No violation in this history.")


@contextmanager
def _progress(gate: "Gate") -> "Iterator[Progress]":
    """A bar on a terminal, else a line for each tenth of the gate's time."""
    label = f"{gate.number} {gate.title}"
    if sys.stderr.isatty():
        with click.progressbar(
            length=BAR_STEPS,
            label=label,
            file=sys.stderr,
            show_eta=False,
            show_pos=False,
            item_show_func=lambda done: done,
        ) as bar:
            yield lambda used, done: bar.update(
                max(0, min(BAR_STEPS, int(used * BAR_STEPS)) - bar.pos), done
            )
        return
    said = 0.0

    def tell(used: float, done: str) -> None:
        nonlocal said
        if used >= said:
            said = used - used % LINE_EVERY + LINE_EVERY
            click.echo(f"{label}: {min(used, 1.0):.0%}, {done}", err=True)

    yield tell
