"""A partner that another switch stands for: payments are passed on to it over the API's own wire.

Apart from the simulated wallet because here nothing is kept: what became of a payment only the
other switch knows, and it is asked by ids that come from ours, so that no repetition, restart or
lost answer can charge twice. A real acquirer of Alipay+ is such a switch, and so is one of ours.
"""

import secrets
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pos.errors import AmountError, SettingsError
from pos.sale.money import Amount
from pos.scheme.moments import moment
from pos.scheme.partners import (
    PAID,
    PENDING,
    Abroad,
    Charge,
    Outcome,
    PartnerUnreachable,
    RefundRefused,
    declined,
)
from pos.scheme.partners import Answer as Says
from pos.scheme.routing import UpstreamTerms, WalletTerms
from pos.switch.exchange import Caller, Exchange, NotSentError, SilenceError
from pos.switch.signature import Signer, Verifier, load_private_key, load_public_key
from pos.switch.wire import (
    CancelRequest,
    CancelResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    Message,
    PayResponse,
    RefundRequest,
    RefundResponse,
    Result,
    WireAmount,
    WireError,
    dump,
    load,
    time_text,
)

# Shorter than a till waits for us (5 s, and 3 s for an inquiry), so that it hears "not known yet"
# from us rather than nothing.
ACT_FIRST_BYTE_S = 4.0
INQUIRE_FIRST_BYTE_S = 2.0
IDLE_CONNECTIONS_MAX = 32
ANSWERS_KEPT_S = 15.0

_NEVER_SEEN = frozenset({"ORDER_NOT_EXIST", "PAYMENT_NOT_EXIST"})
# F answers that speak of the call, of us, or of what is under way: not of the payment's end.
_OF_THE_CALL = _NEVER_SEEN | {
    "ACCESS_DENIED", "CLIENT_INVALID", "INVALID_API", "INVALID_CLIENT", "INVALID_SIGNATURE",
    "KEY_NOT_FOUND", "MEDIA_TYPE_NOT_ACCEPTABLE", "METHOD_NOT_SUPPORTED", "NO_INTERFACE_DEF",
    "ORDER_STATUS_INVALID", "REPEAT_REQ_INCONSISTENT", "REQUEST_TRAFFIC_EXCEED_LIMIT",
    "SIGNATURE_INVALID", "SYSTEM_ERROR", "UNKNOWN_EXCEPTION",
}  # fmt: skip
_TOO_LATE_TO_CANCEL = "CANCEL_WINDOW_EXCEED"
_REVERSAL = "-reversal"

Reply = TypeVar("Reply", bound=Message)


class UpstreamPartner:
    """A partner behind another switch. Safe for many threads; `close_connections` at the end.

    Raises SettingsError when the key of `terms` cannot be used. Ids over there are ours: the
    request id of a payment is our payment id, that of a refund our refund id.
    """

    currency = ""  # the other switch converts from whatever the merchant asks for

    def __init__(self, terms: WalletTerms) -> None:
        assert terms.upstream is not None  # noqa: S101 - else a simulated wallet is it
        self.terms = terms
        self.name = terms.name
        self.psp_name = terms.psp_name
        self._calls = _Calls(_caller(terms.name, terms.upstream))
        self._asked_s: float | None = None
        self._answered = False

    def holder(self, code: str) -> str | None:
        """See Partner: who she is stays with her wallet."""
        del code
        return None

    def answers(self) -> bool:
        """Whether the other switch answers: asked about a payment that never was, for all who want
        to know within `ANSWERS_KEPT_S`."""
        now_s = time.monotonic()
        if self._asked_s is None or now_s - self._asked_s >= ANSWERS_KEPT_S:
            self._asked_s = now_s
            probe = InquiryPaymentRequest(payment_request_id=f"probe-{secrets.token_hex(12)}")
            try:
                self._calls.ask(
                    "inquiryPayment", probe, InquiryPaymentResponse, INQUIRE_FIRST_BYTE_S
                )
                self._answered = True
            except PartnerUnreachable:
                self._answered = False
        return self._answered

    def charge(self, charge: Charge) -> Outcome:
        """See Partner. The merchant's request goes on as it came, under our payment id."""
        answer = self._pay(charge)
        if answer.result.result_status == "F":
            if answer.result.result_code in _OF_THE_CALL:
                raise _unclear(answer.result)
            return declined(answer.result.result_code)
        if answer.result.result_status == "S" and answer.payment_time is not None:
            return _paid(answer)
        return PENDING

    def order(self, charge: Charge) -> str:
        """The order code that the other switch made for the merchant's request, whole."""
        answer = self._pay(charge)
        form = answer.order_code_form
        codes = [] if form is None else [row for row in form.code_details if row.code_value]
        text = next((row.code_value for row in codes if row.display_type == "TEXT"), None)
        if text is None:
            raise _unclear(answer.result)
        return text

    def status(self, payment_id: str) -> Outcome | None:
        """See Partner."""
        answer = self._inquire(payment_id)
        return None if answer is None else _outcome(answer)

    def close(self, payment_id: str) -> Outcome:
        """See Partner: by a cancel, unless an inquiry finds the end of it."""
        known = self.status(payment_id)
        if known is not None and known.answer is not Says.PENDING:
            return known
        # What was paid between the two is given back by the cancel.
        self._cancel(payment_id)
        return declined("ORDER_IS_CLOSED")

    def reverse(self, payment_id: str) -> bool:
        """See Partner. False: cancelled payments are absent from an acquirer's statements.

        After the other switch's cancel window, by a full refund under an id of its own.
        """
        if self._cancel(payment_id) == _TOO_LATE_TO_CANCEL:
            answer = self._inquire(payment_id)
            if answer is not None and _outcome(answer).answer is Says.PAID:
                self._refund(f"{payment_id}{_REVERSAL}", answer, None)
        return False

    def refund(self, refund_id: str, payment_id: str, value: int) -> None:
        """See Partner."""
        answer = self._inquire(payment_id)
        if answer is None:
            raise PartnerUnreachable(f"{self.name} does not know the payment.")
        self._refund(refund_id, answer, value)

    def close_connections(self) -> None:
        """Drop the connections; may be called twice."""
        self._calls.close()

    def _pay(self, charge: Charge) -> PayResponse:
        assert charge.request is not None  # noqa: S101 - what we pass on came in a request
        request = charge.request.model_copy(
            update={
                "payment_request_id": charge.payment_id,
                # Not longer than we take it up: we close it then.
                "payment_expiry_time": time_text(moment(charge.expires_at_ms)),
                "payment_notify_url": None,
                "payment_redirect_url": None,
                "merchant_account_id": None,
                # What the merchant is paid out is our business; we are paid in its price's.
                "settlement_strategy": None,
            }
        )
        answer = self._calls.ask("pay", request, PayResponse, ACT_FIRST_BYTE_S)
        if answer.payment_request_id != charge.payment_id:
            raise _unclear(answer.result)
        return answer

    def _inquire(self, payment_id: str) -> InquiryPaymentResponse | None:
        """What the other switch says of our payment; None when it never saw it."""
        request = InquiryPaymentRequest(payment_request_id=payment_id)
        answer = self._calls.ask(
            "inquiryPayment", request, InquiryPaymentResponse, INQUIRE_FIRST_BYTE_S
        )
        if answer.result.result_code in _NEVER_SEEN:
            return None
        if answer.result.result_status != "S" or answer.payment_request_id != payment_id:
            raise _unclear(answer.result)
        return answer

    def _cancel(self, payment_id: str) -> str:
        """The result code: SUCCESS, or that it is too late. Raises PartnerUnreachable."""
        request = CancelRequest(payment_request_id=payment_id)
        answer = self._calls.ask("cancel", request, CancelResponse, ACT_FIRST_BYTE_S)
        too_late = answer.result.result_code == _TOO_LATE_TO_CANCEL
        ours = answer.payment_request_id == payment_id
        if ours and (answer.result.result_status == "S" or too_late):
            return answer.result.result_code
        raise _unclear(answer.result)

    def _refund(self, refund_id: str, paid: InquiryPaymentResponse, value: int | None) -> None:
        """Have `value` of what was paid given back, or all of it."""
        if paid.payment_id is None or paid.payment_amount is None:
            raise _unclear(paid.result)
        amount = paid.payment_amount
        if value is not None:
            amount = WireAmount.of(Amount(value, amount.currency))
        request = RefundRequest(
            refund_request_id=refund_id, payment_id=paid.payment_id, refund_amount=amount
        )
        answer = self._calls.ask("refund", request, RefundResponse, ACT_FIRST_BYTE_S)
        if answer.refund_request_id != refund_id:
            raise _unclear(answer.result)
        status, code = answer.result.result_status, answer.result.result_code
        if status == "F" and code not in _OF_THE_CALL:
            raise RefundRefused(code)
        if status != "S" or answer.refund_amount != amount:
            raise _unclear(answer.result)


class _Calls:
    """Connections to one switch, for as many threads as call at once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        # A connection is one thread's while it is used; a deque hands them over safely.
        self._idle: deque[Exchange] = deque()
        self._closed = False

    def ask(self, api: str, request: Message, reply: type[Reply], first_byte_s: float) -> Reply:
        """The verified answer. Raises PartnerUnreachable when there is none to rely on."""
        try:
            exchange = self._idle.pop()
        except IndexError:
            exchange = Exchange(self._caller)
        try:
            answer = load(reply, exchange.call(api, dump(request), first_byte_s))
        except (NotSentError, SilenceError, WireError) as fault:
            exchange.close()
            raise PartnerUnreachable("The other switch did not answer.") from fault
        except BaseException:
            exchange.close()
            raise
        self._idle.append(exchange)
        if self._closed or len(self._idle) > IDLE_CONNECTIONS_MAX:
            self._drop_one()
        return answer

    def close(self) -> None:
        """Drop the connections, and later those that are in use."""
        self._closed = True
        for _ in range(len(self._idle)):
            self._drop_one()

    def _drop_one(self) -> None:
        try:
            self._idle.popleft().close()
        except IndexError:
            return  # another thread has taken it up


def _outcome(answer: InquiryPaymentResponse) -> Outcome:
    match answer.payment_status:
        case "SUCCESS":
            return _paid(answer)
        case "FAIL":
            return declined(answer.payment_result_code or "PROCESS_FAIL")
        case "CANCELLED":
            return declined("ORDER_IS_CANCELED")
    return PENDING


def _paid(answer: PayResponse | InquiryPaymentResponse) -> Outcome:
    """Paid, what was paid for, and what that was for the customer."""
    price = _amount(answer.payment_amount)
    if price is None:
        raise _unclear(answer.result)
    return replace(PAID, price=price, abroad=_abroad(answer, price))


def _abroad(answer: PayResponse | InquiryPaymentResponse, price: Amount) -> Abroad | None:
    charged, quote = _amount(answer.actual_payment_amount), answer.payment_quote
    if charged is None or charged == price:
        return None
    # A quote of other currencies is no explanation of these two.
    if quote is None or quote.quote_currency_pair != f"{price.currency}/{charged.currency}":
        return Abroad(charged)
    return Abroad(charged, quote.quote_id, quote.quote_price)


def _amount(wired: WireAmount | None) -> Amount | None:
    try:
        return None if wired is None else wired.amount()
    except AmountError:
        return None


def _unclear(result: Result) -> PartnerUnreachable:
    return PartnerUnreachable(f"The other switch answered {result.result_code}.")


def _caller(name: str, terms: UpstreamTerms) -> Caller:
    try:
        key = load_private_key(Path(terms.key).read_bytes())
    except OSError as fault:
        raise SettingsError(
            f"Partner {name}: the key file {terms.key} cannot be read ({fault.strerror}); "
            "correct upstream.key."
        ) from None
    verifier = Verifier(load_public_key(terms.public_key))
    return Caller(
        terms.url, terms.client_id, Signer(key, terms.key_version), verifier, terms.ca_file
    )
