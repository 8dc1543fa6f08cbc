"""How long a payment takes on a database that a country has used, beside one that is empty.

Apart from the speed because here a payment is watched from outside, one by one: a switch on each of
the two databases of one server, and the same few tills that pay at them in turns.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from pos.bench.measure import Figure
from pos.bench.payers import Lines, homes, new_sales
from pos.bench.population import PAST_DAYS, Size, fill, weight_of
from pos.bench.server import Server
from pos.bench.switches import Switches
from pos.scheme.store import Store
from pos.switch.signature import Signer, load_private_key, new_private_key

RATIO_MAX = 1.3
LINES = 4
TURN_COUNT = 10
# Without people nobody could pay; without past payments it is as empty as it can be.
EMPTY = Size(merchants=3_000, users=30_000, payments=0)
HOW = f"""\
One payment's time, from its last byte sent to its answer's, at a switch on each of two databases of
one PostgreSQL; {LINES} tills at a time, in turns, customers and merchants by chance.
  loaded: {{size.merchants:,}} merchants, {{size.users:,}} users, {{size.payments:,}} past payments,
    with their entries, routes, codes, charges and movements, over {PAST_DAYS} days, in the
    switch's own tables.
  empty: {EMPTY.merchants:,} merchants, {EMPTY.users:,} users, no past payment."""


def measure(
    server: Server, size: Size, sale_count: int, tell: Callable[[str], object]
) -> Iterator[Figure]:
    """Median and p99 of pay, loaded / empty; `sale_count` payments on each, in turns."""
    signer = Signer(load_private_key(new_private_key()))
    took_s: dict[Size, list[float]] = {EMPTY: [], size: []}
    with ExitStack() as in_use:
        folder = Path(in_use.enter_context(tempfile.TemporaryDirectory()))
        stores = []
        for name, each in (("empty", EMPTY), ("loaded", size)):
            url = server.new_database(name)
            stores.append((name, each, url, in_use.enter_context(Store.open(url))))
            began_s = time.monotonic()
            fill(url, homes(), each, signer.public_line)
            tell(f"{name}: filled in {time.monotonic() - began_s:.0f} s, {weight_of(url)}")
        both = []
        # Only now: a switch hangs up on a line that lies idle while a database is filled.
        for name, each, url, store in stores:
            switches = in_use.enter_context(Switches(folder / name, url, 1))
            lines = in_use.enter_context(Lines(switches.urls, LINES))
            both.append((each, store, lines))
        for turn in range(TURN_COUNT + 1):
            for each, store, lines in both:
                sales = new_sales(store, signer, each, sale_count // TURN_COUNT)
                took = lines.pay(sales)
                if turn:  # in the first turn processes and plans become warm
                    took_s[each] += took
    yield _figure("median", took_s[size], took_s[EMPTY], 0.5)
    yield _figure("p99", took_s[size], took_s[EMPTY], 0.99)


def _figure(name: str, loaded_s: Sequence[float], empty_s: Sequence[float], part: float) -> Figure:
    loaded_ms, empty_ms = (_quantile(each, part) * 1000 for each in (loaded_s, empty_s))
    return Figure(
        f"{name} of pay, loaded / empty",
        loaded_ms / empty_ms,
        "",
        RATIO_MAX,
        at_least=False,
        detail=f"({loaded_ms:.1f} ms, {empty_ms:.1f} ms)",
    )


def _quantile(values: Sequence[float], part: float) -> float:
    if part == 0.5:
        return statistics.median(values)
    return sorted(values)[int(len(values) * part)]
