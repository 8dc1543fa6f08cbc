"""What `pos check` finds, as it is shown: its marks, in the shell and on the till's own screen.

Apart from the command so that the till, which shows the same lines, need not load it.
"""

from collections.abc import Iterator
from pathlib import Path

from pos.config import Settings
from pos.screens.examining import Found


def examined(settings: Settings, state: Path) -> Iterator[Found]:
    """Every part, one after the other; each may take seconds."""
    # It brings devices, network and keys, which a till that only sells has elsewhere.
    from pos.health import Standing, examine

    for each in examine(settings, state):
        grave = each.standing is Standing.FAULT
        yield Found(MARKS[each.standing.value], each.part, each.found, each.remedy, grave)


MARKS = {"good": "ok", "absent": "-", "unknown": "?", "poor": "!", "fault": "FAULT"}
