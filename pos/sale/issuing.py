"""Finds what a receipt tells in everything that is written down.

Apart from the receipt, which is a value, and from the engine, because a command that only reads the
journal shows the same receipt as the till prints.
"""

from pos.sale.history import History
from pos.sale.payment import State
from pos.sale.receipt import Receipt
from pos.sale.refund import RefundState
from pos.sale.tallying import returned_by


def receipt_of(history: History, document_id: str, *, copy: bool = False) -> Receipt | None:
    """The receipt of a payment that is paid (its request id) or of a refund that is final.

    None for any other document. Of a sale, `before` are all goods that came back.
    """
    refund = history.refunds.get(document_id)
    payment = history.payments.get(document_id if refund is None else refund.request_id)
    if payment is None or payment.state is not State.PAID:
        return None
    if refund is not None and refund.state is not RefundState.REFUNDED:
        return None
    order = history.order_book.placed.get(payment.sale_id)
    before = history.returned(payment.request_id, "" if refund is None else document_id)
    return Receipt(
        history.books.number_of(document_id),
        payment,
        order,
        refund,
        tuple(before),
        0 if refund is None else history.books.number_of(payment.request_id),
        None if refund is None or order is None else returned_by(refund, history),
        history.books.documents[document_id].staff_id,
        copy,
    )


def document_of(history: History, number: int) -> str:
    """The payment or refund whose receipt has this number, or an empty text."""
    ids = history.books.document_ids
    return ids[number - 1] if 1 <= number <= len(ids) else ""
