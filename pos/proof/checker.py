"""The three truths, read apart and held against each other.

Apart because it must share no judgement with the product: it reads rows from the three stores
and knows only what money and promises are. The states that the till itself believes in are given
to it, and checked too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.proof import dumps

FINAL = {"PAID", "DECLINED", "CANCELLED", "REVERSED"}
# What the switch may hold of a payment that the till holds so; None is "never heard of it".
AGREES: dict[str, set[str | None]] = {
    "PAID": {"SUCCEEDED"},
    "DECLINED": {"FAILED", "CANCELLED", None},
    "CANCELLED": {"CANCELLED", "FAILED"},
    "REVERSED": {"SUCCEEDED"},
}
_REFUSALS = {"Declined", "FoundCancelled", "CancelDone"}


@dataclass(slots=True)
class Told:
    """One payment, refolded from the till's rows by rules of the checker's own."""

    value: int
    currency: str
    unwanted: bool = False
    final: str = ""
    reversal_id: str = ""


@dataclass(slots=True)
class Books:
    """What the three keep. Rows are plain mappings, by the ids that join them."""

    told: dict[str, Told] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    payments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    switch_refunds: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    movements: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_books(journal: Path, switch: Path) -> Books:
    """Everything, straight from the files."""
    books = Books()
    for kind, body in dumps.journal_rows(journal):
        _told(books, kind, body)
    held = dumps.switch_file(switch)
    books.payments = {row["request_id"]: row for row in held.payments}
    books.switch_refunds = {row["refund_request_id"]: row for row in held.refunds}
    books.entries, books.movements = held.entries, held.movements
    return books


def differences(books: Books, believed: Mapping[str, str], refunds: Mapping[str, str]) -> list[str]:
    """Every way in which the books disagree; empty when all is well.

    `believed` and `refunds` are the states that the till itself holds, by request and refund id.
    """
    found = list(books.faults)
    moved = _moved(books.movements)
    for request_id, told in books.told.items():
        found += _payment_faults(request_id, told, believed.get(request_id), books, moved)
    found += _stray(books, moved)
    found += _refund_faults(books, refunds)
    found += _ledger_faults(books)
    return found


def _told(books: Books, kind: str, body: dict[str, Any]) -> None:
    """Take one row in. The first final row stands; once unwanted, never paid."""
    request_id = body.get("request_id", "")
    if kind == "Opened":
        if request_id in books.told:
            books.faults.append(f"{request_id}: opened twice")
        amount = body["amount"]
        books.told[request_id] = Told(amount["value"], amount["currency"])
    elif kind == "RefundAsked":
        amount = body["amount"]
        books.refunds[body["refund_id"]] = (request_id, amount["value"], "")
    elif kind in ("Refunded", "RefundRefused"):
        payment, value, _ = books.refunds[body["refund_id"]]
        books.refunds[body["refund_id"]] = (payment, value, kind)
    elif request_id in books.told:
        _told_outcome(books.told[request_id], kind, body)


def _told_outcome(told: Told, kind: str, body: dict[str, Any]) -> None:
    if kind in ("CancelAsked", "Mismatch"):
        told.unwanted = True
    elif kind == "WindowClosed":
        told.reversal_id = body["reversal_id"]
    elif told.final:
        return
    elif kind == "Paid" and not told.unwanted:
        told.final = "PAID"
    elif kind == "NotSent":
        told.final = "DECLINED"
    elif kind == "ReversalDone":
        told.final = "REVERSED"
    elif kind in _REFUSALS:
        told.final = "DECLINED" if kind == "Declined" and not told.unwanted else "CANCELLED"


def _moved(movements: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Per payment of the switch: how often and how much of each kind."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for row in movements:
        moved[row["payment_id"]][row["kind"] + "s"] += 1
        moved[row["payment_id"]]["net"] += row["value"]
    return moved


def _payment_faults(
    request_id: str,
    told: Told,
    believed: str | None,
    books: Books,
    moved: Mapping[str, Counter[str]],
) -> Iterable[str]:
    row = books.payments.get(request_id)
    state = None if row is None else row["state"]
    money = Counter() if row is None else moved.get(row["payment_id"], Counter())
    if believed != told.final:
        yield f"{request_id}: the till believes {believed}, its journal says {told.final or 'open'}"
    if believed not in FINAL:
        yield f"{request_id}: not final ({believed})"
        return
    if state not in AGREES[believed]:
        yield f"{request_id}: the till says {believed}, the switch {state}"
    if money["charges"] > 1:
        yield f"{request_id}: charged {money['charges']} times"
    if believed == "PAID":
        if money["charges"] != 1 or money["reversals"]:
            counts = f"charged {money['charges']}, reversed {money['reversals']}"
            yield f"{request_id}: PAID, but {counts}"
        elif row is not None and (row["value"], row["currency"]) != (told.value, told.currency):
            yield f"{request_id}: PAID, but the switch holds another amount"
    elif money["net"]:
        yield f"{request_id}: {believed}, but {-money['net']} stay charged"


def _stray(books: Books, moved: Mapping[str, Counter[str]]) -> Iterable[str]:
    """Money that moved, or work that is open, for what the till never wrote down."""
    known = {row["payment_id"]: each for each, row in books.payments.items()}
    for payment_id, money in moved.items():
        if money["charges"] and known.get(payment_id) not in books.told:
            yield f"{payment_id}: charged without an intent in the journal"
    for request_id, row in books.payments.items():
        if row["state"] in ("NEW", "WALLET_PENDING", "CANCELLING"):
            yield f"{request_id}: still {row['state']} at the switch"
        charged = [
            -each["value"]
            for each in books.movements
            if each["payment_id"] == row["payment_id"] and each["kind"] == "charge"
        ]
        if charged and charged != [row["customer_value"]]:
            yield f"{request_id}: charged {charged}, the switch holds {row['customer_value']}"


def _refund_faults(books: Books, believed: Mapping[str, str]) -> Iterable[str]:
    paid_back = {
        row["reference"]: row["value"] for row in books.movements if row["kind"] == "refund"
    }
    final = {"Refunded": "REFUNDED", "RefundRefused": "REFUSED"}
    asked = dict(books.refunds)
    for request_id, told in books.told.items():
        if told.reversal_id:
            done = "Refunded" if told.final == "REVERSED" else "RefundRefused"
            asked[told.reversal_id] = (request_id, told.value, done)
    for refund_id, (_, value, outcome) in asked.items():
        row = books.switch_refunds.get(refund_id)
        state = believed.get(refund_id)
        if refund_id in books.refunds and state != final.get(outcome):
            yield f"refund {refund_id}: {outcome or 'open'} by the journal, {state}"
        held = row is not None and row["state"] == "SUCCEEDED"
        if held is not (outcome == "Refunded"):
            yield f"refund {refund_id}: {outcome or 'open'} at the till, {held} at the switch"
        if row is not None and held:
            back = paid_back.pop(row["refund_id"], None)
            if (row["value"], row["customer_value"]) != (value, back):
                yield f"refund {refund_id}: {value} asked, {row['value']} booked, {back} given back"
    yield from (f"refund {each}: given back unasked" for each in paid_back)


def _ledger_faults(books: Books) -> Iterable[str]:
    sums: Counter[tuple[str, str]] = Counter()
    merchant = 0
    for row in books.entries:
        sums[row["tx"], row["currency"]] += row["value"]
        if row["account"].startswith("merchant:"):
            merchant -= row["value"]
    yield from (f"ledger {tx}: does not sum to zero" for (tx, _), total in sums.items() if total)
    sold = sum(told.value for told in books.told.values() if told.final == "PAID")
    back = sum(value for _, value, outcome in books.refunds.values() if outcome == "Refunded")
    if merchant != sold - back:
        yield f"the switch owes {merchant}, the till sold {sold} and gave back {back}"
