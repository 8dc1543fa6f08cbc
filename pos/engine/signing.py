"""Signing what is final: each sale and return gets its place in the cash register's chain.

Apart from the receipts because it needs no paper, and because what a power cut left unsigned is
signed at the next start by this same step.
"""

from datetime import UTC, datetime

from pos.engine.orders import Orders
from pos.engine.parts import Parts, Writer
from pos.sale.order import OrderPlaced, order_of
from pos.sale.shift import Document, Kind
from pos.sale.signing import Signed, text_to_sign
from pos.sale.tallying import order_of_payment, returned_by


class Signing:
    """Keeps the chain up with the numbers. Does nothing where the till is no cash register."""

    def __init__(self, parts: Parts, writer: Writer, orders: Orders) -> None:
        self._parts = parts
        self._writer = writer
        self._orders = orders

    def catch_up(self) -> None:
        """Sign every document that is not signed yet, in the order of their numbers."""
        key, history = self._parts.register_key, self._writer.history
        if key is None:
            return
        for document_id in history.books.document_ids[len(history.books.signatures.signed) :]:
            document = history.books.documents[document_id]
            if document.kind is Kind.SALE and not self._has_goods(document.request_id):
                return
            date, time, gross, net, currency = self._told(document)
            text = text_to_sign(
                history.books.signatures.last, date, time, document.number, gross, net, currency
            )
            signed = Signed(
                document_id, document.number, date, time, gross, net, currency,
                key.sign(text), key.version,
            )  # fmt: skip
            if not self._writer.write(signed):
                return

    def _has_goods(self, request_id: str) -> bool:
        """Whether the sale has lines, if need be one of a keyed amount, which is written down.

        What came by the static code, or back from the switch, has none: nobody told the till.
        """
        history = self._writer.history
        payment = history.payments[request_id]
        if payment.sale_id in history.order_book.placed or request_id in history.order_book.placed:
            return True
        order = order_of(request_id, payment.amount, vat=self._orders.shop().amount_rate)
        return self._writer.write(OrderPlaced(order, payment.opened_at))

    def _told(self, document: Document) -> tuple[str, str, int, int, str]:
        history = self._writer.history
        payment = history.payments[document.request_id]
        currency = payment.amount.currency
        if document.kind is Kind.SALE:
            order = order_of_payment(payment, history)
            gross = payment.amount.value
            net = sum(row.net for row in order.vat_table()) + order.tip
            return (*self._moment(payment.opened_at), gross, net, currency)
        refund = history.refunds[document.document_id]
        given = returned_by(refund, history)
        net = sum(row.net for row in given.vat_table()) + given.tip
        return (*self._moment(refund.asked_at), -refund.amount.value, -net, currency)

    def _moment(self, at: float) -> tuple[str, str]:
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._parts.zone)
        return f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}"
