"""The life of one refund: the same shape as a payment's, with fewer states.

Apart from `payment` because a refund never changes the payment that it gives back from: it only
counts against what is left of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pos.errors import IllegalMove
from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.payment import Payment
from pos.sale.return_line import ReturnLine, fits, value_of


class RefundState(StrEnum):
    """Where a refund stands. ASKED is open: it counts as spent until the switch says no."""

    ASKED = "ASKED"
    REFUNDED = "REFUNDED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """The intent, written before the first byte leaves. `asked_at` is Unix seconds.

    `lines` are the goods that came back; none when it was asked for by amount.
    """

    refund_id: str
    request_id: str
    amount: Amount
    asked_at: float
    lines: tuple[ReturnLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Refunded:
    """A signed final success. `switch_refund_id` is the switch's own name for it."""

    refund_id: str
    switch_refund_id: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """A signed final failure, or (`NOT_SENT`) no byte of the only request left this device."""

    refund_id: str
    result_code: str


@dataclass(frozen=True, slots=True)
class RefundOpen:
    """Nothing final: no answer, an unsigned one, or in process."""

    refund_id: str
    result_code: str = ""


RefundEvent = RefundAsked | Refunded | RefundRefused | RefundOpen

REFUND_EVENTS: tuple[type[RefundEvent], ...] = RefundEvent.__args__

REFUND_MOVES: dict[tuple[RefundState | None, type[RefundEvent]], RefundState] = {
    (None, RefundAsked): RefundState.ASKED,
    (RefundState.ASKED, Refunded): RefundState.REFUNDED,
    (RefundState.ASKED, RefundRefused): RefundState.REFUSED,
    (RefundState.ASKED, RefundOpen): RefundState.ASKED,
}


@dataclass(frozen=True, slots=True)
class Refund:
    """One giving back of `amount`, in the payment's currency, from a paid payment."""

    refund_id: str
    request_id: str
    amount: Amount
    asked_at: float
    state: RefundState = RefundState.ASKED
    switch_refund_id: str = ""
    result_code: str = ""
    lines: tuple[ReturnLine, ...] = ()


def step_refund(refund: Refund | None, event: RefundEvent) -> Refund:
    """The refund after `event`; the same object when the event changes nothing.

    Raises IllegalMove, having changed nothing, when the table does not list the move or the
    event is of another refund.
    """
    state = None if refund is None else refund.state
    target = REFUND_MOVES.get((state, type(event)))
    if target is None:
        raise IllegalMove(f"A refund in {state} cannot take {type(event).__name__}.")
    if refund is None:
        assert isinstance(event, RefundAsked)  # noqa: S101 - the table lists no other birth
        return Refund(
            event.refund_id, event.request_id, event.amount, event.asked_at, lines=event.lines
        )
    if event.refund_id != refund.refund_id:
        raise IllegalMove(f"{event.refund_id} is not the refund {refund.refund_id}.")
    match event:
        case Refunded():
            return replace(refund, state=target, switch_refund_id=event.switch_refund_id)
        case RefundRefused():
            return replace(refund, state=target, result_code=event.result_code)
        case _:
            return refund


@dataclass(frozen=True, slots=True)
class RefundPursuit:
    """How far the work on an open refund has come, since this process took it up."""

    asked_at_s: float
    count: int = 0


# The same id is repeated, never a new one: unknown is not failed.
REFUND_WAITS_S: tuple[float, ...] = (0, 3, 5, 15, 60)
REFUND_RARELY_S = 300.0


def refund_due_s(pursuit: RefundPursuit) -> float:
    """The monotonic second at which an open refund is to be asked for again."""
    waits = REFUND_WAITS_S
    wait_s = waits[pursuit.count] if pursuit.count < len(waits) else REFUND_RARELY_S
    return pursuit.asked_at_s + wait_s


def check_asked(
    asked: RefundAsked,
    payment: Payment | None,
    left: int,
    order: Order | None,
    before: Sequence[ReturnLine],
) -> None:
    """Raises IllegalMove for more than is `left` of the payment (minor units), or for goods that
    its order has not, or that came back `before`."""
    if payment is None or asked.amount.currency != payment.amount.currency:
        raise IllegalMove(f"There is no payment {asked.request_id} to give back from.")
    if asked.amount.value > left:
        raise IllegalMove(f"Of {asked.request_id} only {left} is left to give back.")
    if not asked.lines:
        return
    if order is None:
        raise IllegalMove(f"The sale of {asked.request_id} has no lines to give back.")
    fit = fits(order, asked.lines, before)
    if not fit or asked.amount.value != value_of(order, asked.lines, before):
        raise IllegalMove(f"These lines of {asked.request_id} cannot be given back.")
