"""The Switch protocol, and the client that speaks it over the wire.

Apart from `exchange` and `reading` because this is the seam: the engine knows only the protocol,
and a simulator may stand in for everything behind it.
"""

import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

from pos.sale.arrival import Answer as ArrivalAnswer
from pos.sale.arrival import Found
from pos.sale.capability import Capability
from pos.sale.merchant import Terminal
from pos.sale.payment import Event, NotSent, Payment, StillOpen
from pos.sale.refund import Refund, RefundEvent, RefundOpen, RefundRefused
from pos.sale.secret import Secret
from pos.sale.testimony import Claim, Testimony, Unheard
from pos.sale.view import LinkState
from pos.switch import reading, wire
from pos.switch.exchange import DistrustError, Exchange, NotSentError, SilenceError
from pos.switch.offering import OFFERING_PATH, OfferingRequest, OfferingResponse
from pos.switch.reading_offering import read_offering
from pos.switch.reading_testimony import read_testimony
from pos.switch.witness import MARKED, WITNESS_PATH, Mark, WitnessRequest, WitnessResponse
from pos.switch.writing import pay_request, refund_request

# How a switch that is not ours may refuse a call that it does not know.
NO_SUCH_CALL = frozenset({"HTTP_400", "HTTP_403", "HTTP_404", "HTTP_405", "HTTP_501"})
# A look for what arrived holds up whoever comes to the desk meanwhile: it is over by then.
LOOK_S_MAX = 1.0


class NoOffering(StrEnum):
    """Why nothing is known of the wallets."""

    NO_CALL = "no call"  # this acquirer does not say
    SILENCE = "silence"  # it may later


class Switch(Protocol):
    """What the engine asks of a switch. No method raises: no answer is an answer."""

    link: LinkState
    setup_fault: str

    def pay(self, payment: Payment, code: Secret | None) -> Event:
        """Ask for the money, once; `code` is the customer's, or None when we show ours."""

    def inquire(self, payment: Payment) -> Event:
        """What became of it?"""

    def cancel(self, payment: Payment) -> Event:
        """Undo it, whatever became of it."""

    def reverse(self, payment: Payment) -> Event:
        """Refund it in full under its `reversal_id`."""

    def refund(self, refund: Refund, payment: Payment, *, first: bool) -> RefundEvent:
        """Give back; `first` when this id was never sent before."""

    def inquire_refund(self, refund: Refund) -> RefundEvent:
        """What became of it?"""

    def look(self, request_id: str, wall_s: float) -> ArrivalAnswer:
        """Is there a payment by the static code under this id? In `LOOK_S_MAX` seconds."""

    def probe(self) -> None:
        """Ask about a payment that never was, to learn about link, keys and caller id."""

    def testify(self, claim: Claim | None, before: int = 0) -> Testimony | Unheard:
        """What it remembers of this till; a `claim` to be the till comes first.

        Of its acts those with numbers below `before`; none when that is 0.
        """

    def bear(self, session: str, reached: Callable[[], tuple[int, str]]) -> None:
        """From now on tell, with all that may move money, how far the journal has come."""

    def wallets(self, currency: str, wall_s: float) -> tuple[Capability, ...] | NoOffering:
        """What each wallet can do now with a price in this currency; in `LOOK_S_MAX` seconds."""

    def close(self) -> None:
        """Drop the connection."""


Answer = TypeVar("Answer", bound=wire.Message)


class WireSwitch:
    """A switch behind the in-store API. `link` and `setup_fault` tell of the last exchange.

    `called` is told of each call: the request id that it is about, the call, its seconds, and the
    word of how it ended.
    """

    def __init__(
        self,
        exchange: Exchange,
        terminal: Terminal,
        called: Callable[[str, str, float, str], object] = lambda *_: None,
    ) -> None:
        self._exchange = exchange
        self._called = called
        self._terminal = terminal
        self.link = LinkState.UNKNOWN
        self.setup_fault = ""
        self._mark: Callable[[], str] = str

    def pay(self, payment: Payment, code: Secret | None) -> Event:
        """See Switch. NotSent only when surely no byte of this only attempt left."""
        request = pay_request(payment, code, self._terminal)
        try:
            answer = self._call("pay", request, wire.PayResponse)
        except NotSentError:
            return NotSent(payment.request_id)
        except SilenceError as silence:
            return StillOpen(payment.request_id, str(silence), heard=False)
        return reading.read_pay(payment, answer)

    def inquire(self, payment: Payment) -> Event:
        """See Switch."""
        request = wire.InquiryPaymentRequest(payment_request_id=payment.request_id)
        try:
            answer = self._call("inquiryPayment", request, wire.InquiryPaymentResponse)
        except (NotSentError, SilenceError) as silence:
            return StillOpen(payment.request_id, str(silence), heard=False)
        return reading.read_inquiry(payment, answer)

    def cancel(self, payment: Payment) -> Event:
        """See Switch."""
        request = wire.CancelRequest(payment_request_id=payment.request_id)
        try:
            answer = self._call("cancel", request, wire.CancelResponse)
        except (NotSentError, SilenceError) as silence:
            return StillOpen(payment.request_id, str(silence), heard=False)
        return reading.read_cancel(payment, answer)

    def reverse(self, payment: Payment) -> Event:
        """See Switch."""
        request = refund_request(payment.reversal_id, payment.payment_id, payment.amount)
        try:
            answer = self._call("refund", request, wire.RefundResponse)
        except (NotSentError, SilenceError) as silence:
            return StillOpen(payment.request_id, str(silence), heard=False)
        return reading.read_reversal(payment, answer)

    def refund(self, refund: Refund, payment: Payment, *, first: bool) -> RefundEvent:
        """See Switch. Refused as not sent only when surely no byte ever left."""
        request = refund_request(refund.refund_id, payment.payment_id, refund.amount)
        try:
            answer = self._call("refund", request, wire.RefundResponse)
        except NotSentError:
            if first:
                return RefundRefused(refund.refund_id, "NOT_SENT")
            return RefundOpen(refund.refund_id, "NOT_SENT")
        except SilenceError as silence:
            return RefundOpen(refund.refund_id, str(silence))
        return reading.read_refund(refund, answer)

    def inquire_refund(self, refund: Refund) -> RefundEvent:
        """See Switch."""
        request = wire.InquiryRefundRequest(refund_request_id=refund.refund_id)
        try:
            answer = self._call("inquiryRefund", request, wire.InquiryRefundResponse)
        except (NotSentError, SilenceError) as silence:
            return RefundOpen(refund.refund_id, str(silence))
        return reading.read_refund_inquiry(refund, answer)

    def look(self, request_id: str, wall_s: float) -> ArrivalAnswer:
        """See Switch."""
        request = wire.InquiryPaymentRequest(payment_request_id=request_id)
        try:
            answer = self._call(
                "inquiryPayment", request, wire.InquiryPaymentResponse, total_s=LOOK_S_MAX
            )
        except (NotSentError, SilenceError):
            return Found.SILENCE
        return reading.read_arrival(request_id, answer, wall_s)

    def probe(self) -> None:
        """See Switch."""
        request = wire.InquiryPaymentRequest(payment_request_id=f"probe-{secrets.token_hex(12)}")
        try:
            self._call("inquiryPayment", request, wire.InquiryPaymentResponse)
        except (NotSentError, SilenceError):
            return  # the link state has taken it in

    def testify(self, claim: Claim | None, before: int = 0) -> Testimony | Unheard:
        """See Switch. Says nothing about the link: another's switch may have no such call."""
        request = WitnessRequest(
            store_terminal_id=self._terminal.reference,
            session=claim.session if claim else None,
            seq=str(claim.seq) if claim else None,
            head=claim.head if claim else None,
            replaces=claim.replaces or None if claim else None,
            before=str(before) if before else None,
        )
        self._exchange.mark = ""
        try:
            raw = self._exchange.ask(WITNESS_PATH, wire.dump(request))
            return read_testimony(wire.load(WitnessResponse, raw))
        except SilenceError as silence:
            return Unheard.NO_WITNESS if str(silence) in NO_SUCH_CALL else Unheard.SILENCE
        except (NotSentError, wire.WireError):
            return Unheard.SILENCE

    def wallets(self, currency: str, wall_s: float) -> tuple[Capability, ...] | NoOffering:
        """See Switch. Says nothing about the link: another's switch may have no such call."""
        self._exchange.mark = ""
        request = wire.dump(OfferingRequest(currency=currency))
        try:
            raw = self._exchange.ask(OFFERING_PATH, request, total_s=LOOK_S_MAX)
            return read_offering(wire.load(OfferingResponse, raw), wall_s)
        except SilenceError as silence:
            no_call = str(silence) in NO_SUCH_CALL
            return NoOffering.NO_CALL if no_call else NoOffering.SILENCE
        except (NotSentError, wire.WireError):
            return NoOffering.SILENCE

    def bear(self, session: str, reached: Callable[[], tuple[int, str]]) -> None:
        """See Switch."""
        terminal = self._terminal.reference
        self._mark = lambda: Mark(terminal, session, *reached()).text()

    def close(self) -> None:
        """See Switch."""
        self._exchange.close()

    def _call(
        self,
        api: str,
        request: wire.Message,
        answer_type: type[Answer],
        total_s: float | None = None,
    ) -> Answer:
        began_s, outcome = time.monotonic(), "FAILED"
        try:
            answer = self._answer(api, request, answer_type, total_s)
            outcome = answer.result.result_code  # type: ignore[attr-defined]
        except (NotSentError, SilenceError) as silence:
            outcome = "NOT_SENT" if isinstance(silence, NotSentError) else str(silence)
            raise
        finally:
            # Not by getattr: a message that lacks a field looks for it in many places.
            named = request.__dict__
            about = named.get("refund_request_id") or named.get("payment_request_id") or ""
            self._called(about, api, time.monotonic() - began_s, outcome)
        return answer

    def _answer(
        self,
        api: str,
        request: wire.Message,
        answer_type: type[Answer],
        total_s: float | None,
    ) -> Answer:
        self._exchange.mark = self._mark() if api in MARKED else ""
        try:
            body = self._exchange.call(api, wire.dump(request), total_s=total_s)
            answer = wire.load(answer_type, body)
        except DistrustError:
            self.link = LinkState.DISTRUSTED
            raise
        except (NotSentError, SilenceError):
            self.link = LinkState.DOWN
            raise
        except wire.WireError as fault:
            self.link = LinkState.DISTRUSTED
            raise DistrustError("ANSWER_NOT_UNDERSTOOD") from fault
        self.link = LinkState.UP
        result: wire.Result = answer.result  # type: ignore[attr-defined]
        code = result.result_code
        self.setup_fault = code if code in reading.SETUP_FAULTS else ""
        return answer
