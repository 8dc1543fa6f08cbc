"""What the engine works with, given to it by whoever composes the terminal.

Apart so that clock, randomness, switch, eye and paper are all handed in: the simulator drives
the same engine with others.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from pos.errors import IllegalMove, JournalError, PosError
from pos.fingerprint import Fingerprints
from pos.journal import Journal
from pos.sale.carried import Carried
from pos.sale.catalogue import Catalogue
from pos.sale.configuration import Setting
from pos.sale.history import Entry, History
from pos.sale.merchant import Terminal
from pos.sale.mode import Mode
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Declined,
    FoundCancelled,
    Mismatch,
    Paid,
    ReversalDone,
)
from pos.sale.pursuit import Limits
from pos.sale.receipt import Receipt
from pos.sale.refund import Refunded, RefundRefused
from pos.sale.report import Report
from pos.sale.secret import Secret
from pos.sale.site import Site
from pos.sale.staff import Member, StaffRole
from pos.sale.ticket import Ticket
from pos.sale.vat import VatClass
from pos.sale.view import Notice, notice
from pos.switch.client import Switch


class Eye(Protocol):
    """The scanner, as the engine sees it."""

    def arm(self) -> None:
        """Forget what was seen and report codes from now on."""

    def resume(self) -> None:
        """Report codes from now on, but none that was told and has not left the view since."""

    def disarm(self) -> None:
        """Report nothing."""


class Paper(Protocol):
    """The printer, as the engine sees it: it answers everything later with one PrinterSays."""

    def print(self, receipt: Receipt) -> None:
        """Queue a receipt."""

    def report(self, report: Report) -> None:
        """Queue an X or Z report, which no customer waits for."""

    def look(self) -> None:
        """Ask whether the printer could print now."""

    def open_drawer(self) -> None:
        """Open the cash drawer."""


class Carrier(Protocol):
    """Receipts as texts that a customer carries home, signed by this terminal."""

    def texts(self, receipt: Receipt) -> tuple[str, ...]:
        """The receipt in full, and in shorter forms, longest first."""

    def is_ours(self, carried: Carried) -> bool:
        """Whether this terminal signed it."""


class Staff(Protocol):
    """The staff file, as the engine sees it."""

    def members(self) -> tuple[Member, ...]:
        """Everybody; nobody where the till asks for no PIN."""

    def has_pin(self, staff_id: str, pin: Secret) -> bool:
        """Whether it is their PIN."""

    def owner_of(self, pin: Secret, role: StaffRole) -> Member | None:
        """Who in this role has the PIN, or None."""

    def with_badge(self, badge: Secret) -> Member | None:
        """Whose badge it is, or None."""


class SigningKey(Protocol):
    """The cash register's key, as the engine sees it."""

    version: str

    def sign(self, text: str) -> str:
        """The signature of `text` in base64."""


class TicketStamp(Protocol):
    """The key of the site's tickets, as the engine sees it."""

    def stamped(self, ticket: Ticket) -> str:
        """The ticket's text, the same each time."""

    def publish(self, site: str, made_at: int, serials: frozenset[str]) -> None:
        """Put the list of tickets given back where gates find it; `made_at` is Unix seconds."""


class Shelf(Protocol):
    """The file of what is sold, as the engine sees it. `fault`: why a newer one is not taken."""

    @property
    def catalogue(self) -> Catalogue:
        """The products of the last good file."""

    @property
    def site(self) -> Site | None:
        """Whose tickets they are, or None."""

    @property
    def fault(self) -> Notice | None:
        """Why the file as it is now was refused, or None."""

    def look(self) -> bool:
        """Read the file when it changed; True when catalogue or fault did."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How this shop sells: the language of its lines, the VAT of keyed amounts, and tips."""

    language: str = "en"
    vat_class: VatClass = VatClass.STANDARD
    tips: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """Monotonic seconds for every wait; Unix seconds only for what people read."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


def random_id() -> str:
    """128 random bits: never a counter, so a card that rolled back cannot repeat one."""
    return secrets.token_hex(16)


@dataclass(slots=True)
class Parts:
    """The engine's surroundings. `eye`, `paper` and `shelf` are None where there is none.

    `watches` is whether what the static code brings is shown here, `tells_wallets` whether what
    each wallet can do. `staff` is None where nobody ever logs in; `pin_above` are the minor units
    above which a refund needs a supervisor. `stamp` is None where no tickets are issued,
    `register_key` where the till is no cash register, `zone` where it is that of this machine.
    `alive` is called whenever the engine comes round, in its own thread, and `noted` with each
    entry that is durable. `try_settings` says why pushed settings cannot hold here, or nothing.
    """

    journal: Journal
    switch: Switch
    fingerprints: Fingerprints
    terminal: Terminal
    mode: Mode
    eye: Eye | None = None
    paper: Paper | None = None
    shelf: Shelf | None = None
    terms: Terms = field(default_factory=Terms)
    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)
    new_id: Callable[[], str] = random_id
    watches: bool = False
    tells_wallets: bool = False
    carrier: Carrier | None = None
    stamp: TicketStamp | None = None
    staff: Staff | None = None
    pin_above: int | None = None
    register_key: SigningKey | None = None
    zone: tzinfo | None = None
    alive: Callable[[], object] = lambda: None
    noted: Callable[[int, Entry], object] = lambda _seq, _entry: None
    try_settings: Callable[[tuple[Setting, ...]], str] = lambda _: ""


# What may still be taken in once the disk has failed: it ends what is open, and pays nothing.
_ENDINGS = (
    CancelAsked, CancelDone, Declined, FoundCancelled, Mismatch, ReversalDone,
    Refunded, RefundRefused,
)  # fmt: skip


class Writer:
    """The one hand that writes the journal. After a failure `halt` says why nothing is sold.

    `history` is everything that is written down, and after a failure how what was open ended.
    When it was the disk that failed, `from_memory` is set: what is open is still worked to an end
    without money, kept in memory alone. The next start finds the same end by asking the switch.
    `unsure` are the payments whose success may or may not be written: they are left to it.
    """

    def __init__(
        self,
        journal: Journal,
        noted: Callable[[int, Entry], object] = lambda _seq, _entry: None,
    ) -> None:
        self._journal = journal
        self._noted = noted
        self.history: History = journal.history
        self.halt: Notice | None = None
        self.from_memory = False
        self.unsure: set[str] = set()

    def write(self, entry: Entry) -> bool:
        """Make `entry` durable; False when it changes nothing, or when the till has to halt."""
        if self.halt is not None:
            return self.from_memory and isinstance(entry, _ENDINGS) and self._remembered(entry)
        try:
            changed = self._journal.append(entry)
        except (JournalError, IllegalMove) as fault:
            self.stop(fault)
            if isinstance(entry, Paid):
                self.unsure.add(entry.request_id)
            return False
        if changed:
            self._noted(self._journal.seq, entry)
        return changed

    def tidy(self) -> None:
        """Fold the journal's log; a disk that fails over it halts the till."""
        try:
            self._journal.tidy()
        except JournalError as fault:
            self.stop(fault)

    def stop(self, fault: PosError) -> None:
        """Sell nothing from now on, because of `fault`; the first one stands."""
        if self.halt is None:
            self.halt = notice("halt.journal", grave=True, sentence=fault)
            self.from_memory = isinstance(fault, JournalError)

    def _remembered(self, entry: Entry) -> bool:
        try:
            changes = self.history.would_change(entry)
        except IllegalMove:
            return False
        if changes:
            self.history.apply(entry)
        return changes
