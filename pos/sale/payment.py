"""The life of one payment: states, events, the table of moves, and what is due next.

Apart, and pure, because this file is the specification that the engine obeys, the simulator
attacks and a test walks in full. It knows nothing of screens, wires or files.

    No answer is not a no. Not found is not a no. Once cancelling, a late success changes
    nothing. After a restart nothing is paid again: the code is gone, so we ask.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pos.errors import IllegalMove
from pos.sale.money import Amount


class State(StrEnum):
    """Where a payment stands. The first three are open, the rest are final."""

    INTENT = "INTENT"
    CANCELLING = "CANCELLING"
    REVERSING = "REVERSING"
    PAID = "PAID"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    REVERSED = "REVERSED"

    @property
    def open(self) -> bool:
        """Whether the payment still has to be worked."""
        return self in OPEN_STATES


OPEN_STATES = frozenset({State.INTENT, State.CANCELLING, State.REVERSING})


class Scenario(StrEnum):
    """Who presents the code, spelled as `inStorePaymentScenario` spells it."""

    PAYMENT_CODE = "PaymentCode"
    ORDER_CODE = "OrderCode"
    ENTRY_CODE = "EntryCode"


class StopReason(StrEnum):
    """Why a payment is no longer wanted."""

    TIMEOUT = "timeout"
    OPERATOR = "operator"
    RESTART = "restart"
    EXPIRED = "expired"
    MISMATCH = "mismatch"
    SCANNED_INSTEAD = "scanned_instead"  # the customer's own code was read while ours was shown


@dataclass(frozen=True, slots=True)
class Opened:
    """The intent, written before the first byte leaves. `opened_at` is Unix seconds.

    `fingerprint` is a keyed digest of the payment code, hex, or empty when none was scanned.
    """

    request_id: str
    sale_id: str
    amount: Amount
    scenario: Scenario
    opened_at: float
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A signed final success for this request id. `paid_at` is RFC 3339 as the switch wrote it.

    `customer_amount` and `rate` are set when the wallet charged another currency; `rate` reads
    like `NOK/CNY 0.6820`. `savings` is what coupons saved the customer, in the currency of the
    price; the merchant has the whole amount all the same.
    """

    request_id: str
    payment_id: str
    amount: Amount
    wallet: str = ""
    paid_at: str = ""
    customer_amount: Amount | None = None
    rate: str = ""
    savings: Amount | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """A signed final failure for this request id."""

    request_id: str
    result_code: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the payment request left this device, so nothing can have happened."""

    request_id: str


@dataclass(frozen=True, slots=True)
class FoundCancelled:
    """A signed inquiry says that the payment is cancelled."""

    request_id: str


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Nothing final: no answer, an unsigned or foreign answer, in process, or not found.

    `order_code` and `expires_in_s` come with the answer to a shown code.
    """

    request_id: str
    result_code: str = ""
    payment_id: str = ""
    order_code: str = ""
    expires_in_s: float = 0.0
    heard: bool = True


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A signed success whose amount or currency is not ours."""

    request_id: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """The decision that the payment is no longer wanted; from here it cannot become paid."""

    request_id: str
    reason: StopReason


@dataclass(frozen=True, slots=True)
class CancelDone:
    """The switch agrees that the payment is cancelled and any charge returned."""

    request_id: str


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The switch answered no to the cancel, for another reason than its window."""

    request_id: str
    result_code: str


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """Too late to cancel: a full refund under `reversal_id` takes its place."""

    request_id: str
    reversal_id: str


@dataclass(frozen=True, slots=True)
class ReversalDone:
    """The full refund that stands in for the cancel is final."""

    request_id: str


Event = (
    Opened | Paid | Declined | NotSent | FoundCancelled | StillOpen | Mismatch
    | CancelAsked | CancelDone | CancelRefused | WindowClosed | ReversalDone
)  # fmt: skip

EVENTS: tuple[type[Event], ...] = Event.__args__

_INTENT, _CANCELLING, _REVERSING = State.INTENT, State.CANCELLING, State.REVERSING

# The specification: (state, event) -> next state. What is not here raises and changes nothing.
MOVES: dict[tuple[State | None, type[Event]], State] = {
    (None, Opened): _INTENT,
    (_INTENT, Paid): State.PAID,
    (_INTENT, Declined): State.DECLINED,
    (_INTENT, NotSent): State.DECLINED,
    (_INTENT, FoundCancelled): State.CANCELLED,
    (_INTENT, StillOpen): _INTENT,
    (_INTENT, Mismatch): _CANCELLING,
    (_INTENT, CancelAsked): _CANCELLING,
    (_CANCELLING, Paid): _CANCELLING,
    (_CANCELLING, Declined): State.CANCELLED,
    (_CANCELLING, FoundCancelled): State.CANCELLED,
    (_CANCELLING, StillOpen): _CANCELLING,
    (_CANCELLING, Mismatch): _CANCELLING,
    (_CANCELLING, CancelAsked): _CANCELLING,
    (_CANCELLING, CancelRefused): _CANCELLING,
    (_CANCELLING, CancelDone): State.CANCELLED,
    (_CANCELLING, WindowClosed): _REVERSING,
    (_REVERSING, Paid): _REVERSING,
    (_REVERSING, Declined): State.CANCELLED,
    (_REVERSING, FoundCancelled): State.CANCELLED,
    (_REVERSING, StillOpen): _REVERSING,
    (_REVERSING, Mismatch): _REVERSING,
    (_REVERSING, CancelAsked): _REVERSING,
    (_REVERSING, ReversalDone): State.REVERSED,
}


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to be paid. `amount` is what the merchant asks; finals never change state."""

    request_id: str
    sale_id: str
    amount: Amount
    scenario: Scenario
    opened_at: float
    fingerprint: str = ""
    state: State = State.INTENT
    payment_id: str = ""
    wallet: str = ""
    paid_at: str = ""
    customer_amount: Amount | None = None
    rate: str = ""
    savings: Amount | None = None
    result_code: str = ""
    stop_reason: StopReason | None = None
    late_success: bool = False
    reversal_id: str = ""


def step(payment: Payment | None, event: Event) -> Payment:
    """The payment after `event`; the same object when the event changes nothing.

    Raises IllegalMove, having changed nothing, when the table does not list the move, when the
    event is of another payment, or when a success is for another amount.
    """
    state = None if payment is None else payment.state
    target = MOVES.get((state, type(event)))
    if target is None:
        raise IllegalMove(f"A payment in {state} cannot take {type(event).__name__}.")
    if payment is None:
        assert isinstance(event, Opened)  # noqa: S101 - the table lists no other birth
        return Payment(
            event.request_id, event.sale_id, event.amount, event.scenario,
            event.opened_at, event.fingerprint,
        )  # fmt: skip
    if event.request_id != payment.request_id:
        raise IllegalMove(f"{event.request_id} is not the payment {payment.request_id}.")
    return _moved(payment, target, event)


def _moved(payment: Payment, target: State, event: Event) -> Payment:
    match event:
        case Paid():
            return _paid(payment, target, event)
        case Declined():
            return replace(payment, state=target, result_code=event.result_code)
        case NotSent():
            return replace(payment, state=target, result_code="NOT_SENT")
        case CancelAsked() if payment.state is State.INTENT:
            return replace(payment, state=target, stop_reason=event.reason)
        case Mismatch() if payment.state is State.INTENT:
            return replace(payment, state=target, stop_reason=StopReason.MISMATCH)
        case WindowClosed():
            return replace(payment, state=target, reversal_id=event.reversal_id)
        case _ if target is payment.state:
            return payment
        case _:
            return replace(payment, state=target)


def _paid(payment: Payment, target: State, event: Paid) -> Payment:
    if event.amount != payment.amount:
        raise IllegalMove(f"A success over {event.amount} does not pay {payment.amount}.")
    if target is not State.PAID:
        # Money moved although nobody wants it any more: remembered for the day's report, and
        # because a refund needs the switch's own payment id.
        if payment.late_success and payment.payment_id == event.payment_id:
            return payment
        return replace(payment, late_success=True, payment_id=event.payment_id)
    return replace(
        payment,
        state=target,
        payment_id=event.payment_id,
        wallet=event.wallet,
        paid_at=event.paid_at,
        customer_amount=event.customer_amount,
        rate=event.rate,
        savings=event.savings,
        result_code="SUCCESS",
    )
