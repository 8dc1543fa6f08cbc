"""The daily settlement: for each client the transaction, settlement and summary files of a day.

Apart from paying because it only reads the books, and because it must say the same of a day
however often it is asked: what a day was settled at is recorded before its files get their names,
and a day that reads otherwise later is refused, not settled anew.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from pos.errors import PosError, WrongUse
from pos.scheme.batches import Batch, batch_id, day_name, record, settled_currencies
from pos.scheme.book import utc_now
from pos.scheme.moments import (
    BUSINESS_ZONE,
    cancel_window_end_ms,
    day_begins_ms,
    day_of,
    milliseconds,
    moment,
)
from pos.scheme.settlement_files import (
    METHOD,
    SETTLEMENT_COLUMNS,
    SUMMARY_COLUMNS,
    TRANSACTION_COLUMNS,
    CsvFile,
    land,
    settled_at,
    settlement_path,
    settlement_row,
    transaction_row,
    transactions_path,
)
from pos.scheme.store import Store
from pos.scheme.terms import Terms, fee_given_back
from pos.scheme.turnover import Movement, clients, movements

DAY_MS = 86_400_000
CONTRADICTED_NAMES_MAX = 5


class SettledOtherwise(PosError):
    """A day reads otherwise than it was settled; its files were left as they are."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that is complete. `count_rows` leaves out the header and `<END>`."""

    path: Path
    count_rows: int


@dataclass(slots=True)
class _Sums:
    """What one batch adds up to while its items are written."""

    batch_id: str
    items: CsvFile | None = None
    counts: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    values: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    fees: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})

    def add(self, moved: Movement, fee: int) -> None:
        self.counts[moved.is_refund] += 1
        self.values[moved.is_refund] += moved.settled
        self.fees[moved.is_refund] += fee

    def net(self, *, is_refund: bool) -> int:
        gross = self.values[is_refund]
        return (-gross if is_refund else gross) - self.fees[is_refund]


class Settlement:
    """Settles days of one store into one folder. `psp_names` are the wallets' names on the wire."""

    def __init__(
        self,
        store: Store,
        into: Path,
        terms: Terms,
        psp_names: Mapping[str, str],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._into = into
        self._terms = terms
        self._psp_names = psp_names
        self._clock = clock

    def settle(self, day: date) -> Iterator[WrittenFile]:
        """Write the files of `day` (00:00 to 24:00 UTC+8) for every client, and name each.

        Raises WrongUse while payments of the day can still be cancelled, and, after every other
        client was served, SettledOtherwise for those whose day has changed since it was settled.
        """
        closes_ms = cancel_window_end_ms(day_begins_ms(day))
        if milliseconds(self._clock()) <= closes_ms:
            closes = moment(closes_ms).astimezone(BUSINESS_ZONE)
            raise WrongUse(
                f"Payments of {day} can be cancelled until {closes:%Y-%m-%d %H:%M} UTC+8; "
                "settle that day afterwards."
            )
        contradicted: list[str] = []
        with _alone_in(self._into):
            for client_id in clients(self._store):
                yield from self._settle_client(client_id, day, contradicted)
        if contradicted:
            named = ", ".join(contradicted[:CONTRADICTED_NAMES_MAX])
            raise SettledOtherwise(
                f"{day} reads otherwise than it was settled for {len(contradicted)} clients "
                f"({named}); their files were left alone: compare the books with them, and settle "
                "on the terms of that day."
            )

    def _settle_client(
        self, client_id: str, day: date, contradicted: list[str]
    ) -> Iterator[WrittenFile]:
        with ExitStack() as unfinished:
            listed = self._file(transactions_path(client_id, day), TRANSACTION_COLUMNS, unfinished)
            sums: dict[str, _Sums] = {}
            begins_ms = day_begins_ms(day)
            for moved in movements(self._store, client_id, begins_ms, begins_ms + DAY_MS):
                psp_name = self._psp_names.get(moved.wallet, moved.wallet)
                listed.write_row(
                    transaction_row(client_id, moved, psp_name, self._terms.transactions)
                )
                currency = moved.settled_currency
                if currency not in sums:
                    sums[currency] = self._open(client_id, day, currency, unfinished)
                self._write_item(client_id, day, moved, psp_name, sums[currency])
            for currency in settled_currencies(self._store, client_id, day) - set(sums):
                # Nothing moved in it, and its summary says so.
                sums[currency] = _Sums(batch_id(client_id, day, currency))
            files = [listed]
            for currency in sorted(sums):
                if (items := sums[currency].items) is not None:
                    files.append(items)
                files.append(self._summary(client_id, day, currency, sums[currency], unfinished))
            for file in files:
                file.finish()
            made = [_batch(client_id, day, currency, sums[currency]) for currency in sorted(sums)]
            if not record(self._store, client_id, day, made):
                contradicted.append(client_id)
                return
            land(files)
            for file in files:
                yield WrittenFile(file.path, file.count_lines - 2)

    def _file(self, path: Path, columns: tuple[str, ...], unfinished: ExitStack) -> CsvFile:
        file = CsvFile(self._into / path, columns)
        unfinished.callback(file.discard)
        return file

    def _open(self, client_id: str, day: date, currency: str, unfinished: ExitStack) -> _Sums:
        number = batch_id(client_id, day, currency)
        path = settlement_path("settlementItems", client_id, day, currency, number)
        return _Sums(number, self._file(path, SETTLEMENT_COLUMNS, unfinished))

    def _write_item(
        self, client_id: str, day: date, moved: Movement, psp_name: str, sums: _Sums
    ) -> None:
        fee = self._terms.fee(moved.wallet, day_of(moved.paid_at_ms)).of(
            moved.payment_settled, moved.settled_currency
        )
        if moved.is_refund:
            fee = -fee_given_back(fee, moved.payment_settled, moved.settled_before, moved.settled)
        sums.add(moved, fee)
        assert sums.items is not None  # noqa: S101 - opened with its first movement
        sums.items.write_row(
            settlement_row(
                sums.batch_id,
                client_id,
                moved,
                psp_name,
                fee,
                units=self._terms.settlement,
                settlement_time=settled_at(day),
            )
        )

    def _summary(
        self, client_id: str, day: date, currency: str, sums: _Sums, unfinished: ExitStack
    ) -> CsvFile:
        """One line for payments, one for refunds where there are any, and always the total."""
        path = settlement_path("settlementSummary", client_id, day, currency, sums.batch_id)
        file = self._file(path, SUMMARY_COLUMNS, unfinished)
        nets = {kind: sums.net(is_refund=kind) for kind in (False, True)}
        lines = [
            (name, sums.counts[kind], nets[kind])
            for name, kind in (("PAYMENT", False), ("REFUND", True))
            if sums.counts[kind]
        ]
        for name, count, net in [*lines, ("TOTAL", sum(sums.counts.values()), sum(nets.values()))]:
            file.write_row(
                (
                    sums.batch_id,
                    client_id,
                    self._terms.acquirer,
                    name,
                    settled_at(day),
                    str(count),
                    self._terms.settlement.text(net, currency),
                    currency,
                    METHOD,
                )
            )
        return file


def _batch(client_id: str, day: date, currency: str, sums: _Sums) -> Batch:
    return Batch(
        client_id,
        day_name(day),
        currency,
        sums.batch_id,
        payment_count=sums.counts[False],
        refund_count=sums.counts[True],
        payment_value=sums.values[False],
        refund_value=sums.values[True],
        fee_value=sum(sums.fees.values()),
        digest=sums.items.digest if sums.items else hashlib.sha256().hexdigest(),
    )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While inside, no other settlement writes into `folder`. Raises WrongUse if one does."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        descriptor = os.open(folder / ".settling", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as fault:
        raise WrongUse(
            f"Nothing can be written into {folder} ({fault.strerror}); name another with --into."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise WrongUse(
            f"Another settlement writes into {folder}; wait until it has ended."
        ) from None
    finally:
        os.close(descriptor)
