"""What every screen is given: where inputs go, which words to use, what time it is.

Apart so that screens know neither the application object nor the engine behind it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pos.language import Language
from pos.sale.input import Input
from pos.screens.beside import Makes
from pos.screens.examining import Examine
from pos.screens.qr import QrForm


@dataclass(frozen=True, slots=True)
class Front:
    """`put` hands an Input to the till and returns False when the till cannot take it now.

    `clock` gives the monotonic seconds that Views are written in. `beside` makes what stands beside
    the till, where anything does. `examine` looks at every part of the till, which takes seconds.
    """

    put: Callable[[Input], bool]
    language: Language
    clock: Callable[[], float] = time.monotonic
    qr_form: QrForm = QrForm.AUTO
    beside: Makes | None = None
    examine: Examine | None = None
