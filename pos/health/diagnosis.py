"""What is said of one part of a till.

Apart from the parts so that whoever shows it, a shell or a screen, needs none of them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a part stands. Only FAULT keeps a till from selling, or from selling safely."""

    GOOD = "good"
    ABSENT = "absent"  # not there, and not asked for
    UNKNOWN = "unknown"  # it cannot be told here, or not now
    POOR = "poor"  # it works, and should be looked after
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line: the part, how it stands, what was found, and what to do about it, or ""."""

    part: str
    standing: Standing
    found: str
    remedy: str = ""
