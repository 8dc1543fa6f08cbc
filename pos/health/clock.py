"""Whether the till knows what time it is.

Apart because three witnesses are heard: the kernel's synchronisation, the switch's signed answer,
and the journal, whose newest entry cannot lie in the future. Amounts never depend on the clock;
receipts, shifts and the life of a certificate do.
"""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

from pos.health.diagnosis import Diagnosis, Standing

AHEAD_S_MAX = 60.0
BACK_S_MAX = 60.0
YEAR_MIN = 2026  # of this version: a board without a clock starts in 1970, or where it was put off
TIME_ERROR = 5  # what adjtimex answers while the clock is not synchronised
_TIMEX_BYTES = 512  # more than the kernel's struct timex on any machine

_REMEDY = (
    "Connect the till to the network until `timedatectl` says that the clock is synchronised; where"
    " there is none at night, fit a clock with a battery."
)


def clock(ahead_s: float | None, newest_s: float | None, root: Path) -> Diagnosis:
    """`ahead_s` is how far our clock is ahead of the switch's, `newest_s` the Unix time of the
    journal's newest entry; None where it is not known."""
    now_s = time.time()
    now = datetime.fromtimestamp(now_s, UTC).astimezone()
    told = f"{now:%Y-%m-%d %H:%M:%S %Z}"
    if now.year < YEAR_MIN:
        return Diagnosis("clock", Standing.FAULT, f"it says {told}, which is past", _REMEDY)
    if newest_s is not None and newest_s - now_s > BACK_S_MAX:
        found = f"it says {told}, and the journal's newest entry is later"
        return Diagnosis("clock", Standing.FAULT, found, _REMEDY)
    if ahead_s is not None:
        side = "ahead of" if ahead_s > 0 else "behind"
        told += f", {abs(ahead_s):.1f} s {side} the switch"
        if abs(ahead_s) > AHEAD_S_MAX:
            return Diagnosis("clock", Standing.FAULT, told, _REMEDY)
    synchronised = _synchronised(root)
    if synchronised:
        return Diagnosis("clock", Standing.GOOD, f"{told}, synchronised")
    if synchronised is None and ahead_s is None:
        return Diagnosis("clock", Standing.UNKNOWN, f"{told}, nobody tells whether that is right")
    if ahead_s is not None:
        return Diagnosis("clock", Standing.GOOD, told)
    return Diagnosis("clock", Standing.POOR, f"{told}, not synchronised", _REMEDY)


def _synchronised(root: Path) -> bool | None:
    """What systemd-timesyncd noted or the kernel says, None where neither may be asked."""
    if (root / "run/systemd/timesync/synchronized").exists():
        return True
    asked = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: read only
    try:
        state = int(ctypes.CDLL(None).adjtimex(asked))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR
