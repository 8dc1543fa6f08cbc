"""Whether a code that is held up lets anybody in: one answer for each, and why.

Apart from the turnstile, which has a camera and lights, so that every rule can be walked without.
Moments are Unix seconds, by the gate's own clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pos.gate.book import Book, Entry
from pos.sale.ticket import Ticket
from pos.stamp import TicketKeys

# Somebody who holds a telephone a moment too long is not told that the ticket is used.
SAME_READ_S = 3.0


class Verdict(StrEnum):
    """What became of a code that was held up."""

    ADMITTED = "admitted"
    USED = "used"
    TOO_EARLY = "too early"
    TOO_LATE = "too late"
    REVOKED = "given back"
    OTHER_SITE = "other site"
    UNKNOWN = "no ticket"
    TWICE = "admitted twice"


@dataclass(frozen=True, slots=True)
class Admission:
    """The verdict on `ticket` (None where it is no true one). `where` and `used_at` tell of the
    first use, "" for this gate."""

    verdict: Verdict
    at: float
    ticket: Ticket | None = None
    where: str = ""
    used_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: its name among those of `site`, what it believes, and what it has entered.

    Early and late are forgiven by `leeway_s`.
    """

    name: str
    site: str
    keys: TicketKeys
    book: Book
    leeway_s: float


class Admitting:
    """The rules at one gate. `wall` are Unix seconds."""

    def __init__(self, gate: Gate, wall: Callable[[], float]) -> None:
        self._gate = gate
        self._wall = wall
        self._last = ("", 0.0)

    def present(self, text: str) -> Admission | None:
        """Decide, and enter whoever is admitted before it is said; None where it is only the
        ticket that was admitted a moment ago."""
        now = self._wall()
        ticket = self._gate.keys.ticket(text)
        if ticket is None:
            return Admission(Verdict.UNKNOWN, now)
        serial, until = self._last
        if ticket.serial == serial and now < until:
            self._last = (serial, now + SAME_READ_S)
            return None
        admission = self._decide(ticket, now)
        if admission.verdict is Verdict.ADMITTED:
            self._last = (ticket.serial, now + SAME_READ_S)
        return admission

    def _decide(self, ticket: Ticket, now: float) -> Admission:
        book, leeway_s = self._gate.book, self._gate.leeway_s
        if ticket.site != self._gate.site:
            return Admission(Verdict.OTHER_SITE, now, ticket)
        if book.revoked(ticket.serial):
            return Admission(Verdict.REVOKED, now, ticket)
        if (used := book.used(ticket.serial)) is not None:
            return Admission(Verdict.USED, now, ticket, *used)
        if now < ticket.begins_at - leeway_s:
            return Admission(Verdict.TOO_EARLY, now, ticket)
        if now >= ticket.ends_at + leeway_s:
            return Admission(Verdict.TOO_LATE, now, ticket)
        if not book.admit(Entry(ticket.serial, now, ticket.persons)):
            return Admission(Verdict.USED, now, ticket)
        return Admission(Verdict.ADMITTED, now, ticket)
