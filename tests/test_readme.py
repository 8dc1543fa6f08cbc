"""The README keeps its word: its diagram is the table that the code obeys, its tests exist."""

import re
from pathlib import Path

from pos.sale.payment import MOVES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MARK = "<!-- payment table:"


def diagram() -> str:
    """The table of moves as a Mermaid state diagram; events that change nothing are left out."""
    lines = ["stateDiagram-v2"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), target in MOVES.items():
        if state is not target:
            source = "[*]" if state is None else state.value
            arrows.setdefault((source, target.value), []).append(event.__name__)
    lines += [f"    {a} --> {b}: {', '.join(names)}" for (a, b), names in arrows.items()]
    finals = sorted({target.value for target in MOVES.values() if not target.open})
    return "\n".join([*lines, *(f"    {final} --> [*]" for final in finals)])


def test_the_diagram_is_the_table() -> None:
    """Whoever changes the table changes the picture; the failure shows the new block."""
    _, _, rest = README.read_text().partition(MARK)
    _, _, block = rest.partition("```mermaid\n")
    assert diagram() == block.partition("\n```")[0]


NAMED = re.compile(r"`(test_[a-z0-9_]+)`")


def unknown(text: str) -> set[str]:
    """Tests that `text` names and that do not exist."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        found |= set(re.findall(r"\bdef (test_[a-z0-9_]+)\(", path.read_text("utf-8")))
    return set(NAMED.findall(text)) - found


def test_every_test_that_the_readme_names_exists() -> None:
    """Such as those of the table against EN 301 549: a promise whose test is gone is no promise."""
    assert unknown("`test_every_test_that_the_readme_names_exists`") == set()
    assert unknown("`test_that_nobody_wrote`") == {"test_that_nobody_wrote"}
    assert unknown(README.read_text("utf-8")) == set()
