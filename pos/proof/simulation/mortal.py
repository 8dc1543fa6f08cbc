"""The journal, the store and the wallets of the product, made mortal.

Apart from the world because each is the product's own class with nothing changed but that it
may die, or fall silent, before and after each thing it does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from pos.journal import Journal
from pos.proof.simulation.fate import Fate
from pos.sale.history import Entry
from pos.scheme.partners import Charge, Outcome, PartnerUnreachable
from pos.scheme.store import Store
from pos.scheme.wallet import SimulatedWallet


class MortalJournal(Journal):
    """The journal of a till that may die before and after every entry."""

    def __init__(self, path: Path, step: Callable[[], None]) -> None:
        super().__init__(path)
        self._step = step

    def append(self, entry: Entry) -> bool:
        """As the product's, between two chances to die."""
        self._step()
        written = super().append(entry)
        self._step()
        return written


class MortalStore(Store):
    """The store of a switch that may die before and after every transaction."""

    step: Callable[[], None] | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As the product's, between two chances to die."""
        if self.step is not None:
            self.step()
        with super().write() as connection:
            yield connection
        if self.step is not None:
            self.step()


@dataclass(frozen=True, slots=True)
class FarWallet:
    """A wallet behind a line that may fail before or after the wallet has acted."""

    wallet: SimulatedWallet
    fate: Fate

    @property
    def name(self) -> str:
        """The wallet's."""
        return self.wallet.name

    @property
    def psp_name(self) -> str:
        """The wallet's."""
        return self.wallet.psp_name

    @property
    def currency(self) -> str:
        """The wallet's."""
        return self.wallet.currency

    def holder(self, code: str) -> str | None:
        """See Partner."""
        with self._line():
            return self.wallet.holder(code)

    def charge(self, charge: Charge) -> Outcome:
        """See Partner."""
        with self._line():
            return self.wallet.charge(charge)

    def status(self, payment_id: str) -> Outcome | None:
        """See Partner."""
        with self._line():
            return self.wallet.status(payment_id)

    def close(self, payment_id: str) -> Outcome:
        """See Partner."""
        with self._line():
            return self.wallet.close(payment_id)

    def reverse(self, payment_id: str) -> bool:
        """See Partner."""
        with self._line():
            return self.wallet.reverse(payment_id)

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """See Partner."""
        with self._line():
            self.wallet.refund(refund_id, payment_id, value)

    @contextmanager
    def _line(self) -> Iterator[None]:
        if self.fate.strikes(self.fate.rates.wallet_unreachable):
            raise PartnerUnreachable("The request was lost.")
        yield
        if self.fate.strikes(self.fate.rates.wallet_unreachable):
            raise PartnerUnreachable("The answer was lost.")
