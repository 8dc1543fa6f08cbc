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
    Stay,
    Stop,
    Tip,
)
from pos.sale.mode import Mode
from pos.sale.money import Amount
from pos.sale.order import Discount, Order
from pos.sale.payment import Payment, Scenario, State, StillOpen
from pos.sale.return_line import ReturnLine
from pos.sale.secret import Secret
from pos.sale.view import Notice, Stage, Verdict, notice


@dataclass(frozen=True, slots=True)
class Pay:
    """Command: ask for `amount`, by the customer's `code`, or by a code of ours when None.

    `order` are the lines of it, None for a keyed amount; `tip` minor units come on top of them.
    `instead_of` is the payment of the same order that has to be closed before, or is empty.
    """

    amount: Amount
    code: PaymentCode | None
    order: Order | None = None
    tip: int = 0
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on the desk. Times are monotonic seconds.

    `order` are the lines of the sale, None when an amount was keyed instead; it stays until it
    is paid, put aside or given up. `amount` is what is asked for, `tip` minor units of it.
    `issuer` is that of the scanned code, as far as its digits tell. `held` waits for the code
    that is shown to be closed, no longer than `held_until_s`; it is nowhere but here.
    """

    stage: Stage = Stage.READY
    since_s: float = 0.0
    amount: Amount | None = None
    request_id: str = ""
    order_code: str = ""
    expires_at_s: float = 0.0
    verdict: Verdict | None = None
    reason: Notice | None = None
    notice: Notice | None = None
    order: Order | None = None
    tip: int = 0
    presenting: Presenting = Presenting.CUSTOMER
    issuer: str = ""
    held: Pay | None = None
    held_until_s: float = 0.0


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

# Where the switch was asked for money, and the customer may still change their mind.
ASKED = frozenset({Stage.PAYING, Stage.SHOWING, Stage.SWITCHING})

# Where nobody's money is under way, so that an unattended till may forget it.
UNWATCHED = frozenset({Stage.TIPPING, Stage.SCANNING, Stage.OUTCOME})


def advance(
    desk: Desk, given: Input, now_s: float, currency: str, mode: Mode, *, tips: bool = False
) -> tuple[Desk, Command | None]:
    """The desk after `given`, and what the engine is to do. Inputs that do not fit do nothing.

    `tips` is whether a tip is asked for before paying. What makes an order is in `ordering`.
    """
    match given:
        case Charge() if desk.stage in FREE:
            allowed = _allowed(given, mode)
            return _charged(freed(desk, now_s), allowed, currency, mode, tips=tips)
        case Tip() if desk.stage is Stage.TIPPING:
            return _tipped(desk, given, now_s)
        case Scanned() if looks(desk):
            return _scanned(desk, given)
        case Stop():
            return _stopped(desk, given, now_s)
        case Next() if desk.stage is Stage.OUTCOME:
            return freed(desk, now_s), None
        case Next() if desk.stage is Stage.STOPPING:
            # Set aside: it cannot become paid any more, but nobody knows yet that it was not.
            return replace(desk, stage=Stage.OUTCOME, since_s=now_s, verdict=Verdict.ASIDE), None
        case Stay() if desk.stage in (Stage.READY, *UNWATCHED):
            return replace(desk, since_s=now_s), None
        case AskAgain():
            return desk, Ask(given.request_id)
        case GiveBack() if mode.gives_back:
            return desk, Return(given.request_id, given.typed, given.lines, given.pin)
        case _:
            return desk, None


def _stopped(desk: Desk, given: Stop, now_s: float) -> tuple[Desk, Command | None]:
    if desk.stage in (Stage.SCANNING, Stage.TIPPING):
        return Desk(since_s=now_s, order=desk.order), None
    if desk.stage not in ASKED or given.request_id != desk.request_id:
        return desk, None
    # Who wants to stop does not pay by a code that the camera happens to read meanwhile.
    return replace(desk, presenting=_ours(desk), held=None), GiveUp(desk.request_id)


def looks(desk: Desk) -> bool:
    """Whether the camera waits for the customer's code."""
    both = desk.stage is Stage.SHOWING and desk.presenting is Presenting.EITHER
    return both or desk.stage is Stage.SCANNING


def _allowed(given: Charge, mode: Mode) -> Charge:
    both = given.presenting is Presenting.EITHER
    return replace(given, presenting=Presenting.CUSTOMER) if both and not mode.both else given


def _ours(desk: Desk) -> Presenting:
    """Who presents a code once the camera looks no more."""
    either = desk.presenting is Presenting.EITHER
    return Presenting.MERCHANT if either else desk.presenting


def freed(desk: Desk, now_s: float) -> Desk:
    """The desk ready again. An order stays on it unless it was paid, or the next customer came."""
    if desk.stage is Stage.READY:
        return replace(desk, since_s=now_s, notice=None)
    over = desk.verdict in (Verdict.PAID, Verdict.ASIDE)
    return Desk(since_s=now_s, order=None if over else desk.order)


def _charged(
    desk: Desk, given: Charge, currency: str, mode: Mode, *, tips: bool
) -> tuple[Desk, Command | None]:
    order, typed = desk.order, given.typed
    if mode.self_service and order is not None and order.age_unproven:
        return replace(desk, notice=notice("age.wait")), None
    if order is not None and typed:
        # Two sums on one desk: which of them the customer is to pay is for the cashier to say.
        return replace(desk, notice=notice("order.open")), None
    try:
        amount = Amount.parse(typed, currency) if order is None else order.total()
    except AmountError as fault:
        return replace(desk, notice=said_by(fault)), None
    asked = replace(desk, amount=amount, presenting=given.presenting)
    return (replace(asked, stage=Stage.TIPPING), None) if tips else _presented(asked)


def _presented(desk: Desk) -> tuple[Desk, Command | None]:
    """On to the customer's code, or to ours."""
    if desk.presenting is Presenting.CUSTOMER or desk.amount is None:
        return replace(desk, stage=Stage.SCANNING), None
    pay = Pay(desk.amount, None, desk.order, desk.tip)
    return replace(desk, stage=Stage.READY), pay


def _tipped(desk: Desk, given: Tip, now_s: float) -> tuple[Desk, Command | None]:
    assert desk.amount is not None  # noqa: S101 - `_charged` made the desk
    before = desk.amount
    try:
        asked = Discount.parse(given.typed, before.currency)  # a part of it, or a sum
        tip = asked.part_of(before.value) if asked.percent else asked.value
        amount = Amount(before.value + tip, before.currency)
    except AmountError as fault:
        key = "tip.unreadable" if fault.key == "discount.unreadable" else fault.key
        return replace(desk, notice=replace(said_by(fault), key=key)), None
    return _presented(replace(desk, since_s=now_s, amount=amount, tip=tip, notice=None))


def said_by(fault: AmountError) -> Notice:
    """The fault as a Notice, for every language."""
    return Notice(fault.key, tuple((name, str(value)) for name, value in fault.values.items()))


def _scanned(desk: Desk, given: Scanned) -> tuple[Desk, Command | None]:
    code = recognise(given.text.reveal(), given.symbology)
    match code:
        case PaymentCode() if desk.amount is not None:
            shown = desk.request_id if desk.stage is Stage.SHOWING else ""
            pay = Pay(desk.amount, code, desk.order, desk.tip, instead_of=shown)
            # Codes of the Alipay family without an issuer's digits are Alipay's own.
            return replace(desk, issuer=code.issuer or "alipay", notice=None), pay
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
    if looks(desk):
        return replace(desk, notice=why, issuer="")
    return back(desk, why)


def back(desk: Desk, why: Notice | None) -> Desk:
    """The desk ready again with its order, because a sale cannot begin now."""
    return Desk(since_s=desk.since_s, order=desk.order, notice=why)


def paying(desk: Desk, payment: Payment, now_s: float) -> Desk:
    """The desk once the intent is written down."""
    return Desk(
        Stage.PAYING, now_s, payment.amount, payment.request_id,
        order=desk.order, tip=desk.tip, issuer=desk.issuer, presenting=desk.presenting,
    )  # fmt: skip


def showing(desk: Desk, event: StillOpen, expires_at_s: float) -> Desk:
    """The desk with a code of ours on it."""
    return replace(
        desk, stage=Stage.SHOWING, order_code=event.order_code, expires_at_s=expires_at_s
    )


def followed(desk: Desk, payment: Payment, now_s: float) -> Desk:
    """The desk after `payment` moved; unchanged when another payment lies on it."""
    if payment.request_id != desk.request_id:
        return desk
    if desk.held is not None and payment.state is not State.PAID:
        return desk  # what becomes of it is for `switching` to say
    if payment.state in (State.CANCELLING, State.REVERSING):
        if desk.stage is Stage.STOPPING or desk.verdict is Verdict.ASIDE:
            return desk
        return replace(paying(desk, payment, now_s), stage=Stage.STOPPING, reason=why(payment))
    if payment.state.open:
        return desk
    verdict = {State.PAID: Verdict.PAID, State.DECLINED: Verdict.DECLINED}
    return replace(
        paying(desk, payment, now_s),
        stage=Stage.OUTCOME,
        verdict=verdict.get(payment.state, Verdict.CANCELLED),
        reason=why(payment),
        # The code that was held up pays nothing: the customer is told which of the two did.
        notice=None if desk.held is None else notice("switching.shown_paid"),
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
    unwatched = desk.stage in UNWATCHED or desk.notice is not None or desk.order is not None
    waits = desk.order is not None and desk.order.age_unproven > 0
    patience_s = mode.patience_s(waits_for_staff=waits)
    if patience_s is None or not unwatched or now_s - desk.since_s < patience_s:
        return desk
    if desk.stage in (Stage.READY, *UNWATCHED):
        return Desk(since_s=now_s)
    return desk


def scenario_of(command: Pay) -> Scenario:
    """Who presents the code."""
    return Scenario.ORDER_CODE if command.code is None else Scenario.PAYMENT_CODE
