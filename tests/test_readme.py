"""The README's diagram of a payment is the table that the code obeys."""

from pathlib import Path

from pos.sale.payment import MOVES

README = Path(__file__).parents[1] / "README.md"
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
