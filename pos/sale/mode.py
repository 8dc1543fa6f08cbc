"""The ways to use the till, as data.

Apart so that no other file asks which mode it is in: they read a rule from here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """Rules of one way to use the till. `idle_reset_s` is None where a cashier watches.

    `preview` is whether the camera's picture is shown while a code is waited for. `both` is
    whether a code of ours may be shown while the camera looks for the customer's, `entrance`
    whether the tickets of a site are sold. An unattended till ends its day by itself. `pretend` is
    where customers, wallets and switch are pretended: everything shown or printed says so.
    """

    name: str
    gives_back: bool
    idle_reset_s: float | None
    preview: bool = False
    both: bool = False
    entrance: bool = False
    pretend: bool = False


COUNTER = Mode("counter", gives_back=True, idle_reset_s=None, preview=True)
TRAINING = Mode("training", gives_back=True, idle_reset_s=None, preview=True, pretend=True)
KIOSK = Mode("kiosk", gives_back=False, idle_reset_s=60.0, both=True, entrance=True)
CHECKOUT = Mode("checkout", gives_back=False, idle_reset_s=60.0)
