"""What became of the order between two Views: a front end without a screen tells of changes.

Apart from the front ends because a light and a voice must tell of the same thing, and from the
View, which says only how things are.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos.sale.order import Line, Order
from pos.sale.view import Stage, Verdict, View


class Kind(StrEnum):
    """What happened to the order, or that nothing did although somebody tried."""

    ADDED = "added"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """`line` is the one that came, grew, shrank or went; None where no one line did."""

    kind: Kind
    line: Line | None = None


def change_between(before: View, after: View) -> Change | None:
    """What happened, or None. A notice that stands since `before` is no news."""
    if after.stage not in (Stage.READY, Stage.SCANNING):
        return None
    was, now = _counts(order_left(before)), _counts(after.order)
    grown = next((line for line, count in now.items() if count > was.get(line, 0)), None)
    if grown is not None:
        return Change(Kind.ADDED, grown)
    shrunk = next((line for line, count in was.items() if count > now.get(line, 0)), None)
    if shrunk is not None:
        return Change(Kind.REMOVED, shrunk)
    news = (after.notice, after.stage_since_s) != (before.notice, before.stage_since_s)
    return Change(Kind.REFUSED) if after.notice is not None and news else None


def order_left(view: View) -> Order | None:
    """The order that still stands: one that was paid, or put aside, is over."""
    over = view.stage is Stage.OUTCOME and view.verdict in (Verdict.PAID, Verdict.ASIDE)
    return None if over else view.order


def _counts(order: Order | None) -> dict[Line, int]:
    """How many of each article, whose line stands for one of it without discounts."""
    counts: dict[Line, int] = {}
    for line in order.lines if order is not None else ():
        one = Line(line.text, line.unit_price, 1, line.vat, line.product, age_limit=line.age_limit)
        counts[one] = counts.get(one, 0) + line.quantity
    return counts
