"""Sales and returns as an accountant's program takes them: flat rows, or one object a document.

Apart from the audit file, which is for the tax authority of one country, in its own words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pos.sale.history import History
from pos.sale.money import major_units
from pos.sale.shift import Document, Kind
from pos.sale.tallying import order_of_payment, returned_by
from pos.sale.vat import VatRow

COLUMNS = (
    "number", "kind", "date", "time", "shift", "staff_id", "staff", "wallet", "currency",
    "vat_rate", "net", "vat", "gross", "payment_id", "request_id", "refund_id", "sale_number",
)  # fmt: skip

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedLine:
    """Goods of a document; minor units, below zero for a return."""

    text: str
    product: str
    category: str
    vat_rate: int
    net: int
    gross: int


@dataclass(frozen=True, slots=True)
class Exported:
    """One document. `rows` are its VAT by rate, without the `tip`; all below zero for a return."""

    document: Document
    at: datetime
    staff: str
    wallet: str
    currency: str
    gross: int
    tip: int
    rows: tuple[VatRow, ...]
    lines: tuple[ExportedLine, ...]
    payment_id: str
    sale_number: int

    def as_rows(self) -> Iterator[dict[str, str]]:
        """A row for each VAT rate, and one without a rate for a tip, under COLUMNS.

        Amounts are major units with a point; the rows of a document add up to it.
        """
        document = self.document
        sale = document.kind is Kind.SALE
        told = {
            "number": str(document.number),
            "kind": document.kind.value,
            "date": f"{self.at:%Y-%m-%d}",
            "time": f"{self.at:%H:%M:%S}",
            "shift": str(document.shift),
            "staff_id": document.staff_id,
            "staff": _harmless(self.staff),
            "wallet": _harmless(self.wallet),
            "currency": self.currency,
            "payment_id": _harmless(self.payment_id),
            "request_id": document.request_id,
            "refund_id": "" if sale else document.document_id,
            "sale_number": str(self.sale_number),
        }
        for row in self.rows:
            yield told | self._amounts(f"{row.rate / 100:g}", row.net, row.vat, row.gross)
        if self.tip:
            yield told | self._amounts("", self.tip, 0, self.tip)

    def _amounts(self, rate: str, net: int, vat: int, gross: int) -> dict[str, str]:
        amounts = {"net": net, "vat": vat, "gross": gross}
        told = {name: major_units(value, self.currency) for name, value in amounts.items()}
        return {"vat_rate": rate, **told}

    def as_fields(self) -> dict[str, object]:
        """The whole document as JSON values; amounts in minor units, rates in basis points."""
        document = self.document
        return {
            "number": document.number,
            "kind": document.kind.value,
            "at": self.at.isoformat(timespec="seconds"),
            "shift": document.shift,
            "staff_id": document.staff_id,
            "staff": self.staff,
            "wallet": self.wallet,
            "currency": self.currency,
            "gross": self.gross,
            "tip": self.tip,
            "vat": [
                {"rate": row.rate, "net": row.net, "vat": row.vat, "gross": row.gross}
                for row in self.rows
            ],
            "lines": [
                {
                    "text": line.text, "product": line.product, "category": line.category,
                    "vat_rate": line.vat_rate, "net": line.net, "gross": line.gross,
                }
                for line in self.lines
            ],
            "payment_id": self.payment_id,
            "request_id": document.request_id,
            "document_id": document.document_id,
            "sale_number": self.sale_number,
        }  # fmt: skip


def exported(history: History, zone: tzinfo | None) -> Iterator[Exported]:
    """Every document by its number."""
    for document in history.books.documents.values():
        payment = history.payments[document.request_id]
        order = order_of_payment(payment, history)
        if document.kind is Kind.SALE:
            at, gross, tip, rows = (
                payment.opened_at,
                payment.amount.value,
                order.tip,
                (order.vat_table()),
            )
            lines = tuple(
                ExportedLine(
                    each.text, each.product, each.category, each.vat, each.net, each.amount
                )
                for each in order.lines
            )
        else:
            refund = history.refunds[document.document_id]
            given = returned_by(refund, history)
            at, gross, tip = refund.asked_at, -refund.amount.value, -given.tip
            rows = tuple(
                VatRow(row.rate, -row.net, -row.vat, -row.gross) for row in given.vat_table()
            )
            lines = tuple(
                ExportedLine(
                    each.line.text, each.line.product, each.line.category, each.line.vat,
                    -each.net, -each.gross,
                )
                for each in given.lines
            )  # fmt: skip
        yield Exported(
            document,
            datetime.fromtimestamp(at, UTC).astimezone(zone),
            history.books.attendance.name_of(document.staff_id),
            payment.wallet,
            payment.amount.currency,
            gross,
            tip,
            rows,
            lines,
            payment.payment_id,
            history.books.number_of(document.request_id),
        )


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text
