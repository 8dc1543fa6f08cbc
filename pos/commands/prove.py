"""`pos prove`: the proof that no money is lost or doubled, run here and now."""

import json
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pos.commands.options import json_option
from pos.errors import Refused

if TYPE_CHECKING:
    from pos.proof.gate import Gate
    from pos.proof.lanes import Tell

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
    from pos.proof.lanes import run_gates

    if replay is not None:
        gate_name, _, token = replay.partition(":")
        return _replay(gate_of(gate_name), token)
    gates = chosen(names)
    start = secrets.randbelow(1_000_000_000) if seed is None else seed
    click.echo(f"Seed {start}.", err=True)
    with _bars(gates) if sys.stderr.isatty() else _lines() as tell:
        found = run_gates(gates, 60.0 * minutes, start, tell)
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
def _bars(gates: "tuple[Gate, ...]") -> "Iterator[Tell]":
    """A bar for each gate, on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {
            gate.name: bars.add_task(f"{gate.number} {gate.title}", total=1.0, done="")
            for gate in gates
        }
        yield lambda gate, used, done: bars.update(tasks[gate.name], completed=used, done=done)


@contextmanager
def _lines() -> "Iterator[Tell]":
    """A line for each tenth of a gate's time."""
    next_at: dict[str, float] = defaultdict(float)

    def tell(gate: "Gate", used: float, done: str) -> None:
        if used >= next_at[gate.name]:
            next_at[gate.name] = used - used % LINE_EVERY + LINE_EVERY
            click.echo(f"{gate.number} {gate.title}: {min(used, 1.0):.0%}, {done}", err=True)

    yield tell
