"""What befell the till itself: it was started, contradicted, helped, or has lost entries.

Apart from the history that folds them because none of it is about one payment's life.
"""

from dataclasses import dataclass

from pos.sale.remote import HelperEvent


@dataclass(frozen=True, slots=True)
class Started:
    """A process of this terminal opened the journal. `at` is Unix seconds."""

    version: str
    at: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The process ended as it was asked to; after a power cut there is no such entry."""

    at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The switch said of a final payment something else than we hold; a person must look."""

    request_id: str
    says: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The switch remembers of this till what its journal does not: entries were lost here.

    `whole_until` is the last entry before this one, `seq` and `head` (64 hex digits) what the
    switch had been told of last. What follows, up to GapClosed, was fetched from the switch.
    """

    whole_until: int
    seq: int
    head: str
    at: float


@dataclass(frozen=True, slots=True)
class GapClosed:
    """All that the switch remembers is in the journal again; `count` payments and refunds were
    not. They may still be open."""

    count: int


Incident = Started | Stopped | Answered | Gap | GapClosed | HelperEvent

INCIDENTS: tuple[type[Incident], ...] = Incident.__args__
