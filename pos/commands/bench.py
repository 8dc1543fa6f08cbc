"""`pos bench`: the till, and the switch, measured against limits taken in the same run."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.bench_scan import scan
from pos.errors import Refused

if TYPE_CHECKING:
    from pos.bench.measure import Figure

PROCESSES = (1, 2, 4)
SALE_COUNT = 1_500  # in each round
WEIGHED_SALE_COUNT = 6_000


@click.group(invoke_without_command=True)
@click.option(
    "--state", metavar="DIR", help="Measure on this folder's disk (default: a temporary one)."
)
@click.pass_context
def bench(context: click.Context, state: str | None) -> None:
    """Measure the till: journal commits, time to the wire, time to the first screen, memory.

    Prints a line each with its limit; exit 1 when one is missed.
    """
    if context.invoked_subcommand is not None:
        return
    from pos.bench import commits, counter, wire

    if state:
        Path(state).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="samkassa-bench-", dir=state) as name:
        folder = Path(name)
        _print((commits.measure(folder), wire.measure(folder), *counter.measure(folder)))


@bench.command()
def order() -> None:
    """Measure the till with 10,000 products and an order of 200 lines: loading, searching, and
    from a key press to the redraw. Prints a line each; exit 1 when a limit is missed.
    """
    from pos.bench import orders

    with tempfile.TemporaryDirectory(prefix="samkassa-bench-") as name:
        _print(orders.measure(Path(name)))


@bench.command()
@click.option("--terminals", default=2_000, show_default=True, type=click.IntRange(4, 4_000))
def fleet(terminals: int) -> None:
    """Measure a fleet of simulated terminals against one Mosquitto: from a change at a till to the
    row of `pos fleet`, deaths without goodbye, a broker that is killed. Prints a line each; exit 1
    when a limit is missed.
    """
    from pos.bench import fleet as measured

    click.echo(measured.HOW)
    with tempfile.TemporaryDirectory(prefix="samkassa-bench-") as name:
        _print(measured.measure(Path(name), terminals, click.echo))


@bench.command()
@click.option(
    "--database",
    metavar="URL",
    help="A PostgreSQL on which databases may be made (default: the one of the wheel).",
)
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1, 32),
    multiple=True,
    default=PROCESSES,
    show_default=True,
    help="How many processes of the switch; may be repeated.",
)
@click.option(
    "--sales", type=click.IntRange(10), help="Payments of a round, or on each database if loaded."
)
@click.option(
    "--loaded", is_flag=True, help="Compare an empty database with one that was long in use."
)
@click.option("--merchants", default=129_000, show_default=True, type=click.IntRange(3))
@click.option("--users", default=4_000_000, show_default=True, type=click.IntRange(3))
@click.option("--payments", default=10_000_000, show_default=True, type=click.IntRange(1))
def switch(
    database: str | None,
    processes: tuple[int, ...],
    sales: int | None,
    merchants: int,
    users: int,
    payments: int,
    *,
    loaded: bool,
) -> None:
    """Measure the switch on PostgreSQL: payments a second against the limit of their unavoidable
    parts, or with --loaded how long one takes. Prints a line each; exit 1 when a limit is missed.
    """
    from pos.bench import speed, weight
    from pos.bench.population import Size
    from pos.bench.server import open_server

    with open_server(database) as server:
        if loaded:
            size = Size(merchants, users, payments)
            click.echo(weight.HOW.format(size=size))
            _print(weight.measure(server, size, sales or WEIGHED_SALE_COUNT, click.echo))
        else:
            click.echo(speed.HOW)
            _print(speed.measure(server, processes, sales or SALE_COUNT))


@bench.command()
def gate() -> None:
    """Measure the turnstile: tickets a second from camera frames to a durable entry each, and that
    copies are refused. Prints a line each; exit 1 when a limit is missed.
    """
    from pos.bench import gate as turnstile

    click.echo(turnstile.HOW)
    with tempfile.TemporaryDirectory(prefix="samkassa-bench-") as name:
        _print(turnstile.measure(Path(name)))


bench.add_command(scan)


def _print(figures: "Iterable[Figure]") -> None:
    missed = 0
    for figure in figures:
        click.echo(figure.line())
        missed += not figure.well
    if missed:
        raise Refused(
            f"{missed} of the limits were missed; close other programs and measure again."
        )
