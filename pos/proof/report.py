"""What the proof prints: a line per gate, and below it whatever a reader must act on.

Apart from the gates so that all of them read alike.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pos.proof.gate import Gate, Planted, Result
from pos.proof.lanes import Found

_HEAD = ("gate", "tried", "seconds", "violations", "planted bugs caught")


def table(found: Found) -> Iterator[str]:
    """The table, then skipped gates, planted bugs, violations and how to see one again."""
    rows = [_HEAD, *(_row(gate, result) for gate, result in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for gate, result in found:
        if result.note:
            yield f"{gate.number}: {result.note}"
    for gate, result in found:
        for bug in result.planted:
            yield f"{gate.number} planted: {_bug_line(bug, result.unit)}"
    for gate, result in found:
        for violation in result.violations:
            yield f"{gate.number} VIOLATION: {violation.found}"
            yield f"  again: pos prove --replay {gate.name}:{violation.token}"


def verdict(found: Found) -> str:
    """One sentence over all gates."""
    broken = sum(len(result.violations) for _, result in found)
    failed = sum(bool(result.fault) for _, result in found)
    missed = sum(bug.caught_after is None for _, result in found for bug in result.planted)
    skipped = sum(bool(result.skipped) for _, result in found)
    if broken or missed or failed:
        return (
            f"NOT PROVEN: {broken} violations, {missed} planted bugs not caught, "
            f"{failed} gates failed."
        )
    planted = sum(len(result.planted) for _, result in found)
    left_out = f", {skipped} gates skipped" if skipped else ""
    return f"Zero violations, all {planted} planted bugs caught{left_out}."


def plain(found: Found) -> list[dict[str, Any]]:
    """The same as JSON values, one object per gate."""
    return [
        {"gate": gate.name, "number": gate.number, "title": gate.title, **asdict(result)}
        for gate, result in found
    ]


def _row(gate: Gate, result: Result) -> tuple[str, ...]:
    name = f"{gate.number} {gate.title}"
    if result.skipped:
        return (name, f"skipped: {result.skipped}", "", "", "")
    if result.fault:
        return (name, f"FAILED: {result.fault}", f"{result.seconds:.0f}", "", "")
    caught = sum(bug.caught_after is not None for bug in result.planted)
    return (
        name,
        f"{result.tried:,} {result.unit}",
        f"{result.seconds:.0f}",
        str(len(result.violations)),
        f"{caught} of {len(result.planted)}" if result.planted else "-",
    )


def _bug_line(bug: Planted, unit: str) -> str:
    if bug.caught_after is None:
        return f"{bug.bug} NOT CAUGHT in {bug.seconds:.1f} s"
    return f"{bug.bug}, caught after {bug.caught_after:,} {unit}, {bug.seconds:.1f} s ({bug.by})"
