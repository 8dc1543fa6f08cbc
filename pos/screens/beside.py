"""What may stand beside the till on the same screen: the demo's phone, or a trainee's customer.

Apart so that the counter's screen gives it room and keys without knowing which of them it is.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.containers import Vertical

from pos.language import Language
from pos.sale.view import View

COLUMNS = 37

# Where both do not fit side by side, it is laid over the till.
BESIDE_COLUMNS_MIN = 112


class Beside(Vertical):
    """Something with keys of its own. `WORD` is what the key P for it is called."""

    COVERED_FROM_AFAR = True  # customers' codes are drawn on it

    KEYS: ClassVar[Mapping[str, str]]
    WORD: ClassVar[str]

    @property
    def columns_taken(self) -> int:
        """Columns of the screen that it keeps from the till."""
        beside = self.app.size.width >= BESIDE_COLUMNS_MIN
        return COLUMNS + 1 if beside else 0

    def apply(self, view: View) -> None:
        """See the till's screen."""
        raise NotImplementedError

    def press(self, key: str) -> None:
        """Do what a letter of the keyboard stands for, one of KEYS."""
        raise NotImplementedError


# What makes it, once the screen is laid out.
Makes = Callable[[Language], Beside]
