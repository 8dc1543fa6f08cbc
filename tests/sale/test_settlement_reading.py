"""Settlement files from a stranger: read by column name, or refused with the line named."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.settlement import (
    LINE_BYTES_MAX,
    LINES_MAX,
    FileKind,
    FileRefused,
    Line,
    StatementReader,
    Units,
    shown,
)

TRANSACTIONS = (
    "customerId,transactionId,originalTransactionId,transactionRequestId,transactionType,"
    "paymentTime,transactionAmountValue,transactionCurrency"
)
SETTLEMENT = (
    TRANSACTIONS + ",settlementBatchId,settlementAmountValue,settlementCurrency,feeAmountValue,"
    "feeCurrency,originalTransactionRequestId"
)
PAID = "C,p-1,,r-1,PAYMENT,2026-03-01T12:00:03+01:00,12900,NOK"
SETTLED = "C,f-1,p-1,b-1,REFUND,2026-03-01T12:20:00+01:00,30.00,NOK,B-1,-29.70,NOK,-0.30,NOK,r-1"


def read(*lines: str, units: Units | None = None) -> list[Line]:
    """The lines of a file."""
    return list(StatementReader(units).read(f"{line}\n".encode() for line in lines))


def test_a_line_of_either_file_is_read_in_its_usual_units() -> None:
    """Transactions in smallest units, settlements with decimals; the kind is told by columns."""
    at = datetime(2026, 3, 1, 11, 0, 3, tzinfo=UTC)
    assert read(TRANSACTIONS, PAID, "<END>") == [
        Line(2, "PAYMENT", "r-1", "p-1", "", at, 12900, "NOK")
    ]
    reader = StatementReader()
    raw = f"{SETTLEMENT}\r\n{SETTLED}\r\n<END>\r\n".encode().splitlines(keepends=True)
    (line,) = reader.read(raw)
    assert reader.kind is FileKind.SETTLEMENT
    assert (line.value, line.net, line.fee) == (3000, -2970, -30)
    assert (line.original_id, line.original_request_id) == ("p-1", "r-1")


def test_units_may_be_said() -> None:
    """Each kind in the units that it is not usually in; a currency without decimals in both."""
    assert read(TRANSACTIONS, PAID.replace("12900", "129.00"), "<END>", units=Units.MAJOR)[0].value
    minor = SETTLED.replace("30.00", "3000").replace("-29.70", "-2970").replace("-0.30", "-30")
    assert read(SETTLEMENT, minor, "<END>", units=Units.MINOR)[0].net == -2970
    yen = PAID.replace("NOK", "JPY")
    assert [read(TRANSACTIONS, yen, "<END>", units=u)[0].value for u in Units] == [12900, 12900]


def test_later_versions_may_have_more_columns_in_another_order() -> None:
    """A byte order mark does no harm either."""
    header = "\ufefftransactionCurrency,ARN," + TRANSACTIONS.replace(",transactionCurrency", "")
    line = "NOK,74," + PAID.replace(",NOK", "")
    assert read(header, line, "<END>")[0].value == 12900


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "no <END>"),
        ([TRANSACTIONS, PAID], "no <END>"),
        ([TRANSACTIONS, "<END>", PAID], "Line 3.*something follows"),
        (["customerId,transactionId", "<END>"], "no column originalTransactionId, transaction"),
        (["<END>"], "no column"),
        ([TRANSACTIONS + ",settlementBatchId"], "no column settlementAmountValue"),
        ([TRANSACTIONS + ",customerId"], 'Line 1.*"customerId" is named twice'),
        ([TRANSACTIONS, PAID + ",x"], "Line 2.*9 columns and the header has 8"),
        ([TRANSACTIONS, PAID, ""], "Line 3.*it is empty"),
        ([TRANSACTIONS, PAID.replace("12900", "129.00")], "Line 2.*minor units.*--units"),
        ([TRANSACTIONS, PAID.replace("12900", "1e5")], "Line 2.*not an amount"),
        ([TRANSACTIONS, PAID.replace("12900", "١٢")], "Line 2.*not an amount"),
        ([TRANSACTIONS, PAID.replace("NOK", "XXX")], 'Line 2.*"XXX" is not known'),
        ([TRANSACTIONS, PAID.replace("T12:00:03+01:00", "")], "Line 2.*ISO 8601"),
        ([TRANSACTIONS, PAID.replace("+01:00", "")], "Line 2.*ISO 8601"),
        ([TRANSACTIONS, PAID.replace("2026-03-01", "9999-12-31")], "Line 2.*ISO 8601"),
        ([TRANSACTIONS, 'C,"p-1'], "Line 2.*not CSV"),
        ([TRANSACTIONS, "x" * (LINE_BYTES_MAX + 1)], "Line 2.*longer than"),
        ([SETTLEMENT, SETTLED.replace("30.00", "30.001")], "Line 2.*major units"),
    ],
)
def test_what_cannot_be_relied_on_is_refused(lines: list[str], told: str) -> None:
    """One sentence with the line and the fault."""
    with pytest.raises(FileRefused, match=told):
        read(*lines)


def test_bytes_that_are_no_text_are_refused() -> None:
    """Not guessed at in another encoding."""
    with pytest.raises(FileRefused, match=r"Line 1.*UTF-8"):
        list(StatementReader().read([b"customer\xe6\n"]))


def test_a_file_without_end_is_given_up() -> None:
    """However many lines a stranger sends, so many are read and no more."""

    def endless() -> Iterator[bytes]:
        yield f"{TRANSACTIONS}\n".encode()
        line = f"{PAID}\n".encode()
        while True:
            yield line

    reading = StatementReader().read(endless())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pos.sale.settlement.LINES_MAX", 1_000)
        with pytest.raises(FileRefused, match="more than 1000 lines"):
            for _ in reading:
                pass
    assert LINES_MAX >= 100_000


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_refuse(raw: bytes) -> None:
    """Whatever stands in the file, it is read or refused."""
    head = f"{TRANSACTIONS}\n".encode()
    for content in (raw, head + raw, head + b'C,"' + raw):
        try:
            list(StatementReader().read(content.splitlines(keepends=True)))
        except FileRefused as refusal:
            assert str(refusal).isprintable()  # noqa: PT017 - both ends are right


def test_what_a_stranger_wrote_is_printed_safely() -> None:
    """No control characters, no more than fits a line."""
    assert shown("=cmd\x1b[2J\n") == '"=cmd?[2J?"'
    assert shown("x" * 65) == '"' + "x" * 64 + '"...'
