"""What befell the till itself: it was started, contradicted, or has lost entries.

Apart from the history that folds them because none of it is about one payment's life.
"""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """Nothing is sold any more, because of `cause`: a key of the language catalogue.

    `staff_id` is who said so, empty for the till itself. It holds until InOrder, also after a
    restart.
    """

    cause: str
    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class InOrder:
    """Somebody of the staff saw to it, and the till sells again."""

    staff_id: str
    at: float


Incident = Started | Stopped | Answered | Gap | GapClosed | OutOfOrder | InOrder

INCIDENTS: tuple[type[Incident], ...] = Incident.__args__
