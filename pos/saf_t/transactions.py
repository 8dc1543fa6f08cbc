"""The sales and returns of the audit file: one `cashtransaction` for each signed document.

Apart from the events because these carry the money, its VAT and the signature chain.
"""

from datetime import UTC, datetime, tzinfo

from pos.saf_t.company import (
    CASH_SALE,
    DISCOUNT,
    KEYED_ARTICLE,
    RETURN_LINE,
    RETURN_PAYMENT,
    SALE_LINE,
    TIP,
    Groups,
    payment_type,
    vat_code,
)
from pos.saf_t.element import Content, identifier, money, share
from pos.sale.history import History
from pos.sale.order import Line
from pos.sale.shift import Document, Kind
from pos.sale.signing import Signed
from pos.sale.tallying import order_of_payment, returned_by
from pos.sale.vat import VatRow

Fields = list[tuple[str, Content]]


class Transactions:
    """Makes the element of a signed document. `zone` is the shop's."""

    def __init__(self, history: History, zone: tzinfo | None) -> None:
        self._history = history
        self._zone = zone
        self._groups = Groups(history)

    def of(self, signed: Signed) -> Content:
        """The whole element. A return is below zero and debited, as in the authority's example."""
        history = self._history
        document = history.books.documents[signed.document_id]
        payment = history.payments[document.request_id]
        sale = document.kind is Kind.SALE
        staff, number = document.staff_id or None, str(signed.number)
        fields: Fields = [
            ("nr", number),
            ("transID", number),
            ("transType", CASH_SALE if sale else RETURN_PAYMENT),
            ("transAmntIn", money(signed.gross, signed.currency)),
            ("transAmntEx", money(signed.net, signed.currency)),
            ("amntTp", "C" if sale else "D"),
            ("empID", staff),
            ("transDate", signed.date),
            ("transTime", signed.time),
            ("refID", None if sale else str(history.books.number_of(document.request_id))),
        ]
        lines, rows, tip = self._parts(document, signed)
        fields += lines
        fields += [("vat", self._vat(row, signed.currency)) for row in rows]
        if tip:
            fields.append(
                ("raise", [("raiseType", TIP), ("raiseAmnt", money(tip, signed.currency))])
            )
        fields += [
            ("rounding", [("roundingAmnt", "0.00")]),
            ("payment", [
                ("paymentType", payment_type(payment.wallet)),
                ("paidAmnt", money(signed.gross, signed.currency)),
                ("empID", staff),
                ("curCode", signed.currency),
                ("exchRt", "1.000000"),
                ("paymentRefID", payment.payment_id),
            ]),
            ("signature", signed.signature),
            ("keyVersion", signed.key_version),
            ("receiptNum", "1"),
            ("receiptCopyNum", str(history.books.copy_count(signed.document_id))),
            ("receiptProformaNum", "0"),
            ("receiptDeliveryNum", "0"),
            ("voidTransaction", "false"),
            ("trainingID", "false"),
        ]  # fmt: skip
        return fields

    def _parts(self, document: Document, signed: Signed) -> tuple[Fields, tuple[VatRow, ...], int]:
        """The lines, the VAT rows with their sign, and the tip."""
        history = self._history
        payment = history.payments[document.request_id]
        order = order_of_payment(payment, history)
        if document.kind is Kind.SALE:
            at = self._moment(payment.opened_at)
            lines: Fields = [
                ("ctLine", self._line(document, signed, place, line, line.amount, line.net, at))
                for place, line in enumerate(order.lines, 1)
            ]
            return lines, order.vat_table(), order.tip
        refund = history.refunds[document.document_id]
        given = returned_by(refund, history)
        at = self._moment(refund.asked_at)
        lines = [
            ("ctLine", self._line(document, signed, place, each.line, -each.gross, -each.net, at))
            for place, each in enumerate(given.lines, 1)
        ]
        rows = tuple(VatRow(row.rate, -row.net, -row.vat, -row.gross) for row in given.vat_table())
        return lines, rows, -given.tip

    def _line(
        self,
        document: Document,
        signed: Signed,
        place: int,
        line: Line,
        gross: int,
        net: int,
        at: tuple[str, str],
    ) -> Content:
        """One line; of a return, the part of the line that was given back."""
        sale, currency = document.kind is Kind.SALE, signed.currency
        whole = sale or -gross == line.amount
        row = VatRow(line.vat, net, gross - net, gross)
        fields: Fields = [
            ("nr", str(signed.number)),
            ("lineID", str(place)),
            ("lineType", SALE_LINE if sale else RETURN_LINE),
            ("artGroupID", self._groups.code(line.category)),
            ("artID", identifier(line.product) or KEYED_ARTICLE),
            ("qnt", str(line.quantity if sale else -line.quantity) if whole else None),
            ("lineAmntIn", money(gross, currency)),
            ("lineAmntEx", money(net, currency)),
            ("amntTp", "C" if sale else "D"),
            ("empID", document.staff_id or None),
            ("cashTransLineDescr", line.text or None),
            ("lineDate", at[0]),
            ("lineTime", at[1]),
            ("vat", self._vat(row, currency)),
        ]
        if sale and line.taken_off + line.share:
            off = money(line.taken_off + line.share, currency)
            fields.append(("discount", [("dscTp", DISCOUNT), ("dscAmnt", off)]))
        return fields

    def _vat(self, row: VatRow, currency: str) -> Content:
        return [
            ("vatCode", vat_code(row.rate)),
            ("vatPerc", share(row.rate)),
            ("vatAmnt", money(row.vat, currency)),
            ("vatAmntTp", "C" if row.gross >= 0 else "D"),
            ("vatBasAmnt", money(row.net, currency)),
        ]

    def _moment(self, at: float) -> tuple[str, str]:
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}"
