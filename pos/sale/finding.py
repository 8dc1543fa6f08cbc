"""What matching a settlement file with the journal finds: verdicts, and the sums of both sides.

Apart from the rules so that commands and tests speak of findings without knowing how one is made.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

SCHEME_ZONE = timezone(timedelta(hours=8))
DAY_S = 86_400.0


class Verdict(StrEnum):
    """What a line of the file, or an entry of the journal, turned out to be."""

    MATCHED = "matched"
    EXPECTED = "expected"  # not beside each other in this file, and rightly so
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict. `line` is of the file, 0 for an entry that only the journal has.

    `reason` is a word for machines, `sentence` one for people.
    """

    verdict: Verdict
    reason: str
    kind: str
    request_id: str
    line: int
    sentence: str


@dataclass(slots=True)
class Totals:
    """Smallest units of one currency; `net` and `fee` as a settlement file has them."""

    file_paid: int = 0
    file_refunded: int = 0
    journal_paid: int = 0
    journal_refunded: int = 0
    fee: int = 0
    settled: int = 0

    @property
    def difference(self) -> int:
        """What the file has more than the journal, after refunds."""
        return (self.file_paid - self.file_refunded) - (self.journal_paid - self.journal_refunded)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a file, in Unix seconds: from `begins` until before `ends`."""

    begins: float
    ends: float

    @classmethod
    def of(cls, first: date, last: date) -> "Period":
        """From 00:00 UTC+8 of `first` to 24:00 of `last`."""
        begins = datetime.combine(first, time(), SCHEME_ZONE).timestamp()
        return cls(begins, datetime.combine(last, time(), SCHEME_ZONE).timestamp() + DAY_S)
