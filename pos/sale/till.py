"""The desk's state: one input in, the next desk and at most one command out.

Apart, and pure, because every front end and every camera meets the money here, and a key
pressed too late or a code read too early must be harmless by a rule that a test can walk.
"""

from dataclasses import dataclass, replace

from pos.errors import AmountError
from pos.sale.code import NotOurs, PaymentCode, ProductCode, ReceiptCode, recognise
from pos.sale.input import (
    AskAgain,
    Charge,
    GiveBack,
    Input,
    Next,
    Presenting,
    Scanned,
    Stop,
)
from pos.sale.mode import Mode
from pos.sale.money import Amount
from pos.sale.payment import Payment, Scenario, State, StillOpen
from pos.sale.return_line import ReturnLine
from pos.sale.secret import Secret
from pos.sale.view import Notice, Stage, Verdict, notice


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on the desk. Times are monotonic seconds."""

    stage: Stage = Stage.READY
    since_s: float = 0.0
    amount: Amount | None = None
    request_id: str = ""
    order_code: str = ""
    expires_at_s: float = 0.0
    verdict: Verdict | None = None
    reason: Notice | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """Command: ask for `amount`, by the customer's `code`, or by a code of ours when None."""

    amount: Amount
    code: PaymentCode | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Command: the payment on the desk is no longer wanted."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Command: ask the switch about this payment now."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Return:
    """Command: refund these goods of this payment, or `typed`, or all that is left."""

    request_id: str
    typed: str = ""
    lines: tuple[ReturnLine, ...] = ()
    pin: Secret | None = None


Command = Pay | GiveUp | Ask | Return

FREE = frozenset({Stage.READY, Stage.OUTCOME})


def advance(
    desk: Desk, given: Input, now_s: float, currency: str, mode: Mode
) -> tuple[Desk, Command | None]:
    """The desk after `given`, and what the engine is to do. Inputs that do not fit do nothing."""
    match given:
        case Charge() if desk.stage in FREE:
            return _charged(given, now_s, currency)
        case Scanned() if desk.stage is Stage.SCANNING:
            return _scanned(desk, given)
        case Stop() if desk.stage is Stage.SCANNING:
            return Desk(since_s=now_s), None
        case Stop() if desk.stage in (Stage.PAYING, Stage.SHOWING):
            if given.request_id != desk.request_id:
                return desk, None
            return desk, GiveUp(desk.request_id)
        case Next() if desk.stage is Stage.OUTCOME:
            return Desk(since_s=now_s), None
        case Next() if desk.stage is Stage.STOPPING:
            # Set aside: it cannot become paid any more, but nobody knows yet that it was not.
            return replace(desk, stage=Stage.OUTCOME, since_s=now_s, verdict=Verdict.ASIDE), None
        case AskAgain():
            return desk, Ask(given.request_id)
        case GiveBack() if mode.gives_back:
            return desk, Return(given.request_id, given.typed, given.lines, given.pin)
        case _:
            return desk, None


def _charged(given: Charge, now_s: float, currency: str) -> tuple[Desk, Command | None]:
    try:
        amount = Amount.parse(given.typed, currency)
    except AmountError as fault:
        return Desk(since_s=now_s, notice=said_by(fault)), None
    if given.presenting is Presenting.MERCHANT:
        return Desk(since_s=now_s, amount=amount), Pay(amount, None)
    return Desk(Stage.SCANNING, now_s, amount), None


def said_by(fault: AmountError) -> Notice:
    """The fault as a Notice, for every language."""
    return Notice(fault.key, tuple((name, str(value)) for name, value in fault.values.items()))


def _scanned(desk: Desk, given: Scanned) -> tuple[Desk, Command | None]:
    code = recognise(given.text.reveal(), given.symbology)
    match code:
        case PaymentCode() if desk.amount is not None:
            return replace(desk, notice=None), Pay(desk.amount, code)
        case NotOurs():
            said = notice(code.reason.value)
        case ProductCode():
            said = notice("code.product_scanned")
        case ReceiptCode():
            said = notice("code.receipt_scanned")
        case _:
            said = notice("code.not_expected")
    return replace(desk, notice=said), None


def refused(desk: Desk, why: Notice) -> Desk:
    """The desk when a sale could not begin: an armed camera stays armed, nothing was sent."""
    if desk.stage is Stage.SCANNING:
        return replace(desk, notice=why)
    return Desk(since_s=desk.since_s, notice=why)


def paying(payment: Payment, now_s: float) -> Desk:
    """The desk once the intent is written down."""
    return Desk(Stage.PAYING, now_s, payment.amount, payment.request_id)


def showing(desk: Desk, event: StillOpen, expires_at_s: float) -> Desk:
    """The desk with a code of ours on it."""
    return replace(
        desk, stage=Stage.SHOWING, order_code=event.order_code, expires_at_s=expires_at_s
    )


def followed(desk: Desk, payment: Payment, now_s: float) -> Desk:
    """The desk after `payment` moved; unchanged when another payment lies on it."""
    if payment.request_id != desk.request_id:
        return desk
    if payment.state in (State.CANCELLING, State.REVERSING):
        if desk.stage is Stage.STOPPING or desk.verdict is Verdict.ASIDE:
            return desk
        return Desk(Stage.STOPPING, now_s, payment.amount, payment.request_id, reason=why(payment))
    if payment.state.open:
        return desk
    verdict = {State.PAID: Verdict.PAID, State.DECLINED: Verdict.DECLINED}
    return Desk(
        Stage.OUTCOME,
        now_s,
        payment.amount,
        payment.request_id,
        verdict=verdict.get(payment.state, Verdict.CANCELLED),
        reason=why(payment),
    )


def why(payment: Payment) -> Notice | None:
    """Why the payment was not made, or is being stopped; None when it was made."""
    if payment.state is State.DECLINED:
        return notice(f"reason.{payment.result_code}", code=payment.result_code)
    if payment.stop_reason is not None:
        return notice(f"stopped.{payment.stop_reason}")
    if payment.state is State.CANCELLED:
        return notice("stopped.elsewhere")
    return None


def idle(desk: Desk, mode: Mode, now_s: float) -> Desk:
    """The desk after nobody touched it for the mode's idle time."""
    unwatched = desk.stage in (Stage.SCANNING, Stage.OUTCOME) or desk.notice is not None
    if mode.idle_reset_s is None or not unwatched or now_s - desk.since_s < mode.idle_reset_s:
        return desk
    if desk.stage in (Stage.READY, Stage.SCANNING, Stage.OUTCOME):
        return Desk(since_s=now_s)
    return desk


def scenario_of(command: Pay) -> Scenario:
    """Who presents the code."""
    return Scenario.ORDER_CODE if command.code is None else Scenario.PAYMENT_CODE
