"""The repository's own promises: its shape, its sizes, its names, its lock and its set-up.

Apart from the linters because no linter knows these rules of this house.
"""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import pos

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"pos", "hardware", "systemd", "tests", "images"}
BUCKETS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core"}
FILE_LINES_MAX = 320
FUNCTION_LINES_MAX = 70

# In halves, so that this file keeps the promise too.
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.",
    "deb." + "debian",
    "security." + "debian",
    "snapshot." + "debian",
    "archive." + "raspberrypi",
    "pi" + "wheels.org",
)
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:root|work|Users|home/(?!pi\b)[a-z]+)/")

PRODUCT = sorted(path for name in ("pos", "hardware") for path in (ROOT / name).rglob("*.py"))


def product_name(path: Path) -> str:
    """The name of a product file from the root, for the test report."""
    return path.relative_to(ROOT).as_posix()


def tracked_files() -> list[Path]:
    """Every file under version control, or every file here when there is no history to ask."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        ).stdout.split("\0")  # fmt: skip
        return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return list(_walk(ROOT))


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            made = path.name in {"__pycache__", "build", "mutants"}
            made |= path.name.endswith(".egg-info")
            if path.name == ".ci" or not (made or path.name.startswith(".")):
                yield from _walk(path)
        elif not path.name.startswith(".coverage"):
            yield path


def words_of(path: Path) -> str:
    """The text of a file; nothing for a picture or another file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def normal(name: str) -> str:
    """A distribution's name as the lock spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_top_level_holds_the_known_folders_only() -> None:
    """A newcomer finds five folders; whatever else there is has its place inside them."""
    top = {path.relative_to(ROOT).parts[0] for path in tracked_files() if path.parent != ROOT}
    assert {name for name in top if not name.startswith(".")} <= FOLDERS


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    """Where packages come from is each machine's own setting, and paths are relative."""
    found = []
    for path in tracked_files():
        for number, line in enumerate(words_of(path).splitlines(), 1):
            if MACHINE_PATH.search(line) or any(host in line for host in REGISTRIES):
                found.append(f"{product_name(path)}:{number}")
    assert not found


def test_the_pattern_for_machine_paths_knows_one() -> None:
    """The check above can fail, and leaves ordinary paths alone."""
    assert MACHINE_PATH.search('open("/' + 'root/key.pem")')
    assert MACHINE_PATH.search("cd /" + "home/kari/till")
    assert not MACHINE_PATH.search("/var/lib/pos, https://example.org/till, tests/till/x")


@pytest.mark.parametrize("path", PRODUCT, ids=product_name)
def test_a_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    """Each module has a docstring, at most 320 lines, and no function of more than 70."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "it does not say what it is for"
    assert len(source.splitlines()) <= FILE_LINES_MAX
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"


def test_no_module_is_a_bucket() -> None:
    """A reader guesses the file from the word, so no name holds just anything."""
    named = {path: set(path.relative_to(ROOT).with_suffix("").parts) for path in PRODUCT}
    assert not [product_name(path) for path, parts in named.items() if parts & BUCKETS]


def test_the_lock_pins_every_dependency_with_hashes() -> None:
    """What `pyproject.toml` names is in the lock, exactly pinned, each pin with its hashes."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    named = [*settings["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        named += extra
    wanted = {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in named}
    pins: dict[str, int] = {}
    current = ""
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([a-z0-9-]+)(?:\[[a-z0-9, -]+\])?==[\w.]+", line):
            current = pin[1]
            pins[current] = pins.get(current, 0)
        elif "--hash=sha256:" in line:
            pins[current] += 1
    assert not wanted - set(pins), "remake the lock as CONTRIBUTING.md says"
    assert not [name for name, hashes in pins.items() if not hashes]


def test_the_version_is_the_same_everywhere() -> None:
    """`pos.__version__` is the version of the package."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["version"] == pos.__version__


def test_without_python_the_set_up_names_the_remedy(tmp_path: Path) -> None:
    """Where there is no Python and no right to install it, `./run` ends with what to do."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "id", "mktemp", "rm", "cmp", "cksum", "uname"):
        found = shutil.which(tool)
        assert found, f"{tool} is part of every system"
        (tools / tool).symlink_to(found)
    for name in ("run", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    done = subprocess.run(
        [tools / "sh", "./run", "setup"],
        cwd=tmp_path, env={"PATH": str(tools), "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "sudo apt-get install python3 python3-venv" in done.stderr.splitlines()[-1]
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("name", ["run", ".ci/run"])
def test_the_commands_can_be_started(name: str) -> None:
    """A fresh clone can run them without a change of rights."""
    assert os.access(ROOT / name, os.X_OK)
