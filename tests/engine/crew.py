"""The staff of a test's shop: a cashier and a supervisor with a badge, in the product's own file.

Apart from the shop because where nobody has a PIN, nobody is ever asked for one.
"""

from dataclasses import dataclass
from pathlib import Path

from pos.roster import FILE_NAME, Roster
from pos.sale.input import LogIn
from pos.sale.secret import Secret
from pos.sale.staff import Member, StaffRole

KARI, OLA = LogIn("1", Secret("4071")), LogIn("2", Secret("907214"))
STRANGER = LogIn("3", Secret("4071"))
WRONG = Secret("0000")


@dataclass(frozen=True)
class Crew:
    """Kari, who sells, and Ola, who supervises and carries `badge`."""

    roster: Roster
    badge: str


def hired(folder: Path) -> Crew:
    """The file with both of them in it."""
    roster = Roster(folder / FILE_NAME)
    roster.add(Member("1", "Kari", StaffRole.CASHIER), KARI.pin.reveal())
    roster.add(Member("2", "Ola", StaffRole.SUPERVISOR), OLA.pin.reveal())
    return Crew(roster, roster.new_badge("2"))
