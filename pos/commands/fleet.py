"""`pos fleet`: all the tills of a shop or a chain, from afar."""

import dataclasses
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.options import NothingThere, config_option, json_option, opened, state_option
from pos.errors import OutcomeUnknown, Refused, SettingsError

if TYPE_CHECKING:
    from pos.fleet.line import Broker
    from pos.fleet.roll import Seen
    from pos.fleet.watch import Watch

LOOK_AGAIN_S = 0.2
NUMBERS_AHEAD_MAX = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class _Office:
    """Where the broker is and what this user's folder holds."""

    broker: "Broker"
    state: Path
    language: str
    theme: str


@click.group(invoke_without_command=True)
@click.option(
    "--broker", metavar="URL", envvar="POS_FLEET_BROKER", help="mqtts://host:8883 (or [fleet])."
)
@click.option("--ca", metavar="FILE", envvar="POS_FLEET_CA", help="Whose certificates are trusted.")
@click.option("--user", metavar="NAME", envvar="POS_FLEET_USER", default="fleet", show_default=True)
@click.option(
    "--password-file", metavar="FILE", envvar="POS_FLEET_PASSWORD_FILE", help="This user's."
)
@click.option(
    "--metrics", metavar="PORT", type=click.IntRange(0, 65_535), help="Serve Prometheus instead."
)
@state_option
@config_option
@json_option
@click.pass_context
def fleet(
    context: click.Context,
    broker: str | None,
    ca: str | None,
    user: str,
    password_file: str | None,
    metrics: int | None,
    state: str | None,
    config: str | None,
    *,
    as_json: bool,
) -> None:
    """Every till of the fleet: what is down, what is behind, what is unfinished.

    A screen where there is a terminal, else a list, a line each; the worst first. Exit 1 when a
    till is down or cannot sell.
    """
    from pos.fleet.line import Broker

    folder, settings = opened(state, config)
    section = settings.fleet
    url = broker or (section.broker if section is not None else "")
    if not url:
        raise SettingsError("There is no broker; name it with --broker, or in [fleet].")
    ca_file = ca or (section.ca_file if section is not None else "")
    check_broker(url)
    office = context.obj = _Office(
        Broker(url, user if password_file else "", password_file or "", ca_file),
        folder,
        settings.terminal.language,
        settings.terminal.theme,
    )
    if context.invoked_subcommand is not None:
        return
    if metrics is not None:
        _serve(office, metrics)
    elif as_json or not sys.stdout.isatty():
        _list(office, as_json=as_json)
    else:
        _screen(office)


def check_broker(url: str) -> None:
    """Raises SettingsError for an address that a till would not take either."""
    from pos.fleet_settings import BROKER

    if not BROKER.fullmatch(url):
        raise SettingsError(
            f"{url} is no broker; write mqtts://host:8883, or mqtt:// for one on this machine."
        )


@fleet.command()
@click.pass_obj
def key(office: _Office) -> None:
    """Make the key that signs pushed settings, once, and print its public part.

    Each till that may be told needs that line as fleet.public_key.
    """
    from pos.fleet.pushing import KEY_FILE_NAME, FleetKey

    click.echo(FleetKey(office.state / KEY_FILE_NAME, make=True).public)


@fleet.command()
@click.argument("settings", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--to", metavar="NAME", multiple=True, help="A till; may be repeated.")
@click.option("--all", "to_all", is_flag=True, help="Every till that the broker knows.")
@click.option(
    "--wait", metavar="SECONDS", type=click.FloatRange(0, 3600), default=30.0, show_default=True
)
@click.pass_obj
def push(
    office: _Office, settings: tuple[str, ...], to: tuple[str, ...], wait: float, *, to_all: bool
) -> None:
    """Push settings to tills, and wait until each has taken or refused them.

    They are taken between two sales, and hold from then on, also after terminal.toml was changed;
    KEY= takes back what was pushed. Exit 1 when one was refused, 3 when one has not answered yet:
    it gets them when it is back, within a week.
    """
    from pos.fleet.pushing import KEY_FILE_NAME, LIVES_S, FleetKey, Order
    from pos.fleet.watch import Watch
    from pos.pushed import read

    if bool(to) == to_all:
        raise SettingsError("Name each till with --to, or take them --all.")
    values = {each.key: each.value for each in read(settings)}
    signing = FleetKey(office.state / KEY_FILE_NAME)
    with Watch(office.broker) as watch:
        watch.settle()
        known = {each.name: each for each in watch.seen()}
        missing = [name for name in to if name not in known]
        if missing:
            raise NothingThere(f"The broker knows no till {missing[0]}; see pos fleet.")
        numbers = {}
        for name in known if to_all else to:
            number = numbers[name] = _next_number(known[name])
            until = time.time() + LIVES_S
            order = Order(to=name, number=number, until=until, values=values)
            watch.push(name, signing.sealed(order))
        _answers(watch, numbers, wait)


def _next_number(seen: "Seen") -> int:
    """One that follows what the till answered and what lies ready for it."""
    pushed = seen.report.pushed if seen.report is not None else None
    answered = 0 if pushed is None else pushed.answered
    # What lies in the broker may be anybody's; a number that is none of ours must not use ours up.
    lying = seen.pushed if seen.pushed - answered < NUMBERS_AHEAD_MAX else 0
    return max(answered, lying) + 1


def _answers(watch: "Watch", numbers: dict[str, int], wait_s: float) -> None:
    """Tell of each till what it answered. Raises Refused or OutcomeUnknown."""
    waiting, ends_s = dict(numbers), time.monotonic() + wait_s
    refused = 0
    said: dict[str, str] = {}
    while waiting:
        for each in watch.seen():
            if each.name not in waiting or each.report is None:
                continue
            pushed, number = each.report.pushed, waiting[each.name]
            said[each.name] = pushed.distrusted
            if pushed.answered >= number:
                del waiting[each.name]
                refused += bool(pushed.refused)
                click.echo(f"{each.name}: {pushed.refused or 'taken'}")
            elif pushed.waiting >= number:
                said[each.name] = "it waits for the end of a sale"
        if time.monotonic() >= ends_s:
            break
        time.sleep(LOOK_AGAIN_S)
    for name in waiting:
        click.echo(f"{name}: {said.get(name) or 'no answer yet'}")
    if refused:
        raise Refused(f"{refused} of {len(numbers)} tills refused.")
    if waiting:
        raise OutcomeUnknown(f"{len(waiting)} of {len(numbers)} tills have not taken them yet.")


@fleet.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.pass_obj
def forget(office: _Office, names: tuple[str, ...]) -> None:
    """Take tills that are no more out of the broker. One that still runs comes back by itself."""
    from pos.fleet.watch import Watch

    with Watch(office.broker) as watch:
        watch.settle()
        known = {each.name for each in watch.seen()}
        for name in names:
            if name not in known:
                raise NothingThere(f"The broker knows no till {name}; see pos fleet.")
            watch.forget(name)


def _list(office: _Office, *, as_json: bool) -> None:
    from pos.fleet.roll import DOWN, ORDER, Standing
    from pos.fleet.watch import Watch

    with Watch(office.broker) as watch:
        watch.settle()
        seen = sorted(watch.seen(), key=lambda each: (ORDER[each.standing], each.name))
    if as_json:
        click.echo(json.dumps({"terminals": [_plain(each) for each in seen]}, ensure_ascii=False))
    else:
        for each in seen:
            click.echo(line_of(each))
        click.echo(_summary(seen))
    if any(each.standing in DOWN | {Standing.STOPPED, Standing.FAULT} for each in seen):
        sys.exit(1)


def _plain(seen: "Seen") -> dict[str, object]:
    report = seen.report
    return {
        "name": seen.name,
        "standing": seen.standing,
        "age_s": None if seen.age_s is None else round(seen.age_s, 1),
        "behind": seen.behind,
        "report": None if report is None else report.model_dump(mode="json", exclude={"session"}),
    }


def line_of(seen: "Seen") -> str:
    """One till in a line, for people and for grep."""
    report = seen.report
    told = [f"{seen.name:<24} {seen.standing:<10}"]
    if report is not None:
        told.append(f"{report.version:<8} {report.sales:>7} sales {seen.unfinished:>3} open")
    if seen.age_s is not None:
        told.append(f"{seen.age_s:>6.0f} s ago")
    if report is not None and report.stopped:
        told.append(report.stopped)
    elif (worst := seen.worst) is not None:
        told.append(f"{worst.part}: {worst.found}")
    return " ".join(told).rstrip()


def _summary(seen: "list[Seen]") -> str:
    counts: dict[str, int] = {}
    for each in seen:
        counts[each.standing] = counts.get(each.standing, 0) + 1
    told = ", ".join(f"{count} {standing}" for standing, count in sorted(counts.items()))
    return f"{len(seen)} tills" + (f": {told}" if told else "")


def _serve(office: _Office, port: int) -> None:
    from pos.fleet.metrics import serve
    from pos.fleet.watch import Watch

    with Watch(office.broker) as watch, serve(watch, port) as bound:
        click.echo(f"metrics on http://127.0.0.1:{bound}/metrics")
        _until_told()


def _until_told() -> None:
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ending.set())
    ending.wait()


def _screen(office: _Office) -> None:
    from pos.fleet.watch import Watch
    from pos.language import Language
    from pos.screens.fleet import FleetApp

    told: list[Callable[[], object]] = []
    with Watch(office.broker, lambda: [each() for each in told]) as watch:
        app = FleetApp(watch, Language(office.language), theme=office.theme)
        told.append(app.stir)
        app.run()
