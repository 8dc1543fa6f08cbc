"""What the scanner looks for: the customer's code, products, a badge, or nothing.

Apart from the loop because it follows the desk alone, whatever moved it.
"""

from pos.engine.parts import Eye
from pos.sale.till import FREE
from pos.sale.view import View


class Gaze:
    """Arms the eye anew whenever it is to look for something else."""

    def __init__(self, eye: Eye | None) -> None:
        self._eye = eye
        self._looks_for = ""

    def follow(self, view: View, *, products: bool, badge: bool) -> None:
        """Look for what this moment waits for; `products` is whether the shop has any, `badge`
        whether somebody has to log in first."""
        wanted = "code" if view.looking else ""
        if view.stage in FREE and (products or badge):
            wanted = "badge" if badge else "product"
        if self._eye is None or wanted == self._looks_for:
            return
        self._looks_for = wanted
        if wanted:
            self._eye.arm()
        else:
            self._eye.disarm()
