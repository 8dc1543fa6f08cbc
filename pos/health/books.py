"""The journal, read beside whoever writes it: is it whole, and is anything unfinished?

Apart from the journal because here a fault is told, not raised.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from pos.errors import PosError
from pos.folders import JOURNAL_NAME
from pos.health.diagnosis import Diagnosis, Standing
from pos.health.machine import read
from pos.journal import rows
from pos.sale.history import History
from pos.sale.pursuit import Limits

# The fields of entries that hold Unix seconds.
_TIMES = ("at", "opened_at")


class Books:
    """The journal of a till's folder as it is now. `newest_s` is its newest entry's Unix time."""

    def __init__(self, state: Path) -> None:
        self.newest_s: float | None = None
        self._fault = ""
        self._count = 0
        self._history = History()
        self._exists = (state / JOURNAL_NAME).exists()
        if not self._exists:
            return
        try:
            for row in rows(state / JOURNAL_NAME):
                row.fold_into(self._history)
                self._count = row.seq
                for name in _TIMES:
                    at_s = row.body.get(name)
                    if isinstance(at_s, int | float):
                        self.newest_s = max(self.newest_s or 0.0, float(at_s))
        except PosError as fault:
            self._fault = str(fault)
        except OSError as fault:
            self._fault = f"The journal cannot be read ({fault.strerror}); check the disk."

    def chain(self) -> Diagnosis:
        """Whether every entry hangs on the one before."""
        if not self._exists:
            return Diagnosis("journal", Standing.ABSENT, "nothing has been sold here yet")
        if self._fault:
            found, _, remedy = self._fault.partition("; ")
            return Diagnosis("journal", Standing.FAULT, found, remedy.capitalize())
        if self._history.gap is not None:
            found = f"entries after number {self._history.gap.whole_until} were lost"
            return Diagnosis("journal", Standing.FAULT, found, "Run pos recover.")
        return Diagnosis("journal", Standing.GOOD, f"{self._count} entries, unbroken")

    def unfinished(self) -> Diagnosis:
        """Payments and refunds whose outcome is not known yet."""
        payments, refunds = self._history.open_payments(), self._history.open_refunds()
        if self._fault:
            return Diagnosis("unfinished", Standing.UNKNOWN, "the journal cannot be trusted")
        if not payments and not refunds:
            return Diagnosis("unfinished", Standing.GOOD, "no payment and no refund")
        found = f"{len(payments)} payments, {len(refunds)} refunds"
        remedy = "Let the till run, or run pos recover: each is asked for until it is known."
        oldest_s = min((payment.opened_at for payment in payments), default=None)
        if oldest_s is None or time.time() - oldest_s < Limits().person_after_s:
            return Diagnosis("unfinished", Standing.POOR, found, remedy)
        at = datetime.fromtimestamp(oldest_s, UTC).astimezone()
        found += f", the oldest of {at:%Y-%m-%d %H:%M}"
        return Diagnosis("unfinished", Standing.FAULT, found, remedy)


def keeper(state: Path, root: Path) -> int | None:
    """The process that has the journal open for writing, None when none has.

    Read from the kernel's list of locks: to try the lock would keep a till from starting.
    """
    try:
        inode = (state / JOURNAL_NAME).with_suffix(".lock").stat().st_ino
    except OSError:
        return None
    for line in read(root / "proc/locks").splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
            return int(words[4])
    return None
