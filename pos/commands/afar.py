"""What every till that works for long gives its fleet: health while it runs, and a new start.

Apart from the commands because each of them does both the same way.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pos.config import Settings

if TYPE_CHECKING:
    from pos.fleet.report import Part


def examine(settings: Settings, state: Path) -> "Iterable[Part]":
    """The health of this machine; what looks at it is imported when somebody asks."""
    from pos.health.afar import parts

    return parts(settings, state)


def start_again() -> NoReturn:
    """Begin anew with the same arguments; whoever supervises the process sees no other one."""
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line
