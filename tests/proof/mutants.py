"""What the last run of mutmut found, by file, held against the list of mutants that may survive.

Apart from mutmut, which numbers its mutants anew with every change: here each is named by its
function and by the line that it changes, so that a reason stays with what it is a reason for.

    .venv/bin/mutmut run
    .venv/bin/python -m tests.proof.mutants
"""

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

RESULTS = Path("mutants")
LISTED = Path(__file__).with_name("survivors.toml")
KILLED_PERCENT_MIN = 90.0
COLUMNS = ("killed", "timeout", "survived", "no tests")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test minds: the lines that were there and those in their place."""

    file: str
    function: str
    was: str
    now: str

    def __str__(self) -> str:
        """As it stands in the list."""
        return f"{self.file} {self.function}: {self.was} -> {self.now}"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the mutants of one file."""

    file: str
    tally: Counter[str]
    survivors: tuple[Survivor, ...]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.tally.values())

    @property
    def percent(self) -> float:
        """How many of them were noticed; one that never ends was."""
        return 100.0 * (self.tally["killed"] + self.tally["timeout"]) / self.count


def reports(results: Path = RESULTS) -> Iterator[Report]:
    """Every file that has mutants, from what mutmut wrote down beside its copies."""
    for meta in sorted(results.rglob("*.meta")):
        file = meta.relative_to(results).with_suffix("")
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        if not codes:
            continue
        statuses = {key: status_by_exit_code[code] for key, code in codes.items()}
        survivors = [
            _survivor(file, key)
            for key, status in statuses.items()
            if status in ("survived", "no tests")
        ]
        yield Report(file.as_posix(), Counter(statuses.values()), tuple(survivors))


def _survivor(file: Path, key: str) -> Survivor:
    name = key.rpartition(".")[2].partition("__mutmut_")[0]
    function = name.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    lines = get_diff_for_mutant(key, path=file).splitlines()[3:]
    was, now = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return Survivor(file.as_posix(), function, " ".join(was), " ".join(now))


def listed(path: Path = LISTED) -> dict[str, str]:
    """The reason of each mutant that may survive."""
    reasons = tomllib.loads(path.read_text(encoding="utf-8"))["because"]
    return {each: row["reason"] for row in reasons for each in row["survivors"]}


def table(found: Sequence[Report]) -> str:
    """A line for each file and one for all, as a table of Markdown."""
    whole = Report("all", sum((each.tally for each in found), Counter[str]()), ())
    heads = ("file", "mutants", *COLUMNS, "noticed")
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for each in (*found, whole):
        counts = [each.count, *(each.tally[name] for name in COLUMNS)]
        cells = [f"`{each.file}`", *map(str, counts), f"{each.percent:.1f} %"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def faults(found: Sequence[Report], reasons: dict[str, str]) -> list[str]:
    """What is not as it should be: too few noticed, or a survivor without a reason."""
    said = [
        f"not tried yet: {count} of {each.file}; run mutmut again"
        for each in found
        if (count := each.count - sum(each.tally[name] for name in COLUMNS))
    ]
    said += [
        f"too few: {each.percent:.1f} % of {each.file}"
        for each in found
        if each.percent < KILLED_PERCENT_MIN
    ]
    left = {str(survivor) for each in found for survivor in each.survivors}
    said += [f"without a reason: {each}" for each in sorted(left - set(reasons))]
    return said + [f"noticed by now: {each}" for each in sorted(set(reasons) - left)]


def main() -> int:
    """Print the figures and what is wrong; 1 when anything is."""
    found = list(reports())
    if not found:
        print("There are no results here; begin with: .venv/bin/mutmut run")  # noqa: T201
        return 1
    wrong = faults(found, listed())
    print("\n".join((table(found), *wrong)))  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
