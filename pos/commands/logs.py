"""`pos logs`: what the till noted; with `--payment`, one payment's story in plain words."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pos.commands.options import NothingThere, config_option, json_option, opened, state_option
from pos.folders import JOURNAL_NAME
from pos.journal import rows
from pos.language import Language
from pos.log import IDENTIFIER, read_daemon, read_file

DAEMON_S_MAX = 60.0
LINES = 50
PREFIX_LENGTH_MIN = 4


@click.command()
@click.option("--payment", metavar="ID", help="One payment's story; the beginning of its id does.")
@click.option("--lines", type=click.IntRange(1, 100_000), default=LINES, show_default=True)
@json_option
@state_option
@config_option
def logs(
    payment: str | None, lines: int, state: str | None, config: str | None, *, as_json: bool
) -> None:
    """What the till noted lately: ids, words of ours and times, never a code or a person. With
    --payment, what happened to one payment, told from the journal and the log."""
    folder, settings = opened(state, config)
    noted = sorted((*read_file(folder), *_of_daemon()), key=lambda line: float(line["at"]))
    if payment is None:
        for line in noted[-lines:]:
            click.echo(json.dumps(line) if as_json else _line(line))
        return
    if len(payment) < PREFIX_LENGTH_MIN:
        raise click.UsageError(f"Give {PREFIX_LENGTH_MIN} characters of the payment's id or more.")
    from pos.story import tell

    words = Language(settings.terminal.language)
    moments = list(tell(payment, rows(folder / JOURNAL_NAME), noted, words))
    if not moments:
        raise NothingThere(f"The journal has no payment {payment}; see pos payments.")
    if as_json:
        for each in moments:
            click.echo(json.dumps({"at": each.at, "said": each.said}, ensure_ascii=False))
        return
    for each in moments:
        at = _time(each.at) if each.at is not None else ""
        click.echo(f"{at:<23} {each.said}")


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def _line(line: dict[str, Any]) -> str:
    told = " ".join(f"{name}={value}" for name, value in line.items() if name != "at" and value)
    return f"{_time(float(line['at']))} {told}"


def _of_daemon() -> Iterator[dict[str, Any]]:
    """What the journal daemon keeps, where there is one that may be read."""
    if shutil.which("journalctl") is None or not Path("/run/systemd/system").is_dir():
        return
    done = subprocess.run(  # noqa: S603 - words of ours
        ["journalctl", "--output=json", "--no-pager", f"SYSLOG_IDENTIFIER={IDENTIFIER}"],  # noqa: S607
        capture_output=True, text=True, timeout=DAEMON_S_MAX, check=False,
    )  # fmt: skip
    yield from read_daemon(done.stdout)
