"""What the scanner looks for: the customer's code, products, a badge, or nothing.

Apart from the loop because it follows the desk alone, whatever moved it.
"""

from enum import Enum, auto

from pos.engine.parts import Eye
from pos.sale.till import FREE
from pos.sale.view import View


class Sought(Enum):
    """What the scanner may look for."""

    NOTHING = auto()
    CODE = auto()
    PRODUCT = auto()
    RECEIPT = auto()
    BADGE = auto()


class Gaze:
    """Arms the eye anew whenever it is to look for something else."""

    def __init__(self, eye: Eye | None) -> None:
        self._eye = eye
        self._looks_for = Sought.NOTHING

    def follow(self, view: View, *, seeking: bool) -> None:
        """Look for what this moment waits for; `seeking` is whether somebody wants a receipt."""
        wanted = Sought.CODE if view.looking else Sought.NOTHING
        if view.stage in FREE:
            wanted = _while_free(view, seeking=seeking)
        if self._eye is None or wanted is self._looks_for:
            return
        self._looks_for = wanted
        if wanted is Sought.PRODUCT:
            # The phone that has just paid, or an article that lies there, is no new one.
            self._eye.resume()
        elif wanted is Sought.NOTHING:
            self._eye.disarm()
        else:
            self._eye.arm()


def _while_free(view: View, *, seeking: bool) -> Sought:
    """What is looked for while no sale is on the desk."""
    if view.office.log_in_needed:
        return Sought.BADGE
    if seeking:
        return Sought.RECEIPT
    return Sought.PRODUCT if len(view.products) else Sought.NOTHING
