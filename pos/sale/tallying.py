"""The adding up of X and Z reports from the history of the journal.

Apart, and pure, because a report is nothing of its own: a Z report that is printed again in five
years is computed anew from the same entries, and reads the same to the last øre.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from pos.sale.history import History
from pos.sale.order import Line, Order
from pos.sale.payment import Payment
from pos.sale.refund import Refund
from pos.sale.report import Group, Report, ReportKind, Tally, Turnover, Unfinished
from pos.sale.returned import Given, Returned, taken_apart
from pos.sale.shift import Document, Kind, Shift
from pos.sale.vat import VatRow


def order_of_payment(payment: Payment, history: History) -> Order:
    """The lines of a sale; one line without VAT where the till never knew what was sold."""
    # A cash register writes down what it takes such a sale for, under the payment's own id.
    order = history.order_book.placed.get(payment.sale_id) or history.order_book.placed.get(
        payment.request_id
    )
    if order is not None:
        return order
    line = Line("", payment.amount.value)
    return Order(payment.sale_id, payment.amount.currency, (line,))


def returned_by(refund: Refund, history: History) -> Returned:
    """What a final refund gave back, after those of the same sale that were final before it."""
    documents = history.books.documents
    number = documents[refund.refund_id].number
    until_then = [
        (documents[each.refund_id].number, Given(each.amount.value, each.lines))
        for each in history.refunds_of(refund.request_id)
        if each.refund_id in documents and documents[each.refund_id].number <= number
    ]
    order = order_of_payment(history.payments[refund.request_id], history)
    until_then.sort(key=lambda each: each[0])
    return taken_apart(order, [given for _, given in until_then])[-1]


def unfinished_of(history: History) -> tuple[Unfinished, ...]:
    """What has no known outcome now, payments first, each oldest first."""
    open_ids = [each.request_id for each in history.open_payments()]
    open_ids += [each.refund_id for each in history.open_refunds()]
    return tuple(_unfinished(each, history) for each in open_ids)


def _unfinished(document_id: str, history: History) -> Unfinished:
    payment = history.payments.get(document_id)
    if payment is not None:
        return Unfinished(document_id, Kind.SALE, payment.amount.value, payment.opened_at)
    refund = history.refunds[document_id]
    return Unfinished(document_id, Kind.RETURN, refund.amount.value, refund.asked_at)


def x_report(
    history: History, currency: str, at: float, staff_id: str, zone: tzinfo | None
) -> Report:
    """The running shift as it stands at `at` (Unix seconds), numbered as the next X report."""
    sums = _Sums(history, history.books.current, currency, zone)
    number = history.books.x_count + 1
    return sums.report(ReportKind.X, number, at, staff_id, unfinished_of(history))


def z_report(history: History, number: int, zone: tzinfo | None) -> Report | None:
    """The report of closed shift `number`, or None when that is not closed.

    The same from every later history: what was unfinished then is in the closing entry.
    """
    shift = history.books.shift(number)
    if shift is None or shift.closed is None:
        return None
    closed = shift.closed
    carried = tuple(_unfinished(each, history) for each in closed.carried)
    sums = _Sums(history, shift, closed.currency, zone)
    return sums.report(ReportKind.Z, number, closed.at, closed.staff_id, carried)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of a document's money: of a category, at a rate. All negative for a return."""

    category: str
    quantity: int
    rate: int
    gross: int
    net: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """One document as it counts. `parts` leaves out the tip."""

    document: Document
    value: int
    currency: str
    wallet: str
    hour: int
    parts: tuple[_Part, ...]
    order: Order | None = None


class _Sums:
    """The documents of one shift in one currency, and every way to add them up."""

    def __init__(self, history: History, shift: Shift, currency: str, zone: tzinfo | None) -> None:
        self._history = history
        self._shift = shift
        self._currency = currency
        self._zone = zone
        counted = [self._count(each) for each in shift.documents]
        self._counted = [each for each in counted if each.currency == currency]
        self._elsewhere = [each for each in counted if each.currency != currency]

    def report(
        self,
        kind: ReportKind,
        number: int,
        at: float,
        made_by: str,
        unfinished: tuple[Unfinished, ...],
    ) -> Report:
        """Everything put together."""
        shift, counted, opened = self._shift, self._counted, self._shift.opened
        orders = [each.order for each in counted if each.order is not None]
        total = _turnover(counted)
        sold_before, returned_before = shift.grand_before.get(self._currency, (0, 0))
        return Report(
            kind=kind,
            number=number,
            shift=shift.number,
            currency=self._currency,
            opened_at=opened.at if opened else None,
            opened_by=opened.staff_id if opened else "",
            until=at,
            made_by=made_by,
            first_number=shift.documents[0].number if shift.documents else 0,
            last_number=shift.documents[-1].number if shift.documents else 0,
            total=total,
            by_wallet=_keyed(counted, lambda each: each.wallet),
            by_staff=_keyed(counted, lambda each: each.document.staff_id),
            by_staff_wallet=_keyed(counted, lambda each: (each.document.staff_id, each.wallet)),
            by_hour=_keyed(counted, lambda each: each.hour),
            by_vat=self._by_vat(),
            by_group=self._by_group(),
            discounts=_tally(
                value
                for order in orders
                for value in (*(line.taken_off for line in order.lines), order.taken_off)
                if value
            ),
            tips=_tally(order.tip for order in orders if order.tip),
            corrections=Tally(
                sum(order.correction_count for order in orders),
                sum(order.corrected for order in orders),
            ),
            drawer_openings=shift.drawer_openings,
            copies=_tally(self._value_of(each) for each in shift.copies),
            dropped=_tally(each.value for each in shift.dropped),
            training=_tally(each.amount.value for each in shift.practised),
            voids=_tally(self._value_of(each) for each in shift.voided),
            elsewhere=_keyed(self._elsewhere, lambda each: each.currency),
            brought=shift.brought,
            unfinished=unfinished,
            grand_sold=sold_before + total.sold.value,
            grand_returned=returned_before + total.returned.value,
            staff_names=tuple(
                (each, self._history.books.attendance.name_of(each))
                for each in self._people(made_by)
            ),
        )

    def _people(self, made_by: str) -> list[str]:
        opened = self._shift.opened
        named = {each.document.staff_id for each in self._counted} | {made_by}
        named |= {opened.staff_id} if opened else set()
        return sorted(named - {""})

    def _count(self, document: Document) -> _Counted:
        payment = self._history.payments[document.request_id]
        hour = _hour(payment.opened_at, self._zone)
        if document.kind is Kind.SALE:
            order = order_of_payment(payment, self._history)
            parts = tuple(
                _Part(line.category, line.quantity, line.vat, line.amount, line.net)
                for line in order.lines
            )
            value, currency = payment.amount.value, payment.amount.currency
            return _Counted(document, value, currency, payment.wallet, hour, parts, order)
        refund = self._history.refunds[document.document_id]
        parts = tuple(
            # Money says nothing of pieces: a line comes back when all of it does.
            _Part(
                each.line.category,
                -each.line.quantity if each.gross == each.line.amount else 0,
                each.line.vat,
                -each.gross,
                -each.net,
            )
            for each in returned_by(refund, self._history).lines
        )
        hour = _hour(refund.asked_at, self._zone)
        value, currency = refund.amount.value, refund.amount.currency
        return _Counted(document, value, currency, payment.wallet, hour, parts)

    def _by_vat(self) -> tuple[VatRow, ...]:
        parts = [part for each in self._counted for part in each.parts]
        rows = []
        for rate in sorted({part.rate for part in parts}, reverse=True):
            gross = sum(part.gross for part in parts if part.rate == rate)
            net = sum(part.net for part in parts if part.rate == rate)
            rows.append(VatRow(rate, net, gross - net, gross))
        return tuple(rows)

    def _by_group(self) -> tuple[Group, ...]:
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for each in self._counted:
            for part in each.parts:
                key = (each.document.staff_id, part.category)
                quantity, value = sums.get(key, (0, 0))
                sums[key] = (quantity + part.quantity, value + part.gross)
        return tuple(Group(*key, *sums[key]) for key in sorted(sums))

    def _value_of(self, document_id: str) -> int:
        payment = self._history.payments.get(document_id)
        return (payment or self._history.refunds[document_id]).amount.value


def _turnover(counted: Iterable[_Counted]) -> Turnover:
    values: dict[Kind, list[int]] = {Kind.SALE: [], Kind.RETURN: []}
    for each in counted:
        values[each.document.kind].append(each.value)
    return Turnover(_tally(values[Kind.SALE]), _tally(values[Kind.RETURN]))


def _keyed(
    counted: list[_Counted], key_of: Callable[[_Counted], Any]
) -> tuple[tuple[Any, Turnover], ...]:
    """The turnover of each key, sorted."""
    of_key: dict[Any, list[_Counted]] = {}
    for each in counted:
        of_key.setdefault(key_of(each), []).append(each)
    return tuple((key, _turnover(of_key[key])) for key in sorted(of_key))


def _tally(values: Iterable[int]) -> Tally:
    listed = list(values)
    return Tally(len(listed), sum(listed))


def _hour(at: float, zone: tzinfo | None) -> int:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).hour
