"""Whether a till's journal and the switch's books tell the same, entry by entry.

Apart from the product and sharing no code with it: it reads the two exports as plain JSON and
folds them itself, so that a fault in the product's own fold cannot hide one.
"""

from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

_STATE_AFTER = {
    "Opened": "INTENT",
    "Paid": "PAID",
    "Declined": "DECLINED",
    "NotSent": "DECLINED",
    "FoundCancelled": "CANCELLED",
    "Mismatch": "CANCELLING",
    "CancelAsked": "CANCELLING",
    "CancelDone": "CANCELLED",
    "WindowClosed": "REVERSING",
    "ReversalDone": "REVERSED",
}
_FINAL = {"PAID", "DECLINED", "CANCELLED", "REVERSED"}
_WITHOUT_MONEY = {"FAILED", "CANCELLED"}


@dataclass(slots=True)
class Told:
    """One payment as the journal tells it; `refunds` are (minor units, state) by refund id."""

    state: str
    amount: JSON
    payment_id: str = ""
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)


def told_by(journal: list[JSON]) -> dict[str, Told]:
    """Every payment in the journal's export, by request id."""
    payments: dict[str, Told] = {}
    for entry in journal:
        body, kind = entry["body"], entry["kind"]
        if kind == "Opened":
            assert body["request_id"] not in payments, "a request id was used twice"
            payments[body["request_id"]] = Told("INTENT", body["amount"])
        elif kind == "Arrived":
            assert body["request_id"] not in payments, "a request id was used twice"
            payments[body["request_id"]] = Told("PAID", body["amount"], body["payment_id"])
        elif kind in _STATE_AFTER:
            payment = payments[body["request_id"]]
            # Once cancelling, a late success or failure moves no further than cancelled.
            unwanted = payment.state in ("CANCELLING", "REVERSING")
            if unwanted and kind == "Declined":
                payment.state = "CANCELLED"
            elif not (unwanted and kind in ("Paid", "CancelAsked", "Mismatch")):
                payment.state = _STATE_AFTER[kind]
            payment.payment_id = body.get("payment_id") or payment.payment_id
        elif "Refund" in kind:
            _tell_refund(kind, body, payments)
    return payments


def _tell_refund(kind: str, body: JSON, payments: dict[str, Told]) -> None:
    """Add what one entry says of a refund to its payment."""
    if kind == "RefundAsked":
        value = body["amount"]["value"]
        payments[body["request_id"]].refunds[body["refund_id"]] = (value, "ASKED")
        return
    state = "REFUNDED" if kind == "Refunded" else "REFUSED"
    for payment in payments.values():
        if body["refund_id"] in payment.refunds:
            value, _ = payment.refunds[body["refund_id"]]
            payment.refunds[body["refund_id"]] = (value, state)


def disagreements(journal: list[JSON], book: JSON, client_id: str) -> list[str]:
    """Everything on which the till and the switch differ, and everything not yet settled."""
    found = [f"ledger: {row}" for row in book["unbalanced"]]
    if [entry["seq"] for entry in journal] != list(range(1, len(journal) + 1)):
        found.append("the journal's numbers have a gap")
    told = told_by(journal)
    booked = {row["request_id"]: row for row in book["payments"] if row["client"] == client_id}
    # Entered by customers at the till's static code, who then did not pay.
    lapsed = {
        entry["body"]["request_id"]
        for entry in journal
        if entry["kind"] == "Lapsed"
        and booked.get(entry["body"]["request_id"], {}).get("state") in _WITHOUT_MONEY
    }
    unasked = booked.keys() - told.keys() - lapsed
    found += [f"{each}: money without an intent" for each in unasked]
    for request_id, payment in told.items():
        row = booked.get(request_id)
        found += [f"{request_id}: {why}" for why in _payment(payment, row, book)]
    return found


def _payment(payment: Told, row: JSON | None, book: JSON) -> list[str]:
    """What is wrong with one payment."""
    if payment.state not in _FINAL:
        return [f"still {payment.state}"]
    if row is None:
        return [] if payment.state != "PAID" else ["paid, and the switch knows nothing of it"]
    found = []
    if row["amount"] is not None and row["amount"] != payment.amount:
        found.append(f"{payment.amount} at the till, {row['amount']} at the switch")
    charged, given_back = _movements(row["payment_id"], book)
    if payment.state == "PAID":
        if row["state"] != "SUCCEEDED" or row["payment_id"] != payment.payment_id:
            found.append(f"paid at the till, {row['state']} {row['payment_id']} at the switch")
        if charged != [-row["customer_amount"]["value"]]:
            found.append(f"paid at the till, and the wallet took {charged}")
        found += _refunds(payment, row, book, given_back)
    else:
        reversal = payment.state == "REVERSED" and row["state"] == "SUCCEEDED"
        if row["state"] not in _WITHOUT_MONEY and not reversal:
            found.append(f"{payment.state} at the till, {row['state']} at the switch")
        if sum(charged) + sum(given_back) != 0 or len(charged) > 1:
            found.append(f"{payment.state}, and the wallet took {charged}, gave {given_back}")
    return found


def _movements(payment_id: str, book: JSON) -> tuple[list[int], list[int]]:
    """What the wallet took from the customer (below zero), and what it gave back."""
    moved = [row for row in book["wallets"] if row["payment_id"] == payment_id]
    charged = [row["value"] for row in moved if row["kind"] == "charge"]
    return charged, [row["value"] for row in moved if row["kind"] != "charge"]


def _refunds(payment: Told, row: JSON, book: JSON, given_back: list[int]) -> list[str]:
    """What is wrong with the refunds of a paid payment."""
    booked = {
        each["refund_request_id"]: each
        for each in book["refunds"]
        if each["payment_id"] == row["payment_id"]
    }
    found = [f"refund {each} without an intent" for each in booked.keys() - payment.refunds.keys()]
    done = 0
    for refund_id, (value, state) in payment.refunds.items():
        theirs = booked.get(refund_id)
        succeeded = theirs is not None and theirs["state"] == "SUCCEEDED"
        if state == "ASKED" or succeeded != (state == "REFUNDED"):
            found.append(f"refund {state} at the till, {theirs} at the switch")
        if succeeded and theirs is not None:
            done += 1
            if theirs["amount"]["value"] != value:
                found.append(f"refund of {value} at the till, {theirs['amount']} at the switch")
    if len(given_back) != done:
        found.append(f"{done} refunds, and the wallet gave {given_back}")
    return found
