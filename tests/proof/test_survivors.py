"""The list of mutants that may survive: each is of a line that is there, and has a reason.

Apart from the run of mutmut, which takes half an hour: what is checked here keeps the list true
between two runs.
"""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.proof.mutants import LISTED, Report, Survivor, faults, listed, reports, table

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"(?P<file>pos/\S+\.py) (?P<function>[\w.]+): (?P<was>.*) -> (?P<now>.*)")
SURVIVOR = Survivor("pos/sale/refund.py", "step_refund", "a = 1", "a = 2")


def squeezed(text: str) -> str:
    """Without any white space."""
    return "".join(text.split())


def source_of(file: str, function: str) -> str:
    """The text of a function or method."""
    source = (ROOT / file).read_text(encoding="utf-8")
    *owner, name = function.split(".")
    found: list[ast.stmt] = ast.parse(source).body
    for each in owner:
        (held,) = (node for node in found if isinstance(node, ast.ClassDef) and node.name == each)
        found = held.body
    (node,) = (node for node in found if isinstance(node, ast.FunctionDef) and node.name == name)
    return ast.get_source_segment(source, node) or ""


@pytest.mark.parametrize("entry", listed() if LISTED.exists() else [])
def test_a_survivor_is_a_change_of_a_line_that_is_there(entry: str) -> None:
    """A line that was changed since needs another look, and its entry another line."""
    match = ENTRY.fullmatch(entry)
    assert match is not None, "an entry reads: file function: line -> changed line"
    assert squeezed(match["was"]) in squeezed(source_of(match["file"], match["function"]))
    assert match["was"] != match["now"]


def test_every_reason_is_a_sentence() -> None:
    """A person has looked at each, and says why no test can mind it, or none should."""
    reasons = set(listed().values())
    assert reasons
    assert all(len(each) > 20 and each[0].isupper() and each.endswith(".") for each in reasons)


def test_a_run_is_held_against_the_list() -> None:
    """A survivor without a reason, a reason without a survivor, and too few: each is said."""
    whole = Report("a.py", Counter(killed=18, timeout=1, survived=1), (SURVIVOR,))
    assert faults([whole], {str(SURVIVOR): "Because it is so."}) == []
    assert faults([whole], {}) == [f"without a reason: {SURVIVOR}"]
    assert faults([whole], {str(SURVIVOR): "x", "old": "y"}) == ["noticed by now: old"]
    few = Report("a.py", Counter(killed=8, survived=2), ())
    assert faults([few], {}) == ["too few: 80.0 % of a.py"]
    begun = Report("a.py", Counter({"killed": 19, "not checked": 1}), ())
    assert faults([begun], {}) == ["not tried yet: 1 of a.py; run mutmut again"]


def test_the_figures_are_a_table() -> None:
    """By file and in all; what never ends was noticed."""
    rows = table([Report("a.py", Counter(killed=18, timeout=1, survived=1), ())]).splitlines()
    assert rows[2] == "| `a.py` | 20 | 18 | 1 | 1 | 0 | 95.0 % |"
    assert rows[3] == "| `all` | 20 | 18 | 1 | 1 | 0 | 95.0 % |"


def test_what_a_run_left_behind_is_read(tmp_path: Path) -> None:
    """Codes as mutmut writes them; a file without mutants is left out."""
    folder = tmp_path / "pos"
    folder.mkdir()
    codes = {"pos.a.x_f__mutmut_1": 1, "pos.a.x_f__mutmut_2": 36, "pos.a.x_f__mutmut_3": None}
    (folder / "a.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    (folder / "b.py.meta").write_text(json.dumps({"exit_code_by_key": {}}))
    (found,) = reports(tmp_path)
    assert found.file == "pos/a.py"
    assert found.tally == Counter({"killed": 1, "timeout": 1, "not checked": 1})
