"""The till with a large catalogue and a long order: loading, searching, and from key to redraw.

Apart because it needs a shop of ten thousand products, which it makes. The keys are pressed in a
pseudo-terminal on the real `pos counter`, so a redraw has been through screen, engine and back.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pos.bench.counter import PATIENCE_S, CounterProcess
from pos.bench.measure import Figure, Figures
from pos.display import follow
from pos.errors import Refused
from pos.sale.catalogue import Catalogue
from pos.sale.sign import Sign
from pos.shelf import load

PRODUCT_COUNT = 10_000
LINE_COUNT = 200
LOAD_LIMIT_S = 1.0
SEARCH_LIMIT_MS = 50.0
REDRAW_LIMIT_MS = 50.0
ROUND_COUNT = 12

_GOODS = ("Kaffe", "Brød", "Melk", "Sjokolade", "Eplejuice", "Ost", "Laks", "Pære", "Øl", "Te")
_KINDS = ("økologisk", "fra Hardanger", "stor", "liten", "uten sukker", "med nøtter", "ny")
SEARCHES = ("k", "kaffe", "øko", "laks stor 77", "7038", "p9999", "ingenting", "a e")
SETTINGS = """
[order]
catalogue = "products.csv"
[devices]
camera = "none"
"""
# Each is one key press: one more, one fewer, lines up and down, digits and back.
ON_THE_DESK = (b"+", b"-", b"\x1b[A", b"\x1b[B", b"7", b"\x7f", b"\x1b[5~", b"\x1b[6~")
AMONG_PRODUCTS = (b"k", b"a", b"f", b"\x7f", b"\x7f", b"\x7f", b"\x1b[B", b"\t")
PRODUCTS, BACK, DOWN, ENTER = b"\x1bOR", b"/", b"\x1b[B", b"\r"


def _rows() -> Iterator[tuple[str, ...]]:
    yield ("reference", "name", "name_fi", "price", "vat", "gtin", "category")
    for number in range(PRODUCT_COUNT):
        name = f"{_GOODS[number % 10]} {_KINDS[number % 7]} {number}"
        price = f"{number % 900 + 1},{number % 100:02}"
        yield (
            f"P{number}", name, f"Tuote {number}", price, ("standard", "reduced")[number % 2],
            _gtin(number), f"Gruppe {number % 40}",
        )  # fmt: skip


def _gtin(number: int) -> str:
    digits = f"7038{number:08}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-weighed % 10)


def write_catalogues(folder: Path) -> tuple[Path, Path]:
    """The same products as .csv and as .toml."""
    header, *rows = list(_rows())
    table, tables = folder / "products.csv", folder / "products.toml"
    table.write_text("".join(";".join(row) + "\n" for row in (header, *rows)), encoding="utf-8")
    blocks = []
    for row in rows:
        fields = dict(zip(header, row, strict=True))
        fields["name"], finnish = f'{{ nb = "{fields["name"]}"', fields.pop("name_fi")
        name = f'name = {fields.pop("name")}, fi = "{finnish}" }}\n'
        lines = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
        blocks.append(f"[[product]]\n{name}{lines}\n")
    tables.write_text("".join(blocks), encoding="utf-8")
    return table, tables


def measure(folder: Path) -> Figures:
    """Seconds to load, milliseconds to search, and milliseconds from a key to the redraw."""
    catalogue = Catalogue()
    for path in write_catalogues(folder):
        began_s = time.perf_counter()
        catalogue = load(path, "NOK", "nb")
        spent_s = time.perf_counter() - began_s
        name = f"{len(catalogue):,} products from {path.suffix}"
        yield Figure(name, spent_s, "s", LOAD_LIMIT_S, at_least=False)
    yield _searches(catalogue)
    till = CounterProcess(folder, SETTINGS)
    try:
        till.seconds_to_first_screen()
        yield from _redraws(till, folder)
    finally:
        till.close()


def _searches(catalogue: Catalogue) -> Figure:
    spent_ms = {}
    for typed in SEARCHES:
        began_s = time.perf_counter()
        catalogue.search(typed)
        spent_ms[typed] = (time.perf_counter() - began_s) * 1000
    slowest = max(spent_ms, key=lambda typed: spent_ms[typed])
    detail = f"(for “{slowest}”, of {len(SEARCHES)} searches)"
    value = spent_ms[slowest]
    return Figure("slowest search", value, "ms", SEARCH_LIMIT_MS, at_least=False, detail=detail)


def _told(folder: Path) -> Sign:
    """What the till itself tells a display, as soon as it does."""
    ending = threading.Event()
    signs: list[Sign] = []

    def seen(sign: Sign | None) -> None:
        if sign is not None:
            signs.append(sign)
        if signs or time.monotonic() > ends_s:
            ending.set()

    ends_s = time.monotonic() + PATIENCE_S
    follow(folder, seen, ending)
    if not signs:
        raise Refused(f"The till did not come up within {PATIENCE_S:.0f} s; measure again.")
    return signs[-1]


def _redraws(till: CounterProcess, folder: Path) -> Figures:
    _told(folder)  # the products are there, not only the screen
    till.seconds_to_redraw(PRODUCTS)
    for _ in range(LINE_COUNT):
        till.seconds_to_redraw(ENTER)
        till.seconds_to_redraw(DOWN)
    order = _told(folder).order
    if order is None or len(order.lines) != LINE_COUNT:
        raise Refused("The order has not the lines that were keyed; measure again.")
    searching = [s for _ in range(ROUND_COUNT) for s in map(till.seconds_to_redraw, AMONG_PRODUCTS)]
    till.seconds_to_redraw(BACK)
    ordering = [s for _ in range(ROUND_COUNT) for s in map(till.seconds_to_redraw, ON_THE_DESK)]
    for name, seconds in (("with a long order", ordering), ("among the products", searching)):
        drawn_ms = [each * 1000 for each in seconds if each > 0]
        p95_ms = statistics.quantiles(drawn_ms, n=20)[-1]
        median = statistics.median(drawn_ms)
        detail = f"(median {median:.1f} ms of {len(drawn_ms)} keys, slowest {max(drawn_ms):.1f})"
        yield Figure(
            f"key press to redraw {name}, p95", p95_ms, "ms", REDRAW_LIMIT_MS,
            at_least=False, detail=detail,
        )  # fmt: skip
