"""A settlement file as the till reads it: lines of a stranger's CSV into values, or a refusal.

Apart from the matching so that everything that can be wrong with a file is found here, named by
its line, and what comes out is sound. Columns are found by name, because later versions of the
files have more of them. Sources: docs.antom.com/ac/ams_upm/transactionitems and
docs.antom.com/ac/ams/settlementitems.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pos.errors import WrongUse
from pos.sale.money import EXPONENTS

END = "<END>"
LINE_BYTES_MAX = 16_384
LINES_MAX = 1_000_000
SHOWN_LETTERS_MAX = 64
YEAR_MIN, YEAR_MAX = 2000, 9000  # beyond, a time has no day in every zone

_COMMON = (
    "transactionId", "originalTransactionId", "transactionRequestId", "transactionType",
    "paymentTime", "transactionAmountValue", "transactionCurrency",
)  # fmt: skip
_SETTLEMENT_ONLY = (
    "settlementBatchId", "settlementAmountValue", "settlementCurrency", "feeAmountValue",
    "feeCurrency", "originalTransactionRequestId",
)  # fmt: skip
_MINOR = re.compile(r"-?\d{1,16}", re.ASCII)
_MAJOR = re.compile(r"(-?)(\d{1,13})(?:\.(\d{1,3}))?", re.ASCII)


class FileRefused(WrongUse):
    """The file cannot be relied on: not complete, not of a known form, or not readable."""


class FileKind(StrEnum):
    """Which of the two files it is, by its columns."""

    TRANSACTIONS = "transactionItems"
    SETTLEMENT = "settlementItems"


class Units(StrEnum):
    """How amounts are spelled: `12900` or `129.00`."""

    MINOR = "minor"
    MAJOR = "major"


# As the documentation has it for in-store transactions, and for what is settled.
USUAL_UNITS = {FileKind.TRANSACTIONS: Units.MINOR, FileKind.SETTLEMENT: Units.MAJOR}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what the scheme says of a payment or refund. Values are signed smallest units.

    `kind` is `PAYMENT`, `REFUND` or another of the API's; `original_*` name the payment that a
    refund gives back from. `net` and `fee` are of a settlement file only.
    """

    number: int
    kind: str
    request_id: str
    transaction_id: str
    original_id: str
    at: datetime
    value: int
    currency: str
    original_request_id: str = ""
    net: int | None = None
    net_currency: str = ""
    fee: int | None = None
    fee_currency: str = ""


class StatementReader:
    """Reads one file, a line at a time. `kind` is known once the first line was read."""

    def __init__(self, units: Units | None = None) -> None:
        self.kind: FileKind | None = None
        self._units = units
        self._columns: dict[str, int] = {}

    def read(self, raw_lines: Iterable[bytes]) -> Iterator[Line]:
        """The lines between header and `<END>`. `raw_lines` are cut after LINE_BYTES_MAX + 1.

        Raises FileRefused, naming the line, as soon as something is wrong, and at the end of a
        file without `<END>`: what came before may then be part of the truth only.
        """
        ended, number = False, 0
        for number, raw in enumerate(raw_lines, 1):
            text = _text(raw, number)
            if ended:
                raise _refused(number, f"something follows {END}")
            if number == 1:
                self._take_header(text.removeprefix("\ufeff"))
            elif text == END:
                ended = True
            else:
                yield self._line(text, number)
        if not ended:
            raise FileRefused(
                f"The file has no {END} as its last line, so it is not complete; fetch it again."
            )

    def _take_header(self, text: str) -> None:
        names = _cells(text, 1)
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _refused(1, f"the column {shown(twice)} is named twice")
        self._columns = {name: place for place, name in enumerate(names)}
        settles = "settlementBatchId" in self._columns
        self.kind = FileKind.SETTLEMENT if settles else FileKind.TRANSACTIONS
        self._units = self._units or USUAL_UNITS[self.kind]
        wanted = _COMMON + (_SETTLEMENT_ONLY if settles else ())
        missing = [name for name in wanted if name not in self._columns]
        if missing:
            raise FileRefused(
                f"The file has no column {', '.join(missing)}; name a transactionItems or "
                "settlementItems file."
            )

    def _line(self, text: str, number: int) -> Line:
        cells = _cells(text, number)
        if len(cells) != len(self._columns):
            raise _refused(
                number, f"it has {len(cells)} columns and the header has {len(self._columns)}"
            )
        row = {name: cells[place] for name, place in self._columns.items()}
        currency = _currency(row["transactionCurrency"], number)
        line = Line(
            number=number,
            kind=row["transactionType"],
            request_id=row["transactionRequestId"],
            transaction_id=row["transactionId"],
            original_id=row["originalTransactionId"],
            at=_time(row["paymentTime"], number),
            value=self._value(row["transactionAmountValue"], currency, number),
            currency=currency,
        )
        if self.kind is FileKind.TRANSACTIONS:
            return line
        return self._settled(line, row)

    def _settled(self, line: Line, row: dict[str, str]) -> Line:
        net_currency = _currency(row["settlementCurrency"], line.number)
        fee_currency = _currency(row["feeCurrency"] or net_currency, line.number)
        return replace(
            line,
            original_request_id=row["originalTransactionRequestId"],
            net=self._value(row["settlementAmountValue"], net_currency, line.number),
            net_currency=net_currency,
            fee=self._value(row["feeAmountValue"] or "0", fee_currency, line.number),
            fee_currency=fee_currency,
        )

    def _value(self, text: str, currency: str, number: int) -> int:
        """Signed smallest units."""
        if self._units is Units.MINOR:
            if _MINOR.fullmatch(text):
                return int(text)
        elif (match := _MAJOR.fullmatch(text)) and len(match[3] or "") <= EXPONENTS[currency]:
            return int(match[1] + match[2] + (match[3] or "").ljust(EXPONENTS[currency], "0"))
        raise _refused(
            number,
            f"{shown(text)} is not an amount of {currency} in {self._units} units (see --units)",
        )


def shown(text: str) -> str:
    """What a stranger wrote, safe to print: at most 64 printable ASCII characters, quoted."""
    cut = text[:SHOWN_LETTERS_MAX]
    kept = "".join(mark if mark.isascii() and mark.isprintable() else "?" for mark in cut)
    return f'"{kept}"' + ("..." if len(text) > SHOWN_LETTERS_MAX else "")


def _text(raw: bytes, number: int) -> str:
    if len(raw) > LINE_BYTES_MAX:
        raise _refused(number, f"it is longer than {LINE_BYTES_MAX} bytes")
    if number > LINES_MAX:
        raise FileRefused(f"The file has more than {LINES_MAX} lines; split it and try the parts.")
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _refused(number, "it is not UTF-8") from None


def _cells(text: str, number: int) -> list[str]:
    """The cells of one line. A quoted cell that goes on over the next line is refused."""
    try:
        cells = next(csv.reader([text], strict=True))
    except csv.Error:
        raise _refused(number, "it is not CSV") from None
    if not cells:
        raise _refused(number, "it is empty")
    return cells


def _currency(text: str, number: int) -> str:
    if text not in EXPONENTS:
        raise _refused(number, f"the currency {shown(text)} is not known")
    return text


def _time(text: str, number: int) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not YEAR_MIN <= at.year <= YEAR_MAX:
        raise _refused(number, f"the time {shown(text)} is not ISO 8601 with an offset")
    return at


def _refused(number: int, what: str) -> FileRefused:
    return FileRefused(f"Line {number} of the file cannot be read: {what}; fetch the file again.")
