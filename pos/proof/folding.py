"""The story of each payment as the checker understands it from a journal's rows alone.

Apart from the checker's comparisons, and written without a look at the product's own fold: the
moves are spelled out a second time here, from the specification of the payment.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pos.proof.dumps import Line

DOMAIN = b"pos-journal-1"
_CANONICAL = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
FINAL = {"PAID", "DECLINED", "CANCELLED", "REVERSED"}

# From where, by which row, to where. Everything else breaks P8.
MOVES = {
    ("INTENT", "Paid"): "PAID",
    ("INTENT", "Declined"): "DECLINED",
    ("INTENT", "NotSent"): "DECLINED",
    ("INTENT", "FoundCancelled"): "CANCELLED",
    ("INTENT", "CancelAsked"): "CANCELLING",
    ("INTENT", "Mismatch"): "CANCELLING",
    ("CANCELLING", "Paid"): "CANCELLING",
    ("CANCELLING", "Declined"): "CANCELLED",
    ("CANCELLING", "FoundCancelled"): "CANCELLED",
    ("CANCELLING", "CancelDone"): "CANCELLED",
    ("CANCELLING", "WindowClosed"): "REVERSING",
    ("REVERSING", "Paid"): "REVERSING",
    ("REVERSING", "Declined"): "CANCELLED",
    ("REVERSING", "FoundCancelled"): "CANCELLED",
    ("REVERSING", "ReversalDone"): "REVERSED",
}
PAYMENT_KINDS = {kind for _, kind in MOVES}


@dataclass(slots=True)
class Payment:
    """What a journal says of one payment."""

    value: int
    currency: str
    sale_id: str
    state: str = "INTENT"
    reversal_id: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of an order: so many pieces, and what was paid for all of them."""

    pieces: int
    value: int


@dataclass(slots=True)
class Refund:
    """What a journal says of one refund; `state` is ASKED, REFUNDED or REFUSED. `goods` are the
    line and the number of pieces of whatever comes back for it."""

    request_id: str
    value: int
    state: str = "ASKED"
    goods: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Story:
    """One journal, read. `faults` are promises that the journal breaks by itself; `tries` count how
    often a receipt may have come out of the printer; `numbers` are the receipts' numbers, which
    are the places of their documents among all that became final; `behind` is whether entries were
    lost, and not all of them are back."""

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    orders: dict[str, list[Goods]] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    behind: bool = False


def story(lines: Iterable[Line]) -> Story:
    """Read every row, and check the chain on the way (P11)."""
    told = Story()
    previous, expected = bytes(32), 1
    for line in lines:
        if (line.seq, line.prev, line.hash) != (expected, previous, _hash(previous, line)):
            told.faults.append(
                f"P11: row {expected} of the journal does not hang on the one before"
            )
        previous, expected = line.hash, line.seq + 1
        told.behind = {"Gap": True, "GapClosed": False}.get(line.kind, told.behind)
        _take(told, line.kind, json.loads(line.body))
    return told


def _hash(previous: bytes, line: Line) -> bytes:
    canonical = _CANONICAL.encode([line.seq, line.kind, line.body]).encode()
    return hashlib.sha256(
        DOMAIN + previous + len(canonical).to_bytes(8, "big") + canonical
    ).digest()


def _take(told: Story, kind: str, body: dict[str, object]) -> None:
    request_id = str(body.get("request_id", ""))
    if kind == "Opened":
        if request_id in told.payments:
            told.faults.append(f"P4: {request_id} was opened twice")
        sale_id = str(body["sale_id"])
        _check_single(told, sale_id)
        told.payments[request_id] = Payment(*_money(body), sale_id)
    elif kind in PAYMENT_KINDS:
        _move(told, request_id, kind, body)
    elif kind == "RefundAsked":
        _ask_refund(told, request_id, body)
    elif kind in ("Refunded", "RefundRefused"):
        _end_refund(told, str(body["refund_id"]), kind)
    elif kind == "OrderPlaced":
        order = body["order"]
        assert isinstance(order, dict)  # noqa: S101 - the shape of every journal's orders
        told.orders[order["sale_id"]] = [_goods(each) for each in order["lines"]]
    elif kind == "Arrived":
        _number(told, request_id)
    elif kind == "ReceiptBegun":
        _receipt(told, str(body["document_id"]), int(str(body["number"])), copy=bool(body["copy"]))
    elif kind == "ReceiptUnprinted":
        told.tries[str(body["document_id"])] -= 1


def _move(told: Story, request_id: str, kind: str, body: dict[str, object]) -> None:
    payment = told.payments.get(request_id)
    if payment is None:
        told.faults.append(f"P8: {kind} of {request_id}, which was never opened")
        return
    target = MOVES.get((payment.state, kind))
    if target is None:
        told.faults.append(f"P8: {request_id} is {payment.state} and takes {kind}")
        return
    if kind == "Paid" and _money(body) != (payment.value, payment.currency):
        told.faults.append(f"P5: {request_id} is paid with another amount than was asked")
    if kind == "WindowClosed":
        payment.reversal_id = str(body["reversal_id"])
    payment.state = target
    if target == "PAID":
        _number(told, request_id)


def _ask_refund(told: Story, request_id: str, body: dict[str, object]) -> None:
    refund_id = str(body["refund_id"])
    if refund_id in told.refunds:
        told.faults.append(f"P4: refund {refund_id} was asked twice")
    goods = tuple((each["place"], each["quantity"]) for each in _list(body.get("lines", [])))
    _check_goods(told, request_id, goods, _money(body)[0])
    told.refunds[refund_id] = Refund(request_id, _money(body)[0], goods=goods)
    _check_refundable(told, request_id)


def _end_refund(told: Story, refund_id: str, kind: str) -> None:
    refund = told.refunds.get(refund_id)
    if refund is None or refund.state != "ASKED":
        told.faults.append(f"P8: refund {refund_id} takes {kind} when it is not open")
        return
    refund.state = "REFUNDED" if kind == "Refunded" else "REFUSED"
    if kind == "Refunded":
        _number(told, refund_id)


def _number(told: Story, document_id: str) -> None:
    told.numbers.setdefault(document_id, len(told.numbers) + 1)


def _check_single(told: Story, sale_id: str) -> None:
    """What comes back after a loss was opened long ago, when the one before it was over."""
    if told.behind:
        return
    for request_id, payment in told.payments.items():
        if payment.sale_id == sale_id and payment.state not in (
            "DECLINED",
            "CANCELLED",
            "REVERSED",
        ):
            told.faults.append(f"P3: a sale is opened again while {request_id} may be paid")


def _check_refundable(told: Story, request_id: str) -> None:
    payment = told.payments.get(request_id)
    asked = sum(
        refund.value
        for refund in told.refunds.values()
        if refund.request_id == request_id and refund.state != "REFUSED"
    )
    if payment is None or payment.state != "PAID" or asked > payment.value:
        told.faults.append(f"P7: more is to be given back of {request_id} than it brought in")


def _check_goods(
    told: Story, request_id: str, goods: tuple[tuple[int, int], ...], value: int
) -> None:
    """No piece comes back twice, and each is worth its part of what its line was sold for."""
    if not goods:
        return
    payment = told.payments.get(request_id)
    sold = [] if payment is None else told.orders.get(payment.sale_id, [])
    before = Counter[int]()
    for refund in told.refunds.values():
        if refund.request_id == request_id and refund.state != "REFUSED":
            for place, pieces in refund.goods:
                before[place] += pieces
    worth = 0
    for place, pieces in goods:
        line = sold[place] if place < len(sold) else Goods(0, 0)
        upto = before[place] + pieces
        if upto > line.pieces:
            told.faults.append(f"P7: {upto} of line {place} of {request_id} come back")
            return
        worth += line.value * upto // line.pieces - line.value * before[place] // line.pieces
        before[place] = upto
    if worth != value:
        told.faults.append(f"P7: goods of {request_id} are worth {worth}, and {value} goes back")


def _goods(line: dict[str, Any]) -> Goods:
    gross, off = line["unit_price"] * line["quantity"], line["discount"]
    less = min(off["value"], gross)
    if off["percent"]:  # hundredths of a per cent, rounded half up
        less = (2 * gross * off["percent"] + 10_000) // 20_000
    return Goods(line["quantity"], gross - less - line["share"])


def _list(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)  # noqa: S101 - the shape of every journal's lists
    return value


def _receipt(told: Story, document_id: str, number: int, *, copy: bool) -> None:
    if not copy and told.tries[document_id]:
        told.faults.append(f"P13: a second original for {document_id}")
    if number != told.numbers.get(document_id):
        due = told.numbers.get(document_id)
        told.faults.append(f"P13: {document_id} is number {due}, and its receipt says {number}")
    payment, refund = told.payments.get(document_id), told.refunds.get(document_id)
    paid = payment is not None and payment.state == "PAID"
    if not paid and (refund is None or refund.state != "REFUNDED"):
        told.faults.append(f"P13: a receipt for {document_id}, which is not final")
    told.receipts[document_id] = number
    told.tries[document_id] += 1


def _money(body: dict[str, object]) -> tuple[int, str]:
    amount = body["amount"]
    assert isinstance(amount, dict)  # noqa: S101 - the shape of every journal's amounts
    return amount["value"], amount["currency"]
