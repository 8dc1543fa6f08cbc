"""The wire's messages under attack, and what the till makes of an answer whoever wrote it.

Apart from the other parsers because of the promise that is held here beside the documented
errors: no answer, however odd, is read as a success over another payment or another amount.
"""

from pos.errors import IllegalMove
from pos.proof.fuzzing.parsers import Parser, hold
from pos.sale.money import Amount
from pos.sale.payment import Event, Paid, Payment, ReversalDone, Scenario, State, step
from pos.sale.refund import Refund, Refunded, step_refund
from pos.switch import enrolment, reading, wire, witness

PAYMENT = Payment("r-1", "s-1", Amount(12_900, "NOK"), Scenario.PAYMENT_CODE, 0.0)
REFUND = Refund("rf-1", "r-1", Amount(3_000, "NOK"), 0.0)

_REQUESTS: tuple[type[wire.Message], ...] = (
    wire.PayRequest, wire.InquiryPaymentRequest, wire.CancelRequest, wire.RefundRequest,
    wire.InquiryRefundRequest, wire.NotifyPaymentRequest, wire.NotifyPaymentResponse,
    enrolment.EnrolRequest, enrolment.EnrolResponse, enrolment.RotateRequest,
    enrolment.RotateResponse, witness.WitnessRequest, witness.WitnessResponse,
)  # fmt: skip


def _message(kind: type[wire.Message]) -> Parser:
    def takes(data: bytes) -> None:
        found = wire.load(kind, data)
        written = wire.dump(found)
        hold(len(written) <= 8 * len(data) + 256, "a message does not grow")
        hold(wire.dump(wire.load(kind, written)) == written, "a message survives being written")

    return Parser(takes, (wire.WireError,))


def _pay(data: bytes) -> None:
    answer = wire.load(wire.PayResponse, data)
    event = reading.read_pay(PAYMENT, answer)
    ours = answer.payment_request_id == PAYMENT.request_id
    _judged(event, answer.payment_amount, ours=ours and answer.result.result_status == "S")


def _inquiry(data: bytes) -> None:
    answer = wire.load(wire.InquiryPaymentResponse, data)
    event = reading.read_inquiry(PAYMENT, answer)
    ours = answer.payment_request_id == PAYMENT.request_id
    _judged(event, answer.payment_amount, ours=ours and answer.payment_status == "SUCCESS")


def _judged(event: Event, told: wire.WireAmount | None, *, ours: bool) -> None:
    """A success must be over our payment, by its id, and over its amount to the letter."""
    if isinstance(event, Paid):
        hold(ours, "a success names our payment")
        exact = told is not None and (told.currency, told.value) == ("NOK", "12900")
        hold(exact, "a success is over our amount")
    for state in State:
        try:
            _moved(state, event)
        except IllegalMove:
            continue


def _moved(state: State, event: Event) -> None:
    payment = Payment(
        PAYMENT.request_id, PAYMENT.sale_id, PAYMENT.amount, PAYMENT.scenario, 0.0, state=state
    )
    after = step(payment, event)
    hold(state.open or after is payment, "what is final stays")
    hold(after.state is not State.PAID or state is State.INTENT, "only an intent is paid")


def _cancel(data: bytes) -> None:
    event = reading.read_cancel(PAYMENT, wire.load(wire.CancelResponse, data))
    hold(event.request_id == PAYMENT.request_id, "an event is of our payment")


def _refund(data: bytes) -> None:
    answer = wire.load(wire.RefundResponse, data)
    event = reading.read_refund(REFUND, answer)
    if isinstance(event, Refunded):
        hold(answer.refund_request_id == REFUND.refund_id, "a refund is ours")
        step_refund(REFUND, event)
    reversal = Payment(
        PAYMENT.request_id, "s-1", REFUND.amount, PAYMENT.scenario, 0.0, reversal_id="rf-1"
    )
    done = isinstance(reading.read_reversal(reversal, answer), ReversalDone)
    hold(not done or answer.refund_request_id == "rf-1", "a reversal is ours")


def _refund_inquiry(data: bytes) -> None:
    event = reading.read_refund_inquiry(REFUND, wire.load(wire.InquiryRefundResponse, data))
    hold(event.refund_id == REFUND.refund_id, "an event is of our refund")


_REFUSES = (wire.WireError,)
MESSAGES: dict[str, Parser] = {
    "pay-answer": Parser(_pay, _REFUSES),
    "inquiry-answer": Parser(_inquiry, _REFUSES),
    "cancel-answer": Parser(_cancel, _REFUSES),
    "refund-answer": Parser(_refund, _REFUSES),
    "refund-inquiry-answer": Parser(_refund_inquiry, _REFUSES),
    **{kind.__name__: _message(kind) for kind in _REQUESTS},
}
