"""Telling merchants that they were paid: signed notifyPayment, again until it is acknowledged.

Apart from the outbox, which knows nothing of HTTP, and from the book: a payment never waits for
somebody else's server. Only payments that succeeded are told of, as the API has it in store, so
that silence proves nothing and a till goes on asking.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from pos.scheme import outbox
from pos.scheme.answers import notification
from pos.scheme.book import utc_now
from pos.scheme.delivery import TOTAL_S, Unanswered, post
from pos.scheme.discounts import Discount, discounts_of
from pos.scheme.moments import milliseconds
from pos.scheme.outbox import Attempt
from pos.scheme.partners import Partner
from pos.scheme.records import PaymentRecord, payment_of
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState
from pos.scheme.targets import (
    Forbidden,
    Resolver,
    Target,
    addresses,
    allowed_target,
    allowed_urls,
    looked_up,
)
from pos.switch.signature import Signer, content_to_sign
from pos.switch.wire import NotifyPaymentResponse, WireError, dump, load, time_text

log = logging.getLogger(__name__)

# A client whose server fails is left alone for so long, so that it does not hold up the others.
REST_MS = 30_000
OK = 200


class Notifier:
    """Makes what is due in the outbox of `store`. Safe for many threads and processes.

    `observe` is told how each attempt ended, in a word. `tls` says whose certificates are good.
    """

    def __init__(
        self,
        store: Store,
        partners: Mapping[str, Partner],
        signer: Signer,
        clock: Callable[[], datetime] = utc_now,
        *,
        resolve: Resolver = looked_up,
        tls: ssl.SSLContext | None = None,
        observe: Callable[[str], None] = lambda _outcome: None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._store = store
        self._partners = partners
        self._signer = signer
        self._clock = clock
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()
        self._observe = observe
        self._total_s = total_s
        self._resting: dict[str, int] = {}
        self._lock = threading.Lock()

    def deliver_next(self) -> bool:
        """Make one attempt that is due; whether there was one."""
        now_ms = milliseconds(self._clock())
        attempt = outbox.take(self._store, now_ms, self._at_rest(now_ms))
        if attempt is None:
            return False
        fault = self._made(attempt)
        if fault is not None:
            log.info("A notification of %s was not acknowledged: %s", attempt.client_id, fault)
        self._observe(fault or "DELIVERED")
        return True

    def _made(self, attempt: Attempt) -> str | None:
        """What was wrong with the attempt; None when it was acknowledged."""
        with self._store.read() as connection:
            record = payment_of(connection, attempt.client_id, payment_id=attempt.payment_id)
            allowed = allowed_urls(connection, attempt.client_id)
            discounts = () if record is None else discounts_of(connection, record)
        if record is None or record.state != PaymentState.SUCCEEDED or record.notify_url is None:
            # Cancelled since: that it was paid is true no more.
            outbox.drop(self._store, attempt, "CANCELLED")
            return "CANCELLED"
        try:
            fault = self._sent(record, allowed_target(record.notify_url, allowed), discounts)
        except Forbidden:
            fault = "NOT_ALLOWED"
        now_ms = milliseconds(self._clock())
        outbox.close(self._store, attempt, now_ms, fault)
        if fault is not None:
            with self._lock:
                self._resting[attempt.client_id] = now_ms + REST_MS
        return fault

    def _sent(
        self, record: PaymentRecord, target: Target, discounts: tuple[Discount, ...]
    ) -> str | None:
        try:
            found = addresses(target, self._resolve)
        except OSError:
            return "NAME_NOT_FOUND"
        psp_name = self._partners[record.wallet].psp_name if record.wallet else None
        body = dump(notification(record, psp_name, discounts))
        sent_at = time_text(self._clock())
        content = content_to_sign("POST", target.path, record.client_id, sent_at, body)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "client-id": record.client_id,
            "request-time": sent_at,
            "signature": self._signer.header(content),
        }
        try:
            status, raw = post(target, found, headers, body, self._tls, total_s=self._total_s)
        except Unanswered as silence:
            return str(silence)
        return None if status == OK and _acknowledges(raw) else "NOT_ACKNOWLEDGED"

    def _at_rest(self, now_ms: int) -> list[str]:
        with self._lock:
            self._resting = {who: to for who, to in self._resting.items() if to > now_ms}
            return list(self._resting)


def _acknowledges(raw: bytes) -> bool:
    try:
        result = load(NotifyPaymentResponse, raw).result
    except WireError:
        return False
    return (result.result_code, result.result_status) == ("SUCCESS", "S")
