"""The View of a moment: the desk and the history, as front ends may show them.

Apart from `view`, which only says what a View is, and from the engine, which only says when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from pos.sale.arrival import number_of
from pos.sale.assistance import HelpDesk
from pos.sale.box_office import BoxOffice
from pos.sale.capability import Capability
from pos.sale.catalogue import Catalogue
from pos.sale.facts import Facts, Takings
from pos.sale.history import History
from pos.sale.mode import Mode
from pos.sale.office import Office
from pos.sale.payment import Payment
from pos.sale.pursuit import Limits
from pos.sale.refund import RefundState
from pos.sale.till import ASKED, FREE, Desk, looks
from pos.sale.view import Action, LinkState, Notice, Papers, SaleRow, Stage, View, notice

RECENT_COUNT = 20
ARRIVED_COUNT = 3
ACTIONS_KEPT_MAX = 500


def row(payment: Payment, history: History, wall_s: float, limits: Limits) -> SaleRow:
    """One payment with what was given back of it. `wall_s` is Unix seconds."""
    kept = history.shown.get(payment.request_id)
    if kept is not None and wall_s <= kept[1]:
        return kept[0]
    given, waiting = 0, [payment.opened_at] if payment.state.open else []
    refund_open = False
    for refund in history.refunds_of(payment.request_id):
        if refund.state is RefundState.REFUNDED:
            given += refund.amount.value
        elif refund.state is RefundState.ASKED:
            refund_open = True
            waiting.append(refund.asked_at)
    # What waits comes to need a person by time alone.
    person_at_s = min(waiting) + limits.person_after_s if waiting else inf
    made = SaleRow(
        payment.request_id,
        payment.amount,
        payment.state,
        payment.opened_at,
        wallet=payment.wallet,
        result_code=payment.result_code,
        refunded=given,
        refund_open=refund_open,
        left=history.left(payment.request_id),
        needs_person=wall_s > person_at_s,
        contested=history.contested.get(payment.request_id, ""),
        static_number=number_of(payment),
    )
    if not made.needs_person:
        history.shown[payment.request_id] = made, person_at_s
    return made


def recent_rows(history: History, wall_s: float, limits: Limits) -> tuple[SaleRow, ...]:
    """The newest payments, newest first."""
    if history.listed is not None and wall_s <= history.listed[1]:
        return history.listed[0]
    rows, until_s = [], inf
    shown = history.shown
    for payment in history.recent(RECENT_COUNT):
        kept = shown.get(payment.request_id)
        if kept is None or wall_s > kept[1]:
            fresh = row(payment, history, wall_s, limits)
            kept = fresh, shown.get(payment.request_id, (None, -inf))[1]
        rows.append(kept[0])
        until_s = min(until_s, kept[1])
    made = tuple(rows)
    history.listed = made, until_s
    return made


def barred_by(history: History) -> Notice | None:
    """Why nothing is sold until somebody of the staff has come, or None."""
    return None if history.books.barred is None else notice(history.books.barred.cause, grave=True)


@dataclass(frozen=True, slots=True)
class Around:
    """What the engine knows beside desk and journal. `can_scan` is False where there is no eye.

    `arrived` are the request ids of payments by the static code that are news, oldest first;
    `wall_s` is Unix seconds. All that bears the name of a part of the View is that part.
    """

    currency: str
    merchant_name: str
    mode: Mode
    limits: Limits
    wall_s: float
    link: LinkState
    camera: Notice | None
    printer: Notice | None
    arrived: Sequence[str]
    watch: Notice | None
    stopped: Notice | None
    can_scan: bool
    papers: Papers
    products: Catalogue
    shelf: Notice | None
    office: Office
    box_office: BoxOffice | None
    help_desk: HelpDesk
    wallets: tuple[Capability, ...]


def view_of(desk: Desk, history: History, around: Around) -> View:
    """All that a front end may show now."""
    payment = history.payments.get(desk.request_id)
    return View(
        stage=desk.stage,
        currency=around.currency,
        merchant_name=around.merchant_name,
        amount=desk.amount,
        request_id=desk.request_id,
        wallet=payment.wallet if payment else "",
        issuer=desk.issuer,
        order_code=desk.order_code,
        expires_at_s=desk.expires_at_s,
        stage_since_s=desk.since_s,
        verdict=desk.verdict,
        reason=desk.reason,
        notice=desk.notice,
        customer_amount=payment.customer_amount if payment else None,
        rate=payment.rate if payment else "",
        savings=payment.savings if payment else None,
        recent=recent_rows(history, around.wall_s, around.limits),
        unfinished=_rows(_others(history, desk.request_id), history, around),
        arrived=_rows(around.arrived[-ARRIVED_COUNT:], history, around),
        arrived_more=max(0, len(around.arrived) - ARRIVED_COUNT),
        link=around.link,
        camera=around.camera,
        printer=around.printer,
        watch=around.watch,
        order=desk.order,
        tip=desk.tip,
        parked=tuple(history.order_book.parked.values()),
        products=around.products,
        shelf=around.shelf,
        stopped=around.stopped,
        papers=around.papers,
        office=around.office,
        facts=facts_of(history),
        box_office=around.box_office,
        barred=barred_by(history),
        help=around.help_desk,
        wallets=around.wallets,
        looking=around.can_scan and looks(desk),
        actions=_actions(
            desk.stage,
            gives_back=around.mode.gives_back,
            pretend=around.mode.pretend,
            on_desk=desk.order is not None,
            parked=bool(history.order_book.parked),
            stopped=around.stopped is not None,
            closed=around.office.closed,
            barred=history.books.barred is not None,
            training=around.office.training,
            can_scan=around.can_scan,
        ),
    )


def _rows(request_ids: Sequence[str], history: History, around: Around) -> tuple[SaleRow, ...]:
    if not request_ids:
        return ()
    wall_s, limits = around.wall_s, around.limits
    return tuple([row(history.payments[each], history, wall_s, limits) for each in request_ids])


def _others(history: History, on_desk: str) -> list[str]:
    """What is unfinished beside the sale on the desk."""
    ids = [payment.request_id for payment in history.open_payments()]
    ids += [refund.request_id for refund in history.open_refunds()]
    return [each for each in dict.fromkeys(ids) if each != on_desk]


def facts_of(history: History) -> Facts:
    """What may leave the shop; it costs what is open, however long the journal is."""
    if history.facts is None:
        history.facts = _facts(history)
    return history.facts


def _facts(history: History) -> Facts:
    payments, refunds, books = history.open_payments(), history.open_refunds(), history.books
    opened = [each.opened_at for each in payments] + [each.asked_at for each in refunds]
    newest = history.recent(1)
    return Facts(
        open_payments=len(payments),
        open_refunds=len(refunds),
        oldest_open_at=min(opened, default=None),
        last_payment_at=newest[0].opened_at if newest else None,
        shift=books.current.number,
        sales=len(books.document_ids) - books.return_count,
        returns=books.return_count,
        takings=tuple(Takings(each, *sums) for each, sums in sorted(books.grand.items())),
        settings=history.configuration.number,
        settings_refused=history.configuration.reason,
    )


@lru_cache(maxsize=ACTIONS_KEPT_MAX)
def _actions(
    stage: Stage,
    *,
    gives_back: bool,
    pretend: bool,
    on_desk: bool,
    parked: bool,
    stopped: bool,
    closed: bool,
    barred: bool,
    training: bool,
    can_scan: bool,
) -> frozenset[str]:
    """What may be done. `on_desk` is whether an order is there, `parked` whether one waits."""
    actions: set[str] = set()
    if stage in FREE and not stopped:
        actions.add(Action.OFFICE)
    if stage in FREE and not (stopped or closed or barred):
        actions |= {Action.CHARGE, Action.ORDER}
        if can_scan:
            actions.add(Action.SCAN)
        if on_desk:
            actions.add(Action.PARK)
        elif parked:
            actions.add(Action.RECALL)
    if stage is Stage.TIPPING:
        actions.add(Action.TIP)
    if stage in (Stage.TIPPING, Stage.SCANNING, *ASKED):
        actions.add(Action.STOP)
    if stage in (Stage.OUTCOME, Stage.STOPPING):
        actions.add(Action.NEXT)
    real = pretend or not training  # sales of which money comes back
    if gives_back and real and not (stopped or closed):
        actions.add(Action.REFUND)
    return frozenset(actions)
