"""`pos report x|z|saf-t|export|verify|key`: the shift, and the books for whoever asks for them.

Apart from `pos report settle`, which holds the journal against a file of somebody else's.
"""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

import click

from pos import __version__
from pos.commands.errand import foreground, log_in, staff_option
from pos.commands.options import config_option, json_option, opened, state_option
from pos.config import Settings
from pos.errors import PosError, Refused, WrongUse
from pos.folders import JOURNAL_NAME
from pos.journal import read, rows
from pos.language import Language
from pos.register_key import RegisterKey, is_signature, public_key
from pos.saf_t import AuditFile, Period, check
from pos.sale.export import COLUMNS, exported
from pos.sale.input import CloseShift
from pos.sale.report import Report
from pos.sale.report_lines import report_lines
from pos.sale.signing import FIRST
from pos.sale.slip import SlipLine
from pos.sale.tallying import x_report, z_report
from pos.sale.view import View

PAPER_COLUMNS = 48


class ChainBroken(PosError):
    """A signature is not that of what stands there."""


@click.command()
@state_option
@config_option
@json_option
def x(state: str | None, config: str | None, *, as_json: bool) -> None:
    """The running shift as it stands. Nothing is closed, and nothing written."""
    folder, settings = opened(state, config)
    history = read(folder / JOURNAL_NAME)
    at = datetime.now(UTC).timestamp()
    made = x_report(history, settings.terminal.currency, at, "", None)
    _print(made, settings, as_json=as_json)


@click.command()
@click.option("--shift", "number", type=int, help="Print the Z report of this closed shift again.")
@staff_option
@state_option
@config_option
@json_option
def z(
    number: int | None, staff: str | None, state: str | None, config: str | None, *, as_json: bool
) -> None:
    """Close the shift and print its Z report, naming what is unfinished. With --shift, print an
    earlier one again, to the last byte."""
    folder, settings = opened(state, config)
    if number is None:
        number = _close(folder, settings, staff)
    made = z_report(read(folder / JOURNAL_NAME), number, None)
    if made is None:
        raise WrongUse(
            f"There is no closed shift {number}; pos report z closes the one that is on."
        )
    _print(made, settings, as_json=as_json)


def _close(folder: Path, settings: Settings, staff: str | None) -> int:
    views: list[View] = []
    words = Language(settings.terminal.language)
    with foreground(
        settings, folder, lambda view: views.__setitem__(slice(None), [view])
    ) as engine:
        log_in(engine, staff, words)
        number = engine.history.books.current.number
        engine.handle(CloseShift())
        if engine.history.books.current.number == number:
            said = views[0].stopped or views[0].notice
            raise Refused(words.notice(said) if said else "The shift was not closed.")
    return number


@click.command("saf-t")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "first", metavar="YYYY-MM-DD", help="The first day; else the journal's.")
@click.option("--to", "last", metavar="YYYY-MM-DD", help="The last day; else the journal's.")
@state_option
@config_option
def saf_t(
    file: Path, first: str | None, last: str | None, state: str | None, config: str | None
) -> None:
    """Write Norway's audit file, SAF-T Cash Register 1.00, to FILE, with its signature chain."""
    folder, settings = opened(state, config)
    journal = folder / JOURNAL_NAME
    audit = AuditFile(
        settings.parties(),
        read(journal),
        lambda: ((row.seq, row.entry()) for row in rows(journal)),
        datetime.now(UTC).astimezone(),
        __version__,
    )
    with _written(file) as out:
        count = audit.write(out, Period(_day(first), _day(last)))
    click.echo(f"{file} {count} sales and returns")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    help="A row for each VAT rate of each sale, or a JSON object for each sale.",
)
@click.option("--from", "first", metavar="YYYY-MM-DD", help="The first day; else all.")
@click.option("--to", "last", metavar="YYYY-MM-DD", help="The last day; else all.")
@state_option  # fmt: skip
def export(
    file: Path | None, form: str, first: str | None, last: str | None, state: str | None
) -> None:
    """Every sale and return for the accountant, to FILE or to standard output."""
    folder, _ = opened(state, None)
    period = Period(_day(first), _day(last))
    made = exported(read(folder / JOURNAL_NAME), None)
    chosen = (each for each in made if period.holds(f"{each.at:%Y-%m-%d}"))
    with _written(file) as out:
        if form == "jsonl":
            for each in chosen:
                out.write(json.dumps(each.as_fields(), ensure_ascii=False) + "\n")
        else:
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
            writer.writeheader()
            for each in chosen:
                writer.writerows(each.as_rows())


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", type=click.Path(path_type=Path), help="What pos report key printed.")
@click.option("--previous", default=FIRST, help="The signature before the file's first one.")
@state_option
def verify(file: Path, key: Path | None, previous: str, state: str | None) -> None:
    """Follow the signature chain of an audit file. Exit 1 naming the first that does not hold."""
    try:
        pem = key.read_bytes() if key is not None else None
    except OSError as fault:
        raise WrongUse(f"The key {key} cannot be read ({fault.strerror}).") from fault
    if pem is None:
        pem = RegisterKey.at(opened(state, None)[0]).public_pem().encode()
    public = public_key(pem)
    checked = check(file, lambda text, signature: is_signature(public, text, signature), previous)
    if checked.broken:
        raise ChainBroken(
            f"The signature of number {checked.broken} does not hold: it, or what it signs, or "
            "the one before it was changed; keep the file and ask for the original."
        )
    click.echo(f"{checked.count} signatures, unbroken")


@click.command()
@state_option
def key(state: str | None) -> None:
    """Print the cash register's public key, for whoever checks an audit file."""
    click.echo(RegisterKey.at(opened(state, None)[0]).public_pem(), nl=False)


def _print(report: Report, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(report) | {"net": report.total.net}))
        return
    words = Language(settings.terminal.language)
    for line in report_lines(report, settings.parties(), words):
        click.echo(_plain(line))


def _plain(line: SlipLine) -> str:
    if line.rule:
        return "-" * PAPER_COLUMNS
    if line.center:
        return line.text.center(PAPER_COLUMNS).rstrip()
    room = PAPER_COLUMNS - len(line.right)
    return (line.text.ljust(room) + line.right).rstrip() if line.right else line.text


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is not a day; write it like 2026-11-29.") from None


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    """A file that is there whole or not at all; standard output without a path."""
    if path is None:
        yield sys.stdout
        return
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            yield file
        fresh.replace(path)
    except OSError as fault:
        raise WrongUse(
            f"The file {path} cannot be written ({fault.strerror}); name another."
        ) from fault
    finally:
        fresh.unlink(missing_ok=True)
