"""The electronic journal as people read and search it: a line for each thing that happened.

Apart from the journal's entries because a person looks for a sale, a refund or a shift, and an
entry is only a step of one.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import islice

from pos.sale.catalogue import folded
from pos.sale.history import History
from pos.sale.office import Happening, JournalLine
from pos.sale.payment import Payment
from pos.sale.refund import Refund

# What is looked through at a till while it sells; all of it is for `pos journal find`.
SEARCHED_COUNT_MAX = 10_000
FOUND_COUNT_MAX = 50


def lines(history: History) -> Iterator[JournalLine]:
    """Everything that happened, newest first."""
    sales = (_sale(each, history) for each in reversed(history.payments.values()))
    returns = (_return(each, history) for each in reversed(history.refunds.values()))
    return heapq.merge(sales, returns, _shifts(history), key=lambda line: -line.at)


def find(history: History, typed: str, zone: tzinfo | None) -> tuple[JournalLine, ...]:
    """The newest lines that hold every typed word, newest first; all of them for no word.

    Case and accents do not matter. A date is found as `2026-11-29`, an amount as `129.00`, a
    number as `#12`.
    """
    looked_through = islice(lines(history), SEARCHED_COUNT_MAX)
    return tuple(islice(_holding(looked_through, typed, zone), FOUND_COUNT_MAX))


def found(history: History, typed: str, zone: tzinfo | None) -> Iterator[JournalLine]:
    """The same of everything that ever happened, however long it takes."""
    return _holding(lines(history), typed, zone)


def _holding(
    given: Iterable[JournalLine], typed: str, zone: tzinfo | None
) -> Iterator[JournalLine]:
    words = folded(typed).replace(",", ".").split()
    for line in given:
        text = _haystack(line, zone)
        if all(word in text for word in words):
            yield line


def _haystack(line: JournalLine, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(line.at, UTC).astimezone(zone)
    told = (
        f"{moment:%Y-%m-%d %H:%M}", f"#{line.number}" if line.number else "",
        str(line.amount or ""), line.happening, line.state, line.wallet, line.staff, line.goods,
        line.document_id,
    )  # fmt: skip
    return folded(" ".join(told))


def _sale(payment: Payment, history: History) -> JournalLine:
    order = history.order_book.placed.get(payment.sale_id)
    return JournalLine(
        Happening.SALE,
        payment.opened_at,
        history.books.number_of(payment.request_id),
        payment.amount,
        payment.state,
        payment.wallet,
        history.books.attendance.name_of(history.books.staff_of(payment.request_id)),
        ", ".join(line.text for line in order.lines if line.text) if order is not None else "",
        payment.request_id,
    )


def _return(refund: Refund, history: History) -> JournalLine:
    return JournalLine(
        Happening.RETURN,
        refund.asked_at,
        history.books.number_of(refund.refund_id),
        refund.amount,
        refund.state,
        history.payments[refund.request_id].wallet,
        history.books.attendance.name_of(history.books.staff_of(refund.refund_id)),
        document_id=refund.refund_id,
    )


def _shifts(history: History) -> Iterator[JournalLine]:
    name_of = history.books.attendance.name_of
    for shift in reversed(history.books.shifts):
        if (closed := shift.closed) is not None:
            yield JournalLine(
                Happening.SHIFT_CLOSED, closed.at, closed.number, staff=name_of(closed.staff_id)
            )
        for each in reversed(shift.practised):
            yield JournalLine(Happening.TRAINING, each.at, amount=each.amount)
        if (opened := shift.opened) is not None:
            yield JournalLine(
                Happening.SHIFT_OPENED, opened.at, opened.number, staff=name_of(opened.staff_id)
            )
