"""The View of a moment: the desk and the history, as front ends may show them.

Apart from `view`, which only says what a View is, and from the engine, which only says when.
"""

from collections.abc import Sequence
from math import inf

from pos.sale.arrival import number_of
from pos.sale.catalogue import Catalogue
from pos.sale.facts import Facts, Takings
from pos.sale.history import History
from pos.sale.mode import Mode
from pos.sale.office import Office
from pos.sale.payment import Payment
from pos.sale.pursuit import Limits
from pos.sale.refund import RefundState
from pos.sale.till import FREE, Desk
from pos.sale.view import Action, LinkState, Notice, Papers, SaleRow, Stage, View

RECENT_COUNT = 20
ARRIVED_COUNT = 3


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
    for payment in history.recent(RECENT_COUNT):
        rows.append(row(payment, history, wall_s, limits))
        until_s = min(until_s, history.shown.get(payment.request_id, (None, -inf))[1])
    made = tuple(rows)
    history.listed = made, until_s
    return made


def view_of(
    desk: Desk,
    history: History,
    *,
    currency: str,
    merchant_name: str,
    mode: Mode,
    limits: Limits,
    wall_s: float,
    link: LinkState,
    camera: Notice | None,
    printer: Notice | None,
    arrived: Sequence[str],
    watch: Notice | None,
    stopped: Notice | None,
    can_scan: bool,
    papers: Papers,
    products: Catalogue,
    shelf: Notice | None,
    office: Office,
) -> View:
    """All that a front end may show now. `can_scan` is False where there is no eye.

    `arrived` are the request ids of payments by the static code that are news, oldest first.
    """
    payment = history.payments.get(desk.request_id)
    unfinished = [p.request_id for p in history.open_payments()]
    unfinished += [r.request_id for r in history.open_refunds()]
    others = [
        history.payments[each] for each in dict.fromkeys(unfinished) if each != desk.request_id
    ]
    return View(
        stage=desk.stage,
        currency=currency,
        merchant_name=merchant_name,
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
        recent=recent_rows(history, wall_s, limits),
        unfinished=tuple(row(p, history, wall_s, limits) for p in others),
        arrived=tuple(
            row(history.payments[each], history, wall_s, limits)
            for each in arrived[-ARRIVED_COUNT:]
        ),
        arrived_more=max(0, len(arrived) - ARRIVED_COUNT),
        link=link,
        camera=camera,
        printer=printer,
        watch=watch,
        order=desk.order,
        tip=desk.tip,
        parked=tuple(history.parked.values()),
        products=products,
        shelf=shelf,
        stopped=stopped,
        papers=papers,
        office=office,
        facts=facts_of(history),
        actions=_actions(desk, mode, history, stopped, office, can_scan=can_scan),
    )


def facts_of(history: History) -> Facts:
    """What may leave the shop; it costs what is open, however long the journal is."""
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


def _actions(
    desk: Desk,
    mode: Mode,
    history: History,
    stopped: Notice | None,
    office: Office,
    *,
    can_scan: bool,
) -> frozenset[str]:
    actions: set[str] = set()
    if desk.stage in FREE and stopped is None:
        actions.add(Action.OFFICE)
    if desk.stage in FREE and stopped is None and not office.closed:
        actions |= {Action.CHARGE, Action.ORDER}
        if can_scan:
            actions.add(Action.SCAN)
        if desk.order is not None:
            actions.add(Action.PARK)
        elif history.parked:
            actions.add(Action.RECALL)
    if desk.stage is Stage.TIPPING:
        actions.add(Action.TIP)
    if desk.stage in (Stage.TIPPING, Stage.SCANNING, Stage.PAYING, Stage.SHOWING):
        actions.add(Action.STOP)
    if desk.stage in (Stage.OUTCOME, Stage.STOPPING):
        actions.add(Action.NEXT)
    if mode.gives_back and stopped is None and not office.closed and not office.training:
        actions.add(Action.REFUND)
    return frozenset(actions)
