"""The files of a settled day: their names, columns and lines, and how they reach the disk.

Apart from the job so that the documented form can be read against the code in one sitting. Sources:
docs.antom.com/ac/ams_upm/transactionitems, docs.antom.com/ac/ams/settlementitems and
docs.antom.com/ac/reconcile/settlement_summary: UTF-8, a header row, `<END>` as the last line.
"""

import csv
import hashlib
import os
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pos.scheme.moments import BUSINESS_ZONE, moment
from pos.scheme.terms import Units
from pos.scheme.turnover import Movement
from pos.switch.wire import time_text

END = "<END>"
FILE_INDEX = "000"
METHOD = "CONNECT_WALLET"
PRODUCT = "IN_STORE_PAYMENT"
SETTLED_AT = time(8)  # UTC+8, on the day after
# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@")

TRANSACTION_COLUMNS = (
    "customerId", "referenceMerchantId", "referenceStoreId", "transactionId",
    "originalTransactionId", "transactionRequestId", "referenceTransactionId", "orderDescription",
    "paymentMethodType", "pspName", "transactionType", "paymentTime", "productCode",
    "transactionAmountValue", "transactionCurrency",
)  # fmt: skip
SETTLEMENT_COLUMNS = (
    "settlementBatchId", "customerId", "transactionId", "originalTransactionId",
    "transactionRequestId", "paymentMethodType", "pspName", "transactionType", "paymentTime",
    "settlementTime", "productCode", "transactionAmountValue", "transactionCurrency",
    "settlementAmountValue", "settlementCurrency", "feeAmountValue", "feeCurrency",
    "originalTransactionRequestId",
)  # fmt: skip
SUMMARY_COLUMNS = (
    "settlementBatchId", "customerId", "PSP", "summaryType", "settlementInitiatedDate", "count",
    "settlementAmountValue", "settlementCurrency", "paymentMethodType",
)  # fmt: skip


def folder_of(client_id: str, day: date) -> Path:
    """Where the files dated `day` lie, below the folder that is offered for collection."""
    return Path("v1", "settlements", client_id, f"{day:%Y%m%d}")


def transactions_path(client_id: str, day: date) -> Path:
    """The transaction items of `day`."""
    name = f"transactionItems_{day:%Y%m%d}_{FILE_INDEX}.csv"
    return folder_of(client_id, day) / name


def settlement_path(kind: str, client_id: str, day: date, currency: str, batch_id: str) -> Path:
    """The settlement items or summary of `day`, in the folder of the day after."""
    name = f"{kind}_CONNECTWALLET_{currency}_{batch_id}_{FILE_INDEX}.csv"
    return folder_of(client_id, day + timedelta(days=1)) / name


def settled_at(day: date) -> str:
    """When the money of `day` is paid out, as the files spell it."""
    return time_text(datetime.combine(day + timedelta(days=1), SETTLED_AT, BUSINESS_ZONE))


def transaction_row(
    client_id: str, moved: Movement, psp_name: str, units: Units
) -> tuple[str, ...]:
    """The line of a payment or refund, in the order of TRANSACTION_COLUMNS; never negative."""
    return (
        client_id,
        plain_text(moved.merchant_reference),
        plain_text(moved.store_reference),
        moved.transaction_id,
        moved.payment_id if moved.is_refund else "",
        moved.request_id,
        plain_text(moved.order_reference),
        "" if moved.is_refund else plain_text(moved.order_description),
        METHOD,
        psp_name,
        _type(moved),
        _time(moved),
        PRODUCT,
        units.text(moved.value, moved.currency),
        moved.currency,
    )


def settlement_row(
    batch_id: str,
    client_id: str,
    moved: Movement,
    psp_name: str,
    fee: int,
    *,
    units: Units,
    settlement_time: str,
) -> tuple[str, ...]:
    """The line of a payment or refund, in the order of SETTLEMENT_COLUMNS.

    The settlement amount is what the client gets: below zero for a refund. The fee is below zero
    where it is given back. Payment - fee, or - refund - fee, is the settlement amount, each in the
    currency in which the client is paid out.
    """
    net = (-moved.settled if moved.is_refund else moved.settled) - fee
    return (
        batch_id,
        client_id,
        moved.transaction_id,
        moved.payment_id if moved.is_refund else "",
        moved.request_id,
        METHOD,
        psp_name,
        _type(moved),
        _time(moved),
        settlement_time,
        PRODUCT,
        units.text(moved.value, moved.currency),
        moved.currency,
        units.text(net, moved.settled_currency),
        moved.settled_currency,
        units.text(fee, moved.settled_currency),
        moved.settled_currency,
        moved.payment_request_id if moved.is_refund else "",
    )


def plain_text(text: str) -> str:
    """What a merchant wrote, on one line, and as text also for a spreadsheet."""
    line = "".join(mark if mark.isprintable() else " " for mark in text)
    return f"'{line}" if line.startswith(_FORMULA) else line


class CsvFile:
    """A file that appears under its name only when it is complete.

    `write_row` as often as wanted, then `finish`, then `take_name`; or `discard`. Memory does not
    grow with its length. `digest` (SHA-256) and `count_lines` are of what was written so far.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.count_lines = 0
        self._hash = hashlib.sha256()
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._unfinished = path.with_name(f".{path.name}.part")
        self._file = self._unfinished.open("wb")
        self._csv = csv.writer(self, lineterminator="\n")
        self.write_row(columns)

    @property
    def digest(self) -> str:
        """SHA-256 of the file so far, hexadecimal."""
        return self._hash.hexdigest()

    def write_row(self, row: Sequence[str]) -> None:
        """Add one line."""
        self._csv.writerow(row)

    def write(self, text: str) -> int:
        """Add `text` as it is; how the csv module hands lines over."""
        raw = text.encode()
        self._hash.update(raw)
        self.count_lines += 1
        return self._file.write(raw)

    def finish(self) -> None:
        """Close the list, and have it on the disk."""
        self.write(END + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def take_name(self) -> None:
        """Give the finished file its name, in one step."""
        self._unfinished.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind of a file that has not landed; may be called twice, and after."""
        self._file.close()
        self._unfinished.unlink(missing_ok=True)


def land(files: Sequence[CsvFile]) -> None:
    """Give finished files their names, and have the names on the disk."""
    for file in files:
        file.take_name()
    for folder in {file.path.parent for file in files}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _type(moved: Movement) -> str:
    return "REFUND" if moved.is_refund else "PAYMENT"


def _time(moved: Movement) -> str:
    return time_text(moment(moved.at_ms).astimezone(BUSINESS_ZONE))
