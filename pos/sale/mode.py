"""The ways to use the till, as data.

Apart so that no other file asks which mode it is in: they read a rule from here.
"""

from dataclasses import dataclass

STAFF_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Mode:
    """Rules of one way to use the till. `idle_reset_s` is None where a cashier watches.

    `preview` is whether the camera's picture is shown while a code is waited for, `headless`
    whether lights and a voice are all that a customer is told by. `both` is whether a code of
    ours may be shown while the camera looks for the customer's, `entrance` whether the tickets of
    a site are sold. An unattended till ends its day by itself. `pretend` is where customers,
    wallets and switch are pretended: everything shown or printed says so.
    """

    name: str
    gives_back: bool
    idle_reset_s: float | None
    preview: bool = False
    both: bool = False
    headless: bool = False
    entrance: bool = False
    pretend: bool = False

    def patience_s(self, *, waits_for_staff: bool) -> float | None:
        """After how many idle seconds what is on the desk is given up; None for never.

        A customer who waits for somebody of the staff is not hurried.
        """
        if self.idle_reset_s is None or not waits_for_staff:
            return self.idle_reset_s
        return max(STAFF_PATIENCE_S, self.idle_reset_s)

    @property
    def self_service(self) -> bool:
        """Whether customers serve themselves."""
        return self.idle_reset_s is not None


COUNTER = Mode("counter", gives_back=True, idle_reset_s=None, preview=True)
TRAINING = Mode("training", gives_back=True, idle_reset_s=None, preview=True, pretend=True)
KIOSK = Mode("kiosk", gives_back=False, idle_reset_s=60.0, both=True, entrance=True)
CHECKOUT = Mode("checkout", gives_back=False, idle_reset_s=60.0, headless=True)
