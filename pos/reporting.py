"""What this till tells a fleet, and through whom, as its settings have it.

Apart from the terminal, which joins it, and from the fleet, which knows no settings.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pos.config import Settings
from pos.language import Language
from pos.sale.configuration import Configure

if TYPE_CHECKING:
    from pos.fleet.report import Part
    from pos.fleet.reporter import Reporter

Examine = Callable[[Settings, Path], Iterable["Part"]]


def reporter_of(
    settings: Settings,
    state: Path,
    mode: str,
    examine: Examine | None,
    put: Callable[[Configure], bool],
) -> "Reporter | None":
    """Whoever reports, not begun; None where nobody watches, or nobody can `examine` the machine.

    Raises SettingsError for files or a key that cannot be used.
    """
    fleet, parties = settings.fleet, settings.parties()
    if fleet is None or examine is None:
        return None
    from pos.fleet.line import Broker
    from pos.fleet.reporter import Reporter, Surroundings, Who

    user = fleet.name if fleet.password_file else ""
    return Reporter(
        Who(fleet.name, parties.store.name, parties.reference, mode),
        Broker(fleet.broker, user, fleet.password_file, fleet.ca_file),
        fleet.public_key,
        Surroundings(Language("en").notice, lambda: examine(settings, state), put),
    )
