"""A shop's day for the pictures of the back office: staff, an X report, the electronic journal.

Apart from the other pictures because its report is added up from a journal of its own, as the
till's is.
"""

from dataclasses import replace
from datetime import UTC, datetime

from pos.sale.ejournal import find
from pos.sale.history import History
from pos.sale.money import Amount
from pos.sale.office import Office, StaffRow
from pos.sale.order import Order, OrderPlaced
from pos.sale.payment import Opened, Paid, Scenario
from pos.sale.refund import RefundAsked, Refunded
from pos.sale.shift import ShiftOpened
from pos.sale.staff import LoggedIn, Proof, StaffRole
from pos.sale.tallying import x_report
from pos.sale.view import Action, View

_WALLETS = ("Vipps", "Alipay", "Vipps", "ePassi", "Vipps")
_HOURS = (8, 9, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 14, 14, 15, 16, 16, 17)
STAFF = (StaffRow("1", "Kari Nordmann", 5), StaffRow("2", "Ola Hansen", 5),
         StaffRow("7", "Åse Ødegård", 0))  # fmt: skip
_KARI = LoggedIn("1", "Kari Nordmann", StaffRole.CASHIER, Proof.PIN, 0.0)
_OLA = LoggedIn("2", "Ola Hansen", StaffRole.SUPERVISOR, Proof.BADGE, 0.0)


def day_of(order: Order, midnight: float) -> History:
    """Twenty sales of this order, one given back, by two people. `midnight` is Unix seconds."""
    history = History()
    history.apply(replace(_KARI, at=midnight + 7 * 3600))
    history.apply(ShiftOpened(1, "1", midnight + 7 * 3600 + 60))
    for place, hour in enumerate(_HOURS):
        if place == len(_HOURS) // 2:
            history.apply(replace(_OLA, at=midnight + 12 * 3600))
        at = midnight + hour * 3600 + 120 * place
        name = f"{place + 1:032x}"
        sold = replace(order, sale_id=name, lines=order.lines[: 1 + place % len(order.lines)])
        amount = sold.total()
        history.apply(OrderPlaced(sold, at))
        history.apply(Opened(name, name, amount, Scenario.PAYMENT_CODE, at))
        history.apply(Paid(name, f"2026{place:028}", amount, _WALLETS[place % len(_WALLETS)]))
    last, back = history.recent(1)[0], Amount(1_000, order.currency)
    history.apply(RefundAsked("f" * 32, last.request_id, back, midnight + 17.5 * 3600))
    history.apply(Refunded("f" * 32, "r1"))
    return history


def office_views(ready: View, order: Order, today: float) -> dict[str, View]:
    """The back office over a free desk: who may come, the shift's gate, a report, the journal."""
    midnight = datetime.fromtimestamp(today, UTC).replace(hour=0, minute=0, second=0).timestamp()
    history = day_of(order, midnight)
    present = history.books.attendance.present
    shut = Office(staff=STAFF, shift=3, shift_open=False)
    working = replace(shut, present=present, shift=1, shift_open=True,
                      shift_opened_at=midnight + 7 * 3600)  # fmt: skip
    report = x_report(history, order.currency, midnight + 18 * 3600, "2", UTC)
    ready = replace(ready, actions=ready.actions | {Action.OFFICE})
    closed = replace(ready, actions=frozenset({Action.OFFICE}))
    return {
        "staff": replace(closed, office=shut),
        "gate": replace(closed, office=replace(shut, present=present)),
        "office": replace(ready, office=working),
        "report": replace(ready, office=replace(working, report=report)),
        "journal": replace(ready, office=replace(working, found=find(history, "", UTC))),
        "training": replace(ready, office=replace(working, training=True)),
    }
