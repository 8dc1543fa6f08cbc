"""The story of one payment, in plain words: the journal's entries, and what the log adds to them.

Apart from the command so that a screen may tell it, too. What happened and in which order is the
journal's word; most entries have no time of their own, and get theirs from the log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pos.journal import Row
from pos.language import Language, catalogue
from pos.sale.money import Amount
from pos.switch.wire import PATHS

_TIMES = ("opened_at", "asked_at", "placed_at", "at")
_OWN_IDS = ("request_id", "refund_id", "document_id")
# Parts of a story that say nothing to anybody.
_UNTOLD = frozenset({"ReceiptBegun", "Signed", "OrderPlaced"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `at` is Unix seconds, or None where nobody noted when."""

    at: float | None
    said: str


def tell(
    payment: str, rows: Iterable[Row], log: Iterable[dict[str, Any]], words: Language
) -> Iterator[Moment]:
    """The moments of the payment whose request id begins with `payment`, oldest first."""
    written, ids = _written(payment, rows)
    noted = [line for line in log if line.get("payment") in ids or line.get("refund_id") in ids]
    times = {int(line["seq"]): float(line["at"]) for line in noted if "seq" in line}
    calls = sorted((line for line in noted if line["kind"] == "call"), key=lambda line: line["at"])
    for row in written:
        at = _at(row, times)
        while calls and at is not None and float(calls[0]["at"]) <= at:
            yield from _called(calls.pop(0), words)
        if row.kind not in _UNTOLD:
            yield Moment(at, _said(row, words))
    for line in calls:
        yield from _called(line, words)


def _written(payment: str, rows: Iterable[Row]) -> tuple[list[Row], set[str]]:
    """The entries about this payment and its refunds, and the ids that they go by."""
    ids: set[str] = set()
    found: list[Row] = []
    for row in rows:
        own = {str(row.body[name]) for name in _OWN_IDS if row.body.get(name)}
        if any(each.startswith(payment) for each in own) or own & ids:
            ids |= own
            found.append(row)
    return found, ids


def _at(row: Row, times: dict[int, float]) -> float | None:
    for name in _TIMES:
        if isinstance(row.body.get(name), int | float):
            return float(row.body[name])
    return times.get(row.seq)


def _called(line: dict[str, Any], words: Language) -> Iterator[Moment]:
    api, outcome = str(line.get("api", "")), str(line.get("outcome", ""))
    if api in PATHS:
        said = words.say(
            "story.call", api=api, took_ms=line.get("took_ms", "?"), outcome=outcome or "?"
        )
        yield Moment(float(line["at"]), said)


def _said(row: Row, words: Language) -> str:
    body = row.body
    amount = body.get("amount")
    reason = str(body.get("reason") or "")
    code = str(body.get("result_code") or "")
    key = f"story.{row.kind}"
    if row.kind == "StillOpen" and not body.get("heard", True):
        key = "story.silent"
    if key not in catalogue("en"):
        key = "story.other"
    return words.say(
        key,
        kind=row.kind,
        amount=words.amount_text(Amount(**amount)) if isinstance(amount, dict) else "",
        wallet=body.get("wallet") or "?",
        why=words.say(f"stopped.{reason}") if reason else words.say(f"reason.{code}"),
        code=code or "-",
        number=body.get("number", ""),
    )
