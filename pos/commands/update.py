"""`pos update`: make, sign, check and take releases of the program.

Apart from the installer because a till far away takes a release without anybody there: only one
that is signed, newer, and as well as the one before.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from pos import __version__
from pos.config import find, load
from pos.errors import PosError, WrongUse
from pos.folders import write_private
from pos.language import Language
from pos.update.place import Place
from pos.update.release import Release, ReleaseRefused, new_key, number, packed, read, signed
from pos.update.rest import Busy
from pos.update.taking import take as take_up

STAGE_S_MAX = 3600.0


@click.group()
def update() -> None:
    """Make, sign, check and take releases of the program."""


@update.command()
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Make the key that signs releases: the private one in FILE, the public one in FILE.pub.
    Every installation that is to trust it gets the second as /etc/samkassa/release.pub."""
    if file.exists():
        raise WrongUse(f"{file} is there already; name another, or take it away first.")
    pem, line = new_key()
    write_private(file, pem)
    file.with_name(f"{file.name}.pub").write_text(line + "\n")
    click.echo(line)


@update.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Wheels of everything it needs, so that a till needs no package index.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The file to write.")
def sign(source: Path, key_file: Path, wheels: Path | None, out: Path | None) -> None:  # fmt: skip
    """Pack the checkout SOURCE into one file and sign it."""
    version, content = packed(source, wheels)
    path = out or Path(f"samkassa-{version}.release")
    path.write_bytes(signed(version, content, key_file.read_bytes()))
    click.echo(str(path))


@update.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def verify(file: Path) -> None:
    """Say which version FILE is, if it is signed by whom this installation trusts, and newer."""
    click.echo(f"{_newer(file).version}, signed and whole")


@update.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def stage(file: Path) -> None:
    """Check FILE and install it beside the release that runs, which goes on. Nothing is taken up
    before pos update take, which every night runs by itself."""
    place, release = Place.of_machine(), _newer(file)
    with tempfile.TemporaryDirectory(prefix="samkassa-release-") as name:
        folder = Path(name)
        release.unpack(folder)
        done = subprocess.run(  # noqa: S603 - of a release that is signed
            [str(folder / "systemd/install.sh"), "--stage"],
            stdout=subprocess.PIPE, text=True, timeout=STAGE_S_MAX, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise ReleaseRefused("The release could not be installed: see the lines above.")
    staged = done.stdout.split()[-1]
    place.folder(staged)
    place.write_note("offered", {"release": staged, "version": release.version})
    click.echo(f"{staged} waits for the till to rest; now: pos update take")


@update.command()
@click.option("--release", metavar="NAME", help="One of /opt/samkassa/releases; else the staged.")
@click.option(
    "--wait",
    "wait_minutes",
    type=click.FloatRange(0, 1440),
    default=15.0,
    help="Minutes to wait for the end of sale and shift.",
    show_default=True,
)
@click.option(
    "--watch",
    "watch_seconds",
    type=click.FloatRange(1, 3600),
    default=90.0,
    help="Seconds that it must stay up on trial.",
    show_default=True,
)
def take(release: str | None, wait_minutes: float, watch_seconds: float) -> None:  # fmt: skip
    """Let the till take up the staged release, between sales and shifts. Exit 3 when it does not
    rest in time, with nothing changed; exit 1 when the release was worse and the one before is
    back."""
    place = Place.of_machine()
    named = release or str(place.note("offered").get("release", ""))
    if not named and not place.note("trial"):
        click.echo("Nothing is staged.")
        return
    try:
        take_up(
            place, named or place.current,
            wait_s=wait_minutes * 60, watch_s=watch_seconds, say=_say,
        )  # fmt: skip
    except Busy as busy:
        why = _words(place).say(busy.waits_for) if busy.waits_for else "the till does not answer"
        if not place.note("trial"):  # the night takes what the day could not
            place.write_note("offered", {"release": named})
        _say(f"{named} waits: {why}. The till stays with {place.current}.")
        sys.exit(3)


@update.command()
def status() -> None:
    """Which release runs, which is staged, which were left."""
    place = Place.of_machine()
    click.echo(f"runs     {place.current or 'nothing'}")
    click.echo(f"staged   {place.note('offered').get('release', 'nothing')}")
    if trial := place.note("trial"):
        click.echo(f"on trial {trial.get('trying')}")
    for folder in sorted((place.home / "releases").glob("*/refused")):
        click.echo(f"left     {folder.parent.name}: {folder.read_text('utf-8')}")


def _newer(file: Path) -> Release:
    """The release in FILE. Raises ReleaseRefused for one that is not newer than what runs."""
    release = read(file, Place.of_machine().trusted)
    if number(release.version) <= number(__version__):
        raise ReleaseRefused(
            f"{file} is {release.version}, and {__version__} runs here: only a newer release is "
            "taken; to go back, make the old one under a new version."
        )
    return release


def _words(place: Place) -> Language:
    try:
        named = os.environ.get("POS_CONFIG") or "/etc/samkassa/terminal.toml"
        settings = load(find(named, place.state))
    except PosError:
        return Language("en")
    return Language(settings.terminal.language)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
