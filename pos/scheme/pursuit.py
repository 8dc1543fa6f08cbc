"""Driving on what nobody asks about any more: payments and refunds that were begun and not ended.

Apart from the book, which acts when it is asked: a till may be switched off, and a wallet that did
not answer a cancellation must still be asked until it does. Everything here may run in several
processes at once; each step is a compare-and-set.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select, tuple_

from pos.scheme.book import Book, utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.store import Store
from pos.scheme.tables import OPEN_PAYMENT, OPEN_REFUND, PaymentState
from pos.scheme.tables import payment as payments
from pos.scheme.tables import refund as refunds
from pos.switch.wire import InquiryRefundRequest

log = logging.getLogger(__name__)

# So long the till that began it is expected to ask by itself.
QUIET_MS = 60_000
AT_ONCE_MAX = 100
PAUSE_S = 5.0

Place = tuple[int, str]


class Pursuit:
    """Asks the wallets about what is open, oldest first, a bounded part at a time.

    One thread uses it. Where it stopped it goes on, and at the end it begins anew: what cannot be
    ended does not keep it from the rest.
    """

    def __init__(self, store: Store, book: Book, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._payments_after: Place = (0, "")
        self._refunds_after: Place = (0, "")

    def drive_on(self) -> bool:
        """Take the next payments and refunds one step further; whether there may be more."""
        found = self._rows(self._open_payments())
        for row in found:
            self._attempted(self._book.refresh, row["payment_id"])
        self._payments_after = _place(found)
        back = self._rows(self._open_refunds())
        for row in back:
            asked = InquiryRefundRequest(refund_request_id=row["refund_request_id"])
            self._attempted(self._book.inquire_refund, row["client_id"], asked)
        self._refunds_after = _place(back)
        return AT_ONCE_MAX in (len(found), len(back))

    def _open_payments(self) -> Select[Any]:
        now_ms = milliseconds(self._clock())
        abandoned = or_(
            payments.c.state == PaymentState.CANCELLING,
            payments.c.expires_at_ms <= now_ms,
            and_(
                payments.c.state == PaymentState.WALLET_PENDING,
                payments.c.created_at_ms <= now_ms - QUIET_MS,
            ),
        )
        place = tuple_(payments.c.created_at_ms, payments.c.payment_id)
        return (
            select(payments.c.created_at_ms, payments.c.payment_id)
            .where(OPEN_PAYMENT, abandoned, place > tuple_(*self._payments_after))
            .order_by(payments.c.created_at_ms, payments.c.payment_id)
        )

    def _open_refunds(self) -> Select[Any]:
        place = tuple_(refunds.c.created_at_ms, refunds.c.refund_id)
        return (
            select(
                refunds.c.created_at_ms,
                refunds.c.refund_id,
                refunds.c.client_id,
                refunds.c.refund_request_id,
            )
            .where(OPEN_REFUND, place > tuple_(*self._refunds_after))
            .order_by(refunds.c.created_at_ms, refunds.c.refund_id)
        )

    def _rows(self, query: Select[Any]) -> list[Any]:
        with self._store.read() as connection:
            return list(connection.execute(query.limit(AT_ONCE_MAX)).mappings())

    def _attempted(self, act: Callable[..., object], *arguments: object) -> None:
        try:
            act(*arguments)
        except Exception:
            # One that cannot be ended must not keep the others from their end.
            log.exception("A step of %s failed", act.__name__)


def _place(rows: list[Any]) -> Place:
    """Where to go on after `rows`; at the beginning once they were the last."""
    if len(rows) < AT_ONCE_MAX:
        return (0, "")
    created_at_ms, last_id, *_ = rows[-1].values()
    return (created_at_ms, last_id)
