"""The import rules as they hold while the program runs: what a fresh interpreter has loaded.

Apart from the contracts in `pyproject.toml`, which read the source: a library that comes in through
another one, or at the head of a module that need not have it, shows only here.
"""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Libraries that cost memory, start-up time or a driver, and so load only where they are used.
HEAVY = frozenset(
    {"textual", "cv2", "picamera2", "libcamera", "gpiozero", "escpos", "fastapi", "sqlalchemy"}
)

# The modules that own such a library, by the longest name that fits: demo and training run both
# sides, the measurements fill the scheme's tables, the scheme is the server, and the screens are
# the Textual front end.
OWNERS = {
    "pos.bench": {"sqlalchemy"},
    "pos.demo": {"fastapi", "sqlalchemy"},
    "pos.proof": {"fastapi", "sqlalchemy"},
    "pos.scheme": {"fastapi", "sqlalchemy"},
    "pos.screens": {"textual"},
    "pos.training": {"sqlalchemy"},
}

# What `pos.sale` may take from the standard library: kinds of values and pure functions on them.
DATA_MODULES = frozenset(
    {
        "__future__", "abc", "base64", "binascii", "bisect", "collections", "copy", "csv",
        "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq",
        "hmac", "itertools", "json", "math", "operator", "re", "string", "struct", "textwrap",
        "types", "typing", "unicodedata", "urllib.parse", "zlib", "zoneinfo",
    }
)  # fmt: skip
PATIENCE_S = 300
CLOCKS = frozenset({"now", "utcnow", "today"})


def modules() -> list[str]:
    """Dotted names of every module of the product, found by walking its folders."""
    found = []
    for package in ("pos", "hardware"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def allowed(module: str) -> set[str]:
    """The heavy libraries that `module` owns."""
    fitting = [name for name in OWNERS if module == name or module.startswith(name + ".")]
    return OWNERS[max(fitting, key=len)] if fitting else set()


# Forks a child for each name on its standard input, which imports that module and nothing else.
# What is light and used everywhere is there already, and so are the libraries that these modules
# own, which are its arguments: a child takes a moment only.
PARENT = """
import os, sys, traceback
import babel.core, click, cryptography.x509, numpy, pydantic, requests
for name in sys.argv[1:]:
    __import__(name)
for line in sys.stdin:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    try:
        __import__(line.strip())
    except BaseException:
        traceback.print_exc()
    else:
        print(line.strip(), *sys.modules, flush=True)
    os._exit(0)
"""


@functools.cache
def loaded() -> dict[str, frozenset[str]]:
    """By module the names in `sys.modules` of a process that imported it and what it owns."""
    found: dict[str, frozenset[str]] = {}
    owners: dict[frozenset[str], list[str]] = {frozenset(): ["textual.app"]}
    for module in modules():
        owners.setdefault(frozenset(allowed(module)), []).append(module)
    for owned, names in owners.items():
        done = subprocess.run(
            [sys.executable, "-c", PARENT, *sorted(owned)],
            input="\n".join(names),
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        )  # fmt: skip
        rows = [line.split() for line in done.stdout.splitlines()]
        missing = {*names} - {row[0] for row in rows}
        assert not missing, f"importing {missing} failed:\n{done.stderr}"
        found |= {name: frozenset(names) for name, *names in rows}
    return found


@pytest.mark.timeout(2 * PATIENCE_S)
def test_no_module_loads_a_heavy_library_that_it_does_not_own() -> None:
    """Importing a module alone works, and brings in only the heavy libraries it owns."""
    brought = {module: (loaded()[module] & HEAVY) - allowed(module) for module in modules()}
    assert {module: names for module, names in brought.items() if names} == {}


def test_the_hardware_library_loads_nothing_of_the_till() -> None:
    """A process that uses every module of `hardware` has not loaded `pos`."""
    brought: set[str] = set()
    for module in modules():
        if module.split(".")[0] == "hardware":
            brought |= loaded()[module]
    assert not {name for name in brought if name.split(".")[0] == "pos"}


def test_the_probe_sees_a_heavy_library() -> None:
    """The check above can fail: a module that does import Textual is seen to have loaded it."""
    assert "textual" in loaded()["textual.app"]


@pytest.mark.parametrize("path", sorted((ROOT / "pos/sale").rglob("*.py")), ids=lambda p: p.stem)
def test_a_sale_takes_only_data_modules_and_reads_no_clock(path: Path) -> None:
    """`pos.sale` imports kinds of values only, so it has no I/O, clock, threads or chance."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} imports by a relative name"
            names = [node.module or ""]
        else:
            if isinstance(node, ast.Attribute):
                assert node.attr not in CLOCKS, f"{path.name}:{node.lineno} reads the clock"
            continue
        for name in names:
            assert (
                name in {"pos.errors", "pos.sale"}
                or name.startswith("pos.sale.")
                or name in DATA_MODULES
                or name.split(".")[0] in DATA_MODULES
            ), f"{path.name}:{node.lineno} imports {name}"
