"""The three truths, read apart and held against each other: journal, ledger, wallets.

Apart because it must share no judgement with the product: it reads rows from the stores and knows
only what money and promises are. Each fault that it names begins with the number of the promise
that is broken: P1 to P13 hold at every moment, Q1 to Q7 once everything has come to rest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pos.proof.dumps import Row, Switch, Till
from pos.proof.folding import FINAL, Payment, Refund, Story, story

# What the switch may hold of a payment that the till holds so; None is "never heard of it".
AGREES: dict[str, set[str | None]] = {
    "PAID": {"SUCCEEDED"},
    "DECLINED": {"FAILED", "CANCELLED", None},
    "CANCELLED": {"CANCELLED", "FAILED"},
    "REVERSED": {"SUCCEEDED"},
}
OPEN_AT_SWITCH = {"NEW", "WALLET_PENDING", "CANCELLING"}
Key = tuple[str, str]  # client and payment


def differences(tills: Sequence[Till], switch: Switch) -> list[str]:
    """Every way in which the books disagree once all is at rest; empty when all is well."""
    stories = {till.client_id: story(till.lines) for till in tills}
    moved = _moved(switch.movements)
    found = [fault for told in stories.values() for fault in told.faults]
    for till in tills:
        found += _till_faults(till, stories[till.client_id], switch, moved)
        found += _slip_faults(till, stories[till.client_id])
    found += _stray(switch, stories, moved)
    found += _charge_faults(switch)
    found += _open_work(switch)
    found += _ledger_faults(switch)
    found += _coupon_faults(switch)
    found += _total_faults(switch, stories)
    return found


def _moved(movements: Iterable[Row]) -> dict[str, Counter[str]]:
    """Per payment of the switch: how often and how much of each kind."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for row in movements:
        moved[row["payment_id"]][row["kind"] + "s"] += 1
        moved[row["payment_id"]]["net"] += row["value"]
    return moved


def _till_faults(
    till: Till, told: Story, switch: Switch, moved: Mapping[str, Counter[str]]
) -> Iterator[str]:
    known = {row["request_id"]: row for row in _of(till, switch.payments)}
    for request_id, payment in told.payments.items():
        if till.believed is not None and till.believed.get(request_id) != payment.state:
            yield (
                f"Q2: the till believes {till.believed.get(request_id)} of {request_id}, "
                f"its journal says {payment.state}"
            )
        row = known.get(request_id)
        money = Counter[str]() if row is None else moved.get(row["payment_id"], Counter[str]())
        yield from _payment_faults(request_id, payment, row, money)
    refunds = {row["refund_request_id"]: row for row in _of(till, switch.refunds)}
    asked = _asked(told)
    paid_back = {
        row["reference"]: row["value"] for row in switch.movements if row["kind"] == "refund"
    }
    for refund_id, refund in asked.items():
        believed = refund.state if till.believed is None else till.believed.get(refund_id)
        if refund_id in told.refunds and believed != refund.state:
            yield f"Q2: the till believes {believed} of refund {refund_id}, not {refund.state}"
        yield from _refund_faults(refund_id, refund, refunds.get(refund_id), paid_back)
    for refund_id, row in refunds.items():
        if row["state"] == "SUCCEEDED" and refund_id not in asked:
            yield f"P2: refund {refund_id} was given back unasked"


def _of(till: Till, rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row["client_id"] == till.client_id)


def _payment_faults(
    request_id: str, payment: Payment, row: Row | None, money: Counter[str]
) -> Iterator[str]:
    state = None if row is None else row["state"]
    if payment.state not in FINAL:
        yield f"Q1: {request_id} is still {payment.state}"
        return
    if state not in AGREES[payment.state]:
        yield f"Q2: the till says {payment.state} of {request_id}, the switch {state}"
    if money["charges"] > 1:
        yield f"P7: {request_id} was charged {money['charges']} times"
    if payment.state == "PAID":
        if money["charges"] != 1 or money["reversals"]:
            counts = f"charged {money['charges']}, reversed {money['reversals']} times"
            yield f"P5: {request_id} is PAID, but {counts}"
        elif row is not None and (row["value"], row["currency"]) != (
            payment.value, payment.currency,
        ):  # fmt: skip
            yield f"P5: {request_id} is PAID, but the switch holds another amount"
    elif money["net"]:
        yield f"P6: {request_id} is {payment.state}, but {-money['net']} stay charged"


def _asked(told: Story) -> dict[str, Refund]:
    """Every refund that the journal knows of, those in place of a cancel among them."""
    asked = dict(told.refunds)
    for request_id, payment in told.payments.items():
        if payment.reversal_id:
            state = "REFUNDED" if payment.state == "REVERSED" else "REFUSED"
            asked[payment.reversal_id] = Refund(request_id, payment.value, state)
    return asked


def _refund_faults(
    refund_id: str, refund: Refund, row: Row | None, paid_back: Mapping[str, int]
) -> Iterator[str]:
    if refund.state == "ASKED":
        yield f"Q1: refund {refund_id} is still open"
    held = row is not None and row["state"] == "SUCCEEDED"
    if held is not (refund.state == "REFUNDED"):
        done = "done" if held else "not done"
        yield f"Q2: refund {refund_id} is {refund.state} at the till, {done} at the switch"
    if row is not None and held:
        back = paid_back.get(row["refund_id"])
        if (row["value"], row["customer_value"]) != (refund.value, back):
            sums = f"{refund.value} asked, {row['value']} booked, {back} given back"
            yield f"Q3: refund {refund_id}: {sums}"


def _slip_faults(till: Till, told: Story) -> Iterator[str]:
    for slip in till.slips:
        if told.receipts.get(slip.document_id) != slip.number:
            yield f"P13: slip {slip.number} of {slip.document_id} is not in the journal"
    counts = Counter(slip.document_id for slip in till.slips if not slip.copy)
    for document_id, count in counts.items():
        if count > 1:
            yield f"P13: {count} originals of {document_id} were printed"


def _stray(
    switch: Switch, stories: Mapping[str, Story], moved: Mapping[str, Counter[str]]
) -> Iterator[str]:
    """Money that moved for what no till ever wrote down, or that moved too often."""
    known = {row["payment_id"]: row for row in switch.payments}
    for payment_id, money in moved.items():
        held = known.get(payment_id)
        told = stories.get(held["client_id"]) if held else None
        written = held is not None and told is not None and held["request_id"] in told.payments
        if money["charges"] and not written:
            yield f"P2: {payment_id} was charged without an intent in a journal"
        if money["reversals"] > 1 or money["net"] > 0:
            yield f"P7: more was given back of {payment_id} than was taken"


def _charge_faults(switch: Switch) -> Iterator[str]:
    """Where switch and wallet hold different amounts of one payment."""
    charged: dict[str, list[int]] = defaultdict(list)
    for row in switch.movements:
        if row["kind"] == "charge":
            charged[row["payment_id"]].append(-row["value"])
    for row in switch.payments:
        amounts = charged.get(row["payment_id"], [])
        if amounts and amounts != [row["customer_value"]]:
            yield f"Q3: {row['request_id']}: charged {amounts}, the switch {row['customer_value']}"


def _open_work(switch: Switch) -> Iterator[str]:
    """What the switch or a wallet has not ended."""
    for row in switch.payments:
        if row["state"] in OPEN_AT_SWITCH:
            yield f"Q4: {row['request_id']} is still {row['state']} at the switch"
    for row in switch.charges:
        if row["state"] == "pending":
            yield f"P6: {row['payment_id']} may still be charged by its wallet"
    for row in switch.refunds:
        if row["state"] == "PENDING":
            yield f"Q4: refund {row['refund_request_id']} is still pending at the switch"
    if switch.waiting:
        yield f"Q5: {len(switch.waiting)} notifications wait"


def _ledger_faults(switch: Switch) -> Iterator[str]:
    sums: Counter[tuple[str, str, str]] = Counter()
    posted: dict[Key, set[str]] = defaultdict(set)
    for row in switch.entries:
        sums[row["client_id"], row["tx"], row["currency"]] += row["value"]
        posted[row["client_id"], row["payment_id"]].add(row["tx"])
    for (_, tx, _), total in sums.items():
        if total:
            yield f"P9: {tx} does not sum to zero"
    for row in switch.payments:
        kinds = Counter(
            tx.partition(":")[0] for tx in posted.get((row["client_id"], row["payment_id"]), ())
        )
        right = {"SUCCEEDED": (1, 0)}.get(row["state"], (kinds["reversal"], kinds["reversal"]))
        if (kinds["capture"], kinds["reversal"]) != right or kinds["capture"] > 1:
            yield f"P9: {row['request_id']} is {row['state']} and was posted {dict(kinds)}"


def _coupon_faults(switch: Switch) -> Iterator[str]:
    """A coupon is spent for a payment that was made, and else given back to its budget, whole."""
    states = {row["payment_id"]: row["state"] for row in switch.payments}
    saved: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for row in switch.coupon_uses:
        state = states.get(row["payment_id"])
        if row["state"] != ("SPENT" if state == "SUCCEEDED" else "RELEASED"):
            yield f"P9: a coupon is {row['state']} for {row['payment_id']}, which is {state}"
        saved[row["payment_id"]] += row["funded_value"]
        used[row["coupon_id"]] += row["value"] if row["state"] != "RELEASED" else 0
    for row in switch.payments:
        if (row["saved_value"] or 0) != saved[row["payment_id"]]:
            yield f"P9: coupons took {saved[row['payment_id']]} off {row['request_id']}"
    for row in switch.budgets:
        if row["budget"] - row["value_left"] != used[row["coupon_id"]]:
            left = f"{row['value_left']} of {row['budget']} left"
            yield f"P9: {used[row['coupon_id']]} of {row['coupon_id']} is used, and {left}"


def _total_faults(switch: Switch, stories: Mapping[str, Story]) -> Iterator[str]:
    owed: Counter[str] = Counter()
    for row in switch.entries:
        if row["account"].startswith("merchant:"):
            owed[row["client_id"]] -= row["value"]
    for client_id, told in stories.items():
        sold = sum(each.value for each in told.payments.values() if each.state == "PAID")
        back = sum(each.value for each in told.refunds.values() if each.state == "REFUNDED")
        if owed[client_id] != sold - back:
            yield (
                f"Q7: the switch owes {client_id} {owed[client_id]}, "
                f"which sold {sold} and gave back {back}"
            )
