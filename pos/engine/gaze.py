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

    def follow(self, view: View, *, seeking: bool) -> None:
        """Look for what this moment waits for; `seeking` is whether somebody wants a receipt."""
        wanted = "code" if view.looking else ""
        if view.stage in FREE:
            sells = "product" if len(view.products) else ""
            wanted = "badge" if view.office.log_in_needed else "receipt" if seeking else sells
        if self._eye is None or wanted == self._looks_for:
            return
        self._looks_for = wanted
        if wanted == "product":
            # The phone that has just paid, or an article that lies there, is no new one.
            self._eye.resume()
        elif wanted:
            self._eye.arm()
        else:
            self._eye.disarm()
