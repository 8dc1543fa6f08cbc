"""The steps that move a payment on: the wallet is asked, and what it said is committed.

Apart from the book because the same steps serve the first request, a repeated one, an inquiry, a
cancellation and the start after a death. Each may run twice, or beside itself, without harm.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.scheme import outbox
from pos.scheme.discounts import release, spend
from pos.scheme.ledger import Leg, capture, capture_legs, opposite, post, posted
from pos.scheme.moments import cancel_window_end_ms, milliseconds
from pos.scheme.partners import (
    Abroad,
    Answer,
    Charge,
    Outcome,
    Partner,
    PartnerUnreachable,
)
from pos.scheme.records import PaymentRecord, move_payment, payment_again
from pos.scheme.refund_records import refunds_of
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState
from pos.switch.wire import PayRequest

log = logging.getLogger(__name__)

_WANTED = (PaymentState.WALLET_PENDING, PaymentState.SUCCEEDED)


class Progress:
    """Moves payments on over one store; used through the book."""

    def __init__(
        self, store: Store, partners: Mapping[str, Partner], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._partners = partners
        self._clock = clock

    def expired(self, record: PaymentRecord) -> bool:
        """Whether the time to pay is over."""
        return (record.expires_at_ms or 0) <= milliseconds(self._clock())

    def advance(self, record: PaymentRecord) -> PaymentRecord:
        """One step towards the end, if there is one to take; the wallet is asked first."""
        expired = self.expired(record)
        if record.state == PaymentState.NEW and expired:
            return self.move(
                record, PaymentState.FAILED, PaymentState.NEW, result_code="ORDER_IS_CLOSED"
            )
        if record.state == PaymentState.CANCELLING:
            return self.finish_cancel(record)
        if record.state != PaymentState.WALLET_PENDING:
            return record
        partner = self._partners[record.wallet or ""]
        try:
            outcome = partner.status(record.payment_id)
            if expired and (outcome is None or outcome.answer is Answer.PENDING):
                outcome = partner.close(record.payment_id)
        except PartnerUnreachable:
            return record
        return record if outcome is None else self.settle(record, outcome)

    def charge(self, record: PaymentRecord, code: str, request: PayRequest) -> PaymentRecord:
        """Ask the wallet to charge the holder of `code`; it does so once, however often asked."""
        charge = Charge(
            record.payment_id,
            code,
            record.charge.value,
            record.merchant_name or "",
            request,
            record.expires_at_ms or 0,
        )
        try:
            outcome = self._partners[record.wallet or ""].charge(charge)
        except PartnerUnreachable:
            return record
        return self.settle(record, outcome)

    def begin_cancel(self, connection: Connection, record: PaymentRecord) -> str | None:
        """Write the cancellation of a locked payment down; a refusal's result code, or None."""
        now = milliseconds(self._clock())
        if record.state in (PaymentState.NEW, PaymentState.FAILED):
            # No wallet has it, or ever will: nothing is left to ask.
            to = PaymentState.CANCELLED if record.state == PaymentState.NEW else record.state
            move_payment(
                connection,
                record,
                PaymentState(to),
                leaving=(PaymentState(record.state),),
                cancelled_at_ms=record.cancelled_at_ms or now,
            )
            return None
        if record.state == PaymentState.SUCCEEDED:
            if refunds_of(connection, record):
                return "ORDER_STATUS_INVALID"
            if now > cancel_window_end_ms(record.paid_at_ms or 0):
                return "CANCEL_WINDOW_EXCEED"
        if record.state in _WANTED:
            move_payment(
                connection,
                record,
                PaymentState.CANCELLING,
                leaving=_WANTED,
            )
        return None

    def finish_cancel(self, record: PaymentRecord) -> PaymentRecord:
        """Have the wallet refuse and give back, then commit the cancellation."""
        try:
            taken = self._partners[record.wallet or ""].reverse(record.payment_id)
        except PartnerUnreachable:
            return record
        now = milliseconds(self._clock())
        with self._store.write() as connection:
            moved = move_payment(
                connection,
                record,
                PaymentState.CANCELLED,
                leaving=(PaymentState.CANCELLING,),
                cancelled_at_ms=now,
            )
            if moved:
                release(connection, record)
            captured = posted(connection, record, "capture", record.payment_id)
            if moved and (taken or captured):
                # The wallet's statement shows both, so the books do too.
                if not captured:
                    _post_capture(connection, record, now)
                legs = opposite(_capture_legs(record))
                post(connection, record, "reversal", record.payment_id, legs, now)
            return payment_again(connection, record)

    def move(
        self, record: PaymentRecord, to: PaymentState, leaving: PaymentState, **columns: object
    ) -> PaymentRecord:
        """Move to `to` if the state is still `leaving`; the payment as it then stands."""
        with self._store.write() as connection:
            move_payment(connection, record, to, leaving=(leaving,), **columns)
            return payment_again(connection, record)

    def settle(self, record: PaymentRecord, outcome: Outcome) -> PaymentRecord:
        """Commit what the wallet said. A payment that is being cancelled meanwhile stays so.

        What it says of another amount than ours is not believed: the payment stays open.
        """
        if outcome.price not in (None, record.price):
            log.error(
                "ALARM: %s says that %s was paid for payment %s, of which %s was asked; ask there",
                record.wallet, outcome.price, record.payment_id, record.price,
            )  # fmt: skip
            return record
        if outcome.answer is Answer.PENDING:
            return record
        now = milliseconds(self._clock())
        if outcome.answer is Answer.DECLINED:
            return self._decline(record, outcome.code)
        alone = record.saved_value is None and record.notify_url is None
        with self._store.at_once() if alone else self._store.write() as connection:
            abroad = _told_abroad(outcome.abroad)
            captured = capture(connection, record, _capture_legs(record), now, abroad)
            if captured is None:
                return payment_again(connection, record)
            spend(connection, record)
            outbox.put(connection, record, now)
            return captured

    def _decline(self, record: PaymentRecord, code: str) -> PaymentRecord:
        pending = (PaymentState.WALLET_PENDING,)
        with self._store.write() as connection:
            if move_payment(
                connection, record, PaymentState.FAILED, leaving=pending, result_code=code
            ):
                release(connection, record)
            return payment_again(connection, record)


def settled_part(record: PaymentRecord, value: int | None) -> tuple[int, str] | None:
    """`value` in the currency that the merchant asked for instead of the price's, if it did."""
    currency = record.settled_currency
    return None if value is None or currency is None else (value, currency)


def _told_abroad(abroad: Abroad | None) -> dict[str, Any]:
    if abroad is None:
        return {}
    return {
        "abroad_value": abroad.amount.value,
        "abroad_currency": abroad.amount.currency,
        "abroad_quote_id": abroad.quote_id,
        "abroad_price": abroad.price,
    }


def _capture_legs(record: PaymentRecord) -> tuple[Leg, ...]:
    return capture_legs(
        record.merchant,
        record.wallet or "",
        record.price,
        record.charge.value,
        record.charge.currency,
        saved_value=record.saved_value or 0,
        settled=settled_part(record, record.settled_value),
        saved_by=record.saved_by,
    )


def _post_capture(connection: Connection, record: PaymentRecord, now_ms: int) -> None:
    legs = _capture_legs(record)
    post(connection, record, "capture", record.payment_id, legs, now_ms)
