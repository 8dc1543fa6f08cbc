"""`pos staff`: who may work the till.

Apart from the till's own screens because taking somebody on is the owner's, at the shop's own
computer or on the card.
"""

from pathlib import Path

import click
import segno

from pos.commands.options import state_option, typed_pin
from pos.errors import WrongUse
from pos.folders import state_folder
from pos.roster import FILE_NAME, Roster
from pos.sale.staff import Member, StaffRole


@click.group()
def staff() -> None:
    """Who may work the till: with nobody here, it asks for no PIN."""


@staff.command()
@click.argument("number")
@click.argument("name")
@click.option("--supervisor", is_flag=True, help="May also train, unlock, and approve refunds.")
@state_option
def add(number: str, name: str, state: str | None, *, supervisor: bool) -> None:
    """Take somebody on as NUMBER (1 to 6 digits); asks for a PIN."""
    role = StaffRole.SUPERVISOR if supervisor else StaffRole.CASHIER
    _roster(state).add(Member(number, name, role), typed_pin(twice=True))
    click.echo(f"{number} {name} {role}")


@staff.command()
@click.argument("number")
@state_option
def pin(number: str, state: str | None) -> None:
    """Give somebody a new PIN, which also unlocks them."""
    _roster(state).set_pin(number, typed_pin(twice=True))
    click.echo(f"{number} has a new PIN")


@staff.command()
@click.argument("number")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@state_option
def badge(number: str, file: Path, state: str | None) -> None:
    """Draw a new badge to print, as FILE.png or FILE.svg; the old one is dead at once."""
    if file.suffix not in (".png", ".svg"):
        raise WrongUse(f"{file} is neither .png nor .svg; name one that is.")
    code = segno.make_qr(_roster(state).new_badge(number), error="m")
    try:
        code.save(str(file), scale=8, border=4)
    except OSError as fault:
        raise WrongUse(
            f"The file {file} cannot be written ({fault.strerror}); name another."
        ) from fault
    click.echo(f"{file} is the badge of {number}: whoever holds it can log in")


@staff.command()
@click.argument("number")
@state_option
def remove(number: str, state: str | None) -> None:
    """Let somebody go. What they sold stays theirs in the journal."""
    _roster(state).remove(number)
    click.echo(f"{number} is gone")


@staff.command("list")
@state_option
def list_(state: str | None) -> None:
    """One line for each member of staff."""
    for member in _roster(state).members():
        click.echo(f"{member.staff_id:>6} {member.role:<10} {member.name}")


def _roster(state: str | None) -> Roster:
    return Roster(state_folder(state) / FILE_NAME)
