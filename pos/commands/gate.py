"""`pos gate`: the turnstile. Reads tickets with the camera, lets each in once, offline."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from pos.commands.options import (
    config_option,
    json_option,
    opened,
    plain_device_errors,
    state_option,
)
from pos.config import GateSection, Settings
from pos.errors import SettingsError, WrongUse

if TYPE_CHECKING:
    from hardware.bench import Devices
    from pos.gate.admitting import Admission
    from pos.gate.turnstile import Turnstile
    from pos.stamp import TicketKeys

# A clock that was never set lets in, or keeps out, everybody for the wrong day.
CLOCK_FLOOR = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
SHARED_S = 3 * 86_400.0  # what a gate tells the others when it starts
STOP_S = 10.0
HOURS_FROM_MIN = 120


@click.command()
@click.option("--site", help="The site's reference, as its tickets name it.")
@click.option("--keys", metavar="FILE", help="Public keys, a line each (see pos tickets key).")
@click.option("--name", help="This gate's name among those of the site.")
@click.option(
    "--revoked", metavar="FILE|URL", multiple=True, help="A list of tickets given back; repeatable."
)
@click.option("--share", metavar="DIR", help="The folder in which the gates tell each other.")
@click.option("--leeway", type=click.IntRange(0, 240), help="Minutes early or late (15).")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop by itself after so long.")
@json_option
@state_option
@config_option
def gate(
    seconds: float | None,
    state: str | None,
    config: str | None,
    *,
    as_json: bool,
    site: str | None,
    keys: str | None,
    name: str | None,
    revoked: tuple[str, ...],
    share: str | None,
    leeway: int | None,
) -> None:
    """A turnstile: one line for each code that is held up, and lights and tones that differ for
    admitted, used, wrong time and no ticket. What is not said here stands under [gate] of the
    settings. Works without any link; what it cannot know then is said on standard error."""
    folder, settings = opened(state, config)
    given = {
        "site": site, "keys": keys, "name": name, "revoked": revoked or None, "share": share,
        "leeway_min": leeway,
    }  # fmt: skip
    section = _section(settings, {key: each for key, each in given.items() if each is not None})
    if time.time() < CLOCK_FLOOR:
        raise SettingsError("This machine's clock was never set; set it, or connect it to a link.")
    from pos.pulse import Pulse

    pulse = Pulse.of_service("gate")
    with (
        _open_gate(folder, settings, section, as_json=as_json) as turnstile,
        _told_to_end(turnstile.end),
    ):
        _say_what_is_known(turnstile, section)
        timer = threading.Timer(seconds, turnstile.end) if seconds is not None else None
        if timer is not None:
            timer.start()
        try:
            turnstile.run(lambda: pulse.beat("gate"))
        finally:
            pulse.ending()
            if timer is not None:
                timer.cancel()


@contextmanager
def _told_to_end(end: Callable[[], None]) -> Iterator[None]:
    """While inside, Ctrl+C and systemd end the gate between two tickets, not in the middle."""

    def caught(_number: int, _frame: FrameType | None) -> None:
        end()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, caught) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _section(settings: Settings, given: dict[str, object]) -> GateSection:
    before = settings.gate.model_dump() if settings.gate is not None else {}
    whole = before | given
    if not whole.get("site") or not whole.get("keys"):
        raise WrongUse(
            "Say which site this gate is of and which keys sign its tickets: --site and --keys, "
            "or [gate] of the settings."
        )
    try:
        return GateSection.model_validate(whole)
    except ValueError as fault:
        raise WrongUse("The site's reference has at most 24 letters and digits; the gate's name "
                       "letters, digits, hyphens and underscores.") from fault  # fmt: skip


@contextmanager
def _open_gate(
    folder: Path, settings: Settings, section: GateSection, *, as_json: bool
) -> Iterator["Turnstile"]:
    from hardware.bench import open_devices
    from hardware.decoder import Decoder
    from hardware.scanner import Scanner
    from pos.gate.admitting import Gate
    from pos.gate.book import Book
    from pos.gate.links import Links
    from pos.gate.turnstile import Turnstile
    from pos.terminal import device_spec

    keys = _keys(Path(section.keys))
    with ExitStack() as stack:
        book = stack.enter_context(Book(folder))
        with plain_device_errors():
            devices: Devices = open_devices(device_spec(settings))
        stack.callback(devices.close)
        if devices.camera is None:
            raise WrongUse("There is no camera; plug one in, or name one under [devices] camera.")
        share = Path(section.share) if section.share else None
        ours = book.since(time.time() - SHARED_S)
        links = Links(section.revoked, share, section.name, ours)
        turnstile = Turnstile(
            Gate(section.name, section.site, keys, book, section.leeway_min * 60.0),
            links,
            devices.indicator,
            tell=lambda admission: _print(turnstile, section, admission, as_json=as_json),
            complain=lambda sentence: click.echo(sentence, err=True),
        )
        stack.callback(turnstile.close)

        def trouble(sentence: str | None) -> None:
            click.echo(sentence or "The camera gives pictures again.", err=True)

        scanner = Scanner(
            devices.camera, Decoder(), lambda symbol: turnstile.read(symbol.text), trouble
        )
        thread = threading.Thread(target=scanner.run, name="scanner", daemon=True)
        scanner.arm()
        thread.start()
        try:
            yield turnstile
        finally:
            scanner.stop()
            thread.join(STOP_S)


def _keys(path: Path) -> "TicketKeys":
    from pos.stamp import TicketKeys

    try:
        return TicketKeys(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{path} cannot be read; write the public keys there.") from fault


def _say_what_is_known(turnstile: "Turnstile", section: GateSection) -> None:
    """What a gate goes by when it starts, and what it cannot know."""
    age_s = turnstile.list_age_s()
    if not section.revoked:
        said = "without a list of tickets given back: such a ticket is let in"
    elif age_s is None:
        said = "no list of tickets given back is held yet: such a ticket is let in"
    else:
        said = f"the list of tickets given back is {_age(age_s)} old"
    alone = "" if section.share else "; what other gates let in is not known here"
    click.echo(f"gate {section.name} of {section.site}: {said}{alone}.", err=True)


def _print(
    turnstile: "Turnstile", section: GateSection, admission: "Admission", *, as_json: bool
) -> None:
    """One line; never the code, and of its serial only what people call it."""
    ticket = admission.ticket
    list_age_s, others_age_s = turnstile.list_age_s(), turnstile.others_age_s()
    told: dict[str, object] = {
        "at": datetime.fromtimestamp(admission.at, UTC).isoformat(timespec="milliseconds"),
        "gate": section.name,
        "verdict": admission.verdict.value,
        "number": "" if ticket is None else ticket.number,
        "kind": "" if ticket is None else ticket.kind,
        "persons": 0 if ticket is None else ticket.persons,
        "used_at_gate": admission.where,
        "list_age_s": None if list_age_s is None else round(list_age_s),
        "others_age_s": None if others_age_s is None else round(others_age_s),
    }
    click.echo(json.dumps(told) if as_json else _line(admission, told))


def _line(admission: "Admission", told: Mapping[str, object]) -> str:
    at = datetime.fromtimestamp(admission.at, UTC).astimezone()
    parts = [f"{at:%H:%M:%S}", f"{told['verdict']:<14}"]
    if admission.ticket is not None:
        parts += [str(told["number"]), f"{told['kind']} x{told['persons']}"]
    if admission.used_at:
        used = datetime.fromtimestamp(admission.used_at, UTC).astimezone()
        parts.append(f"used {used:%Y-%m-%d %H:%M:%S} {admission.where or 'here'}")
    return "  ".join(parts)


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < HOURS_FROM_MIN else f"{minutes // 60} h"
