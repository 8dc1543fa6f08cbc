"""`pos report`: what the journal adds up to, and whether others agree.

Apart from `pos journal` because a report judges; the journal command only shows.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from pos.commands import books
from pos.commands.options import json_option, state_option
from pos.errors import PosError, WrongUse
from pos.folders import JOURNAL_NAME, state_folder
from pos.journal import read
from pos.sale.finding import Finding, Period, Totals, Verdict
from pos.sale.matching import Matching
from pos.sale.money import major_units
from pos.sale.settlement import LINE_BYTES_MAX, StatementReader, Units, shown

_DATED = re.compile(r"transactionItems_(\d{4})(\d{2})(\d{2})_\d{3}\.csv", re.ASCII)


class Unexplained(PosError):
    """Journal and file disagree."""


@click.group()
def report() -> None:
    """The shift's reports, the books for others, and whether others agree."""


for command in (books.x, books.z, books.saf_t, books.export, books.verify, books.key):
    report.add_command(command)


@report.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--date", "day", metavar="YYYY-MM-DD", help="The file's day, if it does not say.")
@click.option(
    "--units",
    type=click.Choice([str(unit) for unit in Units]),
    help="How the file spells amounts: 12900 (minor) or 129.00 (major).",
)
@state_option
@json_option
def settle(
    file: Path, day: str | None, units: str | None, state: str | None, *, as_json: bool
) -> None:
    """Match the journal with a transactionItems or settlementItems FILE, line by line.

    Explains every line that does not match; exit 1 when one needs a person.
    """
    matching = Matching(read(state_folder(state) / JOURNAL_NAME))
    reader = StatementReader(Units(units) if units else None)
    findings = [
        finding
        for finding in map(matching.take, reader.read(_raw_lines(file)))
        if finding.verdict is not Verdict.MATCHED
    ]
    period = _period(day, file.name, matching)
    findings.extend(matching.missing(period))
    if as_json:
        click.echo(json.dumps(_fields(file, reader, matching, findings)))
    else:
        _print(matching, findings)
    count = matching.counts[Verdict.UNEXPLAINED]
    if count:
        raise Unexplained(
            f"{count} lines are not explained; keep the file, and put them before the scheme."
        )


def _raw_lines(path: Path) -> Iterator[bytes]:
    """The file's lines, none longer than the reader takes plus one byte."""
    try:
        with path.open("rb") as file:
            while line := file.readline(LINE_BYTES_MAX + 1):
                yield line
    except OSError as fault:
        raise WrongUse(
            f"The file {path} cannot be read ({fault.strerror}); name another."
        ) from None


def _period(day: str | None, name: str, matching: Matching) -> Period:
    """The file's day: as said, as in its name, or as its lines are dated."""
    named = _DATED.fullmatch(name)
    text = day or ("-".join(named.groups()) if named else None)
    if text is not None:
        try:
            only = date.fromisoformat(text)
        except ValueError:
            raise WrongUse(f"{shown(text)} is not a day; write --date like 2026-03-01.") from None
        return Period.of(only, only)
    if matching.first_day is None or matching.last_day is None:
        raise WrongUse("The file has no lines and no day in its name; say its day with --date.")
    return Period.of(matching.first_day, matching.last_day)


def _print(matching: Matching, findings: list[Finding]) -> None:
    for finding in findings:
        where = f"line {finding.line}" if finding.line else "journal"
        # A matched id is ours; any other was written by a stranger.
        click.echo(
            f"{where:<10} {finding.verdict:<12} {_kind(finding)} {shown(finding.request_id)} "
            f"{finding.reason}: {finding.sentence}"
        )
    for currency, totals in sorted(matching.totals.items()):
        for line in _total_lines(currency, totals):
            click.echo(line)
    click.echo(", ".join(f"{matching.counts[verdict]} {verdict}" for verdict in Verdict))


def _kind(finding: Finding) -> str:
    return finding.kind.lower() if finding.kind in ("PAYMENT", "REFUND") else "line"


def _total_lines(currency: str, totals: Totals) -> Iterator[str]:
    def money(value: int) -> str:
        return f"{major_units(value, currency):>14} {currency}"

    sides = (
        ("file", totals.file_paid, totals.file_refunded),
        ("journal", totals.journal_paid, totals.journal_refunded),
    )
    for name, paid, refunded in sides:
        yield f"{name:<9} paid {money(paid)}  given back {money(refunded)}"
    if totals.fee or totals.settled:
        yield f"settled        {money(totals.settled)}  fee        {money(totals.fee)}"
    yield f"difference     {money(totals.difference)}"


def _fields(
    file: Path, reader: StatementReader, matching: Matching, findings: list[Finding]
) -> dict[str, object]:
    """Everything, as JSON values; amounts in smallest units."""
    return {
        "file": file.name,
        "kind": str(reader.kind),
        "counts": {str(verdict): matching.counts[verdict] for verdict in Verdict},
        "findings": [asdict(finding) for finding in findings],
        "totals": {
            currency: asdict(totals) | {"difference": totals.difference}
            for currency, totals in sorted(matching.totals.items())
        },
    }
