"""Payments a second of the whole switch on PostgreSQL, beside the limit of its unavoidable parts.

Apart from the other measurements because this one has rounds: the switch and the limit take turns,
so that whatever else the machine does befalls both, and the ratio is the median of the rounds'.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pos.bench.bare import BareProcesses
from pos.bench.measure import Figure
from pos.bench.payers import Lines, homes, new_sales
from pos.bench.population import Size, fill
from pos.bench.server import Server
from pos.bench.switches import Switches
from pos.scheme.store import Store
from pos.switch.signature import Signer, load_private_key, new_private_key

RATIO_MIN = 0.5
LINES_PER_PROCESS = 8
ROUND_COUNT = 5
SIZE = Size(merchants=300, users=30_000, payments=0)
HOW = f"""\
Payments a second: tills that pay at a switch, and its limit, in turns on the same PostgreSQL.
  the switch: `pos switch` processes, {LINES_PER_PROCESS} tills each, whose signed requests were \
made before;
    every payment is a verified request over HTTP, a customer found by her code and debited by a
    simulated wallet, balanced entries, a signed answer.
  the limit: as many processes and payments at once; a payment verifies one RSA-2048 signature,
    writes the same rows (8, in 6 tables) to the same tables in two bare commits, and signs once."""


def measure(server: Server, processes: tuple[int, ...], sale_count: int) -> Iterator[Figure]:
    """A figure for each number of processes; `sale_count` payments in each of the rounds."""
    signer = Signer(load_private_key(new_private_key()))
    switch_url, bare_url = server.new_database("speed"), server.new_database("bare")
    Store.open(bare_url).close()
    with Store.open(switch_url) as store, tempfile.TemporaryDirectory() as name:
        fill(switch_url, homes(), SIZE, signer.public_line)
        for count in processes:
            with (
                Switches(Path(name), switch_url, count) as switches,
                BareProcesses(bare_url, count, LINES_PER_PROCESS) as bare,
                Lines(switches.urls, LINES_PER_PROCESS * count) as lines,
            ):
                lines.pay(new_sales(store, signer, SIZE, sale_count))  # everything is warm now
                rates = [_round(store, signer, lines, bare, sale_count) for _ in range(ROUND_COUNT)]
            yield _figure(count, rates)


def _round(
    store: Store, signer: Signer, lines: Lines, bare: BareProcesses, sale_count: int
) -> tuple[float, float]:
    """Payments a second of the switch, then of the limit."""
    sales = new_sales(store, signer, SIZE, sale_count)
    began_s = time.perf_counter()
    lines.pay(sales)
    switch_s = time.perf_counter() - began_s
    return sale_count / switch_s, sale_count / bare.pay(sales, signer.public_line)


def _figure(count: int, rates: list[tuple[float, float]]) -> Figure:
    ours, limit = (statistics.median(column) for column in zip(*rates, strict=True))
    return Figure(
        f"switch / limit, {count} process{'es' if count > 1 else ''}",
        statistics.median(one / other for one, other in rates),
        "",
        RATIO_MIN,
        at_least=True,
        detail=f"({ours:.0f} of {limit:.0f} payments a second)",
    )
