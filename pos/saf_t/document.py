"""The audit file put together and written piece by piece, however long the period is.

Apart from its parts because the order of them is the schema's, and none may be held in memory
twice.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import TextIO

from pos.errors import WrongUse
from pos.saf_t.company import Groups, address, company, header
from pos.saf_t.element import text_of
from pos.saf_t.events import Event, Events
from pos.saf_t.transactions import Transactions
from pos.sale.history import Entry, History
from pos.sale.merchant import Terminal
from pos.sale.signing import Signed

NAMESPACE = "urn:StandardAuditFile-Taxation-CashRegister:NO"

Entries = Callable[[], Iterable[tuple[int, Entry]]]


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both in the file; None where it is not bounded."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: str) -> bool:
        """Whether the day, as `2026-11-29`, is in it."""
        return (self.first is None or day >= self.first.isoformat()) and (
            self.last is None or day <= self.last.isoformat()
        )


@dataclass(frozen=True, slots=True)
class AuditFile:
    """One till's audit file. `entries` reads the journal from its first entry, as often as asked.

    `made` is the moment of writing, in the shop's zone.
    """

    terminal: Terminal
    history: History
    entries: Entries
    made: datetime
    version: str
    zone: tzinfo | None = None

    def write(self, file: TextIO, period: Period) -> int:
        """Write the file; how many sales and returns are in it.

        Raises WrongUse where the till is no cash register of Norway, or SettingsError.
        """
        terminal = self.terminal
        if terminal.store.country != "NO":
            raise WrongUse("The audit file is Norway's; a shop elsewhere uses pos report export.")
        signed = [each for each in self._signed() if period.holds(each.date)]
        unsigned = len(self.history.books.documents) - len(self.history.books.signatures.signed)
        if unsigned:
            raise WrongUse(
                f"{unsigned} sales are not signed: the audit file is a cash register's. Set "
                'terminal.role = "till" in the settings, start the till once, and try again.'
            )
        first, last = self._days(period, signed)
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<auditfile xmlns="{NAMESPACE}">\n')
        made = header(terminal, first, last, self.made, self.version)
        file.write(text_of("header", made) + "\n<company>\n")
        for name, content in company(terminal, self.history, self.zone):
            if content is not None:
                file.write(text_of(name, content) + "\n")
        file.write("<location>\n" + text_of("name", terminal.store.name))
        file.write(text_of("streetAddress", address(terminal)))
        file.write("\n<cashregister>\n" + text_of("registerID", terminal.reference) + "\n")
        for text in self._register(signed, period):
            file.write(text + "\n")
        file.write("</cashregister>\n</location>\n</company>\n</auditfile>\n")
        return len(signed)

    def _signed(self) -> list[Signed]:
        return self.history.books.signatures.signed

    def _days(self, period: Period, signed: list[Signed]) -> tuple[str, str]:
        today = f"{self.made:%Y-%m-%d}"
        days = [each.date for each in signed] or [today]
        first = period.first.isoformat() if period.first else min(days)
        last = period.last.isoformat() if period.last else max(days)
        return first, last

    def _register(self, signed: list[Signed], period: Period) -> Iterator[str]:
        groups, transactions = Groups(self.history), Transactions(self.history, self.zone)
        for event in self._events():
            if period.holds(f"{event.at:%Y-%m-%d}"):
                yield text_of("event", event.content(self.terminal, groups))
        for each in signed:
            yield text_of("cashtransaction", transactions.of(each))

    def _events(self) -> Iterator[Event]:
        return Events(self.terminal, self.zone).read(self.entries())


def now(zone: tzinfo | None) -> datetime:
    """This moment in the shop's zone."""
    return datetime.now(UTC).astimezone(zone)
